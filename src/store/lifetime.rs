//! The store as a whole: start and end, its clock, and maintenance of the database's file.

use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use super::database::{Connections, values};
use super::opening::Others;
use super::sqlite::OTHER_PROCESS_POLL;
use super::{Store, StoreError, postgres, sqlite};
use crate::jobs::Millis;

/// Proves that something can be written. `doctor` runs it too.
pub(super) const HEARTBEAT: &str =
    "INSERT INTO heartbeat (id, at) VALUES (1, {now}) ON CONFLICT (id) DO UPDATE SET at = excluded.at";

impl Store {
    /// Starts the work of a process: frees leases whose holders are certain to be dead, so that a restart need not
    /// wait for them to expire. `lease_for` is the duration of the leases that it will take. Called once, before the
    /// first claim. Returns the number of leases that were freed at once.
    pub async fn begin_work(&self, lease_for: Duration) -> Result<u64, StoreError> {
        let presence = match &*self.others {
            Others::Beside(presence) => presence,
            // Other processes may be working. The leases of those that are gone are freed from now on.
            Others::Announcing { .. } => return self.attend(lease_for).await.map(|()| 0),
        };
        let Connections::Sqlite { reader, file, .. } = &self.database.connections else { return Ok(0) };
        if !presence.arrive().await? {
            return Ok(0);
        }
        if !file.look_through(reader).await.map_err(|error| file.name(error))? {
            tracing::info!(
                "the database is too large for a full check at every start; docs/operate.md says how to check it"
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

    /// Writes something and rolls it back: proves that an event could be stored at this moment.
    pub async fn check_writable(&self) -> Result<(), StoreError> {
        let mut tx = self.database.begin("check_writable").await?;
        tx.execute(HEARTBEAT, values![]).await?;
        tx.commit().await
    }

    /// Waits until there may be something to claim, at most for `limit`. Work that arrives before the call is not
    /// missed: then the call returns at once.
    pub async fn wait_for_work(&self, limit: Duration) {
        let look_every = match &*self.others {
            Others::Beside(_) => OTHER_PROCESS_POLL,
            Others::Announcing { .. } => postgres::UNHEARD_POLL,
        };
        // Look for work after the timeout as well as after a notification.
        let _notified_or_not = tokio::time::timeout(limit.min(look_every), self.work.notified()).await;
    }

    /// Removes overwritten data from the log of the database's file. It does not wait: if a reader blocks it, nothing
    /// happens. Returns whether the data is gone.
    pub async fn trim_log(&self) -> Result<bool, StoreError> {
        match &self.database.connections {
            Connections::Sqlite { writer, .. } => sqlite::trim_log(writer).await,
            // PostgreSQL's own log is out of this program's reach.
            Connections::Postgres(_) => Ok(true),
        }
    }

    /// Copies the database into a new file, as it is at this moment, while others continue to write. The copy is on
    /// disk and checked when this returns. Fails for an existing file, and for databases other than SQLite.
    pub async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        match &self.database.connections {
            Connections::Sqlite { reader, .. } => sqlite::back_up(reader, to).await,
            Connections::Postgres(_) => Err(StoreError::Refused(
                "PostgreSQL has a tool for this: deploy/backup/postgres.sh pg_dump --format=custom >FILE"
                    .to_owned(),
            )),
        }
    }

    /// Waits for running calls, then closes every connection.
    pub async fn close(&self) {
        match &*self.others {
            Others::Beside(presence) => presence.leave(),
            Others::Announcing { instance, .. } => {
                drop(instance.lock().unwrap_or_else(PoisonError::into_inner).take());
            }
        }
        self.database.close().await;
    }
}
