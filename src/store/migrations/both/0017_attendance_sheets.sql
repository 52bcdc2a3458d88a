-- The attendance written beside a recording: one file for each instance of a meeting. No name of a person, no address.
-- The nonce is stored before a spreadsheet is created, because its id cannot be reserved; the digest is that of the
-- content that is known to be in it, empty until then. A claim keeps commands and workers apart.
CREATE TABLE attendance_sheets (
    uuid          TEXT   NOT NULL PRIMARY KEY,
    job_id        BIGINT,
    form          TEXT   NOT NULL DEFAULT '',
    nonce         TEXT   NOT NULL DEFAULT '',
    drive_id      TEXT   NOT NULL DEFAULT '',
    folder_id     TEXT   NOT NULL DEFAULT '',
    name          TEXT   NOT NULL DEFAULT '',
    digest        TEXT   NOT NULL DEFAULT '',
    people        BIGINT,
    expected      BIGINT,
    absent        BIGINT,
    note          TEXT   NOT NULL DEFAULT '',
    read_at       BIGINT,
    claimed_by    BIGINT,
    claimed_until BIGINT
);

-- Their names are kept apart from those of all others in their folder.
CREATE INDEX attendance_sheets_folder ON attendance_sheets (folder_id, name);
