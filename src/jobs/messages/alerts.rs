//! Problems that last: when to notify, when to remind, and when to send the all-clear. Pure.
//!
//! A [condition](super::conditions) is a problem at this moment; an *alert* is the stored state of one. People are
//! notified of an alert once, again after a day, after a week and every month while it lasts, and once when it is
//! over.

use std::time::Duration;

use super::conditions::{Condition, PARKED, REFUSED, UNUSABLE};
use super::words::{span, time};
use super::{DAY, Level, NewMessage};
use crate::jobs::{Millis, age};

/// Waits before each reminder; the last one applies to all further reminders.
const REMINDERS: [Duration; 3] =
    [DAY, Duration::from_secs(7 * 24 * 3600), Duration::from_secs(30 * 24 * 3600)];

/// A flood is over when no instance has recorded it for this time: each instance counts only its own requests.
const FLOOD_OVER_AFTER: Duration = Duration::from_secs(3600);

/// The same for unusable values: another instance may have the corrected file already.
const UNUSABLE_OVER_AFTER: Duration = Duration::from_secs(900);

/// How often the store records that a problem still exists.
const SEEN_EVERY: Duration = Duration::from_secs(300);

/// Stored state of a problem that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Identifies the problem.
    pub key: String,
    /// When it was first recorded.
    pub since: Millis,
    /// Number of notifications; 0 while it may still pass by itself.
    pub notifications: u32,
    /// When the last notification was written.
    pub notified_at: Millis,
    /// When it was last recorded.
    pub seen_at: Millis,
}

/// A change of an alert, with the message about it. It has no effect if another instance has changed the alert
/// meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertChange {
    /// The alert's key.
    pub key: String,
    /// Number of notifications before the change; `None` when there was no alert.
    pub from: Option<u32>,
    /// Number of notifications after the change; `None` when the problem is over.
    pub to: Option<u32>,
    /// The message to write; `None` when the change causes none.
    pub message: Option<NewMessage>,
}

/// Cause of the all-clear message of an alert.
pub(super) fn over(key: &str) -> String {
    format!("over {key}")
}

/// Whether the alert is a pause. The start and end of a pause cause messages of their own.
pub fn is_pause(key: &str) -> bool {
    key.starts_with("paused ")
}

/// Computes the changes from the stored alerts and the current conditions: at most one for each. `covered` says since
/// when every day was looked at, for the all-clear of the sweep.
pub fn changes(known: &[Alert], conditions: &[Condition], covered: &str, now: Millis) -> Vec<AlertChange> {
    let of = |key: &str| known.iter().find(|alert| alert.key == key);
    let lasting = conditions.iter().filter_map(|condition| goes_on(of(&condition.key), condition, now));
    let gone = known.iter().filter(|alert| !conditions.iter().any(|condition| condition.key == alert.key));
    lasting.chain(gone.filter_map(|alert| ends(alert, covered, now))).collect()
}

fn goes_on(known: Option<&Alert>, condition: &Condition, now: Millis) -> Option<AlertChange> {
    let change =
        |from, to, message| Some(AlertChange { key: condition.key.clone(), from, to: Some(to), message });
    match known {
        None if condition.is_explained => change(None, 1, None),
        None if condition.grace.is_zero() => change(None, 1, Some(condition.message(condition.key.clone()))),
        None => change(None, 0, None),
        Some(alert) if alert.notifications == 0 => {
            let is_long = age(alert.since, now) >= condition.grace;
            if is_long { change(Some(0), 1, Some(condition.message(condition.key.clone()))) } else { None }
        }
        Some(alert) => {
            let sent = alert.notifications;
            let index = usize::try_from(sent - 1).unwrap_or(usize::MAX).min(REMINDERS.len() - 1);
            if age(alert.notified_at, now) >= REMINDERS[index] {
                let mut message = condition.message(format!("still {}", condition.key));
                message.subject = format!("Still: {}", message.subject);
                message.text =
                    format!("This has lasted for {}.\n\n{}", span(age(alert.since, now)), message.text);
                message.takes_back = None;
                return change(Some(sent), sent + 1, Some(message));
            }
            let is_noted = lingers(&alert.key).is_zero() || age(alert.seen_at, now) < SEEN_EVERY;
            if is_noted { None } else { change(Some(sent), sent, None) }
        }
    }
}

fn ends(alert: &Alert, covered: &str, now: Millis) -> Option<AlertChange> {
    if age(alert.seen_at, now) < lingers(&alert.key) {
        return None;
    }
    // The operator who resumed the last parked job knows it already.
    let is_news = alert.notifications > 0 && alert.key != PARKED;
    let is_about_days = matches!(alert.key.as_str(), "sweep" | "gap") && !covered.is_empty();
    let covered = if is_about_days { format!("\n{covered}\n") } else { String::new() };
    let message = is_news.then(|| NewMessage {
        cause: over(&alert.key),
        thread: alert.key.clone(),
        level: Level::Info,
        avoids_google: false,
        subject: format!("All clear: {}", title(&alert.key)),
        text: format!("This has lasted since {} and is over.\n{covered}", time(alert.since)),
        wait: Duration::ZERO,
        takes_back: Some(alert.key.clone()),
    });
    Some(AlertChange { key: alert.key.clone(), from: Some(alert.notifications), to: None, message })
}

fn lingers(key: &str) -> Duration {
    match key {
        REFUSED => FLOOD_OVER_AFTER,
        UNUSABLE => UNUSABLE_OVER_AFTER,
        _ => Duration::ZERO,
    }
}

fn title(key: &str) -> &str {
    match key {
        "backlog-age" => "no recording waits for too long any more",
        "sweep" => "the sweep reads everything again",
        "verify" => "every archived file is on Drive as it was proved",
        "verify-blind" => "the archive can be verified again",
        "gap" => "no day went unlooked at any more",
        "unannounced" => "Zoom announces recordings again",
        "silence" => "Zoom sends events again",
        REFUSED => "the flood of forged webhooks is over",
        UNUSABLE => "the replaced setting can be used again",
        "retention" => "Zoom is not about to delete a recording that is not archived",
        "consent" => "the consent at Google was renewed",
        other => other,
    }
}
