//! The stored alerts: problems that last, since when, and how often people were notified.

use super::outbox::write;
use crate::jobs::messages::alerts::{Alert, AlertChange};
use crate::jobs::messages::conditions::Unannounced;
use crate::jobs::messages::{self, NotifyPolicy};
use crate::jobs::pause::{PauseCause, System};
use crate::jobs::{BACKFILL_EVENT, FOUND_EVENT, MEET_EVENT, Millis};
use crate::store::backlog::LAST_EVENT;
use crate::store::database::{Row, Tx, values};
use crate::store::pauses::NewPause;
use crate::store::{Store, StoreError, rows};

/// Recordings that the sweep has found since Zoom's last event.
pub(in crate::store) const UNANNOUNCED: &str =
    "SELECT count(*) AS found, min(received_at) AS since FROM events WHERE name = $1 AND id > $2";

/// Writes the message that a pause has started, and its alert, from which reminders count.
pub(in crate::store) async fn note_pause(
    tx: &mut Tx,
    notify_policy: NotifyPolicy,
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
    if notify_policy.is_on {
        write(tx, &messages::paused(pause.system, pause.cause, &pause.message)).await?;
    }
    Ok(())
}

/// Writes the message that a pause has ended.
pub(in crate::store) async fn conclude_pause(
    tx: &mut Tx,
    notify_policy: NotifyPolicy,
    (system, cause): (System, PauseCause),
    since: Millis,
) -> Result<(), StoreError> {
    let key = messages::pause_key(system, cause);
    tx.execute("DELETE FROM concerns WHERE name = $1", values![key.as_str()]).await?;
    if notify_policy.is_on {
        write(tx, &messages::resumed(system, cause, since)).await?;
    }
    Ok(())
}

impl Store {
    /// All stored alerts.
    pub async fn alerts(&self) -> Result<Vec<Alert>, StoreError> {
        let found = self
            .database
            .rows("SELECT name, since, tellings, told_at, seen_at FROM concerns ORDER BY name", values![])
            .await?;
        let concern = |row: &Row| {
            Ok(Alert {
                key: row.text("name")?,
                since: row.integer("since")?,
                notifications: rows::small(row.integer("tellings")?, "tellings")?,
                notified_at: row.integer("told_at")?,
                seen_at: row.integer("seen_at")?,
            })
        };
        found.iter().map(concern).collect()
    }

    /// Changes an alert and writes its message, in one transaction. Returns false, and changes nothing, when another
    /// process has changed the alert in the meantime.
    pub async fn change_alert(&self, change: &AlertChange) -> Result<bool, StoreError> {
        let mut tx = self.database.begin("change_alert").await?;
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
        if let Some(message) = change.message.as_ref().filter(|_| self.notify_policy().is_on) {
            write(&mut tx, message).await?;
        }
        tx.commit().await?;
        self.outbox.notify_one();
        Ok(true)
    }

    /// Recordings that the sweep has found since Zoom's last event.
    pub async fn unannounced(&self) -> Result<Unannounced, StoreError> {
        let last = self.database.row(LAST_EVENT, values![FOUND_EVENT, BACKFILL_EVENT, MEET_EVENT]).await?;
        let last = last.map(|row| row.integer("id")).transpose()?.unwrap_or(0);
        let row = self.database.row(UNANNOUNCED, values![FOUND_EVENT, last]).await?;
        let Some(row) = row else { return Ok(Unannounced::default()) };
        Ok(Unannounced {
            count: rows::unsigned(row.integer("found")?, "a count")?,
            since: row.maybe_integer("since")?,
        })
    }
}
