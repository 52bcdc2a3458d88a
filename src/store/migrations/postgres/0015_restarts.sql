-- How often a file's transfer began anew before it was complete. Earlier releases counted that together with copies
-- that differed, so nobody knows which of the two it was: what is not proved yet has all its tries again.
ALTER TABLE files ADD COLUMN restarts BIGINT NOT NULL DEFAULT 0;
UPDATE files SET mismatches = 0 WHERE mismatches > 0 AND state <> 'verified';
