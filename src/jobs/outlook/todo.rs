//! What a person must do.

use std::time::Duration;

use super::text::{commands, plural, system};
use super::{Act, Facts, ParkedReason, Todo, is_past_grace, needs_people};
use crate::jobs::amounts::count;
use crate::jobs::messages::alerts::is_pause;
use crate::jobs::messages::conditions::{Condition, PARKED};
use crate::jobs::messages::{Level, VERIFY_KEYS};
use crate::jobs::pause::Pause;
use crate::jobs::{Millis, age};

/// Work that is due for longer than this, while nothing moves and nothing is paused, does not get done.
const DUE_FOR: Duration = Duration::from_secs(3600);

/// Free bytes on the disk below which the database soon cannot be written.
const DISK_MIN: u64 = 200 * 1024 * 1024;

/// Everything that a person must do, the most urgent first.
pub(super) fn todo(facts: &Facts<'_>, conditions: &[Condition]) -> Vec<Todo> {
    let seen = facts.seen;
    let mut todo: Vec<Todo> = Vec::new();
    todo.extend((!facts.is_alive).then(workers_ended));
    todo.extend(facts.disk_free.filter(|free| *free < DISK_MIN).map(disk_is_full));
    todo.extend(seen.pauses.iter().filter(|pause| needs_people(pause.cause)).map(paused));
    todo.extend(parked(facts));
    let lasting = conditions.iter().filter(|condition| {
        condition.level == Level::Error
            && condition.key != PARKED
            && !is_pause(&condition.key)
            && is_past_grace(condition, facts.alerts, seen.now)
    });
    todo.extend(lasting.map(|condition| lasting_problem(facts, condition)));
    let due_since = facts.queue.due_since.filter(|since| age(*since, seen.now) > DUE_FOR);
    let is_idle = facts.queue.running == 0 && seen.pauses.is_empty();
    todo.extend(due_since.filter(|_| is_idle && facts.is_alive).map(not_begun));
    todo.extend((facts.given_up > 0).then(|| given_up(facts.given_up)));
    todo
}

fn workers_ended() -> Todo {
    Todo {
        what: "The part of the service that copies recordings has ended.".to_owned(),
        since: None,
        advice: "Restart the service. Its log says what has happened.".to_owned(),
        commands: Vec::new(),
        act: Act::None,
    }
}

fn disk_is_full(free: u64) -> Todo {
    Todo {
        what: format!("The disk of the database has only {} MiB left.", free / 1024 / 1024),
        since: None,
        advice: "Make room on it. Without room no event can be stored, and nothing is archived.".to_owned(),
        commands: Vec::new(),
        act: Act::None,
    }
}

fn paused(pause: &Pause) -> Todo {
    Todo {
        what: format!("{} is paused: {}.", system(pause.system), pause.cause.name().replace('-', " ")),
        since: Some(pause.since),
        advice: pause.message.clone(),
        commands: Vec::new(),
        act: Act::Probe(pause.system, pause.probe_at),
    }
}

/// Parked jobs, by the reasons that differ in more than numbers.
fn parked(facts: &Facts<'_>) -> Vec<Todo> {
    let parked = facts.seen.backlog.parked;
    if facts.parked.is_empty() && parked > 0 {
        // Their reasons were not read.
        return vec![Todo {
            what: format!("{} for a person.", plural(parked, "recording waits", "recordings wait")),
            since: None,
            advice: "Each has a reason that says what to do.".to_owned(),
            commands: vec!["zoom2drive jobs list --standing parked".to_owned()],
            act: Act::None,
        }];
    }
    facts.parked.iter().cloned().map(parked_group).collect()
}

fn parked_group(group: ParkedReason) -> Todo {
    let ParkedReason { alike, jobs, reason, first, since } = group;
    let retry = match jobs {
        1 => format!("zoom2drive jobs retry {first}"),
        _ => "zoom2drive jobs list --standing parked".to_owned(),
    };
    Todo {
        what: format!("{} for you.", plural(jobs, "recording waits", "recordings wait")),
        since: Some(since),
        advice: reason,
        commands: vec![format!("zoom2drive jobs show {first}"), retry],
        act: Act::Retry { alike, jobs, first },
    }
}

fn lasting_problem(facts: &Facts<'_>, condition: &Condition) -> Todo {
    let known = facts.alerts.iter().find(|alert| alert.key == condition.key);
    let (advice, commands) = commands(&condition.text);
    let act = if VERIFY_KEYS.contains(&&*condition.key) { Act::Findings } else { Act::None };
    Todo {
        what: format!("{}.", condition.subject),
        since: known.map(|alert| alert.since),
        advice,
        commands,
        act,
    }
}

fn not_begun(since: Millis) -> Todo {
    Todo {
        what: "Work is due, and nobody does it.".to_owned(),
        since: Some(since),
        advice: "No system is paused and nothing moves. Restart the service; its log says what has happened."
            .to_owned(),
        commands: vec!["zoom2drive jobs list --standing active".to_owned()],
        act: Act::None,
    }
}

fn given_up(messages: u64) -> Todo {
    Todo {
        what: format!("{} nobody.", plural(messages, "message reached", "messages reached")),
        since: None,
        advice: format!(
            "{} of the last seven days could not be sent for a day each. Look at what they say, and mend the channel.",
            count(messages)
        ),
        commands: vec!["zoom2drive messages list".to_owned(), "zoom2drive messages test".to_owned()],
        act: Act::Messages,
    }
}
