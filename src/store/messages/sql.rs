//! Messages and concerns in the database.

use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;
use rand::Rng;

use super::{Batch, MessageFilter, MessageStore, Posting};
use crate::jobs::messages::concerns::{Concern, ConcernChange};
use crate::jobs::messages::conditions::Unannounced;
use crate::jobs::messages::post::{GIVE_UP_AFTER, Group, HOUR, NAMED_MAX, Pick, pick};
use crate::jobs::messages::{self, Level, Message, MessageState, NewMessage, Telling};
use crate::jobs::pause::{PauseCause, System};
use crate::jobs::{FOUND_EVENT, Millis};
use crate::store::database::{Row, Tx, values};
use crate::store::pauses::NewPause;
use crate::store::{LIST_MAX, SqlStore, StoreError, hot, rows};

/// What those keep each other out of who choose what is sent next.
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

/// Writes a message down, unless it only takes another back.
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

/// A pause has begun: people hear of it here, and reminders count from here.
pub(in crate::store) async fn note_pause(
    tx: &mut Tx,
    telling: Telling,
    pause: &NewPause,
) -> Result<(), StoreError> {
    let key = messages::pause_key(pause.system, pause.cause);
    tx.execute(
        "INSERT INTO concerns (name, since, tellings, told_at, seen_at) VALUES ($1, {now}, 1, {now}, {now})
           ON CONFLICT (name) DO UPDATE SET since = excluded.since, tellings = 1, told_at = excluded.told_at,
           seen_at = excluded.seen_at",
        values![key.as_str()],
    )
    .await?;
    if telling.is_on {
        write(tx, &messages::paused(pause.system, pause.cause, &pause.message)).await?;
    }
    Ok(())
}

/// A pause has ended.
pub(in crate::store) async fn conclude_pause(
    tx: &mut Tx,
    telling: Telling,
    (system, cause): (System, PauseCause),
    since: Millis,
) -> Result<(), StoreError> {
    let key = messages::pause_key(system, cause);
    tx.execute("DELETE FROM concerns WHERE name = $1", values![key.as_str()]).await?;
    if telling.is_on {
        write(tx, &messages::resumed(system, cause, since)).await?;
    }
    Ok(())
}

#[async_trait]
impl MessageStore for SqlStore {
    fn tell_people(&self, telling: Telling) {
        *self.telling.write().unwrap_or_else(PoisonError::into_inner) = telling;
    }

    async fn claim_messages(&self, hold_for: Duration) -> Result<Posting, StoreError> {
        // Looking costs no write; only when something waits is the writer asked.
        if self.database.row(hot::ANY_MESSAGE, values![]).await?.is_none() {
            return Ok(Posting::Nothing { next_in: None });
        }
        let mut tx = self.database.begin().await?;
        tx.keep_out_others(CHOOSING).await?;
        let groups = tx.rows(hot::MESSAGE_GROUPS, values![HOUR, LIST_MAX]).await?;
        let groups = groups.iter().map(group).collect::<Result<Vec<_>, _>>()?;
        let sent = tx.rows(hot::LETTERS, values![HOUR]).await?;
        let sent = sent.iter().map(|row| row.integer("sent_at")).collect::<Result<Vec<_>, _>>()?;
        let now = tx.row("SELECT {now} AS at", values![]).await?.map(|row| row.integer("at")).transpose()?;
        let token = hex::encode(rand::rng().random::<[u8; 16]>());
        let (count, is_everything) = match pick(&groups, &sent, now.unwrap_or(0)) {
            Pick::Nothing(next_in) => return Ok(Posting::Nothing { next_in }),
            Pick::Cause(cause) => {
                let held = tx
                    .execute(
                        "UPDATE messages SET hold_token = $1, hold_until = {now} + $2
                           WHERE cause = $3 AND state = 'waiting'",
                        values![token.as_str(), hold_for, cause],
                    )
                    .await?;
                (held, false)
            }
            Pick::Everything => {
                let held = tx
                    .execute(
                        "UPDATE messages SET hold_token = $1, hold_until = {now} + $2 WHERE state = 'waiting'
                           AND next_attempt_at <= {now} AND (hold_until IS NULL OR hold_until <= {now})",
                        values![token.as_str(), hold_for],
                    )
                    .await?;
                (held, true)
            }
        };
        let named = i64::try_from(NAMED_MAX).unwrap_or(LIST_MAX);
        let held = tx.rows(hot::HELD_MESSAGES, values![token.as_str(), named]).await?;
        let messages = held.iter().map(message).collect::<Result<Vec<_>, _>>()?;
        tx.commit().await?;
        Ok(Posting::Send(Batch { token, messages, count, is_everything }))
    }

    async fn messages_sent(&self, batch: &Batch, channel: &str) -> Result<u64, StoreError> {
        let mut tx = self.database.begin().await?;
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

    async fn messages_failed(&self, batch: &Batch, error: &str, wait: Duration) -> Result<u64, StoreError> {
        let mut tx = self.database.begin().await?;
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

    async fn messages(&self, filter: MessageFilter) -> Result<Vec<Message>, StoreError> {
        let before = filter.before.unwrap_or(i64::MAX);
        let state = filter.state.map(MessageState::name).unwrap_or_default();
        let found = self.database.rows(hot::MESSAGES, values![before, LIST_MAX, state]).await?;
        found.iter().map(message).collect()
    }

    async fn wait_for_messages(&self, limit: Duration) {
        // Running out of time is as good a reason to look again as being told.
        let _told_or_not = tokio::time::timeout(limit, self.outbox.notified()).await;
    }

    async fn concerns(&self) -> Result<Vec<Concern>, StoreError> {
        let found = self
            .database
            .rows("SELECT name, since, tellings, told_at, seen_at FROM concerns ORDER BY name", values![])
            .await?;
        let concern = |row: &Row| {
            Ok(Concern {
                key: row.text("name")?,
                since: row.integer("since")?,
                tellings: rows::small(row.integer("tellings")?, "tellings")?,
                told_at: row.integer("told_at")?,
                seen_at: row.integer("seen_at")?,
            })
        };
        found.iter().map(concern).collect()
    }

    async fn change_concern(&self, change: &ConcernChange) -> Result<bool, StoreError> {
        let mut tx = self.database.begin().await?;
        let key = change.key.as_str();
        let changed = match (change.from, change.to) {
            (None, to) => {
                tx.execute(
                    "INSERT INTO concerns (name, since, tellings, told_at, seen_at)
                       VALUES ($1, {now}, $2, {now}, {now}) ON CONFLICT (name) DO NOTHING",
                    values![key, to.unwrap_or(0)],
                )
                .await?
            }
            (Some(from), Some(to)) => {
                tx.execute(
                    "UPDATE concerns SET tellings = $3, seen_at = {now},
                       told_at = CASE WHEN tellings = $3 THEN told_at ELSE {now} END
                       WHERE name = $1 AND tellings = $2",
                    values![key, from, to],
                )
                .await?
            }
            (Some(from), None) => {
                tx.execute("DELETE FROM concerns WHERE name = $1 AND tellings = $2", values![key, from])
                    .await?
            }
        };
        if changed == 0 {
            return Ok(false);
        }
        if let Some(message) = change.message.as_ref().filter(|_| self.telling().is_on) {
            write(&mut tx, message).await?;
        }
        tx.commit().await?;
        self.outbox.notify_one();
        Ok(true)
    }

    async fn unannounced(&self) -> Result<Unannounced, StoreError> {
        let last = self.database.row(hot::LAST_EVENT, values![FOUND_EVENT]).await?;
        let last = last.map(|row| row.integer("id")).transpose()?.unwrap_or(0);
        let row = self.database.row(hot::UNANNOUNCED, values![FOUND_EVENT, last]).await?;
        let Some(row) = row else { return Ok(Unannounced::default()) };
        Ok(Unannounced {
            count: rows::unsigned(row.integer("found")?, "a count")?,
            since: row.maybe_integer("since")?,
        })
    }

    async fn forget_messages(&self, older_than: Duration, at_most: u32) -> Result<u64, StoreError> {
        let mut tx = self.database.begin().await?;
        let gone = tx.execute(hot::OLD_MESSAGES, values![older_than, at_most]).await?;
        tx.commit().await?;
        Ok(gone)
    }
}

impl SqlStore {
    /// Which messages are written.
    pub(in crate::store) fn telling(&self) -> Telling {
        *self.telling.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Messages whose senders are certain to be dead are given back.
    pub(in crate::store) async fn free_messages(&self) -> Result<(), StoreError> {
        let mut tx = self.database.begin().await?;
        tx.execute(
            "UPDATE messages SET hold_token = NULL, hold_until = NULL WHERE state = 'waiting'",
            values![],
        )
        .await?;
        tx.commit().await
    }
}
