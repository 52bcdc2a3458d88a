//! Singletons: periodic work that one instance at a time does, with an interval over all instances.

use std::time::Duration;

use super::database::values;
use super::{Store, StoreError};
use crate::jobs::SingletonState;
use crate::secret::random_token;

/// The right to do a piece of work now. Every write checks its token, as for a job's lease.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SingletonLease {
    /// Name of the work.
    pub name: String,
    /// Unique to this lease.
    pub token: String,
}

/// The result of asking for a singleton.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SingletonClaim {
    /// The caller has it until it ends it or the lease expires.
    Ours(SingletonLease),
    /// Another instance has it, or it ended recently: ask again after this time.
    Later(Duration),
}

impl Store {
    /// Asks for a singleton, at the earliest `every` after its last end. The lease lasts `hold_for`; after that
    /// another instance may take it at once.
    pub async fn acquire_singleton(
        &self,
        name: &str,
        every: Duration,
        hold_for: Duration,
    ) -> Result<SingletonClaim, StoreError> {
        let token = random_token();
        let mut tx = self.database.begin("acquire_singleton").await?;
        tx.execute("INSERT INTO turns (name) VALUES ($1) ON CONFLICT (name) DO NOTHING", values![name])
            .await?;
        // A lease that was never ended is free as soon as it expires; one that was ended waits for its interval.
        let taken = tx
            .execute(
                "UPDATE turns SET token = $2, held_until = {now} + $4, tried_at = {now} WHERE name = $1
                   AND CASE WHEN token IS NULL THEN coalesce(tried_at + $3, 0) ELSE coalesce(held_until, 0) END <= {now}",
                values![name, token.as_str(), every, hold_for],
            )
            .await?;
        if taken == 1 {
            tx.commit().await?;
            return Ok(SingletonClaim::Ours(SingletonLease { name: name.to_owned(), token }));
        }
        let row = tx
            .row(
                "SELECT CASE WHEN token IS NULL THEN tried_at + $2 ELSE held_until END - {now} AS wait
                   FROM turns WHERE name = $1",
                values![name, every],
            )
            .await?;
        tx.commit().await?;
        let wait = row.map(|row| row.maybe_integer("wait")).transpose()?.flatten().unwrap_or(0);
        Ok(SingletonClaim::Later(Duration::from_millis(u64::try_from(wait).unwrap_or(0))))
    }

    /// Extends the lease to this time from now. Zero returns it unfinished: the next instance may take it at once.
    pub async fn renew_singleton(
        &self,
        singleton: &SingletonLease,
        hold_for: Duration,
    ) -> Result<(), StoreError> {
        let mut tx = self.database.begin("renew_singleton").await?;
        let kept = tx
            .execute(
                "UPDATE turns SET held_until = {now} + $3 WHERE name = $1 AND token = $2",
                values![singleton.name.as_str(), singleton.token.as_str(), hold_for],
            )
            .await?;
        if kept == 0 {
            return Err(StoreError::LeaseLost);
        }
        tx.commit().await
    }

    /// Records, before the work ends, the users or items that it could not read although it succeeded; empty if there
    /// are none.
    pub async fn note_unseen(&self, singleton: &SingletonLease, unseen: &str) -> Result<(), StoreError> {
        let mut tx = self.database.begin("note_unseen").await?;
        let noted = tx
            .execute(
                "UPDATE turns SET unseen = $3 WHERE name = $1 AND token = $2",
                values![singleton.name.as_str(), singleton.token.as_str(), unseen],
            )
            .await?;
        if noted == 0 {
            return Err(StoreError::LeaseLost);
        }
        tx.commit().await
    }

    /// Ends the work, successful or not, with a note for people.
    pub async fn end_singleton(
        &self,
        singleton: &SingletonLease,
        ok: bool,
        note: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.database.begin("end_singleton").await?;
        let ended = tx
            .execute(
                "UPDATE turns SET token = NULL, held_until = NULL, note = $4, tried_at = {now},
                   succeeded_at = CASE WHEN $3 = 1 THEN {now} ELSE succeeded_at END WHERE name = $1 AND token = $2",
                values![singleton.name.as_str(), singleton.token.as_str(), ok, note],
            )
            .await?;
        if ended == 0 {
            return Err(StoreError::LeaseLost);
        }
        tx.commit().await
    }

    /// State of the work; empty when it never ran.
    pub async fn singleton(&self, name: &str) -> Result<SingletonState, StoreError> {
        let found = self
            .database
            .row("SELECT tried_at, succeeded_at, note, unseen FROM turns WHERE name = $1", values![name])
            .await?;
        let Some(row) = found else { return Ok(SingletonState::default()) };
        Ok(SingletonState {
            tried_at: row.maybe_integer("tried_at")?,
            succeeded_at: row.maybe_integer("succeeded_at")?,
            note: row.text("note")?,
            unseen: row.text("unseen")?,
        })
    }
}
