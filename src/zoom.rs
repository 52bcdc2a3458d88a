//! Where bytes come from: Zoom's token endpoint, its API, and its downloads.

pub mod account;
pub mod api;
pub mod content_check;
pub mod download;
pub mod hosts;
pub mod limits;
pub mod oauth;
pub mod preview;
pub mod rate_limit;

use std::time::Duration;

pub use account::{Days, ListError, User, UserStatus};
pub use api::{Listing, TrashAnswer, Zoom};
pub use download::{DownloadError, Downloads, OpenDownload};
pub use hosts::Host;
pub use limits::Limit;

/// Zoom's code for "no recording": not there, not ready yet, or gone already. One code for all three.
pub(crate) const CODE_NO_RECORDING: i64 = 3301;

/// Why Zoom's API did not give what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ZoomError {
    /// The network failed, or Zoom answered with something that passes.
    #[error("Zoom cannot be reached: {what}")]
    Unreachable {
        /// What happened.
        what: String,
        /// Zoom's own wish, if it had one.
        after: Option<Duration>,
    },
    /// Zoom knows no such recording: not yet, or not any more (404 with 3301 or 3001).
    #[error("Zoom has no recording of this meeting (it may still be processed, or be deleted): {0}")]
    NoRecording(String),
    /// Zoom does not list the recording to us, and another answer may come later: its host or the meeting is not
    /// known (404 with 1001 or 1010, 400 with 3001), or the request is called invalid (400 with 300). Seen for a
    /// while after the event; no sign that the recording is gone.
    #[error("Zoom does not list this recording: {0}")]
    NotListed(String),
    /// We ask for too much at a time, or in a day (429).
    #[error("Zoom asks us to slow down: {what}")]
    Busy {
        /// What it says.
        what: String,
        /// Zoom's own wish, if it had one.
        after: Option<Duration>,
    },
    /// The credentials are wrong, or the app is deactivated.
    #[error("Zoom refuses our credentials: {0}")]
    Credentials(String),
    /// The app lacks a scope (4711).
    #[error("Zoom says that the app lacks a scope: {0}")]
    MissingScope(String),
    /// "No permission" (200): a role or plan, and maybe only for this recording.
    #[error("Zoom denies access to this recording: {0}")]
    NoPermission(String),
    /// Zoom refuses this request and will go on refusing it.
    #[error("Zoom refuses: {0}")]
    Refused(String),
}

impl ZoomError {
    /// Whether Zoom has answered, and refuses just what was asked about: everything else may work.
    pub fn is_about_this(&self) -> bool {
        matches!(self, Self::NoRecording(_) | Self::NotListed(_) | Self::NoPermission(_) | Self::Refused(_))
    }
}
