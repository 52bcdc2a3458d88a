//! Problems that exist at this moment, according to the store, the settings and the clock. Pure.

use std::time::Duration;

use super::alerts::over;
use super::archive::{archive_differs, verification_fails};
use super::words::{REASON_CHARS_MAX, line, lines, span, time};
use super::{Level, NewMessage, pause_key};
use crate::jobs::pause::Pause;
use crate::jobs::{Backlog, Figures, Millis, SingletonState, Sweeping, VerificationState, age, backlog};

/// Time without a successful sweep before people are notified, in addition to the two intervals after which the
/// figures are unknown.
pub(super) const SWEEP_GRACE: Duration = Duration::from_secs(4 * 3600);

/// A look at Google Meet counts for this number of intervals: one may fail.
const MEET_INTERVALS_TRUSTED: u32 = 2;

/// An old recording that a sweep or replay has just found may take this long before it counts as waiting.
const WORK_GRACE: Duration = Duration::from_secs(3600);

/// Time that Zoom may take to announce a recording that the sweep has found: it repeats an event for 85 minutes.
const UNANNOUNCED_GRACE: Duration = Duration::from_secs(2 * 3600);

/// People are warned this long before Zoom's retention deletes a recording that is not archived.
const RETENTION_NOTICE: Duration = Duration::from_secs(3 * 24 * 3600);

/// People are warned this long before a consent ends.
const CONSENT_NOTICE: Duration = Duration::from_secs(2 * 24 * 3600);

/// Webhooks with a wrong signature within an hour that are more than a mistake. Zoom sends each event once when it is
/// refused.
pub const REFUSED_PER_HOUR: u64 = 50;

/// Key of a flood of forged webhooks; each instance counts its own.
pub(super) const REFUSED: &str = "refused-webhooks";

/// Key of replaced files that cannot be used; each instance reads its own.
pub(super) const UNUSABLE: &str = "unusable-values";

/// Key of parked jobs.
pub const PARKED: &str = "still-parked";

/// A problem that exists at this moment.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Condition {
    /// Identifies the problem.
    pub key: String,
    /// Minimum duration before people are notified.
    pub grace: Duration,
    /// The start of the problem causes a message of its own: only reminders are written.
    pub is_explained: bool,
    pub level: Level,
    /// See [`NewMessage::avoids_google`].
    pub avoids_google: bool,
    /// One line of text.
    pub subject: String,
    /// Meaning of the problem, and the next steps.
    pub text: String,
}

/// Recordings that the sweep has found and that no event has announced.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unannounced {
    /// Recordings found since Zoom's last event.
    pub count: u64,
    /// When the first of them was found.
    pub since: Option<Millis>,
}

/// What this instance sees by itself. The store does not know it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "see `SystemSnapshot`")]
pub struct LocalSnapshot {
    pub refused: u64,
    pub unusable: Vec<String>,
    pub consent_ends_at: Option<Millis>,
}

/// The input of the alert rules.
#[derive(Debug)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct SystemSnapshot<'a> {
    /// The store's clock.
    pub now: Millis,
    pub backlog: &'a Backlog,
    /// The sweep's state.
    pub singleton: &'a SingletonState,
    pub sweeping: Sweeping,
    /// The looks at Google Meet, and their interval; `None` if the settings switch them off.
    pub meet: Option<(&'a SingletonState, Duration)>,
    /// Whether the archive is as it was proved, if anybody looked.
    pub verification: Option<&'a VerificationState>,
    pub pauses: &'a [Pause],
    pub unannounced: Unannounced,
    /// Webhooks that this instance has refused within the last hour.
    pub refused: u64,
    /// Replaced settings that this instance cannot use, each with the reason.
    pub unusable: &'a [String],
    /// End of our consent at Google, if it is known.
    pub consent_ends_at: Option<Millis>,
}

/// Limits after which people are notified; `None` means never.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Limits {
    /// Maximum age of a recording that is not archived.
    pub backlog_age: Option<Duration>,
    /// Maximum time without an event from Zoom.
    pub silence: Option<Duration>,
}

/// Lists the problems in a snapshot.
pub fn conditions(snapshot: &SystemSnapshot<'_>, limits: Limits) -> Vec<Condition> {
    let mut found: Vec<Condition> =
        snapshot.pauses.iter().map(|pause| still_paused(pause, snapshot.now)).collect();
    found.extend(
        [
            still_parked(snapshot),
            limits.backlog_age.and_then(|limit| too_old(snapshot, limit)),
            sweep_fails(snapshot),
            gap(snapshot),
            meet_fails(snapshot),
            snapshot.verification.and_then(archive_differs),
            snapshot.verification.and_then(verification_fails),
            unannounced(snapshot),
            limits.silence.and_then(|limit| silent(snapshot, limit)),
            refused(snapshot),
            unusable(snapshot),
            retention(snapshot),
            consent(snapshot),
        ]
        .into_iter()
        .flatten(),
    );
    found
}

impl Condition {
    pub(super) fn new(key: &str, level: Level, subject: String, text: String) -> Self {
        let key = key.to_owned();
        Self { key, grace: Duration::ZERO, is_explained: false, level, avoids_google: false, subject, text }
    }

    /// The message about the problem.
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

/// The start of the pause causes the first message.
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

/// Each job causes a message when it is parked.
fn still_parked(snapshot: &SystemSnapshot<'_>) -> Option<Condition> {
    let parked = snapshot.backlog.parked;
    let text = "Each job has a reason that says what to do.\n\n  zoom2drive jobs list --standing parked\n  \
                zoom2drive jobs retry --parked     after you have fixed the causes\n";
    let subject = format!("{parked} recording(s) wait for a person");
    let condition = Condition::new(PARKED, Level::Error, subject, text.to_owned());
    (parked > 0).then_some(Condition { is_explained: true, ..condition })
}

fn too_old(snapshot: &SystemSnapshot<'_>, limit: Duration) -> Option<Condition> {
    let oldest_at = snapshot.backlog.oldest_at?;
    let oldest = age(oldest_at, snapshot.now);
    let subject = format!("A recording has waited to be archived for {}", span(oldest));
    let text = format!(
        "{} recording(s) are not proved to be on Google Drive. The oldest happened on {}; NOTIFY_BACKLOG_AGE \
         allows {}.\n\n  zoom2drive jobs status\n  zoom2drive jobs list --standing active\n",
        snapshot.backlog.unarchived,
        time(oldest_at),
        span(limit)
    );
    let condition = Condition::new("backlog-age", Level::Error, subject, text);
    (oldest > limit).then_some(Condition { grace: WORK_GRACE, ..condition })
}

fn sweep_fails(snapshot: &SystemSnapshot<'_>) -> Option<Condition> {
    let Sweeping::Every(_) = snapshot.sweeping else { return None };
    let Figures::Unknown { why } =
        backlog::figures(snapshot.backlog, snapshot.singleton, snapshot.sweeping, snapshot.now)
    else {
        return None;
    };
    let text = format!(
        "{}.\n\nThe sweep asks Zoom for all recordings. While it fails, missing recordings are not noticed. Recordings \
         that Zoom announces are archived as usual. Fix the cause above.\n\n  zoom2drive jobs status\n",
        lines(&why, REASON_CHARS_MAX)
    );
    let subject = "The sweep fails: missing recordings are not noticed".to_owned();
    Some(Condition { grace: SWEEP_GRACE, ..Condition::new("sweep", Level::Error, subject, text) })
}

/// A backfill of these days ends it.
fn gap(snapshot: &SystemSnapshot<'_>) -> Option<Condition> {
    let Sweeping::Every(_) = snapshot.sweeping else { return None };
    let gap = snapshot.singleton.coverage.gap()?;
    let subject = format!("Nobody has looked for recordings {gap}");
    let text = format!(
        "No sweep succeeded in time, so recordings of these days (UTC) may be missing whose events did not arrive. This \
         command looks for them and archives what is missing:\n\n  {}\n\nA sweep looks back SWEEP_BACK. Set it longer than \
         any downtime of the service, and than SWEEP_EVERY by more than a day.\n\n  zoom2drive jobs status\n",
        gap.command()
    );
    Some(Condition::new("gap", Level::Warning, subject, text))
}

/// Google forgets conferences after 30 days: until then somebody must hear that they are not read.
fn meet_fails(snapshot: &SystemSnapshot<'_>) -> Option<Condition> {
    let (singleton, every) = snapshot.meet?;
    // The first look may not have ended.
    singleton.tried_at?;
    let is_recent = |at: Millis| age(at, snapshot.now) <= every.saturating_mul(MEET_INTERVALS_TRUSTED);
    if singleton.succeeded_at.is_some_and(is_recent) {
        return None;
    }
    let text = format!(
        "The last look: {}.\n\nWhile it fails, recordings of Google Meet are not noticed, and Google forgets a conference \
         30 days after its end. The log names the users who could not be asked, and `zoom2drive doctor --meet` says what \
         is missing.\n\n  zoom2drive jobs status\n  zoom2drive doctor --meet\n",
        lines(&singleton.note, REASON_CHARS_MAX)
    );
    let subject = "Google Meet cannot be read: its recordings are not noticed".to_owned();
    Some(Condition { grace: SWEEP_GRACE, ..Condition::new("meet", Level::Error, subject, text) })
}

fn unannounced(snapshot: &SystemSnapshot<'_>) -> Option<Condition> {
    let Unannounced { count, since } = snapshot.unannounced;
    let since = since.filter(|since| age(*since, snapshot.now) >= UNANNOUNCED_GRACE)?;
    let subject =
        format!("Zoom sends no events: the sweep found {count} recording(s) that no event announced");
    let text = format!(
        "The first was found on {}, and Zoom has sent no event since. They are archived, but later than they \
         could be.\n\nLook at marketplace.zoom.us, Manage, your app: is it activated, is the event subscription on, does \
         its address lead here, and is ZOOM_WEBHOOK_SECRET_TOKEN its Secret Token?\n\n  zoom2drive jobs status\n",
        time(since)
    );
    Some(Condition::new("unannounced", Level::Error, subject, text))
}

fn silent(snapshot: &SystemSnapshot<'_>, limit: Duration) -> Option<Condition> {
    let last = snapshot.backlog.last_event_at?;
    let silence = age(last, snapshot.now);
    let subject = format!("Zoom has sent no event for {}", span(silence));
    let text = format!(
        "The last event arrived on {}. If there were recorded meetings since, check the event subscription of your app at \
         marketplace.zoom.us, and check that its address leads here. NOTIFY_SILENCE allows {}.\n\n  zoom2drive jobs status\n",
        time(last),
        span(limit)
    );
    (silence > limit).then(|| Condition::new("silence", Level::Warning, subject, text))
}

fn refused(snapshot: &SystemSnapshot<'_>) -> Option<Condition> {
    let subject = format!("{} webhooks with a wrong signature within an hour", snapshot.refused);
    let text = "All of them were refused. Either somebody forges Zoom's requests, or ZOOM_WEBHOOK_SECRET_TOKEN is not \
                the app's Secret Token any more (marketplace.zoom.us, Manage, your app, Feature, Token): then Zoom's own \
                requests are refused, too, and only the sweep finds recordings. The log names each.\n\n  zoom2drive jobs status\n";
    (snapshot.refused >= REFUSED_PER_HOUR)
        .then(|| Condition::new(REFUSED, Level::Error, subject, text.to_owned()))
}

fn unusable(snapshot: &SystemSnapshot<'_>) -> Option<Condition> {
    let what: Vec<String> = snapshot.unusable.iter().map(|what| line(what, REASON_CHARS_MAX)).collect();
    let text = format!(
        "A file with a secret or with rules was changed, and its new content cannot be used. The previous value stays in \
         force until the next start, which would fail.\n\n  {}\n\nPut a correct value into the file; the service reads it by \
         itself.\n\n  zoom2drive doctor\n",
        what.join("\n  ")
    );
    let subject = "A setting that was replaced cannot be used; the old value stays in force".to_owned();
    (!what.is_empty()).then(|| Condition::new(UNUSABLE, Level::Error, subject, text))
}

fn retention(snapshot: &SystemSnapshot<'_>) -> Option<Condition> {
    let deletes_at = snapshot.backlog.zoom_deletes_at?;
    let day: String = time(deletes_at).chars().take(10).collect();
    let subject = format!("Zoom deletes a recording on {day} that is not archived");
    let text = format!(
        "{} recording(s) are not proved to be on Google Drive, and Zoom's retention deletes the first of them on {day} \
         (UTC). Fix the causes that block them, or postpone the deletion in Zoom's account settings under Recording.\n\n  \
         zoom2drive jobs status\n  zoom2drive jobs list --standing parked\n",
        snapshot.backlog.unarchived
    );
    (age(snapshot.now, deletes_at) <= RETENTION_NOTICE)
        .then(|| Condition { grace: WORK_GRACE, ..Condition::new("retention", Level::Error, subject, text) })
}

fn consent(snapshot: &SystemSnapshot<'_>) -> Option<Condition> {
    let ends_at = snapshot.consent_ends_at?;
    let subject = format!("Google ends the consent on {}", time(ends_at));
    let text = "The consent screen is in Testing, where a consent ends after seven days. Then nothing can be archived, \
                and no mail can be sent by Gmail. Log in again, or set the consent screen to In production in the Cloud \
                console under Google Auth Platform, Audience.\n\n  zoom2drive login\n";
    let condition = Condition::new("consent", Level::Error, subject, text.to_owned());
    (age(snapshot.now, ends_at) <= CONSENT_NOTICE).then_some(Condition { avoids_google: true, ..condition })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_meet_that_is_not_read_is_told_and_one_failed_look_is_not() {
        const NOW: Millis = 1_772_400_000_000;
        const HOUR: Millis = 3600 * 1000;
        let look =
            |tried_at, succeeded_at| SingletonState { tried_at, succeeded_at, ..SingletonState::default() };
        let ago = |millis: Millis| look(Some(NOW), Some(NOW - millis));
        let (backlog, singleton) = (Backlog::default(), SingletonState::default());
        for (state, is_told) in [
            (ago(2 * HOUR), false),
            (ago(2 * HOUR + 1), true),
            (look(Some(NOW), None), true),
            (look(None, None), false),
        ] {
            let snapshot = |meet| SystemSnapshot {
                now: NOW,
                backlog: &backlog,
                singleton: &singleton,
                sweeping: Sweeping::Off,
                meet,
                verification: None,
                pauses: &[],
                unannounced: Unannounced::default(),
                refused: 0,
                unusable: &[],
                consent_ends_at: None,
            };
            let found = conditions(&snapshot(Some((&state, Duration::from_secs(3600)))), Limits::default());
            assert_eq!(found.iter().any(|condition| condition.key == "meet"), is_told, "{state:?}");
            assert!(conditions(&snapshot(None), Limits::default()).is_empty());
        }
    }
}
