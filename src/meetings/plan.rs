//! The settings that somebody gave for a meeting, checked by Zoom's rules before any call.

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};

use super::Recurrence;
use crate::secret::Secret;

/// Longest topic, in characters.
const TOPIC_MAX: usize = 200;
/// Longest description, in characters.
const AGENDA_MAX: usize = 2_000;
/// Longest passcode, in characters.
const PASSCODE_MAX: usize = 10;
/// Longest meeting: a day.
const MINUTES_MAX: u32 = 1_440;
/// Length of a meeting for which none is given.
pub const MINUTES_DEFAULT: u32 = 60;

/// Why a plan is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    #[error("the topic is empty")]
    NoTopic,
    #[error("the topic has {0} characters; Zoom takes at most {TOPIC_MAX}")]
    Topic(usize),
    #[error("the agenda has {0} characters; Zoom takes at most {AGENDA_MAX}")]
    Agenda(usize),
    #[error("a meeting lasts from 1 to {MINUTES_MAX} minutes, not {0}")]
    Minutes(u32),
    /// The passcode itself is not told.
    #[error("a passcode has 1 to {PASSCODE_MAX} characters: letters, digits and @ - _ *")]
    Passcode,
    #[error("a waiting room and entering before the host exclude each other: give one of them")]
    WaitingRoom,
    #[error("{0:?} is not the address of an alternative host")]
    AlternativeHost(String),
    #[error("the interval is from 1 to {most} {unit}")]
    Every { most: u32, unit: &'static str },
    #[error("a meeting repeats 1 to 60 times")]
    Times,
    #[error("the last day {last} is before the first date {first}")]
    Until { last: Date, first: Date },
    #[error("these would be more than 60 dates, the most that Zoom makes: take an earlier --until")]
    TooManyDates,
    #[error("{first} is none of the dates of this repetition{}", next_date(.next))]
    FirstDate { first: Date, next: Option<Date> },
    /// Zoom changes these for a whole series only.
    #[error("{0} cannot be changed for one occurrence, only for the whole series")]
    WholeSeries(&'static str),
    #[error("nothing to change: give at least one setting")]
    Nothing,
}

fn next_date(next: &Option<Date>) -> String {
    next.map(|next| format!(": begin on {next}")).unwrap_or_default()
}

/// What is recorded by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recorded {
    /// Nothing.
    No,
    /// On the host's computer.
    Local,
    /// In Zoom's cloud: what the archive takes its recordings from.
    Cloud,
}

impl Recorded {
    fn name(self) -> &'static str {
        match self {
            Self::No => "none",
            Self::Local => "local",
            Self::Cloud => "cloud",
        }
    }
}

/// Settings of a meeting; `None` where none was given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    pub topic: Option<String>,
    pub start: Option<Timestamp>,
    /// Zoom's name of the zone; `None` if Zoom knows no such zone.
    pub zone: Option<&'static str>,
    pub minutes: Option<u32>,
    pub agenda: Option<String>,
    pub passcode: Option<Secret>,
    pub recorded: Option<Recorded>,
    pub waiting_room: Option<bool>,
    pub join_before_host: Option<bool>,
    pub muted: Option<bool>,
    pub alternative_hosts: Vec<String>,
    pub recurrence: Option<Recurrence>,
}

impl Plan {
    /// Checks what can be checked without Zoom.
    ///
    /// # Errors
    /// The first rule that is broken.
    pub fn check(&self) -> Result<(), PlanError> {
        match self.topic.as_deref().map(|topic| (topic.trim().is_empty(), topic.chars().count())) {
            Some((true, _)) => return Err(PlanError::NoTopic),
            Some((_, length)) if length > TOPIC_MAX => return Err(PlanError::Topic(length)),
            _ => {}
        }
        if let Some(length) = self.agenda.as_deref().map(|agenda| agenda.chars().count())
            && length > AGENDA_MAX
        {
            return Err(PlanError::Agenda(length));
        }
        if let Some(minutes) = self.minutes
            && !(1..=MINUTES_MAX).contains(&minutes)
        {
            return Err(PlanError::Minutes(minutes));
        }
        if !self.passcode.as_ref().is_none_or(|code| is_passcode(code.expose())) {
            return Err(PlanError::Passcode);
        }
        if self.waiting_room == Some(true) && self.join_before_host == Some(true) {
            return Err(PlanError::WaitingRoom);
        }
        match self.alternative_hosts.iter().find(|host| !is_address(host)) {
            Some(host) => Err(PlanError::AlternativeHost(host.clone())),
            None => Ok(()),
        }
    }

    /// Checks a change: of a whole meeting, or of one occurrence.
    ///
    /// # Errors
    /// When nothing is given, or Zoom changes a given setting for a whole series only.
    pub fn check_change(&self, is_occurrence: bool) -> Result<(), PlanError> {
        if *self == Self::default() {
            return Err(PlanError::Nothing);
        }
        let only_whole = [
            ("the topic", self.topic.is_some()),
            ("the passcode", self.passcode.is_some()),
            ("the alternative host", !self.alternative_hosts.is_empty()),
            ("the repetition", self.recurrence.is_some()),
        ];
        match only_whole.into_iter().find(|(_, is_given)| is_occurrence && *is_given) {
            Some((what, _)) => Err(PlanError::WholeSeries(what)),
            None => self.check(),
        }
    }

    /// The body that makes the meeting: everything that is given, and a default for the rest. `zone` is that of the
    /// dates.
    pub fn create_body(&self, zone: &TimeZone) -> Value {
        let waits = self.waiting_room.unwrap_or(false);
        let defaults = Self {
            minutes: Some(self.minutes.unwrap_or(MINUTES_DEFAULT)),
            agenda: Some(self.agenda.clone().unwrap_or_default()),
            recorded: Some(self.recorded.unwrap_or(Recorded::No)),
            waiting_room: Some(waits),
            // A waiting room switches this off at Zoom anyway.
            join_before_host: Some(self.join_before_host.unwrap_or(!waits)),
            muted: Some(self.muted.unwrap_or(true)),
            ..self.clone()
        };
        let (mut body, mut settings) = defaults.given(zone);
        body.insert("type".to_owned(), json!(if self.recurrence.is_some() { 8 } else { 2 }));
        body.insert("default_password".to_owned(), json!(true));
        let more = json!({"host_video": true, "participant_video": true, "jbh_time": 0, "approval_type": 2,
            "audio": "both", "use_pmi": false, "meeting_authentication": false});
        if let Value::Object(more) = more {
            settings.extend(more);
        }
        body.insert("settings".to_owned(), Value::Object(settings));
        Value::Object(body)
    }

    /// The body that changes the meeting: what is given, and nothing else.
    pub fn update_body(&self, zone: &TimeZone) -> Value {
        let (mut body, settings) = self.given(zone);
        if !settings.is_empty() {
            body.insert("settings".to_owned(), Value::Object(settings));
        }
        Value::Object(body)
    }

    fn given(&self, zone: &TimeZone) -> (Map<String, Value>, Map<String, Value>) {
        let fields = [
            ("topic", self.topic.as_ref().map(|topic| json!(topic))),
            // Always with a Z: Zoom reads the digits before any other offset as UTC.
            ("start_time", self.start.map(|start| json!(start.to_string()))),
            ("timezone", self.start.and(self.zone).map(|zone| json!(zone))),
            ("duration", self.minutes.map(|minutes| json!(minutes))),
            ("agenda", self.agenda.as_ref().map(|agenda| json!(agenda))),
            ("password", self.passcode.as_ref().map(|code| json!(code.expose()))),
            ("recurrence", self.recurrence.as_ref().map(|recurrence| recurrence.body(zone))),
        ];
        let hosts = Some(&self.alternative_hosts).filter(|hosts| !hosts.is_empty());
        let settings = [
            ("auto_recording", self.recorded.map(|recorded| json!(recorded.name()))),
            ("waiting_room", self.waiting_room.map(Value::Bool)),
            ("join_before_host", self.join_before_host.map(Value::Bool)),
            ("mute_upon_entry", self.muted.map(Value::Bool)),
            ("alternative_hosts", hosts.map(|hosts| json!(hosts.join(";")))),
        ];
        (present(fields), present(settings))
    }
}

fn present<const N: usize>(fields: [(&str, Option<Value>); N]) -> Map<String, Value> {
    fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

fn is_passcode(text: &str) -> bool {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '-' | '_' | '*');
    (1..=PASSCODE_MAX).contains(&text.len()) && text.chars().all(is_allowed)
}

/// An address, and only one: Zoom separates several by semicolons.
fn is_address(text: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty() && !part.contains(['@', ';', ',']) && !part.contains(char::is_whitespace)
    };
    text.split_once('@').is_some_and(|(name, domain)| is_part(name) && is_part(domain))
}

#[cfg(test)]
mod tests;
