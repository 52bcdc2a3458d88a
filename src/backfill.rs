//! Archives the recordings of earlier years: first it counts them, then it begins the same jobs that an event
//! begins.
//!
//! [`scope`] selects the recordings, [`classification`] decides what happens to each one, [`estimate`] computes the
//! effort and [`calls`] the calls, `coverage` says what a run proves about its days: all pure. [`survey`](survey())
//! traverses the account and counts, `kept` keeps rows until [`bring`](bring()) begins the jobs (lists that were not
//! kept are read again), and [`watch`] reads their progress. Only jobs are stored between two runs: after a stop, a new
//! run traverses the account again and skips the recordings that have jobs.

mod bring;
pub mod calls;
pub mod classification;
mod coverage;
pub mod estimate;
mod kept;
pub mod scope;
mod survey;
pub mod watch;

use std::sync::Arc;
use std::time::Duration;

use crate::config::ZoomConfig;
use crate::http::{self, ClientError};
use crate::zoom::Zoom;

pub use crate::sweep::Walk;
pub use crate::zoom::{Days, User};
pub use bring::{AcceptedRecordings, bring};
pub use coverage::proved;
pub use survey::{ListingAt, Survey, Target, UserTally, survey};

/// A connection to Zoom without progress for this time is closed: answers of lists are small.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Longest wait that Zoom may ask for. Its daily limits end within a day, and a backfill can wait.
const PATIENCE: Duration = Duration::from_secs(25 * 3600);

/// Why a traversal ended early. The jobs begun until then continue.
#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    #[error(transparent)]
    Zoom(#[from] crate::zoom::ListError),
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The settings have no Zoom API credentials.
    #[error("there are no Zoom API credentials")]
    NoCredentials,
    /// The caller stopped it.
    #[error("stopped")]
    Stopped,
}

/// Prepares a traversal of the account in these settings.
///
/// # Errors
/// Without API credentials, or when TLS cannot be set up.
pub fn walk(config: &ZoomConfig, retry_wait: Duration) -> Result<Walk, BackfillError> {
    let zoom = Zoom::new(http::client(Some(IDLE_TIMEOUT))?, config).ok_or(BackfillError::NoCredentials)?;
    Ok(Walk::new(Arc::new(zoom), retry_wait, PATIENCE))
}
