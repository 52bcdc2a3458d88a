//! The audit trail: who requested which action, and its outcome.

use super::database::{Row, values};
use super::{LIST_MAX, Store, StoreError};
use crate::jobs::Millis;

/// A line of the audit trail to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// A person's email address, or a network address.
    pub who: String,
    /// The requested action: `retry`, `cancel`, `replay`, `probe`, `log in`.
    pub action: String,
    /// The target of the action: `job 7`, `event 3`, `drive`.
    pub target: String,
    /// The outcome, or a note that the action has started.
    pub outcome: String,
    /// For an outcome: the id of the line that recorded the start of the action.
    pub begun: Option<i64>,
}

/// A stored line of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct AuditRecord {
    /// Ascending with time; the cursor of the list.
    pub id: i64,
    /// When it was written, by the store's clock.
    pub at: Millis,
    pub entry: AuditEntry,
}

impl Store {
    /// Adds a line to the audit trail and returns its id. The line is on disk when this returns. No line is ever
    /// changed or deleted.
    pub async fn write_audit(&self, entry: &AuditEntry) -> Result<i64, StoreError> {
        let mut tx = self.database.begin("write_audit").await?;
        let row = tx
            .row(
                "INSERT INTO audit (at, who, action, target, outcome, begun) VALUES ({now}, $1, $2, $3, $4, $5)
                   RETURNING id",
                values![
                    entry.who.as_str(),
                    entry.action.as_str(),
                    entry.target.as_str(),
                    entry.outcome.as_str(),
                    entry.begun,
                ],
            )
            .await?;
        tx.commit().await?;
        row.ok_or_else(|| StoreError::Corrupt("a line that was just written is missing".to_owned()))?
            .integer("id")
    }

    /// Lists the audit trail, newest first: at most [`LIST_MAX`] lines with ids below `before`.
    pub async fn audit(&self, before: Option<i64>) -> Result<Vec<AuditRecord>, StoreError> {
        let found = self
            .database
            .rows(
                "SELECT id, at, who, action, target, outcome, begun FROM audit WHERE id < $1
                   ORDER BY id DESC LIMIT $2",
                values![before.unwrap_or(i64::MAX), LIST_MAX],
            )
            .await?;
        found.iter().map(record).collect()
    }
}

pub(super) fn record(row: &Row) -> Result<AuditRecord, StoreError> {
    Ok(AuditRecord {
        id: row.integer("id")?,
        at: row.integer("at")?,
        entry: AuditEntry {
            who: row.text("who")?,
            action: row.text("action")?,
            target: row.text("target")?,
            outcome: row.text("outcome")?,
            begun: row.maybe_integer("begun")?,
        },
    })
}
