//! Reads files at Zoom again whose length proves nothing, during the late-file window.
//!
//! A text with another length than listed may be incomplete. It is archived as it is, and read again: other content
//! becomes a new version beside the old one, and only a last check that reads exactly the archived bytes allows the
//! removal of Zoom's copy. The same applies to a video without a listed size, and to files that only their addresses
//! distinguish.

use std::collections::HashSet;

use tracing::{info, warn};

use super::fresh::CurrentRecording;
use super::{Failure, Pipeline, Run};
use crate::config::AfterArchive;
use crate::jobs::readings::{self, Readings};
use crate::jobs::{FileRecord, Job, Provenance, SentFile};
use crate::recording::{FileKey, FileStatus, Medium, Recording, RecordingFile};

/// One file to read.
struct PendingReading<'a> {
    file: &'a RecordingFile,
    /// Its newest archived version.
    newest: &'a FileRecord,
    /// Every archived version that may have its bytes: its own, newest first, then those of files that cannot be told
    /// apart.
    versions: Vec<&'a FileRecord>,
}

impl Pipeline {
    /// Reads the files of this check. Returns the listing, to be planned, when Zoom has other content for a file.
    pub(super) async fn read_again(
        &self,
        job: &Job,
        run: &Run<'_>,
        listing: Recording,
        records: &[FileRecord],
        is_last: bool,
    ) -> Result<Option<CurrentRecording>, Failure> {
        // If Zoom's copy is kept, no proof is needed: only texts, which may change, are read.
        let is_proof = is_last && self.after_archive != AfterArchive::Keep;
        let to_read = to_read(&listing, records, is_proof);
        if is_proof {
            self.wait_for_distance(&to_read).await?;
            self.forget_confirmed(run, &to_read).await?;
        }
        let mut remade: HashSet<FileKey> = HashSet::new();
        let mut found: Vec<&FileRecord> = Vec::new();
        for reading in &to_read {
            match self.read_version(job, run, reading, &found).await? {
                None => {
                    remade.insert(reading.file.key.clone());
                }
                Some(same) => {
                    found.push(same);
                    if is_proof {
                        let confirmed_at = Some(self.store.now().await?);
                        let readings = Readings { confirmed_at, empty_since: None, ..same.readings.clone() };
                        self.store.note_readings(run.lease, same, &readings).await?;
                        // It was read at an address of Zoom's listing: whatever its source, the bytes are Zoom's.
                        if !same.provenance.is_zooms() {
                            self.store.set_provenance(run.lease, same, Provenance::Confirmed).await?;
                        }
                    }
                }
            }
        }
        Ok((!remade.is_empty())
            .then(|| CurrentRecording { remade, ..CurrentRecording::listed(&job.recording, listing) }))
    }

    /// A reading shortly after the first one proves nothing: the last check waits.
    async fn wait_for_distance(&self, to_read: &[PendingReading<'_>]) -> Result<(), Failure> {
        let now = self.store.now().await?;
        let wait = |reading: &PendingReading<'_>| {
            readings::too_early(reading.newest.proved_at, now, self.relay.retry_wait)
                .map(|wait| (wait, reading.newest.name.clone()))
        };
        match to_read.iter().filter_map(wait).max() {
            None => Ok(()),
            Some((wait, name)) => Err(Failure::Wait {
                cause: format!(
                    "waiting to read {name} once more at Zoom: its length alone does not prove it"
                ),
                wait,
            }),
        }
    }

    /// Earlier confirmations do not count together with those of this check.
    async fn forget_confirmed(&self, run: &Run<'_>, to_read: &[PendingReading<'_>]) -> Result<(), Failure> {
        let versions = to_read.iter().flat_map(|reading| &reading.versions);
        for version in versions.filter(|version| version.readings.confirmed_at.is_some()) {
            let readings = Readings { confirmed_at: None, ..version.readings.clone() };
            self.store.note_readings(run.lease, version, &readings).await?;
        }
        Ok(())
    }

    /// Reads a file at its listed address. Returns the version with exactly these bytes, if there is one that is not
    /// `found` already.
    async fn read_version<'a>(
        &self,
        job: &Job,
        run: &Run<'_>,
        reading: &PendingReading<'a>,
        found: &[&FileRecord],
    ) -> Result<Option<&'a FileRecord>, Failure> {
        let PendingReading { file, newest, versions } = reading;
        let Some(download) = file.download.as_ref().filter(|_| file.is_listed()) else {
            return Err(Failure::retry(format!("{}: Zoom lists it without an address", newest.name)));
        };
        let is_new = |version: &&&FileRecord| !found.iter().any(|known| is_same_record(known, version));
        let read = match self.read_whole(job, run, file, download).await {
            Ok((streamed, body)) => {
                let same = versions.iter().filter(is_new).find(|version| has_bytes(version, &streamed));
                if let Some(same) = same {
                    return Ok(Some(same));
                }
                self.judge(newest, body).await.map(|()| streamed)
            }
            Err(failure) => Err(failure),
        };
        match read {
            Ok(streamed) => {
                info!(job = %job.id, file = %file.key, bytes = streamed.size, "{} has other content at Zoom now", newest.name);
                Ok(None)
            }
            Err(Failure::Empty { cause }) => {
                let mut record = (*newest).clone();
                Err(self.empty(job, run, &mut record, cause).await?.of_file(&newest.name))
            }
            Err(failure) => Err(failure.of_file(&newest.name)),
        }
    }

    /// Remarks for a finished job: videos with another length than Zoom lists.
    pub(super) async fn length_notes(&self, job: &Job) -> Result<String, Failure> {
        let records = self.store.files(job.id).await?;
        let notes: Vec<String> = records.iter().filter_map(FileRecord::length_note).collect();
        if !notes.is_empty() {
            warn!(job = %job.id, ?notes, "archived with another length than Zoom lists");
        }
        Ok(notes.join("; "))
    }
}

/// The listed files that a check reads.
fn to_read<'a>(listing: &'a Recording, records: &'a [FileRecord], is_proof: bool) -> Vec<PendingReading<'a>> {
    let mut to_read = Vec::new();
    for file in listing.files.iter().filter(|file| file.status == FileStatus::Completed) {
        let own = readings::versions(records, file);
        let Some((newest, archived)) = own.first().and_then(|newest| Some((*newest, newest.archived()?)))
        else {
            continue;
        };
        let is_text = !matches!(file.medium(), Medium::Video | Medium::Audio);
        let is_confirmed = own.iter().any(|version| version.readings.confirmed_at.is_some());
        // The keys of files that cannot be told apart may have been swapped since: all are read in one check.
        let is_due = if is_proof { !is_confirmed || listing.is_ambiguous(file) } else { is_text };
        if is_due && readings::must_be_read(listing, file, archived, own.len()) {
            let versions = listing.twins(file).into_iter().flat_map(|twin| readings::versions(records, twin));
            to_read.push(PendingReading { file, newest, versions: versions.collect() });
        }
    }
    to_read
}

fn is_same_record(one: &FileRecord, other: &FileRecord) -> bool {
    one.key == other.key && one.version == other.version
}

fn has_bytes(version: &FileRecord, streamed: &SentFile) -> bool {
    version.archived() == Some(streamed)
}
