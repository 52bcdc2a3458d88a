//! What a failed step means for its job. One place decides, whatever failed.

use std::time::Duration;

use crate::google::GoogleError;
use crate::google::upload::UploadError;
use crate::jobs::pause::{OutageHint, PauseCause, System};
use crate::jobs::retry::LONGEST_ASKED_WAIT;
use crate::store::StoreError;
use crate::zoom::{DownloadError, ZoomError};

/// A wait that a server names and that is at least so long is waited for without counting an attempt. Shorter
/// ones are everyday back-off.
const NAMED_WAIT_MIN: Duration = Duration::from_secs(60);

/// Why a step did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The job is no longer ours: stop without another word to the store.
    LeaseLost,
    /// The program is stopping; everything is checkpointed.
    Stopping,
    /// No failure: a file of a backfill left its slot to a fresh recording, and goes on from its checkpoint.
    GaveWay,
    /// It may work next time.
    Retry {
        /// What happened.
        cause: String,
        /// The server's own wish, if it had one.
        after: Option<Duration>,
        /// What it may be a sign of.
        sign: Option<OutageHint>,
    },
    /// Zoom's listing, as planned, no longer fits the file: plan again.
    Stale {
        /// What does not fit.
        cause: String,
    },
    /// Zoom's answer has nothing in it. What that means, the time for which it has been so tells.
    Empty {
        /// What came.
        cause: String,
    },
    /// A video or audio is not as long as listed. What that means, later readings tell.
    OtherLength {
        /// What came.
        cause: String,
        /// The length, if Zoom announced it; otherwise only reading the whole tells.
        announced: Option<u64>,
    },
    /// This file is not ready; its siblings are not held up. The listing is looked at again before the next try,
    /// which costs no attempt.
    NotReady {
        /// What is waited for.
        cause: String,
        /// How long.
        wait: Duration,
    },
    /// Zoom lists the recording, but this file of it no more, and its address leads nowhere.
    NoLongerListed {
        /// Why it cannot be had, for the file that is left out.
        cause: String,
        /// Whether an event told that it was removed. Otherwise it must have been looked for often.
        is_explained: bool,
    },
    /// Drive knows no such file or folder: perhaps not yet, perhaps no longer. The folder tells.
    Missing {
        /// What happened.
        cause: String,
        /// The folder that was written into or searched, where that is known.
        folder: Option<String>,
    },
    /// Nobody's fault; later.
    Wait {
        /// What is waited for.
        cause: String,
        /// How long.
        wait: Duration,
    },
    /// A person must look.
    Park {
        /// What is wrong and what to do.
        reason: String,
    },
    /// A whole system refuses, whatever the job.
    Pause {
        /// Which one.
        system: System,
        /// Why.
        cause: PauseCause,
        /// What it said.
        what: String,
        /// When to look again, if that is known.
        wait: Option<Duration>,
    },
}

impl Failure {
    /// It may work next time.
    pub fn retry(cause: impl Into<String>) -> Self {
        Self::Retry { cause: cause.into(), after: None, sign: None }
    }

    /// It may work next time, and a system may be down.
    fn down(system: System, cause: String, after: Option<Duration>) -> Self {
        Self::Retry { cause, after, sign: Some(OutageHint::Down(system)) }
    }

    /// A whole system refuses.
    pub fn pause(system: System, cause: PauseCause, what: impl Into<String>) -> Self {
        Self::Pause { system, cause, what: what.into(), wait: None }
    }

    /// A person must look.
    pub fn park(reason: impl Into<String>) -> Self {
        Self::Park { reason: reason.into() }
    }

    /// The same failure, told of one file.
    pub fn of_file(self, name: &str) -> Self {
        let told = |text: String| format!("{name}: {text}");
        match self {
            Self::Retry { cause, after, sign } => Self::Retry { cause: told(cause), after, sign },
            Self::NoLongerListed { cause, is_explained } => {
                Self::NoLongerListed { cause: told(cause), is_explained }
            }
            Self::Stale { cause } => Self::Stale { cause: told(cause) },
            Self::Empty { cause } => Self::Empty { cause: told(cause) },
            Self::OtherLength { cause, announced } => Self::OtherLength { cause: told(cause), announced },
            Self::NotReady { cause, wait } => Self::NotReady { cause: told(cause), wait },
            Self::Missing { cause, folder } => Self::Missing { cause: told(cause), folder },
            Self::Wait { cause, wait } => Self::Wait { cause: told(cause), wait },
            Self::Park { reason } => Self::Park { reason: told(reason) },
            // A pause concerns no file more than any other.
            Self::Pause { .. } | Self::LeaseLost | Self::Stopping | Self::GaveWay => self,
        }
    }

    /// The same failure of a call that named this folder.
    pub fn in_folder(self, id: &str) -> Self {
        match self {
            Self::Missing { cause, folder: None } => Self::Missing { cause, folder: Some(id.to_owned()) },
            failure => failure,
        }
    }

    /// Of two failures of files that moved side by side, the one that decides for the job.
    pub fn worse(self, other: Self) -> Self {
        if let (Self::NotReady { wait, .. }, Self::NotReady { wait: sooner, .. }) = (&self, &other) {
            return if sooner < wait { other } else { self };
        }
        if other.weight() > self.weight() { other } else { self }
    }

    /// The server is there and asks us to come later. A long wait that it names, such as the rest of a day,
    /// is nobody's fault and costs no attempt.
    fn busy(cause: String, after: Option<Duration>) -> Self {
        match after {
            Some(wait) if wait >= NAMED_WAIT_MIN => Self::Wait { cause, wait: wait.min(LONGEST_ASKED_WAIT) },
            after => Self::Retry { cause, after, sign: None },
        }
    }

    fn weight(&self) -> u8 {
        match self {
            // A sibling that failed is tried again soon; what is not ready is asked for at the same time.
            Self::NotReady { .. } => 0,
            Self::Retry { .. }
            | Self::NoLongerListed { .. }
            | Self::Empty { .. }
            | Self::OtherLength { .. } => 1,
            Self::Missing { .. } | Self::Wait { .. } | Self::GaveWay => 2,
            Self::Stale { .. } => 3,
            Self::Park { .. } => 4,
            Self::Pause { .. } => 5,
            Self::Stopping => 6,
            Self::LeaseLost => 7,
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::LeaseLost => Self::LeaseLost,
            error => Self::retry(error.to_string()),
        }
    }
}

impl From<ZoomError> for Failure {
    fn from(error: ZoomError) -> Self {
        let cause = error.to_string();
        match error {
            ZoomError::Unreachable { after, .. } => Self::down(System::Zoom, cause, after),
            ZoomError::Busy { after, .. } => Self::busy(cause, after),
            // For hours after the event this may mean "not yet".
            ZoomError::NoRecording(_) | ZoomError::NotListed(_) | ZoomError::NoPermission(_) => {
                Self::retry(cause)
            }
            ZoomError::Credentials(_) => Self::pause(System::Zoom, PauseCause::Credentials, cause),
            ZoomError::MissingScope(_) => Self::pause(System::Zoom, PauseCause::MissingScope, cause),
            ZoomError::Refused(_) => Self::park(cause),
        }
    }
}

impl From<DownloadError> for Failure {
    fn from(error: DownloadError) -> Self {
        let cause = error.to_string();
        match error {
            DownloadError::Failed { after, .. } => Self::down(System::Media, cause, after),
            DownloadError::Unauthorized | DownloadError::Refused(_) | DownloadError::OtherContent(_) => {
                Self::retry(cause)
            }
            DownloadError::OtherSize { announced, .. } => {
                Self::OtherLength { cause, announced: Some(announced) }
            }
            DownloadError::OtherEnd(_) => Self::OtherLength { cause, announced: None },
            DownloadError::Empty(_) => Self::Empty { cause },
            DownloadError::ForeignHost(_) => Self::park(format!(
                "{cause}. If that host is Zoom's, or your company's own at Zoom, add it to ZOOM_DOWNLOAD_HOSTS, restart the \
                 service and use jobs retry; if not, somebody may have tampered with an event"
            )),
        }
    }
}

impl From<GoogleError> for Failure {
    fn from(error: GoogleError) -> Self {
        let cause = error.to_string();
        match error {
            GoogleError::Unreachable { after, .. } => Self::down(System::Drive, cause, after),
            GoogleError::Busy { after, .. } => Self::busy(cause, after),
            GoogleError::Credentials(_) => Self::pause(System::Drive, PauseCause::Credentials, cause),
            GoogleError::Stop { cause: why, .. } => Self::pause(System::Drive, why, cause),
            GoogleError::IdInUse => Self::retry(cause),
            GoogleError::NotFound(_) => Self::Missing { cause, folder: None },
            GoogleError::Refused(_) => Self::park(cause),
        }
    }
}

impl From<UploadError> for Failure {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Google(GoogleError::Busy { after, may_be_daily: true, .. }) => {
                Self::Retry { cause: error.to_string(), after, sign: Some(OutageHint::UploadLimit) }
            }
            UploadError::Google(error) => error.into(),
            UploadError::OtherOrigin(what) => Self::park(what),
            UploadError::SessionGone | UploadError::TokenRefused | UploadError::BadRequest(_) => {
                Self::retry(error.to_string())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_wait_that_a_server_names_costs_no_attempt() {
        let told = |seconds: Option<u64>| {
            let after = seconds.map(Duration::from_secs);
            Failure::from(ZoomError::Busy { what: "the day's limit".to_owned(), after })
        };
        assert!(matches!(told(None), Failure::Retry { after: None, .. }));
        assert!(matches!(told(Some(5)), Failure::Retry { after: Some(_), .. }));
        let hours = Duration::from_secs(7 * 3600);
        assert!(matches!(told(Some(7 * 3600)), Failure::Wait { wait, .. } if wait == hours));
        assert!(matches!(told(Some(u64::MAX)), Failure::Wait { wait, .. } if wait == LONGEST_ASKED_WAIT));
    }
}
