//! What a failed step means for its job. One place decides, whatever failed.

use std::time::Duration;

use crate::google::GoogleError;
use crate::google::upload::UploadError;
use crate::store::StoreError;
use crate::zoom::{DownloadError, ZoomError};

/// Wait after refused credentials: often enough to go on soon after they are mended, seldom enough not to
/// hammer a server that says no.
const CREDENTIALS_WAIT: Duration = Duration::from_secs(120);

/// Why a step did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The job is no longer ours: stop without another word to the store.
    LeaseLost,
    /// The program is stopping; everything is checkpointed.
    Stopping,
    /// It may work next time.
    Retry {
        /// What happened.
        cause: String,
        /// The server's own wish, if it had one.
        after: Option<Duration>,
    },
    /// Zoom's listing, as planned, no longer fits the file: plan again.
    Stale {
        /// What does not fit.
        cause: String,
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
}

impl Failure {
    /// It may work next time.
    pub fn retry(cause: impl Into<String>) -> Self {
        Self::Retry { cause: cause.into(), after: None }
    }

    /// A person must look.
    pub fn park(reason: impl Into<String>) -> Self {
        Self::Park { reason: reason.into() }
    }

    /// The same failure, told of one file.
    pub fn of_file(self, name: &str) -> Self {
        let told = |text: String| format!("{name}: {text}");
        match self {
            Self::Retry { cause, after } => Self::Retry { cause: told(cause), after },
            Self::Stale { cause } => Self::Stale { cause: told(cause) },
            Self::Wait { cause, wait } => Self::Wait { cause: told(cause), wait },
            Self::Park { reason } => Self::Park { reason: told(reason) },
            Self::LeaseLost | Self::Stopping => self,
        }
    }

    /// Of two failures of files that moved side by side, the one that decides for the job.
    pub fn worse(self, other: Self) -> Self {
        if other.weight() > self.weight() { other } else { self }
    }

    fn weight(&self) -> u8 {
        match self {
            Self::Retry { .. } => 0,
            Self::Wait { .. } => 1,
            Self::Stale { .. } => 2,
            Self::Park { .. } => 3,
            Self::Stopping => 4,
            Self::LeaseLost => 5,
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
            ZoomError::Unreachable { after, .. } => Self::Retry { cause, after },
            // For hours after the event this may mean "not yet".
            ZoomError::NoRecording(_) => Self::retry(cause),
            ZoomError::Credentials(_) => Self::Retry { cause, after: Some(CREDENTIALS_WAIT) },
            ZoomError::Refused(_) => Self::park(cause),
        }
    }
}

impl From<DownloadError> for Failure {
    fn from(error: DownloadError) -> Self {
        let cause = error.to_string();
        match error {
            DownloadError::Failed { after, .. } => Self::Retry { cause, after },
            DownloadError::Unauthorized | DownloadError::Refused(_) | DownloadError::OtherContent(_) => {
                Self::retry(cause)
            }
            DownloadError::OtherSize { .. } => Self::Stale { cause },
            DownloadError::ForeignHost(_) => Self::park(cause),
        }
    }
}

impl From<GoogleError> for Failure {
    fn from(error: GoogleError) -> Self {
        let cause = error.to_string();
        match error {
            GoogleError::Unreachable { after, .. } => Self::Retry { cause, after },
            GoogleError::Credentials(_) => Self::Retry { cause, after: Some(CREDENTIALS_WAIT) },
            GoogleError::IdInUse => Self::retry(cause),
            GoogleError::NotFound(_) | GoogleError::Refused(_) => Self::park(cause),
        }
    }
}

impl From<UploadError> for Failure {
    fn from(error: UploadError) -> Self {
        match error {
            UploadError::Google(error) => error.into(),
            UploadError::SessionGone | UploadError::TokenRefused | UploadError::BadRequest(_) => {
                Self::retry(error.to_string())
            }
        }
    }
}
