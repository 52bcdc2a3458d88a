//! The store as a whole: its beginning and its end, its clock, and what the database's own file needs.

use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use super::database::{Connections, values};
use super::opening::Others;
use super::postgres::Attendance;
use super::sqlite::OTHER_PROCESS_POLL;
use super::{Store, StoreError, postgres, sqlite};
use crate::jobs::Millis;

/// Proves that something can be written. `doctor` runs it too.
pub(super) const HEARTBEAT: &str =
    "INSERT INTO heartbeat (id, at) VALUES (1, {now}) ON CONFLICT (id) DO UPDATE SET at = excluded.at";

impl Store {
    /// A worker begins: leases whose holders are certain to be dead are given back, so that a restart need
    /// not wait for them to run out. Called once, before the first claim. Returns how many there were.
    pub async fn begin_work(&self) -> Result<u64, StoreError> {
        let presence = match &*self.others {
            Others::Beside(presence) => presence,
            Others::Announcing { options, attendance, .. } => {
                let ours = Attendance::begin((**options).clone()).await?;
                *attendance.lock().unwrap_or_else(PoisonError::into_inner) = Some(ours);
                // Whose leases there are nobody can say: they run out.
                return Ok(0);
            }
        };
        let Connections::Sqlite { reader, file, .. } = &self.database.connections else { return Ok(0) };
        if !presence.arrive().await? {
            return Ok(0);
        }
        if !file.look_through(reader).await.map_err(|error| file.name(error))? {
            tracing::info!(
                "the database is too large to be looked through at every start; see docs/operate.md"
            );
        }
        let freed = self.free_leases().await.map_err(|error| file.name(error))?;
        self.free_probes().await?;
        self.free_messages().await?;
        presence.stay().await?;
        Ok(freed)
    }

    /// The store's clock.
    pub async fn now(&self) -> Result<Millis, StoreError> {
        let row = self.database.row("SELECT {now} AS at", values![]).await?;
        row.ok_or_else(|| StoreError::Corrupt("the clock gave no row".to_owned()))?.integer("at")
    }

    /// Writes and takes back something: proves that events could be stored at this moment.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        let mut tx = self.database.begin("check_writable").await?;
        tx.execute(HEARTBEAT, values![]).await?;
        tx.commit().await
    }

    /// Waits until there may be something to claim, at most so long. Work that arrives before the call is
    /// not missed: it makes the call return at once.
    pub async fn wait_for_work(&self, limit: Duration) {
        let look_every = match &*self.others {
            Others::Beside(_) => OTHER_PROCESS_POLL,
            Others::Announcing { .. } => postgres::UNHEARD_POLL,
        };
        // Running out of time is as good a reason to look again as being told.
        let _told_or_not = tokio::time::timeout(limit.min(look_every), self.work.notified()).await;
    }

    /// What was overwritten in the database's file goes from its log, too. Waits for nobody: where somebody is reading
    /// just now it is left for another time. Returns whether it is gone.
    pub async fn trim_log(&self) -> Result<bool, StoreError> {
        match &self.database.connections {
            Connections::Sqlite { writer, .. } => sqlite::trim_log(writer).await,
            // Its own log is nothing that this program can reach.
            Connections::Postgres(_) => Ok(true),
        }
    }

    /// Copies the database into a new file, as it stands at this moment, while others go on writing. The copy is
    /// on disk and was looked through when this returns. Refuses to overwrite, and what is not SQLite.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        match &self.database.connections {
            Connections::Sqlite { reader, .. } => sqlite::back_up(reader, to).await,
            Connections::Postgres(_) => Err(StoreError::Refused(
                "PostgreSQL has a tool for this: deploy/backup/postgres.sh pg_dump --format=custom >FILE"
                    .to_owned(),
            )),
        }
    }

    /// Closes every connection after what is under way.
    pub async fn close(&self) {
        match &*self.others {
            Others::Beside(presence) => presence.leave(),
            Others::Announcing { attendance, .. } => {
                drop(attendance.lock().unwrap_or_else(PoisonError::into_inner).take());
            }
        }
        self.database.close().await;
    }
}
