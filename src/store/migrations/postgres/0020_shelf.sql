-- What lists and searches show of a recording, so that none of them reads a recording's JSON. `sort_at` is when it
-- happened, and never later than when it was accepted; 0 until a row of an earlier release is filled in.
ALTER TABLE jobs ADD COLUMN sort_at BIGINT NOT NULL DEFAULT 0;
-- In lower case, and cut: an entry of an index has a greatest size, and no event may be refused because of it.
ALTER TABLE jobs ADD COLUMN host TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE jobs ADD COLUMN proved_files BIGINT NOT NULL DEFAULT 0;
ALTER TABLE jobs ADD COLUMN proved_bytes BIGINT NOT NULL DEFAULT 0;
-- When our hand moved Zoom's copy to the trash; 0 where nobody noted it.
ALTER TABLE jobs ADD COLUMN put_away_at BIGINT NOT NULL DEFAULT 0;
-- Equal for reasons of parked jobs that differ only in numbers.
ALTER TABLE jobs ADD COLUMN alike TEXT NOT NULL DEFAULT '';
-- Lines about troubles that the current run has written into the diary.
ALTER TABLE jobs ADD COLUMN troubles BIGINT NOT NULL DEFAULT 0;
CREATE INDEX jobs_shelf ON jobs (sort_at DESC, id DESC, standing, stage, zoom_copy, put_away_at, host, topic,
    proved_files, proved_bytes, alike);
CREATE INDEX jobs_unshelved ON jobs (id) WHERE sort_at = 0;
CREATE INDEX jobs_parked ON jobs (alike, id) WHERE standing = 'parked';

CREATE INDEX files_proved ON files (proved_at) WHERE proved_at IS NOT NULL;
CREATE INDEX events_job ON events (job, id) WHERE job IS NOT NULL;
CREATE INDEX audit_target ON audit (target, id);

-- What happened to each recording, written by the transaction that did it. Troubles go with old events; all else
-- stays.
CREATE TABLE diary (
    id      BIGSERIAL PRIMARY KEY,
    job     BIGINT  NOT NULL REFERENCES jobs (id),
    at      BIGINT  NOT NULL,
    what    TEXT    NOT NULL,
    text    TEXT    NOT NULL DEFAULT '',
    trouble BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX diary_job ON diary (job, id);
CREATE INDEX diary_troubles ON diary (at) WHERE trouble = 1;
