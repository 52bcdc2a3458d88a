//! The effect of a failed step on its job, decided in one place for all errors.

use std::time::Duration;

use crate::download::DownloadError;
use crate::google::upload::UploadError;
use crate::google::{GoogleError, MeetError};
use crate::jobs::pause::{OutageHint, PauseCause, System};
use crate::jobs::retry::LONGEST_ASKED_WAIT;
use crate::store::StoreError;
use crate::zoom::ZoomError;

/// A wait of at least this length that a server asks for counts as no attempt. A shorter one is normal back-off.
const NAMED_WAIT_MIN: Duration = Duration::from_secs(60);

/// Why a step did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The lease is lost: stop without another write.
    LeaseLost,
    /// The program is stopping; everything is checkpointed.
    Stopping,
    /// No failure: a backfilled file has left its slot to a fresh recording, and continues from its checkpoint.
    GaveWay,
    /// The next attempt may succeed.
    Retry {
        /// The error.
        cause: String,
        /// The wait that the server asked for.
        after: Option<Duration>,
        /// A system-wide problem that the failure suggests.
        sign: Option<OutageHint>,
    },
    /// The planned listing no longer fits the file: plan again.
    Stale {
        /// The difference.
        cause: String,
    },
    /// Zoom's answer is empty. The time for which it stays so decides what that means.
    Empty {
        /// The answer.
        cause: String,
    },
    /// A video or audio does not have the listed length. Later readings decide what that means.
    OtherLength {
        /// The answer.
        cause: String,
        /// The length, if Zoom announced it; otherwise only a complete reading shows it.
        announced: Option<u64>,
    },
    /// This file is not ready; the other files continue. Before the next attempt, which is not counted, the recording
    /// is listed again.
    #[expect(missing_docs, reason = "the names explain the fields")]
    NotReady {
        /// The reason of the wait.
        cause: String,
        wait: Duration,
    },
    /// Zoom lists the recording without this file, and the file's address does not work.
    NoLongerListed {
        /// The reason, for the skipped file.
        cause: String,
        /// Whether an event reported the removal. Otherwise the file is requested several times first.
        is_explained: bool,
    },
    /// Drive answers `notFound` for a file or folder that may be too new, or gone. The folder decides.
    Missing {
        /// The error.
        cause: String,
        /// The folder that was written to or searched, if it is known.
        folder: Option<String>,
    },
    /// The job waits without a fault.
    #[expect(missing_docs, reason = "the names explain the fields")]
    Wait {
        /// The reason of the wait.
        cause: String,
        wait: Duration,
    },
    /// A person must act.
    Park {
        /// The problem, and the next steps.
        reason: String,
    },
    /// A whole system refuses every job.
    #[expect(missing_docs, reason = "the names explain the fields")]
    Pause {
        system: System,
        cause: PauseCause,
        /// The system's answer.
        what: String,
        /// Time until the next probe, if it is known.
        wait: Option<Duration>,
    },
}

impl Failure {
    /// A failure that may pass.
    pub fn retry(cause: impl Into<String>) -> Self {
        Self::Retry { cause: cause.into(), after: None, sign: None }
    }

    /// A failure that may pass, and that suggests an outage.
    fn down(system: System, cause: String, after: Option<Duration>) -> Self {
        Self::Retry { cause, after, sign: Some(OutageHint::Down(system)) }
    }

    /// A failure of a whole system.
    pub fn pause(system: System, cause: PauseCause, what: impl Into<String>) -> Self {
        Self::Pause { system, cause, what: what.into(), wait: None }
    }

    /// A failure that needs a person.
    pub fn park(reason: impl Into<String>) -> Self {
        Self::Park { reason: reason.into() }
    }

    /// The same failure, with the file's name in its text.
    pub fn of_file(self, name: &str) -> Self {
        let named = |text: String| format!("{name}: {text}");
        match self {
            Self::Retry { cause, after, sign } => Self::Retry { cause: named(cause), after, sign },
            Self::NoLongerListed { cause, is_explained } => {
                Self::NoLongerListed { cause: named(cause), is_explained }
            }
            Self::Stale { cause } => Self::Stale { cause: named(cause) },
            Self::Empty { cause } => Self::Empty { cause: named(cause) },
            Self::OtherLength { cause, announced } => Self::OtherLength { cause: named(cause), announced },
            Self::NotReady { cause, wait } => Self::NotReady { cause: named(cause), wait },
            Self::Missing { cause, folder } => Self::Missing { cause: named(cause), folder },
            Self::Wait { cause, wait } => Self::Wait { cause: named(cause), wait },
            Self::Park { reason } => Self::Park { reason: named(reason) },
            // A pause does not concern a single file.
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

    /// The more important of two failures of concurrent transfers, which decides for the job.
    pub fn worse(self, other: Self) -> Self {
        if let (Self::NotReady { wait, .. }, Self::NotReady { wait: sooner, .. }) = (&self, &other) {
            return if sooner < wait { other } else { self };
        }
        if other.weight() > self.weight() { other } else { self }
    }

    /// The server works but asks for a later attempt. A long wait, such as the rest of a day, counts as no attempt.
    fn busy(cause: String, after: Option<Duration>) -> Self {
        match after {
            Some(wait) if wait >= NAMED_WAIT_MIN => Self::Wait { cause, wait: wait.min(LONGEST_ASKED_WAIT) },
            after => Self::Retry { cause, after, sign: None },
        }
    }

    /// The same for the original of a file of Meet, which comes from Drive.
    pub(super) fn of_original(error: DownloadError) -> Self {
        match error {
            DownloadError::Failed { after, .. } => Self::down(System::Drive, error.to_string(), after),
            error => error.into(),
        }
    }

    fn weight(&self) -> u8 {
        match self {
            // A failed sibling is tried again soon; the file that is not ready is requested at the same time.
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

impl From<MeetError> for Failure {
    /// No system is paused: Zoom's recordings go on.
    fn from(error: MeetError) -> Self {
        let cause = error.to_string();
        match error {
            MeetError::Busy { after } => Self::busy(cause, after),
            MeetError::Unreachable { after, .. } => Self::Retry { cause, after, sign: None },
            MeetError::Gone(_) => Self::retry(cause),
            _ => Self::park(format!("{cause}. Then `jobs retry` goes on")),
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
        let named = |seconds: Option<u64>| {
            let after = seconds.map(Duration::from_secs);
            Failure::from(ZoomError::Busy { what: "the day's limit".to_owned(), after })
        };
        assert!(matches!(named(None), Failure::Retry { after: None, .. }));
        assert!(matches!(named(Some(5)), Failure::Retry { after: Some(_), .. }));
        let hours = Duration::from_secs(7 * 3600);
        assert!(matches!(named(Some(7 * 3600)), Failure::Wait { wait, .. } if wait == hours));
        assert!(matches!(named(Some(u64::MAX)), Failure::Wait { wait, .. } if wait == LONGEST_ASKED_WAIT));
    }
}
