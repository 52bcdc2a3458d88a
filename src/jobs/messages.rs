//! What people are told: of which happening, in which words. Pure: facts go in, texts come out.
//!
//! A message is written down by the same transaction as what it tells of, and sent later from there.
//! [`post`] decides which go out together and when, [`conditions`] what is wrong, [`alerts`] what is told of
//! trouble that lasts. No text holds a secret, and no text from outside can end a line.

pub mod alerts;
pub mod conditions;
pub mod post;
mod words;

use std::time::Duration;

use super::pause::{PauseCause, System};
use super::{Job, Millis, Stage};
use words::{REASON_CHARS_MAX, alike, facts, lines, time, title};

pub use words::line;

/// A system that cannot be reached is told of after so long: most outages are over by then, and nobody needs to
/// be woken.
const OUTAGE_GRACE: Duration = Duration::from_secs(300);

/// The hour (UTC) of the daily digest.
const DIGEST_HOUR: Duration = Duration::from_secs(6 * 3600);

const DAY: Duration = Duration::from_secs(24 * 3600);

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Good to know.
    Info,
    /// It may pass, or there is time left.
    Warning,
    /// A person must do something.
    Error,
}

impl Level {
    /// Every level.
    pub const ALL: [Level; 3] = [Level::Info, Level::Warning, Level::Error];

    /// Its name, as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }

    /// Reads a stored name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.name() == name)
    }
}

/// Whether people hear of what went well.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Archived {
    /// Not at all.
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
    /// Whether there is any way to send one. Without it none is written: they would only pile up.
    pub is_on: bool,
    /// What went well.
    pub archived: Archived,
}

/// A message that is to be written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    /// What it is about. Messages of one cause are collected into one letter.
    pub cause: String,
    /// Letters of one thread belong together: trouble, reminders, all clear.
    pub thread: String,
    /// How bad it is.
    pub level: Level,
    /// Whether Google is the trouble: then it should rather go by another way.
    pub avoids_google: bool,
    /// One line.
    pub subject: String,
    /// Lines of plain text.
    pub text: String,
    /// Not to be sent before so long from now.
    pub wait: Duration,
    /// The cause whose message says the contrary. If that one was not sent yet, it is taken back, and this one
    /// is not written: nobody needs to hear of either.
    pub takes_back: Option<String>,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageState {
    /// To be sent.
    Waiting,
    /// A channel took it.
    Sent,
    /// No channel took it for a day.
    GivenUp,
    /// It was no longer true before it was sent.
    TakenBack,
}

impl MessageState {
    /// Every state.
    pub const ALL: [MessageState; 4] =
        [MessageState::Waiting, MessageState::Sent, MessageState::GivenUp, MessageState::TakenBack];

    /// Its name, as stored and shown.
    pub fn name(self) -> &'static str {
        match self {
            MessageState::Waiting => "waiting",
            MessageState::Sent => "sent",
            MessageState::GivenUp => "given-up",
            MessageState::TakenBack => "taken-back",
        }
    }

    /// Reads a stored name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A message as it is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// Its number.
    pub id: i64,
    /// See [`NewMessage::cause`].
    pub cause: String,
    /// See [`NewMessage::thread`].
    pub thread: String,
    /// How bad it is.
    pub level: Level,
    /// See [`NewMessage::avoids_google`].
    pub avoids_google: bool,
    /// One line.
    pub subject: String,
    /// Lines of plain text.
    pub text: String,
    /// When it was written.
    pub created_at: Millis,
    /// What became of it.
    pub state: MessageState,
    /// Tries that failed.
    pub attempts: u32,
    /// Not before this is it tried.
    pub next_attempt_at: Millis,
    /// When a channel took it.
    pub sent_at: Option<Millis>,
    /// Which one.
    pub channel: String,
    /// What went wrong last.
    pub last_error: String,
    /// The first message of the letter that it went in.
    pub sent_with: Option<i64>,
}

/// A job was parked.
pub fn parked(job: &Job, reason: &str) -> NewMessage {
    let reason = lines(reason, REASON_CHARS_MAX);
    let is_archived = job.stage >= Stage::Verified && !job.has_news();
    let what = if is_archived { "archived, and its copy at Zoom is kept: it" } else { "not archived and" };
    let text = format!(
        "A recording is {what} waits for a person.\n\n{}\n\n{reason}\n\n\
         Until somebody lets it go on, nothing more happens to it here. Zoom's own retention goes on counting.\n\n  \
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

/// A job is finished; nothing when nobody wants to hear of it. `note` is what people should know all the same.
pub fn archived(job: &Job, note: &str, wanted: Archived, now: Millis) -> Option<NewMessage> {
    let (cause, wait) = match wanted {
        Archived::Off => return None,
        Archived::Each => (format!("archived {}", job.id), Duration::ZERO),
        Archived::Daily => ("archived".to_owned(), until_digest(now)),
    };
    let note = if note.is_empty() { String::new() } else { format!("{}\n\n", lines(note, REASON_CHARS_MAX)) };
    Some(NewMessage {
        thread: cause.clone(),
        cause,
        level: Level::Info,
        avoids_google: false,
        subject: format!("Job {} is archived: {}", job.id, title(job)),
        text: format!(
            "Every file of this recording is on Google Drive, byte for byte.\n\n{}\n\n{note}  zoom2drive jobs show {}\n",
            facts(job),
            job.id
        ),
        wait,
        takes_back: None,
    })
}

/// The key of a pause among the [`alerts`].
pub fn pause_key(system: System, cause: PauseCause) -> String {
    format!("paused {system} {cause}")
}

/// A pause has begun. `said` is its message, with what a person can do.
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

/// A pause has ended.
pub fn resumed(system: System, cause: PauseCause, since: Millis) -> NewMessage {
    let key = pause_key(system, cause);
    NewMessage {
        cause: alerts::over(&key),
        takes_back: Some(key.clone()),
        thread: key,
        level: Level::Info,
        // By the way on which the pause was told of.
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

/// Whether a message about this pause may not get through by Gmail.
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
