//! Where it is written down: events, jobs, files, folders, and what is paused.
//!
//! [`JobStore`] is the program's one trait for a seam. [`SqlStore`] keeps it on two databases: SQLite for one
//! machine, PostgreSQL for several instances that share the work. What is written and read stands here once
//! (`events`, `leases`, `files`, `folders`); `sqlite` and `postgres` open their database, and `database` holds
//! the words that the two say differently. Every call is one transaction. Every write on behalf of a worker names its [`Lease`] and fails with
//! [`StoreError::LeaseLost`] once another worker, an operator or time has taken it away: a worker that lost
//! its lease can change nothing any more. Time is the store's own, so that several machines agree.

mod audit;
pub mod backfills;
mod backlog;
pub mod beside;
mod blanking;
mod changes;
mod database;
mod error;
mod events;
pub mod examine;
mod files;
mod folders;
mod hot;
mod keeping;
mod leases;
pub mod messages;
mod opening;
pub mod pauses;
mod postgres;
mod records;
mod release;
mod rows;
mod sql;
mod sqlite;
mod turns;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, MigrationType, Migrator};

use crate::jobs::evidence::Readings;
use crate::jobs::{
    Backlog, EventId, FileRecord, Job, JobId, Millis, Progress, Provenance, Queue, Restart, Stage, Streamed,
    Turn, ZoomCopy,
};
use crate::recording::{MeetingUuid, Recording};

pub use audit::{AuditEntry, AuditRecord};
pub use backfills::BackfillStore;
pub use beside::{Archived, BesideStore, FilePlace, MeetingFile};
pub use error::StoreError;
pub use hot::PlanOf;
pub use messages::MessageStore;
pub use opening::{Access, SqlStore, is_worked_on, open, open_as_it_is, open_when_up};
pub use pauses::PauseStore;
pub use postgres::Way;
pub use records::{
    Accepted, Claim, Ending, FolderRecord, JobFilter, Lease, NamesIn, NewEvent, Repeated, StoredEvent,
};
pub use turns::{HeldTurn, Turning};

/// Rows that a list returns at most, so that no page grows with the archive.
pub const LIST_MAX: i64 = 200;

/// The durable memory of the program; what it knows of pauses is in [`PauseStore`], of messages to people in
/// [`MessageStore`], of backfills in [`BackfillStore`], of what stands beside recordings in [`BesideStore`].
#[async_trait]
pub trait JobStore: PauseStore + MessageStore + BackfillStore + BesideStore {
    /// Writes an event and its job down, in one transaction that is on disk when this returns. The same
    /// bytes again change nothing. Of the bytes passcodes and links are left out.
    async fn accept(&self, event: &NewEvent) -> Result<Accepted, StoreError>;

    /// A worker begins: leases whose holders are certain to be dead are given back, so that a restart need
    /// not wait for them to run out. Called once, before the first claim. Returns how many there were.
    async fn begin_work(&self) -> Result<u64, StoreError>;

    /// Leases the job that has been due longest, if one is. What a backfill brought in lets all others go first.
    async fn claim(&self, lease_for: Duration) -> Result<Claim, StoreError>;

    /// As [`claim`](JobStore::claim), but nothing that a backfill brought in.
    async fn claim_fresh(&self, lease_for: Duration) -> Result<Claim, StoreError>;

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
    /// file was found under another. Fails with [`StoreError::NameTaken`] when another job has planned a file
    /// of a chosen name into the folder that `names` does not know of.
    async fn plan(
        &self,
        lease: &Lease,
        recording: &Recording,
        files: &[FileRecord],
        names: &NamesIn,
        revision: i64,
    ) -> Result<(), StoreError>;

    /// Stores where a file's upload stands, and where the bytes came from that its hash covers.
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

    /// A verified copy was compared with what an address of Zoom's listing has.
    async fn set_provenance(
        &self,
        lease: &Lease,
        file: &FileRecord,
        provenance: Provenance,
    ) -> Result<(), StoreError>;

    /// What readings at Zoom have shown of a file, beside what was archived.
    async fn note_readings(
        &self,
        lease: &Lease,
        file: &FileRecord,
        readings: &Readings,
    ) -> Result<(), StoreError>;

    /// The file must be sent again, under this Drive id. Counted by why, from what `file` says of its counts.
    async fn start_over(
        &self,
        lease: &Lease,
        file: &FileRecord,
        drive_id: &str,
        why: Restart,
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
    async fn names_in(&self, folder_id: &str) -> Result<NamesIn, StoreError>;

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

    /// The job of this recording, if there is one.
    async fn job_of(&self, meeting: &MeetingUuid) -> Result<Option<Job>, StoreError>;

    /// What is not archived yet, in numbers. Finished jobs cost nothing here.
    async fn backlog(&self) -> Result<Backlog, StoreError>;

    /// Asks for the turn at a piece of work that one instance at a time does, `every` so long after the last
    /// one ended. It is held for so long; one that was not ended by then is free for others at once.
    async fn take_turn(&self, name: &str, every: Duration, hold_for: Duration)
    -> Result<Turning, StoreError>;

    /// Keeps a turn for so long from now. Zero gives it back unfinished: the next one may take it at once.
    async fn keep_turn(&self, turn: &HeldTurn, hold_for: Duration) -> Result<(), StoreError>;

    /// Notes, before the work ends, whom or what it could not see although it goes well; empty if there is nothing.
    async fn note_unseen(&self, turn: &HeldTurn, unseen: &str) -> Result<(), StoreError>;

    /// The work is over, well or badly, with a note for people.
    async fn end_turn(&self, turn: &HeldTurn, ok: bool, note: &str) -> Result<(), StoreError>;

    /// What is known of that work; nothing at all when it was never begun.
    async fn turn(&self, name: &str) -> Result<Turn, StoreError>;

    /// Adds a line to the audit trail, on disk when this returns, and gives its number. No line is ever
    /// changed or taken away.
    async fn write_audit(&self, entry: &AuditEntry) -> Result<i64, StoreError>;

    /// The audit trail, newest first, at most [`LIST_MAX`] lines, with smaller numbers than `before`.
    async fn audit(&self, before: Option<i64>) -> Result<Vec<AuditRecord>, StoreError>;

    /// The last step, from settled to retired, and what became of Zoom's copy. That a person recovered it is
    /// never forgotten.
    async fn retired(&self, lease: &Lease, copy: ZoomCopy) -> Result<(), StoreError>;

    /// A file that is not on Drive is left out, and why.
    async fn skip(&self, lease: &Lease, file: &FileRecord, reason: &str) -> Result<(), StoreError>;

    /// Deletes events that came longer ago than this, but not those of jobs that are active or parked: at most
    /// so many, so that nobody waits long. Returns how many there were.
    async fn forget_events(&self, older_than: Duration, at_most: u32) -> Result<u64, StoreError>;

    /// Takes tokens and download addresses out of jobs, their files and their events, that have been finished for so
    /// long, and out of events that have been without a job for so long: at most so many of each. Returns how many
    /// there were. What wakes such a job brings new ones.
    async fn wipe_secrets(&self, finished_for: Duration, at_most: u32) -> Result<u64, StoreError>;

    /// Takes passcodes and links out of rows that earlier releases wrote, each once: at most so many of a kind.
    /// Returns how many there were of the kind that had more.
    async fn blank_old(&self, at_most: u32) -> Result<u64, StoreError>;

    /// What was overwritten in the database's file goes from its log, too. Waits for nobody: where somebody is reading
    /// just now it is left for another time. Returns whether it is gone.
    async fn trim_log(&self) -> Result<bool, StoreError>;

    /// How many active jobs there are, by what they wait for.
    async fn queue(&self) -> Result<Queue, StoreError>;

    /// Copies the database into a new file, as it stands at this moment, while others go on writing. The copy is
    /// on disk and was looked through when this returns. Refuses to overwrite, and what is not SQLite.
    async fn backup(&self, to: &Path) -> Result<(), StoreError>;

    /// The host whose folder has the short name at the end of this path, if anybody has asked for it.
    async fn name_owner(&self, path: &str) -> Result<Option<String>, StoreError>;

    /// Gives the short name at the end of this path to a host. The first one keeps it, and is returned.
    async fn own_name(&self, path: &str, host: &str) -> Result<String, StoreError>;
}

/// The numbers of these changes.
fn numbers(steps: &[(i64, &'static str, &'static str)]) -> Vec<i64> {
    steps.iter().map(|(number, ..)| *number).collect()
}

/// The changes of the tables, ready to be applied.
fn migrator(steps: &[(i64, &'static str, &'static str)]) -> Migrator {
    let step = |&(number, name, text): &(i64, &'static str, &'static str)| {
        Migration::new(number, name.into(), MigrationType::Simple, text.into_sql_str(), false)
    };
    Migrator::with_migrations(steps.iter().map(step).collect())
}
