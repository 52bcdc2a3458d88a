//! Why the store could not do as asked.

use std::path::PathBuf;
use std::time::Duration;

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
    Database(#[from] sqlx::Error),
    /// Its tables could not be brought up to date.
    #[error("the database could not be migrated: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
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
