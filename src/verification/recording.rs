//! One recording: each of its proved files is asked by its id, at this moment.

use futures::{StreamExt, TryStreamExt, stream};

use super::{Verifier, VerifyError};
use crate::google::AT_ONCE;
use crate::jobs::verification::{CheckedFile, Fault, Verdict, judge};
use crate::jobs::{FileRecord, FileState, JobId};

impl Verifier {
    /// Compares every proved file of a recording with what Drive has now, in the order of planning, and records the
    /// results. Empty if no file is proved.
    ///
    /// # Errors
    /// When there is no such job, Drive cannot be asked, or the store fails.
    pub async fn recording(&self, job: JobId) -> Result<Vec<CheckedFile>, VerifyError> {
        // Fails if there is no such job.
        self.store.job(job).await?;
        let records = self.store.files(job).await?;
        let proved = records.into_iter().filter(|record| matches!(record.state, FileState::Verified(_)));
        let asked = stream::iter(proved.map(|record| self.check_record(job, record))).buffered(AT_ONCE);
        let checked: Vec<CheckedFile> = asked.try_collect::<Vec<_>>().await?.into_iter().flatten().collect();
        let is_missing = |file: &CheckedFile| matches!(file.verdict, Verdict::Wrong(Fault::Missing, _));
        if checked.iter().any(is_missing) {
            // Without the root every file would seem lost.
            self.root().await?;
        }
        self.store.note_checks(&checked).await?;
        Ok(checked)
    }

    async fn check_record(&self, job: JobId, record: FileRecord) -> Result<Option<CheckedFile>, VerifyError> {
        let FileState::Verified(sent) = record.state else { return Ok(None) };
        let verdict = judge(&sent, &record.folder_id, &self.state(&record.drive_id).await?);
        let FileRecord { key, version, name, drive_id, .. } = record;
        Ok(Some(CheckedFile { job, key, version, name, drive_id, sent, verdict }))
    }
}
