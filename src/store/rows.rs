//! Rows to values and back. Anything that this program never writes is an error, never a guess.

use serde::Serialize;
use serde::de::DeserializeOwned;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::{StoreError, StoredEvent};
use crate::jobs::{EventId, FileRecord, FileState, Job, JobId, Progress, Stage, Standing, Streamed};
use crate::recording::FileKey;
use crate::secret::SecretUrl;

/// A recording or file as the text of its column.
pub(super) fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Corrupt(error.to_string()))
}

fn from_json<T: DeserializeOwned>(text: &str, what: &str) -> Result<T, StoreError> {
    // The text holds secrets: only the position of the fault is told.
    let fault = |error: serde_json::Error| StoreError::Corrupt(format!("{what}, column {}", error.column()));
    serde_json::from_str(text).map_err(fault)
}

/// A size or offset as the database's signed integer.
pub(super) fn signed(number: u64) -> Result<i64, StoreError> {
    i64::try_from(number).map_err(|_| StoreError::Corrupt(format!("{number} bytes")))
}

pub(super) fn unsigned(number: i64, what: &str) -> Result<u64, StoreError> {
    u64::try_from(number).map_err(|_| StoreError::Corrupt(format!("{what} is {number}")))
}

pub(super) fn small(number: i64, what: &str) -> Result<u32, StoreError> {
    u32::try_from(number).map_err(|_| StoreError::Corrupt(format!("{what} is {number}")))
}

/// Reads a row of `jobs`, with the extra column `leased`.
pub(super) fn job(row: &SqliteRow) -> Result<Job, StoreError> {
    let stage: String = row.try_get("stage")?;
    let standing: String = row.try_get("standing")?;
    Ok(Job {
        id: JobId(row.try_get("id")?),
        recording: from_json(row.try_get("recording")?, "a job's recording")?,
        stage: Stage::from_name(&stage).ok_or_else(|| StoreError::Corrupt(format!("stage {stage}")))?,
        standing: Standing::from_name(&standing)
            .ok_or_else(|| StoreError::Corrupt(format!("standing {standing}")))?,
        reason: row.try_get("reason")?,
        attempts: small(row.try_get("attempts")?, "attempts")?,
        next_attempt_at: row.try_get("next_attempt_at")?,
        accepted_at: row.try_get("accepted_at")?,
        updated_at: row.try_get("updated_at")?,
        revision: row.try_get("revision")?,
        planned_revision: row.try_get("planned_revision")?,
        leased: row.try_get::<i64, _>("leased")? != 0,
    })
}

/// Reads a row of `files`.
pub(super) fn file(row: &SqliteRow) -> Result<FileRecord, StoreError> {
    let streamed = || -> Result<Streamed, StoreError> {
        Ok(Streamed { size: unsigned(row.try_get("size")?, "size")?, sha256: row.try_get("sha256")? })
    };
    let state = match row.try_get::<&str, _>("state")? {
        "wanted" => FileState::Wanted,
        "transferred" => FileState::Transferred(streamed()?),
        "verified" => FileState::Verified(streamed()?),
        "skipped" => FileState::Skipped(row.try_get("skip_reason")?),
        other => return Err(StoreError::Corrupt(format!("file state {other}"))),
    };
    Ok(FileRecord {
        key: FileKey::new(row.try_get::<String, _>("file_key")?),
        version: small(row.try_get("version")?, "version")?,
        file: from_json(row.try_get("file")?, "a job's file")?,
        name: row.try_get("name")?,
        folder_id: row.try_get("folder_id")?,
        drive_id: row.try_get("drive_id")?,
        state,
        progress: Progress {
            session: row.try_get::<Option<String>, _>("session")?.map(SecretUrl::new),
            session_opened_at: row.try_get("session_opened_at")?,
            total: unsigned(row.try_get("total")?, "total")?,
            offset: unsigned(row.try_get("position")?, "position")?,
            hash_state: row.try_get("hash_state")?,
            validator: row.try_get("validator")?,
        },
        mismatches: small(row.try_get("mismatches")?, "mismatches")?,
    })
}

/// Reads a row of `events`.
pub(super) fn event(row: &SqliteRow) -> Result<StoredEvent, StoreError> {
    Ok(StoredEvent {
        id: EventId(row.try_get("id")?),
        name: row.try_get("name")?,
        received_at: row.try_get("received_at")?,
        meeting: row.try_get("meeting")?,
        job: row.try_get::<Option<i64>, _>("job")?.map(JobId),
        note: row.try_get("note")?,
    })
}
