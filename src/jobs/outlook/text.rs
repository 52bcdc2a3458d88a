//! The words of an outlook.

use std::time::Duration;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::{Facts, Known, Line, LineKind, State, Unwanted, is_past_grace, needs_people};
use crate::jobs::amounts::{count, data_size};
use crate::jobs::messages::Level;
use crate::jobs::messages::alerts::is_pause;
use crate::jobs::messages::conditions::Condition;
use crate::jobs::pause::System;
use crate::jobs::{Gap, MEET_GAP_COMMAND, Millis, Sweeping, age};

pub use crate::jobs::messages::span;

/// The sentence of an unknown state.
pub(super) const NOBODY_CAN_SAY: &str = "Nobody can say at the moment whether a recording is missing.";

/// The same, for a title.
pub(super) const NOT_KNOWN: &str = "Not known";

/// Google forgets conferences after this time: a gap before it cannot be filled.
const MEET_REMEMBERED: Duration = Duration::from_secs(30 * 24 * 3600);

/// The system's name.
pub(super) fn system(system: System) -> &'static str {
    match system {
        System::Zoom => "Zoom",
        System::Media => "Zoom's download server",
        System::Drive => "Google Drive",
    }
}

/// A number with its noun.
pub(super) fn plural(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// Splits the text of a message: commands are indented by two columns.
pub(super) fn commands(text: &str) -> (String, Vec<String>) {
    let (commands, rest): (Vec<&str>, Vec<&str>) =
        text.lines().partition(|line| line.starts_with("  ") && line.trim_start().starts_with("zoom2drive "));
    let commands = commands.into_iter().map(|line| line.trim().to_owned()).collect();
    let mut advice = rest.join("\n");
    while advice.contains("\n\n\n") {
        advice = advice.replace("\n\n\n", "\n\n");
    }
    (advice.trim().to_owned(), commands)
}

fn zoned(at: Millis, zone: &TimeZone) -> Option<Zoned> {
    Timestamp::from_millisecond(at).ok().map(|at| at.to_zoned(zone.clone()))
}

/// A time, as short as it is clear at the moment `now`.
pub fn clock(at: Millis, now: Millis, zone: &TimeZone) -> String {
    let (Some(at), Some(now)) = (zoned(at, zone), zoned(now, zone)) else { return String::new() };
    let format = if at.date() == now.date() { "%H:%M" } else { "%a %Y-%m-%d %H:%M" };
    at.strftime(format).to_string()
}

/// A day (UTC) in words; with its year unless that is the year of `now`.
pub fn date(day: Millis, now: Millis) -> String {
    let (Some(day), Some(now)) = (zoned(day, &TimeZone::UTC), zoned(now, &TimeZone::UTC)) else {
        return String::new();
    };
    let format = if day.year() == now.year() { "%-d %B" } else { "%-d %B %Y" };
    day.strftime(format).to_string()
}

/// The state of attention.
pub(super) fn attention(things: usize) -> (State, String, String) {
    let things = u64::try_from(things).unwrap_or(u64::MAX);
    let sentence = plural(things, "thing needs you.", "things need you.");
    (State::Attention, sentence, plural(things, "needs you", "need you"))
}

/// The unknown state.
pub(super) fn unknown(facts: &Facts<'_>) -> (State, String, String) {
    let is_all_safe = facts.seen.backlog.unarchived == 0;
    let sentence = match facts.seen.sweeping {
        Sweeping::Every(_) => NOBODY_CAN_SAY,
        Sweeping::Off | Sweeping::NoCredentials if is_all_safe => {
            "What Zoom told us of is safe on Google Drive; nobody asks it for the rest."
        }
        Sweeping::Off | Sweeping::NoCredentials => {
            "What Zoom told us of is on its way to Google Drive; nobody asks it for the rest."
        }
    };
    (State::Unknown, sentence.to_owned(), NOT_KNOWN.to_owned())
}

/// Recordings are on their way.
pub(super) fn working(unarchived: u64) -> (State, String, String) {
    let sentence = plural(
        unarchived,
        "recording is on its way to Google Drive.",
        "recordings are on their way to Google Drive.",
    );
    (State::Working, sentence, format!("{} on the way", count(unarchived)))
}

/// No recording waits, and a system is paused for a while.
pub(super) fn paused() -> (State, String, String) {
    let sentence = "No recording waits, and a pause ends by itself.".to_owned();
    (State::Working, sentence, "Paused for a while".to_owned())
}

/// The good state.
pub(super) fn well(facts: &Facts<'_>, known: &Known) -> (State, String, String) {
    let wanted = if facts.unwanted == Some(Unwanted::default()) { "recording" } else { "wanted recording" };
    let whose = if known.unseen.is_empty() { "" } else { " of the account's listed users" };
    let since = date(known.since, facts.seen.now);
    let sentence = format!("Every {wanted}{whose} since {since} is safe on Google Drive.");
    (State::Well, sentence, "All archived".to_owned())
}

/// The unknown state as a line of another one.
pub(super) fn nobody_can_say() -> Line {
    warning(NOBODY_CAN_SAY.to_owned(), Vec::new())
}

fn fact(text: String) -> Line {
    Line { text, commands: Vec::new(), kind: LineKind::Fact }
}

fn warning(text: String, commands: Vec<String>) -> Line {
    Line { text, commands, kind: LineKind::Warning }
}

/// Further facts, the most important first.
pub(super) fn lines(facts: &Facts<'_>, known: &Result<Known, String>, conditions: &[Condition]) -> Vec<Line> {
    let mut lines = Vec::new();
    match known {
        Err(why) => lines.extend(why_unknown(facts, why)),
        Ok(known) => {
            lines.extend(on_the_way(facts, known));
            if !known.unseen.is_empty() {
                lines.push(warning(format!("Not seen: {}.", known.unseen.trim_end_matches('.')), Vec::new()));
            }
        }
    }
    lines.extend(self_ending_pauses(facts));
    let warnings = conditions.iter().filter(|condition| {
        condition.level == Level::Warning
            && !is_pause(&condition.key)
            && is_past_grace(condition, facts.alerts, facts.seen.now)
    });
    lines.extend(warnings.map(|condition| {
        let (_, commands) = commands(&condition.text);
        warning(format!("{}.", condition.subject), commands)
    }));
    lines.extend(meet_gap(facts));
    lines.extend(late(facts));
    if let Ok(known) = known {
        lines.extend(unwanted(facts));
        lines.extend(totals(facts, known));
    }
    lines.extend(asked(facts));
    lines
}

fn why_unknown(facts: &Facts<'_>, why: &str) -> Vec<Line> {
    let mut lines = vec![fact(format!("Why: {}.", why.trim_end_matches('.')))];
    let set = match facts.seen.sweeping {
        Sweeping::Every(_) => None,
        Sweeping::Off => Some("Set SWEEP_EVERY, for example to 1h: then Zoom is asked for all recordings."),
        Sweeping::NoCredentials => Some(
            "Set ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET: then Zoom is asked for all recordings.",
        ),
    };
    lines.extend(set.map(|set| fact(set.to_owned())));
    // A zero here would read as if nothing were missing.
    let unarchived = facts.seen.backlog.unarchived;
    if unarchived > 0 {
        let known = plural(unarchived, "known recording is", "known recordings are");
        lines.push(fact(format!("{known} not archived yet.")));
    }
    lines
}

fn on_the_way(facts: &Facts<'_>, known: &Known) -> Option<Line> {
    if known.unarchived == 0 {
        return None;
    }
    let mut parts = vec![plural(known.unarchived, "not archived yet", "not archived yet")];
    parts.extend(known.oldest_at.map(|at| format!("the oldest waits for {}", span(age(at, facts.seen.now)))));
    parts.extend(
        known
            .zoom_deletes_at
            .map(|at| format!("Zoom deletes the first of them on {}", date(at, facts.seen.now))),
    );
    Some(fact(parts.join(" \u{b7} ")))
}

fn self_ending_pauses(facts: &Facts<'_>) -> Vec<Line> {
    let now = facts.seen.now;
    let pauses = facts.seen.pauses.iter().filter(|pause| !needs_people(pause.cause));
    let line = |pause: &crate::jobs::pause::Pause| {
        warning(
            format!(
                "{} is paused since {} ({}) and goes on by itself; next try {}. {}",
                system(pause.system),
                clock(pause.since, now, facts.zone),
                pause.cause.name().replace('-', " "),
                clock(pause.probe_at, now, facts.zone),
                pause.message
            ),
            Vec::new(),
        )
    };
    pauses.map(line).collect()
}

/// Days that no look at Google Meet has covered, while they can still be read.
fn meet_gap(facts: &Facts<'_>) -> Option<Line> {
    let (meet, _) = facts.seen.meet?;
    let gap: Gap = meet.coverage.gap()?;
    let is_fresh = age(meet.coverage.from?, facts.seen.now) < MEET_REMEMBERED;
    let text = format!("Nobody has looked for recordings of Google Meet {gap}.");
    is_fresh.then(|| warning(text, vec![MEET_GAP_COMMAND.to_owned()]))
}

fn late(facts: &Facts<'_>) -> Option<Line> {
    let late = facts.late;
    let waits = plural(late.jobs, "archived recording waits", "archived recordings wait");
    let until = late.until.map(|at| format!(", the last until {}", clock(at, facts.seen.now, facts.zone)));
    (late.jobs > 0).then(|| fact(format!("{waits} for late files{}.", until.unwrap_or_default())))
}

fn unwanted(facts: &Facts<'_>) -> Option<Line> {
    let unwanted = facts.unwanted?;
    let parts: Vec<String> = [(unwanted.left_out, "left out by rules"), (unwanted.called_off, "called off")]
        .into_iter()
        .filter(|(recordings, _)| *recordings > 0)
        .map(|(recordings, what)| format!("{} {what}", count(recordings)))
        .collect();
    let text = format!("{} since then.", parts.join(", "));
    (!parts.is_empty()).then_some(Line { text, commands: Vec::new(), kind: LineKind::Unwanted })
}

fn totals(facts: &Facts<'_>, known: &Known) -> Option<Line> {
    let totals = facts.totals.filter(|totals| totals.recordings > 0)?;
    let since = date(known.since, facts.seen.now);
    let bytes = data_size(totals.bytes);
    Some(fact(format!(
        "{} in all, {bytes}; what is older than {since} is known only as far as it was brought over.",
        count(totals.recordings)
    )))
}

/// How long ago, to the minute.
fn ago(time: Duration) -> String {
    match time < Duration::from_secs(60) {
        true => "just now".to_owned(),
        false => format!("{} ago", span(time)),
    }
}

/// When Zoom was asked, and when it is asked next.
fn asked(facts: &Facts<'_>) -> Option<Line> {
    let (now, singleton) = (facts.seen.now, facts.seen.singleton);
    let (next, tried_at) = (facts.seen.next_sweep_at()?, singleton.tried_at?);
    let mut parts = vec![match singleton.progress.as_str() {
        "" => format!("Zoom was asked {} ({})", ago(age(tried_at, now)), singleton.note),
        progress => format!("Zoom is being asked: {progress}"),
    }];
    if singleton.progress.is_empty() {
        parts.push(match next > now {
            true => format!("next {}", clock(next, now, facts.zone)),
            false => "next now".to_owned(),
        });
    }
    let last = facts.seen.backlog.last_event_at;
    let last = last.map(|at| format!(". Its last call {}", clock(at, now, facts.zone))).unwrap_or_default();
    Some(fact(format!("{}{last}", parts.join("; "))))
}
