//! The bodies of `POST` and `PATCH`: what Zoom takes, refuses, and silently reads another way.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

use super::super::Zoom;
use super::super::reply;
use super::super::request::Asked;
use super::model::Scheduled;
use super::zones;
use crate::sandbox::faults::Canned;

/// The fields of a body.
const FIELDS: [&str; 9] = [
    "topic",
    "type",
    "start_time",
    "timezone",
    "duration",
    "agenda",
    "password",
    "default_password",
    "recurrence",
];

/// The settings that the program may send; Zoom knows more.
const SETTINGS: [&str; 12] = [
    "host_video",
    "participant_video",
    "join_before_host",
    "jbh_time",
    "waiting_room",
    "mute_upon_entry",
    "auto_recording",
    "approval_type",
    "audio",
    "use_pmi",
    "meeting_authentication",
    "alternative_hosts",
];

impl Zoom {
    /// Parses a body, and notes what is in no description of the API.
    pub(super) fn meeting_body(&self, asked: &Asked, body: &[u8]) -> Result<Map<String, Value>, Canned> {
        if !asked.header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
            self.violation(format!("the body of {} {} is not called JSON", asked.method, asked.path));
            return Err(Canned::zoom(415, 300, "Unsupported Content Type"));
        }
        let Ok(Value::Object(fields)) = serde_json::from_slice(body) else {
            self.violation("the body of a meeting is not a JSON object");
            return Err(reply::invalid("Request Body should be a valid JSON object."));
        };
        self.world().meeting_rules.bodies.push(Value::Object(fields.clone()));
        let settings = fields.get("settings").and_then(Value::as_object);
        let known = FIELDS.iter().chain(&["settings"]).copied().collect::<Vec<_>>();
        let unknown = fields.keys().filter(|name| !known.contains(&name.as_str()));
        let unknown_settings =
            settings.into_iter().flat_map(Map::keys).filter(|name| !SETTINGS.contains(&name.as_str()));
        for name in unknown.chain(unknown_settings) {
            self.violation(format!("undocumented field `{name}` in the body of a meeting"));
        }
        Ok(fields)
    }

    /// Takes the plain fields over, if each of them is within Zoom's limits.
    pub(super) fn take_fields(
        &self,
        meeting: &mut Scheduled,
        fields: &Map<String, Value>,
    ) -> Result<(), Canned> {
        let text = |name: &str| fields.get(name).and_then(Value::as_str);
        let refuse = |name: &str, what: &str| Err(reply::invalid(&format!("Invalid field: {name}. {what}")));
        if let Some(topic) = text("topic") {
            if topic.is_empty() || topic.chars().count() > 200 {
                return refuse("topic", "Use up to 200 characters.");
            }
            topic.clone_into(&mut meeting.topic);
        }
        if let Some(agenda) = text("agenda") {
            if agenda.chars().count() > 2000 {
                return refuse("agenda", "Use up to 2000 characters.");
            }
            agenda.clone_into(&mut meeting.agenda);
        }
        if let Some(code) = text("password") {
            let is_plain = |c: char| c.is_ascii_alphanumeric() || "@-_*".contains(c);
            if code.len() > 10 || !code.chars().all(is_plain) {
                return refuse("password", "Use up to 10 letters, digits and @ - _ *.");
            }
            let least = self.world().meeting_rules.passcode_min;
            if code.len() < least {
                return refuse("password", &format!("Your account demands {least} characters or more."));
            }
            code.clone_into(&mut meeting.password);
        }
        if let Some(minutes) = fields.get("duration") {
            match minutes.as_u64() {
                Some(minutes @ 1..=1440) => meeting.minutes = minutes,
                _ => return refuse("duration", "Use a number from 1 to 1440."),
            }
        }
        if let Some(settings) = fields.get("settings").and_then(Value::as_object) {
            meeting.settings.extend(settings.clone());
            // A waiting room and entering before the host exclude each other.
            if meeting.settings.get("waiting_room") == Some(&Value::Bool(true)) {
                meeting.settings.insert("join_before_host".to_owned(), Value::Bool(false));
            }
        }
        Ok(())
    }
}

/// The start in a body. `Z` is UTC and no offset is local time; any other offset is overread, and the digits taken for
/// UTC.
pub(super) fn start(fields: &Map<String, Value>, zone: &str) -> Result<Option<Timestamp>, Canned> {
    let Some(text) = fields.get("start_time").and_then(Value::as_str) else { return Ok(None) };
    let invalid = || reply::invalid("Invalid field: start_time.");
    let (digits, rest) = text.split_at_checked("yyyy-MM-ddTHH:mm:ss".len()).ok_or_else(invalid)?;
    let local: DateTime = digits.parse().map_err(|_| invalid())?;
    let zone = if rest.is_empty() { zones::clock(zone) } else { TimeZone::UTC };
    zone.to_timestamp(local).map(Some).map_err(|_| invalid())
}
