//! A job's files and the folders that they go to.

use sqlx::Row;
use sqlx::sqlite::SqliteTransaction;

use super::{SqliteStore, backlog, now, select_job};
use crate::jobs::{FileRecord, FileState, JobId, Progress, Streamed};
use crate::recording::Recording;
use crate::store::{FolderRecord, Lease, StoreError, file_name, rows};

impl SqliteStore {
    pub(super) async fn store_plan(
        &self,
        lease: &Lease,
        recording: &Recording,
        files: &[FileRecord],
        revision: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_under(lease).await?;
        for record in files {
            upsert_file(&mut tx, lease.job, record).await?;
        }
        let recording = with_news(&mut tx, lease.job, recording, revision).await?;
        // Planned if there was no plan yet or there is work again; otherwise the stage stands.
        sqlx::query(
            "UPDATE jobs SET recording = ?1, planned_revision = ?2, stage = CASE WHEN stage = 'received' OR EXISTS
               (SELECT 1 FROM files WHERE job = ?3 AND state = 'wanted') THEN 'planned' ELSE stage END WHERE id = ?3",
        )
        .bind(rows::to_json(&recording)?)
        .bind(revision)
        .bind(lease.job.0)
        .execute(&mut *tx)
        .await?;
        backlog::note_facts(&mut tx, lease.job, &recording).await?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn store_progress(
        &self,
        lease: &Lease,
        file: &FileRecord,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_under(lease).await?;
        let changed = sqlx::query(
            "UPDATE files SET session = ?4, session_opened_at = ?5, total = ?6, position = ?7, hash_state = ?8,
               validator = ?9 WHERE job = ?1 AND file_key = ?2 AND version = ?3",
        )
        .bind(lease.job.0)
        .bind(file.key.as_str())
        .bind(i64::from(file.version))
        .bind(progress.session.as_ref().map(|session| session.expose().to_owned()))
        .bind(progress.session_opened_at)
        .bind(rows::signed(progress.total)?)
        .bind(rows::signed(progress.offset)?)
        .bind(&progress.hash_state)
        .bind(&progress.validator)
        .execute(&mut *tx)
        .await?;
        expect_one(changed.rows_affected(), file)?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn set_state(
        &self,
        lease: &Lease,
        file: &FileRecord,
        state: &'static str,
        streamed: &Streamed,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_under(lease).await?;
        let changed = sqlx::query(
            "UPDATE files SET state = ?4, size = ?5, sha256 = ?6, session = NULL, hash_state = x''
               WHERE job = ?1 AND file_key = ?2 AND version = ?3",
        )
        .bind(lease.job.0)
        .bind(file.key.as_str())
        .bind(i64::from(file.version))
        .bind(state)
        .bind(rows::signed(streamed.size)?)
        .bind(&streamed.sha256)
        .execute(&mut *tx)
        .await?;
        expect_one(changed.rows_affected(), file)?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn reset_file(
        &self,
        lease: &Lease,
        file: &FileRecord,
        drive_id: &str,
        mismatches: u32,
    ) -> Result<(), StoreError> {
        let mut tx = self.write_under(lease).await?;
        let changed = sqlx::query(
            "UPDATE files SET state = 'wanted', drive_id = ?4, mismatches = ?5, size = 0, sha256 = '', session = NULL,
               session_opened_at = 0, total = 0, position = 0, hash_state = x'', validator = ''
               WHERE job = ?1 AND file_key = ?2 AND version = ?3",
        )
        .bind(lease.job.0)
        .bind(file.key.as_str())
        .bind(i64::from(file.version))
        .bind(drive_id)
        .bind(i64::from(mismatches))
        .execute(&mut *tx)
        .await?;
        expect_one(changed.rows_affected(), file)?;
        Ok(tx.commit().await?)
    }

    pub(super) async fn list_files(&self, job: JobId) -> Result<Vec<FileRecord>, StoreError> {
        let found = sqlx::query("SELECT * FROM files WHERE job = ?1 ORDER BY rowid")
            .bind(job.0)
            .fetch_all(&self.reader)
            .await?;
        found.iter().map(rows::file).collect()
    }

    pub(super) async fn list_names(&self, folder_id: &str) -> Result<Vec<String>, StoreError> {
        let names = sqlx::query_scalar("SELECT name FROM files WHERE folder_id = ?1");
        Ok(names.bind(folder_id).fetch_all(&self.reader).await?)
    }

    pub(super) async fn find_folder(&self, path: &str) -> Result<Option<FolderRecord>, StoreError> {
        let found = sqlx::query("SELECT drive_id, made FROM folders WHERE path = ?1")
            .bind(path)
            .fetch_optional(&self.reader)
            .await?;
        found.map(|row| folder(&row)).transpose()
    }

    pub(super) async fn insert_folder(&self, path: &str, drive_id: &str) -> Result<FolderRecord, StoreError> {
        let mut tx = self.write().await?;
        sqlx::query("INSERT INTO folders (path, drive_id) VALUES (?1, ?2) ON CONFLICT (path) DO NOTHING")
            .bind(path)
            .bind(drive_id)
            .execute(&mut *tx)
            .await?;
        let row = sqlx::query("SELECT drive_id, made FROM folders WHERE path = ?1")
            .bind(path)
            .fetch_one(&mut *tx)
            .await?;
        tx.commit().await?;
        folder(&row)
    }

    pub(super) async fn confirm_folder(&self, path: &str, drive_id: &str) -> Result<(), StoreError> {
        self.change_folder("UPDATE folders SET made = 1 WHERE path = ?1 AND drive_id = ?2", path, drive_id)
            .await
    }

    pub(super) async fn delete_folder(&self, path: &str, drive_id: &str) -> Result<(), StoreError> {
        self.change_folder("DELETE FROM folders WHERE path = ?1 AND drive_id = ?2", path, drive_id).await
    }

    async fn change_folder(
        &self,
        statement: &'static str,
        path: &str,
        drive_id: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.write().await?;
        sqlx::query(statement).bind(path).bind(drive_id).execute(&mut *tx).await?;
        Ok(tx.commit().await?)
    }
}

fn folder(row: &sqlx::sqlite::SqliteRow) -> Result<FolderRecord, StoreError> {
    Ok(FolderRecord { drive_id: row.try_get("drive_id")?, made: row.try_get::<i64, _>("made")? != 0 })
}

fn expect_one(changed: u64, file: &FileRecord) -> Result<(), StoreError> {
    if changed == 1 { Ok(()) } else { Err(StoreError::Missing(file_name(&file.key, file.version))) }
}

/// What planning has listed, and what events have brought since it looked. A late file that only an event
/// told of would be lost if the listing took its place.
async fn with_news(
    tx: &mut SqliteTransaction<'_>,
    job: JobId,
    listed: &Recording,
    revision: i64,
) -> Result<Recording, StoreError> {
    let row = sqlx::query(concat!(select_job!(), "WHERE id = ?1")).bind(job.0).fetch_one(&mut **tx).await?;
    let stored = rows::job(&row)?;
    let mut recording = listed.clone();
    if stored.revision > revision {
        recording.merge(stored.recording);
    }
    Ok(recording)
}

/// New rows are inserted whole. Known ones learn the newest address; while they are not on Drive, also that
/// they are skipped or wanted after all, or that they were found there. An id that was reserved stands,
/// unless the file was found under another.
async fn upsert_file(
    tx: &mut SqliteTransaction<'_>,
    job: JobId,
    record: &FileRecord,
) -> Result<(), StoreError> {
    let skip_reason = match &record.state {
        FileState::Skipped(reason) => reason.as_str(),
        FileState::Wanted | FileState::Transferred(_) | FileState::Verified(_) => "",
    };
    let streamed = match &record.state {
        FileState::Verified(streamed) | FileState::Transferred(streamed) => streamed.clone(),
        FileState::Wanted | FileState::Skipped(_) => Streamed { size: 0, sha256: String::new() },
    };
    sqlx::query(
        "INSERT INTO files (job, file_key, version, file, name, folder_id, drive_id, state)
           VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'wanted')
           ON CONFLICT (job, file_key, version) DO UPDATE SET file = excluded.file",
    )
    .bind(job.0)
    .bind(record.key.as_str())
    .bind(i64::from(record.version))
    .bind(rows::to_json(&record.file)?)
    .bind(&record.name)
    .bind(&record.folder_id)
    .bind(&record.drive_id)
    .execute(&mut **tx)
    .await?;
    let is_found = matches!(record.state, FileState::Transferred(_) | FileState::Verified(_));
    sqlx::query(
        "UPDATE files SET state = ?4, skip_reason = ?5, size = ?6, sha256 = ?7,
           name = CASE WHEN ?8 OR drive_id = '' THEN ?9 ELSE name END,
           folder_id = CASE WHEN ?8 OR drive_id = '' THEN ?10 ELSE folder_id END,
           drive_id = CASE WHEN ?8 OR drive_id = '' THEN ?11 ELSE drive_id END,
           session = CASE WHEN ?8 THEN NULL ELSE session END,
           hash_state = CASE WHEN ?8 THEN x'' ELSE hash_state END
           WHERE job = ?1 AND file_key = ?2 AND version = ?3 AND state IN ('wanted', 'skipped')",
    )
    .bind(job.0)
    .bind(record.key.as_str())
    .bind(i64::from(record.version))
    .bind(record.state.name())
    .bind(skip_reason)
    .bind(rows::signed(streamed.size)?)
    .bind(&streamed.sha256)
    .bind(is_found)
    .bind(&record.name)
    .bind(&record.folder_id)
    .bind(&record.drive_id)
    .execute(&mut **tx)
    .await?;
    Ok(())
}
