//! Opens a file at its source; at Zoom at the planned address, else at the one in a fresh listing.
//!
//! Tokens expire after a day, addresses stop working when a sibling file is deleted; with API credentials a new
//! listing has others.

use tracing::debug;

use super::super::fresh::successor;
use super::super::source::RecordingSource;
use super::super::tokens::DownloadOrFailure;
use super::super::{Failure, Pipeline};
use crate::download::OpenDownload;
use crate::jobs::{FileRecord, Job};
use crate::recording::{Download, Origin, Recording};
use crate::zoom::{Zoom, ZoomError};

impl Pipeline {
    /// Opens the file from `offset` on, and returns the origin of the address that worked. `validator` is that of the
    /// earlier part.
    pub(super) async fn open_source(
        &self,
        job: &Job,
        record: &FileRecord,
        offset: u64,
        validator: &str,
    ) -> Result<(OpenDownload, Origin), DownloadOrFailure> {
        let (planned, expected) = (record.file.download.as_ref(), record.expected());
        if let RecordingSource::Meet(meet) = self.source(&job.recording) {
            return Ok((meet.open(&job.recording, &expected, offset, validator).await?, Origin::Listing));
        }
        let mut refused = String::from("no download address is known");
        let mut foreign = None;
        if let Some(download) = planned {
            match self.try_tokens(&expected, download, offset, validator).await {
                Ok(Ok(source)) => return Ok((source, download.origin)),
                Ok(Err(why)) => refused = why,
                // The address's host is not allowed. A fresh listing may have another: it is requested once.
                Err(DownloadOrFailure::Failure(park @ Failure::Park { .. })) if self.zoom.is_some() => {
                    foreign = Some(park);
                }
                Err(error) => return Err(error),
            }
        }
        let Some(zoom) = &self.zoom else {
            if let Some(removal) = job.removals.of(&record.file).or_else(|| job.removal()) {
                return Err(Failure::park(removal.advice()).into());
            }
            return Err(Failure::retry(format!(
                "{refused}. The event's token is valid for 24 hours; set ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET to get new ones"
            ))
            .into());
        };
        debug!(file = %record.key, %refused, "asking Zoom for a fresh address");
        let download = match (self.fresh_address(zoom, job, record).await, foreign) {
            // There is no other address: a person must check this one, now.
            (Err(Failure::Retry { sign: None, .. }), Some(park)) => return Err(park.into()),
            (download, _) => download?,
        };
        match self.try_tokens(&expected, &download, offset, validator).await? {
            Ok(source) => Ok((source, download.origin)),
            Err(why) => Err(Failure::retry(format!("{why}, also with a fresh address and token")).into()),
        }
    }

    async fn fresh_address(&self, zoom: &Zoom, job: &Job, record: &FileRecord) -> Result<Download, Failure> {
        let listing = match self.list(zoom, &job.recording).await {
            Ok(listing) => listing.recording,
            Err(error @ ZoomError::NoRecording(_)) => {
                return Err(job.removal().map_or(error.into(), |removal| Failure::park(removal.advice())));
            }
            Err(error) => return Err(error.into()),
        };
        let Some(file) = listing.files.iter().find(|file| file.key == record.key) else {
            return Err(vanished(job, record, &listing));
        };
        if !file.is_same_version(&record.file) {
            return Err(Failure::Stale { cause: "Zoom has recreated this file".to_owned() });
        }
        file.download.clone().ok_or_else(|| Failure::retry("Zoom lists this file without an address"))
    }
}

/// The effect of a listing that has other files of the recording, but not this one.
fn vanished(job: &Job, record: &FileRecord, listing: &Recording) -> Failure {
    match (job.removals.of(&record.file), successor(&record.file, listing)) {
        (Some(removal), _) if listing.files.is_empty() => Failure::park(removal.advice()),
        (Some(removal), _) => {
            Failure::NoLongerListed { cause: removal.in_short().to_owned(), is_explained: true }
        }
        (None, Some(file)) => Failure::NoLongerListed {
            cause: format!(
                "Zoom no longer lists this file before it was copied; {} has taken its place",
                file.key
            ),
            is_explained: false,
        },
        (None, None) => Failure::retry("Zoom no longer lists this file"),
    }
}
