-- Whose a folder's short name is, where two hosts may have the same one: the path with the short name, and the
-- host that came first.
CREATE TABLE folder_names (
    path TEXT PRIMARY KEY,
    host TEXT NOT NULL
);
