//! Formats a message as an email: RFC 5322, in plain text.

use std::time::{Duration, SystemTime};

use lettre::Message;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};
use sha2::{Digest, Sha256};

use super::channel::ChannelError;
use crate::config::EmailConfig;
use crate::jobs::messages::post::Email;

/// Prefix of every subject, for filters.
const PREFIX: &str = "[zoom2drive]";

/// Tells other programs not to answer (RFC 3834).
const AUTO_SUBMITTED: HeaderName = HeaderName::new_from_ascii_str("Auto-Submitted");

/// The email of a message. Every attempt has the same id and date.
///
/// # Errors
/// `Refused` when the addresses are not valid in an email.
pub fn mail(letter: &Email, email: &EmailConfig) -> Result<Message, ChannelError> {
    let from = Mailbox::new(Some("zoom2drive".to_owned()), email.from.clone());
    let thread = format!("<t.{}@zoom2drive>", digest(&letter.thread));
    let written = u64::try_from(letter.created_at).unwrap_or(0);
    let mut builder = Message::builder()
        .from(from)
        .subject(format!("{PREFIX} {}", letter.subject))
        .message_id(Some(message_id(letter)))
        // The first email of a thread does not exist; mail programs group the emails that refer to it.
        .in_reply_to(thread.clone())
        .references(thread)
        .date(SystemTime::UNIX_EPOCH + Duration::from_millis(written))
        .raw_header(HeaderValue::new(AUTO_SUBMITTED, "auto-generated".to_owned()));
    for address in &email.to {
        builder = builder.to(Mailbox::new(None, address.clone()));
    }
    let text = format!("{}\n-- \nzoom2drive, message {}\n", letter.text, letter.id);
    builder
        .singlepart(SinglePart::plain(text))
        .map_err(|error| ChannelError::Refused(format!("the email cannot be built: {error}")))
}

/// The same for every attempt, and different in another database, whose numbers begin at 1 again.
fn message_id(letter: &Email) -> String {
    format!("<m{}.{}.{}@zoom2drive>", letter.id, letter.created_at, digest(&letter.cause))
}

fn digest(text: &str) -> String {
    let mut digest = hex::encode(Sha256::digest(text.as_bytes()));
    digest.truncate(16);
    digest
}
