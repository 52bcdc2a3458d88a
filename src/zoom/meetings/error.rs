//! Why a call about a scheduled meeting failed, in words that say how to fix it.

use std::time::Duration;

use reqwest::StatusCode;

use crate::zoom::ZoomError;
use crate::zoom::answer::{CODE_INVALID, CODE_NO_MEETING, CODE_NO_USER, ErrorResponse};

/// "Cannot access webinar info", or "cannot schedule for this user".
const CODE_WEBINAR: i64 = 3000;
/// "Not allowed to delete PMI", and the same for a personal audio conference.
const CODES_PERSONAL: [i64; 2] = [3018, 3037];
/// "Meeting hosting and scheduling capabilities are not allowed".
const CODE_MAY_NOT_HOST: i64 = 3161;
/// "Not allowed to view meetings scheduled for others".
const CODE_OTHERS_HIDDEN: i64 = 2306;

/// Why a call about a scheduled meeting failed.
#[derive(Debug, Clone, thiserror::Error)]
pub enum MeetingError {
    /// 404/1001.
    #[error("Zoom has no such user: {0}")]
    NoUser(String),
    /// 404/3001.
    #[error("Zoom has no such meeting: it was deleted, or expired 30 days after its last date ({0})")]
    NoMeeting(String),
    /// 400/3161.
    #[error("this user may not host meetings: their licence or a setting of the account forbids it ({0})")]
    MayNotHost(String),
    /// 400/3000.
    #[error("this is a webinar, or meetings may not be scheduled for this user ({0})")]
    Webinar(String),
    /// 400/3018, 400/3037.
    #[error("a personal meeting room or audio conference cannot be deleted ({0})")]
    Personal(String),
    /// 403/2306.
    #[error(
        "switch on \"Display meetings scheduled for others\" in the account settings of Zoom's web portal ({0})"
    )]
    OthersHidden(String),
    /// 400/300: Zoom's own text names the field.
    #[error("Zoom refuses a value: {0}")]
    Invalid(String),
    /// 429 for the day.
    #[error(
        "Zoom's 100 creates and updates a day for this host are used up; they are free again at 00:00 UTC, in {}",
        hours(.free_in)
    )]
    DayUsedUp {
        /// Time until then.
        free_in: Duration,
    },
    /// The call was made once and its answer is lost: Zoom may have done it.
    #[error("the answer was lost, so it is not known if Zoom has done it: {0}")]
    Lost(ZoomError),
    /// Any other failure.
    #[error(transparent)]
    Zoom(#[from] ZoomError),
}

impl MeetingError {
    /// The meaning of Zoom's refusal.
    pub(super) fn of(fault: ErrorResponse) -> Self {
        let told = fault.describe();
        match (fault.status, fault.code) {
            (StatusCode::NOT_FOUND | StatusCode::BAD_REQUEST, CODE_NO_USER) => Self::NoUser(told),
            (StatusCode::NOT_FOUND, CODE_NO_MEETING) => Self::NoMeeting(told),
            (_, CODE_MAY_NOT_HOST) => Self::MayNotHost(told),
            (_, CODE_WEBINAR) => Self::Webinar(told),
            (_, code) if CODES_PERSONAL.contains(&code) => Self::Personal(told),
            (_, CODE_OTHERS_HIDDEN) => Self::OthersHidden(told),
            (StatusCode::BAD_REQUEST, CODE_INVALID) => Self::Invalid(fault.message),
            _ => Self::Zoom(fault.into_error()),
        }
    }

    pub(super) fn unreadable(what: &str) -> Self {
        Self::Zoom(ZoomError::Unreachable { what: what.to_owned(), after: None })
    }
}

/// Whole hours, rounded up: "in 1 h" until the last minute.
fn hours(time: &Duration) -> String {
    format!("{} h", time.as_secs().div_ceil(3600).max(1))
}
