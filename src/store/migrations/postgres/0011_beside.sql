-- When Drive's copy was found to be just what was sent. Unknown (NULL) for what was proved before.
ALTER TABLE files ADD COLUMN proved_at BIGINT;

-- The file beside each recording's files that tells what is known of it. Its Drive id is reserved here before it
-- is made; the digest is that of the content that Drive is known to hold, empty until there is any.
CREATE TABLE meeting_files (
    job       BIGINT PRIMARY KEY REFERENCES jobs (id),
    drive_id  TEXT    NOT NULL,
    folder_id TEXT    NOT NULL,
    name      TEXT    NOT NULL,
    made      BIGINT NOT NULL DEFAULT 0,
    digest    TEXT    NOT NULL DEFAULT ''
);

-- Their names are kept apart from those of all others in their folder.
CREATE INDEX meeting_files_folder ON meeting_files (folder_id, name);

-- What a person was given access to, by Drive id. The refusal is empty where they were.
CREATE TABLE shares (
    item    TEXT NOT NULL,
    email   TEXT NOT NULL,
    refusal TEXT NOT NULL,
    PRIMARY KEY (item, email)
);
