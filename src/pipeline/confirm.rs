//! Compares copies of uncertain source with the bytes at the address of Zoom's listing.
//!
//! A copy from an event's address may be of any file. Once Zoom lists the file, it is read again from the listing's
//! address and hashed, without an upload. If the bytes are equal, the copy is confirmed. If they differ, the copy
//! stays, the listing's bytes are archived beside it as a new version, and a person is notified.

use tracing::{error, info};

use super::{Failure, Pipeline, Run};
use crate::jobs::{FileRecord, FileState, Job, Provenance, SentFile};
use crate::recording::{Download, Recording, RecordingFile};

/// Number of differing readings before the next attempt: two in a row must agree to contradict a copy, because one
/// may have been cut short.
const READINGS_MAX: usize = 4;

impl Pipeline {
    /// Compares every verified copy that `needs` it and that the listing names. Returns whether any was compared:
    /// reading takes long, and afterwards earlier facts about the recording are out of date.
    pub(super) async fn confirm(
        &self,
        job: &Job,
        run: &Run<'_>,
        listing: &Recording,
        records: &[FileRecord],
        needs: impl Fn(Provenance) -> bool,
    ) -> Result<bool, Failure> {
        let mut compared = false;
        for record in records.iter().filter(|record| needs(record.provenance)) {
            let FileState::Verified(streamed) = &record.state else { continue };
            let Some((file, download)) = listed(record, listing) else { continue };
            let found = self
                .compare(job, run, record, (file, download), streamed)
                .await
                .map_err(|failure| failure.of_file(&record.name))?;
            match found {
                Provenance::Contradicted => {
                    error!(job = %job.id, meeting = %job.recording.uuid, file = %record.key, drive_id = %record.drive_id,
                        "{} came from an event's address, and Zoom's listing has other bytes; both are kept", record.name);
                }
                _ => {
                    info!(job = %job.id, file = %record.key, "{} equals the file in Zoom's listing", record.name)
                }
            }
            self.store.set_provenance(run.lease, record, found).await?;
            run.moved();
            compared = true;
        }
        Ok(compared)
    }

    async fn compare(
        &self,
        job: &Job,
        run: &Run<'_>,
        record: &FileRecord,
        (file, download): (&RecordingFile, &Download),
        copy: &SentFile,
    ) -> Result<Provenance, Failure> {
        let mut before: Option<SentFile> = None;
        for _reading in 0..READINGS_MAX {
            let (read, body) = self.read_whole(job, run, file, download).await?;
            if read == *copy {
                return Ok(Provenance::Confirmed);
            }
            // An empty answer contradicts nothing.
            self.judge(record, body).await?;
            if before.replace(read.clone()) == Some(read) {
                return Ok(Provenance::Contradicted);
            }
        }
        Err(Failure::retry("Zoom sends other bytes at each reading"))
    }
}

/// The file with its address from Zoom's own listing.
fn listed<'a>(record: &FileRecord, listing: &'a Recording) -> Option<(&'a RecordingFile, &'a Download)> {
    let file = listing.files.iter().find(|file| file.is_listed() && record.stands_for(file))?;
    file.download.as_ref().map(|download| (file, download))
}
