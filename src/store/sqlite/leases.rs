//! Claims, leases, and where a job stands.

use std::time::Duration;

use rand::Rng;
use sqlx::Row;
use sqlx::sqlite::SqliteTransaction;

use super::{SqliteStore, now, select_job};
use crate::jobs::{Job, JobId, Stage, Standing};
use crate::store::{Claim, Ending, JobFilter, LIST_MAX, Lease, StoreError, rows};

pub(super) fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

impl SqliteStore {
    pub(super) async fn free_leases(&self) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let freed = sqlx::query(
            "UPDATE jobs SET lease_token = NULL, lease_until = NULL WHERE lease_token IS NOT NULL",
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(freed.rows_affected())
    }

    pub(super) async fn claim_job(&self, lease_for: Duration) -> Result<Claim, StoreError> {
        // Looking costs no write; only when something is due is the writer asked.
        let next_in = self.next_due_in().await?;
        if next_in.is_none_or(|wait| !wait.is_zero()) {
            return Ok(Claim::Nothing { next_in });
        }
        let token = hex::encode(rand::rng().random::<[u8; 16]>());
        let mut tx = self.write().await?;
        let row = sqlx::query(concat!(
            "UPDATE jobs SET lease_token = ?1, lease_until = ",
            now!(),
            " + ?2 WHERE id = (",
            " SELECT id FROM jobs WHERE standing = 'active' AND next_attempt_at <= ",
            now!(),
            " AND (lease_until IS NULL OR lease_until <= ",
            now!(),
            ") ORDER BY next_attempt_at, id LIMIT 1)",
            " RETURNING *, 1 AS leased"
        ))
        .bind(&token)
        .bind(millis(lease_for))
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(Claim::Nothing { next_in: Some(Duration::ZERO) }) };
        let job = rows::job(&row)?;
        tx.commit().await?;
        let lease = Lease { job: job.id, token, revision: job.revision };
        Ok(Claim::Leased(Box::new(job), lease))
    }

    /// Time until a job is due or the lease of a lost worker ends; zero if one is due now.
    async fn next_due_in(&self) -> Result<Option<Duration>, StoreError> {
        let row = sqlx::query(concat!(
            "SELECT min(max(next_attempt_at, coalesce(lease_until, 0))) - ",
            now!(),
            " AS wait",
            " FROM jobs WHERE standing = 'active'"
        ))
        .fetch_one(&self.reader)
        .await?;
        let wait: Option<i64> = row.try_get("wait")?;
        Ok(wait.map(|wait| Duration::from_millis(u64::try_from(wait).unwrap_or(0))))
    }

    pub(super) async fn extend_lease(&self, lease: &Lease, lease_for: Duration) -> Result<(), StoreError> {
        let mut tx = self.write_under(lease).await?;
        sqlx::query(concat!("UPDATE jobs SET lease_until = ", now!(), " + ?1 WHERE id = ?2"))
            .bind(millis(lease_for))
            .bind(lease.job.0)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn end_run(&self, lease: &Lease, ending: &Ending) -> Result<(), StoreError> {
        let mut tx = self.write_under(lease).await?;
        // News that came while we worked must not be slept over, nor finished over. A run that failed keeps
        // its back-off: the same news would fail it again at once.
        sqlx::query(concat!(
            "UPDATE jobs SET lease_token = NULL, lease_until = NULL, reason = ?5,",
            " standing = CASE WHEN ?6 AND revision > max(?7, planned_revision) THEN 'active' ELSE ?3 END,",
            " attempts = CASE WHEN ?6 AND revision > max(?7, planned_revision) THEN 0 ELSE ?2 END,",
            " next_attempt_at = ",
            now!(),
            " + CASE WHEN ?6 AND revision > max(?7, planned_revision) THEN 0 ELSE ?4 END",
            " WHERE id = ?1"
        ))
        .bind(lease.job.0)
        .bind(i64::from(ending.attempts))
        .bind(ending.standing.name())
        .bind(millis(ending.wait))
        .bind(&ending.reason)
        .bind(ending.attempts == 0 || ending.standing == Standing::Parked)
        .bind(lease.revision)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn move_stage(&self, lease: &Lease, from: Stage, to: Stage) -> Result<(), StoreError> {
        if !from.may_become(to) {
            return Err(StoreError::Refused(format!("a job cannot go from {from} to {to}")));
        }
        let mut tx = self.write_under(lease).await?;
        let moved = sqlx::query("UPDATE jobs SET stage = ?1, reason = '' WHERE id = ?2 AND stage = ?3")
            .bind(to.name())
            .bind(lease.job.0)
            .bind(from.name())
            .execute(&mut *tx)
            .await?;
        if moved.rows_affected() == 0 {
            return Err(StoreError::Refused(format!("job {} is not {from} any more", lease.job)));
        }
        Ok(tx.commit().await?)
    }

    pub(super) async fn read_job(&self, id: JobId) -> Result<Job, StoreError> {
        let found = sqlx::query(concat!(select_job!(), "WHERE id = ?1"))
            .bind(id.0)
            .fetch_optional(&self.reader)
            .await?;
        rows::job(&found.ok_or_else(|| StoreError::Missing(format!("job {id}")))?)
    }

    pub(super) async fn list_jobs(&self, filter: JobFilter) -> Result<Vec<Job>, StoreError> {
        let before = filter.before.map_or(i64::MAX, |before| before.0);
        let query = match filter.standing {
            // Two statements rather than an OR, so that each can use its index.
            Some(standing) => sqlx::query(concat!(
                select_job!(),
                "WHERE id < ?1 AND standing = ?3 ORDER BY id DESC LIMIT ?2"
            ))
            .bind(before)
            .bind(LIST_MAX)
            .bind(standing.name()),
            None => sqlx::query(concat!(select_job!(), "WHERE id < ?1 ORDER BY id DESC LIMIT ?2"))
                .bind(before)
                .bind(LIST_MAX),
        };
        query.fetch_all(&self.reader).await?.iter().map(rows::job).collect()
    }

    /// What was parked, cancelled or finished is looked at from the beginning; what was verified stays so.
    pub(super) async fn reactivate(&self, id: JobId) -> Result<(), StoreError> {
        self.change_job(
            id,
            concat!(
                "UPDATE jobs SET standing = 'active', reason = '', attempts = 0, next_attempt_at = ",
                now!(),
                ", updated_at = ",
                now!(),
                ", stage = CASE WHEN standing = 'active' THEN stage ELSE 'received' END WHERE id = ?1"
            ),
        )
        .await
    }

    pub(super) async fn call_off(&self, id: JobId) -> Result<(), StoreError> {
        self.change_job(id, concat!(
            "UPDATE jobs SET standing = 'cancelled', reason = 'cancelled by an operator', lease_token = NULL,",
            " lease_until = NULL, updated_at = ", now!(), " WHERE id = ?1"
        ))
        .await
    }

    async fn change_job(&self, id: JobId, statement: &'static str) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let changed = sqlx::query(statement).bind(id.0).execute(&mut *tx).await?;
        if changed.rows_affected() == 0 {
            return Err(StoreError::Missing(format!("job {id}")));
        }
        refill(&mut tx, id).await?;
        Ok(tx.commit().await?)
    }
}

/// An operator has looked: copies that differed before no longer count.
pub(super) async fn refill(tx: &mut SqliteTransaction<'_>, id: JobId) -> Result<(), StoreError> {
    sqlx::query("UPDATE files SET mismatches = 0 WHERE job = ?1").bind(id.0).execute(&mut **tx).await?;
    Ok(())
}
