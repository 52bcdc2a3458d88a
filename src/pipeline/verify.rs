//! Step 3: compares Drive's copies with the sent bytes.
//!
//! Size and SHA-256 are read back from Drive after completion. A copy that differs is our own bad copy: it is moved
//! to Drive's trash, and the file is uploaded again under a new id, a few times. Zoom's copy is not touched.

use std::time::Duration;

use futures::StreamExt;
use sha2::{Digest, Sha256};
use tracing::{info, warn};

use super::{Failure, Pipeline, Run, Step};
use crate::google::GoogleError;
use crate::jobs::pause::System;
use crate::jobs::{DriveCopy, FileRecord, FileState, Job, Restart, SentFile, Stage};
use crate::telemetry::meters;

/// Bad copies of one file before the job is parked.
const MISMATCHES_MAX: u32 = 3;

/// Number of requests for a checksum that Drive has not computed yet.
const CHECKSUM_TRIES: u32 = 4;

/// First wait between those; doubled each time.
const CHECKSUM_WAIT: Duration = Duration::from_millis(250);

impl Pipeline {
    pub(super) async fn verify(&self, job: &Job, run: &Run<'_>) -> Result<Step, Failure> {
        let records = self.store.files(job.id).await?;
        let is_first = !records.iter().any(|record| matches!(record.state, FileState::Verified(_)));
        // The source may have other content since it was listed: then it is listed again.
        let has_changed = records.iter().any(|record| match &record.state {
            FileState::Transferred(streamed) => !is_as_listed(record, streamed),
            FileState::Wanted | FileState::Verified(_) | FileState::Skipped(_) => false,
        });
        let next = match self.verify_transferred(job, run).await? {
            true => Stage::Verified,
            false if has_changed => Stage::Received,
            false => Stage::Planned,
        };
        self.store.advance(run.lease, Stage::Transferred, next).await?;
        // A late file, hours later, does not measure how long people wait.
        if next == Stage::Verified && is_first {
            meters::archived(self.age(job).await?);
        }
        Ok(Step::Moved)
    }

    /// Compares the files that were sent and not compared yet. True if no file is left to be sent.
    pub(super) async fn verify_transferred(&self, job: &Job, run: &Run<'_>) -> Result<bool, Failure> {
        let mut all_good = true;
        let mut parked = None;
        for record in self.store.files(job.id).await? {
            match record.state.clone() {
                FileState::Transferred(streamed) => {
                    let is_good = self.verify_file(run, &record, &streamed).await;
                    match is_good.map_err(|failure| failure.of_file(&record.name)) {
                        Ok(is_good) => all_good &= is_good,
                        // The other copies are looked at all the same: a bad one must not stay.
                        Err(failure @ Failure::Park { .. }) => parked = parked.or(Some(failure)),
                        Err(failure) => return Err(failure),
                    }
                }
                FileState::Wanted => all_good = false,
                FileState::Verified(_) | FileState::Skipped(_) => {}
            }
        }
        parked.map_or(Ok(all_good), Err)
    }

    async fn verify_file(
        &self,
        run: &Run<'_>,
        record: &FileRecord,
        streamed: &SentFile,
    ) -> Result<bool, Failure> {
        let held = self.held(&record.drive_id).await?;
        let is_as_listed = is_as_listed(record, streamed);
        if is_as_listed && held.as_ref().is_some_and(|held| held.equals(streamed)) {
            self.store.mark_verified(run.lease, record, streamed).await?;
            run.moved();
            info!(file = %record.key, drive_id = %record.drive_id, bytes = streamed.size, "verified {}", record.name);
            return Ok(true);
        }
        let what = match is_as_listed {
            true => "Drive's copy differed from what was sent",
            false => "the bytes differed from the checksum that Google lists",
        };
        warn!(file = %record.key, drive_id = %record.drive_id, what, "the copy of {} is not good", record.name);
        self.send_again(run, record, what).await?;
        Ok(false)
    }

    /// Trashes our own bad copy and restarts the upload, unless that was tried often enough.
    async fn send_again(&self, run: &Run<'_>, record: &FileRecord, what: &str) -> Result<(), Failure> {
        let why = Restart::CopyDiffered;
        let mismatches = why.mismatches(record);
        self.trash_own(&record.drive_id).await?;
        if mismatches > MISMATCHES_MAX {
            return Err(Failure::park(format!(
                "{what} {mismatches} times; the copy is in Drive's trash, and the original is untouched"
            )));
        }
        let id = self.new_id().await?;
        Ok(self.store.start_over(run.lease, record, &id, why).await?)
    }

    /// Moves our own bad copy to Drive's trash.
    async fn trash_own(&self, drive_id: &str) -> Result<(), Failure> {
        let said = match self.drive.trash(drive_id).await {
            Err(GoogleError::NotFound(said)) => said,
            trashed => return Ok(trashed?),
        };
        match self.find(drive_id).await?.is_some_and(|file| !file.trashed) {
            true => Err(Failure::retry(format!("our bad copy could not be moved to the trash: {said}"))),
            false => Ok(()),
        }
    }

    /// Drive's copy under an id, with its checksum; `None` if there is no such file.
    pub(super) async fn held(&self, drive_id: &str) -> Result<Option<DriveCopy>, Failure> {
        let mut wait = CHECKSUM_WAIT;
        for _try in 0..CHECKSUM_TRIES {
            let Some(file) = self.find(drive_id).await? else { return Ok(None) };
            match file.held() {
                Some(held) => {
                    self.vitals.answered(System::Drive);
                    return Ok(Some(held));
                }
                None => tokio::time::sleep(wait).await,
            }
            wait *= 2;
        }
        // Drive gives checksums only "if available". Otherwise the bytes are read back.
        info!(drive_id, "Drive offers no SHA-256; reading the file back");
        self.read_back(drive_id).await.map(Some)
    }

    async fn read_back(&self, drive_id: &str) -> Result<DriveCopy, Failure> {
        let mut bytes = self.drive.read_back(drive_id).await?.bytes_stream();
        let (mut size, mut hash) = (0_u64, Sha256::new());
        loop {
            match bytes.next().await {
                Some(Ok(piece)) => {
                    size += u64::try_from(piece.len()).unwrap_or_default();
                    hash.update(&piece);
                }
                Some(Err(error)) => return Err(Failure::retry(crate::http::describe(&error))),
                None => break,
            }
        }
        Ok(DriveCopy {
            drive_id: drive_id.to_owned(),
            size,
            sha256: hex::encode(hash.finalize()),
            trashed: false,
        })
    }
}

/// Whether the sent bytes have the checksum that the source lists. Zoom lists none.
fn is_as_listed(record: &FileRecord, streamed: &SentFile) -> bool {
    record.file.sha256.as_ref().is_none_or(|listed| *listed == streamed.sha256)
}
