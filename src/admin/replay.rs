//! Processes an event again from its stored body: for the admin API and for the `replay` command.

use crate::jobs::{EventId, JobId, MEET_EVENT};
use crate::recording::{Recording, Source};
use crate::store::{Store, StoreError, StoredEvent};
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
    let (event, body) = store.event(id).await?;
    let recording = match found_at_meet(store, &event).await? {
        Some(recording) => recording,
        None => read(id, &body)?,
    };
    let job = store.replay(id, &recording).await?;
    tracing::info!(event = id.0, job = job.0, meeting = ?recording.uuid.as_str(), "event replayed");
    Ok(job)
}

fn read(id: EventId, body: &[u8]) -> Result<Recording, ReplayError> {
    let event = payload::read(body).map_err(|error| ReplayError::NoRecording(id, error.to_string()))?;
    event.recording.ok_or(ReplayError::NoRecording(id, event.note))
}

/// The conference that the service itself has found. Its facts come from its job, never from a body: an attacker who can
/// sign events can use this name as well, but such an event has no job of Meet.
async fn found_at_meet(store: &Store, event: &StoredEvent) -> Result<Option<Recording>, StoreError> {
    let Some(job) = event.job.filter(|_| event.name == MEET_EVENT) else { return Ok(None) };
    let recording = store.job(job).await?.recording;
    Ok(Some(recording).filter(|recording| recording.source() == Source::Meet))
}
