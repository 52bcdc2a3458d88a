//! Calendar v3: the events in everybody's calendar, as `events.list` gives them.
//!
//! `model` has the events as tests make them, `times` says which of them a window touches and expands recurring
//! ones, `answers` writes what one person sees of an event.

mod answers;
mod model;
mod times;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::entry::Who;
use super::fields::Selection;
use super::http::{Ask, Reply};
use super::{Google, errors, rpc, shapes};
use crate::sandbox::faults::Canned;
pub use model::{Attendee, Conferencing, Event, Response, Visibility, When};
use times::{Occurrence, Window};

const LIST: &[&str] = &[
    "alwaysIncludeEmail",
    "eventTypes",
    "iCalUID",
    "maxAttendees",
    "maxResults",
    "orderBy",
    "pageToken",
    "privateExtendedProperty",
    "q",
    "sharedExtendedProperty",
    "showDeleted",
    "showHiddenInvitations",
    "singleEvents",
    "syncToken",
    "timeMax",
    "timeMin",
    "timeZone",
    "updatedMin",
];
/// Documented, but not modelled here.
const UNKNOWN_HERE: [&str; 5] =
    ["privateExtendedProperty", "q", "sharedExtendedProperty", "syncToken", "updatedMin"];
const PAGE_EVENTS: usize = 250;
const PAGE_EVENTS_MAX: usize = 2500;
/// Everybody's time zone.
const ZONE: &str = "Europe/Warsaw";

/// All events, and how the API behaves.
#[derive(Debug)]
pub(super) struct Calendars {
    events: Vec<Event>,
    is_enabled: bool,
}

impl Default for Calendars {
    fn default() -> Self {
        Self { events: Vec::new(), is_enabled: true }
    }
}

/// What is asked for, read and checked.
struct Question {
    window: Window,
    are_single: bool,
    are_in_order: bool,
    with_cancelled: bool,
    types: Vec<String>,
    ical_uid: Option<String>,
    attendees_max: usize,
    zone: Option<TimeZone>,
}

impl Google {
    /// Adds an event to the calendars of its organiser and of its guests, and gives its id.
    pub fn add_event(&self, event: Event) -> String {
        let id = event.id.clone();
        self.calendars().events.push(event);
        self.transcript.changed();
        id
    }

    /// Changes an event: it moves, is cancelled, somebody declines.
    pub fn edit_event(&self, id: &str, edit: impl FnOnce(&mut Event)) {
        if let Some(event) = self.calendars().events.iter_mut().find(|event| event.id == id) {
            edit(event);
        }
        self.transcript.changed();
    }

    /// Enables the Calendar API in the project, or disables it.
    pub fn set_calendar_enabled(&self, is_enabled: bool) {
        self.calendars().is_enabled = is_enabled;
    }

    /// `GET calendars/{calendar}/events`
    pub(super) fn calendar_call(&self, calendar: &str, ask: &Ask, who: Who) -> Result<Reply, Canned> {
        self.check_params(ask, LIST);
        if !self.calendars().is_enabled {
            return Err(rpc::disabled_in_old_form("calendar-json", "Google Calendar API"));
        }
        if self.workspace().user(who).is_some_and(|user| !user.has_calendar) {
            let message = "The user must be signed up for Google Calendar.";
            return Err(errors::refuse(403, "notACalendarUser", message));
        }
        let me = self.address_of(who);
        // Nobody has shared a calendar with anybody here.
        if calendar != "primary" && !calendar.eq_ignore_ascii_case(&me) {
            return Err(errors::refuse(404, "notFound", "Not Found"));
        }
        let question = self.question(ask)?;
        let size = match ask.params.get("maxResults").map(str::parse::<usize>) {
            None => PAGE_EVENTS,
            Some(Ok(size)) if size > 0 => size.min(PAGE_EVENTS_MAX),
            Some(_) => return Err(errors::invalid_value("maxResults")),
        };
        let rows = self.occurrences(&question, &me);
        let token = ask.params.get("pageToken");
        let page = self.page(&same_question(ask, &me), token, rows.len(), size);
        let (range, next) = page.map_err(|_| errors::invalid_value("pageToken"))?;
        let shown = |(event, occurrence): &(Event, Occurrence)| {
            answers::event(event, occurrence, &me, question.attendees_max, question.zone.as_ref())
        };
        let items: Vec<Value> = rows[range].iter().map(shown).collect();
        let mut answer = json!({"kind": "calendar#events", "etag": "\"sandbox\"", "summary": me, "description": "",
            "updated": "2026-11-01T00:00:00.000Z", "timeZone": ZONE, "accessRole": "owner", "defaultReminders": [],
            "items": items});
        match next {
            Some(next) => answer["nextPageToken"] = json!(next),
            None => answer["nextSyncToken"] = json!("sandbox-sync-token"),
        }
        let fields = Selection::parse(ask.params.fields().unwrap_or("*"), &shapes::EVENTS)?;
        Ok(errors::json_answer(200, &fields.of(&answer)).into())
    }

    fn question(&self, ask: &Ask) -> Result<Question, Canned> {
        let get = |name: &str| ask.params.get(name);
        if let Some(name) = UNKNOWN_HERE.iter().find(|name| get(name).is_some()) {
            self.broken(format!("the sandbox's Calendar does not model {name}"));
            return Err(errors::text(501, "The sandbox does not model this parameter."));
        }
        let moment = |name: &str| match get(name) {
            None => Ok(None),
            // An offset is a must, and fractions are ignored.
            Some(text) => match text.parse::<Timestamp>() {
                Ok(time) => Ok(Timestamp::from_second(time.as_second()).ok()),
                Err(_) => Err(errors::refuse(400, "badRequest", "Bad Request")),
            },
        };
        let window = Window { after: moment("timeMin")?, before: moment("timeMax")? };
        if window.after.zip(window.before).is_some_and(|(after, before)| after >= before) {
            return Err(errors::refuse(400, "timeRangeEmpty", "The specified time range is empty."));
        }
        let are_single = ask.params.flag("singleEvents")?;
        let are_in_order = match get("orderBy") {
            None | Some("updated") => false,
            Some("startTime") if are_single => true,
            Some("startTime") => {
                let message = "The requested ordering is not available for the particular query.";
                return Err(errors::refuse(400, "badRequest", message));
            }
            Some(_) => return Err(errors::invalid_value("orderBy")),
        };
        let types: Vec<String> = ask.params.all("eventTypes").map(str::to_owned).collect();
        if types.iter().any(|name| !model::TYPES.contains(&name.as_str())) {
            return Err(errors::invalid_value("eventTypes"));
        }
        let attendees_max = ask.params.number("maxAttendees", usize::MAX, usize::MAX)?;
        let zone = get("timeZone").map(TimeZone::get).transpose();
        Ok(Question {
            window,
            are_single,
            are_in_order,
            with_cancelled: ask.params.flag("showDeleted")?,
            types,
            ical_uid: get("iCalUID").map(str::to_owned),
            attendees_max,
            zone: zone.map_err(|_| errors::invalid_value("timeZone"))?,
        })
    }

    /// The events of one person that the question is about.
    fn occurrences(&self, question: &Question, me: &str) -> Vec<(Event, Occurrence)> {
        let events = self.calendars().events.clone();
        let mine = events.into_iter().filter(|event| event.is_in_calendar_of(me)).filter(|event| {
            let is_wanted_type = question.types.is_empty() || question.types.contains(&event.kind);
            let is_wanted = question.ical_uid.as_ref().is_none_or(|uid| *uid == event.ical_uid);
            is_wanted && is_wanted_type
        });
        let mut rows: Vec<(Event, Occurrence)> = Vec::new();
        for event in mine {
            let found = times::occurrences(&event, question.window, question.are_single);
            rows.extend(found.into_iter().map(|occurrence| (event.clone(), occurrence)));
        }
        // A cancelled instance is told to those who see only the series, so that they leave it out.
        let is_told = |occurrence: &Occurrence| !question.are_single && occurrence.original.is_some();
        rows.retain(|(_, occurrence)| {
            !occurrence.is_cancelled || question.with_cancelled || is_told(occurrence)
        });
        if question.are_in_order {
            rows.sort_by_key(|(event, occurrence)| (occurrence.start(event), event.id.clone()));
        }
        rows
    }
}

/// All parameters but those that differ from page to page.
fn same_question(ask: &Ask, me: &str) -> String {
    let same = ask.params.pairs().filter(|(name, _)| !["pageToken", "maxResults", "fields"].contains(name));
    format!("{me} {:?}", same.collect::<Vec<_>>())
}
