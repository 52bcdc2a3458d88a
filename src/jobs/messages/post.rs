//! Which messages go out together, and when. Pure: what waits and what was sent go in.
//!
//! The first message of a cause goes out at once; further ones are collected for an hour. No more than so many
//! letters are sent in an hour: the last of them tells in a line each what did not get one of its own.

use std::time::Duration;

use super::words::shortened;
use super::{Level, Message};
use crate::jobs::Millis;

/// So long after a letter no other of the same cause is sent.
pub const COLLECT_FOR: Duration = Duration::from_secs(3600);

/// The time over which letters are counted.
pub const HOUR: Duration = Duration::from_secs(3600);

/// Letters within an hour, over all causes. A person reads no more, and Google counts mails by the day (500 for
/// a private mailbox).
pub const EMAILS_PER_HOUR: u32 = 20;

/// After so long a message that no channel takes is given up: by then others have looked.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Messages whose own words find a place in one letter; of the others only the number is told.
pub const NAMED_MAX: usize = 50;

/// Longest letter, in characters. Chats take no more than a few thousand.
pub const LETTER_CHARS_MAX: usize = 12_000;

/// Longest subject, in characters.
const SUBJECT_CHARS_MAX: usize = 200;

/// Messages of one cause that wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// The cause.
    pub cause: String,
    /// The first of them.
    pub first: i64,
    /// Its level.
    pub level: Level,
    /// When the first may be tried.
    pub due_at: Millis,
    /// Until when somebody is at it; 0 when nobody is.
    pub held_until: Millis,
    /// When a letter of this cause was last sent.
    pub sent_at: Option<Millis>,
}

/// What is to be sent now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// Nothing. Something will be due in so long, if anything waits.
    Nothing(Option<Duration>),
    /// All that wait of this cause.
    Cause(String),
    /// Everything that is due, in one letter: no more are sent in this hour.
    Everything,
}

/// Decides what is sent next. `sent` are the times of the letters of the last hour.
pub fn pick(groups: &[Group], sent: &[Millis], now: Millis) -> Pick {
    let hour = millis(HOUR);
    let sent: Vec<Millis> = sent.iter().copied().filter(|at| *at > now - hour).collect();
    let ready: Vec<&Group> = groups.iter().filter(|group| group.ready_at() <= now).collect();
    let wait = |at: Option<Millis>| at.map(|at| Duration::from_millis(u64::try_from(at - now).unwrap_or(0)));
    let Some(first) = ready.iter().min_by_key(|group| (std::cmp::Reverse(group.level), group.first)) else {
        return Pick::Nothing(wait(groups.iter().map(Group::ready_at).min()));
    };
    match u32::try_from(sent.len()).unwrap_or(u32::MAX) {
        // The oldest of the hour makes room.
        count if count >= EMAILS_PER_HOUR => Pick::Nothing(wait(sent.iter().min().map(|at| at + hour))),
        count if count + 1 == EMAILS_PER_HOUR && ready.len() > 1 => Pick::Everything,
        _ => Pick::Cause(first.cause.clone()),
    }
}

impl Group {
    /// Not before this may it be sent.
    fn ready_at(&self) -> Millis {
        let collected = self.sent_at.map_or(0, |at| at + millis(COLLECT_FOR));
        self.due_at.max(self.held_until).max(collected)
    }
}

fn millis(duration: Duration) -> Millis {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// What is sent: one message, or several in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// The first message's number: the same however often it is tried.
    pub id: i64,
    /// The first message's cause.
    pub cause: String,
    /// See [`super::NewMessage::thread`].
    pub thread: String,
    /// The worst of them.
    pub level: Level,
    /// Whether any of them should rather not go by Google.
    pub avoids_google: bool,
    /// One line.
    pub subject: String,
    /// Lines of plain text.
    pub text: String,
    /// When the first was written.
    pub created_at: Millis,
    /// How many messages it holds.
    pub count: u64,
}

/// Makes a letter of messages of one cause, or of everything. `messages` are the first [`NAMED_MAX`] of
/// `count`; nothing comes of none.
pub fn compose(messages: &[Message], count: u64, is_everything: bool) -> Option<Email> {
    let first = messages.first()?;
    let (subject, text) = if count <= 1 {
        (first.subject.clone(), first.text.clone())
    } else if is_everything {
        let head = format!("{count} messages in one");
        (head, format!("More has happened than there are letters in an hour.\n\n{}", list(messages, count)))
    } else {
        let kind = first.cause.split(' ').next().unwrap_or_default();
        match kind {
            "parked" => {
                let text = format!("{}\nThe first of them:\n\n{}", list(messages, count), first.text);
                (format!("{count} recordings wait for a person, for one reason"), text)
            }
            "archived" => (format!("{count} recordings are archived"), list(messages, count)),
            _ => {
                let text = format!("{}\n{}", list(messages, count), first.text);
                (format!("{} (and {} more)", first.subject, count - 1), text)
            }
        }
    };
    Some(Email {
        id: first.id,
        cause: first.cause.clone(),
        thread: if is_everything { "everything".to_owned() } else { first.thread.clone() },
        level: messages.iter().map(|message| message.level).max().unwrap_or(first.level),
        avoids_google: messages.iter().any(|message| message.avoids_google),
        subject: super::line(&subject, SUBJECT_CHARS_MAX),
        text: shortened(&text, LETTER_CHARS_MAX),
        created_at: first.created_at,
        count,
    })
}

/// A line for each, and how many more there are.
fn list(messages: &[Message], count: u64) -> String {
    let mut text: String =
        messages.iter().take(NAMED_MAX).map(|message| format!("- {}\n", message.subject)).collect();
    let named = u64::try_from(messages.len().min(NAMED_MAX)).unwrap_or(0);
    if count > named {
        text.push_str(&format!("- and {} more: zoom2drive messages list\n", count - named));
    }
    text
}
