//! The archive as the verification goes through it: folders in the order of their ids, the proved files in them, and
//! the copies that were found to differ.

pub(in crate::store) mod findings;
mod pass;
mod recovered;

use super::database::{Row, values};
use super::{LIST_MAX, Store, StoreError, rows};
use crate::jobs::{JobId, Millis, SentFile};
use crate::recording::FileKey;

/// Folders with proved files, in the order of their ids, and the number of these files.
pub(in crate::store) const FOLDERS: &str = "SELECT folder_id, count(*) AS files FROM files
                   WHERE folder_id > $1 AND state = 'verified'
                     AND coalesce(proved_at, 0) >= $2 AND coalesce(proved_at, 0) <= $3
                   GROUP BY folder_id ORDER BY folder_id LIMIT $4";

/// The same of one host's recordings.
pub(in crate::store) const FOLDERS_OF_HOST: &str = "SELECT folder_id, count(*) AS files FROM files
                   JOIN jobs ON jobs.id = files.job
                   WHERE folder_id > $1 AND state = 'verified'
                     AND coalesce(proved_at, 0) >= $2 AND coalesce(proved_at, 0) <= $3
                     AND lower(coalesce({host_email}, '')) = $5
                   GROUP BY folder_id ORDER BY folder_id LIMIT $4";

/// Proved files in a range of folders.
pub(in crate::store) const PROVED_FILES: &str =
    "SELECT files.folder_id, files.job, files.file_key, files.version, files.name, files.drive_id, files.size,
                     files.sha256, CAST(CASE WHEN verify_findings.job IS NULL THEN 0 ELSE 1 END AS BIGINT) AS found
                   FROM files LEFT JOIN verify_findings ON verify_findings.job = files.job
                     AND verify_findings.file_key = files.file_key AND verify_findings.version = files.version
                   WHERE (files.folder_id, files.job, files.file_key, files.version) > ($1, $2, $3, $4)
                     AND files.folder_id <= $5 AND files.state = 'verified'
                     AND coalesce(files.proved_at, 0) >= $6 AND coalesce(files.proved_at, 0) <= $7
                   ORDER BY files.folder_id, files.job, files.file_key, files.version LIMIT $8";

/// The same of one host's recordings.
pub(in crate::store) const PROVED_FILES_OF_HOST: &str =
    "SELECT files.folder_id, files.job, files.file_key, files.version, files.name, files.drive_id, files.size,
                     files.sha256, CAST(CASE WHEN verify_findings.job IS NULL THEN 0 ELSE 1 END AS BIGINT) AS found
                   FROM files JOIN jobs ON jobs.id = files.job
                   LEFT JOIN verify_findings ON verify_findings.job = files.job
                     AND verify_findings.file_key = files.file_key AND verify_findings.version = files.version
                   WHERE (files.folder_id, files.job, files.file_key, files.version) > ($1, $2, $3, $4)
                     AND files.folder_id <= $5 AND files.state = 'verified'
                     AND coalesce(files.proved_at, 0) >= $6 AND coalesce(files.proved_at, 0) <= $7
                     AND lower(coalesce({host_email}, '')) = $9
                   ORDER BY files.folder_id, files.job, files.file_key, files.version LIMIT $8";

/// Which proved files are meant.
#[derive(Debug, Clone, Default)]
pub struct ArchiveFilter {
    /// Only those of recordings of this host, by email address.
    pub host: Option<String>,
    /// Only those that were proved then or later. Files of earlier releases have no time, and are left out.
    pub since: Option<Millis>,
    /// Only those that were proved then or earlier.
    pub until: Option<Millis>,
}

impl ArchiveFilter {
    fn host(&self) -> Option<String> {
        self.host.as_ref().map(|host| host.to_lowercase())
    }

    fn times(&self) -> (Millis, Millis) {
        (self.since.unwrap_or(0), self.until.unwrap_or(Millis::MAX))
    }
}

/// A position among the proved files, which are ordered by folder, job, key and version.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct ArchivePlace {
    pub folder_id: String,
    pub job: JobId,
    pub key: FileKey,
    pub version: u32,
}

impl ArchivePlace {
    /// Before every file of the folders that come after this one.
    pub fn after(folder_id: &str) -> Self {
        let (job, key, version) = (JobId(i64::MAX), FileKey::new(""), 0);
        Self { folder_id: folder_id.to_owned(), job, key, version }
    }
}

/// A proved file, with what a comparison needs.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct ArchivedFile {
    pub job: JobId,
    pub key: FileKey,
    pub version: u32,
    pub name: String,
    pub folder_id: String,
    pub drive_id: String,
    /// What was sent and proved.
    pub sent: SentFile,
    /// Whether an earlier look found a difference.
    pub was_wrong: bool,
}

impl ArchivedFile {
    /// Its position.
    pub fn place(&self) -> ArchivePlace {
        let (folder_id, key) = (self.folder_id.clone(), self.key.clone());
        ArchivePlace { folder_id, job: self.job, key, version: self.version }
    }
}

impl Store {
    /// The folders after this one, with the number of proved files in each: at most `limit`.
    pub async fn archive_folders(
        &self,
        after: &str,
        filter: &ArchiveFilter,
        limit: i64,
    ) -> Result<Vec<(String, u64)>, StoreError> {
        let (since, until) = filter.times();
        let found = match filter.host() {
            None => self.database.rows(FOLDERS, values![after, since, until, limit]).await?,
            Some(host) => {
                self.database.rows(FOLDERS_OF_HOST, values![after, since, until, limit, host]).await?
            }
        };
        let folder =
            |row: &Row| Ok((row.text("folder_id")?, rows::unsigned(row.integer("files")?, "files")?));
        found.iter().map(folder).collect()
    }

    /// The proved files after this place, up to the last one of the folder `until`: at most [`LIST_MAX`].
    pub async fn archive_files(
        &self,
        after: &ArchivePlace,
        until: &str,
        filter: &ArchiveFilter,
    ) -> Result<Vec<ArchivedFile>, StoreError> {
        let (since, before) = filter.times();
        let mut given = values![
            after.folder_id.as_str(),
            after.job.0,
            after.key.as_str(),
            after.version,
            until,
            since,
            before,
            LIST_MAX
        ];
        let found = match filter.host() {
            None => self.database.rows(PROVED_FILES, given).await?,
            Some(host) => {
                given.extend(values![host]);
                self.database.rows(PROVED_FILES_OF_HOST, given).await?
            }
        };
        found.iter().map(archived).collect()
    }
}

fn archived(row: &Row) -> Result<ArchivedFile, StoreError> {
    Ok(ArchivedFile {
        job: JobId(row.integer("job")?),
        key: FileKey::new(row.text("file_key")?),
        version: rows::small(row.integer("version")?, "version")?,
        name: row.text("name")?,
        folder_id: row.text("folder_id")?,
        drive_id: row.text("drive_id")?,
        sent: SentFile { size: rows::unsigned(row.integer("size")?, "size")?, sha256: row.text("sha256")? },
        was_wrong: row.integer("found")? != 0,
    })
}
