//! Retention: deletes old events, and removes secrets from finished jobs and their events. In small steps.

use std::time::Duration;

use super::database::{Tx, values};
use super::{Store, StoreError, blanking, rows};
use crate::jobs::{FileRecord, Job};
use crate::recording::blanking::Tokens;

/// Events that are old enough to be deleted.
pub(in crate::store) const OLD_EVENTS: &str = "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE received_at < {now} - $1
                   AND NOT EXISTS (SELECT 1 FROM jobs WHERE jobs.id = events.job AND standing IN ('active', 'parked'))
                   ORDER BY received_at LIMIT $2)";

/// Finished jobs that still have secrets.
pub(in crate::store) const UNWIPED: &str =
    "SELECT {job} FROM jobs WHERE standing = 'finished' AND wiped = 0 AND updated_at < {now} - $1
                   ORDER BY updated_at LIMIT $2 {skip_locked}";

/// Events of a job that still have tokens.
pub(in crate::store) const TOKENS_OF_JOB: &str = "SELECT id FROM events WHERE job = $1 AND blanked = 1";

/// Events without a job that still have tokens, and are old enough to lose them.
pub(in crate::store) const JOBLESS_TOKENS: &str =
    "SELECT id FROM events WHERE blanked = 1 AND job IS NULL AND received_at < {now} - $1
                   ORDER BY received_at LIMIT $2 {skip_locked}";

impl Store {
    /// Deletes at most `at_most` events older than this, except those of active or parked jobs. Returns their number.
    pub async fn forget_events(&self, older_than: Duration, at_most: u32) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("forget_events").await?;
        let gone = tx.execute(OLD_EVENTS, values![older_than, at_most]).await?;
        tx.commit().await?;
        Ok(gone)
    }

    /// Removes tokens and download addresses from jobs that finished longer ago than this, their files and their
    /// events, and from events of that age without a job: at most `at_most` of each. Returns their number. An event
    /// that wakes such a job brings new ones.
    pub async fn wipe_secrets(&self, finished_for: Duration, at_most: u32) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("wipe_secrets").await?;
        let found = tx.rows(UNWIPED, values![finished_for, at_most]).await?;
        for row in &found {
            wipe(&mut tx, rows::job(row)?).await?;
        }
        // Events without a job: their tokens are as old as the events.
        let jobless = tx.rows(JOBLESS_TOKENS, values![finished_for, at_most]).await?;
        for row in &jobless {
            blanking::blank_event(&mut tx, row.integer("id")?, Tokens::Blanked).await?;
        }
        tx.commit().await?;
        Ok((found.len() + jobless.len()).try_into().unwrap_or(u64::MAX))
    }
}

async fn wipe(tx: &mut Tx, job: Job) -> Result<(), StoreError> {
    let mut recording = job.recording;
    for file in &mut recording.files {
        file.download = None;
    }
    tx.execute(
        "UPDATE jobs SET recording = $1, wiped = 1 WHERE id = $2",
        values![rows::to_json(&recording)?, job.id.0],
    )
    .await?;
    let files = tx.rows("SELECT {file} FROM files WHERE job = $1", values![job.id.0]).await?;
    for row in &files {
        let mut record: FileRecord = rows::file(row)?;
        record.file.download = None;
        tx.execute(
            "UPDATE files SET file = $4, session = NULL WHERE job = $1 AND file_key = $2 AND version = $3",
            values![job.id.0, record.key.as_str(), record.version, rows::to_json(&record.file)?],
        )
        .await?;
    }
    for row in tx.rows(TOKENS_OF_JOB, values![job.id.0]).await? {
        blanking::blank_event(tx, row.integer("id")?, Tokens::Blanked).await?;
    }
    Ok(())
}
