//! What is kept for how long: old events go, finished jobs and their events lose their secrets. In small steps.

use std::time::Duration;

use super::database::{Tx, values};
use super::{SqlStore, StoreError, blanking, hot, rows};
use crate::jobs::{FileRecord, Job};
use crate::recording::blanking::Tokens;

impl SqlStore {
    pub(super) async fn delete_events(&self, older_than: Duration, at_most: u32) -> Result<u64, StoreError> {
        let mut tx = self.database.begin().await?;
        let gone = tx.execute(hot::OLD_EVENTS, values![older_than, at_most]).await?;
        tx.commit().await?;
        Ok(gone)
    }

    pub(super) async fn wipe_jobs(&self, finished_for: Duration, at_most: u32) -> Result<u64, StoreError> {
        let mut tx = self.database.begin().await?;
        let found = tx.rows(hot::UNWIPED, values![finished_for, at_most]).await?;
        for row in &found {
            wipe(&mut tx, rows::job(row)?).await?;
        }
        // Events that no job belongs to: their tokens are as old as they are.
        let jobless = tx.rows(hot::JOBLESS_TOKENS, values![finished_for, at_most]).await?;
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
    for row in tx.rows(hot::TOKENS_OF_JOB, values![job.id.0]).await? {
        blanking::blank_event(tx, row.integer("id")?, Tokens::Blanked).await?;
    }
    Ok(())
}
