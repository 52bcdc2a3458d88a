-- How much is left of what opens a recording or a meeting: 0 whatever an earlier release stored, 1 tokens and
-- addresses that a job still needs, 2 nothing. Passcodes are in neither of the last two.
ALTER TABLE events ADD COLUMN blanked BIGINT NOT NULL DEFAULT 0;
CREATE INDEX events_unblanked ON events (blanked, id) WHERE blanked = 0;
CREATE INDEX events_tokens ON events (job, received_at) WHERE blanked = 1;

-- 1 once no address in the job or its files holds a passcode.
ALTER TABLE jobs ADD COLUMN blanked BIGINT NOT NULL DEFAULT 0;
CREATE INDEX jobs_unblanked ON jobs (blanked, id) WHERE blanked = 0;
