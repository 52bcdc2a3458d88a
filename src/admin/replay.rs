//! Processes an event again from its stored body: for the admin API and for the `replay` command.

use crate::jobs::{EventId, JobId};
use crate::store::{Store, StoreError};
use crate::webhook::payload;

/// Why an event cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It has no recording to archive.
    #[error("event {0} cannot be replayed: {1}")]
    NoRecording(EventId, String),
    /// There is no such event, or the store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Parses the stored body again with the current code, and makes the recording's job due from its beginning.
/// Verified files stay verified.
///
/// # Errors
/// When there is no such event, when it has no recording, or when the store fails.
pub async fn replay(store: &Store, id: EventId) -> Result<JobId, ReplayError> {
    let (_, body) = store.event(id).await?;
    let event = payload::read(&body).map_err(|error| ReplayError::NoRecording(id, error.to_string()))?;
    let recording = event.recording.ok_or(ReplayError::NoRecording(id, event.note))?;
    let job = store.replay(id, &recording).await?;
    tracing::info!(event = id.0, job = job.0, meeting = ?recording.uuid.as_str(), "event replayed");
    Ok(job)
}
