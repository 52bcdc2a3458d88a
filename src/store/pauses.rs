//! State of pauses and of uploaded bytes: shared by all instances, and kept over restarts.

use std::time::Duration;

use super::database::{Row, Tx, values};
use super::{Store, StoreError, messages, rows};
use crate::jobs::pause::daily::{BUCKET, Uploaded, WINDOW};
use crate::jobs::pause::{Pause, PauseCause, RELAPSE_PROBES, RELAPSE_WITHIN, System};

/// A pause to start or to continue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct NewPause {
    pub system: System,
    pub cause: PauseCause,
    /// The problem, and the steps that a person can take.
    pub message: String,
    /// Time until the first probe.
    pub wait: Duration,
    /// The same, for a pause that returns soon after its end.
    pub relapse_wait: Duration,
}

/// The effect of starting a pause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PauseStart {
    /// It is new: the caller notifies people, once.
    New,
    /// It had ended a short while ago and continues; people were notified before.
    Relapse,
    /// It was in force already; nothing changed.
    Known,
}

/// Whether jobs may be claimed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admission {
    /// No system is paused.
    Free,
    /// A system is paused, and no probe is due for this caller. Ask again after this time, or when work arrives.
    Wait(Duration),
    /// The caller must probe: it may claim one job, to find out whether the pauses are over.
    Probe(Probe),
}

/// The right to probe. It expires like a lease, so that a crash blocks nobody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// Unique to this probe.
    pub token: String,
    /// The probed pauses, oldest first.
    pub pauses: Vec<Pause>,
}

/// Whether any system is paused; read before every claim.
pub(in crate::store) const ADMISSION: &str = "SELECT max(CASE WHEN probe_at > probe_until THEN probe_at ELSE probe_until END) - {now} AS wait,
                   CAST(CASE WHEN EXISTS (SELECT 1 FROM jobs WHERE standing = 'active' AND next_attempt_at <= {now}
                     AND (lease_until IS NULL OR lease_until <= {now})) THEN 1 ELSE 0 END AS BIGINT) AS has_work
                   FROM pauses WHERE ended_at = 0";

/// Time until the next check while no system is paused: new work ends the wait earlier.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

/// Name of the lock for starting a pause and for taking the right to probe: both read before they write.
const DECIDING: &str = "pauses";

fn pause(row: &Row) -> Result<Pause, StoreError> {
    let (system, cause) = (row.text("system")?, row.text("cause")?);
    let unknown = || StoreError::Corrupt(format!("pause of {system}: {cause}"));
    Ok(Pause {
        system: System::from_name(&system).ok_or_else(unknown)?,
        cause: PauseCause::from_name(&cause).ok_or_else(unknown)?,
        since: row.integer("since")?,
        message: row.text("message")?,
        probe_at: row.integer("probe_at")?,
        probes: rows::small(row.integer("probes")?, "probes")?,
    })
}

impl Store {
    /// The pauses in force, oldest first.
    pub async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        let found = self
            .database
            .rows(
                "SELECT system, cause, since, message, probe_at, probes FROM pauses WHERE ended_at = 0
                   ORDER BY since, system, cause",
                values![],
            )
            .await?;
        found.iter().map(pause).collect()
    }

    /// Starts a pause, unless it is in force.
    pub async fn begin_pause(&self, pause: &NewPause) -> Result<PauseStart, StoreError> {
        let mut tx = self.database.begin("begin_pause").await?;
        tx.keep_out_others(DECIDING).await?;
        let known = tx
            .row(
                "SELECT ended_at, CAST(CASE WHEN ended_at > {now} - $3 THEN 1 ELSE 0 END AS BIGINT) AS is_fresh
                   FROM pauses WHERE system = $1 AND cause = $2",
                values![pause.system.name(), pause.cause.name(), RELAPSE_WITHIN],
            )
            .await?;
        let begun = match known {
            None => PauseStart::New,
            Some(row) if row.integer("ended_at")? == 0 => return Ok(PauseStart::Known),
            Some(row) if row.integer("is_fresh")? != 0 => PauseStart::Relapse,
            Some(_) => PauseStart::New,
        };
        let (wait, probes) = match begun {
            PauseStart::Relapse => (pause.relapse_wait, RELAPSE_PROBES),
            PauseStart::New | PauseStart::Known => (pause.wait, 0),
        };
        tx.execute(
            "INSERT INTO pauses (system, cause, message, since, probe_at, probes)
               VALUES ($1, $2, $3, {now}, {now} + $4, $5)
               ON CONFLICT (system, cause) DO UPDATE SET message = excluded.message,
               since = CASE WHEN excluded.probes > 0 THEN pauses.since ELSE excluded.since END,
               probe_at = excluded.probe_at, probes = excluded.probes, probe_token = '', probe_until = 0,
               ended_at = 0",
            values![pause.system.name(), pause.cause.name(), pause.message.as_str(), wait, probes],
        )
        .await?;
        messages::note_pause(&mut tx, self.notify_policy(), pause).await?;
        tx.commit().await?;
        self.outbox.notify_one();
        Ok(begun)
    }

    /// Asks whether jobs may be claimed. One caller at a time gets the right to probe, for `lease_for`, when every
    /// pause is due for a probe.
    pub async fn admission(&self, lease_for: Duration) -> Result<Admission, StoreError> {
        // Reads first: a write transaction is needed only when a probe is due.
        let row = self.database.row(ADMISSION, values![]).await?;
        let Some(row) = row else { return Ok(Admission::Free) };
        let Some(wait) = row.maybe_integer("wait")? else { return Ok(Admission::Free) };
        if wait > 0 {
            return Ok(Admission::Wait(Duration::from_millis(wait.unsigned_abs())));
        }
        if row.integer("has_work")? == 0 {
            return Ok(Admission::Wait(LOOK_AGAIN));
        }
        self.take_probe(lease_for).await
    }

    /// Extends the right to probe to `lease_for` from now. Nothing happens when it has expired.
    pub async fn keep_probe(&self, token: &str, lease_for: Duration) -> Result<(), StoreError> {
        let mut tx = self.database.begin("keep_probe").await?;
        tx.execute(
            "UPDATE pauses SET probe_until = {now} + $2 WHERE probe_token = $1 AND probe_until > {now}",
            values![token, lease_for],
        )
        .await?;
        tx.commit().await
    }

    /// Records that a probe has met the pause again: the next probe is after `pause.wait`, and the pause gets this
    /// message. Nothing happens when the right to probe has expired.
    pub async fn fail_probe(&self, token: &str, pause: &NewPause) -> Result<(), StoreError> {
        let mut tx = self.database.begin("fail_probe").await?;
        tx.execute(
            "UPDATE pauses SET message = $4, probes = probes + 1, probe_at = {now} + $5, probe_token = '',
               probe_until = 0 WHERE probe_token = $1 AND system = $2 AND cause = $3 AND ended_at = 0",
            values![token, pause.system.name(), pause.cause.name(), pause.message.as_str(), pause.wait],
        )
        .await?;
        tx.commit().await
    }

    /// Returns the right to probe. Pauses that the probe has neither failed nor ended are due at once.
    pub async fn release_probe(&self, token: &str) -> Result<(), StoreError> {
        let mut tx = self.database.begin("release_probe").await?;
        tx.execute(
            "UPDATE pauses SET probe_token = '', probe_until = 0 WHERE probe_token = $1",
            values![token],
        )
        .await?;
        tx.announce_work().await?;
        tx.commit().await?;
        self.work.notify_one();
        Ok(())
    }

    /// Ends a pause. Returns whether it was in force.
    pub async fn end_pause(&self, system: System, cause: PauseCause) -> Result<bool, StoreError> {
        let mut tx = self.database.begin("end_pause").await?;
        let ended = tx
            .row(
                "UPDATE pauses SET ended_at = {now}, probe_token = '', probe_until = 0
                   WHERE system = $1 AND cause = $2 AND ended_at = 0 RETURNING since",
                values![system.name(), cause.name()],
            )
            .await?;
        if let Some(ended) = &ended {
            let since = ended.integer("since")?;
            messages::conclude_pause(&mut tx, self.notify_policy(), (system, cause), since).await?;
        }
        tx.announce_work().await?;
        tx.commit().await?;
        self.work.notify_one();
        self.outbox.notify_one();
        Ok(ended.is_some())
    }

    /// Makes the probes of a system due now, for an operator. Returns the number of its pauses.
    pub async fn probe_now(&self, system: System) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("probe_now").await?;
        let hastened = tx
            .execute(
                "UPDATE pauses SET probe_at = {now} WHERE system = $1 AND ended_at = 0",
                values![system.name()],
            )
            .await?;
        tx.announce_work().await?;
        tx.commit().await?;
        self.work.notify_one();
        Ok(hastened)
    }

    /// Makes pauses of this cause due for a probe after `wait`, if that is earlier. Returns their number.
    pub async fn probe_within(&self, cause: PauseCause, wait: Duration) -> Result<u64, StoreError> {
        let mut tx = self.database.begin("probe_within").await?;
        let hastened = tx
            .execute(
                "UPDATE pauses SET probe_at = {now} + $2 WHERE cause = $1 AND ended_at = 0 AND probe_at > {now} + $2",
                values![cause.name(), wait],
            )
            .await?;
        tx.commit().await?;
        Ok(hastened)
    }

    /// Bytes that this identity uploaded, by the hour, as far back as the daily limit counts.
    pub async fn uploaded(&self, identity: &str) -> Result<Vec<Uploaded>, StoreError> {
        let found = self
            .database
            .rows(
                "SELECT hour_at, bytes FROM uploads WHERE identity = $1 AND hour_at > {now} - $2 ORDER BY hour_at",
                values![identity, BUCKET + WINDOW],
            )
            .await?;
        let bucket = |row: &Row| {
            let bytes = rows::unsigned(row.integer("bytes")?, "uploaded bytes")?;
            Ok(Uploaded { hour_at: row.integer("hour_at")?, bytes })
        };
        found.iter().map(bucket).collect()
    }
}

/// Adds bytes that Drive has confirmed for this identity.
pub(super) async fn add_uploaded(tx: &mut Tx, identity: &str, bytes: u64) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO uploads (identity, hour_at, bytes) VALUES ($1, {now} / $3 * $3, $2)
           ON CONFLICT (identity, hour_at) DO UPDATE SET bytes = uploads.bytes + excluded.bytes",
        values![identity, rows::signed(bytes)?, BUCKET],
    )
    .await?;
    // Buckets that no longer count are deleted: the table keeps the rows of a day.
    tx.execute("DELETE FROM uploads WHERE hour_at <= {now} - $1", values![BUCKET + WINDOW]).await?;
    Ok(())
}

impl Store {
    /// Takes the right to probe, if it is free.
    async fn take_probe(&self, lease_for: Duration) -> Result<Admission, StoreError> {
        let token = self.lease_token(lease_for);
        let mut tx = self.database.begin("take_probe").await?;
        tx.keep_out_others(DECIDING).await?;
        tx.execute(
            "UPDATE pauses SET probe_token = $1, probe_until = {now} + $2 WHERE ended_at = 0 AND NOT EXISTS
               (SELECT 1 FROM pauses AS other WHERE other.ended_at = 0
                  AND (other.probe_at > {now} OR other.probe_until > {now}))",
            values![token.as_str(), lease_for],
        )
        .await?;
        let taken = tx
            .rows(
                "SELECT system, cause, since, message, probe_at, probes FROM pauses WHERE probe_token = $1
                   ORDER BY since, system, cause",
                values![token.as_str()],
            )
            .await?;
        let pauses = taken.iter().map(pause).collect::<Result<Vec<_>, _>>()?;
        tx.commit().await?;
        if pauses.is_empty() {
            // Another caller was faster, or all pauses have ended in the meantime: the next check shows it.
            return Ok(Admission::Wait(Duration::ZERO));
        }
        Ok(Admission::Probe(Probe { token, pauses }))
    }

    /// Frees rights to probe whose holders are certain to be dead.
    pub(in crate::store) async fn free_probes(&self) -> Result<(), StoreError> {
        let mut tx = self.database.begin("free_probes").await?;
        tx.execute("UPDATE pauses SET probe_token = '', probe_until = 0", values![]).await?;
        tx.commit().await
    }
}
