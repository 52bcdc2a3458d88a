//! Stores a plan: the files of a job, their folders, and facts from events in the meantime.

use std::collections::HashSet;

use super::database::{Tx, values};
use super::files::NO_BYTES;
use super::{FolderNames, Lease, Store, StoreError, diary, rows, shelf};
use crate::jobs::diary::DiaryKind;
use crate::jobs::{FileRecord, FileState, JobId, SentFile, Stage};
use crate::recording::Recording;
use crate::recording::names::same_key;

/// File names that other jobs have planned into a folder.
pub(in crate::store) const NAMES_OF_OTHERS: &str = "SELECT name FROM files WHERE folder_id = $1 AND job <> $2
                   UNION ALL SELECT name FROM meeting_files WHERE folder_id = $1 AND job <> $2
                   UNION ALL SELECT name FROM attendance_sheets WHERE folder_id = $1 AND coalesce(job_id, 0) <> $2";

impl Store {
    /// Stores a plan: the recording as listed (merged with events since `revision`), new file rows with their
    /// reserved ids, fresh addresses for existing rows, and `revision` as planned. A file that is not on Drive yet
    /// takes the planned state. A reserved id stands, unless the file was found under another one. Fails with
    /// [`StoreError::NameTaken`] when another job has planned a file with a chosen name into the folder and `names`
    /// does not have it.
    pub async fn plan(
        &self,
        lease: &Lease,
        recording: &Recording,
        files: &[FileRecord],
        names: &FolderNames,
        revision: i64,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "plan").await?;
        // A file that a rule skips is in no folder, and needs no name.
        if !names.folder_id.is_empty() {
            tx.keep_out_others(&names.folder_id).await?;
            refuse_taken_names(&mut tx, lease.job, files, names).await?;
        }
        for record in files {
            upsert_file(&mut tx, lease.job, record).await?;
        }
        let (before, recording) = with_news(&mut tx, lease.job, recording, revision).await?;
        // The stage is planned if there was no plan yet or there is work again; otherwise it stays.
        let planned = tx
            .row(
            "UPDATE jobs SET recording = $1, wiped = 0, planned_revision = $2, stage = CASE WHEN stage = 'received' OR EXISTS
               (SELECT 1 FROM files WHERE job = $3 AND state = 'wanted') THEN 'planned' ELSE stage END WHERE id = $3
               RETURNING stage",
            values![rows::to_json(&recording)?, revision, lease.job.0],
        )
        .await?;
        shelf::shelve(&mut tx, lease.job, &recording).await?;
        shelf::recount(&mut tx, lease.job).await?;
        let stage = planned.map(|row| row.text("stage")).transpose()?;
        if before != Stage::Planned && stage.as_deref() == Some(Stage::Planned.name()) {
            let wanted = files.iter().filter(|file| !matches!(file.state, FileState::Skipped(_))).count();
            diary::write(&mut tx, lease.job, DiaryKind::Listed, &format!("{wanted}")).await?;
        }
        tx.commit().await
    }
}

/// Names were chosen from the folder's content at planning. Another instance may have planned files into it since.
async fn refuse_taken_names(
    tx: &mut Tx,
    job: JobId,
    files: &[FileRecord],
    names: &FolderNames,
) -> Result<(), StoreError> {
    let found = tx.rows(NAMES_OF_OTHERS, values![names.folder_id.as_str(), job.0]).await?;
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

/// Merges the listing with facts from events since the listing. Replacing them would lose a late file that only an
/// event has named. Also returns the stage before this plan.
async fn with_news(
    tx: &mut Tx,
    job: JobId,
    listed: &Recording,
    revision: i64,
) -> Result<(Stage, Recording), StoreError> {
    let row = tx.row("SELECT {job} FROM jobs WHERE id = $1", values![job.0]).await?;
    let stored = rows::job(&row.ok_or_else(|| StoreError::Corrupt(format!("leased job {job} is missing")))?)?;
    let mut recording = listed.clone();
    if stored.revision > revision {
        // The host of the first plan stays.
        recording.merge(stored.recording.with_host_of(listed));
    }
    Ok((stored.stage, recording))
}

/// New rows are inserted whole. Existing rows get the newest address and, while they are not on Drive, the planned
/// state and whether they were found there. A reserved id stands, unless the file was found under another one.
async fn upsert_file(tx: &mut Tx, job: JobId, record: &FileRecord) -> Result<(), StoreError> {
    let skip_reason = match &record.state {
        FileState::Skipped(reason) => reason.as_str(),
        FileState::Wanted | FileState::Transferred(_) | FileState::Verified(_) => "",
    };
    let streamed = match &record.state {
        FileState::Verified(streamed) | FileState::Transferred(streamed) => streamed.clone(),
        FileState::Wanted | FileState::Skipped(_) => SentFile { size: 0, sha256: String::new() },
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
           hash_state = CASE WHEN $8 = 1 THEN $12 ELSE hash_state END,
           ahead = CASE WHEN $8 = 1 THEN $12 ELSE ahead END
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
