//! Decides which messages are sent together, and when. Pure: takes waiting and sent messages.
//!
//! The first message of a cause is sent at once; further ones are collected for an hour. The number of emails per
//! hour is limited: the last one of an hour lists all waiting messages in a line each.

use std::time::Duration;

use super::words::shortened;
use super::{Level, Message};
use crate::jobs::Millis;

/// After an email, the next one of the same cause waits for this time.
pub const COLLECT_FOR: Duration = Duration::from_secs(3600);

/// Time over which emails are counted.
pub const HOUR: Duration = Duration::from_secs(3600);

/// Emails within an hour, over all causes. A person reads no more, and Google limits mails per day (500 for a private
/// mailbox).
pub const EMAILS_PER_HOUR: u32 = 20;

/// A message that no channel accepts is given up after this time: by then people have checked in other ways.
pub const GIVE_UP_AFTER: Duration = Duration::from_secs(24 * 3600);

/// Messages that one email lists; of the others it gives only the number.
pub const NAMED_MAX: usize = 50;

/// Longest email, in characters. Chats accept no more than a few thousand.
pub const EMAIL_CHARS_MAX: usize = 12_000;

/// Longest subject, in characters.
const SUBJECT_CHARS_MAX: usize = 200;

/// Waiting messages of one cause.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Group {
    pub cause: String,
    /// Id of the first message.
    pub first: i64,
    pub level: Level,
    /// When the first may be sent.
    pub due_at: Millis,
    /// End of a running attempt to send them; 0 when there is none.
    pub held_until: Millis,
    /// Last email of this cause.
    pub sent_at: Option<Millis>,
}

/// The messages to send now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pick {
    /// None. The time until the next are due, if any wait.
    Nothing(Option<Duration>),
    /// All waiting messages of this cause.
    Cause(String),
    /// All due messages in one email: no more are sent in this hour.
    Everything,
}

/// Chooses the messages to send. `sent` are the times of the emails of the last hour.
pub fn pick(groups: &[Group], sent: &[Millis], now: Millis) -> Pick {
    let hour = millis(HOUR);
    let sent: Vec<Millis> = sent.iter().copied().filter(|at| *at > now - hour).collect();
    let ready: Vec<&Group> = groups.iter().filter(|group| group.ready_at() <= now).collect();
    let wait = |at: Option<Millis>| at.map(|at| Duration::from_millis(u64::try_from(at - now).unwrap_or(0)));
    let Some(first) = ready.iter().min_by_key(|group| (std::cmp::Reverse(group.level), group.first)) else {
        return Pick::Nothing(wait(groups.iter().map(Group::ready_at).min()));
    };
    match u32::try_from(sent.len()).unwrap_or(u32::MAX) {
        // The next email is allowed an hour after the oldest one.
        count if count >= EMAILS_PER_HOUR => Pick::Nothing(wait(sent.iter().min().map(|at| at + hour))),
        count if count + 1 == EMAILS_PER_HOUR && ready.len() > 1 => Pick::Everything,
        _ => Pick::Cause(first.cause.clone()),
    }
}

impl Group {
    /// The earliest time at which it may be sent.
    fn ready_at(&self) -> Millis {
        let collected = self.sent_at.map_or(0, |at| at + millis(COLLECT_FOR));
        self.due_at.max(self.held_until).max(collected)
    }
}

fn millis(duration: Duration) -> Millis {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A notification as it is sent, by whatever channel: one message, or several in one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// Id of the first message: constant over all attempts.
    pub id: i64,
    /// Cause of the first message.
    pub cause: String,
    /// See [`super::NewMessage::thread`].
    pub thread: String,
    /// Highest level of the messages.
    pub level: Level,
    /// Whether [`super::NewMessage::avoids_google`] is set for any of them.
    pub avoids_google: bool,
    /// One line of text.
    pub subject: String,
    /// Plain text, several lines.
    pub text: String,
    /// When the first message was written.
    pub created_at: Millis,
    /// Number of messages in it.
    pub count: u64,
}

/// Makes an email of messages of one cause, or of all causes. `messages` are the first [`NAMED_MAX`] of `count`;
/// `None` if there are none.
pub fn compose(messages: &[Message], count: u64, is_everything: bool) -> Option<Email> {
    let first = messages.first()?;
    let (subject, text) = if count <= 1 {
        (first.subject.clone(), first.text.clone())
    } else if is_everything {
        let head = format!("{count} messages in one");
        (
            head,
            format!(
                "There are more messages than the limit of emails per hour allows.\n\n{}",
                list(messages, count)
            ),
        )
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
        text: shortened(&text, EMAIL_CHARS_MAX),
        created_at: first.created_at,
        count,
    })
}

/// A line for each message, and the number of further ones.
fn list(messages: &[Message], count: u64) -> String {
    let mut text: String =
        messages.iter().take(NAMED_MAX).map(|message| format!("- {}\n", message.subject)).collect();
    let named = u64::try_from(messages.len().min(NAMED_MAX)).unwrap_or(0);
    if count > named {
        text.push_str(&format!("- and {} more: zoom2drive messages list\n", count - named));
    }
    text
}
