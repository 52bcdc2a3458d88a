//! Events as tests make them.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::super::state::random;
use super::ZONE;

/// Google's types of events.
pub(super) const TYPES: [&str; 6] =
    ["birthday", "default", "focusTime", "fromGmail", "outOfOffice", "workingLocation"];

/// Start and end of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// From one moment to another.
    Timed(Timestamp, Timestamp),
    /// Whole days; the second is the one behind the last.
    Days(Date, Date),
}

/// The conference of an event, in the ways in which Google shows one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Conferencing {
    /// None.
    None,
    /// A Meet with its code.
    Meet(String),
    /// A Meet whose code is only in the address of its entry point.
    MeetEntryPoint(String),
    /// An old event: the address of a Meet, and no data of a conference.
    HangoutLink(String),
    /// A Meet that is being made: there is no code yet.
    Pending,
    /// A Zoom meeting by Zoom's add-on: its address.
    Zoom(String),
}

/// The answer of a guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Google's own")]
pub enum Response {
    NeedsAction,
    Declined,
    Tentative,
    Accepted,
}

/// Who may read an event besides its guests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are Google's own")]
pub enum Visibility {
    Default,
    Public,
    Private,
    Confidential,
}

/// A guest.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names are Google's own")]
pub struct Attendee {
    pub email: String,
    pub response: Response,
    /// A group, whose members are not shown.
    pub is_group: bool,
}

/// An instance of a series that differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    Cancelled,
    Moved(Timestamp, Timestamp),
}

/// An event, or a series of them.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names are Google's own")]
pub struct Event {
    pub id: String,
    pub ical_uid: String,
    pub organizer: String,
    pub attendees: Vec<Attendee>,
    pub summary: Option<String>,
    pub description: Option<String>,
    pub location: Option<String>,
    pub when: When,
    pub zone: TimeZone,
    pub is_cancelled: bool,
    pub visibility: Visibility,
    pub conferencing: Conferencing,
    pub are_attendees_omitted: bool,
    /// Google's type: `default`, `outOfOffice` and so on.
    pub kind: String,
    /// Days from one instance to the next, and their number.
    pub(super) repeats: Option<(i64, u32)>,
    /// Which instances differ, counted from 0.
    pub(super) changes: Vec<(u32, Change)>,
}

impl Event {
    /// An event with this organiser and title, without a conference.
    pub fn new(organizer: &str, summary: &str, start: Timestamp, end: Timestamp) -> Self {
        let id = random("", 26).to_ascii_lowercase();
        Self {
            ical_uid: format!("{id}@google.com"),
            id,
            organizer: organizer.to_ascii_lowercase(),
            attendees: Vec::new(),
            summary: Some(summary.to_owned()),
            description: None,
            location: None,
            when: When::Timed(start, end),
            zone: TimeZone::get(ZONE).unwrap_or(TimeZone::UTC),
            is_cancelled: false,
            visibility: Visibility::Default,
            conferencing: Conferencing::None,
            are_attendees_omitted: false,
            kind: "default".to_owned(),
            repeats: None,
            changes: Vec::new(),
        }
    }

    /// An event of whole days; the last day is the one before `end`.
    pub fn days(organizer: &str, summary: &str, start: Date, end: Date) -> Self {
        Self { when: When::Days(start, end), ..Self::new(organizer, summary, Timestamp::MIN, Timestamp::MIN) }
    }

    /// Adds a guest who has accepted.
    #[must_use]
    pub fn guest(self, email: &str) -> Self {
        self.guest_who(email, Response::Accepted)
    }

    /// Adds a guest with this answer.
    #[must_use]
    pub fn guest_who(mut self, email: &str, response: Response) -> Self {
        self.attendees.push(Attendee { email: email.to_ascii_lowercase(), response, is_group: false });
        self
    }

    /// Adds a group.
    #[must_use]
    pub fn group(mut self, email: &str) -> Self {
        let (email, response) = (email.to_ascii_lowercase(), Response::NeedsAction);
        self.attendees.push(Attendee { email, response, is_group: true });
        self
    }

    /// Sets the conference.
    #[must_use]
    pub fn conferencing(self, conferencing: Conferencing) -> Self {
        Self { conferencing, ..self }
    }

    /// Gives it a Meet with this code.
    #[must_use]
    pub fn meet(self, code: &str) -> Self {
        self.conferencing(Conferencing::Meet(code.to_owned()))
    }

    /// Cancels it.
    #[must_use]
    pub fn cancelled(self) -> Self {
        Self { is_cancelled: true, ..self }
    }

    /// Sets who may read it.
    #[must_use]
    pub fn visibility(self, visibility: Visibility) -> Self {
        Self { visibility, ..self }
    }

    /// Makes it a series of `count` instances, `days` apart, at the same time of day.
    #[must_use]
    pub fn every(self, days: i64, count: u32) -> Self {
        Self { repeats: Some((days, count)), ..self }
    }

    /// Cancels one instance of a series, counted from 0.
    #[must_use]
    pub fn without(mut self, instance: u32) -> Self {
        self.changes.push((instance, Change::Cancelled));
        self
    }

    /// Moves one instance of a series, counted from 0.
    #[must_use]
    pub fn moved(mut self, instance: u32, start: Timestamp, end: Timestamp) -> Self {
        self.changes.push((instance, Change::Moved(start, end)));
        self
    }

    /// It is in the calendar of its organiser, and of all its guests.
    pub(super) fn is_in_calendar_of(&self, email: &str) -> bool {
        self.organizer == email || self.attendees.iter().any(|attendee| attendee.email == email)
    }

    /// Start and end of an instance, counted from 0, as its series says.
    pub(super) fn instance(&self, number: u32) -> Option<When> {
        let Some((days, _)) = self.repeats else { return Some(self.when) };
        let later = SignedDuration::from_hours(days.checked_mul(i64::from(number))?.checked_mul(24)?);
        Some(match self.when {
            When::Days(start, end) => {
                When::Days(start.checked_add(later).ok()?, end.checked_add(later).ok()?)
            }
            When::Timed(start, end) => {
                // The same time of day, also after the clocks have changed.
                let local = start.to_zoned(self.zone.clone()).datetime().checked_add(later).ok()?;
                let moved = local.to_zoned(self.zone.clone()).ok()?.timestamp();
                When::Timed(moved, moved.checked_add(end.duration_since(start)).ok()?)
            }
        })
    }
}
