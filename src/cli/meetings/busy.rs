//! A user's meetings that are still to come, and those of them that take a time.

use std::collections::BTreeSet;
use std::io::Write;

use serde_json::{Value, json};

use super::Session;
use super::view::{busy_json, busy_line, not_compared};
use crate::meetings::overlap::{Calendar, Except, Slot};
use crate::meetings::{MeetingDetails, MeetingType};
use crate::zoom::{ListType, MeetingError};

/// A user's meetings.
pub(super) struct Upcoming {
    calendar: Calendar,
    /// The numbers of all of them.
    pub(super) numbers: Vec<u64>,
}

/// What takes a time.
pub(super) struct Clash {
    /// One line for each meeting.
    lines: Vec<String>,
    rows: Vec<Value>,
    pub(super) not_compared: usize,
}

impl Clash {
    pub(super) fn is_free(&self) -> bool {
        self.lines.is_empty()
    }

    /// `taken: ...`, one line for each meeting; what could not be compared is told at the end of the last one.
    pub(super) fn write(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let note = not_compared(self.not_compared).map(|note| format!("; {note}")).unwrap_or_default();
        match self.lines.split_last() {
            None => writeln!(out, "free{note}")?,
            Some((last, others)) => {
                others.iter().try_for_each(|line| writeln!(out, "taken: {line}"))?;
                writeln!(out, "taken: {last}{note}")?;
            }
        }
        Ok(())
    }

    pub(super) fn json(&self) -> Value {
        json!({"free": self.is_free(), "taken": self.rows, "not_compared": self.not_compared})
    }
}

impl Session {
    /// Reads a user's meetings that are still to come or are on, each date of those that repeat.
    pub(super) async fn upcoming(&self, user: &str) -> Result<Upcoming, MeetingError> {
        let listed = self.meetings().list(user, ListType::Upcoming, None).await?;
        let mut calendar = Calendar::default();
        for meeting in self.with_dates(&listed).await? {
            calendar.add(&meeting);
        }
        Ok(Upcoming { calendar, numbers: listed.iter().map(|meeting| meeting.number).collect() })
    }

    /// Replaces each series by what Zoom says of it alone: a list does not show its dates.
    pub(super) async fn with_dates(
        &self,
        listed: &[MeetingDetails],
    ) -> Result<Vec<MeetingDetails>, MeetingError> {
        let (mut all, mut series) = (Vec::new(), BTreeSet::new());
        for meeting in listed {
            if meeting.kind != MeetingType::Recurring {
                all.push(meeting.clone());
            } else if series.insert(meeting.number) {
                match self.meetings().get(meeting.number, None).await {
                    Ok(whole) => all.push(whole),
                    // Somebody deleted it since the list was read.
                    Err(MeetingError::NoMeeting(_)) => {}
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(all)
    }

    /// Compares times with a user's meetings.
    pub(super) fn clash(&self, upcoming: &Upcoming, asked: &[Slot], except: Option<Except<'_>>) -> Clash {
        let taken = upcoming.calendar.taken(asked, except);
        Clash {
            lines: taken.iter().map(|busy| busy_line(busy, &self.zone)).collect(),
            rows: taken.iter().map(|busy| busy_json(busy, &self.zone)).collect(),
            not_compared: upcoming.calendar.timeless(except),
        }
    }
}
