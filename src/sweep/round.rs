//! One look at the whole account: every user, every window of days, every recording.

use std::fmt;
use std::time::Duration;

use tracing::{info, warn};

use super::Sweeper;
use super::days;
use super::missing::is_missing;
use super::walk::{List, Listed, Unlisted, Walk, unlisted};
use crate::jobs::FOUND_EVENT;
use crate::store::{Repeated, StoreError};
use crate::zoom::ListError;

/// Longest wait that Zoom may ask for within a sweep. A used-up daily limit asks for hours: that ends it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a sweep ended before its end.
#[derive(Debug, thiserror::Error)]
pub(super) enum RoundError {
    /// Zoom could not be asked.
    #[error(transparent)]
    Zoom(#[from] ListError),
    /// What was found could not be written down.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a sweep found.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Users, active or not.
    pub users: usize,
    /// Recordings that Zoom lists for these days.
    pub recordings: u64,
    /// How many of them were not known, or not all of them.
    pub accepted: u64,
    /// What could not be looked at; each was logged.
    pub unseen: u64,
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { users, recordings, accepted, unseen } = self;
        write!(f, "{users} user(s), {recordings} recording(s), {accepted} of them news")?;
        if *unseen > 0 {
            write!(f, "; {unseen} part(s) could not be seen, the log says which")
        } else {
            Ok(())
        }
    }
}

impl Sweeper {
    /// Looks at everything once.
    pub(super) async fn round(&self) -> Result<Found, RoundError> {
        let windows = days::windows_back(self.store.now().await?, self.back);
        let walk = Walk::new(self.zoom.clone(), self.retry_wait, PATIENCE);
        let users = walk.users().await?;
        let mut found = Found { users: users.len(), ..Found::default() };
        for user in &users {
            for window in &windows {
                match self.read(walk.list(user, *window), &mut found).await {
                    Ok(()) => {}
                    Err(RoundError::Zoom(error)) => match unlisted(error)? {
                        Unlisted::Gone => break,
                        // The others can still be seen.
                        Unlisted::Refused(error) => {
                            warn!(user = ?user.id, %error, "cannot list a user's recordings");
                            found.unseen += 1;
                            break;
                        }
                    },
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(found)
    }

    async fn read(&self, mut list: List<'_>, found: &mut Found) -> Result<(), RoundError> {
        while let Some(page) = list.next().await? {
            for listed in page {
                found.recordings += 1;
                self.take(listed, found).await?;
            }
        }
        found.unseen += list.unseen;
        Ok(())
    }

    /// One listed recording: accepted, through the same door as an event, if it is news.
    async fn take(&self, listed: Listed, found: &mut Found) -> Result<(), StoreError> {
        let meeting = listed.recording.uuid.clone();
        let job = self.store.job_of(&meeting).await?;
        let files = match &job {
            Some(job) => self.store.files(job.id).await?,
            None => Vec::new(),
        };
        if !is_missing(job.as_ref().map(|job| (job, files.as_slice())), &listed.recording) {
            return Ok(());
        }
        let accepted = self.store.accept(&listed.into_event(FOUND_EVENT)).await?;
        if accepted.repeated == Repeated::No {
            found.accepted += 1;
            let job = accepted.job.map(|job| job.0);
            info!(meeting = ?meeting.as_str(), event = accepted.event.0, job, "found what no event announced");
        }
        Ok(())
    }
}
