-- Times are milliseconds since 1970 (UTC). Bodies, recordings, files and sessions hold tokens and secret
-- addresses: nobody but this program should be able to read the database.

CREATE TABLE jobs (
    id               BIGSERIAL PRIMARY KEY,
    meeting          TEXT    NOT NULL UNIQUE,
    recording        TEXT    NOT NULL,
    stage            TEXT    NOT NULL,
    standing         TEXT    NOT NULL,
    reason           TEXT    NOT NULL DEFAULT '',
    attempts         BIGINT  NOT NULL DEFAULT 0,
    next_attempt_at  BIGINT  NOT NULL,
    accepted_at      BIGINT  NOT NULL,
    updated_at       BIGINT  NOT NULL,
    revision         BIGINT  NOT NULL DEFAULT 1,
    planned_revision BIGINT  NOT NULL DEFAULT 0,
    lease_token      TEXT,
    lease_until      BIGINT
);
-- What a claim looks through: only active jobs, in the order in which they are due.
CREATE INDEX jobs_due ON jobs (next_attempt_at) WHERE standing = 'active';
CREATE INDEX jobs_standing ON jobs (standing, id);

CREATE TABLE events (
    id          BIGSERIAL PRIMARY KEY,
    name        TEXT    NOT NULL,
    received_at BIGINT  NOT NULL,
    body        BYTEA   NOT NULL,
    body_sha256 TEXT    NOT NULL UNIQUE,
    meeting     TEXT,
    job         BIGINT REFERENCES jobs (id),
    note        TEXT    NOT NULL DEFAULT ''
);

CREATE TABLE files (
    job               BIGINT  NOT NULL REFERENCES jobs (id),
    file_key          TEXT    NOT NULL,
    version           BIGINT  NOT NULL,
    file              TEXT    NOT NULL,
    name              TEXT    NOT NULL,
    folder_id         TEXT    NOT NULL,
    drive_id          TEXT    NOT NULL,
    state             TEXT    NOT NULL,
    skip_reason       TEXT    NOT NULL DEFAULT '',
    size              BIGINT  NOT NULL DEFAULT 0,
    sha256            TEXT    NOT NULL DEFAULT '',
    session           TEXT,
    session_opened_at BIGINT  NOT NULL DEFAULT 0,
    total             BIGINT  NOT NULL DEFAULT 0,
    position          BIGINT  NOT NULL DEFAULT 0,
    hash_state        BYTEA   NOT NULL DEFAULT '',
    validator         TEXT    NOT NULL DEFAULT '',
    mismatches        BIGINT  NOT NULL DEFAULT 0,
    -- The order of planning.
    planned           BIGSERIAL,
    PRIMARY KEY (job, file_key, version)
);

-- Names within a folder are kept apart, over all jobs.
CREATE INDEX files_folder ON files (folder_id, name);

CREATE TABLE folders (
    path     TEXT    PRIMARY KEY,
    drive_id TEXT    NOT NULL,
    made     BIGINT  NOT NULL DEFAULT 0
);

-- One row that is written to see whether writing works.
CREATE TABLE heartbeat (
    id BIGINT PRIMARY KEY CHECK (id = 1),
    at BIGINT  NOT NULL
);
