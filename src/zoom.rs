//! Zoom: its token endpoint and its API.

pub mod account;
mod answer;
pub mod api;
pub mod attended;
pub mod find;
pub mod hosts;
pub mod limits;
pub mod meetings;
pub mod oauth;
pub mod participants;
pub mod past;
pub mod rate_limit;
pub mod recover;

use std::time::Duration;

pub use account::{Days, ListError, User, UserStatus};
pub use api::{Listing, TrashAnswer, Zoom};
pub use attended::{AttendedMeeting, Schedule};
pub use find::{FindError, Found};
pub use hosts::Host;
pub use limits::Limit;
pub use meetings::{ListType, MeetingError, Meetings, Told};
pub use participants::{Batch, BatchError, Kind, MissingScope, Source};
pub use past::{PastInstance, PastMeeting};
pub use recover::RecoverAnswer;

/// Zoom's code for "no recording". It stands for three cases: never there, not ready yet, or gone already.
pub(crate) const CODE_NO_RECORDING: i64 = 3301;

/// The scope that only a recovery from the trash needs.
pub const SCOPE_RECOVER: &str = "cloud_recording:update:recover_meeting_recordings:admin";

/// Why a call of Zoom's API failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ZoomError {
    /// The network failed, or Zoom answered with a temporary error.
    #[error("Zoom cannot be reached: {what}")]
    Unreachable {
        what: String,
        /// The value of `Retry-After`, if Zoom sent one.
        after: Option<Duration>,
    },
    /// Zoom has no such recording: not yet, or not any more (404 with 3301 or 3001).
    #[error("Zoom has no recording of this meeting (it may still be processed, or be deleted): {0}")]
    NoRecording(String),
    /// Zoom does not list the recording, and may do so later: it does not know the host or the meeting (404 with
    /// 1001 or 1010, 400 with 3001), or it calls the request invalid (400 with 300). This occurs for a while after
    /// the event; it does not mean that the recording is gone.
    #[error("Zoom does not list this recording: {0}")]
    NotListed(String),
    /// The account exceeds a rate limit, per second or per day (429).
    #[error("Zoom asks us to slow down: {what}")]
    Busy {
        what: String,
        /// The value of `Retry-After`, if Zoom sent one.
        after: Option<Duration>,
    },
    /// The credentials are wrong, or the app is deactivated.
    #[error("Zoom refuses our credentials: {0}")]
    Credentials(String),
    /// The app lacks a scope (4711).
    #[error("Zoom says that the app lacks a scope: {0}")]
    MissingScope(String),
    /// "No permission" (200): a role or a plan is missing, maybe only for this recording.
    #[error("Zoom denies access to this recording: {0}")]
    NoPermission(String),
    /// Zoom refuses this request, and will refuse it again.
    #[error("Zoom refuses: {0}")]
    Refused(String),
}

impl ZoomError {
    /// True if Zoom answered and refused only the requested object. Other calls may succeed.
    pub fn is_about_this(&self) -> bool {
        matches!(self, Self::NoRecording(_) | Self::NotListed(_) | Self::NoPermission(_) | Self::Refused(_))
    }
}
