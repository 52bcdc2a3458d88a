//! One conference, and the room that it was in.

use jiff::Timestamp;
use serde_json::Value;

use super::json::{text, time};
use super::{ConferenceName, MeetingCode, SpaceName};

/// Days from the end of a conference to the moment when Google forgets it.
pub const KEPT_DAYS: i64 = 30;

/// What Google keeps about one time that people were in a room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conference {
    pub name: ConferenceName,
    /// The room; `None` if Google does not name it.
    pub space: Option<SpaceName>,
    pub start: Timestamp,
    /// `None` while it is on. Google may also leave it open for hours.
    pub end: Option<Timestamp>,
    /// When Google forgets it: thirty days after its end.
    pub expires: Option<Timestamp>,
}

impl Conference {
    /// Reads Google's answer; `None` if it has no name or no start.
    pub fn read(answer: &Value) -> Option<Self> {
        Some(Self {
            name: answer["name"].as_str()?.parse().ok()?,
            space: answer["space"].as_str().and_then(SpaceName::new),
            start: time(answer, "startTime")?,
            end: time(answer, "endTime"),
            expires: time(answer, "expireTime"),
        })
    }
}

/// A room.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Space {
    pub name: SpaceName,
    pub code: Option<MeetingCode>,
    /// The address that people join with; may be empty.
    pub link: String,
    /// The conference that is on in it.
    pub active: Option<ConferenceName>,
}

impl Space {
    /// Reads Google's answer; `None` if it has no name.
    pub fn read(answer: &Value) -> Option<Self> {
        let code: Option<MeetingCode> = answer["meetingCode"].as_str().and_then(|code| code.parse().ok());
        let link = Some(text(answer, "meetingUri")).filter(|link| !link.is_empty());
        Some(Self {
            name: answer["name"].as_str().and_then(SpaceName::new)?,
            link: link.or_else(|| code.as_ref().map(MeetingCode::link)).unwrap_or_default(),
            code,
            active: answer["activeConference"]["conferenceRecord"]
                .as_str()
                .and_then(|name| name.parse().ok()),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn googles_answers_are_read_leniently() {
        let answer = json!({"name": "conferenceRecords/b4a5c6d7", "startTime": "2026-11-02T09:00:12.345678901Z",
            "endTime": "2026-11-02T10:02:40Z", "expireTime": "2026-12-02T10:02:40Z", "space": "spaces/jQCFfuBOdN5z"});
        let read = Conference::read(&answer).unwrap();
        assert_eq!(read.name.id(), "b4a5c6d7");
        assert_eq!(read.start.to_string(), "2026-11-02T09:00:12.345678901Z");
        assert_eq!(read.end.unwrap().to_string(), "2026-11-02T10:02:40Z");
        assert_eq!(read.space.unwrap().id(), "jQCFfuBOdN5z");
        let running = json!({"name": "conferenceRecords/b", "startTime": "2026-11-02T09:00:00Z"});
        let read = Conference::read(&running).unwrap();
        assert!(read.end.is_none() && read.space.is_none() && read.expires.is_none());
        for broken in [
            json!({}),
            json!({"name": "conferenceRecords/../x", "startTime": "2026-11-02T09:00:00Z"}),
            json!({"name": "conferenceRecords/b", "startTime": "yesterday"}),
        ] {
            assert_eq!(Conference::read(&broken), None, "{broken}");
        }
    }

    #[test]
    fn a_room_has_a_link_even_if_google_sends_only_its_code() {
        let read = |answer: Value| Space::read(&answer);
        let space = read(json!({"name": "spaces/A", "meetingCode": "ABC-mnop-xyz",
            "activeConference": {"conferenceRecord": "conferenceRecords/b4"}}))
        .unwrap();
        assert_eq!(space.link, "https://meet.google.com/abc-mnop-xyz");
        assert_eq!(space.active.unwrap().id(), "b4");
        assert_eq!(read(json!({"meetingCode": "abc-mnop-xyz"})), None);
    }
}
