//! The store's memory of messages to people: what waits to be sent, what was, and what trouble lasts.

mod sql;

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::jobs::messages::concerns::{Concern, ConcernChange};
use crate::jobs::messages::conditions::Unannounced;
use crate::jobs::messages::{Message, MessageState, Telling};

pub(super) use sql::{conclude_pause, note_pause, write};

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
pub enum Posting {
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

/// The part of the store that knows of messages. A part of [`JobStore`](super::JobStore).
#[async_trait]
pub trait MessageStore: Send + Sync + 'static {
    /// Which messages are written from now on. None are before this is called.
    fn tell_people(&self, telling: Telling);

    /// Takes what is to be sent next, for so long. One caller at a time has it.
    async fn claim_messages(&self, hold_for: Duration) -> Result<Posting, StoreError>;

    /// A channel took them. Returns how many that were: none when the right to them had run out.
    async fn messages_sent(&self, batch: &Batch, channel: &str) -> Result<u64, StoreError>;

    /// No channel took them: they are tried again in so long. Those that were first tried a day ago are given up;
    /// returns how many.
    async fn messages_failed(&self, batch: &Batch, error: &str, wait: Duration) -> Result<u64, StoreError>;

    /// Messages, newest first, at most [`LIST_MAX`](super::LIST_MAX).
    async fn messages(&self, filter: MessageFilter) -> Result<Vec<Message>, StoreError>;

    /// Waits until there may be something to send, at most so long. What another process has written is not
    /// heard of.
    async fn wait_for_messages(&self, limit: Duration);

    /// All trouble that lasts.
    async fn concerns(&self) -> Result<Vec<Concern>, StoreError>;

    /// Changes what is remembered of trouble and writes its message, in one transaction. False, and nothing is
    /// done, when somebody else has changed it meanwhile.
    async fn change_concern(&self, change: &ConcernChange) -> Result<bool, StoreError>;

    /// What the sweep has found since Zoom's last call.
    async fn unannounced(&self) -> Result<Unannounced, StoreError>;

    /// Deletes messages that are done with and were written longer ago than this: at most so many. Returns how many
    /// there were.
    async fn forget_messages(&self, older_than: Duration, at_most: u32) -> Result<u64, StoreError>;
}
