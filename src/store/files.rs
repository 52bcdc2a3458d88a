//! The files of a job: planned, transferred, proved.

use std::collections::HashSet;

use super::database::{Tx, values};
use super::{FolderNames, Lease, Store, StoreError, diary, pauses, rows, shelf};
use crate::jobs::diary::DiaryKind;
use crate::jobs::readings::Readings;
use crate::jobs::{FileRecord, JobId, Provenance, Restart, SentFile, UploadProgress};
use crate::recording::FileKey;

/// The files of a job.
pub(in crate::store) const FILES: &str = "SELECT {file} FROM files WHERE job = $1 ORDER BY {planned_order}";

/// The names in a folder.
pub(in crate::store) const NAMES: &str = "SELECT name FROM files WHERE folder_id = $1
                   UNION ALL SELECT name FROM meeting_files WHERE folder_id = $1
                   UNION ALL SELECT name FROM attendance_sheets WHERE folder_id = $1";

/// What Drive has confirmed since the last time.
#[derive(Debug, Clone, Copy, Default)]
pub struct Confirmed<'a> {
    /// The identity whose uploads Google counts together.
    pub identity: &'a str,
    pub bytes: u64,
    /// Drive's offset at the start, if the upload went on after an interruption.
    pub went_on_from: Option<u64>,
}

impl Store {
    /// Stores the position of a file's upload, and the source of the hashed bytes.
    pub async fn save_progress(
        &self,
        lease: &Lease,
        file: &FileRecord,
        progress: &UploadProgress,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "save_progress").await?;
        write_progress(&mut tx, lease, file, progress).await?;
        tx.commit().await
    }

    /// Like [`save_progress`](Store::save_progress), after Drive has confirmed bytes: they count for the identity's day. For
    /// the first ones after an interruption the diary says where the upload went on.
    pub async fn save_confirmed(
        &self,
        lease: &Lease,
        file: &FileRecord,
        progress: &UploadProgress,
        confirmed: &Confirmed<'_>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "save_confirmed").await?;
        write_progress(&mut tx, lease, file, progress).await?;
        write_confirmed(&mut tx, lease, file, progress.total, confirmed).await?;
        tx.commit().await
    }

    /// Stores checkpoints that are ahead of what Drive has confirmed. It comes often, and writes one row.
    pub async fn save_ahead(
        &self,
        lease: &Lease,
        file: &FileRecord,
        progress: &UploadProgress,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_quietly_under(lease, "save_ahead").await?;
        let changed = tx
            .execute(
                "UPDATE files SET ahead = $4, origin = $5 WHERE job = $1 AND file_key = $2 AND version = $3",
                values![
                    lease.job.0,
                    file.key.as_str(),
                    file.version,
                    progress.ahead.as_slice(),
                    file.provenance.name(),
                ],
            )
            .await?;
        expect_one(changed, file)?;
        tx.commit().await
    }

    /// Records that the last byte is on Drive, with what was not counted yet of what Drive has confirmed.
    pub async fn mark_transferred(
        &self,
        lease: &Lease,
        file: &FileRecord,
        streamed: &SentFile,
        confirmed: &Confirmed<'_>,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "mark_transferred").await?;
        set_state(&mut tx, lease, file, "transferred", streamed).await?;
        write_confirmed(&mut tx, lease, file, streamed.size, confirmed).await?;
        tx.commit().await
    }

    /// Records that Drive has exactly the sent bytes.
    pub async fn mark_verified(
        &self,
        lease: &Lease,
        file: &FileRecord,
        streamed: &SentFile,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "mark_verified").await?;
        set_state(&mut tx, lease, file, "verified", streamed).await?;
        tx.commit().await
    }

    /// Records the comparison of a verified copy with the bytes at an address of Zoom's listing.
    pub async fn set_provenance(
        &self,
        lease: &Lease,
        file: &FileRecord,
        provenance: Provenance,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "set_provenance").await?;
        let changed = tx
            .execute(
                "UPDATE files SET origin = $4 WHERE job = $1 AND file_key = $2 AND version = $3
                   AND state = 'verified' AND drive_id = $5",
                values![
                    lease.job.0,
                    file.key.as_str(),
                    file.version,
                    provenance.name(),
                    file.drive_id.as_str(),
                ],
            )
            .await?;
        expect_one(changed, file)?;
        tx.commit().await
    }

    /// Records results of readings at Zoom, in addition to the archived one.
    pub async fn note_readings(
        &self,
        lease: &Lease,
        file: &FileRecord,
        readings: &Readings,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "note_readings").await?;
        let odd = readings.odd.as_ref();
        let changed = tx
            .execute(
                "UPDATE files SET empty_since = $4, odd_since = $5, odd_size = $6, odd_sha256 = $7, odd_accepted = $8,
                   confirmed_at = $9 WHERE job = $1 AND file_key = $2 AND version = $3",
                values![
                    lease.job.0,
                    file.key.as_str(),
                    file.version,
                    readings.empty_since,
                    odd.map(|odd| odd.since),
                    rows::signed(odd.map_or(0, |odd| odd.streamed.size))?,
                    odd.map_or("", |odd| odd.streamed.sha256.as_str()),
                    odd.is_some_and(|odd| odd.accepted),
                    readings.confirmed_at,
                ],
            )
            .await?;
        expect_one(changed, file)?;
        tx.commit().await
    }

    /// Restarts the upload of a file, under this Drive id. `why` decides which count grows, starting from those in
    /// `file`.
    pub async fn start_over(
        &self,
        lease: &Lease,
        file: &FileRecord,
        drive_id: &str,
        why: Restart,
    ) -> Result<(), StoreError> {
        // Absolute values, so that a write whose answer was lost counts once.
        let (mismatches, restarts) = (why.mismatches(file), why.restarts(file));
        let mut tx = self.begin_under(lease, "start_over").await?;
        let changed = tx
            .execute(
                "UPDATE files SET state = 'wanted', drive_id = $4, mismatches = $5, restarts = $7, size = 0, sha256 = '',
                   session = NULL, session_opened_at = 0, total = 0, position = 0, hash_state = $6, ahead = $6, validator = '',
                   transferred_at = 0, proved_at = NULL, confirmed_at = NULL, origin = ''
                   WHERE job = $1 AND file_key = $2 AND version = $3",
                values![lease.job.0, file.key.as_str(), file.version, drive_id, mismatches, NO_BYTES, restarts],
            )
            .await?;
        expect_one(changed, file)?;
        shelf::recount(&mut tx, lease.job).await?;
        diary::write(&mut tx, lease.job, DiaryKind::SentAgain, &file.name).await?;
        tx.commit().await
    }

    /// Skips a file that is not on Drive, with the reason.
    pub async fn skip(&self, lease: &Lease, file: &FileRecord, reason: &str) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "skip").await?;
        let changed = tx
            .execute(
                "UPDATE files SET state = 'skipped', skip_reason = $4, session = NULL, session_opened_at = 0,
                   total = 0, position = 0, hash_state = $5, ahead = $5, validator = ''
                   WHERE job = $1 AND file_key = $2 AND version = $3 AND state IN ('wanted', 'skipped')",
                values![lease.job.0, file.key.as_str(), file.version, reason, NO_BYTES],
            )
            .await?;
        expect_one(changed, file)?;
        tx.commit().await
    }

    /// The files of a job, every version, in the order of planning.
    pub async fn files(&self, job: JobId) -> Result<Vec<FileRecord>, StoreError> {
        let found = self.database.rows(FILES, values![job.0]).await?;
        found.iter().map(rows::file).collect()
    }

    /// The names of all files that any job has planned into a folder.
    pub async fn names_in(&self, folder_id: &str) -> Result<FolderNames, StoreError> {
        let found = self.database.rows(NAMES, values![folder_id]).await?;
        let names = found.iter().map(|row| row.text("name")).collect::<Result<HashSet<_>, _>>()?;
        Ok(FolderNames { folder_id: folder_id.to_owned(), names })
    }
}

/// Counts what Drive has confirmed, and writes into the diary where an interrupted upload went on.
async fn write_confirmed(
    tx: &mut Tx,
    lease: &Lease,
    file: &FileRecord,
    total: u64,
    confirmed: &Confirmed<'_>,
) -> Result<(), StoreError> {
    if confirmed.bytes > 0 {
        pauses::add_uploaded(tx, confirmed.identity, confirmed.bytes).await?;
    }
    match confirmed.went_on_from {
        Some(from) => {
            let text = format!("{from} {total} {}", file.name);
            diary::write(tx, lease.job, DiaryKind::WentOn, &text).await
        }
        None => Ok(()),
    }
}

/// Stores what was sent of a file, or proved.
async fn set_state(
    tx: &mut Tx,
    lease: &Lease,
    file: &FileRecord,
    state: &'static str,
    streamed: &SentFile,
) -> Result<(), StoreError> {
    let changed = tx
        .execute(
            "UPDATE files SET state = $4, size = $5, sha256 = $6, session = NULL, hash_state = $7, ahead = $7,
               empty_since = NULL, confirmed_at = CASE WHEN $4 = 'verified' THEN confirmed_at ELSE NULL END,
               transferred_at = CASE WHEN $4 = 'transferred' THEN {now} ELSE transferred_at END,
               proved_at = CASE WHEN $4 = 'verified' THEN {now} ELSE NULL END,
               origin = CASE WHEN $4 = 'transferred' THEN $8 ELSE origin END
               WHERE job = $1 AND file_key = $2 AND version = $3",
            values![
                lease.job.0,
                file.key.as_str(),
                file.version,
                state,
                rows::signed(streamed.size)?,
                streamed.sha256.as_str(),
                NO_BYTES,
                file.provenance.name(),
            ],
        )
        .await?;
    expect_one(changed, file)?;
    shelf::recount(tx, lease.job).await
}

/// Stores the position of a file's upload, the source of the hashed bytes, and the checkpoints ahead.
async fn write_progress(
    tx: &mut Tx,
    lease: &Lease,
    file: &FileRecord,
    progress: &UploadProgress,
) -> Result<(), StoreError> {
    let changed = tx
        .execute(
            "UPDATE files SET session = $4, session_opened_at = $5, total = $6, position = $7, hash_state = $8,
               validator = $9, origin = $10, ahead = $11 WHERE job = $1 AND file_key = $2 AND version = $3",
            values![
                lease.job.0,
                file.key.as_str(),
                file.version,
                progress.session.as_ref().map(|session| session.expose().to_owned()),
                progress.session_opened_at,
                rows::signed(progress.total)?,
                rows::signed(progress.offset)?,
                progress.hash_state.as_slice(),
                progress.validator.as_str(),
                file.provenance.name(),
                progress.ahead.as_slice(),
            ],
        )
        .await?;
    expect_one(changed, file)
}

/// The value of an empty binary column.
pub(super) const NO_BYTES: &[u8] = &[];

fn expect_one(changed: u64, file: &FileRecord) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::Missing(file_name(&file.key, file.version))) }
}

/// Names a file's row in messages about missing rows.
fn file_name(key: &FileKey, version: u32) -> String {
    format!("file {key} version {version}")
}
