//! What is wrong at this moment, as far as the store, the settings and the clock can tell. Pure.

use std::time::Duration;

use super::alerts::over;
use super::words::{REASON_CHARS_MAX, line, lines, span, time};
use super::{Level, NewMessage, pause_key};
use crate::jobs::pause::Pause;
use crate::jobs::{Backlog, Figures, Millis, SingletonState, Sweeping, age, backlog};

/// So long no sweep may have succeeded before people hear of it: beyond the two intervals after which the
/// figures are unknown.
const SWEEP_GRACE: Duration = Duration::from_secs(4 * 3600);

/// What was just found (by a sweep, a replay) and is old may take so long before it counts as waiting.
const WORK_GRACE: Duration = Duration::from_secs(3600);

/// So long Zoom may be silent about a recording that the sweep has found: it repeats an event for 85 minutes.
const UNANNOUNCED_GRACE: Duration = Duration::from_secs(2 * 3600);

/// Zoom's retention is told of so long before it deletes what is not archived.
const RETENTION_NOTICE: Duration = Duration::from_secs(3 * 24 * 3600);

/// The end of a consent is told of so long before.
const CONSENT_NOTICE: Duration = Duration::from_secs(2 * 24 * 3600);

/// Webhooks with a wrong signature within an hour that are more than a mistake. Zoom itself sends each event
/// once when it is refused.
pub const REFUSED_PER_HOUR: u64 = 50;

/// The key of a flood of forged webhooks: each instance sees its own.
pub(super) const REFUSED: &str = "refused-webhooks";

/// The key of replaced files that cannot be used: each instance has its own.
pub(super) const UNUSABLE: &str = "unusable-values";

/// The key of jobs that wait for a person.
pub(super) const PARKED: &str = "still-parked";

/// What is wrong at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    /// Names the trouble.
    pub key: String,
    /// Not told before it has lasted so long.
    pub grace: Duration,
    /// Its beginning has a message of its own: only reminders are written.
    pub is_explained: bool,
    /// How bad it is.
    pub level: Level,
    /// Whether Google is the trouble.
    pub avoids_google: bool,
    /// One line.
    pub subject: String,
    /// What it means, and what to do.
    pub text: String,
}

/// What is known of recordings that the sweep found and no event has announced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unannounced {
    /// How many were found since Zoom's last call.
    pub count: u64,
    /// When the first of them was found.
    pub since: Option<Millis>,
}

/// Everything that is looked at.
#[derive(Debug)]
pub struct SystemSnapshot<'a> {
    /// The store's clock.
    pub now: Millis,
    /// What is not archived.
    pub backlog: &'a Backlog,
    /// The sweep's turn.
    pub singleton: &'a SingletonState,
    /// Whether Zoom is swept.
    pub sweeping: Sweeping,
    /// What is paused.
    pub pauses: &'a [Pause],
    /// What no event announced.
    pub unannounced: Unannounced,
    /// Webhooks that this instance refused within the last hour.
    pub refused: u64,
    /// New values of settings that this instance cannot use: which, and why.
    pub unusable: &'a [String],
    /// When Google ends the consent that we work with, if that is known.
    pub consent_ends_at: Option<Millis>,
}

/// When people want to hear of it; nothing for never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// How old the oldest recording may be that is not archived.
    pub backlog_age: Option<Duration>,
    /// How long Zoom may be silent.
    pub silence: Option<Duration>,
}

/// What is wrong, by what is seen.
pub fn conditions(seen: &SystemSnapshot<'_>, limits: Limits) -> Vec<Condition> {
    let mut found: Vec<Condition> = seen.pauses.iter().map(|pause| still_paused(pause, seen.now)).collect();
    found.extend(
        [
            still_parked(seen),
            limits.backlog_age.and_then(|limit| too_old(seen, limit)),
            sweep_fails(seen),
            unannounced(seen),
            limits.silence.and_then(|limit| silent(seen, limit)),
            refused(seen),
            unusable(seen),
            retention(seen),
            consent(seen),
        ]
        .into_iter()
        .flatten(),
    );
    found
}

impl Condition {
    fn new(key: &str, level: Level, subject: String, text: String) -> Self {
        let key = key.to_owned();
        Self { key, grace: Duration::ZERO, is_explained: false, level, avoids_google: false, subject, text }
    }

    /// The message that tells of it.
    pub(super) fn message(&self, cause: String) -> NewMessage {
        NewMessage {
            cause,
            thread: self.key.clone(),
            level: self.level,
            avoids_google: self.avoids_google,
            subject: self.subject.clone(),
            text: self.text.clone(),
            wait: Duration::ZERO,
            takes_back: Some(over(&self.key)),
        }
    }
}

/// Told of at its beginning by whoever began it.
fn still_paused(pause: &Pause, now: Millis) -> Condition {
    let begun = super::paused(pause.system, pause.cause, &pause.message);
    let since = format!("Paused since {}, for {}.\n\n", time(pause.since), span(age(pause.since, now)));
    Condition {
        key: pause_key(pause.system, pause.cause),
        grace: Duration::ZERO,
        is_explained: false,
        level: begun.level,
        avoids_google: begun.avoids_google,
        subject: begun.subject,
        text: since + &begun.text,
    }
}

/// Each was told of when it was parked.
fn still_parked(seen: &SystemSnapshot<'_>) -> Option<Condition> {
    let parked = seen.backlog.parked;
    let text = "Each has its reason, with what to do.\n\n  zoom2drive jobs list --standing parked\n  \
                zoom2drive jobs retry --parked     once all is mended\n";
    let subject = format!("{parked} recording(s) wait for a person");
    let condition = Condition::new(PARKED, Level::Error, subject, text.to_owned());
    (parked > 0).then_some(Condition { is_explained: true, ..condition })
}

fn too_old(seen: &SystemSnapshot<'_>, limit: Duration) -> Option<Condition> {
    let oldest_at = seen.backlog.oldest_at?;
    let oldest = age(oldest_at, seen.now);
    let subject = format!("A recording has waited to be archived for {}", span(oldest));
    let text = format!(
        "{} recording(s) are not proved to be on Google Drive. The oldest happened on {}; NOTIFY_BACKLOG_AGE \
         allows {}.\n\n  zoom2drive jobs status\n  zoom2drive jobs list --standing active\n",
        seen.backlog.unarchived,
        time(oldest_at),
        span(limit)
    );
    let condition = Condition::new("backlog-age", Level::Error, subject, text);
    (oldest > limit).then_some(Condition { grace: WORK_GRACE, ..condition })
}

fn sweep_fails(seen: &SystemSnapshot<'_>) -> Option<Condition> {
    let Sweeping::Every(_) = seen.sweeping else { return None };
    let Figures::Unknown { why } = backlog::figures(seen.backlog, seen.singleton, seen.sweeping, seen.now)
    else {
        return None;
    };
    let text = format!(
        "{}.\n\nThe sweep asks Zoom what there is. While it fails nobody knows whether a recording is missing; what \
         Zoom announces is archived all the same.\n\n  zoom2drive jobs status\n",
        lines(&why, REASON_CHARS_MAX)
    );
    let subject = "It is not known whether a recording is missing: the sweep fails".to_owned();
    Some(Condition { grace: SWEEP_GRACE, ..Condition::new("sweep", Level::Error, subject, text) })
}

fn unannounced(seen: &SystemSnapshot<'_>) -> Option<Condition> {
    let Unannounced { count, since } = seen.unannounced;
    let since = since.filter(|since| age(*since, seen.now) >= UNANNOUNCED_GRACE)?;
    let subject = format!("Zoom does not call: {count} recording(s) were found that no event announced");
    let text = format!(
        "The first was found on {}, and Zoom has not called since. They are archived all the same, later than they \
         could be.\n\nLook at marketplace.zoom.us, Manage, your app: is it activated, is the event subscription on, does \
         its address lead here, and is ZOOM_WEBHOOK_SECRET_TOKEN its Secret Token?\n\n  zoom2drive jobs status\n",
        time(since)
    );
    Some(Condition::new("unannounced", Level::Error, subject, text))
}

fn silent(seen: &SystemSnapshot<'_>, limit: Duration) -> Option<Condition> {
    let last = seen.backlog.last_event_at?;
    let silence = age(last, seen.now);
    let subject = format!("Zoom has not called for {}", span(silence));
    let text = format!(
        "Its last call came on {}. If there were meetings since, look at the event subscription of your app at \
         marketplace.zoom.us, and whether its address leads here. NOTIFY_SILENCE allows {}.\n\n  zoom2drive jobs status\n",
        time(last),
        span(limit)
    );
    (silence > limit).then(|| Condition::new("silence", Level::Warning, subject, text))
}

fn refused(seen: &SystemSnapshot<'_>) -> Option<Condition> {
    let subject = format!("{} webhooks with a wrong signature within an hour", seen.refused);
    let text = "None of them was let in. Either somebody tries to forge Zoom's calls, or ZOOM_WEBHOOK_SECRET_TOKEN is not \
                the app's Secret Token any more (marketplace.zoom.us, Manage, your app, Feature, Token): then Zoom's own \
                calls are refused, too, and only the sweep finds recordings. The log names each.\n\n  zoom2drive jobs status\n";
    (seen.refused >= REFUSED_PER_HOUR)
        .then(|| Condition::new(REFUSED, Level::Error, subject, text.to_owned()))
}

fn unusable(seen: &SystemSnapshot<'_>) -> Option<Condition> {
    let what: Vec<String> = seen.unusable.iter().map(|what| line(what, REASON_CHARS_MAX)).collect();
    let text = format!(
        "A file with a secret or with rules was changed, and what it holds now cannot be used. The value before stays in \
         force until the next start, which would fail.\n\n  {}\n\nPut a good value into the file; it is taken over by \
         itself.\n\n  zoom2drive doctor\n",
        what.join("\n  ")
    );
    let subject = "A setting that was replaced cannot be used; the old value stays in force".to_owned();
    (!what.is_empty()).then(|| Condition::new(UNUSABLE, Level::Error, subject, text))
}

fn retention(seen: &SystemSnapshot<'_>) -> Option<Condition> {
    let deletes_at = seen.backlog.zoom_deletes_at?;
    let day: String = time(deletes_at).chars().take(10).collect();
    let subject = format!("Zoom deletes a recording on {day} that is not archived");
    let text = format!(
        "{} recording(s) are not proved to be on Google Drive, and Zoom's retention deletes the first of them on {day} \
         (UTC). Mend what keeps them, or put the deletion off in Zoom's account settings under Recording.\n\n  \
         zoom2drive jobs status\n  zoom2drive jobs list --standing parked\n",
        seen.backlog.unarchived
    );
    (age(seen.now, deletes_at) <= RETENTION_NOTICE)
        .then(|| Condition { grace: WORK_GRACE, ..Condition::new("retention", Level::Error, subject, text) })
}

fn consent(seen: &SystemSnapshot<'_>) -> Option<Condition> {
    let ends_at = seen.consent_ends_at?;
    let subject = format!("Google ends the consent on {}", time(ends_at));
    let text = "The consent screen is in Testing, where a consent ends after seven days. Then nothing can be archived, \
                and no mail can be sent by Gmail. Log in again, or set the consent screen to In production in the Cloud \
                console under Google Auth Platform, Audience.\n\n  zoom2drive login\n";
    let condition = Condition::new("consent", Level::Error, subject, text.to_owned());
    (age(seen.now, ends_at) <= CONSENT_NOTICE).then_some(Condition { avoids_google: true, ..condition })
}
