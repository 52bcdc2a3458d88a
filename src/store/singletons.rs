//! Singletons: periodic work that one instance at a time does, with an interval over all instances.

use std::time::Duration;

use super::database::{Row, Tx, values};
use super::{Store, StoreError, rows};
use crate::jobs::{BackfilledDays, Coverage, Look, SingletonState};
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

/// Name of the lock for the days that are covered: a sweep and a backfill read them before they write.
const COVERING: &str = "coverage";

/// What is known of the covered days.
const COVERAGE: &str = "SELECT succeeded_at, unseen, covered_from, looked_at, gap_from, before_gap, left_out
                   FROM turns WHERE name = $1";

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
                "UPDATE turns SET token = $2, held_until = {now} + $4, tried_at = {now}, progress = '' WHERE name = $1
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

    /// Extends the lease to this time from now, and records how far the work is, for people. Zero returns the lease
    /// unfinished: the next instance may take it at once.
    pub async fn renew_singleton(
        &self,
        singleton: &SingletonLease,
        hold_for: Duration,
        progress: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.database.begin("renew_singleton").await?;
        let kept = tx
            .execute(
                "UPDATE turns SET held_until = {now} + $3, progress = $4 WHERE name = $1 AND token = $2",
                values![singleton.name.as_str(), singleton.token.as_str(), hold_for, progress],
            )
            .await?;
        if kept == 0 {
            return Err(StoreError::LeaseLost);
        }
        tx.commit().await
    }

    /// Records a successful look before the work ends: the users or items that it could not read although it succeeded
    /// (empty if there are none), and the days that are covered now.
    pub async fn note_look(
        &self,
        singleton: &SingletonLease,
        unseen: &str,
        look: Option<&Look>,
    ) -> Result<(), StoreError> {
        let mut tx = self.database.begin("note_look").await?;
        tx.keep_out_others(COVERING).await?;
        let before = tx.row(COVERAGE, values![singleton.name.as_str()]).await?;
        let noted = tx
            .execute(
                "UPDATE turns SET unseen = $3 WHERE name = $1 AND token = $2",
                values![singleton.name.as_str(), singleton.token.as_str(), unseen],
            )
            .await?;
        let Some(row) = before.filter(|_| noted == 1) else { return Err(StoreError::LeaseLost) };
        if let Some(look) = look {
            let known = coverage(&row)?;
            // Releases without this column have recorded only the end of the last successful look.
            let looked_at = known.looked_at.or(row.maybe_integer("succeeded_at")?);
            let is_wider = unseen.is_empty() && !row.text("unseen")?.is_empty();
            cover(&mut tx, &singleton.name, &Coverage { looked_at, ..known }.after(*look, is_wider)).await?;
        }
        tx.commit().await
    }

    /// Records a backfill of the whole account. Returns the coverage if the backfill has proved more than was known.
    pub async fn note_backfill(
        &self,
        name: &str,
        days: BackfilledDays,
    ) -> Result<Option<Coverage>, StoreError> {
        let mut tx = self.database.begin("note_backfill").await?;
        tx.keep_out_others(COVERING).await?;
        let Some(row) = tx.row(COVERAGE, values![name]).await? else { return Ok(None) };
        let is_partial = !row.text("unseen")?.is_empty();
        let Some(proved) = coverage(&row)?.with_backfill(days, is_partial) else { return Ok(None) };
        cover(&mut tx, name, &proved).await?;
        tx.commit().await?;
        Ok(Some(proved))
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
                "UPDATE turns SET token = NULL, held_until = NULL, note = $4, tried_at = {now}, progress = '',
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
            .row(
                "SELECT tried_at, succeeded_at, note, unseen, progress, covered_from, looked_at, gap_from, before_gap,
                   left_out FROM turns WHERE name = $1",
                values![name],
            )
            .await?;
        let Some(row) = found else { return Ok(SingletonState::default()) };
        Ok(SingletonState {
            tried_at: row.maybe_integer("tried_at")?,
            succeeded_at: row.maybe_integer("succeeded_at")?,
            note: row.text("note")?,
            unseen: row.text("unseen")?,
            coverage: coverage(&row)?,
            progress: row.text("progress")?,
        })
    }
}

fn coverage(row: &Row) -> Result<Coverage, StoreError> {
    Ok(Coverage {
        from: row.maybe_integer("covered_from")?,
        looked_at: row.maybe_integer("looked_at")?,
        gap_from: row.maybe_integer("gap_from")?,
        before_gap: row.maybe_integer("before_gap")?,
        left_out: rows::unsigned(row.integer("left_out")?, "left_out")?,
    })
}

async fn cover(tx: &mut Tx, name: &str, coverage: &Coverage) -> Result<(), StoreError> {
    let Coverage { from, looked_at, gap_from, before_gap, left_out } = *coverage;
    tx.execute(
        "UPDATE turns SET covered_from = $2, looked_at = $3, gap_from = $4, before_gap = $5, left_out = $6
           WHERE name = $1",
        values![name, from, looked_at, gap_from, before_gap, rows::signed(left_out)?],
    )
    .await?;
    Ok(())
}
