//! The errors of the store.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::SqliteError;

/// Help for a damaged or wrong file. There is no repair: its content can be collected again.
const RECOVERY: &str = "Nothing at Zoom or in Drive is lost. Stop the service and restore a backup, or \
    move the file away, with those of the same name that end in -wal and -shm, and start again with a new \
    database; the sweep then finds the recordings at Zoom, and files that are on Drive are not uploaded again";

/// SQLite's codes for a file whose pages are inconsistent, and for a file that is no database: primary result codes
/// `SQLITE_CORRUPT` and `SQLITE_NOTADB` (sqlite.org/rescode.html).
const CORRUPT: i32 = 11;
const NO_DATABASE: i32 = 26;

/// PostgreSQL's code for a server that is starting up or shutting down, `cannot_connect_now`
/// (postgresql.org/docs/current/errcodes-appendix.html).
const NOT_NOW: &str = "57P03";

/// Why a call of the store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The caller has lost its lease: it must stop working on this job at once.
    #[error("the lease on this job was lost")]
    LeaseLost,
    /// No such job or event.
    #[error("there is no {0}")]
    Missing(String),
    /// The row's current state does not allow the request.
    #[error("{0}")]
    Refused(String),
    /// Another instance has planned a file of the same name into the folder since the names were read: plan again.
    #[error("a file of this name was planned by another instance at the same time")]
    NameTaken,
    /// The database does not answer. It is unknown whether something was written.
    #[error("the database did not answer within {}s", .0.as_secs())]
    NoAnswer(Duration),
    /// More events arrive than can be stored. Nothing was written.
    #[error("more events arrive than can be stored")]
    Busy,
    /// The task that stores events ended before this one was stored: the program stops, or it has a bug.
    #[error("the program failed before the event was stored")]
    Interrupted,
    /// The database failed, is full, locked or missing. Nothing was written.
    #[error("the database failed: {0}")]
    Database(#[source] sqlx::Error),
    /// The content of the database's file is inconsistent. Nothing is read or written until a person replaces the
    /// file.
    #[error("the database is damaged ({0}). {RECOVERY}")]
    Damaged(String),
    /// The database's file was moved or deleted: new data could be lost with it.
    #[error(
        "{} was moved, deleted or replaced while it was open: put it back, or restart the service for a new database",
        .0.display()
    )]
    Moved(PathBuf),
    /// The file is no database, or another program's.
    #[error("{0}. Is DATABASE_URL right? {RECOVERY}")]
    Foreign(String),
    /// The connection to the server leaves this machine, and nothing proves the server's identity.
    #[error(
        "DATABASE_URL leads to another machine, and sslmode={0} does not prove which one answers: a machine in between \
         could receive the password. Add ?sslmode=verify-full to it, and &sslrootcert=/path/to/ca.crt unless a public \
         authority has signed the server's certificate. If no other machine can be in between (a network of containers, \
         a tunnel), add ?sslmode=disable"
    )]
    Exposed(&'static str),
    /// The server did not prove that it is the one that `DATABASE_URL` names. It received nothing from us.
    #[error(
        "the server did not prove that it is the one in DATABASE_URL ({0}). sslmode=verify-full needs TLS, and a \
         certificate for that host name by a public authority or by the one in sslrootcert"
    )]
    Unproved(String),
    /// The tables could not be migrated.
    #[error("the database could not be migrated: {0}")]
    Migration(#[source] MigrateError),
    /// The tables are those of an older release, and this process must not change them.
    #[error(
        "its tables are of an older release (change {applied}, this program knows {known}). Nothing was changed: \
         `serve` of this release brings them up to date when it starts"
    )]
    OlderRelease {
        /// The last applied migration; 0 for none.
        applied: i64,
        /// The last migration that this program knows.
        known: i64,
    },
    /// The tables are those of a newer release.
    #[error(
        "its tables are of a newer release (change {applied}, this program knows {known}). Nothing was changed: use \
         the newer program"
    )]
    NewerRelease {
        /// The last applied migration.
        applied: i64,
        /// The last migration that this program knows.
        known: i64,
    },
    /// A row has content that this program never writes.
    #[error("a stored row makes no sense: {0}")]
    Corrupt(String),
    /// The database's folder could not be created, or its file not opened.
    #[error("cannot open {path}: {source}")]
    Open {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match (sqlite_code(&error), &error) {
            (Some(CORRUPT), _) => Self::Damaged(words(&error)),
            (Some(NO_DATABASE), _) => Self::Foreign(words(&error)),
            (_, sqlx::Error::Tls(why)) => Self::Unproved(why.to_string()),
            // The TLS library reports a bad certificate as an IO error.
            (_, sqlx::Error::Io(why)) if why.kind() == io::ErrorKind::InvalidData => {
                Self::Unproved(why.to_string())
            }
            _ => Self::Database(error),
        }
    }
}

impl From<MigrateError> for StoreError {
    fn from(error: MigrateError) -> Self {
        match error {
            MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)
                if matches!(sqlite_code(&error), Some(CORRUPT | NO_DATABASE)) =>
            {
                error.into()
            }
            error => Self::Migration(error),
        }
    }
}

impl StoreError {
    /// Whether a server is unreachable or not ready, which may end in a moment.
    pub(super) fn is_not_up(&self) -> bool {
        match self {
            Self::NoAnswer(_) | Self::Database(sqlx::Error::Io(_)) => true,
            error => error.code() == NOT_NOW,
        }
    }

    /// PostgreSQL's error code, or SQLite's primary one; empty when the error does not come from the database.
    pub fn code(&self) -> String {
        let Self::Database(error) = self else { return String::new() };
        match sqlite_code(error) {
            Some(code) => code.to_string(),
            None => error
                .as_database_error()
                .and_then(|said| said.code())
                .map(std::borrow::Cow::into_owned)
                .unwrap_or_default(),
        }
    }
}

/// The primary result code, if the error comes from SQLite.
pub(super) fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    let said = error.as_database_error()?;
    said.try_downcast_ref::<SqliteError>()?;
    let extended: i32 = said.code()?.parse().ok()?;
    Some(extended & 0xff)
}

fn words(error: &sqlx::Error) -> String {
    error.as_database_error().map(|said| said.message().to_owned()).unwrap_or_default()
}
