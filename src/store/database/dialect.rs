//! The syntax in which the two databases differ.
//!
//! `{now}` is the database's clock in milliseconds, `{shelf_state}` the state of a recording in lists, `{for_update}` locks the selected row, `{skip_locked}` skips rows
//! that others have locked, `{host_email}` is the host of a job's recording. SQLite has one writer at a time and
//! needs no locks. Rows of earlier releases may contain an escaped NUL, which PostgreSQL refuses to read anywhere in
//! a JSON text.

use sqlx::AssertSqlSafe;

/// A job's columns in the order of the table, and whether a lease on it is live. Listed one by one: with `*`, a newer
/// program that adds a column would break the prepared statements of an older one.
const JOB_COLUMNS: &str =
    "id, meeting, recording, stage, standing, reason, attempts, next_attempt_at, accepted_at,
    updated_at, revision, planned_revision, removals, zoom_copy, backfilled,
    CAST(CASE WHEN lease_until IS NOT NULL AND lease_until > {now} THEN 1 ELSE 0 END AS BIGINT) AS leased";

/// A file's columns.
const FILE_COLUMNS: &str =
    "job, file_key, version, file, name, folder_id, drive_id, state, skip_reason, size, sha256,
    session, session_opened_at, total, position, hash_state, ahead, validator, mismatches, restarts, proved_at,
    origin, empty_since, odd_since, odd_size, odd_sha256, odd_accepted, confirmed_at";

/// The state of a recording in lists, as `jobs::shelf::ShelfState` names it.
const SHELF_STATE: &str =
    "CASE WHEN standing = 'parked' THEN 'needs-you' WHEN standing = 'cancelled' THEN 'called-off'
    WHEN standing = 'active' AND stage IN ('received', 'planned', 'transferred') THEN 'on-the-way'
    WHEN standing = 'active' THEN 'late-files' WHEN proved_files = 0 THEN 'left-out' ELSE 'archived' END";

/// A message's columns.
const MESSAGE_COLUMNS: &str =
    "id, cause, thread, level, avoids_google, subject, text, created_at, state, attempts,
    next_attempt_at, sent_at, channel, last_error, sent_with";

/// The syntax of one database.
#[derive(Debug)]
pub(in crate::store) struct Dialect {
    now: &'static str,
    for_update: &'static str,
    skip_locked: &'static str,
    planned_order: &'static str,
    host_email: &'static str,
}

pub(in crate::store) const SQLITE: Dialect = Dialect {
    now: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    for_update: "",
    skip_locked: "",
    planned_order: "rowid",
    host_email: "json_extract(replace(recording, '\\u0000', '\\ufffd'), '$.host_email')",
};

/// Not `now()`: that is the start of the transaction, and a lease may have expired since.
pub(in crate::store) const POSTGRES: Dialect = Dialect {
    now: "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
    for_update: "FOR UPDATE",
    skip_locked: "FOR UPDATE SKIP LOCKED",
    planned_order: "planned",
    host_email: "(CAST(replace(recording, '\\u0000', '\\ufffd') AS json) ->> 'host_email')",
};

impl Dialect {
    /// The statement in this database's syntax. Only texts of this program are allowed here: stored and received
    /// values are always bound.
    pub(in crate::store) fn say(&self, text: &'static str) -> AssertSqlSafe<String> {
        let said = text
            .replace("{job}", JOB_COLUMNS)
            .replace("{file}", FILE_COLUMNS)
            .replace("{message}", MESSAGE_COLUMNS)
            .replace("{shelf_state}", SHELF_STATE)
            .replace("{now}", self.now)
            .replace("{for_update}", self.for_update)
            .replace("{skip_locked}", self.skip_locked)
            .replace("{planned_order}", self.planned_order)
            .replace("{host_email}", self.host_email);
        AssertSqlSafe(said)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_in_braces_is_left_over() {
        for dialect in [SQLITE, POSTGRES] {
            let said = dialect
                .say("SELECT {job}, {file}, {message}, {shelf_state}, {now} {for_update} {skip_locked} {planned_order} {host_email}");
            assert!(!said.0.contains(['{', '}']), "{}", said.0);
        }
    }
}
