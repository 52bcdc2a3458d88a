//! Sends a call again while that is safe: after a failure that passes, and only if a second call does no harm.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use reqwest::StatusCode;
use tracing::debug;

use super::{MeetingError, Meetings};
use crate::zoom::ZoomError;
use crate::zoom::answer::ErrorResponse;
use crate::zoom::api::{Answer, Call, SendError};

/// Most times that a call is sent.
const TRIES_MAX: u32 = 5;

/// Longest wait before the next try.
const WAIT_MAX: Duration = Duration::from_secs(60);

/// A wait of this length means that the day's share is used up.
const LONG_WAIT: Duration = Duration::from_secs(3600);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// If a call may be sent again after Zoom may have received it. After a 401 or a 429 every call may be: Zoom has done
/// nothing for those.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resend {
    /// A second call changes nothing more.
    Allowed,
    /// A second call would do it twice.
    Never,
}

impl Meetings<'_> {
    /// Makes a call, with patience.
    pub(super) async fn try_call(&self, call: &Call, resend: Resend) -> Result<Answer, MeetingError> {
        Ok(self.try_call_counted(call, resend).await?.0)
    }

    /// The same. True if an earlier try may have reached Zoom.
    pub(super) async fn try_call_counted(
        &self,
        call: &Call,
        resend: Resend,
    ) -> Result<(Answer, bool), MeetingError> {
        let mut is_again = false;
        let mut wait = self.wait;
        for left in (0..TRIES_MAX).rev() {
            let (error, asked) = match self.zoom.send(call).await {
                Ok(Err(fault)) if is_used_up(&fault) => {
                    return Err(MeetingError::DayUsedUp { free_in: to_midnight() });
                }
                Ok(Err(fault)) if fault.status == StatusCode::TOO_MANY_REQUESTS => {
                    let asked = fault.after;
                    (fault.into_error(), asked)
                }
                Ok(Err(fault)) if fault.is_passing() => {
                    is_again = true;
                    let asked = fault.after;
                    (self.may_resend(resend, fault.into_error())?, asked)
                }
                Ok(answer) => return Ok((answer, is_again)),
                Err(SendError::NotSent(error @ ZoomError::Unreachable { .. })) => (error, None),
                Err(SendError::NotSent(error)) => return Err(error.into()),
                Err(SendError::MaybeSent(error)) => {
                    is_again = true;
                    (self.may_resend(resend, error)?, None)
                }
            };
            let next = asked.unwrap_or(wait);
            if left == 0 || next > WAIT_MAX {
                return Err(error.into());
            }
            debug!(%error, ?next, "a call about a meeting failed; trying again");
            tokio::time::sleep(next).await;
            wait *= 2;
        }
        Err(MeetingError::unreadable("no try was made"))
    }

    fn may_resend(&self, resend: Resend, error: ZoomError) -> Result<ZoomError, MeetingError> {
        match resend {
            Resend::Allowed => Ok(error),
            Resend::Never => Err(MeetingError::Lost(error)),
        }
    }
}

/// True for a 429 that counts calls per day: waiting does not help a command.
fn is_used_up(fault: &ErrorResponse) -> bool {
    let says = |word: &str| fault.message.to_ascii_lowercase().contains(word);
    let is_long = fault.after.is_some_and(|after| after >= LONG_WAIT);
    fault.status == StatusCode::TOO_MANY_REQUESTS
        && (["per day", "per-day", "daily"].into_iter().any(says) || is_long)
}

/// The time to 00:00 UTC, when Zoom begins to count again.
fn to_midnight() -> Duration {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    Duration::from_secs(DAY.as_secs() - since % DAY.as_secs())
}
