//! The position of an upload, from Drive's answer, never from our own count.

use tracing::{debug, warn};

use super::super::Failure;
use super::relay::Relay;
use crate::google::GoogleError;
use crate::google::upload::{ChunkResponse, UploadError};
use crate::jobs::{Provenance, Restart, UploadProgress};
use crate::secret::SecretUrl;

/// Sessions older than this are given up, in milliseconds: Drive drops them after a week, by one reading of its
/// documents counted from their opening.
const SESSION_AGE_MAX_MILLIS: i64 = 6 * 24 * 3600 * 1000;

/// How often a file may change during its transfer, or its copy be trashed, before the job is parked.
const RESTARTS_MAX: u32 = 5;

/// Drive's state of the file at this moment.
#[derive(Debug)]
pub(super) enum Position {
    /// An open session, and the number of bytes in it.
    Open(SecretUrl, u64),
    /// The finished file.
    Complete,
    /// Nothing.
    Nothing,
}

impl Relay<'_> {
    /// Asks Drive. A session that no longer exists may have ended in a finished file: its reserved id shows it.
    pub(super) async fn find_position(&mut self) -> Result<Position, Failure> {
        let now = self.pipeline.store.now().await?;
        let progress = &self.record.progress;
        let is_young = now - progress.session_opened_at < SESSION_AGE_MAX_MILLIS;
        let Some(session) = progress.session.clone().filter(|_| is_young) else {
            return self.find_file().await;
        };
        if !self.pipeline.drive.is_own_session(&session) {
            warn!(file = %self.record.key, %session, "an upload session is not at GOOGLE_API_URL; it is dropped, and the file is sent again");
            return self.find_file().await;
        }
        let total = progress.total;
        let mut answer = self.pipeline.drive.ask_position(&session, total).await;
        if answer == Ok(ChunkResponse::HoldsNothing) && progress.offset > 0 {
            // Observed in the middle of healthy uploads: believed only the second time.
            self.run.pause(self.pipeline.relay.retry_wait).await?;
            answer = self.pipeline.drive.ask_position(&session, total).await;
        }
        let unknown = format!("session of {}", self.record.drive_id);
        if answer.is_ok() {
            self.pipeline.is_known(&unknown);
        }
        match answer {
            Ok(ChunkResponse::Complete(_)) | Err(UploadError::Google(GoogleError::IdInUse)) => {
                Ok(Position::Complete)
            }
            Ok(ChunkResponse::HoldsNothing) => Ok(Position::Open(session, 0)),
            Ok(ChunkResponse::Holds { held, moved }) => Ok(Position::Open(moved.unwrap_or(session), held)),
            Err(UploadError::Google(GoogleError::NotFound(said))) => {
                // It may be temporary, and the folder must be checked first. A session that stays unknown has ended.
                if self.pipeline.wait_for(&unknown, String::new).await.is_err() {
                    return Err(GoogleError::NotFound(said).into());
                }
                self.find_file().await
            }
            Err(UploadError::SessionGone | UploadError::BadRequest(_)) => {
                debug!(file = %self.record.key, "the upload session has ended");
                self.find_file().await
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Looks for a finished file under the reserved id: after a lost last answer, or for an adopted copy.
    async fn find_file(&mut self) -> Result<Position, Failure> {
        match self.pipeline.drive.get(&self.record.drive_id).await {
            Ok(file) if !file.trashed => Ok(Position::Complete),
            Ok(_) => {
                // In the trash: the id cannot be used again.
                let id = self.pipeline.new_id().await?;
                self.start_over(&id).await?;
                Ok(Position::Nothing)
            }
            Err(GoogleError::NotFound(_)) => Ok(Position::Nothing),
            Err(error) => Err(error.into()),
        }
    }

    /// Restarts the transfer from the beginning, without any state of the previous one.
    pub(super) async fn start_over(&mut self, drive_id: &str) -> Result<(), Failure> {
        let why = Restart::BeganAnew;
        let restarts = why.restarts(self.record);
        if restarts > RESTARTS_MAX {
            return Err(Failure::park(format!(
                "it changed at Zoom, or its copy was trashed, {restarts} times while it was copied; Zoom's copy is \
                 untouched"
            )));
        }
        self.pipeline.store.start_over(self.run.lease, self.record, drive_id, why).await?;
        self.record.drive_id = drive_id.to_owned();
        self.record.restarts = restarts;
        self.record.progress = UploadProgress::default();
        self.record.provenance = Provenance::Unknown;
        Ok(())
    }
}
