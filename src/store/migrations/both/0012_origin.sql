-- Where the bytes of a file came from: 'listing' (Zoom's own API named every address), 'event' (an event named one),
-- 'confirmed' or 'contradicted' (read again since, from an address of Zoom's listing). Empty where nobody noted it,
-- as for everything that was copied before: then it counts as an event's.
ALTER TABLE files ADD COLUMN origin TEXT NOT NULL DEFAULT '';
