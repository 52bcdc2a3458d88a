//! What must be true before anything at Zoom may be deleted.
//!
//! [`AllProved`] can only be made here, by comparing three things for every file of a *fresh* listing: what
//! we streamed, what our own record says, and what Drive says it holds now. The function that deletes takes
//! one by reference: without proof it cannot be called.

use std::fmt;

use super::{FileRecord, FileState};
use crate::recording::{FileStatus, MeetingUuid, Recording};

/// What was sent to Drive: counted and hashed as the bytes went by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Streamed {
    /// Bytes.
    pub size: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

/// What Drive says it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// The Drive file.
    pub drive_id: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Whether somebody has put it into the trash.
    pub trashed: bool,
}

impl Held {
    /// Whether Drive holds just what was sent, where it can be found.
    pub fn equals(&self, streamed: &Streamed) -> bool {
        !self.trashed && self.size == streamed.size && self.sha256.eq_ignore_ascii_case(&streamed.sha256)
    }
}

/// Why a recording may not be deleted at Zoom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unproved {
    /// Zoom lists a file, or a version of it, that is not in the plan.
    New(String),
    /// Zoom is still working on a file.
    Processing(String),
    /// A file was left out of the archive on purpose.
    Skipped(String),
    /// A file is not verified yet.
    NotVerified(String),
    /// Drive's copy is gone, in the trash, or differs from what was sent.
    DriveDiffers(String),
    /// The listing is of another recording, or empty: nothing can be concluded from it.
    NoListing,
}

impl fmt::Display for Unproved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unproved::New(file) => write!(f, "Zoom lists a new file or version: {file}"),
            Unproved::Processing(file) => write!(f, "Zoom is still processing {file}"),
            Unproved::Skipped(file) => write!(f, "{file} was not archived"),
            Unproved::NotVerified(file) => write!(f, "{file} is not verified"),
            Unproved::DriveDiffers(file) => {
                write!(f, "Drive's copy of {file} is gone or differs from what was sent")
            }
            Unproved::NoListing => f.write_str("Zoom's listing names no file of this recording"),
        }
    }
}

/// Every file that Zoom lists now is on Drive, byte for byte.
#[derive(Debug)]
pub struct AllProved {
    uuid: MeetingUuid,
}

impl AllProved {
    /// Compares a fresh listing with the records and with what Drive says at this moment.
    ///
    /// # Errors
    /// Everything that stands in the way, if anything does.
    pub fn compare(
        uuid: &MeetingUuid,
        fresh: &Recording,
        records: &[FileRecord],
        held: &[Held],
    ) -> Result<Self, Vec<Unproved>> {
        if fresh.uuid != *uuid || fresh.files.is_empty() {
            return Err(vec![Unproved::NoListing]);
        }
        let doubts: Vec<Unproved> =
            fresh.files.iter().filter_map(|file| doubt(file, records, held)).collect();
        if doubts.is_empty() { Ok(Self { uuid: uuid.clone() }) } else { Err(doubts) }
    }

    /// The recording that may be deleted.
    pub fn uuid(&self) -> &MeetingUuid {
        &self.uuid
    }
}

fn doubt(file: &crate::recording::RecordingFile, records: &[FileRecord], held: &[Held]) -> Option<Unproved> {
    let shown = || format!("{} {} ({})", file.file_type, file.recording_type, file.key);
    if file.status == FileStatus::Processing {
        return Some(Unproved::Processing(shown()));
    }
    let same = |record: &&FileRecord| record.file.is_same_version(file);
    let Some(record) = records.iter().filter(same).max_by_key(|record| record.version) else {
        return Some(Unproved::New(shown()));
    };
    let streamed = match &record.state {
        FileState::Verified(streamed) => streamed,
        FileState::Skipped(_) => return Some(Unproved::Skipped(shown())),
        FileState::Wanted | FileState::Transferred(_) => return Some(Unproved::NotVerified(shown())),
    };
    let copy = held.iter().find(|copy| copy.drive_id == record.drive_id);
    let agrees = copy.is_some_and(|copy| copy.equals(streamed));
    // The listing's own word on the size must not contradict what was streamed, where it is exact.
    let size_agrees = file.exact_size().is_none_or(|size| size == streamed.size);
    (!agrees || !size_agrees).then(|| Unproved::DriveDiffers(shown()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jobs::Progress;
    use crate::recording::listing;

    fn listing_of(files: serde_json::Value) -> Recording {
        listing::read(&json!({"uuid": "u", "recording_files": files})).unwrap()
    }

    fn streamed() -> Streamed {
        Streamed { size: 9, sha256: "AB".repeat(32) }
    }

    fn case() -> (Recording, Vec<FileRecord>, Vec<Held>) {
        let fresh = listing_of(json!([{"id": "a", "file_type": "MP4", "file_size": 9}]));
        let record = FileRecord {
            key: fresh.files[0].key.clone(),
            version: 1,
            file: fresh.files[0].clone(),
            name: "a.mp4".into(),
            folder_id: "f".into(),
            drive_id: "d".into(),
            state: FileState::Verified(streamed()),
            progress: Progress::default(),
            mismatches: 0,
            proved_at: None,
        };
        let held = Held { drive_id: "d".into(), size: 9, sha256: "ab".repeat(32), trashed: false };
        (fresh, vec![record], vec![held])
    }

    fn doubts(fresh: &Recording, records: &[FileRecord], held: &[Held]) -> Vec<Unproved> {
        let uuid = MeetingUuid::new("u").unwrap();
        AllProved::compare(&uuid, fresh, records, held).err().unwrap_or_default()
    }

    #[test]
    fn three_agreeing_witnesses_are_a_proof() {
        let (fresh, records, held) = case();
        assert_eq!(doubts(&fresh, &records, &held), []);
    }

    #[test]
    fn any_doubt_keeps_the_copy() {
        let (fresh, records, held) = case();
        let differs =
            |held: Held| matches!(doubts(&fresh, &records, &[held])[..], [Unproved::DriveDiffers(_)]);
        assert!(differs(Held { size: 8, ..held[0].clone() }));
        assert!(differs(Held { sha256: "cd".repeat(32), ..held[0].clone() }));
        assert!(differs(Held { trashed: true, ..held[0].clone() }));
        assert!(differs(Held { drive_id: "other".into(), ..held[0].clone() }));

        let mut unverified = records.clone();
        unverified[0].state = FileState::Transferred(streamed());
        assert!(matches!(doubts(&fresh, &unverified, &held)[..], [Unproved::NotVerified(_)]));

        let rerendered = listing_of(json!([{"id": "a", "file_type": "MP4", "file_size": 10}]));
        assert!(matches!(doubts(&rerendered, &records, &held)[..], [Unproved::New(_)]));
        let late = listing_of(
            json!([{"id": "a", "file_type": "MP4", "file_size": 9}, {"id": "b", "file_type": "CC"}]),
        );
        assert!(matches!(doubts(&late, &records, &held)[..], [Unproved::New(_)]));
        let busy =
            listing_of(json!([{"id": "a", "file_type": "MP4", "file_size": 9, "status": "processing"}]));
        assert!(matches!(doubts(&busy, &records, &held)[..], [Unproved::Processing(_)]));
        assert_eq!(doubts(&listing_of(json!([])), &records, &held), [Unproved::NoListing]);
    }
}
