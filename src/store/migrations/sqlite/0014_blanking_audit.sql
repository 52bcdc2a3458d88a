-- How much is left of what opens a recording or a meeting: 0 whatever an earlier release stored, 1 tokens and
-- addresses that a job still needs, 2 nothing. Passcodes are in neither of the last two.
ALTER TABLE events ADD COLUMN blanked INTEGER NOT NULL DEFAULT 0;
CREATE INDEX events_unblanked ON events (blanked, id) WHERE blanked = 0;
CREATE INDEX events_tokens ON events (job, received_at) WHERE blanked = 1;

-- 1 once no address in the job or its files holds a passcode.
ALTER TABLE jobs ADD COLUMN blanked INTEGER NOT NULL DEFAULT 0;
CREATE INDEX jobs_unblanked ON jobs (blanked, id) WHERE blanked = 0;

-- REPLACE deletes the line that is in its way without asking the trigger on DELETE.
CREATE TRIGGER audit_is_not_replaced BEFORE INSERT ON audit WHEN EXISTS (SELECT 1 FROM audit WHERE id = NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is only added to');
END;

-- An id that is yet to be given is -1 for the trigger above: a line with that id would keep out all later ones.
CREATE TRIGGER audit_is_counted_from_one AFTER INSERT ON audit WHEN NEW.id < 1
BEGIN
    SELECT RAISE(ABORT, 'the audit trail is only added to, from 1 on');
END;
