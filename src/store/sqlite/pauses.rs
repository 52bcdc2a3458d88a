//! Pauses, turns to probe, and uploaded bytes by the hour.

use std::time::Duration;

use async_trait::async_trait;
use rand::Rng;
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

use super::leases::millis;
use super::{SqliteStore, now};
use crate::jobs::pause::daily::{BUCKET, Uploaded, WINDOW};
use crate::jobs::pause::{Pause, PauseCause, RELAPSE_PROBES, RELAPSE_WITHIN, System};
use crate::store::pauses::{Begun, NewPause, PauseStore, Probe, Turn};
use crate::store::{StoreError, rows};

/// How soon to look again when nothing is paused and due: whoever brings work says so.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

fn pause(row: &SqliteRow) -> Result<Pause, StoreError> {
    let (system, cause): (String, String) = (row.try_get("system")?, row.try_get("cause")?);
    let unknown = || StoreError::Corrupt(format!("pause of {system}: {cause}"));
    Ok(Pause {
        system: System::from_name(&system).ok_or_else(unknown)?,
        cause: PauseCause::from_name(&cause).ok_or_else(unknown)?,
        since: row.try_get("since")?,
        message: row.try_get("message")?,
        probe_at: row.try_get("probe_at")?,
        probes: rows::small(row.try_get("probes")?, "probes")?,
    })
}

#[async_trait]
impl PauseStore for SqliteStore {
    async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        let rows = sqlx::query("SELECT * FROM pauses WHERE ended_at = 0 ORDER BY since, system, cause");
        rows.fetch_all(&self.reader).await?.iter().map(pause).collect()
    }

    async fn begin_pause(&self, pause: &NewPause) -> Result<Begun, StoreError> {
        let mut tx = self.write().await?;
        let row = sqlx::query(concat!(
            "SELECT ended_at, ended_at > ",
            now!(),
            " - ?3 AS is_fresh FROM pauses WHERE system = ?1 AND cause = ?2"
        ))
        .bind(pause.system.name())
        .bind(pause.cause.name())
        .bind(millis(RELAPSE_WITHIN))
        .fetch_optional(&mut *tx)
        .await?;
        let begun = match row {
            None => Begun::New,
            Some(row) if row.try_get::<i64, _>("ended_at")? == 0 => return Ok(Begun::Known),
            Some(row) if row.try_get::<i64, _>("is_fresh")? != 0 => Begun::Relapse,
            Some(_) => Begun::New,
        };
        let (wait, probes) = match begun {
            Begun::Relapse => (pause.relapse_wait, RELAPSE_PROBES),
            Begun::New | Begun::Known => (pause.wait, 0),
        };
        sqlx::query(concat!(
            "INSERT INTO pauses (system, cause, message, since, probe_at, probes) VALUES (?1, ?2, ?3, ",
            now!(),
            ", ",
            now!(),
            " + ?4, ?5) ON CONFLICT (system, cause) DO UPDATE SET message = excluded.message,",
            " since = CASE WHEN excluded.probes > 0 THEN pauses.since ELSE excluded.since END,",
            " probe_at = excluded.probe_at, probes = excluded.probes, probe_token = '', probe_until = 0,",
            " ended_at = 0"
        ))
        .bind(pause.system.name())
        .bind(pause.cause.name())
        .bind(&pause.message)
        .bind(millis(wait))
        .bind(i64::from(probes))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(begun)
    }

    async fn turn(&self, lease_for: Duration) -> Result<Turn, StoreError> {
        // Looking costs no write; only when it may be our turn is the writer asked.
        let row = sqlx::query(concat!(
            "SELECT max(max(probe_at, probe_until)) - ",
            now!(),
            " AS wait, (SELECT count(*) FROM jobs WHERE standing = 'active' AND next_attempt_at <= ",
            now!(),
            " AND (lease_until IS NULL OR lease_until <= ",
            now!(),
            ")) AS due FROM pauses WHERE ended_at = 0"
        ))
        .fetch_one(&self.reader)
        .await?;
        let wait = match row.try_get::<Option<i64>, _>("wait")? {
            None => return Ok(Turn::Free),
            Some(wait) => Duration::from_millis(u64::try_from(wait).unwrap_or(0)),
        };
        if !wait.is_zero() {
            return Ok(Turn::Wait(wait));
        }
        if row.try_get::<i64, _>("due")? == 0 {
            return Ok(Turn::Wait(LOOK_AGAIN));
        }
        self.take_turn(lease_for).await
    }

    async fn keep_probe(&self, token: &str, lease_for: Duration) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query(concat!(
            "UPDATE pauses SET probe_until = ",
            now!(),
            " + ?2 WHERE probe_token = ?1 AND probe_until > ",
            now!()
        ))
        .bind(token)
        .bind(millis(lease_for))
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    async fn fail_probe(&self, token: &str, pause: &NewPause) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query(concat!(
            "UPDATE pauses SET message = ?4, probes = probes + 1, probe_at = ",
            now!(),
            " + ?5, probe_token = '', probe_until = 0",
            " WHERE probe_token = ?1 AND system = ?2 AND cause = ?3 AND ended_at = 0"
        ))
        .bind(token)
        .bind(pause.system.name())
        .bind(pause.cause.name())
        .bind(&pause.message)
        .bind(millis(pause.wait))
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    async fn release_probe(&self, token: &str) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE pauses SET probe_token = '', probe_until = 0 WHERE probe_token = ?1")
            .bind(token)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        self.work.notify_one();
        Ok(())
    }

    async fn end_pause(&self, system: System, cause: PauseCause) -> Result<bool, StoreError> {
        let mut tx = self.write().await?;
        let ended = sqlx::query(concat!(
            "UPDATE pauses SET ended_at = ",
            now!(),
            ", probe_token = '', probe_until = 0 WHERE system = ?1 AND cause = ?2 AND ended_at = 0"
        ))
        .bind(system.name())
        .bind(cause.name())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        self.work.notify_one();
        Ok(ended.rows_affected() > 0)
    }

    async fn probe_now(&self, system: System) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let hastened = sqlx::query(concat!(
            "UPDATE pauses SET probe_at = ",
            now!(),
            " WHERE system = ?1 AND ended_at = 0"
        ))
        .bind(system.name())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        self.work.notify_one();
        Ok(hastened.rows_affected())
    }

    async fn probe_within(&self, cause: PauseCause, wait: Duration) -> Result<u64, StoreError> {
        let mut tx = self.write().await?;
        let hastened = sqlx::query(concat!(
            "UPDATE pauses SET probe_at = ",
            now!(),
            " + ?2 WHERE cause = ?1 AND ended_at = 0 AND probe_at > ",
            now!(),
            " + ?2"
        ))
        .bind(cause.name())
        .bind(millis(wait))
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(hastened.rows_affected())
    }

    async fn add_uploaded(&self, identity: &str, bytes: u64) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query(concat!(
            "INSERT INTO uploads (identity, hour_at, bytes) VALUES (?1, ",
            now!(),
            " / ?3 * ?3, ?2) ON CONFLICT (identity, hour_at) DO UPDATE SET bytes = uploads.bytes + excluded.bytes"
        ))
        .bind(identity)
        .bind(rows::signed(bytes)?)
        .bind(millis(BUCKET))
        .execute(&mut *tx)
        .await?;
        // What counts no more is let go: the table stays at a day's rows.
        sqlx::query(concat!("DELETE FROM uploads WHERE hour_at <= ", now!(), " - ?1"))
            .bind(millis(BUCKET + WINDOW))
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }

    async fn uploaded(&self, identity: &str) -> Result<Vec<Uploaded>, StoreError> {
        let query = sqlx::query(concat!(
            "SELECT hour_at, bytes FROM uploads WHERE identity = ?1 AND hour_at > ",
            now!(),
            " - ?2 ORDER BY hour_at"
        ));
        let found = query.bind(identity).bind(millis(BUCKET + WINDOW)).fetch_all(&self.reader).await?;
        let bucket = |row: &SqliteRow| {
            let bytes = rows::unsigned(row.try_get("bytes")?, "uploaded bytes")?;
            Ok(Uploaded { hour_at: row.try_get("hour_at")?, bytes })
        };
        found.iter().map(bucket).collect()
    }
}

impl SqliteStore {
    /// Takes the turn to probe, if it is still free.
    async fn take_turn(&self, lease_for: Duration) -> Result<Turn, StoreError> {
        let token = hex::encode(rand::rng().random::<[u8; 16]>());
        let mut tx = self.write().await?;
        sqlx::query(concat!(
            "UPDATE pauses SET probe_token = ?1, probe_until = ",
            now!(),
            " + ?2 WHERE ended_at = 0 AND NOT EXISTS (SELECT 1 FROM pauses AS other WHERE other.ended_at = 0",
            " AND (other.probe_at > ",
            now!(),
            " OR other.probe_until > ",
            now!(),
            "))"
        ))
        .bind(&token)
        .bind(millis(lease_for))
        .execute(&mut *tx)
        .await?;
        let taken = sqlx::query("SELECT * FROM pauses WHERE probe_token = ?1 ORDER BY since, system, cause")
            .bind(&token)
            .fetch_all(&mut *tx)
            .await?;
        let pauses = taken.iter().map(pause).collect::<Result<Vec<_>, _>>()?;
        tx.commit().await?;
        // Another was quicker, or all pauses ended meanwhile: looking again tells.
        Ok(if pauses.is_empty() { Turn::Wait(Duration::ZERO) } else { Turn::Probe(Probe { token, pauses }) })
    }

    /// Turns to probe whose holders are certain to be dead are given back.
    pub(super) async fn free_probes(&self) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("UPDATE pauses SET probe_token = '', probe_until = 0").execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}
