//! Brings over the recordings of years past: first it is counted what there is, then the same jobs do it that
//! archive what Zoom announces.
//!
//! [`scope`] says what is wanted, [`classification`] what would happen to a recording, [`estimate`] what it will take: all
//! pure. [`survey`](survey()) walks the account and counts, [`bring`](bring()) walks the lists that held anything
//! and begins the jobs, and [`watch`] looks how they get on. Nothing is remembered between runs but jobs: to go
//! on after a stop is to walk again, past what is there.

mod bring;
pub mod classification;
pub mod estimate;
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
pub use survey::{ListingAt, Survey, Target, UserTally, survey};

/// A connection to Zoom on which nothing moves for so long is given up: answers of lists are small.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Longest wait that Zoom may ask for. Its daily limits end within a day, and a backfill has time.
const PATIENCE: Duration = Duration::from_secs(25 * 3600);

/// Why a walk ended before its end. What was begun until then goes on.
#[derive(Debug, thiserror::Error)]
pub enum BackfillError {
    /// Zoom could not be asked.
    #[error(transparent)]
    Zoom(#[from] crate::zoom::ListError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// TLS cannot be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// There is nobody to ask with.
    #[error("there are no Zoom API credentials")]
    NoCredentials,
    /// Told to stop.
    #[error("stopped")]
    Stopped,
}

/// A walk through the account that these settings name.
///
/// # Errors
/// Without API credentials, or when TLS cannot be set up.
pub fn walk(config: &ZoomConfig, retry_wait: Duration) -> Result<Walk, BackfillError> {
    let zoom = Zoom::new(http::client(Some(IDLE_TIMEOUT))?, config).ok_or(BackfillError::NoCredentials)?;
    Ok(Walk::new(Arc::new(zoom), retry_wait, PATIENCE))
}
