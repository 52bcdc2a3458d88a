//! Copies the file while it is in use.

use std::fs::File;
use std::io;
use std::path::Path;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use sqlx::{ConnectOptions, Connection};

use crate::store::StoreError;

/// Copies the committed state at this moment. It uses a reader, so that no writer waits.
pub(in crate::store) async fn back_up(reader: &SqlitePool, to: &Path) -> Result<(), StoreError> {
    let failed = |source: io::Error| StoreError::Open { path: to.to_owned(), source };
    make(to).map_err(failed)?;
    let copied = copy(reader, to).await;
    if copied.is_err() {
        // The file was created above; an incomplete copy must not look like a backup.
        std::fs::remove_file(to).map_err(failed)?;
    }
    copied
}

/// Creates a new empty file that only its owner can read: an older backup is never overwritten.
fn make(path: &Path) -> io::Result<()> {
    let mut options = File::options();
    options.create_new(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

async fn copy(reader: &SqlitePool, to: &Path) -> Result<(), StoreError> {
    let failed = |source: io::Error| StoreError::Open { path: to.to_owned(), source };
    let name = to.to_str().ok_or_else(|| failed(io::Error::other("its name is not UTF-8")))?;
    sqlx::query("VACUUM INTO $1").bind(name).execute(reader).await?;
    File::open(to).and_then(|file| file.sync_all()).map_err(failed)?;
    let folder = to.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(failed)?;
    let mut copy = SqliteConnectOptions::new().filename(to).read_only(true).connect().await?;
    let said: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut copy).await?;
    copy.close().await?;
    if said == "ok" { Ok(()) } else { Err(StoreError::Damaged(said)) }
}
