//! What the store on a database consists of, how it is opened, and how others on the same database are heard of.

use std::path::Path;
use std::sync::{Arc, Mutex, RwLock};

use sqlx::postgres::PgConnectOptions;
use tokio::sync::Notify;
use tokio_util::task::AbortOnDropHandle;

use super::database::{Database, values};
use super::postgres::{AT_WORK, Attendance};
use super::sqlite::Presence;
use super::{StoreError, postgres, sqlite};
use crate::jobs::messages::Telling;
use crate::secret::Secret;

/// Events, jobs, files and folders in a database.
#[derive(Debug)]
pub struct SqlStore {
    pub(super) database: Database,
    /// Raised when there may be something to claim.
    pub(super) work: Arc<Notify>,
    /// Raised when there may be something to send.
    pub(super) outbox: Arc<Notify>,
    /// Which messages are written.
    pub(super) telling: RwLock<Telling>,
    pub(super) others: Others,
}

/// How other processes on the same database are heard of.
#[derive(Debug)]
pub(super) enum Others {
    /// Beside an SQLite file by a lock; their work is found by looking.
    Beside(Presence),
    /// They announce their work, and hold a lock while they are at it.
    Announcing {
        _listening: AbortOnDropHandle<()>,
        options: Box<PgConnectOptions>,
        attendance: Mutex<Option<Attendance>>,
    },
}

impl SqlStore {
    /// Opens an SQLite file, making it and its folder if need be, and brings its tables up to date.
    ///
    /// # Errors
    /// When the folder cannot be made, the file is no database, or a migration fails.
    pub async fn sqlite(path: &Path) -> Result<Self, StoreError> {
        let database = sqlite::open(path).await?;
        Ok(Self::on(database, Arc::default(), Others::Beside(Presence::beside(path))))
    }

    /// Connects to a PostgreSQL server and brings the tables up to date.
    ///
    /// # Errors
    /// When the address cannot be used, the server not reached, or a migration fails.
    pub async fn postgres(address: &Secret) -> Result<Self, StoreError> {
        let work = Arc::new(Notify::new());
        let options = Box::new(postgres::options(address)?);
        let (database, listening) = postgres::open(address, work.clone()).await?;
        let others = Others::Announcing { _listening: listening, options, attendance: Mutex::default() };
        Ok(Self::on(database, work, others))
    }

    fn on(database: Database, work: Arc<Notify>, others: Others) -> Self {
        Self { database, work, outbox: Arc::default(), telling: RwLock::default(), others }
    }

    /// Whether a process, this one included, has begun to work and has not ended.
    pub(super) async fn somebody_works(&self) -> Result<bool, StoreError> {
        match &self.others {
            Others::Beside(presence) => presence.is_anybody().await,
            Others::Announcing { .. } => {
                // Had for the length of this statement, and only if nobody holds it shared.
                let asked = "SELECT CAST(CASE WHEN pg_try_advisory_xact_lock($1) THEN 0 ELSE 1 END AS BIGINT) AS works";
                let row = self.database.row(asked, values![AT_WORK]).await?;
                Ok(row.ok_or_else(|| StoreError::Missing("lock".to_owned()))?.integer("works")? != 0)
            }
        }
    }
}
