//! A meeting as Zoom describes it, read leniently.

use jiff::Timestamp;
use serde_json::Value;

use crate::recording::listing::{number, text};
use crate::secret::{Secret, SecretUrl};

/// The kind of a meeting, from Zoom's `type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeetingType {
    /// Started at once, without a schedule.
    Instant,
    /// Once, at a fixed time.
    Scheduled,
    /// Again and again, whenever the host starts it.
    NoFixedTime,
    /// The host's personal room.
    PersonalRoom,
    /// Again and again, at fixed times.
    Recurring,
    /// Any other number.
    Other(u64),
}

impl MeetingType {
    /// Maps Zoom's number.
    pub fn of_number(number: u64) -> Self {
        match number {
            1 => Self::Instant,
            2 => Self::Scheduled,
            3 => Self::NoFixedTime,
            4 => Self::PersonalRoom,
            8 => Self::Recurring,
            other => Self::Other(other),
        }
    }

    /// A word for people and for JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instant => "instant",
            Self::Scheduled => "scheduled",
            Self::NoFixedTime => "no fixed time",
            Self::PersonalRoom => "personal room",
            Self::Recurring => "recurring",
            Self::Other(_) => "other",
        }
    }
}

/// If an occurrence takes place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OccurrenceStatus {
    /// It takes place.
    Available,
    /// Somebody deleted it. It stays in Zoom's list.
    Deleted,
}

/// One date of a recurring meeting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Occurrence {
    /// Zoom's id, which no other occurrence of this meeting has.
    pub id: String,
    /// The scheduled start.
    pub start: Timestamp,
    /// The scheduled length.
    pub minutes: u64,
    /// If it takes place.
    pub status: OccurrenceStatus,
}

/// What Zoom knows about a meeting. A field that Zoom leaves out is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingDetails {
    /// The meeting number that people type in.
    pub number: u64,
    /// The uuid of the next or running instance.
    pub uuid: String,
    /// May be empty.
    pub topic: String,
    /// The description; a list holds its first 250 characters only.
    pub agenda: String,
    /// The kind.
    pub kind: MeetingType,
    /// Zoom's word for the state: `waiting` or `started`.
    pub status: String,
    /// The host's user id.
    pub host_id: String,
    /// The host's address; lists leave it out.
    pub host_email: String,
    /// The scheduled start, of a recurring meeting the first one; `None` without a fixed time.
    pub start: Option<Timestamp>,
    /// The scheduled length.
    pub minutes: Option<u64>,
    /// The zone as Zoom names it.
    pub zone: String,
    /// When somebody scheduled it.
    pub created: Option<Timestamp>,
    /// The dates of a recurring meeting, with those that are over and those that were deleted.
    pub occurrences: Vec<Occurrence>,
    /// The personal room's number, if the meeting takes place there.
    pub personal_room: String,
    /// `none`, `local` or `cloud`.
    pub recording: String,
    /// If people wait until the host lets them in.
    pub waiting_room: Option<bool>,
    /// If people can enter before the host.
    pub join_before_host: Option<bool>,
    /// The address for participants. It contains the passcode.
    pub join_url: Option<SecretUrl>,
    /// The address that starts the meeting as its host, without a password.
    pub start_url: Option<SecretUrl>,
    /// The passcode.
    pub passcode: Option<Secret>,
}

impl MeetingDetails {
    /// Reads Zoom's object; `None` without a number.
    pub fn read(object: &Value) -> Option<Self> {
        let settings = object.get("settings").unwrap_or(&Value::Null);
        let flag = |name: &str| settings.get(name).and_then(Value::as_bool);
        let url = |name: &str| Some(text(object, name)).filter(|url| !url.is_empty()).map(SecretUrl::new);
        let occurrences = object.get("occurrences").and_then(Value::as_array);
        Some(Self {
            number: number(object, "id")?,
            uuid: text(object, "uuid"),
            topic: text(object, "topic"),
            agenda: object.get("agenda").and_then(Value::as_str).unwrap_or_default().to_owned(),
            kind: MeetingType::of_number(number(object, "type").unwrap_or_default()),
            status: text(object, "status"),
            host_id: text(object, "host_id"),
            host_email: text(object, "host_email"),
            start: instant(object, "start_time"),
            minutes: number(object, "duration"),
            zone: text(object, "timezone"),
            created: instant(object, "created_at"),
            occurrences: occurrences.into_iter().flatten().filter_map(occurrence).collect(),
            personal_room: text(object, "pmi"),
            recording: text(settings, "auto_recording"),
            waiting_room: flag("waiting_room"),
            join_before_host: flag("join_before_host"),
            join_url: url("join_url"),
            start_url: url("start_url"),
            passcode: Some(text(object, "password")).filter(|code| !code.is_empty()).map(Secret::new),
        })
    }

    /// The occurrence of this id.
    pub fn occurrence(&self, id: &str) -> Option<&Occurrence> {
        self.occurrences.iter().find(|occurrence| occurrence.id == id)
    }
}

/// `None` for an occurrence without a start.
fn occurrence(object: &Value) -> Option<Occurrence> {
    let status = match text(object, "status").as_str() {
        "deleted" => OccurrenceStatus::Deleted,
        _ => OccurrenceStatus::Available,
    };
    Some(Occurrence {
        id: text(object, "occurrence_id"),
        start: instant(object, "start_time")?,
        minutes: number(object, "duration").unwrap_or_default(),
        status,
    })
}

fn instant(object: &Value, field: &str) -> Option<Timestamp> {
    object.get(field)?.as_str()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_meeting_is_read_with_its_holes_and_shows_no_secret() {
        let object = json!({"id": "85746065432", "uuid": "4444AAAiAAAAAiAiAiiAii==", "topic": "Bible study", "type": 8,
            "duration": "90", "timezone": "Europe/Kiev", "password": "pass-word", "join_url": "https://z/j/1?pwd=pass-word",
            "start_url": "https://z/s/1?zak=host-token", "settings": {"auto_recording": "cloud", "waiting_room": true},
            "occurrences": [{"occurrence_id": 1_648_194_360_000_u64, "start_time": "2026-12-01T17:00:00Z", "duration": 90,
                "status": "available"}, {"occurrence_id": "2", "start_time": "2026-12-08T17:00:00Z", "status": "deleted"},
                {"occurrence_id": "3"}]});
        let read = MeetingDetails::read(&object).unwrap();
        assert_eq!(
            (read.number, read.kind, read.minutes),
            (85_746_065_432, MeetingType::Recurring, Some(90))
        );
        assert_eq!((read.start, read.recording.as_str(), read.join_before_host), (None, "cloud", None));
        assert_eq!(read.occurrences.len(), 2);
        assert_eq!(read.occurrence("1648194360000").unwrap().minutes, 90);
        assert_eq!(read.occurrence("2").unwrap().status, OccurrenceStatus::Deleted);
        let shown = format!("{read:?}");
        assert!(!shown.contains("pass-word") && !shown.contains("host-token"), "{shown}");
        assert_eq!(MeetingDetails::read(&json!({"topic": "x"})), None);
    }
}
