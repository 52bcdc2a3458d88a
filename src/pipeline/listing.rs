//! Zoom's listing of a recording, and what it says about the files that are planned.

use super::Pipeline;
use super::fresh::CurrentRecording;
use crate::jobs::FileRecord;
use crate::jobs::pause::System;
use crate::recording::{FileStatus, Recording, RecordingFile};
use crate::zoom::{Listing, Zoom, ZoomError};

/// What a look at Zoom says about the files that we have.
#[derive(Debug)]
pub(super) enum Settlement {
    /// Nothing new.
    Nothing,
    /// Nothing new in the listing; whether what it lists is still what we have, reading tells.
    Same(Box<Recording>),
    /// Files or versions that are not planned yet.
    New(Box<CurrentRecording>),
    /// Zoom is still making something.
    Processing,
    /// Zoom does not list the recording, and must before the copies count.
    Refused(ZoomError),
}

impl Pipeline {
    /// Lists a recording at Zoom, its files named as they are known.
    pub(super) async fn list(&self, zoom: &Zoom, known: &Recording) -> Result<Listing, ZoomError> {
        let listed = zoom.recording(&known.uuid).await;
        if matches!(listed, Ok(_) | Err(ZoomError::NoRecording(_) | ZoomError::NotListed(_))) {
            self.vitals.answered(System::Zoom);
        }
        listed.map(|listing| Listing { recording: listing.recording.keyed_like(&known.files) })
    }
}

/// Compares a fresh listing with the plan.
pub(super) fn compare(known: &Recording, fresh: Recording, records: &[FileRecord]) -> Settlement {
    let is_planned = |file: &RecordingFile| {
        records.iter().any(|record| record.stands_for(file) && !record.may_come_back())
    };
    let has_new = fresh.files.iter().any(|file| file.status == FileStatus::Completed && !is_planned(file));
    if has_new {
        return Settlement::New(Box::new(CurrentRecording::listed(known, fresh)));
    }
    if fresh.files.iter().any(|file| file.status == FileStatus::Processing) {
        return Settlement::Processing;
    }
    Settlement::Same(Box::new(fresh))
}
