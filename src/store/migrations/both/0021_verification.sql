-- Until when Zoom's trash keeps the copy that the service has put there; 0 if it was deleted for good. Unknown (NULL)
-- where nothing was put away, and for what earlier releases have put away.
ALTER TABLE jobs ADD COLUMN zoom_trash_until BIGINT;

-- How far the verification of the archive is: one row. A pass goes through the folders in the order of their ids;
-- every file in them up to after_folder was asked about.
CREATE TABLE verification (
    id            BIGINT NOT NULL PRIMARY KEY,
    began_at      BIGINT,
    after_folder  TEXT   NOT NULL DEFAULT '',
    looked        BIGINT NOT NULL DEFAULT 0,
    ended_at      BIGINT,
    files         BIGINT NOT NULL DEFAULT 0,
    failing_since BIGINT,
    failure       TEXT   NOT NULL DEFAULT ''
);

-- Copies that are not on Drive as they were proved. One counts only while its file is still proved under the same
-- Drive id: what was archived again is no finding.
CREATE TABLE verify_findings (
    job      BIGINT NOT NULL,
    file_key TEXT   NOT NULL,
    version  BIGINT NOT NULL,
    drive_id TEXT   NOT NULL,
    fault    TEXT   NOT NULL,
    detail   TEXT   NOT NULL DEFAULT '',
    since    BIGINT NOT NULL,
    seen_at  BIGINT NOT NULL,
    PRIMARY KEY (job, file_key, version)
);

-- The archive by folder: each folder is listed once in a pass.
CREATE INDEX files_verified ON files (folder_id, job, file_key, version) WHERE state = 'verified';
