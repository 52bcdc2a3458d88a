//! Entries of several users' calendars, each once, in the order of time.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{Answer, Event, EventConference, EventTime};

/// Which entries are shown.
#[derive(Debug, Clone)]
pub struct UpcomingOptions {
    /// Entries that end then or earlier are left out.
    pub from: Timestamp,
    /// Entries that start then or later are left out.
    pub to: Timestamp,
    /// The zone in which a day begins.
    pub zone: TimeZone,
    /// Also conferences of other products.
    pub all: bool,
    /// Also entries that the user declined.
    pub declined: bool,
}

/// An entry, and the users in whose calendars it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpcomingEvent {
    /// The organiser's copy, if there is one; else the first one.
    pub event: Event,
    pub seen_by: Vec<String>,
    /// True if any copy is private.
    pub is_private: bool,
}

/// Unites the calendars of several users. An entry has the same iCalendar id in each of them; the dates of a series
/// share it, and differ in their original start.
pub fn upcoming(
    lists: impl IntoIterator<Item = (String, Vec<Event>)>,
    options: &UpcomingOptions,
) -> Vec<UpcomingEvent> {
    let mut places: HashMap<(String, EventTime), usize> = HashMap::new();
    let mut united: Vec<UpcomingEvent> = Vec::new();
    for (user, events) in lists {
        for event in events.into_iter().filter(|event| is_shown(event, options)) {
            let uid = if event.ical_uid.is_empty() { &event.id } else { &event.ical_uid };
            let key = (uid.clone(), event.original_start.unwrap_or(event.start));
            let Some(place) = places.get(&key) else {
                places.insert(key, united.len());
                let is_private = event.is_private;
                united.push(UpcomingEvent { event, seen_by: vec![user.clone()], is_private });
                continue;
            };
            let known = &mut united[*place];
            known.is_private |= event.is_private;
            if !known.seen_by.contains(&user) {
                known.seen_by.push(user.clone());
            }
            if event.is_organizers && !known.event.is_organizers {
                known.event = event;
            }
        }
    }
    united.sort_by_cached_key(|shown| {
        let Event { start, title, id, .. } = &shown.event;
        (start.instant(&options.zone), title.clone(), id.clone())
    });
    united
}

fn is_shown(event: &Event, options: &UpcomingOptions) -> bool {
    let is_wanted = match &event.conference {
        Some(EventConference::Meet(_) | EventConference::Pending) => true,
        Some(EventConference::Zoom(_) | EventConference::Other(_)) => options.all,
        None => false,
    };
    let is_declined = event.answer == Some(Answer::Declined) && !options.declined;
    let (start, end) = (event.start.instant(&options.zone), event.end.instant(&options.zone));
    is_wanted && !is_declined && !event.is_cancelled && end > options.from && start < options.to
}

#[cfg(test)]
mod tests;
