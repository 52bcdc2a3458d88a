//! The audit trail: rows that are added and read.

use sqlx::Row;

use super::{SqliteStore, now};
use crate::store::{AuditEntry, AuditRecord, LIST_MAX, StoreError};

impl SqliteStore {
    pub(super) async fn insert_audit(&self, entry: &AuditEntry) -> Result<i64, StoreError> {
        let mut tx = self.write().await?;
        let row = sqlx::query(concat!(
            "INSERT INTO audit (at, who, action, target, outcome, begun) VALUES (",
            now!(),
            ", ?1, ?2, ?3, ?4, ?5) RETURNING id"
        ))
        .bind(&entry.who)
        .bind(&entry.action)
        .bind(&entry.target)
        .bind(&entry.outcome)
        .bind(entry.begun)
        .fetch_one(&mut *tx)
        .await?;
        let id = row.try_get("id")?;
        tx.commit().await?;
        Ok(id)
    }

    pub(super) async fn list_audit(&self, before: Option<i64>) -> Result<Vec<AuditRecord>, StoreError> {
        let found = sqlx::query("SELECT * FROM audit WHERE id < ?1 ORDER BY id DESC LIMIT ?2")
            .bind(before.unwrap_or(i64::MAX))
            .bind(LIST_MAX)
            .fetch_all(&self.reader)
            .await?;
        let record = |row: &sqlx::sqlite::SqliteRow| -> Result<AuditRecord, StoreError> {
            Ok(AuditRecord {
                id: row.try_get("id")?,
                at: row.try_get("at")?,
                entry: AuditEntry {
                    who: row.try_get("who")?,
                    action: row.try_get("action")?,
                    target: row.try_get("target")?,
                    outcome: row.try_get("outcome")?,
                    begun: row.try_get("begun")?,
                },
            })
        };
        found.iter().map(record).collect()
    }
}
