-- The start of the first day from which on the sweep has looked at every day, and when its last successful round
-- began; NULL before the first one. gap_from: the start of the first day of the gap before covered_from, and before_gap
-- what covered_from was before it. left_out: recordings without a job that rules left out of a backfill of these days.
ALTER TABLE turns ADD COLUMN covered_from BIGINT;
ALTER TABLE turns ADD COLUMN looked_at BIGINT;
ALTER TABLE turns ADD COLUMN gap_from BIGINT;
ALTER TABLE turns ADD COLUMN before_gap BIGINT;
ALTER TABLE turns ADD COLUMN left_out BIGINT NOT NULL DEFAULT 0;

-- How far the running round is, for people; empty between rounds.
ALTER TABLE turns ADD COLUMN progress TEXT NOT NULL DEFAULT '';
