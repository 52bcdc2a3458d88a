//! The store's memory of messages to people: what waits to be sent, what was, and what trouble lasts.

pub(super) mod alerts;
pub(super) mod outbox;

use std::time::Duration;

use crate::jobs::messages::{Message, MessageState};

pub(super) use alerts::{conclude_pause, note_pause};
pub(super) use outbox::write;

/// Messages that are being sent in one letter. The right to them runs out like a lease, so that a crash keeps
/// none back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Unique to this try.
    pub token: String,
    /// The first of them, in the order in which they were written.
    pub messages: Vec<Message>,
    /// How many there are.
    pub count: u64,
    /// Whether they are everything that is due, of whatever cause.
    pub is_everything: bool,
}

/// What a look for messages found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboxClaim {
    /// These are to be sent, by the caller.
    Send(Batch),
    /// Nothing is to be sent now. Something will be in so long, if there is anything.
    Nothing {
        /// Time until then.
        next_in: Option<Duration>,
    },
}

/// Which messages to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct MessageFilter {
    /// Only these.
    pub state: Option<MessageState>,
    /// Only messages with smaller numbers: the next page.
    pub before: Option<i64>,
}
