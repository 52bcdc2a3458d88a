-- The few jobs that are held, so that a look for work need not pass over all that wait.
CREATE INDEX jobs_leased ON jobs (lease_until) WHERE lease_until IS NOT NULL;
