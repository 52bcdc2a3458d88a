//! What the store on a database consists of, how it is opened, and how others on the same database are heard of.

use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep};
use tokio_util::task::AbortOnDropHandle;
use tracing::warn;

use super::database::{Database, values};
use super::postgres::{AT_WORK, Attendance};
use super::sqlite::Presence;
use super::{StoreError, postgres, sqlite};
use crate::jobs::messages::NotifyPolicy;
use crate::secret::Secret;

/// How long a start waits for a server that is not there yet: after a boot it comes up beside us. Less than a
/// container may take until it must be healthy (60 s: `HEALTHCHECK` in the Dockerfile), and five of these outlast a
/// server's recovery, for systemd's five starts.
const UP_WITHIN: Duration = Duration::from_secs(50);

/// Between two looks for the server.
const UP_AGAIN: Duration = Duration::from_secs(1);

/// Opens the store that the address names and brings its tables up to date. The address is a secret: one of
/// PostgreSQL holds a password.
///
/// # Errors
/// When the address is of no known kind, or the database cannot be opened or migrated.
pub async fn open(address: &Secret) -> Result<Store, StoreError> {
    let text = address.expose();
    match text.split_once("://") {
        Some(("sqlite", path)) => Ok(Store::sqlite(path.as_ref()).await?),
        Some(("postgres" | "postgresql", _)) => Ok(Store::postgres(address).await?),
        _ => Err(StoreError::Refused("DATABASE_URL must begin with sqlite:// or postgres://".to_owned())),
    }
}

/// The same for a start, which waits for a server that is not up yet.
///
/// # Errors
/// As above; that of the last try if the server does not come up in time.
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

/// What somebody wants with a database that they open as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// To read. The database refuses every write.
    Read,
    /// To read and to change rows.
    Write,
    /// To copy all of it, or to see who works on it, whatever release its tables are of. Nothing is written.
    Copy,
}

/// Opens the store that the address names as it is: no database is made, and no table is made or changed, so that
/// a service of another release may go on working on it.
///
/// # Errors
/// When there is no such database, it cannot be opened, or its tables are of another release.
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

/// Whether a process works on the database that the address names, whatever release its tables are of.
///
/// # Errors
/// When it cannot be opened or asked.
pub async fn is_worked_on(address: &Secret) -> Result<bool, StoreError> {
    let store = open_as_it_is(address, Access::Copy).await?;
    let is_worked_on = store.is_worked_on().await;
    store.close().await;
    is_worked_on
}

/// Events, jobs, files and folders in a database.
#[derive(Debug, Clone)]
pub struct Store {
    pub(super) database: Database,
    /// Raised when there may be something to claim.
    pub(super) work: Arc<Notify>,
    /// Raised when there may be something to send.
    pub(super) outbox: Arc<Notify>,
    /// Which messages are written.
    pub(super) notify_policy: Arc<RwLock<NotifyPolicy>>,
    pub(super) others: Arc<Others>,
}

/// How other processes on the same database are heard of.
#[derive(Debug)]
pub(super) enum Others {
    /// Beside an SQLite file by a lock; their work is found by looking.
    Beside(Presence),
    /// They announce their work, and hold a lock while they are at it.
    Announcing {
        /// Commands that only look hear of nothing.
        _listening: Option<AbortOnDropHandle<()>>,
        options: Box<PgConnectOptions>,
        attendance: Mutex<Option<Attendance>>,
    },
}

impl Store {
    /// Opens an SQLite file, making it and its folder if need be, and brings its tables up to date.
    ///
    /// # Errors
    /// When the folder cannot be made, the file is no database, or a migration fails.
    pub async fn sqlite(path: &Path) -> Result<Self, StoreError> {
        let database = sqlite::open(path).await?;
        Ok(Self::on(database, Arc::default(), Others::Beside(Presence::companions(path))))
    }

    /// Connects to a PostgreSQL server and brings the tables up to date.
    ///
    /// # Errors
    /// When the address cannot be used, the server not reached, or a migration fails.
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
        }
    }

    /// Whether a process works on this database: a running service, or a backfill without one. Ends with the
    /// process, however that ends. Not to be asked by one that has begun to work itself.
    pub async fn is_worked_on(&self) -> Result<bool, StoreError> {
        match &*self.others {
            Others::Beside(presence) => presence.is_anybody().await,
            Others::Announcing { .. } => {
                // Had for the length of this statement, and only if nobody holds it shared.
                let asked = "SELECT CAST(CASE WHEN pg_try_advisory_xact_lock($1) THEN 0 ELSE 1 END AS BIGINT) AS works";
                let row = self.database.row(asked, values![AT_WORK]).await?;
                Ok(row
                    .ok_or_else(|| StoreError::Corrupt("a question about a lock gave no row".to_owned()))?
                    .integer("works")?
                    != 0)
            }
        }
    }
}
