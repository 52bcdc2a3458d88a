//! Begins an event again from its stored bytes: for the admin API and for the `replay` command.

use crate::jobs::{EventId, JobId};
use crate::store::{Store, StoreError};
use crate::webhook::payload;

/// Why an event cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// It holds nothing to archive.
    #[error("event {0} cannot be replayed: {1}")]
    NoRecording(EventId, String),
    /// There is no such event, or the store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads the stored bytes again, by today's rules, and makes their recording's job due from its beginning.
/// What is verified on Drive stays verified.
///
/// # Errors
/// When there is no such event, when it holds no recording, or when the store fails.
pub async fn replay(store: &Store, id: EventId) -> Result<JobId, ReplayError> {
    let (_, body) = store.event(id).await?;
    let event = payload::read(&body).map_err(|error| ReplayError::NoRecording(id, error.to_string()))?;
    let recording = event.recording.ok_or(ReplayError::NoRecording(id, event.note))?;
    let job = store.replay(id, &recording).await?;
    tracing::info!(event = id.0, job = job.0, meeting = ?recording.uuid.as_str(), "event replayed");
    Ok(job)
}
