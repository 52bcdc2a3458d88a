//! What happens at this moment: files on their way, the newest proofs, and the bytes of the last day.

use std::collections::HashMap;

use super::database::{Row, values};
use super::{LIST_MAX, Store, StoreError, rows};
use crate::jobs::pause::daily::{BUCKET, Uploaded, WINDOW};
use crate::jobs::{FileRecord, Job, JobId};
use crate::recording::Source;

/// Jobs that a worker has at this moment.
pub(in crate::store) const LEASED_JOBS: &str = "SELECT {job} FROM jobs
                   WHERE lease_until IS NOT NULL AND lease_until > {now} AND standing = 'active' ORDER BY id LIMIT $1";

/// The files of a job whose uploads are open.
pub(in crate::store) const OPEN_UPLOADS: &str = "SELECT {file} FROM files WHERE job = $1 AND state = 'wanted' AND session IS NOT NULL ORDER BY {planned_order}";

/// The files that were proved last.
pub(in crate::store) const PROOFS: &str =
    "SELECT {file} FROM files WHERE proved_at IS NOT NULL ORDER BY proved_at DESC LIMIT $1";

/// A file with the facts about its recording that a line needs.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct ActiveFile {
    pub job: JobId,
    /// Text from outside.
    pub topic: String,
    /// Email address, or Zoom's id if there is none. Text from outside.
    pub host: String,
    pub source: Source,
    /// The file with its progress, its name on Drive and its Drive id. It has secret addresses: never show it whole.
    pub file: FileRecord,
}

impl ActiveFile {
    fn new(job: &Job, file: FileRecord) -> Self {
        let recording = &job.recording;
        Self {
            job: job.id,
            topic: recording.topic.clone(),
            host: crate::jobs::shelf::host(recording).to_owned(),
            source: recording.source(),
            file,
        }
    }
}

impl Store {
    /// Files of leased jobs whose uploads are open, with the position that Drive has confirmed at the last checkpoint.
    /// Other instances' files are among them.
    pub async fn moving(&self) -> Result<Vec<ActiveFile>, StoreError> {
        let mut moving = Vec::new();
        for row in &self.database.rows(LEASED_JOBS, values![LIST_MAX]).await? {
            let job = rows::job(row)?;
            for file in &self.database.rows(OPEN_UPLOADS, values![job.id.0]).await? {
                moving.push(ActiveFile::new(&job, rows::file(file)?));
            }
        }
        Ok(moving)
    }

    /// The files that were proved last, newest first. A document's export is among them, and nothing proves it:
    /// [`FileRecord::shown_state`] says so.
    pub async fn proofs(&self, at_most: u32) -> Result<Vec<ActiveFile>, StoreError> {
        let mut jobs: HashMap<i64, Job> = HashMap::new();
        let mut proofs = Vec::new();
        for row in &self.database.rows(PROOFS, values![at_most]).await? {
            let id = row.integer("job")?;
            if let std::collections::hash_map::Entry::Vacant(unknown) = jobs.entry(id) {
                unknown.insert(self.job(JobId(id)).await?);
            }
            if let Some(job) = jobs.get(&id) {
                proofs.push(ActiveFile::new(job, rows::file(row)?));
            }
        }
        Ok(proofs)
    }

    /// Bytes that Drive has confirmed, of all identities together, by the hour, as far back as Google's daily limit
    /// counts. Hours without a byte are missing.
    pub async fn day(&self) -> Result<Vec<Uploaded>, StoreError> {
        let found = self
            .database
            .rows(
                "SELECT hour_at, CAST(sum(bytes) AS BIGINT) AS bytes FROM uploads WHERE hour_at > {now} - $1
                   GROUP BY hour_at ORDER BY hour_at",
                values![BUCKET + WINDOW],
            )
            .await?;
        let bucket = |row: &Row| {
            let bytes = rows::unsigned(row.integer("bytes")?, "uploaded bytes")?;
            Ok(Uploaded { hour_at: row.integer("hour_at")?, bytes })
        };
        found.iter().map(bucket).collect()
    }
}
