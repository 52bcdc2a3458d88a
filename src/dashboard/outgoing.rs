//! What pages ask of other systems, on a person's button: `app` hands it over, because pages make no outgoing call.

use std::fmt;

use axum::http::StatusCode;
use futures::future::BoxFuture;

use super::refusal::Refusal;
use crate::jobs::JobId;
use crate::jobs::verification::CheckedFile;
use crate::store::StoreError;

/// Why such a request has no result.
#[derive(Debug)]
pub enum OutgoingError {
    /// There is no such job, or the database fails.
    Store(StoreError),
    /// The other system cannot be asked.
    Unreachable(String),
    /// It cannot be done, with the reason.
    Refused(String),
}

impl fmt::Display for OutgoingError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Unreachable(why) | Self::Refused(why) => f.write_str(why),
        }
    }
}

impl From<StoreError> for OutgoingError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<OutgoingError> for Refusal {
    fn from(error: OutgoingError) -> Self {
        match error {
            OutgoingError::Store(error) => error.into(),
            OutgoingError::Refused(why) => Self::new(StatusCode::CONFLICT, sentence(&why)),
            // Nothing is said of the recording: that it cannot be asked about is not good news.
            OutgoingError::Unreachable(why) => Self::new(StatusCode::BAD_GATEWAY, sentence(&why)),
        }
    }
}

/// An error's text as a sentence.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// What becomes of a recording that is taken out of Zoom's trash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovered {
    /// Files that are not on Drive as they were proved are archived again.
    ArchivedAgain,
    /// It stays at Zoom.
    Kept,
}

/// The requests.
pub trait Outgoing: Send + Sync {
    /// Asks Drive about every proved file of a recording, at this moment.
    fn check(&self, job: JobId) -> BoxFuture<'_, Result<Vec<CheckedFile>, OutgoingError>>;

    /// What a recovery from Zoom's trash would do, in words. Asks nobody.
    fn recovery(&self, job: JobId, then: Recovered) -> BoxFuture<'_, Result<String, OutgoingError>>;

    /// Takes a recording out of Zoom's trash.
    fn recover(&self, job: JobId, then: Recovered) -> BoxFuture<'_, Result<(), OutgoingError>>;
}
