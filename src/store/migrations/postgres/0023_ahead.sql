-- Checkpoints of an upload that are ahead of what Drive has confirmed: pairs of an offset and the hash state there, from
-- inside a request. After a crash the furthest one that Drive's own offset covers is used.
ALTER TABLE files ADD COLUMN ahead BYTEA NOT NULL DEFAULT '';
