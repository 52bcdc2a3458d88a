//! Verifies the archive: asks Drive whether every proved file is still there, byte for byte, in its folder.
//!
//! `batch` goes through the archive folder by folder: a list of many folders confirms most files, and whatever it does
//! not confirm is asked by its id. `recording` asks about one recording. `rounds` does it by itself, at intervals.
//! Nothing here changes anything on Drive. That Drive cannot be asked is an error, and never counts as good.

mod batch;
mod confirm;
mod recording;
mod rounds;

use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use crate::config::Config;
use crate::google::{Drive, DriveFile, FOLDERS_MAX, GoogleError};
use crate::http::{self, ClientError};
use crate::jobs::verification::DriveState;
use crate::live::Live;
use crate::rules::Rules;
use crate::store::{Store, StoreError};

pub use batch::Step;
pub use rounds::Rounds;

/// Attempts of one call before the look fails.
const TRIES: u32 = 5;

/// Longest wait between two attempts, whatever Drive asks for: a longer one fails the look.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// Why the archive cannot be verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// Drive did not answer, or refused.
    #[error("Drive cannot be asked: {0}")]
    Drive(#[from] GoogleError),
    /// Without the root every file would seem lost.
    #[error("the archive's root folder DRIVE_FOLDER_ID {0}")]
    Root(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Asks Drive about archived files.
pub struct Verifier {
    store: Store,
    drive: Drive,
    /// Drive id of the archive's root folder.
    root: String,
    /// Rules may name other roots.
    rules: Live<Rules>,
    retry_wait: Duration,
    /// Folders per query that Drive accepts.
    folders_max: AtomicUsize,
}

impl std::fmt::Debug for Verifier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Verifier").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Verifier {
    /// A verifier with these settings, on this store.
    ///
    /// # Errors
    /// When the HTTP clients cannot be set up.
    pub fn new(store: Store, config: &Config) -> Result<Self, ClientError> {
        let calls = http::client(Some(config.relay.idle_timeout))?;
        // No byte is uploaded: the second client is only a part of Drive's.
        let drive = Drive::new(calls.clone(), calls, &config.google);
        Ok(Self {
            store,
            drive,
            root: config.google.folder_id.clone(),
            rules: config.rules.clone(),
            retry_wait: config.relay.retry_wait,
            folders_max: AtomicUsize::new(FOLDERS_MAX),
        })
    }

    /// The root folder.
    async fn root(&self) -> Result<DriveFile, VerifyError> {
        let root = &self.root;
        match self.patiently(|| self.drive.get(root)).await {
            Ok(folder) if folder.trashed => Err(VerifyError::Root(format!("{root} is in Drive's trash"))),
            Ok(folder) => Ok(folder),
            Err(GoogleError::NotFound(said)) => Err(VerifyError::Root(format!(
                "{root} does not exist, or the account has no access to it ({said})"
            ))),
            Err(error) => Err(error.into()),
        }
    }

    /// The state of a file. That there is none is asked twice, at some distance: Drive may be wrong about it for a
    /// moment.
    async fn state(&self, id: &str) -> Result<DriveState, GoogleError> {
        match self.patiently(|| self.drive.state(id)).await? {
            DriveState::Absent => {
                tokio::time::sleep(self.retry_wait).await;
                self.patiently(|| self.drive.state(id)).await
            }
            state => Ok(state),
        }
    }

    /// Makes a call again after failures that may pass.
    async fn patiently<T, F>(&self, mut call: impl FnMut() -> F) -> Result<T, GoogleError>
    where
        F: Future<Output = Result<T, GoogleError>>,
    {
        let mut failed = 0;
        loop {
            let error = match call().await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            failed += 1;
            let Some(wait) = wait_after(&error, self.retry_wait, failed).filter(|_| failed < TRIES) else {
                return Err(error);
            };
            tracing::debug!(%error, ?wait, "asking Drive again");
            tokio::time::sleep(wait).await;
        }
    }
}

/// The wait before the next attempt; `None` if another attempt is useless.
fn wait_after(error: &GoogleError, unit: Duration, failed: u32) -> Option<Duration> {
    let asked = match error {
        GoogleError::Unreachable { after, .. } | GoogleError::Busy { after, .. } => *after,
        _ => return None,
    };
    let wait = asked.unwrap_or(Duration::ZERO).max(unit.saturating_mul(1 << failed.min(10)));
    if asked.is_some_and(|asked| asked > WAIT_MAX) { None } else { Some(wait.min(WAIT_MAX)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_pass_is_asked_again_and_no_wait_is_long() {
        let unit = Duration::from_secs(1);
        let down = |after| GoogleError::Unreachable { what: String::new(), after };
        assert_eq!(wait_after(&down(None), unit, 1), Some(2 * unit));
        assert_eq!(wait_after(&down(None), unit, 9), Some(WAIT_MAX));
        assert_eq!(wait_after(&down(Some(30 * unit)), unit, 1), Some(30 * unit));
        assert_eq!(wait_after(&down(Some(61 * unit)), unit, 1), None);
        assert_eq!(wait_after(&GoogleError::Credentials(String::new()), unit, 1), None);
        assert_eq!(wait_after(&GoogleError::NotFound(String::new()), unit, 1), None);
    }
}
