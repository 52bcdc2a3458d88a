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

/// How long a statement waits for another process (a `jobs` command, a backup) to unlock the file. After this time
/// Zoom gets a 503.
const BUSY_WAIT: Duration = Duration::from_secs(5);

/// Wait before opening a file again that another process is creating.
const BUSY_PAUSE: Duration = Duration::from_millis(20);

/// SQLite's primary result code for a locked file, `SQLITE_BUSY` (sqlite.org/rescode.html).
const BUSY: i32 = 5;

/// Readers beside the one writer: for lists and for the worker's own reads.
const READERS: u32 = 4;

/// Page size of a new file, in bytes. A commit writes whole pages to the log, and most commits change a few bytes of one
/// to six pages: with SQLite's default of 4096 bytes a recording costs twice as much on disk. With 1024 bytes it would be
/// less still, but searches take twice as long, and an index page holds only entries of up to 230 bytes: longer topics
/// would take a page of their own each (docs/performance.md).
const PAGE_BYTES: u32 = 2048;

/// Pages in the log before SQLite writes them into the file: 4 MB, as much as SQLite's default for pages of 4096 bytes. For
/// a file of an earlier release, which has those, it is 8 MB.
const LOG_PAGES: &str = "2000";

/// Maximum size of the -wal file in bytes after a checkpoint: a long read (a backup) makes it grow, and SQLite never
/// shrinks it by itself.
const WAL_BYTES_KEPT: &str = "8388608";

/// Interval of looking for work from other processes; work of this process is noticed at once.
pub(super) const OTHER_PROCESS_POLL: Duration = Duration::from_secs(1);

/// Every migration, in order. Released ones never change.
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
    (17, "attendance sheets", include_str!("migrations/both/0017_attendance_sheets.sql")),
    (18, "sessions", include_str!("migrations/sqlite/0018_sessions.sql")),
    (19, "covered from", include_str!("migrations/both/0019_covered_from.sql")),
    (20, "shelf", include_str!("migrations/sqlite/0020_shelf.sql")),
    (21, "verification", include_str!("migrations/both/0021_verification.sql")),
    (23, "ahead", include_str!("migrations/sqlite/0023_ahead.sql")),
];

/// The number of the last migration.
pub(super) fn newest_migration() -> i64 {
    MIGRATIONS.last().map_or(0, |(number, ..)| *number)
}

/// Opens the file and migrates its tables. Creates the file and its folder if necessary (readable by the owner only:
/// it contains tokens).
pub(super) async fn open(path: &Path) -> Result<Database, StoreError> {
    let failed = |source| StoreError::Open { path: path.to_owned(), source };
    let named = |error: StoreError| match error {
        error @ StoreError::Migration(_) => error,
        error => failed(std::io::Error::other(error)),
    };
    make_private(path).map_err(failed)?;
    create_tables(path).await.map_err(named)?;
    let options = options(path).journal_mode(SqliteJournalMode::Wal);
    let writer = writers(&options).await.map_err(|error| named(error.into()))?;
    bring_up_to_date(&writer).await.map_err(named)?;
    let file = Arc::new(DatabaseFile::of(path, true).map_err(failed)?);
    let reader = readers(options).await.map_err(|error| named(error.into()))?;
    Ok(Database::new(Connections::Sqlite { writer, reader, file }))
}

/// Creates the tables of a new file before it gets its log: through the log, each page would be written twice. A crash
/// leaves a file without tables, and several processes may do it at once, as in `bring_up_to_date`.
async fn create_tables(path: &Path) -> Result<(), StoreError> {
    if std::fs::metadata(path).is_ok_and(|file| file.len() > 0) {
        return Ok(());
    }
    let creator = writers(&options(path)).await?;
    bring_up_to_date(&creator).await?;
    creator.close().await;
    Ok(())
}

/// The options of every connection to the file.
fn options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        // Of an existing file it changes nothing; a backup of one gets it.
        .page_size(PAGE_BYTES)
        .pragma("wal_autocheckpoint", LOG_PAGES)
        // NORMAL may lose the last commits in a power failure, after Zoom got its 200.
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(BUSY_WAIT)
        .pragma("journal_size_limit", WAL_BYTES_KEPT)
        // Deleted data is overwritten, not left in free pages for anybody who copies the file.
        .pragma("secure_delete", "ON")
        .foreign_keys(true)
}

/// Opens an existing file without migrating it. Unless `access` is to write, SQLite refuses every write of these
/// connections.
pub(super) async fn open_as_it_is(path: &Path, access: Access) -> Result<Database, StoreError> {
    let failed = |source| StoreError::Open { path: path.to_owned(), source };
    let named = |error: sqlx::Error| match StoreError::from(error) {
        StoreError::Database(error) => failed(std::io::Error::other(error)),
        error => error,
    };
    let options = options(path).create_if_missing(false);
    let writing =
        if access == Access::Write { options.clone() } else { options.clone().pragma("query_only", "ON") };
    let writer = writers(&writing).await.map_err(named)?;
    let mut connection = writer.acquire().await.map_err(named)?;
    file::recognise(&mut connection).await?;
    if access != Access::Copy {
        // For a file without tables it reports that there is none.
        let applied = sqlx::query_scalar(release::APPLIED).fetch_all(&mut *connection).await;
        release::check(&applied.unwrap_or_default(), &super::numbers(MIGRATIONS))?;
    }
    let journal: String =
        sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *connection).await.map_err(named)?;
    drop(connection);
    let file = Arc::new(DatabaseFile::of(path, journal.eq_ignore_ascii_case("wal")).map_err(failed)?);
    let reader = readers(options).await.map_err(named)?;
    Ok(Database::new(Connections::Sqlite { writer, reader, file }))
}

/// The one connection that writes. SQLite does not wait for locks while it switches a new file to WAL, so opening is
/// retried when several processes open a file at once.
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
        // A statement that fails for lack of space ends the transaction in SQLite, but the library does not notice:
        // such a connection could never begin another one.
        .before_acquire(|connection, _| Box::pin(async { Ok(!connection.is_in_transaction()) }))
        .connect_with(options.clone())
        .await
}

/// Runs all migrations in one exclusive transaction: of several processes that open a new file at once (the service
/// and a command) one creates its tables, and an upgrade that fails half-way changes nothing. When no migration is
/// missing, it does not wait for writers.
async fn bring_up_to_date(writer: &SqlitePool) -> Result<(), StoreError> {
    // Fails where there is no such table yet. The transaction reports other problems with the file, too.
    let done = sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations").fetch_one(writer).await;
    let is_missing = done.unwrap_or(None) < Some(newest_migration());
    let mut tx = writer.begin_with(if is_missing { "BEGIN IMMEDIATE" } else { "BEGIN" }).await?;
    file::recognise(&mut tx).await?;
    // Does what `run` does with a connection; for `run` itself the compiler cannot prove that the future is `Send`.
    super::migrator(MIGRATIONS).run_direct(None, &mut *tx, false).await?;
    Ok(tx.commit().await?)
}

/// Keeps at least one reader open for life, after a first read: the last connection to close deletes the -wal file,
/// and a replaced writer would then find a file that looks moved.
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

/// Writes the log into the file and empties the log: it would still contain pages from before data was wiped. It does
/// not wait for locks, so that no webhook waits for it. The connection is closed afterwards: a cancelled call must
/// not leave a connection that never waits.
pub(super) async fn trim_log(writer: &SqlitePool) -> Result<bool, StoreError> {
    let mut connection = writer.acquire().await?;
    connection.close_on_drop();
    sqlx::query("PRAGMA busy_timeout = 0").execute(&mut *connection).await?;
    let (busy, _, _): (i64, i64, i64) =
        sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut *connection).await?;
    connection.close().await?;
    Ok(busy == 0)
}

/// Creates the database file with mode 0600 before SQLite would create it with the umask's. An existing file is not
/// touched: opening and closing it here would drop the locks that SQLite holds on it in this process.
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
    use sqlx::ConnectOptions;

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

    async fn page_bytes(file: &Path) -> u32 {
        let mut connection = SqliteConnectOptions::new().filename(file).connect().await.unwrap();
        sqlx::query_scalar("PRAGMA page_size").fetch_one(&mut connection).await.unwrap()
    }

    #[tokio::test]
    async fn the_tables_of_a_new_file_are_written_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("test.db");
        let database = open(&path).await.unwrap();
        let log = folder.path().join("test.db-wal");
        let in_log = std::fs::metadata(log).unwrap().len();
        assert_eq!((page_bytes(&path).await, in_log), (PAGE_BYTES, 0));
        drop(database);
    }

    #[tokio::test]
    async fn a_file_of_an_earlier_release_keeps_its_pages_and_its_backup_has_small_ones() {
        let folder = tempfile::tempdir().unwrap();
        let (path, copy) = (folder.path().join("old.db"), folder.path().join("backup.db"));
        let earlier = SqliteConnectOptions::new().filename(&path).create_if_missing(true).page_size(4096);
        let earlier = writers(&earlier.journal_mode(SqliteJournalMode::Wal)).await.unwrap();
        bring_up_to_date(&earlier).await.unwrap();
        earlier.close().await;

        let database = open(&path).await.unwrap();
        let Connections::Sqlite { reader, .. } = &database.connections else { panic!() };
        back_up(reader, &copy).await.unwrap();
        assert_eq!((page_bytes(&path).await, page_bytes(&copy).await), (4096, PAGE_BYTES));
    }

    #[tokio::test]
    async fn a_commit_is_on_disk_and_readers_cannot_write() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("test.db")).await.unwrap();
        let Connections::Sqlite { writer, reader, .. } = &database.connections else { panic!() };
        // 2 is FULL: the WAL is synced at every commit. It is a setting of the connection, so it is read here.
        let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(writer).await.unwrap();
        let keys: i64 = sqlx::query_scalar("PRAGMA foreign_keys").fetch_one(writer).await.unwrap();
        assert_eq!((synchronous, keys), (2, 1));
        let written = sqlx::query("DELETE FROM jobs").execute(reader).await;
        assert!(written.is_err());
    }
}
