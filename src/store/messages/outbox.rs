//! The outbox: messages in the database.

use std::sync::PoisonError;
use std::time::Duration;

use super::{Batch, MessageFilter, OutboxClaim};
use crate::jobs::messages::post::{GIVE_UP_AFTER, Group, HOUR, NAMED_MAX, Pick, pick};
use crate::jobs::messages::{Level, Message, MessageState, NewMessage, NotifyPolicy};
use crate::secret::random_token;
use crate::store::database::{Row, Tx, values};
use crate::store::{LIST_MAX, Store, StoreError, rows};

/// Whether any message waits.
pub(in crate::store) const ANY_MESSAGE: &str = "SELECT id FROM messages WHERE state = 'waiting' LIMIT 1";

/// Waiting messages by cause: the first of each, and the time of the last email of that cause.
pub(in crate::store) const MESSAGE_GROUPS: &str = "SELECT first.cause, first.id, first.level, first.next_attempt_at, waiting.held_until,
                   (SELECT max(sent_at) FROM messages AS sent WHERE sent.state = 'sent' AND sent.sent_at > {now} - $1
                      AND sent.cause = first.cause) AS last_sent_at
                   FROM (SELECT min(id) AS id, max(coalesce(hold_until, 0)) AS held_until FROM messages
                      WHERE state = 'waiting' GROUP BY cause ORDER BY min(id) LIMIT $2) AS waiting
                   JOIN messages AS first ON first.id = waiting.id ORDER BY first.id";

/// The emails of the last hour.
pub(in crate::store) const EMAILS_SENT: &str =
    "SELECT sent_at FROM messages WHERE state = 'sent' AND sent_at > {now} - $1 AND sent_with = id";

/// The first messages of an email.
pub(in crate::store) const HELD_MESSAGES: &str =
    "SELECT {message} FROM messages WHERE state = 'waiting' AND hold_token = $1
                   ORDER BY id LIMIT $2";

/// A page of messages.
pub(in crate::store) const MESSAGES: &str =
    "SELECT {message} FROM messages WHERE id < $1 AND ($3 = '' OR state = $3)
                   ORDER BY id DESC LIMIT $2";

/// Old messages that are sent, withdrawn or given up.
pub(in crate::store) const OLD_MESSAGES: &str = "DELETE FROM messages WHERE id IN (SELECT id FROM messages
                   WHERE created_at < {now} - $1 AND state <> 'waiting' ORDER BY created_at LIMIT $2)";

/// Messages of a time that reached nobody.
pub(in crate::store) const GIVEN_UP: &str =
    "SELECT count(*) AS given_up FROM messages WHERE created_at > {now} - $1 AND state = 'given-up'";

/// Name of the lock under which the next messages are chosen.
const CHOOSING: &str = "messages";

fn message(row: &Row) -> Result<Message, StoreError> {
    let (level, state) = (row.text("level")?, row.text("state")?);
    let unknown = |what: &str| StoreError::Corrupt(format!("a message's {what}"));
    Ok(Message {
        id: row.integer("id")?,
        cause: row.text("cause")?,
        thread: row.text("thread")?,
        level: Level::from_name(&level).ok_or_else(|| unknown(&level))?,
        avoids_google: row.integer("avoids_google")? != 0,
        subject: row.text("subject")?,
        text: row.text("text")?,
        created_at: row.integer("created_at")?,
        state: MessageState::from_name(&state).ok_or_else(|| unknown(&state))?,
        attempts: rows::small(row.integer("attempts")?, "attempts")?,
        next_attempt_at: row.integer("next_attempt_at")?,
        sent_at: row.maybe_integer("sent_at")?,
        channel: row.text("channel")?,
        last_error: row.text("last_error")?,
        sent_with: row.maybe_integer("sent_with")?,
    })
}

fn group(row: &Row) -> Result<Group, StoreError> {
    let level = row.text("level")?;
    Ok(Group {
        cause: row.text("cause")?,
        first: row.integer("id")?,
        level: Level::from_name(&level).ok_or_else(|| StoreError::Corrupt(format!("level {level}")))?,
        due_at: row.integer("next_attempt_at")?,
        held_until: row.integer("held_until")?,
        sent_at: row.maybe_integer("last_sent_at")?,
    })
}

/// Stores a message, unless it only withdraws another one.
pub(in crate::store) async fn write(tx: &mut Tx, message: &NewMessage) -> Result<(), StoreError> {
    if let Some(contrary) = &message.takes_back {
        let taken_back = tx
            .execute(
                "UPDATE messages SET state = 'taken-back' WHERE cause = $1 AND state = 'waiting' AND attempts = 0
                   AND (hold_until IS NULL OR hold_until <= {now})",
                values![contrary.as_str()],
            )
            .await?;
        if taken_back > 0 {
            return Ok(());
        }
    }
    tx.execute(
        "INSERT INTO messages (cause, thread, level, avoids_google, subject, text, created_at, next_attempt_at)
           VALUES ($1, $2, $3, $4, $5, $6, {now}, {now} + $7)",
        values![
            message.cause.as_str(),
            message.thread.as_str(),
            message.level.name(),
            message.avoids_google,
            message.subject.as_str(),
            message.text.as_str(),
            message.wait,
        ],
    )
    .await?;
    Ok(())
}

impl Store {
    /// The number of messages of this time that reached nobody.
    pub async fn messages_given_up(&self, within: Duration) -> Result<u64, StoreError> {
        let row = self.database.row(GIVEN_UP, values![within]).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("a count gave no row".to_owned()))?;
        rows::unsigned(row.integer("given_up")?, "a count")
    }

    /// Sets which messages are written from now on. Before the first call no message is written.
    pub fn set_notify_policy(&self, notify_policy: NotifyPolicy) {
        *self.notify_policy.write().unwrap_or_else(PoisonError::into_inner) = notify_policy;
    }

    /// Claims the messages to send next, for `hold_for`. One caller at a time has them.
    pub async fn claim_messages(&self, hold_for: Duration) -> Result<OutboxClaim, StoreError> {
        // Reads first: a write transaction is needed only when a message waits.
        if self.database.row(ANY_MESSAGE, values![]).await?.is_none() {
            return Ok(OutboxClaim::Nothing { next_in: None });
        }
        let mut tx = self.database.begin("claim_messages").await?;
        tx.keep_out_others(CHOOSING).await?;
        let groups = tx.rows(MESSAGE_GROUPS, values![HOUR, LIST_MAX]).await?;
        let groups = groups.iter().map(group).collect::<Result<Vec<_>, _>>()?;
        let sent = tx.rows(EMAILS_SENT, values![HOUR]).await?;
        let sent = sent.iter().map(|row| row.integer("sent_at")).collect::<Result<Vec<_>, _>>()?;
        let now = tx.row("SELECT {now} AS at", values![]).await?.map(|row| row.integer("at")).transpose()?;
        let token = random_token();
        let (count, is_everything) = match pick(&groups, &sent, now.unwrap_or(0)) {
            Pick::Nothing(next_in) => return Ok(OutboxClaim::Nothing { next_in }),
            Pick::Cause(cause) => {
                let claimed = tx
                    .execute(
                        "UPDATE messages SET hold_token = $1, hold_until = {now} + $2
                           WHERE cause = $3 AND state = 'waiting'",
                        values![token.as_str(), hold_for, cause],
                    )
                    .await?;
                (claimed, false)
            }
            Pick::Everything => {
                let claimed = tx
                    .execute(
                        "UPDATE messages SET hold_token = $1, hold_until = {now} + $2 WHERE state = 'waiting'
                           AND next_attempt_at <= {now} AND (hold_until IS NULL OR hold_until <= {now})",
                        values![token.as_str(), hold_for],
                    )
                    .await?;
                (claimed, true)
            }
        };
        let named = i64::try_from(NAMED_MAX).unwrap_or(LIST_MAX);
        let rows = tx.rows(HELD_MESSAGES, values![token.as_str(), named]).await?;
        let messages = rows.iter().map(message).collect::<Result<Vec<_>, _>>()?;
        tx.commit().await?;
        Ok(OutboxClaim::Send(Batch { token, messages, count, is_everything }))
    }

    /// Records that a channel accepted the messages. Returns their number: 0 when the claim had expired.
    pub async fn messages_sent(&self, batch: &Batch, channel: &str) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("messages_sent").await?;
        let sent = tx
            .execute(
                "UPDATE messages SET state = 'sent', sent_at = {now}, channel = $2, sent_with = $3, last_error = '',
                   hold_token = NULL, hold_until = NULL WHERE state = 'waiting' AND hold_token = $1",
                values![batch.token.as_str(), channel, batch.messages.first().map(|first| first.id)],
            )
            .await?;
        tx.commit().await?;
        Ok(sent)
    }

    /// Records that no channel accepted the messages and schedules the next attempt after `wait`. Messages whose
    /// first attempt was a day ago are given up; returns their number.
    pub async fn messages_failed(
        &self,
        batch: &Batch,
        error: &str,
        wait: Duration,
    ) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("messages_failed").await?;
        let states = tx
            .rows(
                "UPDATE messages SET attempts = attempts + 1, last_error = $2, next_attempt_at = {now} + $3,
                   first_tried_at = coalesce(first_tried_at, {now}), hold_token = NULL, hold_until = NULL,
                   state = CASE WHEN first_tried_at <= {now} - $4 THEN 'given-up' ELSE state END
                   WHERE state = 'waiting' AND hold_token = $1 RETURNING state",
                values![batch.token.as_str(), error, wait, GIVE_UP_AFTER],
            )
            .await?;
        tx.commit().await?;
        let states = states.iter().map(|row| row.text("state")).collect::<Result<Vec<_>, _>>()?;
        let given_up = states.iter().filter(|state| *state == MessageState::GivenUp.name()).count();
        Ok(u64::try_from(given_up).unwrap_or(u64::MAX))
    }

    /// Messages, newest first, at most [`LIST_MAX`](crate::store::LIST_MAX).
    pub async fn messages(&self, filter: MessageFilter) -> Result<Vec<Message>, StoreError> {
        let before = filter.before.unwrap_or(i64::MAX);
        let state = filter.state.map(MessageState::name).unwrap_or_default();
        let found = self.database.rows(MESSAGES, values![before, LIST_MAX, state]).await?;
        found.iter().map(message).collect()
    }

    /// Waits until there may be something to send, at most for `limit`. Messages that another process has written do
    /// not end the wait.
    pub async fn wait_for_messages(&self, limit: Duration) {
        // Look for messages after the timeout as well as after a notification.
        let _notified_or_not = tokio::time::timeout(limit, self.outbox.notified()).await;
    }

    /// Deletes at most `at_most` messages that are no longer waiting and older than this. Returns their number.
    pub async fn forget_messages(&self, older_than: Duration, at_most: u32) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("forget_messages").await?;
        let gone = tx.execute(OLD_MESSAGES, values![older_than, at_most]).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

impl Store {
    /// Which messages are written.
    pub(in crate::store) fn notify_policy(&self) -> NotifyPolicy {
        *self.notify_policy.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Frees messages whose senders are certain to be dead.
    pub(in crate::store) async fn free_messages(&self) -> Result<(), StoreError> {
        let mut tx = self.database.begin("free_messages").await?;
        tx.execute(
            "UPDATE messages SET hold_token = NULL, hold_until = NULL WHERE state = 'waiting'",
            values![],
        )
        .await?;
        tx.commit().await
    }
}
