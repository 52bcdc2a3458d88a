//! A scheduled meeting, as the sandbox's Zoom keeps it.

use std::sync::atomic::{AtomicU64, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::super::model::user_id;

/// Numbers are given once in the life of a process.
static NUMBERS: AtomicU64 = AtomicU64::new(81_000_000_001);

/// A scheduled meeting. Every field is public, so that tests can make any hole.
#[derive(Debug, Clone)]
pub struct Scheduled {
    /// The meeting number.
    pub id: u64,
    /// The next instance's uuid.
    pub uuid: String,
    /// The host's address.
    pub host_email: String,
    /// The topic.
    pub topic: String,
    /// The description.
    pub agenda: String,
    /// Zoom's `type`: 1 instant, 2 scheduled, 3 no fixed time, 8 recurring.
    pub kind: u8,
    /// `None` for types 1 and 3.
    pub start: Option<Timestamp>,
    /// Minutes.
    pub minutes: u64,
    /// Zoom's name of the zone.
    pub timezone: String,
    /// The passcode; empty for none.
    pub password: String,
    /// When it was made.
    pub created: Timestamp,
    /// The dates of a type 8.
    pub occurrences: Vec<Occurrence>,
    /// The recurrence as it was sent.
    pub recurrence: Option<Value>,
    /// The settings as they were sent.
    pub settings: Map<String, Value>,
    /// The personal room's number, for a meeting in it.
    pub pmi: Option<String>,
    /// It is on.
    pub is_live: bool,
    /// It was last used so long ago (30 days) that Zoom does not know it any more.
    pub is_expired: bool,
    /// It is a webinar: the calls for meetings refuse it.
    pub is_webinar: bool,
}

/// One date of a recurring meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Occurrence {
    pub id: String,
    pub start: Timestamp,
    pub minutes: u64,
    pub is_deleted: bool,
}

impl Occurrence {
    /// Zoom's ids are the start in milliseconds.
    pub(super) fn at(start: Timestamp, minutes: u64) -> Self {
        Self { id: start.as_millisecond().to_string(), start, minutes, is_deleted: false }
    }
}

impl Scheduled {
    /// A meeting of Ada's at this time (RFC 3339).
    ///
    /// # Panics
    /// When the time is none: a slip in the test that calls it.
    pub fn new(topic: &str, start: &str, minutes: u64) -> Self {
        let start = start.parse().expect("the test gives a time in RFC 3339");
        Self { start: Some(start), kind: 2, minutes, ..Self::blank(topic, "ada@example.com") }
    }

    /// A meeting that its host starts at any time.
    pub fn without_time(topic: &str) -> Self {
        Self { kind: 3, ..Self::blank(topic, "ada@example.com") }
    }

    pub(super) fn blank(topic: &str, host_email: &str) -> Self {
        let id = NUMBERS.fetch_add(1, Ordering::Relaxed);
        Self {
            id,
            uuid: format!("{id}AAAAAAAAAAA=="),
            host_email: host_email.to_owned(),
            topic: topic.to_owned(),
            agenda: String::new(),
            kind: 2,
            start: None,
            minutes: 60,
            timezone: "Europe/Berlin".to_owned(),
            password: "pa$$&\"1".to_owned(),
            created: Timestamp::now(),
            occurrences: Vec::new(),
            recurrence: None,
            settings: Map::new(),
            pmi: None,
            is_live: false,
            is_expired: false,
            is_webinar: false,
        }
    }

    /// Another host.
    #[must_use]
    pub fn host(mut self, email: &str) -> Self {
        email.clone_into(&mut self.host_email);
        self
    }

    /// The same time every week, so many times.
    #[must_use]
    pub fn weekly(mut self, times: i64) -> Self {
        let start = self.start.unwrap_or(self.created);
        let date = |week| Occurrence::at(start + SignedDuration::from_hours(24 * 7 * week), self.minutes);
        self.occurrences = (0..times).map(date).collect();
        self.kind = 8;
        self
    }

    /// Somebody deleted one date of the series, counted from 0.
    #[must_use]
    pub fn without_date(mut self, index: usize) -> Self {
        if let Some(occurrence) = self.occurrences.get_mut(index) {
            occurrence.is_deleted = true;
        }
        self
    }

    /// The end of the last date that takes place.
    pub(super) fn end(&self) -> Option<Timestamp> {
        let end = |start: Timestamp, minutes: u64| start + SignedDuration::from_mins(minutes.cast_signed());
        let dates = self.occurrences.iter().filter(|date| !date.is_deleted);
        let last = dates.map(|date| end(date.start, date.minutes)).max();
        last.or_else(|| Some(end(self.start?, self.minutes)))
    }

    pub(super) fn host_id(&self) -> String {
        user_id(&self.host_email)
    }
}
