//! Trouble that lasts: when to tell, when to remind, and when to give the all-clear. Pure.
//!
//! A [condition](super::conditions) is what is wrong at this moment; an [`Alert`] is what is remembered of it. An alert is told
//! once, then again after a day, a week, and every month while it lasts, and once when it is over.

use std::time::Duration;

use super::conditions::{Condition, PARKED, REFUSED, UNUSABLE};
use super::words::{span, time};
use super::{DAY, Level, NewMessage};
use crate::jobs::{Millis, age};

/// Waits before each reminder; the last one holds for all that follow.
const REMINDERS: [Duration; 3] =
    [DAY, Duration::from_secs(7 * 24 * 3600), Duration::from_secs(30 * 24 * 3600)];

/// A flood is over when no instance has seen it for so long: each counts for itself.
const FLOOD_OVER_AFTER: Duration = Duration::from_secs(3600);

/// The same for values that cannot be used: another instance may have the good file already.
const UNUSABLE_OVER_AFTER: Duration = Duration::from_secs(900);

/// How often it is written down that an alert was seen again.
const SEEN_EVERY: Duration = Duration::from_secs(300);

/// What is remembered of trouble that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// Names the trouble.
    pub key: String,
    /// When it was first seen.
    pub since: Millis,
    /// How often people were told; 0 while it may still pass by itself.
    pub notifications: u32,
    /// When they last were.
    pub told_at: Millis,
    /// When it was last seen, as far as that was written down.
    pub seen_at: Millis,
}

/// A change of what is remembered, and the message that tells of it. Nothing happens if somebody else has
/// changed it meanwhile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlertChange {
    /// Which alert.
    pub key: String,
    /// How often people had been told; nothing when it was not known.
    pub from: Option<u32>,
    /// How often they have been told by this; nothing when it is over.
    pub to: Option<u32>,
    /// The message.
    pub message: Option<NewMessage>,
}

/// The cause of the message that an alert is over.
pub(super) fn over(key: &str) -> String {
    format!("over {key}")
}

/// Whether it is a pause, of which others tell, too.
pub fn is_pause(key: &str) -> bool {
    key.starts_with("paused ")
}

/// What follows, given what is remembered. At most one change for each condition and each alert.
pub fn changes(known: &[Alert], conditions: &[Condition], now: Millis) -> Vec<AlertChange> {
    let of = |key: &str| known.iter().find(|alert| alert.key == key);
    let lasting = conditions.iter().filter_map(|condition| goes_on(of(&condition.key), condition, now));
    let gone = known.iter().filter(|alert| !conditions.iter().any(|condition| condition.key == alert.key));
    lasting.chain(gone.filter_map(|alert| ends(alert, now))).collect()
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
            let told = alert.notifications;
            let index = usize::try_from(told - 1).unwrap_or(usize::MAX).min(REMINDERS.len() - 1);
            if age(alert.told_at, now) >= REMINDERS[index] {
                let mut message = condition.message(format!("still {}", condition.key));
                message.subject = format!("Still: {}", message.subject);
                message.text =
                    format!("This has lasted for {}.\n\n{}", span(age(alert.since, now)), message.text);
                message.takes_back = None;
                return change(Some(told), told + 1, Some(message));
            }
            let is_noted = lingers(&alert.key).is_zero() || age(alert.seen_at, now) < SEEN_EVERY;
            if is_noted { None } else { change(Some(told), told, None) }
        }
    }
}

fn ends(alert: &Alert, now: Millis) -> Option<AlertChange> {
    if age(alert.seen_at, now) < lingers(&alert.key) {
        return None;
    }
    // Whoever let the last job go on knows that it did.
    let is_news = alert.notifications > 0 && alert.key != PARKED;
    let message = is_news.then(|| NewMessage {
        cause: over(&alert.key),
        thread: alert.key.clone(),
        level: Level::Info,
        avoids_google: false,
        subject: format!("All clear: {}", title(&alert.key)),
        text: format!("This has lasted since {} and is over.\n", time(alert.since)),
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
        "backlog-age" => "nothing waits for too long any more",
        "sweep" => "the sweep sees everything again",
        "unannounced" => "Zoom announces recordings again",
        "silence" => "Zoom has called again",
        REFUSED => "no flood of forged webhooks any more",
        UNUSABLE => "what was replaced can be used again",
        "retention" => "nothing is about to be deleted at Zoom unarchived",
        "consent" => "the consent at Google was renewed",
        other => other,
    }
}
