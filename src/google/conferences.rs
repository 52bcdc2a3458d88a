//! What conferences were about: the code of the room, and the title and organiser of the entry in a calendar.
//!
//! None of it is in a conference's record. Rooms and calendars are asked once each, and a calendar that may not be read
//! only means that there is no title.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use tokio::sync::OnceCell;
use tracing::debug;

use super::{Calendar, Meet, MeetError};
use crate::meet::{ConferenceFacts, Event, MeetingCode, Room, SeenConference, SpaceName, title_of};

/// A calendar is read for this long around a conference, so that one call serves the conferences of some days.
const AROUND: SignedDuration = SignedDuration::from_hours(36);

/// Reads the facts of conferences, for one run.
#[derive(Debug)]
pub struct ConferenceReader {
    meet: Meet,
    calendar: Calendar,
    codes: Mutex<HashMap<SpaceName, Arc<OnceCell<Option<MeetingCode>>>>>,
    calendars: Mutex<HashMap<String, Vec<KnownDays>>>,
}

/// A part of a calendar that was read; empty where it may not be.
#[derive(Debug, Clone)]
struct KnownDays {
    from: Timestamp,
    to: Timestamp,
    events: Vec<Event>,
}

impl ConferenceReader {
    /// Reads through these clients.
    pub fn new(meet: Meet, calendar: Calendar) -> Self {
        Self { meet, calendar, codes: Mutex::default(), calendars: Mutex::default() }
    }

    /// What is known of a conference. The organiser is the one of the calendar, or else the only user who sees it;
    /// otherwise nobody is named.
    ///
    /// # Errors
    /// When Google cannot be asked.
    pub async fn facts(&self, seen: &SeenConference) -> Result<ConferenceFacts, MeetError> {
        let code = self.code(seen).await?;
        let (mut title, mut organiser) = (String::new(), String::new());
        if let Some(code) = &code {
            for user in &seen.seen_by {
                if let Some(event) = self.event(user, code, seen).await? {
                    // Whoever may read the archive need not be invited.
                    title = if event.is_private { String::new() } else { event.title };
                    organiser = event.organizer;
                    break;
                }
            }
        }
        if let ([only], true) = (seen.seen_by.as_slice(), organiser.is_empty()) {
            organiser.clone_from(only);
        }
        Ok(ConferenceFacts { code, title, organiser, seen_by: seen.seen_by.clone() })
    }

    async fn code(&self, seen: &SeenConference) -> Result<Option<MeetingCode>, MeetError> {
        let Some(space) = &seen.conference.space else { return Ok(None) };
        let cell = {
            let mut codes = self.codes.lock().unwrap_or_else(PoisonError::into_inner);
            codes.entry(space.clone()).or_default().clone()
        };
        cell.get_or_try_init(|| self.ask_code(space, &seen.seen_by)).await.cloned()
    }

    async fn ask_code(&self, space: &SpaceName, users: &[String]) -> Result<Option<MeetingCode>, MeetError> {
        for user in users {
            if let Some(code) = self.meet.code(user, &Room::Space(space.clone())).await? {
                return Ok(Some(code));
            }
        }
        Ok(None)
    }

    /// The entry in this user's calendar.
    async fn event(
        &self,
        user: &str,
        code: &MeetingCode,
        seen: &SeenConference,
    ) -> Result<Option<Event>, MeetError> {
        let (start, end) = (seen.conference.start, seen.conference.end);
        let known = |days: &&KnownDays| days.from <= start && end.unwrap_or(start) <= days.to;
        let found = {
            let calendars = self.calendars.lock().unwrap_or_else(PoisonError::into_inner);
            calendars.get(user).and_then(|days| days.iter().find(known).cloned())
        };
        let days = match found {
            Some(days) => days,
            None => self.read_days(user, start, end.unwrap_or(start)).await?,
        };
        Ok(title_of(&days.events, code, start, end).cloned())
    }

    async fn read_days(&self, user: &str, start: Timestamp, end: Timestamp) -> Result<KnownDays, MeetError> {
        let from = start.checked_sub(AROUND).unwrap_or(start);
        let to = end.checked_add(AROUND).unwrap_or(end);
        let events = match self.calendar.events(user, from, to).await {
            Ok(events) => events,
            Err(error) if error.may_pass() => return Err(error),
            Err(error) => {
                debug!(%error, "a calendar cannot be read: its conferences have no title");
                Vec::new()
            }
        };
        let days = KnownDays { from, to, events };
        let mut calendars = self.calendars.lock().unwrap_or_else(PoisonError::into_inner);
        calendars.entry(user.to_owned()).or_default().push(days.clone());
        Ok(days)
    }
}
