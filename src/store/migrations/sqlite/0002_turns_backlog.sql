-- Work that one instance at a time does, every now and then. A token without an end means that its holder
-- died or stopped half-way: after held_until the next one takes over at once.
CREATE TABLE turns (
    name         TEXT    PRIMARY KEY,
    token        TEXT,
    held_until   INTEGER,
    tried_at     INTEGER,
    succeeded_at INTEGER,
    note         TEXT    NOT NULL DEFAULT ''
);

-- What the figures need without reading recordings. NULL where it is not known, and in rows that were there
-- before: those count by accepted_at.
ALTER TABLE jobs ADD COLUMN happened_at INTEGER;
ALTER TABLE jobs ADD COLUMN zoom_deletes_at INTEGER;

-- All that the figures look at, so that a hundred thousand finished jobs cost nothing.
CREATE INDEX jobs_backlog ON jobs (standing, stage, happened_at, accepted_at, zoom_deletes_at);
