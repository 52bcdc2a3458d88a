//! One sweep of the whole account: every user, every window of days, every recording; and the account's own list,
//! which also contains recordings of hosts who are not users.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use tracing::{info, warn};

use super::days;
use super::missing::is_missing;
use super::turns::RoundProgress;
use super::walk::{List, ListFailure, ListOwner, ListedRecording, Walk, unlisted};
use super::{Sweep, WHOM_NO_LIST_NAMES};
use crate::jobs::{FOUND_EVENT, Look};
use crate::store::{Repeated, StoreError};
use crate::zoom::{Days, ListError};

/// Longest wait that Zoom may ask for within a sweep. A used-up daily limit asks for hours, which ends the sweep.
const PATIENCE: Duration = Duration::from_secs(60);

/// Why a sweep ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum RoundError {
    #[error(transparent)]
    Zoom(#[from] ListError),
    /// A found recording could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A sweep in progress.
#[derive(Debug, Default)]
struct Round {
    found: SweepFindings,
    /// Recordings that a list has contained: other lists may contain them too.
    seen: HashSet<u64>,
}

/// Result of a sweep.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct SweepFindings {
    /// Users, active or not.
    pub users: usize,
    /// Recordings that Zoom lists for these days, each counted once.
    pub recordings: u64,
    /// Recordings that were unknown, or not completely known.
    pub accepted: u64,
    /// Lists that could not be read; each was logged.
    pub unseen: u64,
    /// Why the whole account's list cannot be read; empty if it was read. Recordings of hosts that are not users
    /// are unknown then.
    pub unlisted: String,
    /// The days that it looked at.
    pub look: Option<Look>,
}

impl SweepFindings {
    /// Whose recordings were not listed, and why; empty for the whole account.
    pub(super) fn not_seen(&self) -> String {
        if self.unlisted.is_empty() {
            return String::new();
        }
        format!("{WHOM_NO_LIST_NAMES}: {}", self.unlisted)
    }
}

impl fmt::Display for SweepFindings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { users, recordings, accepted, unseen, unlisted: _, look: _ } = self;
        write!(f, "{users} user(s), {recordings} recording(s), {accepted} of them new")?;
        if *unseen > 0 {
            write!(f, "; {unseen} list(s) could not be read, the log says which")?;
        }
        match self.not_seen() {
            not_seen if not_seen.is_empty() => Ok(()),
            not_seen => write!(f, "; not seen: {not_seen}"),
        }
    }
}

impl Sweep {
    /// Sweeps once.
    pub(super) async fn round(&self, progress: &RoundProgress) -> Result<SweepFindings, RoundError> {
        let now = self.store.now().await?;
        let windows = days::windows_back(now, self.back);
        let look = windows.last().map(|oldest| Look { at: now, back: self.back, first: oldest.from });
        let walk = Walk::new(self.zoom.clone(), self.retry_wait, PATIENCE);
        let users = walk.users().await?;
        let mut round = Round {
            found: SweepFindings { users: users.len(), look, ..SweepFindings::default() },
            ..Round::default()
        };
        for (index, user) in users.iter().enumerate() {
            progress.set(format!("{index} of {} user(s)", users.len()));
            for window in &windows {
                match self.read(walk.list(ListOwner::User(user), *window), &mut round).await {
                    Ok(unseen) => round.found.unseen += unseen,
                    Err(RoundError::Zoom(error)) => match unlisted(error)? {
                        ListFailure::Gone => break,
                        // The other users can still be listed.
                        ListFailure::Refused(error) => {
                            warn!(user = ?user.id, %error, "cannot list a user's recordings");
                            round.found.unseen += 1;
                            break;
                        }
                    },
                    Err(error) => return Err(error),
                }
            }
        }
        self.read_account(&walk, &windows, &mut round).await?;
        Ok(round.found)
    }

    /// Reads the whole account's list as well. An app may lack the scope, role or plan for it, and Zoom no longer
    /// documents it. A refusal is reported, and the users' lists still count.
    async fn read_account(&self, walk: &Walk, windows: &[Days], round: &mut Round) -> Result<(), StoreError> {
        for window in windows {
            let why = match self.read(walk.list(ListOwner::Account, *window), round).await {
                Ok(0) => continue,
                Ok(_) => "Zoom did not show all of the account's recordings of these days".to_owned(),
                Err(RoundError::Store(error)) => return Err(error),
                Err(RoundError::Zoom(error)) => error.to_string(),
            };
            info!(%why, "cannot list the recordings of the whole account");
            round.found.unlisted = why;
            break;
        }
        Ok(())
    }

    /// Reads a list to its end. Returns the number of parts that could not be read.
    async fn read(&self, mut list: List<'_>, round: &mut Round) -> Result<u64, RoundError> {
        while let Some(page) = list.next().await? {
            for listed in page {
                if round.seen.insert(listed.tag()) {
                    round.found.recordings += 1;
                    self.take(listed, &mut round.found).await?;
                }
            }
        }
        Ok(list.unseen)
    }

    /// Accepts one listed recording, in the same way as an event, if it is missing.
    async fn take(&self, listed: ListedRecording, found: &mut SweepFindings) -> Result<(), StoreError> {
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
            info!(meeting = ?meeting.as_str(), event = accepted.event.0, job, "found a recording without an event");
        }
        Ok(())
    }
}
