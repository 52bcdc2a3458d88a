//! Parses an event: its name, and its recording if it has one.
//!
//! Pure: bytes in, [`Event`] out. Parsing is lenient, because a refused event is lost (Zoom does not repeat an
//! event after 4xx). Any JSON is accepted; a note says why an event leads to no job.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::changes;
use crate::jobs::FOUND_EVENT;
use crate::jobs::changes::Change;
use crate::recording::{MeetingUuid, Recording, json, listing};
use crate::secret::Secret;
use crate::store::NewEvent;

/// Zoom's challenge to an endpoint. It is answered, never stored.
pub const URL_VALIDATION: &str = "endpoint.url_validation";

/// The events that announce a recording to archive. The last one is our own: the sweep stores it, so that a
/// recording that the sweep found can be replayed like one that Zoom announced.
pub const RECORDING_EVENTS: [&str; 4] =
    ["recording.completed", "recording.transcript_completed", "recording.recovered", FOUND_EVENT];

/// Longest `download_token` that is kept, in bytes. Real ones have about 1 KB. Each file's row holds a copy, and a
/// longer token does not fit into a request header.
const TOKEN_BYTES_MAX: usize = 8 * 1024;

/// Longest event name that is kept, in characters. Zoom's longest has about fifty.
const NAME_CHARS_MAX: usize = 100;

/// Longest `plainToken` that is answered, in bytes. Real ones have 22. A long one could be the signed text of a
/// request, and the answer would be its signature.
const PLAIN_TOKEN_BYTES_MAX: usize = 128;

/// The body is not JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the body is not JSON, from line {line}, column {column}")]
pub struct NotJson {
    /// Position of the first error.
    pub line: usize,
    pub column: usize,
}

/// The parts of an event that the service uses.
#[derive(Debug, Clone)]
pub struct Event {
    /// `recording.completed`, for example. Empty if the body has no name.
    pub name: String,
    /// The meeting instance, if the event names one. Set also for events that lead to no job.
    pub meeting: Option<MeetingUuid>,
    /// The recording to archive, each file with the event's token. With `None` the event leads to no job.
    pub recording: Option<Recording>,
    /// Changes to recordings at Zoom that the event reports.
    pub changes: Vec<Change>,
    /// Why the event leads to no job. Empty if it does.
    pub note: String,
    /// `payload.plainToken` of a challenge.
    plain_token: Option<String>,
}

impl Event {
    /// The text to sign, if the event is a challenge. `Some(None)` is a challenge that must not be answered: a text
    /// with a colon, or a long one, could be the signed text of a forged event.
    pub fn challenge(&self) -> Option<Option<&str>> {
        let harmless =
            |token: &&str| (1..=PLAIN_TOKEN_BYTES_MAX).contains(&token.len()) && !token.contains(':');
        (self.name == URL_VALIDATION).then(|| self.plain_token.as_deref().filter(harmless))
    }

    /// The event with its body, ready for the store.
    pub fn with_body(self, body: &[u8]) -> NewEvent {
        NewEvent {
            name: self.name,
            body: body.to_vec(),
            body_sha256: hex::encode(Sha256::digest(body)),
            recording: self.recording,
            changes: self.changes,
            note: self.note,
        }
    }
}

/// Parses an event's body.
///
/// # Errors
/// When the body is not JSON.
pub fn read(body: &[u8]) -> Result<Event, NotJson> {
    let value = parse(body)?;
    let name: String = listing::text(&value, "event").chars().take(NAME_CHARS_MAX).collect();
    let payload = value.get("payload").unwrap_or(&Value::Null);
    let object = payload.get("object").unwrap_or(&Value::Null);
    let (recording, note) = recording(&name, object, token(&value, payload).as_ref());
    let changes = changes::read(&name, payload, listing::number(&value, "event_ts"));
    let named = MeetingUuid::new(&listing::text(object, "uuid"));
    Ok(Event {
        meeting: named.or_else(|| changes.first().map(|change| change.meeting.clone())),
        changes,
        recording,
        note,
        plain_token: payload.get("plainToken").and_then(Value::as_str).map(str::to_owned),
        name,
    })
}

fn recording(name: &str, object: &Value, token: Option<&Secret>) -> (Option<Recording>, String) {
    if !RECORDING_EVENTS.contains(&name) {
        let note = if name.is_empty() {
            "the body names no event"
        } else {
            "the event announces no recording to archive"
        };
        return (None, note.to_owned());
    }
    match listing::read(object) {
        Ok(recording) => (Some(recording.named_by_event(token)), String::new()),
        Err(error) => (None, format!("cannot be archived: {error}")),
    }
}

/// The token is beside `payload`; in some old samples it is inside.
fn token(value: &Value, payload: &Value) -> Option<Secret> {
    [value, payload]
        .into_iter()
        .filter_map(|place| place.get("download_token")?.as_str())
        // A header cannot hold control characters.
        .find(|token| (1..=TOKEN_BYTES_MAX).contains(&token.len()) && !token.contains(char::is_control))
        .map(Secret::new)
}

fn parse(body: &[u8]) -> Result<Value, NotJson> {
    json::parse(body).map_err(|error| NotJson { line: error.line(), column: error.column() })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn event(value: &Value) -> Event {
        read(value.to_string().as_bytes()).unwrap()
    }

    fn completed(object: &Value) -> Event {
        event(&json!({"event": "recording.completed", "payload": {"object": object}, "download_token": "t"}))
    }

    #[test]
    fn a_long_token_reaches_every_file_whole() {
        let token = "x".repeat(3000);
        let files =
            json!([{"id": "a", "download_url": "https://zoom.us/a"}, {"id": "b", "file_path": "/on/prem"}]);
        for place in ["", "payload"] {
            let mut value = json!({"event": "recording.completed",
                "payload": {"object": {"uuid": "u", "recording_files": files}}});
            let holder = if place.is_empty() { &mut value } else { &mut value[place] };
            holder["download_token"] = json!(token);
            let recording = event(&value).recording.unwrap();
            let found = recording.files[0].download.clone().unwrap().token.unwrap();
            assert_eq!(found.expose(), token);
            assert!(recording.files[1].download.is_none());
        }
    }

    #[test]
    fn only_events_about_finished_recordings_lead_to_jobs() {
        let with = |name: &str| event(&json!({"event": name, "payload": {"object": {"uuid": "u=="}}}));
        for name in RECORDING_EVENTS {
            assert!(with(name).recording.is_some() && with(name).note.is_empty());
        }
        for name in ["recording.trashed", "recording.started", "meeting.ended", "Recording.Completed", ""] {
            let event = with(name);
            assert!(event.recording.is_none() && !event.note.is_empty(), "{name}");
            assert_eq!(event.meeting.unwrap().as_str(), "u==");
        }
    }

    #[test]
    fn a_recording_that_cannot_be_recognised_is_noted() {
        for object in
            [json!({}), json!({"uuid": ""}), json!({"uuid": null}), json!([]), json!("x"), json!(null)]
        {
            let event = completed(&object);
            assert!(event.recording.is_none() && event.note.contains("uuid"), "{object}: {}", event.note);
        }
    }

    #[test]
    fn whatever_is_json_is_taken_and_nothing_else() {
        for body in ["[]", "1", "null", "\"x\"", "{}", r#"{"event":7,"payload":[]}"#, r#"{"event":{}}"#] {
            let event = read(body.as_bytes()).unwrap();
            assert!(event.recording.is_none() && !event.note.is_empty(), "{body}");
        }
        let deep = "[".repeat(100_000);
        for body in [&b""[..], b"{", b"nonsense", b"{\"event\":\"\xff\"}", b"{} {}", deep.as_bytes()] {
            assert!(read(body).is_err());
        }
    }

    #[test]
    fn half_an_emoji_does_not_lose_a_recording() {
        let body = br#"{"event":"recording.completed","payload":{"object":{"uuid":"u","topic":"\\ud83d \uD83D\uDE92 caf\u00e9 \ud83d","host_email":"\ude92a"}}}"#;
        let recording = read(body).unwrap().recording.unwrap();
        assert_eq!(recording.topic, "\\ud83d \u{1F692} café \u{FFFD}");
        assert_eq!(recording.host_email, "\u{FFFD}a");
    }

    #[test]
    fn a_challenge_that_could_sign_an_event_is_not_answered() {
        let challenge =
            |token: Value| event(&json!({"event": URL_VALIDATION, "payload": {"plainToken": token}}));
        assert_eq!(challenge(json!("abc")).challenge(), Some(Some("abc")));
        assert_eq!(challenge(json!("x".repeat(128))).challenge().flatten().map(str::len), Some(128));
        for token in [json!(""), json!(null), json!(7), json!("x".repeat(129)), json!("v0:1720705455:{}")] {
            assert_eq!(challenge(token).challenge(), Some(None));
        }
        assert_eq!(completed(&json!({})).challenge(), None);
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            drop(read(&bytes));
        }

        #[test]
        fn no_text_that_looks_like_json_panics(text in r#"[\[\]{}",:\\u0-9a-fDd8Ee.+-]{0,80}"#) {
            drop(read(text.as_bytes()));
            drop(read(format!("{{\"event\":\"{text}\"}}").as_bytes()));
        }

        #[test]
        fn every_escaped_text_can_be_read(units in proptest::collection::vec(any::<u16>(), 0..40)) {
            let escaped: String = units.iter().map(|unit| format!("\\u{unit:04X}")).collect();
            let event = read(format!("{{\"event\":\"{escaped}\"}}").as_bytes()).unwrap();
            prop_assert_eq!(event.name, String::from_utf16_lossy(&units));
        }
    }
}
