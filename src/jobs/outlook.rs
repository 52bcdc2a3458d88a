//! One sentence about the whole archive, and what to do if it is not good. Pure.
//!
//! It is made from what the alert rules look at ([`SystemSnapshot`]) and from their [`conditions`], so a page and a
//! mail say the same. The good sentence names the day since when it holds. It is never said while figures are unknown.

mod text;
mod todo;

use jiff::tz::TimeZone;

use super::messages::alerts::Alert;
use super::messages::conditions::{Condition, Limits, SystemSnapshot, conditions};
use super::pause::{PauseCause, System};
use super::{Figures, JobId, Millis, Queue, Sweeping, age, backlog};

pub use text::{clock, date, span};

/// How the archive is, the most urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// A person must do something.
    Attention,
    /// Nobody can say whether a recording is missing.
    Unknown,
    /// Recordings are on their way.
    Working,
    /// Every recording that is known to exist is archived.
    Well,
}

impl State {
    /// The name in addresses, files and classes.
    pub fn name(self) -> &'static str {
        match self {
            Self::Attention => "attention",
            Self::Unknown => "unknown",
            Self::Working => "working",
            Self::Well => "well",
        }
    }

    /// The mark in front of a title.
    pub fn mark(self) -> &'static str {
        match self {
            Self::Attention => "!",
            Self::Unknown => "?",
            Self::Working => "\u{21bb}",
            Self::Well => "\u{2713}",
        }
    }
}

/// What the store, the process and the machine say at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// What the alert rules look at.
    pub seen: &'a SystemSnapshot<'a>,
    pub limits: Limits,
    /// Since when problems last.
    pub alerts: &'a [Alert],
    pub queue: Queue,
    /// Reasons of parked jobs, the most frequent first.
    pub parked: &'a [ParkedReason],
    /// Whether the workers run.
    pub is_alive: bool,
    /// Messages of the last seven days that reached nobody.
    pub given_up: u64,
    /// Free bytes on the disk of the database, if that is known.
    pub disk_free: Option<u64>,
    pub late: LateFiles,
    /// `None` while they are not counted: then the sentence does not speak of every recording.
    pub unwanted: Option<Unwanted>,
    /// Everything that was archived, if it was counted.
    pub totals: Option<Totals>,
    /// The zone of the printed times.
    pub zone: &'a TimeZone,
}

/// Parked jobs whose reasons differ only in numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParkedReason {
    /// Equal for such reasons; see [`parked_alike`](super::messages::parked_alike).
    pub alike: String,
    /// The number of jobs.
    pub jobs: u64,
    /// Why the first of them waits for a person.
    pub reason: String,
    /// The first of them.
    pub first: JobId,
    /// When it was parked.
    pub since: Millis,
}

/// Archived recordings whose late files are awaited.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LateFiles {
    /// The number of recordings.
    pub jobs: u64,
    /// The end of the last window.
    pub until: Option<Millis>,
}

/// Recordings since the first covered day that are not archived, by somebody's choice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unwanted {
    /// Left out by rules, whole or in part.
    pub left_out: u64,
    /// Cancelled by operators.
    pub called_off: u64,
}

/// Everything that was archived.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// The number of recordings.
    pub recordings: u64,
    /// Proved bytes on Drive.
    pub bytes: u64,
}

/// The answer to "is everything archived?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    pub state: State,
    /// One sentence.
    pub sentence: String,
    /// The same in a few words, for the title of a tab.
    pub short: String,
    /// What a person must do, the most urgent first; empty unless the state is [`State::Attention`].
    pub todo: Vec<Todo>,
    /// Further facts.
    pub lines: Vec<Line>,
}

/// A further fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    /// Commands that belong to it.
    pub commands: Vec<String>,
    /// What kind of fact it is.
    pub kind: LineKind,
}

/// Kind of a further fact.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineKind {
    /// For information.
    Fact,
    /// A problem that may pass by itself, or that leaves time.
    Warning,
    /// Recordings that nobody wanted: there is a list of them.
    Unwanted,
}

/// Something that a person must do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Todo {
    /// What is wrong, in one line.
    pub what: String,
    /// Since when, if that is known.
    pub since: Option<Millis>,
    /// Its meaning and the next steps, unshortened.
    pub advice: String,
    /// Commands for it.
    pub commands: Vec<String>,
    /// The button that helps.
    pub act: Act,
}

/// The button beside something to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// None helps.
    None,
    /// Probe a paused system now; it is probed anyway at this time.
    Probe(System, Millis),
    /// Retry the parked jobs of this group.
    Retry {
        /// See [`ParkedReason::alike`].
        alike: String,
        /// The number of jobs.
        jobs: u64,
        /// One of them.
        first: JobId,
    },
    /// Read the messages that reached nobody.
    Messages,
    /// Read which copies are not as they were proved.
    Findings,
}

/// The state, the sentence and what to do.
pub fn outlook(facts: &Facts<'_>) -> Outlook {
    let (seen, conditions) = (facts.seen, conditions(facts.seen, facts.limits));
    let todo = todo::todo(facts, &conditions);
    let figures = backlog::figures(seen.backlog, seen.singleton, seen.sweeping, seen.now);
    let known = known(facts, figures);
    let is_paused = seen.pauses.iter().any(|pause| !needs_people(pause.cause));
    let (state, sentence, short) = match &known {
        _ if !todo.is_empty() => text::attention(todo.len()),
        Err(_) => text::unknown(facts),
        Ok(known) if known.unarchived > 0 => text::working(known.unarchived),
        Ok(_) if is_paused => text::paused(),
        Ok(known) => text::well(facts, known),
    };
    let mut lines = text::lines(facts, &known, &conditions);
    if state == State::Attention && known.is_err() {
        lines.insert(0, text::nobody_can_say());
    }
    Outlook { state, sentence, short, todo, lines }
}

impl Outlook {
    /// The outlook while the store cannot be read: nobody can say anything.
    pub fn unreadable() -> Self {
        let line = |text: &str| Line { text: text.to_owned(), commands: Vec::new(), kind: LineKind::Warning };
        Self {
            state: State::Unknown,
            sentence: text::NOBODY_CAN_SAY.to_owned(),
            short: text::NOT_KNOWN.to_owned(),
            todo: Vec::new(),
            lines: vec![line(
                "The service cannot read its database. It tries again by itself; its log says what is wrong.",
            )],
        }
    }
}

impl SystemSnapshot<'_> {
    /// When the next sweep begins; `None` if that is not known, or there are no sweeps.
    pub fn next_sweep_at(&self) -> Option<Millis> {
        let Sweeping::Every(every) = self.sweeping else { return None };
        let every = i64::try_from(every.as_millis()).unwrap_or(i64::MAX);
        Some(self.singleton.tried_at?.saturating_add(every))
    }
}

/// Figures that hold for every source.
struct Known {
    unarchived: u64,
    oldest_at: Option<Millis>,
    zoom_deletes_at: Option<Millis>,
    /// Whose recordings they leave out; empty if nobody's.
    unseen: String,
    /// The first day since when they hold.
    since: Millis,
}

/// The figures, or why they are unknown.
fn known(facts: &Facts<'_>, figures: Figures) -> Result<Known, String> {
    let (unarchived, oldest_at, zoom_deletes_at, unseen) = match figures {
        Figures::Unknown { why } => return Err(why),
        Figures::Known { unarchived, oldest_at, zoom_deletes_at, unseen, .. } => {
            (unarchived, oldest_at, zoom_deletes_at, unseen)
        }
    };
    let Some(mut since) = facts.seen.singleton.coverage.from else {
        return Err("no sweep has ended since this release was installed".to_owned());
    };
    if let Some((meet, every)) = facts.seen.meet {
        let is_recent = |at: Millis| age(at, facts.seen.now) <= every.saturating_mul(2);
        let covered = meet.coverage.from.filter(|_| meet.succeeded_at.is_some_and(is_recent));
        let Some(covered) = covered else {
            return Err(match meet.note.as_str() {
                "" => "Google Meet has not been read yet".to_owned(),
                note => format!("Google Meet was not read to its end lately; the last look: {note}"),
            });
        };
        since = since.max(covered);
    }
    Ok(Known { unarchived, oldest_at, zoom_deletes_at, unseen, since })
}

/// Whether a pause of this cause ends only when a person does something.
fn needs_people(cause: PauseCause) -> bool {
    cause.is_mended_by_people() || matches!(cause, PauseCause::StorageFull | PauseCause::ItemsFull)
}

/// Whether a problem has lasted for longer than its grace.
fn is_past_grace(condition: &Condition, alerts: &[Alert], now: Millis) -> bool {
    let known = alerts.iter().find(|alert| alert.key == condition.key);
    condition.grace.is_zero() || known.is_some_and(|alert| age(alert.since, now) >= condition.grace)
}

#[cfg(test)]
mod property;
#[cfg(test)]
mod tests;
