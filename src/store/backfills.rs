//! State of backfills: the jobs that a run waits for, and the speed of recent transfers.

use std::time::Duration;

use super::database::{Row, values};
use super::{LIST_MAX, Store, StoreError, rows};
use crate::jobs::rate::Transfer;
use crate::jobs::{Job, JobId, Millis};

/// Id of a backfill run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackfillId(pub i64);

/// A job that a run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct AwaitedJob {
    pub job: JobId,
    /// Size of its recording, as Zoom lists it.
    pub bytes: u64,
}

/// A job that a run no longer waits for.
#[derive(Debug, Clone)]
pub struct EndedJob {
    /// Its current state. A job that is still active has every file on Drive, proved, and waits for late files.
    pub job: Job,
    /// Size of its recording, as Zoom lists it.
    pub bytes: u64,
}

/// The jobs that a run still waits for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Remaining {
    /// Number of jobs.
    pub jobs: u64,
    /// Total size of their recordings, as Zoom lists them.
    pub bytes: u64,
}

/// A run, as a page shows it. Runs end with their command: one that was killed stays until a later one begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackfillState {
    pub id: BackfillId,
    /// When it began.
    pub begun_at: Millis,
    /// All jobs that it has waited for.
    pub all: Remaining,
    /// Those that it still waits for.
    pub left: Remaining,
}

/// The last transfers.
pub(in crate::store) const TRANSFERS: &str = "SELECT size, session_opened_at, transferred_at FROM files
                   WHERE transferred_at > 0 AND transferred_at > {now} - $1 ORDER BY transferred_at DESC LIMIT $2";

/// Jobs that a backfill no longer waits for.
pub(in crate::store) const BACKFILL_ENDED: &str = "SELECT {job}, bytes FROM backfill_jobs JOIN jobs ON id = job
                   WHERE backfill = $1 AND told = 0 AND (standing <> 'active'
                     OR (stage = 'verified' AND lease_token IS NULL AND next_attempt_at > {now} + $2)) LIMIT $3";

/// Leased jobs of a backfill.
pub(in crate::store) const BACKFILL_HELD: &str = "SELECT {job} FROM jobs
                   WHERE lease_until IS NOT NULL AND lease_until > {now} AND standing = 'active'
                     AND EXISTS (SELECT 1 FROM backfill_jobs WHERE backfill = $1 AND job = id) ORDER BY id LIMIT $2";

/// The runs, with what each still waits for.
const RUNS: &str = "SELECT id, begun_at, (SELECT count(*) FROM backfill_jobs WHERE backfill = id) AS jobs,
                   (SELECT count(*) FROM backfill_jobs WHERE backfill = id AND told = 0) AS jobs_left,
                   (SELECT CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM backfill_jobs WHERE backfill = id) AS bytes,
                   (SELECT CAST(coalesce(sum(bytes), 0) AS BIGINT) FROM backfill_jobs
                     WHERE backfill = id AND told = 0) AS bytes_left
                   FROM backfills ORDER BY id DESC LIMIT $1";

/// A run older than this is dead: 60 days at Google's daily limit are 45 TB.
const RUN_MAX: Duration = Duration::from_secs(60 * 24 * 3600);

impl Store {
    /// Starts a run. Runs older than `RUN_MAX` are deleted.
    pub async fn begin_backfill(&self) -> Result<BackfillId, StoreError> {
        let mut tx = self.database.begin("begin_backfill").await?;
        tx.execute(
            "DELETE FROM backfill_jobs WHERE backfill IN (SELECT id FROM backfills WHERE begun_at < {now} - $1)",
            values![RUN_MAX],
        )
        .await?;
        tx.execute("DELETE FROM backfills WHERE begun_at < {now} - $1", values![RUN_MAX]).await?;
        let row = tx.row("INSERT INTO backfills (begun_at) VALUES ({now}) RETURNING id", values![]).await?;
        let id = row
            .ok_or_else(|| StoreError::Corrupt("a backfill that was just begun is missing".to_owned()))?
            .integer("id")?;
        tx.commit().await?;
        Ok(BackfillId(id))
    }

    /// Adds jobs to those that the run waits for.
    pub async fn await_jobs(&self, run: BackfillId, jobs: &[AwaitedJob]) -> Result<(), StoreError> {
        if jobs.is_empty() {
            return Ok(());
        }
        let mut tx = self.database.begin("await_jobs").await?;
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

    /// Returns jobs of the run that have ended and were not returned before, at most [`LIST_MAX`]. A job that waits
    /// for longer than `rest`, and only for late files, has ended as far as a backfill is concerned.
    pub async fn take_ended(&self, run: BackfillId, rest: Duration) -> Result<Vec<EndedJob>, StoreError> {
        // Reads first: usually nothing has ended, and no write transaction is needed.
        let found = self.database.rows(BACKFILL_ENDED, values![run.0, rest, LIST_MAX]).await?;
        if found.is_empty() {
            return Ok(Vec::new());
        }
        let mut ended = Vec::with_capacity(found.len());
        let mut tx = self.database.begin("take_ended").await?;
        for row in &found {
            let job = rows::job(row)?;
            tx.execute(
                "UPDATE backfill_jobs SET told = 1 WHERE backfill = $1 AND job = $2",
                values![run.0, job.id.0],
            )
            .await?;
            ended.push(EndedJob { job, bytes: rows::unsigned(row.integer("bytes")?, "bytes")? });
        }
        tx.commit().await?;
        Ok(ended)
    }

    /// The jobs that the run still waits for.
    pub async fn left(&self, run: BackfillId) -> Result<Remaining, StoreError> {
        let row = self
            .database
            .row(
                "SELECT count(*) AS jobs, CAST(coalesce(sum(bytes), 0) AS BIGINT) AS bytes FROM backfill_jobs
                   WHERE backfill = $1 AND told = 0",
                values![run.0],
            )
            .await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("a count gave no row".to_owned()))?;
        Ok(Remaining {
            jobs: rows::unsigned(row.integer("jobs")?, "a count")?,
            bytes: rows::unsigned(row.integer("bytes")?, "bytes")?,
        })
    }

    /// The runs, newest first, at most [`LIST_MAX`].
    pub async fn backfills(&self) -> Result<Vec<BackfillState>, StoreError> {
        let found = self.database.rows(RUNS, values![LIST_MAX]).await?;
        let state = |row: &Row| {
            let count = |name| rows::unsigned(row.integer(name)?, name);
            Ok(BackfillState {
                id: BackfillId(row.integer("id")?),
                begun_at: row.integer("begun_at")?,
                all: Remaining { jobs: count("jobs")?, bytes: count("bytes")? },
                left: Remaining { jobs: count("jobs_left")?, bytes: count("bytes_left")? },
            })
        };
        found.iter().map(state).collect()
    }

    /// The run's jobs that are leased at this moment.
    pub async fn held_jobs(&self, run: BackfillId) -> Result<Vec<Job>, StoreError> {
        let found = self.database.rows(BACKFILL_HELD, values![run.0, LIST_MAX]).await?;
        found.iter().map(rows::job).collect()
    }

    /// Deletes the run; its jobs stay.
    pub async fn end_backfill(&self, run: BackfillId) -> Result<(), StoreError> {
        let mut tx = self.database.begin("end_backfill").await?;
        tx.execute("DELETE FROM backfill_jobs WHERE backfill = $1", values![run.0]).await?;
        tx.execute("DELETE FROM backfills WHERE id = $1", values![run.0]).await?;
        tx.commit().await
    }

    /// Transfers that ended within this time, newest first, at most some hundred files.
    pub async fn recent_transfers(&self, within: Duration) -> Result<Vec<Transfer>, StoreError> {
        let found = self.database.rows(TRANSFERS, values![within, LIST_MAX]).await?;
        let transfer = |row: &Row| {
            Ok(Transfer {
                bytes: rows::unsigned(row.integer("size")?, "size")?,
                began_at: row.integer("session_opened_at")?,
                ended_at: row.integer("transferred_at")?,
            })
        };
        found.iter().map(transfer).collect()
    }
}
