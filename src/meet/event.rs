//! An entry of a user's calendar, and the conference that it invites to.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::MeetingCode;
use super::json::text;
use crate::meetings;

/// A conference belongs to an entry of its room that is at most this far away: people come early, and entries are
/// moved afterwards.
const NEAR: SignedDuration = SignedDuration::from_hours(2);

/// An entry of a calendar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    pub id: String,
    /// The same in the calendars of all guests, and for all dates of a series.
    pub ical_uid: String,
    /// May be empty.
    pub title: String,
    pub start: EventTime,
    /// Exclusive.
    pub end: EventTime,
    /// Where a date of a series was before it was moved.
    pub original_start: Option<EventTime>,
    pub is_cancelled: bool,
    /// True for the visibilities private and confidential.
    pub is_private: bool,
    /// The organiser's address; may be empty.
    pub organizer: String,
    /// True if this calendar is the organiser's.
    pub is_organizers: bool,
    /// The answer of the calendar's owner.
    pub answer: Option<Answer>,
    pub guests: Guests,
    pub conference: Option<EventConference>,
}

/// A day, or an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum EventTime {
    Day(Date),
    At(Timestamp),
}

/// What a guest answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Accepted,
    Declined,
    Tentative,
    /// None yet.
    Open,
}

/// How many people are invited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Guests {
    pub count: usize,
    /// True if Google has left out some of them.
    pub is_at_least: bool,
}

/// The conference of an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventConference {
    /// A room of Meet.
    Meet(MeetingCode),
    /// A room of Meet that Google has not made yet.
    Pending,
    /// A meeting of Zoom.
    Zoom(u64),
    /// Another one, by the name of its product.
    Other(String),
}

impl EventTime {
    fn read(answer: &Value) -> Option<Self> {
        if let Some(at) = answer["dateTime"].as_str() {
            return at.parse().ok().map(Self::At);
        }
        answer["date"].as_str()?.parse().ok().map(Self::Day)
    }

    /// The instant; a day's is its beginning in this zone.
    pub fn instant(self, zone: &TimeZone) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Day(day) => day.to_zoned(zone.clone()).map_or(Timestamp::MAX, |zoned| zoned.timestamp()),
        }
    }
}

impl Event {
    /// Reads an entry of Google's list; `None` if it has no id or no time. A cancelled one often has none.
    pub fn read(answer: &Value) -> Option<Self> {
        let attendees = answer["attendees"].as_array().map(Vec::as_slice).unwrap_or_default();
        let own = attendees.iter().find(|attendee| attendee["self"] == true);
        let is_person = |attendee: &&Value| attendee["resource"] != true;
        Some(Self {
            id: answer["id"].as_str()?.to_owned(),
            ical_uid: text(answer, "iCalUID"),
            title: text(answer, "summary"),
            start: EventTime::read(&answer["start"])?,
            end: EventTime::read(&answer["end"])?,
            original_start: EventTime::read(&answer["originalStartTime"]),
            is_cancelled: answer["status"] == "cancelled",
            is_private: matches!(answer["visibility"].as_str(), Some("private" | "confidential")),
            organizer: text(&answer["organizer"], "email"),
            is_organizers: answer["organizer"]["self"] == true,
            answer: own.map(|own| match own["responseStatus"].as_str() {
                Some("accepted") => Answer::Accepted,
                Some("declined") => Answer::Declined,
                Some("tentative") => Answer::Tentative,
                _ => Answer::Open,
            }),
            guests: Guests {
                count: attendees.iter().filter(is_person).count(),
                is_at_least: answer["attendeesOmitted"] == true,
            },
            conference: conference(answer),
        })
    }

    /// The code of its room of Meet.
    pub fn code(&self) -> Option<&MeetingCode> {
        match &self.conference {
            Some(EventConference::Meet(code)) => Some(code),
            _ => None,
        }
    }
}

/// The entry that a conference in this room belongs to: the one whose start is nearest, at most two hours away.
pub fn title_of<'e>(
    events: &'e [Event],
    code: &MeetingCode,
    start: Timestamp,
    end: Option<Timestamp>,
) -> Option<&'e Event> {
    let distance = |event: &Event| match event.start {
        EventTime::At(at) => Some(at.duration_since(start).abs()),
        EventTime::Day(_) => None,
    };
    let is_near = |event: &Event| {
        let (EventTime::At(from), EventTime::At(to)) = (event.start, event.end) else { return false };
        let end = end.unwrap_or(start);
        from.duration_since(end) <= NEAR && start.duration_since(to) <= NEAR
    };
    let own = events.iter().filter(|event| event.code() == Some(code) && !event.is_cancelled);
    own.filter(|event| is_near(event)).min_by_key(|event| distance(event))
}

fn conference(answer: &Value) -> Option<EventConference> {
    let data = &answer["conferenceData"];
    let kind = data["conferenceSolution"]["key"]["type"].as_str().unwrap_or_default();
    let entries = data["entryPoints"].as_array().map(Vec::as_slice).unwrap_or_default();
    let video = entries.iter().find(|entry| entry["entryPointType"] == "video");
    let video = video.and_then(|entry| entry["uri"].as_str());
    let code = |text: Option<&str>| text?.parse().ok().map(EventConference::Meet);
    let is_meet = kind == "hangoutsMeet";
    let id = data["conferenceId"].as_str().filter(|_| is_meet);
    let meet = code(id).or_else(|| code(video)).or_else(|| code(answer["hangoutLink"].as_str()));
    meet.or_else(|| zoom_number(answer, entries).map(EventConference::Zoom)).or_else(|| {
        let is_pending = data["createRequest"]["status"]["statusCode"] == "pending";
        let name = data["conferenceSolution"]["name"].as_str().unwrap_or(kind);
        match (is_pending, name) {
            (true, _) => Some(EventConference::Pending),
            (false, "") => None,
            (false, name) => Some(EventConference::Other(name.to_owned())),
        }
    })
}

/// The number in the first link of Zoom's, in the entry points, the place or the description.
fn zoom_number(answer: &Value, entries: &[Value]) -> Option<u64> {
    let points = entries.iter().filter_map(|entry| entry["uri"].as_str());
    let texts = ["location", "description"].into_iter().filter_map(|field| answer[field].as_str());
    let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | '(' | ')' | ',' | ';');
    let words = points.chain(texts).flat_map(|text| text.split(is_end));
    // A bare number may be a telephone's.
    words.filter(|word| word.contains("zoom")).find_map(|word| meetings::number(word).ok())
}

#[cfg(test)]
mod tests;
