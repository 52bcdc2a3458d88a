//! Data beside a recording's files: `meeting.json`, the index of all links, and the people it was shared with.
//!
//! There is one `meeting.json` per job. Its Drive id is reserved here before the file is created, so that it is never
//! created twice.

use super::database::{Row, values};
use super::{FolderNames, LIST_MAX, Lease, Store, StoreError, rows};
use crate::jobs::{FileRecord, JobId, Millis};
use crate::recording::FileKey;
use crate::recording::names::same_key;

/// A page of archived files.
pub(in crate::store) const ARCHIVED: &str =
    "SELECT {file} FROM files WHERE (job, file_key, version) > ($1, $2, $3)
                   AND state = 'verified' AND coalesce(proved_at, 0) >= $4
                   ORDER BY job, file_key, version LIMIT $5";

/// Whether a folder has files of another host's recordings.
pub(in crate::store) const OTHER_HOSTS: &str = "SELECT 1 AS found FROM files JOIN jobs ON jobs.id = files.job
                   WHERE files.folder_id = $1 AND lower(coalesce({host_email}, '')) <> lower($2) LIMIT 1";

/// The `meeting.json` of a job.
pub(in crate::store) const MEETING_FILE: &str =
    "SELECT drive_id, folder_id, name, made, digest FROM meeting_files WHERE job = $1";

/// The `meeting.json` of a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingFile {
    /// The Drive id that was reserved for it, or under which it was found.
    pub drive_id: String,
    /// Drive id of the target folder.
    pub folder_id: String,
    /// File name in Drive.
    pub name: String,
    /// Whether it is known to exist on Drive.
    pub is_made: bool,
    /// SHA-256 of the facts in it; empty before the first write.
    pub digest: String,
}

/// A file that is proved to be on Drive.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Archived {
    pub job: JobId,
    pub record: FileRecord,
}

impl Archived {
    /// Its position in the list of all files.
    pub fn cursor(&self) -> FileCursor {
        FileCursor { job: self.job, key: self.record.key.clone(), version: self.record.version }
    }
}

/// A position in the list of all files, which is ordered by job, key and version.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct FileCursor {
    pub job: JobId,
    pub key: FileKey,
    pub version: u32,
}

impl Store {
    /// The `meeting.json` of this job, once it is reserved.
    pub async fn meeting_file(&self, job: JobId) -> Result<Option<MeetingFile>, StoreError> {
        let found = self.database.row(MEETING_FILE, values![job.0]).await?;
        found.map(|row| meeting_file(&row)).transpose()
    }

    /// Reserves it, in place of an earlier one that is missing on Drive; its digest is empty. Fails with
    /// [`StoreError::NameTaken`] when a file with its name was planned into the folder and is not in `names`.
    pub async fn reserve_meeting_file(
        &self,
        lease: &Lease,
        file: &MeetingFile,
        names: &FolderNames,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "reserve_meeting_file").await?;
        tx.keep_out_others(&file.folder_id).await?;
        // A file that was found on Drive has its name already.
        if !file.is_made {
            for row in tx.rows(crate::store::files::NAMES, values![file.folder_id.as_str()]).await? {
                let name = row.text("name")?;
                if same_key(&name) == same_key(&file.name) && !names.names.contains(&name) {
                    return Err(StoreError::NameTaken);
                }
            }
        }
        tx.execute(
            "INSERT INTO meeting_files (job, drive_id, folder_id, name, made) VALUES ($1, $2, $3, $4, $5)
               ON CONFLICT (job) DO UPDATE SET drive_id = excluded.drive_id, folder_id = excluded.folder_id,
               name = excluded.name, made = excluded.made, digest = ''",
            values![
                lease.job.0,
                file.drive_id.as_str(),
                file.folder_id.as_str(),
                file.name.as_str(),
                file.is_made,
            ],
        )
        .await?;
        tx.commit().await
    }

    /// Records that the file is on Drive with this digest.
    pub async fn meeting_file_written(
        &self,
        lease: &Lease,
        drive_id: &str,
        digest: &str,
    ) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "meeting_file_written").await?;
        let changed = tx
            .execute(
                "UPDATE meeting_files SET made = 1, digest = $3 WHERE job = $1 AND drive_id = $2",
                values![lease.job.0, drive_id, digest],
            )
            .await?;
        if changed == 0 {
            return Err(StoreError::Missing(format!("meeting file of job {}", lease.job)));
        }
        tx.commit().await
    }

    /// Deletes a reservation that Drive does not accept.
    pub async fn forget_meeting_file(&self, lease: &Lease, drive_id: &str) -> Result<(), StoreError> {
        let mut tx = self.begin_under(lease, "forget_meeting_file").await?;
        tx.execute(
            "DELETE FROM meeting_files WHERE job = $1 AND drive_id = $2",
            values![lease.job.0, drive_id],
        )
        .await?;
        tx.commit().await
    }

    /// Files that are proved to be on Drive, in the order of [`FileCursor`]: at most [`LIST_MAX`] after the given
    /// one. With `since` only files that were proved then or later.
    pub async fn archived(
        &self,
        after: Option<&FileCursor>,
        since: Option<Millis>,
    ) -> Result<Vec<Archived>, StoreError> {
        let (job, key, version) =
            after.map_or((0, "", 0), |file| (file.job.0, file.key.as_str(), file.version));
        let since = since.unwrap_or(0);
        let found = self.database.rows(ARCHIVED, values![job, key, version, since, LIST_MAX]).await?;
        let archived = |row: &Row| Ok(Archived { job: JobId(row.integer("job")?), record: rows::file(row)? });
        found.iter().map(archived).collect()
    }

    /// The result of sharing this file or folder with a person: `None` if it was not tried, empty if it succeeded,
    /// else the reason of the failure.
    pub async fn share(&self, item: &str, email: &str) -> Result<Option<String>, StoreError> {
        let email = email.to_lowercase();
        let found = self
            .database
            .row("SELECT refusal FROM shares WHERE item = $1 AND email = $2", values![item, email])
            .await?;
        found.map(|row| row.text("refusal")).transpose()
    }

    /// Records the result of sharing.
    pub async fn note_share(&self, item: &str, email: &str, refusal: &str) -> Result<(), StoreError> {
        let mut tx = self.database.begin("note_share").await?;
        tx.execute(
            "INSERT INTO shares (item, email, refusal) VALUES ($1, $2, $3)
               ON CONFLICT (item, email) DO UPDATE SET refusal = excluded.refusal",
            values![item, email.to_lowercase(), refusal],
        )
        .await?;
        tx.commit().await
    }

    /// Whether all files that were planned into this folder belong to this host's recordings.
    pub async fn is_of_one_host(&self, folder_id: &str, email: &str) -> Result<bool, StoreError> {
        Ok(self.database.row(OTHER_HOSTS, values![folder_id, email]).await?.is_none())
    }
}

fn meeting_file(row: &Row) -> Result<MeetingFile, StoreError> {
    Ok(MeetingFile {
        drive_id: row.text("drive_id")?,
        folder_id: row.text("folder_id")?,
        name: row.text("name")?,
        is_made: row.integer("made")? != 0,
        digest: row.text("digest")?,
    })
}
