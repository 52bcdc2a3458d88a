//! The store on SQLite: one file, one writer, WAL, every commit on disk before it is acknowledged.

mod events;
mod files;
mod leases;
mod pauses;
mod presence;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
    SqliteTransaction,
};
use sqlx::{Row, SqlSafeStr};
use tokio::sync::Notify;

use presence::Presence;

use super::{
    Accepted, Claim, Ending, FolderRecord, JobFilter, JobStore, Lease, NewEvent, StoreError, StoredEvent,
};
use crate::jobs::{EventId, FileRecord, Job, JobId, Millis, Progress, Stage, Streamed};
use crate::recording::Recording;

/// How long a statement waits for another process (a `jobs` command, a backup) to let go of the file.
/// Zoom hears 503 after less, so a webhook never hangs on this.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Readers beside the one writer: lists for admins and the worker's own look-ups.
const READERS: u32 = 4;

/// How often to look for work that another process has brought; our own is heard of at once.
const OTHER_PROCESS_POLL: Duration = Duration::from_secs(1);

/// The database's clock, in milliseconds.
macro_rules! now {
    () => {
        "CAST(unixepoch('subsec') * 1000 AS INTEGER)"
    };
}
pub(crate) use now;

/// All of a job, and whether a lease on it is live.
macro_rules! select_job {
    () => {
        concat!("SELECT *, (lease_until IS NOT NULL AND lease_until > ", now!(), ") AS leased FROM jobs ")
    };
}
pub(crate) use select_job;

/// Events, jobs, files and folders in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    /// One connection: SQLite has one writer, and waiting here is fairer than `SQLITE_BUSY`.
    writer: SqlitePool,
    reader: SqlitePool,
    work: Notify,
    presence: Presence,
}

impl SqliteStore {
    /// Opens the file, making it and its folder if need be (readable by the owner only: it holds tokens),
    /// and brings its tables up to date.
    ///
    /// # Errors
    /// When the folder cannot be made, the file is no database, or a migration fails.
    pub async fn open(path: &Path) -> Result<Self, StoreError> {
        let failed = |source| StoreError::Open { path: path.to_owned(), source };
        make_private(path).map_err(failed)?;
        let options = SqliteConnectOptions::new()
            .filename(path)
            .journal_mode(SqliteJournalMode::Wal)
            // NORMAL may lose the last commits when the power fails: Zoom would have heard 200 for nothing.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_WAIT)
            .foreign_keys(true);
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(options.clone()).await;
        let writer = writer.map_err(|error| failed(std::io::Error::other(error)))?;
        Self::migrator().run(&writer).await?;
        let reader =
            SqlitePoolOptions::new().max_connections(READERS).connect_lazy_with(options.read_only(true));
        Ok(Self { writer, reader, work: Notify::new(), presence: Presence::beside(path) })
    }

    fn migrator() -> Migrator {
        let first = include_str!("../migrations/sqlite/0001_events_jobs_files_folders.sql").into_sql_str();
        let third = include_str!("../migrations/sqlite/0003_pauses_uploads.sql").into_sql_str();
        let migration = |number, name: &'static str, sql| {
            Migration::new(number, name.into(), MigrationType::Simple, sql, false)
        };
        Migrator::with_migrations(vec![
            migration(1, "events jobs files folders", first),
            migration(3, "pauses uploads", third),
        ])
    }

    /// Begins a writing transaction at once, so that it can never fail half-way for want of the lock.
    async fn write(&self) -> Result<SqliteTransaction<'_>, StoreError> {
        Ok(self.writer.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Begins a writing transaction that is allowed only while the lease is held.
    async fn write_under(&self, lease: &Lease) -> Result<SqliteTransaction<'_>, StoreError> {
        let mut tx = self.write().await?;
        let held = sqlx::query(concat!(
            "UPDATE jobs SET updated_at = ",
            now!(),
            " WHERE id = ?1 AND lease_token = ?2 AND standing = 'active' AND lease_until > ",
            now!()
        ))
        .bind(lease.job.0)
        .bind(&lease.token)
        .execute(&mut *tx)
        .await?;
        if held.rows_affected() == 0 { Err(StoreError::LeaseLost) } else { Ok(tx) }
    }
}

/// Creates the database file with mode 0600 before SQLite would create it with the umask's. One that exists
/// is left alone: to open and close it here would drop the locks that SQLite holds on it in this process.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists && path.is_file() => Ok(()),
        opened => opened.map(drop),
    }
}

#[async_trait]
impl JobStore for SqliteStore {
    async fn accept(&self, event: &NewEvent) -> Result<Accepted, StoreError> {
        let accepted = self.accept_event(event).await?;
        self.work.notify_one();
        Ok(accepted)
    }

    async fn begin_work(&self) -> Result<u64, StoreError> {
        if !self.presence.arrive().await? {
            return Ok(0);
        }
        let freed = self.free_leases().await?;
        self.free_probes().await?;
        self.presence.stay().await?;
        Ok(freed)
    }

    async fn claim(&self, lease_for: Duration) -> Result<Claim, StoreError> {
        self.claim_job(lease_for).await
    }

    async fn heartbeat(&self, lease: &Lease, lease_for: Duration) -> Result<(), StoreError> {
        self.extend_lease(lease, lease_for).await
    }

    async fn finish(&self, lease: &Lease, ending: &Ending) -> Result<(), StoreError> {
        self.end_run(lease, ending).await?;
        self.work.notify_one();
        Ok(())
    }

    async fn advance(&self, lease: &Lease, from: Stage, to: Stage) -> Result<(), StoreError> {
        self.move_stage(lease, from, to).await
    }

    async fn plan(
        &self,
        lease: &Lease,
        recording: &Recording,
        files: &[FileRecord],
        revision: i64,
    ) -> Result<(), StoreError> {
        self.store_plan(lease, recording, files, revision).await
    }

    async fn save_progress(
        &self,
        lease: &Lease,
        file: &FileRecord,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        self.store_progress(lease, file, progress).await
    }

    async fn mark_transferred(
        &self,
        lease: &Lease,
        file: &FileRecord,
        streamed: &Streamed,
    ) -> Result<(), StoreError> {
        self.set_state(lease, file, "transferred", streamed).await
    }

    async fn mark_verified(
        &self,
        lease: &Lease,
        file: &FileRecord,
        streamed: &Streamed,
    ) -> Result<(), StoreError> {
        self.set_state(lease, file, "verified", streamed).await
    }

    async fn start_over(
        &self,
        lease: &Lease,
        file: &FileRecord,
        drive_id: &str,
        mismatches: u32,
    ) -> Result<(), StoreError> {
        self.reset_file(lease, file, drive_id, mismatches).await
    }

    async fn folder(&self, path: &str) -> Result<Option<FolderRecord>, StoreError> {
        self.find_folder(path).await
    }

    async fn reserve_folder(&self, path: &str, drive_id: &str) -> Result<FolderRecord, StoreError> {
        self.insert_folder(path, drive_id).await
    }

    async fn folder_made(&self, path: &str, drive_id: &str) -> Result<(), StoreError> {
        self.confirm_folder(path, drive_id).await
    }

    async fn forget_folder(&self, path: &str, drive_id: &str) -> Result<(), StoreError> {
        self.delete_folder(path, drive_id).await
    }

    async fn names_in(&self, folder_id: &str) -> Result<Vec<String>, StoreError> {
        self.list_names(folder_id).await
    }

    async fn job(&self, id: JobId) -> Result<Job, StoreError> {
        self.read_job(id).await
    }

    async fn jobs(&self, filter: JobFilter) -> Result<Vec<Job>, StoreError> {
        self.list_jobs(filter).await
    }

    async fn files(&self, job: JobId) -> Result<Vec<FileRecord>, StoreError> {
        self.list_files(job).await
    }

    async fn events(&self, before: Option<EventId>) -> Result<Vec<StoredEvent>, StoreError> {
        self.list_events(before).await
    }

    async fn event(&self, id: EventId) -> Result<(StoredEvent, Vec<u8>), StoreError> {
        self.read_event(id).await
    }

    async fn replay(&self, event: EventId, recording: &Recording) -> Result<JobId, StoreError> {
        let job = self.restart_job(event, recording).await?;
        self.work.notify_one();
        Ok(job)
    }

    async fn retry(&self, job: JobId) -> Result<(), StoreError> {
        self.reactivate(job).await?;
        self.work.notify_one();
        Ok(())
    }

    async fn cancel(&self, job: JobId) -> Result<(), StoreError> {
        self.call_off(job).await
    }

    async fn now(&self) -> Result<Millis, StoreError> {
        let row = sqlx::query(concat!("SELECT ", now!(), " AS now")).fetch_one(&self.reader).await?;
        Ok(row.try_get("now")?)
    }

    async fn check_writable(&self) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query(concat!(
            "INSERT INTO heartbeat (id, at) VALUES (1, ",
            now!(),
            ") ON CONFLICT (id) DO UPDATE SET at = excluded.at"
        ))
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    async fn wait_for_work(&self, limit: Duration) {
        let wait = limit.min(OTHER_PROCESS_POLL);
        // Running out of time is as good a reason to look again as being told.
        let _told_or_not = tokio::time::timeout(wait, self.work.notified()).await;
    }

    async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_commit_is_on_disk_and_readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("test.db")).await.unwrap();
        // 2 is FULL: the WAL is synced at every commit. A connection's own setting, so it is asked here.
        let synchronous: i64 =
            sqlx::query_scalar("PRAGMA synchronous").fetch_one(&store.writer).await.unwrap();
        let keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(&store.writer).await.unwrap();
        assert_eq!((synchronous, keys), (2, 1));
        let written = sqlx::query("DELETE FROM jobs").execute(&store.reader).await;
        assert!(written.is_err());
    }
}
