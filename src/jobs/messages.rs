//! Messages to people: which events cause one, and its text. Pure: takes facts, returns texts.
//!
//! A message is stored in the same transaction as the event that causes it, and sent later. [`post`] decides which
//! messages are sent together and when, [`conditions`] lists current problems, [`pages`] adds addresses, [`alerts`] tracks problems that last.
//! No text holds a secret, and untrusted text cannot break a line.

pub mod alerts;
mod archive;
pub mod conditions;
pub mod pages;
pub mod post;
mod words;

use std::time::Duration;

use super::pause::{PauseCause, System};
use super::{Job, Millis, Stage};
use crate::recording::{RecordingFile, Source};
use words::{REASON_CHARS_MAX, alike, facts, lines, time, title};

pub use archive::VERIFY_KEYS;
pub use words::{line, span};

/// Equal for reasons of parked jobs that differ only in numbers.
pub fn parked_alike(reason: &str) -> String {
    alike(&lines(reason, REASON_CHARS_MAX))
}

/// An outage is reported after this time: most outages are over by then, and nobody has to be woken.
const OUTAGE_GRACE: Duration = Duration::from_secs(300);

/// The hour (UTC) of the daily digest.
const DIGEST_HOUR: Duration = Duration::from_secs(6 * 3600);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// Severity of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// For information.
    Info,
    /// It may pass by itself, or there is time left.
    Warning,
    /// A person must do something.
    Error,
}

impl Level {
    /// Every level, in ascending order.
    pub const ALL: [Level; 3] = [Level::Info, Level::Warning, Level::Error];

    /// The stored and displayed name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }

    /// Parses a stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// Whether successfully archived recordings cause messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Archived {
    /// No message.
    #[default]
    Off,
    /// A message for each recording.
    Each,
    /// One message a day.
    Daily,
}

/// Whether messages are written, and which.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NotifyPolicy {
    /// Whether a channel is configured. Without one no message is written: they would only pile up.
    pub is_on: bool,
    /// Which messages successful recordings cause.
    pub archived: Archived,
}

/// A message to be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct NewMessage {
    /// Groups messages: those with the same cause are sent as one.
    pub cause: String,
    /// Messages of one thread belong together: problem, reminders, all-clear.
    pub thread: String,
    pub level: Level,
    /// Whether Google is the cause of the problem: then another channel than Gmail is preferred.
    pub avoids_google: bool,
    /// One line of text.
    pub subject: String,
    /// Plain text, several lines.
    pub text: String,
    /// Time to wait before it is sent.
    pub wait: Duration,
    /// The cause of the opposite message. If that one is not sent yet, it is withdrawn and this one is not stored:
    /// neither is needed.
    pub takes_back: Option<String>,
}

/// Delivery state of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageState {
    /// Not sent yet.
    Waiting,
    /// A channel accepted it.
    Sent,
    /// No channel accepted it for a day.
    GivenUp,
    /// Withdrawn before it was sent, because it was no longer true.
    TakenBack,
}

impl MessageState {
    /// Every state.
    pub const ALL: [MessageState; 4] =
        [MessageState::Waiting, MessageState::Sent, MessageState::GivenUp, MessageState::TakenBack];

    /// The stored and displayed name.
    pub fn name(self) -> &'static str {
        match self {
            MessageState::Waiting => "waiting",
            MessageState::Sent => "sent",
            MessageState::GivenUp => "given-up",
            MessageState::TakenBack => "taken-back",
        }
    }

    /// Parses a stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A stored message. The fields that [`NewMessage`] has too are described there.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Message {
    pub id: i64,
    pub cause: String,
    pub thread: String,
    pub level: Level,
    pub avoids_google: bool,
    pub subject: String,
    pub text: String,
    pub created_at: Millis,
    pub state: MessageState,
    /// Failed attempts to send it.
    pub attempts: u32,
    pub next_attempt_at: Millis,
    pub sent_at: Option<Millis>,
    /// Channel that accepted it; empty until then.
    pub channel: String,
    /// Last error; empty when there was none.
    pub last_error: String,
    /// Id of the first message of the group that it was sent with.
    pub sent_with: Option<i64>,
}

/// Reports a parked job.
pub fn parked(job: &Job, reason: &str) -> NewMessage {
    let reason = lines(reason, REASON_CHARS_MAX);
    let is_archived = job.stage >= Stage::Verified && !job.has_news();
    let (kept, retention) = match job.recording.source() {
        Source::Zoom => ("its copy at Zoom is kept", "Zoom's own retention goes on counting."),
        Source::Meet => {
            ("its original is untouched", "Google keeps the conference for 30 days after its end.")
        }
    };
    let what = if is_archived { format!("archived, and {kept}: it") } else { "not archived and".to_owned() };
    let text = format!(
        "A recording is {what} waits for a person.\n\n{}\n\n{reason}\n\n\
         Until somebody lets it go on, nothing more happens to it here. {retention}\n\n  \
         zoom2drive jobs show {id}\n  zoom2drive jobs retry {id}     once it is mended\n",
        facts(job),
        id = job.id,
    );
    NewMessage {
        cause: format!("parked {}", alike(&reason)),
        thread: format!("parked {}", alike(&reason)),
        level: Level::Error,
        avoids_google: false,
        subject: format!("Job {} waits for a person: {}", job.id, title(job)),
        text,
        wait: Duration::ZERO,
        takes_back: None,
    }
}

/// Reports a finished job; `None` if nobody wants this message. `note` holds facts that people should know in
/// addition.
pub fn archived(job: &Job, note: &str, wanted: Archived, now: Millis) -> Option<NewMessage> {
    let (cause, wait) = match wanted {
        Archived::Off => return None,
        Archived::Each => (format!("archived {}", job.id), Duration::ZERO),
        Archived::Daily => ("archived".to_owned(), until_digest(now)),
    };
    let note = if note.is_empty() { String::new() } else { format!("{}\n\n", lines(note, REASON_CHARS_MAX)) };
    let has_exports = job.recording.files.iter().any(RecordingFile::is_export);
    let what = match has_exports {
        false => "Every file of this recording is on Google Drive, byte for byte.",
        true => {
            "Every file of this recording is on Google Drive: videos byte for byte, documents as Google exported them."
        }
    };
    Some(NewMessage {
        thread: cause.clone(),
        cause,
        level: Level::Info,
        avoids_google: false,
        subject: format!("Job {} is archived: {}", job.id, title(job)),
        text: format!("{what}\n\n{}\n\n{note}  zoom2drive jobs show {}\n", facts(job), job.id),
        wait,
        takes_back: None,
    })
}

/// Key of a pause among the [`alerts`].
pub fn pause_key(system: System, cause: PauseCause) -> String {
    format!("paused {system} {cause}")
}

/// Reports the start of a pause. `said` is its message, with the steps that a person can take.
pub fn paused(system: System, cause: PauseCause, said: &str) -> NewMessage {
    let key = pause_key(system, cause);
    NewMessage {
        takes_back: Some(alerts::over(&key)),
        thread: key.clone(),
        cause: key,
        level: pause_level(cause),
        avoids_google: is_google(system, cause),
        subject: format!("{system} is paused ({cause})"),
        text: format!(
            "{}\n\nMeanwhile no recording is begun, none loses an attempt and none is parked. Webhooks are taken. \
             It is tried again now and then, and goes on by itself once it works.\n\n  zoom2drive jobs list\n",
            lines(said, REASON_CHARS_MAX)
        ),
        wait: if cause == PauseCause::Unreachable { OUTAGE_GRACE } else { Duration::ZERO },
    }
}

/// Reports the end of a pause.
pub fn resumed(system: System, cause: PauseCause, since: Millis) -> NewMessage {
    let key = pause_key(system, cause);
    NewMessage {
        cause: alerts::over(&key),
        takes_back: Some(key.clone()),
        thread: key,
        level: Level::Info,
        // The same channel as for the start of the pause.
        avoids_google: is_google(system, cause),
        subject: format!("{system} works again ({cause})"),
        text: format!("It was paused since {}. Everything goes on by itself.\n", time(since)),
        wait: Duration::ZERO,
    }
}

fn pause_level(cause: PauseCause) -> Level {
    match cause {
        PauseCause::DailyLimit | PauseCause::Unreachable => Level::Warning,
        _ => Level::Error,
    }
}

/// Whether a message about this pause may not be deliverable by Gmail.
fn is_google(system: System, cause: PauseCause) -> bool {
    let concerns_everything =
        matches!(cause, PauseCause::Credentials | PauseCause::MissingScope | PauseCause::Unreachable);
    system == System::Drive && concerns_everything
}

/// Time until the next digest.
fn until_digest(now: Millis) -> Duration {
    let past = Duration::from_millis(u64::try_from(now).unwrap_or(0));
    let in_day = Duration::from_millis((past.as_millis() % DAY.as_millis()).try_into().unwrap_or(0));
    if in_day < DIGEST_HOUR { DIGEST_HOUR - in_day } else { DAY + DIGEST_HOUR - in_day }
}

#[cfg(test)]
mod tests;
