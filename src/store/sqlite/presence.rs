//! Notices other processes on this file by a lock beside it, which the system frees however a process ends.
//!
//! A process that is alone knows that every lease in the file belonged to a dead process. Every working process holds
//! the lock shared; a process is alone if it gets the lock exclusively for a moment.

use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use crate::store::StoreError;

/// Our hold on the lock file.
#[derive(Debug)]
pub(in crate::store) struct Presence {
    path: PathBuf,
    /// Open for life. Closing it frees the lock.
    file: Mutex<Option<Arc<File>>>,
}

impl Presence {
    /// The lock file has the database's name with `.lock` appended.
    pub(in crate::store) fn companions(database: &Path) -> Self {
        let mut path = database.as_os_str().to_owned();
        path.push(".lock");
        Self { path: PathBuf::from(path), file: Mutex::new(None) }
    }

    /// Takes the lock. Returns true when no other process works on the file; then `stay` must follow.
    pub(in crate::store) async fn arrive(&self) -> Result<bool, StoreError> {
        let file = self.at_work(|path| {
            let mut options = File::options();
            options.create(true).truncate(false).write(true);
            #[cfg(unix)]
            std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
            let file = options.open(path)?;
            match file.try_lock() {
                Ok(()) => Ok((file, true)),
                // Other processes are working, or just starting: their exclusive lock ends soon.
                Err(TryLockError::WouldBlock) => file.lock_shared().map(|()| (file, false)),
                Err(TryLockError::Error(error)) => Err(error),
            }
        });
        let (file, is_alone) = file.await?;
        *self.file.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(file));
        Ok(is_alone)
    }

    /// Lets other processes work on the file, too.
    pub(in crate::store) async fn stay(&self) -> Result<(), StoreError> {
        let file = self.file.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(file) = file else { return Ok(()) };
        self.at_work(move |_| {
            // Not every system converts an exclusive lock into a shared one; nothing has been claimed yet.
            file.unlock()?;
            file.lock_shared()
        })
        .await
    }

    /// Whether any process works on the file. The check blocks others only for a moment.
    pub(in crate::store) async fn is_anybody(&self) -> Result<bool, StoreError> {
        self.at_work(|path| {
            let file = match File::options().write(true).open(path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
                opened => opened?,
            };
            match file.try_lock() {
                Ok(()) => Ok(false),
                Err(TryLockError::WouldBlock) => Ok(true),
                Err(TryLockError::Error(error)) => Err(error),
            }
        })
        .await
    }

    /// Frees the lock.
    pub(in crate::store) fn leave(&self) {
        drop(self.file.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Locks may block: not on a thread of the async runtime.
    async fn at_work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (path, shown) = (self.path.clone(), self.path.clone());
        let done = tokio::task::spawn_blocking(move || work(&path)).await.map_err(io::Error::other);
        done.and_then(|result| result).map_err(|source| StoreError::Open { path: shown, source })
    }
}
