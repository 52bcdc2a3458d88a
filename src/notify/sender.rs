//! Sends stored messages: one at a time, trying the channels in order.
//!
//! A message is marked as sent after a channel has accepted it. Only a crash in between sends it a second time,
//! with the same `Message-ID`.

use std::panic::AssertUnwindSafe;
use std::time::Duration;

use futures::FutureExt;
use rand::Rng;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use super::channel::{CHANNEL_WITHIN, Channel, ChannelError};
use crate::jobs::messages::pages;
use crate::jobs::messages::post::{Email, compose};
use crate::jobs::retry;
use crate::store::messages::{Batch, OutboxClaim};
use crate::store::{Store, StoreError};

/// Longest sleep between two reads of the store, which find messages of other instances.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// Shortest sleep between two reads of the store.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Wait after the store has failed.
const STORE_FAILED_WAIT: Duration = Duration::from_secs(5);

/// A message is reserved for this time: long enough for two channels, and a little more.
const HOLD_FOR: Duration = Duration::from_secs(2 * CHANNEL_WITHIN.as_secs() + 60);

/// From this attempt on the next channel is tried too, when one has a temporary error.
const TRIES_BEFORE_NEXT: u32 = 3;

/// Attempts to store that a message was sent, before it is sent again.
const MARK_TRIES: u32 = 10;

/// At a stop, time limit for the message that is being sent.
const STOP_WITHIN: Duration = Duration::from_secs(5);

/// Sends messages.
pub(super) struct Sender {
    pub(super) store: Store,
    pub(super) channels: Vec<Channel>,
    /// Wait after a first failure.
    pub(super) retry_wait: Duration,
    /// Address of the dashboard, without a slash at its end, if messages shall lead there.
    pub(super) pages: Option<String>,
}

impl Sender {
    /// Sends until `stopping` is cancelled. No failure and no panic ends it.
    pub(super) async fn run(self, stopping: CancellationToken) {
        while !stopping.is_cancelled() {
            let wait = match self.store.claim_messages(HOLD_FOR).await {
                Ok(OutboxClaim::Send(batch)) => {
                    let sending = AssertUnwindSafe(self.post(&batch)).catch_unwind();
                    let cut = async {
                        stopping.cancelled().await;
                        tokio::time::sleep(STOP_WITHIN).await;
                    };
                    tokio::select! {
                        sent = sending => if sent.is_err() {
                            error!("sending a message failed unexpectedly (a bug); it is tried again later");
                        },
                        () = cut => warn!("a message was being sent; it may come twice"),
                    }
                    continue;
                }
                Ok(OutboxClaim::Nothing { next_in }) => {
                    next_in.unwrap_or(LOOK_EVERY).clamp(LOOK_AGAIN, LOOK_EVERY)
                }
                Err(error) => {
                    warn!(%error, "cannot read the messages to send");
                    STORE_FAILED_WAIT
                }
            };
            tokio::select! {
                () = self.store.wait_for_messages(wait) => {}
                () = stopping.cancelled() => {}
            }
        }
    }

    async fn post(&self, batch: &Batch) {
        let Some(letter) = compose(&batch.messages, batch.count, batch.is_everything) else { return };
        let letter = match &self.pages {
            Some(base) => pages::link(letter, base),
            None => letter,
        };
        let attempts = batch.messages.iter().map(|message| message.attempts).max().unwrap_or(0);
        match self.deliver(&letter, attempts).await {
            Ok(channel) => {
                info!(message = letter.id, count = letter.count, channel, subject = ?letter.subject, "message sent");
                self.mark(batch, channel).await;
            }
            Err((what, after)) => {
                let wait = retry::wait(self.retry_wait, attempts, after, rand::rng().random());
                warn!(message = letter.id, attempts, said = ?what, "a message was not sent; trying again in {wait:?}");
                match self.store.messages_failed(batch, &what, wait).await {
                    Ok(0) => {}
                    Ok(count) => error!(
                        message = letter.id, count, subject = ?letter.subject, said = ?what,
                        "a message was given up, no channel accepted it; see `zoom2drive messages list --state given-up`"
                    ),
                    Err(error) => warn!(%error, "cannot store that a message was not sent"),
                }
            }
        }
    }

    /// Tries the channels in order. Returns the one that accepted it, or the errors of all.
    async fn deliver(
        &self,
        letter: &Email,
        attempts: u32,
    ) -> Result<&'static str, (String, Option<Duration>)> {
        let mut channels: Vec<&Channel> = self.channels.iter().collect();
        if letter.avoids_google {
            channels.sort_by_key(|channel| channel.uses_google());
        }
        let (mut said, mut wish) = (Vec::new(), None);
        for channel in channels {
            match channel.send(letter).await {
                Ok(()) => return Ok(channel.name()),
                Err(ChannelError::Refused(what)) => said.push(format!("{}: {what}", channel.name())),
                Err(ChannelError::Passing { what, after }) => {
                    said.push(format!("{}: {what}", channel.name()));
                    wish = wish.max(after);
                    if attempts + 1 < TRIES_BEFORE_NEXT {
                        break;
                    }
                }
            }
        }
        Err((said.join("; "), wish))
    }

    /// Stores that it was sent. If that fails, it is sent again later.
    async fn mark(&self, batch: &Batch, channel: &str) {
        for _ in 0..MARK_TRIES {
            match self.store.messages_sent(batch, channel).await {
                Ok(_) => return,
                Err(StoreError::LeaseLost) => return,
                Err(error) => warn!(%error, "cannot store that a message was sent"),
            }
            tokio::time::sleep(STORE_FAILED_WAIT).await;
        }
    }
}
