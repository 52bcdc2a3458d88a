//! Why there is no batch of rows, and what to do about it.

use super::super::ZoomError;
use super::Batch;

/// A scope that the app lacks: its granular and its classic name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the Zoom app lacks a scope: add {granular} (or {classic}) in the app's Scopes, at marketplace.zoom.us under Manage"
)]
pub struct MissingScope {
    /// The name in apps that are made today.
    pub granular: &'static str,
    /// The name in older apps.
    pub classic: &'static str,
}

/// What shows that Zoom is still counting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unready {
    /// There is no report yet.
    #[error("there is no report yet")]
    NoReport,
    /// There is no report, and the app may not ask how many people there were: with one person there never is one.
    #[error("there is no report yet, or only one person was there")]
    NoReportOrOnePerson,
    /// The report has no rows.
    #[error("the report is empty")]
    NoRows,
    /// All durations are zero.
    #[error("all durations are zero")]
    NoDurations,
    /// Rows that do not say when somebody left.
    #[error("{0} {rows} without an end", rows = rows(*.0))]
    NoLeave(usize),
    /// Rows that do not say when somebody joined.
    #[error("{0} {rows} without a start", rows = rows(*.0))]
    NoJoin(usize),
}

fn rows(count: usize) -> &'static str {
    if count == 1 { "row" } else { "rows" }
}

/// Why there is no batch.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BatchError {
    /// Zoom is still counting. `batch` has the rows so far, if there are any.
    #[error("Zoom is still counting ({why}); ask again in some minutes")]
    NotReady { why: Unready, batch: Option<Batch> },
    /// The rows of all pages are more or fewer than Zoom says.
    #[error("Zoom's pages do not add up (told {told}, got {got}); ask again in some minutes")]
    PagesDoNotAddUp { told: u64, got: u64, batch: Batch },
    /// Two pages of one reading contradict each other.
    #[error(
        "Zoom's pages do not agree ({field} changed from one page to the next); ask again in some minutes"
    )]
    PagesDisagree { field: &'static str, batch: Batch },
    /// Page tokens expired again and again.
    #[error("Zoom's page tokens expired again and again; ask again in some minutes: {0}")]
    PagesExpired(String),
    /// Only one person was in the meeting, and Zoom makes no report of that.
    #[error("nobody but the host was there: Zoom makes no report of a meeting of one person")]
    OnlyHost,
    /// Zoom does not know this meeting.
    #[error("Zoom knows no ended meeting of this uuid: it has not ended yet, or the uuid is wrong")]
    NoMeeting,
    /// The meeting is too old.
    #[error(
        "Zoom no longer has it: reports are kept for a year, those of webinars for 6 months, and lists of participants for 15 months"
    )]
    Gone,
    /// The host is not a user of this account.
    #[error("the host is not a user of this Zoom account, so this account gets no report: {0}")]
    ForeignHost(String),
    /// The app lacks a scope.
    #[error(transparent)]
    MissingScope(MissingScope),
    /// The plan has no reports, or the role may not see them.
    #[error(
        "Zoom gives this account no reports: they need a Pro plan or higher, and a role that may view usage reports: {0}"
    )]
    NoPlan(String),
    /// Any other failure of a call.
    #[error(transparent)]
    Zoom(#[from] ZoomError),
}

impl BatchError {
    /// The rows as they are, for whoever wants them although they are not complete.
    ///
    /// # Errors
    /// This error, if there are no rows.
    pub fn into_batch(self) -> Result<Batch, Self> {
        match self {
            Self::NotReady { batch: Some(batch), .. }
            | Self::PagesDoNotAddUp { batch, .. }
            | Self::PagesDisagree { batch, .. } => Ok(batch),
            other => Err(other),
        }
    }

    /// True if a later call may succeed without anybody doing something.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::NotReady { .. }
            | Self::PagesDoNotAddUp { .. }
            | Self::PagesDisagree { .. }
            | Self::PagesExpired(_) => true,
            Self::Zoom(error) => matches!(error, ZoomError::Unreachable { .. } | ZoomError::Busy { .. }),
            _ => false,
        }
    }

    /// True if a rate limit is used up.
    pub fn is_busy(&self) -> bool {
        matches!(self, Self::Zoom(ZoomError::Busy { .. }))
    }
}
