//! Checks that the database's file is ours, in its place and undamaged.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sqlx::sqlite::{SqliteConnection, SqlitePool};

use crate::store::StoreError;

/// Marks a file as this program's: `Z2DR` in ASCII, written by migration 7.
const APPLICATION_ID: i64 = 0x5a32_4452;

/// Time limit for the check of the whole file at the start. Of a larger file a part is checked; damage behind that is
/// noticed when it is read.
pub(super) const CHECK_WITHIN: Duration = Duration::from_secs(5);

/// SQLite's virtual machine steps between two checks of the time.
const STEPS_PER_LOOK: i32 = 10_000;

/// The opened file.
#[derive(Debug)]
pub(in crate::store) struct DatabaseFile {
    path: PathBuf,
    /// The log beside it; `None` for a file without a log, such as a backup's copy.
    wal: Option<PathBuf>,
    identity: (u64, u64),
    /// The first damage that was found.
    damage: Mutex<Option<String>>,
    is_damaged: AtomicBool,
}

fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

impl DatabaseFile {
    /// The file at `path`, which a connection has opened, with or without a log.
    pub(super) fn of(path: &Path, has_log: bool) -> std::io::Result<Self> {
        let mut wal = path.as_os_str().to_owned();
        wal.push("-wal");
        Ok(Self {
            path: path.to_owned(),
            wal: has_log.then(|| PathBuf::from(wal)),
            identity: identity(&std::fs::metadata(path)?),
            damage: Mutex::default(),
            is_damaged: AtomicBool::new(false),
        })
    }

    /// Fails when the file or its log was deleted, or damage was found. The system allows writing to a deleted file
    /// while it is open: nothing else would report it.
    pub(in crate::store) fn check(&self) -> Result<(), StoreError> {
        if self.is_damaged.load(Ordering::Relaxed) {
            let damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner).clone();
            return Err(StoreError::Damaged(damage.unwrap_or_default()));
        }
        let is_there = std::fs::metadata(&self.path).is_ok_and(|file| identity(&file) == self.identity);
        // Only a file that was never written has no log.
        let has_log = self.wal.as_ref().is_none_or(|wal| wal.exists());
        if is_there && has_log { Ok(()) } else { Err(StoreError::Moved(self.path.clone())) }
    }

    /// Records damage: writing to a damaged file makes it worse.
    pub(in crate::store) fn watch_for_damage<T>(
        &self,
        result: Result<T, sqlx::Error>,
    ) -> Result<T, StoreError> {
        result.map_err(|error| {
            let error = StoreError::from(error);
            if let StoreError::Damaged(what) | StoreError::Foreign(what) = &error {
                self.note_damage(what);
            }
            error
        })
    }

    fn note_damage(&self, what: &str) {
        let mut damage = self.damage.lock().unwrap_or_else(PoisonError::into_inner);
        if damage.is_none() {
            *damage = Some(format!("{}: {what}", self.path.display()));
            self.is_damaged.store(true, Ordering::Relaxed);
            tracing::error!("{}", StoreError::Damaged(format!("{}: {what}", self.path.display())));
        }
    }

    /// The same error, with the file's name.
    pub(in crate::store) fn name(&self, error: StoreError) -> StoreError {
        match error {
            StoreError::Database(_) => {
                StoreError::Open { path: self.path.clone(), source: std::io::Error::other(error) }
            }
            error => error,
        }
    }

    /// Checks the whole file for at most [`CHECK_WITHIN`]. Returns false when time ran out before the end.
    pub(in crate::store) async fn look_through(&self, reader: &SqlitePool) -> Result<bool, StoreError> {
        self.check()?;
        let mut connection = self.watch_for_damage(reader.acquire().await)?;
        let late = Arc::new(AtomicBool::new(false));
        let is_late = late.clone();
        let mut handle = self.watch_for_damage(connection.lock_handle().await)?;
        handle.set_progress_handler(STEPS_PER_LOOK, move || !is_late.load(Ordering::Relaxed));
        drop(handle);
        let found: Result<String, sqlx::Error> = {
            let looking = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut *connection);
            tokio::pin!(looking);
            tokio::select! {
                found = &mut looking => found,
                () = tokio::time::sleep(CHECK_WITHIN) => {
                    late.store(true, Ordering::Relaxed);
                    looking.await
                }
            }
        };
        let mut handle = self.watch_for_damage(connection.lock_handle().await)?;
        handle.remove_progress_handler();
        drop(handle);
        match found {
            _ if late.load(Ordering::Relaxed) => Ok(false),
            Ok(said) if said == "ok" => Ok(true),
            Ok(fault) => {
                self.note_damage(&fault);
                self.check().map(|()| true)
            }
            Err(error) => self.watch_for_damage(Err(error)),
        }
    }
}

/// Fails when the file belongs to another program. A file without tables is new; one with our tables but without the
/// mark comes from a release before the mark.
pub(in crate::store) async fn recognise(connection: &mut SqliteConnection) -> Result<(), StoreError> {
    let mark: i64 = sqlx::query_scalar("PRAGMA application_id").fetch_one(&mut *connection).await?;
    let tables: Vec<String> = sqlx::query_scalar("SELECT name FROM sqlite_master WHERE type = 'table'")
        .fetch_all(connection)
        .await?;
    let has = |name: &str| tables.iter().any(|table| table == name);
    let is_ours = mark == APPLICATION_ID
        || (mark == 0 && (tables.is_empty() || (has("_sqlx_migrations") && has("heartbeat"))));
    if is_ours { Ok(()) } else { Err(StoreError::Foreign("the file is another program's".to_owned())) }
}
