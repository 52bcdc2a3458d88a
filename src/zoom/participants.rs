//! Who was in a meeting: all rows of Zoom's report, or an error that says what to do.
//!
//! The report is the best source, and the most expensive: it tells breakout rooms and registrations. Where it cannot be
//! had, the list of past participants stands in. Webinars have lists of their own. Rows that Zoom is still counting are
//! never returned as if they were complete. Names and addresses go to no log.

mod error;
mod pages;
mod row;

use std::collections::HashSet;
use std::fmt;

pub use error::{BatchError, MissingScope, Unready};

use super::api::Zoom;
use super::rate_limit::Category;
use crate::attendance::Row;
use crate::recording::{MeetingKind, MeetingUuid};
use pages::Pages;
pub(super) use pages::{Refusal, refusal};

/// If it was a meeting or a webinar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A meeting.
    Meeting,
    /// A webinar.
    Webinar,
    /// Not known: Zoom is asked for a meeting first.
    Unknown,
}

impl Kind {
    /// The kind of a recording's meeting. `None` for an upload, which nobody attended.
    pub fn of(kind: Option<MeetingKind>) -> Option<Self> {
        match kind {
            None => Some(Self::Unknown),
            Some(MeetingKind::Webinar) => Some(Self::Webinar),
            Some(MeetingKind::Upload) => None,
            Some(_) => Some(Self::Meeting),
        }
    }
}

/// The list that rows are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// `GET /report/meetings/{uuid}/participants`.
    MeetingReport,
    /// `GET /past_meetings/{uuid}/participants`: without breakout rooms.
    PastMeeting,
    /// `GET /report/webinars/{uuid}/participants`.
    WebinarReport,
    /// `GET /past_webinars/{uuid}/participants`.
    PastWebinar,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MeetingReport => "meeting report",
            Self::PastMeeting => "past participants",
            Self::WebinarReport => "webinar report",
            Self::PastWebinar => "past webinar participants",
        })
    }
}

impl Source {
    fn category(self) -> Category {
        match self {
            Self::MeetingReport | Self::WebinarReport => Category::Heavy,
            Self::PastMeeting | Self::PastWebinar => Category::Medium,
        }
    }

    /// The path without a page token. Only the reports document `include_fields`.
    fn path(self, uuid: &str, page_size: u32) -> String {
        let (list, more) = match self {
            Self::MeetingReport => ("report/meetings", "&include_fields=registrant_id"),
            Self::WebinarReport => ("report/webinars", "&include_fields=registrant_id"),
            Self::PastMeeting => ("past_meetings", ""),
            Self::PastWebinar => ("past_webinars", ""),
        };
        format!("/{list}/{uuid}/participants?page_size={page_size}{more}")
    }

    /// The scope that this list needs.
    pub fn scope(self) -> MissingScope {
        let (granular, classic) = match self {
            Self::MeetingReport => ("report:read:list_meeting_participants:admin", "report:read:admin"),
            Self::WebinarReport => ("report:read:list_webinar_participants:admin", "report:read:admin"),
            Self::PastMeeting => ("meeting:read:list_past_participants:admin", "meeting:read:admin"),
            Self::PastWebinar => ("webinar:read:list_past_participants:admin", "webinar:read:admin"),
        };
        MissingScope { granular, classic }
    }

    /// True if it lists the people of a webinar.
    pub fn is_webinar(self) -> bool {
        matches!(self, Self::WebinarReport | Self::PastWebinar)
    }

    /// The list that stands in for a report.
    fn stand_in(self) -> Self {
        match self {
            Self::MeetingReport | Self::PastMeeting => Self::PastMeeting,
            Self::WebinarReport | Self::PastWebinar => Self::PastWebinar,
        }
    }
}

/// Why another list stands in for the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Fallback {
    /// The report is kept for a shorter time.
    #[error(
        "Zoom no longer has the report, so this is its list of past participants, without breakout rooms"
    )]
    TooOld,
    /// The report has none of it.
    #[error("Zoom has no report, so this is its list of past participants, without breakout rooms")]
    NoReport,
    /// The report needs this scope.
    #[error("this is Zoom's list of past participants, without breakout rooms, because {0}")]
    MissingScope(MissingScope),
}

/// All rows of one reading.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// The rows, in Zoom's order.
    pub rows: Vec<Row>,
    /// The list that they are from.
    pub source: Source,
    /// Why it is not the report.
    pub fallback: Option<Fallback>,
}

impl Batch {
    /// The number of joins: each has a `user_id` of its own.
    pub fn joins(&self) -> usize {
        let ids: HashSet<&str> = self.rows.iter().map(|row| row.user_id.as_str()).collect();
        ids.len()
    }
}

impl Zoom {
    /// Returns all rows of a meeting or webinar that has ended. It is one reading: a failed one is not repeated,
    /// except from an expired page token.
    ///
    /// # Errors
    /// See [`BatchError`].
    pub async fn participants(&self, uuid: &MeetingUuid, kind: Kind) -> Result<Batch, BatchError> {
        let first = match kind {
            Kind::Webinar => Source::WebinarReport,
            Kind::Meeting | Kind::Unknown => Source::MeetingReport,
        };
        match self.report_or_stand_in(uuid, first).await {
            Err(Refusal::Webinar) => self.webinar(uuid).await,
            Err(Refusal::Missing) if kind == Kind::Webinar => {
                Err(BatchError::NotReady { why: Unready::NoReport, batch: None })
            }
            Err(Refusal::Missing) => match self.explain_missing(uuid).await {
                BatchError::NoMeeting if kind == Kind::Unknown => match self.webinar(uuid).await {
                    // Most accounts and apps have no webinars: then it is a meeting that Zoom does not know.
                    Err(error) if !error.is_passing() && !matches!(error, BatchError::Gone) => {
                        Err(BatchError::NoMeeting)
                    }
                    read => read,
                },
                why => Err(why),
            },
            Err(Refusal::TooOld) => Err(BatchError::Gone),
            Err(Refusal::Scope) => Err(BatchError::MissingScope(first.scope())),
            Err(Refusal::Other(error)) => Err(error),
            Ok(batch) => Ok(batch),
        }
    }
}

impl Zoom {
    async fn webinar(&self, uuid: &MeetingUuid) -> Result<Batch, BatchError> {
        let (report, stand_in) = (Source::WebinarReport, Source::PastWebinar);
        let read = match self.report_or_stand_in(uuid, report).await {
            // Reports of webinars are kept for half a year only, and Zoom then says that there is none.
            Err(Refusal::Missing) => self.whole(uuid, stand_in, Some(Fallback::NoReport)).await,
            read => read,
        };
        read.map_err(|refusal| match refusal {
            Refusal::Missing | Refusal::Webinar => BatchError::NoMeeting,
            Refusal::TooOld => BatchError::Gone,
            Refusal::Scope => BatchError::MissingScope(report.scope()),
            Refusal::Other(error) => error,
        })
    }

    /// Reads a report, or the list that stands in for it if the report is too old or the app lacks its scope.
    async fn report_or_stand_in(&self, uuid: &MeetingUuid, report: Source) -> Result<Batch, Refusal> {
        let fallback = match self.whole(uuid, report, None).await {
            Err(Refusal::TooOld) => Fallback::TooOld,
            Err(Refusal::Scope) => Fallback::MissingScope(report.scope()),
            read => return read,
        };
        let stand_in = report.stand_in();
        match (self.whole(uuid, stand_in, Some(fallback)).await, fallback) {
            (Err(Refusal::Missing), Fallback::TooOld) => Err(Refusal::TooOld),
            (Err(Refusal::Scope), Fallback::TooOld) => {
                Err(Refusal::Other(BatchError::MissingScope(stand_in.scope())))
            }
            (read, _) => read,
        }
    }

    /// Reads a list, and refuses it as a whole if Zoom is still writing it.
    async fn whole(
        &self,
        uuid: &MeetingUuid,
        source: Source,
        fallback: Option<Fallback>,
    ) -> Result<Batch, Refusal> {
        let Pages { rows, told, changed, .. } = self.all_pages(uuid, source).await?;
        let (unready, got) = (rows.unready(), rows.count() as u64);
        let batch = Batch { rows: rows.rows, source, fallback };
        let told = told.unwrap_or_default();
        match (changed, unready) {
            (Some(field), _) => Err(Refusal::Other(BatchError::PagesDisagree { field, batch })),
            _ if told != got => Err(Refusal::Other(BatchError::PagesDoNotAddUp { told, got, batch })),
            // An empty list means the same as none.
            (None, Some(Unready::NoRows)) => Err(Refusal::Missing),
            (None, Some(why)) => Err(Refusal::Other(BatchError::NotReady { why, batch: Some(batch) })),
            (None, None) => Ok(batch),
        }
    }

    /// Why there is no report: Zoom makes none of a meeting of one person, and gives the same answer before it has
    /// counted, and for a uuid that it does not know.
    async fn explain_missing(&self, uuid: &MeetingUuid) -> BatchError {
        match self.past_meeting(uuid).await {
            Ok(past) if past.participants == Some(1) => BatchError::OnlyHost,
            Ok(_) => BatchError::NotReady { why: Unready::NoReport, batch: None },
            Err(BatchError::MissingScope(_)) => {
                BatchError::NotReady { why: Unready::NoReportOrOnePerson, batch: None }
            }
            Err(error) => error,
        }
    }
}
