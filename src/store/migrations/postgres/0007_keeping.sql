-- Events are let go by age, and finished jobs lose their tokens and addresses once. 1 when that is done.
ALTER TABLE jobs ADD COLUMN wiped BIGINT NOT NULL DEFAULT 0;
CREATE INDEX jobs_unwiped ON jobs (updated_at) WHERE standing = 'finished' AND wiped = 0;
CREATE INDEX events_received ON events (received_at);
