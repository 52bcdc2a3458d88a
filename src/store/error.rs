//! Why the store could not do as asked.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use sqlx::migrate::MigrateError;
use sqlx::sqlite::SqliteError;

/// What helps when the file is not what it should be. There is no repair: what it knew can be found again.
const RECOVERY: &str = "Nothing at Zoom or in Drive is lost by this. Stop the service and restore a backup, or \
    move the file away, with those of the same name that end in -wal and -shm, and start again with a new \
    database; the sweep then finds what Zoom still has, and what Drive holds already is not sent again";

/// SQLite's words for a file whose pages contradict each other, and for one that has none: primary result codes
/// `SQLITE_CORRUPT` and `SQLITE_NOTADB` (sqlite.org/rescode.html).
const CORRUPT: i32 = 11;
const NO_DATABASE: i32 = 26;

/// PostgreSQL's word for a server that is starting up or going down, `cannot_connect_now`
/// (postgresql.org/docs/current/errcodes-appendix.html).
const NOT_NOW: &str = "57P03";

/// Why the store could not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The lease named in the call is no longer held: stop working on this job at once.
    #[error("the lease on this job was lost")]
    LeaseLost,
    /// There is no such job or event.
    #[error("there is no {0}")]
    Missing(String),
    /// The request makes no sense for the row as it stands.
    #[error("{0}")]
    Refused(String),
    /// Another instance has given the folder a file of the same name since the plan was made: plan again.
    #[error("a file of this name was planned by another instance at the same time")]
    NameTaken,
    /// The database does not answer. Whether something was written is not known.
    #[error("the database did not answer within {}s", .0.as_secs())]
    NoAnswer(Duration),
    /// The database failed, is full, locked or gone. Nothing was written.
    #[error("the database failed: {0}")]
    Database(#[source] sqlx::Error),
    /// What the database's file holds contradicts itself. Nothing is read or written any more until a person
    /// has put another in its place.
    #[error("the database is damaged ({0}). {RECOVERY}")]
    Damaged(String),
    /// The database's file is not where it was: what is written could be lost with it.
    #[error(
        "{} is not the file that was opened: put it back, or start the service again for a new database", .0.display()
    )]
    Moved(PathBuf),
    /// The file is no database, or another program's.
    #[error("{0}. Is DATABASE_URL right? {RECOVERY}")]
    Foreign(String),
    /// The way to the server leaves this machine, and nothing proves who answers at its end.
    #[error(
        "DATABASE_URL leads to another machine, and sslmode={0} does not prove which one answers: whoever is on the way \
         could be given the password. Add ?sslmode=verify-full to it, and &sslrootcert=/path/to/ca.crt unless a public \
         authority has signed the server's certificate. Only where nobody else is on the way (a network of containers, a \
         tunnel): ?sslmode=disable"
    )]
    Exposed(&'static str),
    /// The server did not prove that it is the one that DATABASE_URL names. It was told nothing.
    #[error(
        "the server did not prove that it is the one in DATABASE_URL ({0}). sslmode=verify-full wants TLS, and a \
         certificate for that host name by a public authority or by the one in sslrootcert"
    )]
    Unproved(String),
    /// Its tables could not be brought up to date.
    #[error("the database could not be migrated: {0}")]
    Migration(#[source] MigrateError),
    /// Its tables are those of an older release, and whoever opened it must not change them.
    #[error(
        "its tables are of an older release (change {applied}, this program knows {known}). Nothing was changed: \
         `serve` of this release brings them up to date when it starts"
    )]
    OlderRelease {
        /// The last change of the tables that was applied; 0 for none.
        applied: i64,
        /// The last one that this program knows.
        known: i64,
    },
    /// Its tables are those of a newer release.
    #[error(
        "its tables are of a newer release (change {applied}, this program knows {known}). Nothing was changed: use \
         the newer program"
    )]
    NewerRelease {
        /// The last change of the tables that was applied.
        applied: i64,
        /// The last one that this program knows.
        known: i64,
    },
    /// A row holds what this program never writes.
    #[error("a stored row makes no sense: {0}")]
    Corrupt(String),
    /// The database's folder could not be made or its file not opened.
    #[error("cannot open {path}: {source}")]
    Open {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match (sqlite_code(&error), &error) {
            (Some(CORRUPT), _) => Self::Damaged(words(&error)),
            (Some(NO_DATABASE), _) => Self::Foreign(words(&error)),
            (_, sqlx::Error::Tls(why)) => Self::Unproved(why.to_string()),
            // What the TLS library says of a certificate comes as an error of input and output.
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
    /// Whether a server is not there, or not ready, that may be so in a moment.
    pub(super) fn is_not_up(&self) -> bool {
        match self {
            Self::NoAnswer(_) | Self::Database(sqlx::Error::Io(_)) => true,
            error => error.code() == NOT_NOW,
        }
    }

    /// The code with which PostgreSQL, or the primary one with which SQLite, names what went wrong; empty when the
    /// database itself said nothing.
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

/// The primary result code, if SQLite said this.
pub(super) fn sqlite_code(error: &sqlx::Error) -> Option<i32> {
    let said = error.as_database_error()?;
    said.try_downcast_ref::<SqliteError>()?;
    let extended: i32 = said.code()?.parse().ok()?;
    Some(extended & 0xff)
}

fn words(error: &sqlx::Error) -> String {
    error.as_database_error().map(|said| said.message().to_owned()).unwrap_or_default()
}
