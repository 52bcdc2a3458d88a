//! How a store is opened, and how processes on the same database notice each other.

use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio::sync::{Notify, Semaphore};
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::database::{Database, values};
use super::postgres::{AT_WORK, Attendance};
use super::sqlite::Presence;
use super::{StoreError, postgres, shelf, sqlite};
use crate::jobs::messages::NotifyPolicy;
use crate::secret::Secret;

/// How long a start waits for a server that is not up yet: after a boot the server starts at the same time. Shorter
/// than the time in which a container must become healthy (60 s: `HEALTHCHECK` in the Dockerfile); five such waits,
/// systemd's five starts, are longer than a server's recovery.
const UP_WITHIN: Duration = Duration::from_secs(50);

/// Wait between two attempts to connect.
const UP_AGAIN: Duration = Duration::from_secs(1);

/// Opens the store that the address names and migrates its tables. The address is a secret: that of PostgreSQL
/// contains a password.
///
/// # Errors
/// When the address is of an unknown kind, or the database cannot be opened or migrated.
pub async fn open(address: &Secret) -> Result<Store, StoreError> {
    let text = address.expose();
    match text.split_once("://") {
        Some(("sqlite", path)) => Ok(Store::sqlite(path.as_ref()).await?),
        Some(("postgres" | "postgresql", _)) => Ok(Store::postgres(address).await?),
        _ => Err(StoreError::Refused("DATABASE_URL must begin with sqlite:// or postgres://".to_owned())),
    }
}

/// Like [`open`] for a start: it waits for a server that is not up yet.
///
/// # Errors
/// As for [`open`]; the last attempt's error if the server does not come up in time.
pub async fn open_when_up(address: &Secret) -> Result<Store, StoreError> {
    let until = Instant::now() + UP_WITHIN;
    let mut was_told = false;
    loop {
        match open(address).await {
            Err(error) if error.is_not_up() && Instant::now() < until => {
                if !was_told {
                    warn!("waiting for the database, for {}s at most: {error}", UP_WITHIN.as_secs());
                    was_told = true;
                }
                sleep(UP_AGAIN).await;
            }
            opened => return opened,
        }
    }
}

/// The purpose for which a database is opened unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To read. The database refuses every write.
    Read,
    /// To read, and to change rows.
    Write,
    /// To copy all of it, or to see whether a process works on it, whatever its release. Nothing is written.
    Copy,
}

/// Opens the store that the address names without creating or migrating anything, so that a service of another
/// release can continue to work on it.
///
/// # Errors
/// When the database does not exist, cannot be opened, or has the tables of another release.
pub async fn open_as_it_is(address: &Secret, access: Access) -> Result<Store, StoreError> {
    match address.expose().split_once("://") {
        Some(("sqlite", path)) => {
            let path: &Path = path.as_ref();
            let database = sqlite::open_as_it_is(path, access).await?;
            let others = Others::Beside(Presence::companions(path));
            Ok(Store::on(database, Arc::default(), others))
        }
        Some(("postgres" | "postgresql", _)) => {
            let options = Box::new(postgres::options(address)?);
            let database = postgres::open_as_it_is(address, access).await?;
            let others = Others::Announcing { _listening: None, options, attendance: Mutex::default() };
            Ok(Store::on(database, Arc::default(), others))
        }
        _ => open(address).await,
    }
}

/// Whether a process works on the database that the address names, whatever its release.
///
/// # Errors
/// When it cannot be opened or does not answer.
pub async fn is_worked_on(address: &Secret) -> Result<bool, StoreError> {
    let store = open_as_it_is(address, Access::Copy).await?;
    let is_worked_on = store.is_worked_on().await;
    store.close().await;
    is_worked_on
}

/// A handle to the program's durable state. Clones share it.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) database: Database,
    /// Notified when there may be something to claim.
    pub(super) work: Arc<Notify>,
    /// Notified when there may be something to send.
    pub(super) outbox: Arc<Notify>,
    /// Which messages are written.
    pub(super) notify_policy: Arc<RwLock<NotifyPolicy>>,
    pub(super) others: Arc<Others>,
    /// A permit for each search of the list.
    pub(super) searches: Arc<Semaphore>,
}

/// How other processes on the same database are noticed.
#[derive(Debug)]
pub(super) enum Others {
    /// SQLite: by a lock beside the file. Their work is found by polling.
    Beside(Presence),
    /// PostgreSQL: they announce their work, and hold a lock while they work.
    Announcing {
        /// The task that listens; `None` in commands that only read.
        _listening: Option<AbortOnDropHandle<()>>,
        options: Box<PgConnectOptions>,
        attendance: Mutex<Option<Attendance>>,
    },
}

impl Store {
    /// Opens an SQLite file and migrates its tables. Creates the file and its folder if necessary.
    ///
    /// # Errors
    /// When the folder cannot be created, the file is no database, or a migration fails.
    pub async fn sqlite(path: &Path) -> Result<Self, StoreError> {
        let database = sqlite::open(path).await?;
        Ok(Self::on(database, Arc::default(), Others::Beside(Presence::companions(path))))
    }

    /// Connects to a PostgreSQL server and migrates the tables.
    ///
    /// # Errors
    /// When the address is unusable, the server unreachable, or a migration fails.
    pub async fn postgres(address: &Secret) -> Result<Self, StoreError> {
        let work = Arc::new(Notify::new());
        let options = Box::new(postgres::options(address)?);
        let (database, listening) = postgres::open(address, work.clone()).await?;
        let others =
            Others::Announcing { _listening: Some(listening), options, attendance: Mutex::default() };
        Ok(Self::on(database, work, others))
    }

    fn on(database: Database, work: Arc<Notify>, others: Others) -> Self {
        Self {
            database,
            work,
            outbox: Arc::default(),
            notify_policy: Arc::default(),
            others: Arc::new(others),
            searches: Arc::new(Semaphore::new(shelf::SEARCHES_MAX)),
        }
    }

    /// Whether a process works on this database: a running service, or a backfill without one. False as soon as that
    /// process ends, in whatever way. A process that works itself must not call this.
    pub async fn is_worked_on(&self) -> Result<bool, StoreError> {
        match &*self.others {
            Others::Beside(presence) => presence.is_anybody().await,
            Others::Announcing { .. } => {
                // The lock is taken for this statement only, and only if nobody holds it shared.
                let text = "SELECT CAST(CASE WHEN pg_try_advisory_xact_lock($1) THEN 0 ELSE 1 END AS BIGINT) AS works";
                let row = self.database.row(text, values![AT_WORK]).await?;
                Ok(row
                    .ok_or_else(|| StoreError::Corrupt("a query about a lock gave no row".to_owned()))?
                    .integer("works")?
                    != 0)
            }
        }
    }
}
