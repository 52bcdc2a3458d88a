-- Times are milliseconds since 1970 (UTC). Bodies, recordings, files and sessions hold tokens and secret
-- addresses: the database file is readable by its owner only.

CREATE TABLE jobs (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    meeting          TEXT    NOT NULL UNIQUE,
    recording        TEXT    NOT NULL,
    stage            TEXT    NOT NULL,
    standing         TEXT    NOT NULL,
    reason           TEXT    NOT NULL DEFAULT '',
    attempts         INTEGER NOT NULL DEFAULT 0,
    next_attempt_at  INTEGER NOT NULL,
    accepted_at      INTEGER NOT NULL,
    updated_at       INTEGER NOT NULL,
    revision         INTEGER NOT NULL DEFAULT 1,
    planned_revision INTEGER NOT NULL DEFAULT 0,
    lease_token      TEXT,
    lease_until      INTEGER
);
-- What a claim looks through: only active jobs, in the order in which they are due.
CREATE INDEX jobs_due ON jobs (next_attempt_at) WHERE standing = 'active';
CREATE INDEX jobs_standing ON jobs (standing, id);

CREATE TABLE events (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    name        TEXT    NOT NULL,
    received_at INTEGER NOT NULL,
    body        BLOB    NOT NULL,
    body_sha256 TEXT    NOT NULL UNIQUE,
    meeting     TEXT,
    job         INTEGER REFERENCES jobs (id),
    note        TEXT    NOT NULL DEFAULT ''
);

CREATE TABLE files (
    job               INTEGER NOT NULL REFERENCES jobs (id),
    file_key          TEXT    NOT NULL,
    version           INTEGER NOT NULL,
    file              TEXT    NOT NULL,
    name              TEXT    NOT NULL,
    folder_id         TEXT    NOT NULL,
    drive_id          TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    skip_reason       TEXT    NOT NULL DEFAULT '',
    size              INTEGER NOT NULL DEFAULT 0,
    sha256            TEXT    NOT NULL DEFAULT '',
    session           TEXT,
    session_opened_at INTEGER NOT NULL DEFAULT 0,
    total             INTEGER NOT NULL DEFAULT 0,
    position          INTEGER NOT NULL DEFAULT 0,
    hash_state        BLOB    NOT NULL DEFAULT x'',
    validator         TEXT    NOT NULL DEFAULT '',
    mismatches        INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (job, file_key, version)
);

-- Names within a folder are kept apart, over all jobs.
CREATE INDEX files_folder ON files (folder_id, name);

CREATE TABLE folders (
    path     TEXT    PRIMARY KEY,
    drive_id TEXT    NOT NULL,
    made     INTEGER NOT NULL DEFAULT 0
);

-- One row that is written to see whether writing works.
CREATE TABLE heartbeat (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    at INTEGER NOT NULL
);
