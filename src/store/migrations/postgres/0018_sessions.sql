-- Who is logged in to the pages. Of a session's cookie only the digest is here, and of the token that it was made with
-- only a tag: another ADMIN_TOKEN ends it. Times are the store's clock, milliseconds.

CREATE TABLE sessions (
    id       BIGSERIAL PRIMARY KEY,
    digest   TEXT    NOT NULL UNIQUE,
    name     TEXT    NOT NULL,
    role     TEXT    NOT NULL,
    key_tag  TEXT    NOT NULL,
    began_at BIGINT  NOT NULL,
    ends_at  BIGINT  NOT NULL
);
