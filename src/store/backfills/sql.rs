//! Backfills on a database.

use std::time::Duration;

use async_trait::async_trait;

use super::{Awaited, BackfillId, BackfillStore, Ended, Left};
use crate::jobs::Job;
use crate::jobs::rate::Transfer;
use crate::store::database::values;
use crate::store::{LIST_MAX, SqlStore, StoreError, hot, rows};

/// No run lasts so long: 60 days at Google's daily limit are 45 TB.
const RUN_MAX: Duration = Duration::from_secs(60 * 24 * 3600);

#[async_trait]
impl BackfillStore for SqlStore {
    async fn is_worked_on(&self) -> Result<bool, StoreError> {
        self.somebody_works().await
    }

    async fn begin_backfill(&self) -> Result<BackfillId, StoreError> {
        let mut tx = self.database.begin().await?;
        tx.execute(
            "DELETE FROM backfill_jobs WHERE backfill IN (SELECT id FROM backfills WHERE begun_at < {now} - $1)",
            values![RUN_MAX],
        )
        .await?;
        tx.execute("DELETE FROM backfills WHERE begun_at < {now} - $1", values![RUN_MAX]).await?;
        let row = tx.row("INSERT INTO backfills (begun_at) VALUES ({now}) RETURNING id", values![]).await?;
        let id = row.ok_or_else(|| StoreError::Missing("backfill".to_owned()))?.integer("id")?;
        tx.commit().await?;
        Ok(BackfillId(id))
    }

    async fn await_jobs(&self, run: BackfillId, jobs: &[Awaited]) -> Result<(), StoreError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let mut tx = self.database.begin().await?;
        for awaited in jobs {
            tx.execute(
                "INSERT INTO backfill_jobs (backfill, job, bytes) VALUES ($1, $2, $3)
                   ON CONFLICT (backfill, job) DO NOTHING",
                values![run.0, awaited.job.0, rows::signed(awaited.bytes)?],
            )
            .await?;
        }
        tx.commit().await
    }

    async fn take_ended(&self, run: BackfillId, rest: Duration) -> Result<Vec<Ended>, StoreError> {
        // Looked for by a reader: mostly there is nothing, and then the writer need not be asked.
        let found = self.database.rows(hot::BACKFILL_ENDED, values![run.0, rest, LIST_MAX]).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let mut ended = Vec::with_capacity(found.len());
        let mut tx = self.database.begin().await?;
        for row in &found {
            let job = rows::job(row)?;
            tx.execute(
                "UPDATE backfill_jobs SET told = 1 WHERE backfill = $1 AND job = $2",
                values![run.0, job.id.0],
            )
            .await?;
            ended.push(Ended { job, bytes: rows::unsigned(row.integer("bytes")?, "bytes")? });
        }
        tx.commit().await?;
        Ok(ended)
    }

    async fn left(&self, run: BackfillId) -> Result<Left, StoreError> {
        let row = self
            .database
            .row(
                "SELECT count(*) AS jobs, CAST(coalesce(sum(bytes), 0) AS BIGINT) AS bytes FROM backfill_jobs
                   WHERE backfill = $1 AND told = 0",
                values![run.0],
            )
            .await?;
        let row = row.ok_or_else(|| StoreError::Missing("count of jobs".to_owned()))?;
        Ok(Left {
            jobs: rows::unsigned(row.integer("jobs")?, "a count")?,
            bytes: rows::unsigned(row.integer("bytes")?, "bytes")?,
        })
    }

    async fn held_jobs(&self, run: BackfillId) -> Result<Vec<Job>, StoreError> {
        let found = self.database.rows(hot::BACKFILL_HELD, values![run.0, LIST_MAX]).await?;
        found.iter().map(rows::job).collect()
    }

    async fn end_backfill(&self, run: BackfillId) -> Result<(), StoreError> {
        let mut tx = self.database.begin().await?;
        tx.execute("DELETE FROM backfill_jobs WHERE backfill = $1", values![run.0]).await?;
        tx.execute("DELETE FROM backfills WHERE id = $1", values![run.0]).await?;
        tx.commit().await
    }

    async fn recent_transfers(&self, within: Duration) -> Result<Vec<Transfer>, StoreError> {
        let found = self.database.rows(hot::TRANSFERS, values![within, LIST_MAX]).await?;
        let transfer = |row: &crate::store::database::Row| {
            Ok(Transfer {
                bytes: rows::unsigned(row.integer("size")?, "size")?,
                began_at: row.integer("session_opened_at")?,
                ended_at: row.integer("transferred_at")?,
            })
        };
        found.iter().map(transfer).collect()
    }
}
