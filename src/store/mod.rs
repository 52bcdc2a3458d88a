//! Where it is written down: events, jobs, files, folders, and what is paused.
//!
//! [`JobStore`] is the program's one trait for a seam, because there are two databases for it. Every call is
//! one transaction. Every write on behalf of a worker names its [`Lease`] and fails with
//! [`StoreError::LeaseLost`] once another worker, an operator or time has taken it away: a worker that lost
//! its lease can change nothing any more. Time is the store's own, so that several machines agree.

pub mod pauses;
mod rows;
pub mod sqlite;

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::jobs::{EventId, FileRecord, Job, JobId, Millis, Progress, Stage, Standing, Streamed};
use crate::recording::{FileKey, Recording};

pub use pauses::PauseStore;
pub use sqlite::SqliteStore;

/// Rows that a list returns at most, so that no page grows with the archive.
pub const LIST_MAX: i64 = 200;

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

/// An event as it came in, ready to be written down.
#[derive(Clone)]
pub struct NewEvent {
    /// `recording.completed` and the like; empty if the body names none.
    pub name: String,
    /// The bytes as received. They hold tokens: they are never logged or shown.
    pub body: Vec<u8>,
    /// SHA-256 of the bytes: Zoom repeats an event byte for byte.
    pub body_sha256: String,
    /// What is to be archived, if the event is about a recording.
    pub recording: Option<Recording>,
    /// Why it leads to no job, if it does not.
    pub note: String,
}

impl fmt::Debug for NewEvent {
    /// The body holds tokens: only its digest is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEvent")
            .field("name", &self.name)
            .field("body_sha256", &self.body_sha256)
            .field("recording", &self.recording)
            .field("note", &self.note)
            .finish_non_exhaustive()
    }
}

/// What became of an accepted event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// The event's number; an earlier one's when the same bytes came before.
    pub event: EventId,
    /// The job that it belongs to.
    pub job: Option<JobId>,
    /// Whether these very bytes were here before.
    pub repeated: Repeated,
}

/// Whether an event's bytes were here before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// They were; nothing was changed.
    Yes,
    /// First time.
    No,
}

/// A stored event, for admins. Its body stays in the store.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// Its number.
    pub id: EventId,
    /// `recording.completed` and the like.
    pub name: String,
    /// When it came.
    pub received_at: Millis,
    /// The meeting's uuid, if it names one.
    pub meeting: Option<String>,
    /// The job it belongs to.
    pub job: Option<JobId>,
    /// Why it led to no job, if it did not.
    pub note: String,
}

/// The right to work on one job until it ends. Proved by its token at every write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// Unique to this claim.
    pub token: String,
    /// The job's revision when it was claimed: only what came later is news to this run.
    pub revision: i64,
}

/// What a claim found.
#[derive(Debug)]
pub enum Claim {
    /// A job, now leased to the caller.
    Leased(Box<Job>, Lease),
    /// Nothing is due. The next job will be in so long, if there is one.
    Nothing {
        /// Time until the next job is due.
        next_in: Option<Duration>,
    },
}

/// How a run over a job ended, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// The job's new standing.
    pub standing: Standing,
    /// Runs without progress.
    pub attempts: u32,
    /// From now.
    pub wait: Duration,
    /// Why; empty when all is well.
    pub reason: String,
}

/// A folder id that was reserved before the folder was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderRecord {
    /// The Drive id.
    pub drive_id: String,
    /// Whether it is known to exist.
    pub made: bool,
}

/// Which jobs to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct JobFilter {
    /// Only these.
    pub standing: Option<Standing>,
    /// Only jobs with smaller numbers: the next page.
    pub before: Option<JobId>,
}

/// The durable memory of the program; what it knows of pauses is in [`PauseStore`].
#[async_trait]
pub trait JobStore: PauseStore {
    /// Writes an event and its job down, in one transaction that is on disk when this returns. The same
    /// bytes again change nothing.
    async fn accept(&self, event: &NewEvent) -> Result<Accepted, StoreError>;

    /// A worker begins: leases whose holders are certain to be dead are given back, so that a restart need
    /// not wait for them to run out. Called once, before the first claim. Returns how many there were.
    async fn begin_work(&self) -> Result<u64, StoreError>;

    /// Leases the job that has been due longest, if one is.
    async fn claim(&self, lease_for: Duration) -> Result<Claim, StoreError>;

    /// Keeps a lease for so long from now.
    async fn heartbeat(&self, lease: &Lease, lease_for: Duration) -> Result<(), StoreError>;

    /// Ends a run: gives the lease back and stores what comes next. News that came during the run keep the
    /// job active and due at once, also when the run would have parked it (a new event may carry just the
    /// token that was missing), unless it failed and is to be tried again anyway: then its back-off stands.
    async fn finish(&self, lease: &Lease, ending: &Ending) -> Result<(), StoreError>;

    /// Moves a job to another stage. Fails unless it stands where the caller believes.
    async fn advance(&self, lease: &Lease, from: Stage, to: Stage) -> Result<(), StoreError>;

    /// Stores a plan: the recording as listed (joined with what events have brought since `revision`), new
    /// file rows with their reserved ids, fresh addresses for old ones, and that news up to `revision` have
    /// been seen. A file that is not on Drive yet takes the planned state; a reserved id stands, unless the
    /// file was found under another.
    async fn plan(
        &self,
        lease: &Lease,
        recording: &Recording,
        files: &[FileRecord],
        revision: i64,
    ) -> Result<(), StoreError>;

    /// Stores where a file's upload stands.
    async fn save_progress(
        &self,
        lease: &Lease,
        file: &FileRecord,
        progress: &Progress,
    ) -> Result<(), StoreError>;

    /// The last byte is on Drive.
    async fn mark_transferred(
        &self,
        lease: &Lease,
        file: &FileRecord,
        streamed: &Streamed,
    ) -> Result<(), StoreError>;

    /// Drive holds just what was sent.
    async fn mark_verified(
        &self,
        lease: &Lease,
        file: &FileRecord,
        streamed: &Streamed,
    ) -> Result<(), StoreError>;

    /// The file must be sent again, under a newly reserved Drive id.
    async fn start_over(
        &self,
        lease: &Lease,
        file: &FileRecord,
        drive_id: &str,
        mismatches: u32,
    ) -> Result<(), StoreError>;

    /// The folder at this path, if one was reserved.
    async fn folder(&self, path: &str) -> Result<Option<FolderRecord>, StoreError>;

    /// Reserves a Drive id for the folder at this path; an earlier reservation stands and is returned.
    async fn reserve_folder(&self, path: &str, drive_id: &str) -> Result<FolderRecord, StoreError>;

    /// The folder exists.
    async fn folder_made(&self, path: &str, drive_id: &str) -> Result<(), StoreError>;

    /// Forgets a folder that is gone from Drive.
    async fn forget_folder(&self, path: &str, drive_id: &str) -> Result<(), StoreError>;

    /// The names of all files that are planned into a folder, by whatever job.
    async fn names_in(&self, folder_id: &str) -> Result<Vec<String>, StoreError>;

    /// One job.
    async fn job(&self, id: JobId) -> Result<Job, StoreError>;

    /// Jobs, newest first, at most [`LIST_MAX`].
    async fn jobs(&self, filter: JobFilter) -> Result<Vec<Job>, StoreError>;

    /// The files of a job, every version, in the order of planning.
    async fn files(&self, job: JobId) -> Result<Vec<FileRecord>, StoreError>;

    /// Events, newest first, at most [`LIST_MAX`], with smaller numbers than `before`.
    async fn events(&self, before: Option<EventId>) -> Result<Vec<StoredEvent>, StoreError>;

    /// One event with its body.
    async fn event(&self, id: EventId) -> Result<(StoredEvent, Vec<u8>), StoreError>;

    /// An operator wants this recording archived (again): a new job, or the old one from its beginning with
    /// a full budget. What is verified stays verified. `event` is the one that was replayed.
    async fn replay(&self, event: EventId, recording: &Recording) -> Result<JobId, StoreError>;

    /// An operator has mended what was wrong: the job is active again with a full budget of attempts, and its
    /// files of bad copies.
    async fn retry(&self, job: JobId) -> Result<(), StoreError>;

    /// An operator calls a job off. A worker that holds it stops at its next write.
    async fn cancel(&self, job: JobId) -> Result<(), StoreError>;

    /// The store's clock.
    async fn now(&self) -> Result<Millis, StoreError>;

    /// Writes and takes back something: proves that events could be stored at this moment.
    async fn check_writable(&self) -> Result<(), StoreError>;

    /// Waits until there may be something to claim, at most so long. Work that arrives before the call is
    /// not missed: it makes the call return at once.
    async fn wait_for_work(&self, limit: Duration);

    /// Closes every connection after what is under way.
    async fn close(&self);
}

/// Opens the store that the address names and brings its tables up to date.
///
/// # Errors
/// When the address is of no known kind, or the database cannot be opened or migrated.
pub async fn open(address: &str) -> Result<Arc<dyn JobStore>, StoreError> {
    match address.strip_prefix("sqlite://") {
        Some(path) => Ok(Arc::new(SqliteStore::open(path.as_ref()).await?)),
        None => Err(StoreError::Refused("DATABASE_URL must begin with sqlite://".to_owned())),
    }
}

/// Names a file's row in messages about rows that should exist.
fn file_name(key: &FileKey, version: u32) -> String {
    format!("file {key} version {version}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_is_shown_shows_no_body() {
        let event = NewEvent {
            name: "recording.completed".into(),
            body: b"hunter2".to_vec(),
            body_sha256: "ab".into(),
            recording: None,
            note: String::new(),
        };
        let shown = format!("{event:?}");
        assert!(!shown.contains(&format!("{:?}", event.body)), "{shown}");
        assert!(shown.contains("recording.completed") && shown.contains("ab"), "{shown}");
    }
}
