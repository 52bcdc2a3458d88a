-- What people took away at Zoom, as events told; empty where nobody told anything.
ALTER TABLE jobs ADD COLUMN removals TEXT NOT NULL DEFAULT '';

-- What has become of Zoom's copy by our hand: untouched, put-away, or recovered by a person after that.
ALTER TABLE jobs ADD COLUMN zoom_copy TEXT NOT NULL DEFAULT 'untouched';
-- Earlier releases did not say. What was retired is never put away once more by itself.
UPDATE jobs SET zoom_copy = 'put-away' WHERE stage = 'retired';
