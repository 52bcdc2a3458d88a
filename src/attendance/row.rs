//! What Zoom or Meet says of one join, what is known of the meeting, and what the reader wants counted.

use std::fmt;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};

use super::roster::IdPattern;

/// How somebody joined. Only Google Meet tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum JoinedAs {
    /// With a Google account.
    SignedIn,
    /// Without an account, under a name of their choice.
    Anonymous,
    /// By phone.
    Phone,
}

impl fmt::Display for JoinedAs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::SignedIn => "signed in",
            Self::Anonymous => "not signed in",
            Self::Phone => "by phone",
        })
    }
}

/// Where somebody was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Status {
    /// In the meeting, or in one of its breakout rooms.
    InMeeting,
    /// In the waiting room, which is not in the meeting.
    Waiting,
}

/// One join of one device. A field that the service leaves out is empty.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Row {
    /// When the device joined.
    pub join: Timestamp,
    /// When it left; unknown while Zoom is still counting.
    pub leave: Option<Timestamp>,
    /// The display name, as people write it.
    pub name: String,
    /// The account: Zoom tells it of its own account's users only, and not on every row of one person.
    pub account: String,
    /// The e-mail address.
    pub email: String,
    /// The registration.
    pub registrant: String,
    /// What an app of the Meeting SDK calls the person.
    pub customer_key: String,
    /// New for each join: it tells rows apart, and never who somebody is.
    pub user_id: String,
    /// The breakout room, if it was one.
    pub room: Option<String>,
    /// Where they were.
    pub status: Status,
    /// How they joined, if the service tells.
    pub joined_as: Option<JoinedAs>,
}

/// Which rows are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// All of them, or an error.
    Whole,
    /// All of them, although the service may still be counting: some may have no end. A note says so.
    Uncounted,
    /// Those that there are; a note says what is wrong with them.
    AsItIs,
}

/// What is known of a meeting.
#[derive(Debug, Clone)]
pub struct Meeting {
    /// When it began and ended. Unknown, it lasts from the first join to the last leave.
    pub actual: Option<Window>,
    /// When it was planned for.
    pub scheduled: Option<Window>,
    /// The zone in which times are written.
    pub zone: TimeZone,
}

/// A span of time, from `start` up to `end`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// The first second.
    pub start: Timestamp,
    /// The second after the last one.
    pub end: Timestamp,
}

impl Window {
    /// Its length in seconds; zero if it ends before it starts.
    pub fn seconds(&self) -> i64 {
        (self.end.as_second() - self.start.as_second()).max(0)
    }

    /// What both spans have in common.
    pub fn intersection(&self, other: &Self) -> Self {
        let start = self.start.max(other.start);
        Self { start, end: self.end.min(other.end).max(start) }
    }
}

impl Meeting {
    /// These times of day on the meeting's day. A meeting that began before midnight may be meant after it.
    pub(super) fn between(&self, from: Time, to: Time, actual: Window) -> Window {
        let day = Zoned::new(actual.start, self.zone.clone()).date();
        let at = |day: jiff::civil::Date, time: Time| {
            day.to_datetime(time).to_zoned(self.zone.clone()).map_or(actual.start, |zoned| zoned.timestamp())
        };
        let on = |day| Window { start: at(day, from), end: at(day, to) };
        let next = on(day.saturating_add(1.day()));
        let is_next = on(day).end <= actual.start && next.start < actual.end;
        if is_next { next } else { on(day) }
    }
}

/// Which time counts for shares and verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WindowChoice {
    /// The part of the schedule in which the meeting was on, if that is at least half of the meeting; else all of it.
    #[default]
    Auto,
    /// All of the meeting.
    Actual,
    /// The schedule, as far as the meeting was on.
    Scheduled,
    /// From one time of day to another, by the clock of the meeting's zone, on the day of the meeting.
    Between(Time, Time),
}

/// What the reader wants counted. By default nothing is late, early or short.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// Seconds after the counted window's start, from which on somebody is late.
    pub late_after: Option<i64>,
    /// Seconds before its end; who leaves earlier left early.
    pub leave_early: Option<i64>,
    /// Percent of the window; who was there for less was there too short.
    pub min_share: Option<u8>,
    /// Which time counts.
    pub window: WindowChoice,
    /// An id inside display names.
    pub id_pattern: Option<IdPattern>,
    /// Leaves e-mail addresses out of everything that is written. They still tell who is who.
    pub hides_emails: bool,
}
