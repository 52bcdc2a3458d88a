//! The syntax in which the two databases differ.
//!
//! `{now}` is the database's clock in milliseconds, `{shelf_state}` the state of a recording in lists, `{for_update}`
//! locks the selected row, `{skip_locked}` skips rows that others have locked, `{host_email}` is the host of a job's
//! recording, `{tuples}` are the rows of values of a statement about many rows. SQLite has one writer at a time and
//! needs no locks. Rows of earlier releases may contain an escaped NUL, which PostgreSQL refuses to read anywhere in a
//! JSON text.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

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
    said: LazyLock<Mutex<Said>>,
}

/// Texts in a database's syntax. A worker and each event say the same ones again and again.
type Said = HashMap<(&'static str, Tuples), Arc<str>>;

/// The rows of values in a statement, and the values of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(in crate::store) struct Tuples {
    pub(super) rows: usize,
    pub(super) columns: usize,
}

pub(in crate::store) static SQLITE: Dialect = Dialect {
    now: "CAST(unixepoch('subsec') * 1000 AS INTEGER)",
    for_update: "",
    skip_locked: "",
    planned_order: "rowid",
    host_email: "json_extract(replace(recording, '\\u0000', '\\ufffd'), '$.host_email')",
    said: LazyLock::new(Mutex::default),
};

/// Not `now()`: that is the start of the transaction, and a lease may have expired since.
pub(in crate::store) static POSTGRES: Dialect = Dialect {
    now: "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)",
    for_update: "FOR UPDATE",
    skip_locked: "FOR UPDATE SKIP LOCKED",
    planned_order: "planned",
    host_email: "(CAST(replace(recording, '\\u0000', '\\ufffd') AS json) ->> 'host_email')",
    said: LazyLock::new(Mutex::default),
};

impl Dialect {
    /// The statement in this database's syntax. Only texts of this program are allowed here: stored and received
    /// values are always bound.
    pub(in crate::store) fn say(&self, text: &'static str) -> AssertSqlSafe<Arc<str>> {
        self.say_for(text, Tuples::default())
    }

    /// The statement in this database's syntax, with rows of values in place of `{tuples}`.
    pub(in crate::store) fn say_for(&self, text: &'static str, tuples: Tuples) -> AssertSqlSafe<Arc<str>> {
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        let said = said.entry((text, tuples)).or_insert_with(|| self.translate(text, tuples).into());
        AssertSqlSafe(said.clone())
    }

    fn translate(&self, text: &str, tuples: Tuples) -> String {
        text.replace("{job}", JOB_COLUMNS)
            .replace("{file}", FILE_COLUMNS)
            .replace("{message}", MESSAGE_COLUMNS)
            .replace("{shelf_state}", SHELF_STATE)
            .replace("{now}", self.now)
            .replace("{for_update}", self.for_update)
            .replace("{skip_locked}", self.skip_locked)
            .replace("{planned_order}", self.planned_order)
            .replace("{host_email}", self.host_email)
            .replace("{tuples}", &tuples.to_string())
    }
}

impl fmt::Display for Tuples {
    /// `($1, $2), ($3, $4)`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in 0..self.rows {
            f.write_str(if row == 0 { "(" } else { ", (" })?;
            for column in 1..=self.columns {
                let comma = if column == 1 { "" } else { ", " };
                write!(f, "{comma}${}", row * self.columns + column)?;
            }
            f.write_str(")")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_word_in_braces_is_left_over() {
        for dialect in [&SQLITE, &POSTGRES] {
            let said = dialect
                .say("SELECT {job}, {file}, {message}, {shelf_state}, {now} {for_update} {skip_locked} {planned_order} {host_email}");
            assert!(!said.0.contains(['{', '}']), "{}", said.0);
        }
    }

    #[test]
    fn each_row_of_values_has_its_own_numbers() {
        let said = |rows| SQLITE.say_for("VALUES {tuples}", Tuples { rows, columns: 2 }).0;
        assert_eq!(&*said(2), "VALUES ($1, $2), ($3, $4)");
        // Another number of rows is another text.
        assert_eq!(&*said(1), "VALUES ($1, $2)");
    }
}
