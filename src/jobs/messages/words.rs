//! Formats recordings, times and untrusted text as plain lines of a message.

use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::jobs::{Job, Millis};
use crate::untrusted::is_control;

/// Longest quoted reason, in characters.
pub(super) const REASON_CHARS_MAX: usize = 2000;

/// Longest quoted piece of untrusted text, in characters.
pub(super) const QUOTED_CHARS_MAX: usize = 120;

/// The recording, in one line.
pub(super) fn title(job: &Job) -> String {
    let host = host(job);
    let started = job.recording.happened_at().map(minute);
    let [topic, host] = [&job.recording.topic, host].map(|text| line(text, QUOTED_CHARS_MAX));
    let about: Vec<String> =
        [Some(host).filter(|host| !host.is_empty()), started].into_iter().flatten().collect();
    let topic = if topic.is_empty() { "a recording without a topic".to_owned() } else { topic };
    if about.is_empty() { topic } else { format!("{topic} ({})", about.join(", ")) }
}

/// The recording, in full.
pub(super) fn facts(job: &Job) -> String {
    let started = job.recording.happened_at().map(minute).unwrap_or_default();
    let facts = [
        ("topic", line(&job.recording.topic, QUOTED_CHARS_MAX)),
        ("host", line(host(job), QUOTED_CHARS_MAX)),
        ("started", started),
        ("job", format!("{}, stage {}", job.id, job.stage)),
    ];
    let known = facts.iter().filter(|(_, value)| !value.is_empty());
    known.map(|(name, value)| format!("  {name:<10}{value}")).collect::<Vec<_>>().join("\n")
}

fn host(job: &Job) -> &str {
    let recording = &job.recording;
    if recording.host_email.is_empty() { &recording.host_id } else { &recording.host_email }
}

fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A stored time, for people.
pub(super) fn time(at: Millis) -> String {
    Timestamp::from_millisecond(at).map(minute).unwrap_or_default()
}

/// A duration, for people: the two largest units.
pub fn span(length: Duration) -> String {
    let minutes = length.as_secs() / 60;
    let (days, hours, minutes) = (minutes / (24 * 60), minutes / 60 % 24, minutes % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// Untrusted text as one line: without line breaks and without characters that change the reading direction.
pub fn line(text: &str, chars_max: usize) -> String {
    let safe = text.chars().map(|c| if is_control(c) { ' ' } else { c }).collect::<String>();
    shortened(&safe.split_whitespace().collect::<Vec<_>>().join(" "), chars_max)
}

/// Untrusted text that may have several lines.
pub(super) fn lines(text: &str, chars_max: usize) -> String {
    let safe: Vec<String> = text.lines().map(|one| line(one, chars_max)).collect();
    shortened(safe.join("\n").trim(), chars_max)
}

pub(super) fn shortened(text: &str, chars_max: usize) -> String {
    if text.chars().count() <= chars_max {
        return text.to_owned();
    }
    text.chars().take(chars_max.saturating_sub(1)).chain(['…']).collect()
}

/// A short digest that is equal for reasons that differ only in numbers.
pub(super) fn alike(reason: &str) -> String {
    let bare: String = reason.chars().filter(|c| !c.is_ascii_digit()).collect();
    let mut digest = hex::encode(Sha256::digest(bare.as_bytes()));
    digest.truncate(8);
    digest
}
