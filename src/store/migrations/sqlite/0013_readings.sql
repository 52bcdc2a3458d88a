-- Since when Zoom has answered with nothing in it, for a file that it lists.
ALTER TABLE files ADD COLUMN empty_since INTEGER;

-- A video or audio that ends in order at another length than listed: since when readings agree, what was read (the
-- digest is empty while only the length is known), and whether that was for long enough.
ALTER TABLE files ADD COLUMN odd_since INTEGER;
ALTER TABLE files ADD COLUMN odd_size INTEGER NOT NULL DEFAULT 0;
ALTER TABLE files ADD COLUMN odd_sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE files ADD COLUMN odd_accepted INTEGER NOT NULL DEFAULT 0;

-- When a last look read the bytes that were sent once more at Zoom. Unknown (NULL) for what was archived before.
ALTER TABLE files ADD COLUMN confirmed_at INTEGER;
