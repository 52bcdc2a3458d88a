//! Turns: who does a piece of work now, and when it was last done.

use std::time::Duration;

use rand::Rng;
use sqlx::Row;

use super::{SqliteStore, now};
use crate::jobs::Turn;
use crate::store::{HeldTurn, StoreError, Turning};

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 4)
}

impl SqliteStore {
    pub(super) async fn begin_turn(
        &self,
        name: &str,
        every: Duration,
        hold_for: Duration,
    ) -> Result<Turning, StoreError> {
        let token = hex::encode(rand::rng().random::<[u8; 16]>());
        let mut tx = self.write().await?;
        sqlx::query("INSERT INTO turns (name) VALUES (?1) ON CONFLICT (name) DO NOTHING")
            .bind(name)
            .execute(&mut *tx)
            .await?;
        // A turn that never ended is taken over as soon as it has run out; one that ended rests its interval.
        let taken = sqlx::query(concat!(
            "UPDATE turns SET token = ?2, held_until = ",
            now!(),
            " + ?4, tried_at = ",
            now!(),
            " WHERE name = ?1 AND CASE WHEN token IS NULL THEN coalesce(tried_at + ?3, 0)",
            " ELSE coalesce(held_until, 0) END <= ",
            now!()
        ))
        .bind(name)
        .bind(&token)
        .bind(millis(every))
        .bind(millis(hold_for))
        .execute(&mut *tx)
        .await?;
        if taken.rows_affected() == 1 {
            tx.commit().await?;
            return Ok(Turning::Ours(HeldTurn { name: name.to_owned(), token }));
        }
        let row = sqlx::query(concat!(
            "SELECT CASE WHEN token IS NULL THEN tried_at + ?2 ELSE held_until END - ",
            now!(),
            " AS wait FROM turns WHERE name = ?1"
        ))
        .bind(name)
        .bind(millis(every))
        .fetch_one(&mut *tx)
        .await?;
        let wait: i64 = row.try_get("wait")?;
        Ok(Turning::Later(Duration::from_millis(u64::try_from(wait).unwrap_or(0))))
    }

    pub(super) async fn extend_turn(&self, turn: &HeldTurn, hold_for: Duration) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let kept = sqlx::query(concat!(
            "UPDATE turns SET held_until = ",
            now!(),
            " + ?3 WHERE name = ?1 AND token = ?2"
        ))
        .bind(&turn.name)
        .bind(&turn.token)
        .bind(millis(hold_for))
        .execute(&mut *tx)
        .await?;
        if kept.rows_affected() == 0 {
            return Err(StoreError::LeaseLost);
        }
        Ok(tx.commit().await?)
    }

    pub(super) async fn close_turn(&self, turn: &HeldTurn, ok: bool, note: &str) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        let ended = sqlx::query(concat!(
            "UPDATE turns SET token = NULL, held_until = NULL, note = ?4, tried_at = ",
            now!(),
            ", succeeded_at = CASE WHEN ?3 = 1 THEN ",
            now!(),
            " ELSE succeeded_at END WHERE name = ?1 AND token = ?2"
        ))
        .bind(&turn.name)
        .bind(&turn.token)
        .bind(i64::from(ok))
        .bind(note)
        .execute(&mut *tx)
        .await?;
        if ended.rows_affected() == 0 {
            return Err(StoreError::LeaseLost);
        }
        Ok(tx.commit().await?)
    }

    pub(super) async fn read_turn(&self, name: &str) -> Result<Turn, StoreError> {
        let found = sqlx::query("SELECT tried_at, succeeded_at, note FROM turns WHERE name = ?1")
            .bind(name)
            .fetch_optional(&self.reader)
            .await?;
        let Some(row) = found else { return Ok(Turn::default()) };
        Ok(Turn {
            tried_at: row.try_get("tried_at")?,
            succeeded_at: row.try_get("succeeded_at")?,
            note: row.try_get("note")?,
        })
    }
}
