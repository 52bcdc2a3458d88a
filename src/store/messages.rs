//! State of messages to people: waiting and sent messages, and alerts.

pub(super) mod alerts;
pub(super) mod outbox;

use std::time::Duration;

use crate::jobs::messages::{Message, MessageState};

pub(super) use alerts::{conclude_pause, note_pause};
pub(super) use outbox::write;

/// Messages that are being sent together. The claim on them expires like a lease, so that a crash blocks none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Unique to this attempt.
    pub token: String,
    /// The first of them, in the order of their creation.
    pub messages: Vec<Message>,
    /// Number of messages.
    pub count: u64,
    /// Whether they are all due messages, whatever their cause.
    pub is_everything: bool,
}

/// The result of claiming messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OutboxClaim {
    /// The caller must send these.
    Send(Batch),
    /// There is nothing to send now.
    Nothing {
        /// Time until something is due, if anything waits.
        next_in: Option<Duration>,
    },
}

/// Filter for a list of messages.
#[derive(Debug, Clone, Copy, Default)]
pub struct MessageFilter {
    /// Only messages in this state.
    pub state: Option<MessageState>,
    /// Only messages with lower ids: the next page.
    pub before: Option<i64>,
}
