-- 1 for jobs that a backfill brought in: they let fresh recordings go first.
ALTER TABLE jobs ADD COLUMN backfilled INTEGER NOT NULL DEFAULT 0;
CREATE INDEX jobs_turn ON jobs (backfilled, next_attempt_at) WHERE standing = 'active';

-- What a backfill brought in has not waited since it happened: the figures count it from when it was brought in.
DROP INDEX jobs_backlog;
CREATE INDEX jobs_backlog ON jobs (standing, stage, backfilled, happened_at, accepted_at, zoom_deletes_at);

-- Runs of the backfill, and the jobs that each of them waits for. A run's rows go with it; those of a run that
-- was killed go when a later one begins.
CREATE TABLE backfills (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    begun_at INTEGER NOT NULL
);
CREATE TABLE backfill_jobs (
    backfill INTEGER NOT NULL REFERENCES backfills (id),
    job      INTEGER NOT NULL REFERENCES jobs (id),
    -- As Zoom lists them.
    bytes    INTEGER NOT NULL,
    -- 1 once the run knows that the job has come to an end.
    told     INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (backfill, job)
);

-- When a file's last byte was on Drive, so that it is known how fast files move; 0 where nobody has noted it.
ALTER TABLE files ADD COLUMN transferred_at INTEGER NOT NULL DEFAULT 0;
CREATE INDEX files_transferred ON files (transferred_at) WHERE transferred_at > 0;
