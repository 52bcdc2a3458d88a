//! The audit trail's lines: who asked for what, and what came of it.

use crate::jobs::Millis;

/// A line of the audit trail, as it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditEntry {
    /// A person or an address.
    pub who: String,
    /// What was asked for: `retry`, `cancel`, `replay`, `log in`.
    pub action: String,
    /// What it was about: `job 7`, `event 3`.
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
