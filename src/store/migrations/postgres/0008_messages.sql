-- Messages to people, written by the transaction that they tell of and sent from here. Times are milliseconds
-- since 1970 (UTC). A message is being sent until hold_until, by whoever holds hold_token.
CREATE TABLE messages (
    id              BIGSERIAL PRIMARY KEY,
    cause           TEXT    NOT NULL,
    thread          TEXT    NOT NULL,
    level           TEXT    NOT NULL,
    avoids_google   BIGINT  NOT NULL,
    subject         TEXT    NOT NULL,
    text            TEXT    NOT NULL,
    created_at      BIGINT  NOT NULL,
    -- waiting, sent, given-up or taken-back.
    state           TEXT    NOT NULL DEFAULT 'waiting',
    attempts        BIGINT  NOT NULL DEFAULT 0,
    first_tried_at  BIGINT ,
    next_attempt_at BIGINT  NOT NULL,
    hold_token      TEXT,
    hold_until      BIGINT ,
    sent_at         BIGINT ,
    channel         TEXT    NOT NULL DEFAULT '',
    last_error      TEXT    NOT NULL DEFAULT '',
    -- The first message of the letter that it went in.
    sent_with       BIGINT 
);
CREATE INDEX messages_waiting ON messages (cause, id) WHERE state = 'waiting';
CREATE INDEX messages_sent ON messages (sent_at) WHERE state = 'sent';
CREATE INDEX messages_created ON messages (created_at);

-- Trouble that lasts: a row for as long as it does, and how often people were told.
CREATE TABLE concerns (
    name     TEXT    PRIMARY KEY,
    since    BIGINT  NOT NULL,
    tellings BIGINT  NOT NULL,
    told_at  BIGINT  NOT NULL,
    seen_at  BIGINT  NOT NULL
);
