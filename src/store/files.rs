//! A job's files: planned, moved, proved.

use std::collections::HashSet;

use super::database::{Tx, values};
use super::{Lease, NamesIn, SqlStore, StoreError, backlog, hot, rows};
use crate::jobs::evidence::Readings;
use crate::jobs::{FileRecord, FileState, JobId, Progress, Provenance, Restart, Streamed};
use crate::recording::names::same_key;
use crate::recording::{FileKey, Recording};

impl SqlStore {
    pub(super) async fn store_plan(
        &self,
        lease: &Lease,
        recording: &Recording,
        files: &[FileRecord],
        names: &NamesIn,
        revision: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease).await?;
        // What is skipped by a rule is in no folder, and takes nobody's name.
        if !names.folder_id.is_empty() {
            tx.keep_out_others(&names.folder_id).await?;
            refuse_taken_names(&mut tx, lease.job, files, names).await?;
        }
        for record in files {
            upsert_file(&mut tx, lease.job, record).await?;
        }
        let recording = with_news(&mut tx, lease.job, recording, revision).await?;
        // Planned if there was no plan yet or there is work again; otherwise the stage stands.
        tx.execute(
            "UPDATE jobs SET recording = $1, wiped = 0, planned_revision = $2, stage = CASE WHEN stage = 'received' OR EXISTS
               (SELECT 1 FROM files WHERE job = $3 AND state = 'wanted') THEN 'planned' ELSE stage END WHERE id = $3",
            values![rows::to_json(&recording)?, revision, lease.job.0],
        )
        .await?;
        backlog::note_facts(&mut tx, lease.job, &recording).await?;
        tx.commit().await
    }

    pub(super) async fn store_progress(
        &self,
        lease: &Lease,
        file: &FileRecord,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease).await?;
        let changed = tx
            .execute(
                "UPDATE files SET session = $4, session_opened_at = $5, total = $6, position = $7, hash_state = $8,
                   validator = $9, origin = $10 WHERE job = $1 AND file_key = $2 AND version = $3",
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
                ],
            )
            .await?;
        expect_one(changed, file)?;
        tx.commit().await
    }

    pub(super) async fn set_state(
        &self,
        lease: &Lease,
        file: &FileRecord,
        state: &'static str,
        streamed: &Streamed,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease).await?;
        let changed = tx
            .execute(
                "UPDATE files SET state = $4, size = $5, sha256 = $6, session = NULL, hash_state = $7,
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
        tx.commit().await
    }

    /// Holds for the bytes that were compared: a file that is being sent again by now has others.
    pub(super) async fn store_provenance(
        &self,
        lease: &Lease,
        file: &FileRecord,
        provenance: Provenance,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease).await?;
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

    pub(super) async fn store_readings(
        &self,
        lease: &Lease,
        file: &FileRecord,
        readings: &Readings,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease).await?;
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

    pub(super) async fn reset_file(
        &self,
        lease: &Lease,
        file: &FileRecord,
        drive_id: &str,
        why: Restart,
    ) -> Result<(), StoreError> {
        // Absolute, so that a write whose answer was lost counts once.
        let (mismatches, restarts) = (why.mismatches(file), why.restarts(file));
        let mut tx = self.begin_under(lease).await?;
        let changed = tx
            .execute(
                "UPDATE files SET state = 'wanted', drive_id = $4, mismatches = $5, restarts = $7, size = 0, sha256 = '',
                   session = NULL, session_opened_at = 0, total = 0, position = 0, hash_state = $6, validator = '',
                   transferred_at = 0, proved_at = NULL, confirmed_at = NULL, origin = ''
                   WHERE job = $1 AND file_key = $2 AND version = $3",
                values![lease.job.0, file.key.as_str(), file.version, drive_id, mismatches, NO_BYTES, restarts],
            )
            .await?;
        expect_one(changed, file)?;
        tx.commit().await
    }

    pub(super) async fn skip_file(
        &self,
        lease: &Lease,
        file: &FileRecord,
        reason: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease).await?;
        let changed = tx
            .execute(
                "UPDATE files SET state = 'skipped', skip_reason = $4, session = NULL, session_opened_at = 0,
                   total = 0, position = 0, hash_state = $5, validator = ''
                   WHERE job = $1 AND file_key = $2 AND version = $3 AND state IN ('wanted', 'skipped')",
                values![lease.job.0, file.key.as_str(), file.version, reason, NO_BYTES],
            )
            .await?;
        expect_one(changed, file)?;
        tx.commit().await
    }

    pub(super) async fn list_files(&self, job: JobId) -> Result<Vec<FileRecord>, StoreError> {
        let found = self.database.rows(hot::FILES, values![job.0]).await?;
        found.iter().map(rows::file).collect()
    }

    pub(super) async fn list_names(&self, folder_id: &str) -> Result<NamesIn, StoreError> {
        let found = self.database.rows(hot::NAMES, values![folder_id]).await?;
        let names = found.iter().map(|row| row.text("name")).collect::<Result<HashSet<_>, _>>()?;
        Ok(NamesIn { folder_id: folder_id.to_owned(), names })
    }
}

/// What an empty column of bytes holds.
const NO_BYTES: &[u8] = &[];

fn expect_one(changed: u64, file: &FileRecord) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::Missing(file_name(&file.key, file.version))) }
}

/// Names a file's row in messages about rows that should exist.
fn file_name(key: &FileKey, version: u32) -> String {
    format!("file {key} version {version}")
}

/// Names were chosen by what the folder held when the plan was made. Another instance may have planned into
/// it since.
async fn refuse_taken_names(
    tx: &mut Tx,
    job: JobId,
    files: &[FileRecord],
    names: &NamesIn,
) -> Result<(), StoreError> {
    let found = tx.rows(hot::NAMES_OF_OTHERS, values![names.folder_id.as_str(), job.0]).await?;
    let here = files.iter().filter(|file| file.folder_id == names.folder_id);
    let chosen: HashSet<String> = here.map(|file| same_key(&file.name)).collect();
    for row in found {
        let name = row.text("name")?;
        if !names.names.contains(&name) && chosen.contains(&same_key(&name)) {
            return Err(StoreError::NameTaken);
        }
    }
    Ok(())
}

/// What planning has listed, and what events have brought since it looked. A late file that only an event
/// told of would be lost if the listing took its place.
async fn with_news(
    tx: &mut Tx,
    job: JobId,
    listed: &Recording,
    revision: i64,
) -> Result<Recording, StoreError> {
    let row = tx.row("SELECT {job} FROM jobs WHERE id = $1", values![job.0]).await?;
    let stored = rows::job(&row.ok_or_else(|| StoreError::Missing(format!("job {job}")))?)?;
    let mut recording = listed.clone();
    if stored.revision > revision {
        // The host for whom it was planned stays.
        recording.merge(stored.recording.with_host_of(listed));
    }
    Ok(recording)
}

/// New rows are inserted whole. Known ones learn the newest address; while they are not on Drive, also that
/// they are skipped or wanted after all, or that they were found there. An id that was reserved stands,
/// unless the file was found under another.
async fn upsert_file(tx: &mut Tx, job: JobId, record: &FileRecord) -> Result<(), StoreError> {
    let skip_reason = match &record.state {
        FileState::Skipped(reason) => reason.as_str(),
        FileState::Wanted | FileState::Transferred(_) | FileState::Verified(_) => "",
    };
    let streamed = match &record.state {
        FileState::Verified(streamed) | FileState::Transferred(streamed) => streamed.clone(),
        FileState::Wanted | FileState::Skipped(_) => Streamed { size: 0, sha256: String::new() },
    };
    tx.execute(
        "INSERT INTO files (job, file_key, version, file, name, folder_id, drive_id, state, hash_state)
           VALUES ($1, $2, $3, $4, $5, $6, $7, 'wanted', $8)
           ON CONFLICT (job, file_key, version) DO UPDATE SET file = excluded.file",
        values![
            job.0,
            record.key.as_str(),
            record.version,
            rows::to_json(&record.file)?,
            record.name.as_str(),
            record.folder_id.as_str(),
            record.drive_id.as_str(),
            NO_BYTES,
        ],
    )
    .await?;
    let is_found = matches!(record.state, FileState::Transferred(_) | FileState::Verified(_));
    tx.execute(
        "UPDATE files SET state = $4, skip_reason = $5, size = $6, sha256 = $7,
           name = CASE WHEN $8 = 1 OR drive_id = '' THEN $9 ELSE name END,
           folder_id = CASE WHEN $8 = 1 OR drive_id = '' THEN $10 ELSE folder_id END,
           drive_id = CASE WHEN $8 = 1 OR drive_id = '' THEN $11 ELSE drive_id END,
           session = CASE WHEN $8 = 1 THEN NULL ELSE session END,
           hash_state = CASE WHEN $8 = 1 THEN $12 ELSE hash_state END
           WHERE job = $1 AND file_key = $2 AND version = $3 AND state IN ('wanted', 'skipped')",
        values![
            job.0,
            record.key.as_str(),
            record.version,
            record.state.name(),
            skip_reason,
            rows::signed(streamed.size)?,
            streamed.sha256.as_str(),
            is_found,
            record.name.as_str(),
            record.folder_id.as_str(),
            record.drive_id.as_str(),
            NO_BYTES,
        ],
    )
    .await?;
    Ok(())
}
