-- Times are milliseconds since 1970 (UTC).

-- A row is a pause in force while ended_at is 0. It stays after its end, so that one that comes back soon is
-- known. A probe is under way until probe_until, by whoever holds probe_token.
CREATE TABLE pauses (
    system      TEXT    NOT NULL,
    cause       TEXT    NOT NULL,
    message     TEXT    NOT NULL,
    since       BIGINT  NOT NULL,
    probe_at    BIGINT  NOT NULL,
    probes      BIGINT  NOT NULL DEFAULT 0,
    probe_token TEXT    NOT NULL DEFAULT '',
    probe_until BIGINT  NOT NULL DEFAULT 0,
    ended_at    BIGINT  NOT NULL DEFAULT 0,
    PRIMARY KEY (system, cause)
);

-- Bytes that Drive has confirmed, by identity and hour.
CREATE TABLE uploads (
    identity TEXT    NOT NULL,
    hour_at  BIGINT  NOT NULL,
    bytes    BIGINT  NOT NULL,
    PRIMARY KEY (identity, hour_at)
);
