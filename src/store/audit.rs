//! The audit trail's lines: who asked for what, and what came of it.

use super::database::{Row, values};
use super::{LIST_MAX, Store, StoreError};
use crate::jobs::Millis;

/// A line of the audit trail, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// A person or an address.
    pub who: String,
    /// What was asked for: `retry`, `cancel`, `replay`, `probe`, `log in`.
    pub action: String,
    /// What it was about: `job 7`, `event 3`, `drive`.
    pub target: String,
    /// What came of it, or that it has begun.
    pub outcome: String,
    /// The entry of the action's beginning, if this is its outcome.
    pub begun: Option<i64>,
}

/// A line of the audit trail, as it stands there for good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRecord {
    /// Its number.
    pub id: i64,
    /// When it was written, by the store's clock.
    pub at: Millis,
    /// What was written.
    pub entry: AuditEntry,
}

impl Store {
    /// Adds a line to the audit trail, on disk when this returns, and gives its number. No line is ever
    /// changed or taken away.
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

    /// The audit trail, newest first, at most [`LIST_MAX`] lines, with smaller numbers than `before`.
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

fn record(row: &Row) -> Result<AuditRecord, StoreError> {
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
