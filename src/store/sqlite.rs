//! SQLite: one file, one writer, WAL, every commit on disk before it is acknowledged.

mod backup;
mod file;
mod presence;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use sqlx::Connection;
use sqlx::sqlite::{
    SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous,
};

pub(super) use backup::back_up;
pub(super) use file::{DatabaseFile, recognise};
pub(super) use presence::Presence;

use super::database::{Connections, Database};
use super::error::sqlite_code;
use super::{Access, StoreError, release};

/// How long a statement waits for another process (a `jobs` command, a backup) to let go of the file.
/// Zoom hears 503 after less, so a webhook never hangs on this.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Between two tries to open a file that another process is just making.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// SQLite's primary result code for a file that somebody else has locked, `SQLITE_BUSY` (sqlite.org/rescode.html).
const BUSY: i32 = 5;

/// Readers beside the one writer: lists for admins and the worker's own look-ups.
const READERS: u32 = 4;

/// What is left of the -wal file, in bytes, once a checkpoint has emptied it: a long read (a backup) makes it grow,
/// and SQLite alone would never make it shorter.
const WAL_BYTES_KEPT: &str = "8388608";

/// How often to look for work that another process has brought; our own is heard of at once.
pub(super) const OTHER_PROCESS_POLL: Duration = Duration::from_secs(1);

/// Every change of the tables, in order. Those that were released never change.
const MIGRATIONS: &[(i64, &str, &str)] = &[
    (1, "events jobs files folders", include_str!("migrations/sqlite/0001_events_jobs_files_folders.sql")),
    (2, "turns backlog", include_str!("migrations/sqlite/0002_turns_backlog.sql")),
    (3, "pauses uploads", include_str!("migrations/sqlite/0003_pauses_uploads.sql")),
    (4, "audit", include_str!("migrations/sqlite/0004_audit.sql")),
    (5, "leased jobs", include_str!("migrations/both/0005_leased_jobs.sql")),
    (6, "removals zoom copy", include_str!("migrations/both/0006_removals_zoom_copy.sql")),
    (7, "keeping", include_str!("migrations/sqlite/0007_keeping.sql")),
    (8, "messages", include_str!("migrations/sqlite/0008_messages.sql")),
    (9, "folder names", include_str!("migrations/both/0009_folder_names.sql")),
    (10, "backfill", include_str!("migrations/sqlite/0010_backfill.sql")),
    (11, "beside", include_str!("migrations/sqlite/0011_beside.sql")),
    (12, "origin", include_str!("migrations/both/0012_origin.sql")),
    (13, "readings", include_str!("migrations/sqlite/0013_readings.sql")),
    (14, "blanking audit", include_str!("migrations/sqlite/0014_blanking_audit.sql")),
    (15, "restarts", include_str!("migrations/sqlite/0015_restarts.sql")),
    (16, "sweep unseen", include_str!("migrations/both/0016_sweep_unseen.sql")),
];

/// The number of the last change of the tables.
pub(super) fn newest_migration() -> i64 {
    MIGRATIONS.last().map_or(0, |(number, ..)| *number)
}

/// Opens the file, making it and its folder if need be (readable by the owner only: it holds tokens), and
/// brings its tables up to date.
pub(super) async fn open(path: &Path) -> Result<Database, StoreError> {
    let failed = |source| StoreError::Open { path: path.to_owned(), source };
    let told = |error: StoreError| match error {
        error @ StoreError::Migration(_) => error,
        error => failed(std::io::Error::other(error)),
    };
    make_private(path).map_err(failed)?;
    let options = options(path).journal_mode(SqliteJournalMode::Wal);
    let writer = writers(&options).await.map_err(|error| told(error.into()))?;
    bring_up_to_date(&writer).await.map_err(told)?;
    let file = Arc::new(DatabaseFile::of(path, true).map_err(failed)?);
    let reader = readers(options).await.map_err(|error| told(error.into()))?;
    Ok(Database::new(Connections::Sqlite { writer, reader, file }))
}

/// How every connection to the file is made.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        // NORMAL may lose the last commits when the power fails: Zoom would have heard 200 for nothing.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_WAIT)
        .pragma("journal_size_limit", WAL_BYTES_KEPT)
        // What is deleted or wiped is overwritten, not left in free pages for whoever takes the file.
        .pragma("secure_delete", "ON")
        .foreign_keys(true)
}

/// Opens a file that exists, without making or changing any table. Unless `access` is to write, SQLite refuses every
/// write of these connections.
pub(super) async fn open_as_it_is(path: &Path, access: Access) -> Result<Database, StoreError> {
    let failed = |source| StoreError::Open { path: path.to_owned(), source };
    let told = |error: sqlx::Error| match StoreError::from(error) {
        StoreError::Database(error) => failed(std::io::Error::other(error)),
        error => error,
    };
    let options = options(path).create_if_missing(false);
    let writing =
        if access == Access::Write { options.clone() } else { options.clone().pragma("query_only", "ON") };
    let writer = writers(&writing).await.map_err(told)?;
    let mut connection = writer.acquire().await.map_err(told)?;
    file::recognise(&mut connection).await?;
    if access != Access::Copy {
        // Of a file without any table it says that there is none.
        let applied = sqlx::query_scalar(release::APPLIED).fetch_all(&mut *connection).await;
        release::check(&applied.unwrap_or_default(), &super::numbers(MIGRATIONS))?;
    }
    let journal: String =
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await.map_err(told)?;
    drop(connection);
    let file = Arc::new(DatabaseFile::of(path, journal.eq_ignore_ascii_case("wal")).map_err(failed)?);
    let reader = readers(options).await.map_err(told)?;
    Ok(Database::new(Connections::Sqlite { writer, reader, file }))
}

/// The one connection that writes. SQLite waits for nobody when it turns a new file into one with a log, so a file
/// that several open at once is tried again.
async fn writers(options: &SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    let tries = BUSY_WAIT.as_millis() / BUSY_PAUSE.as_millis();
    for _ in 1..tries {
        match one_writer(options).await {
            Err(error) if sqlite_code(&error) == Some(BUSY) => tokio::time::sleep(BUSY_PAUSE).await,
            opened => return opened,
        }
    }
    one_writer(options).await
}

async fn one_writer(options: &SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        // A statement that fails for want of room ends the transaction in SQLite, and the library still believes
        // in it: such a connection could never begin another.
        .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
        .connect_with(options.clone())
        .await
}

/// All steps in one transaction that nobody else writes beside: of several that open a new file at once (the
/// service and a command) one makes its tables, and an upgrade that fails half-way leaves what was there. Where no
/// step is missing nobody who writes is waited for.
async fn bring_up_to_date(writer: &SqlitePool) -> Result<(), StoreError> {
    // Fails where there is no such table yet. What else is wrong with the file the transaction finds, too.
    let done = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(writer).await;
    let is_missing = done.unwrap_or(None) < Some(newest_migration());
    let mut tx = writer.begin_with(if is_missing { "BEGIN IMMEDIATE" } else { "BEGIN" }).await?;
    file::recognise(&mut tx).await?;
    // What `run` does with a connection; of `run` itself the compiler does not see that it may change threads.
    super::migrator(MIGRATIONS).run_direct(None, &mut *tx, false).await?;
    Ok(tx.commit().await?)
}

/// At least one of them is open for life, and has read: the last connection to close takes the -wal away, and a
/// writer that had to be replaced would then find a file that looks as if somebody had moved it.
async fn readers(options: SqliteConnectOptions) -> Result<SqlitePool, sqlx::Error> {
    let readers = SqlitePoolOptions::new()
        .max_connections(READERS)
        .min_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_with(options.read_only(true))
        .await?;
    sqlx::query("SELECT count(*) FROM sqlite_master").fetch_optional(&readers).await?;
    Ok(readers)
}

/// Writes everything in the log into the file and empties the log: pages as they were before something was wiped stay
/// in it otherwise. Nobody is waited for, so that no webhook waits for this. The connection goes afterwards: being cut
/// here must not leave one that never waits.
pub(super) async fn trim_log(writer: &SqlitePool) -> Result<bool, StoreError> {
    let mut connection = writer.acquire().await?;
    connection.close_on_drop();
    sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *connection).await?;
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await?;
    connection.close().await?;
    Ok(busy == 0)
}

/// Creates the database file with mode 0600 before SQLite would create it with the umask's. One that exists
/// is left alone: to open and close it here would drop the locks that SQLite holds on it in this process.
fn make_private(path: &Path) -> std::io::Result<()> {
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)?;
    }
    if path.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_writer_that_is_replaced_leaves_the_log_where_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("test.db")).await.unwrap();
        let Connections::Sqlite { writer, .. } = &database.connections else { panic!() };
        writer.acquire().await.unwrap().detach().close().await.unwrap();
        let mut tx = database.begin("test").await.unwrap();
        tx.execute("UPDATE heartbeat SET at = {now}", Vec::new()).await.unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn a_commit_is_on_disk_and_readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("test.db")).await.unwrap();
        let Connections::Sqlite { writer, reader, .. } = &database.connections else { panic!() };
        // 2 is FULL: the WAL is synced at every commit. A connection's own setting, so it is asked here.
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(writer).await.unwrap();
        let keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(writer).await.unwrap();
        assert_eq!((synchronous, keys), (2, 1));
        let written = sqlx::query("DELETE FROM jobs").execute(reader).await;
        assert!(written.is_err());
    }
}
