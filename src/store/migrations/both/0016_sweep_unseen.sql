-- Whom the last good sweep could not see; empty when it saw the whole account.
ALTER TABLE turns ADD COLUMN unseen TEXT NOT NULL DEFAULT '';
