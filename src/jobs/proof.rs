//! What must be true before anything at Zoom may be deleted.
//!
//! [`AllProved`] can only be made here, by comparing three things for every file of a *fresh* listing: what
//! we streamed, what our own record says, and what Drive says it holds now. The function that deletes takes
//! one by reference: without proof it cannot be called.

use std::fmt;

use super::{FileRecord, FileState, Provenance};
use crate::recording::{FileStatus, MeetingUuid, Origin, Recording, RecordingFile};

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
    /// Drive's copy was not read at an address of Zoom's listing: the listing names the file without one.
    Unconfirmed(String),
    /// A copy came from an address that only an event named, and Zoom does not list that file or version.
    Unlisted(String),
    /// A copy came from an address that only an event named, and Zoom's listing has other bytes.
    Contradicted(String),
    /// The listing is of another recording, empty, or none of Zoom's own: nothing can be concluded from it.
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
            Unproved::Unconfirmed(file) => {
                write!(f, "{file} could not be compared with what Zoom's listing has")
            }
            Unproved::Unlisted(file) => {
                write!(f, "{file} came from an address that only an event named, and Zoom does not list it")
            }
            Unproved::Contradicted(file) => write!(
                f,
                "{file} came from an address that only an event named, and Zoom's listing has other bytes, which are \
                 archived beside it as a newer version"
            ),
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
        let is_told = |file: &RecordingFile| {
            file.download.as_ref().is_some_and(|download| download.origin != Origin::Listing)
        };
        if fresh.uuid != *uuid || fresh.files.is_empty() || fresh.files.iter().any(is_told) {
            return Err(vec![Unproved::NoListing]);
        }
        let listed = fresh.files.iter().filter_map(|file| doubt(file, records, held));
        let is_listed = |record: &&FileRecord| fresh.files.iter().any(|file| record.stands_for(file));
        let others = records.iter().filter(|record| !is_listed(record)).filter_map(doubt_of_origin);
        let doubts: Vec<Unproved> = listed.chain(others).collect();
        if doubts.is_empty() { Ok(Self { uuid: uuid.clone() }) } else { Err(doubts) }
    }

    /// The recording that may be deleted.
    pub fn uuid(&self) -> &MeetingUuid {
        &self.uuid
    }
}

impl Unproved {
    /// What must be doubted of these copies whatever Zoom lists, because of where their bytes came from. Nothing
    /// where Zoom cannot be asked: then an event's word is all there is.
    pub fn by_origin(records: &[FileRecord], can_ask: bool) -> Vec<Self> {
        records.iter().filter(|_| can_ask).filter_map(doubt_of_origin).collect()
    }
}

/// Of a copy that the listing does not stand behind. What an earlier release copied was listed then.
fn doubt_of_origin(record: &FileRecord) -> Option<Unproved> {
    let is_there = matches!(record.state, FileState::Verified(_));
    match record.provenance {
        Provenance::Event if is_there => Some(Unproved::Unlisted(record.name.clone())),
        Provenance::Contradicted => Some(Unproved::Contradicted(record.name.clone())),
        _ => None,
    }
}

fn doubt(file: &RecordingFile, records: &[FileRecord], held: &[Held]) -> Option<Unproved> {
    let shown = || format!("{} {} ({})", file.file_type, file.recording_type, file.key);
    if file.status == FileStatus::Processing {
        return Some(Unproved::Processing(shown()));
    }
    let same = |record: &&FileRecord| record.stands_for(file);
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
    if !agrees || !size_agrees {
        return Some(Unproved::DriveDiffers(shown()));
    }
    // Two witnesses that an event chose prove nothing of the recording.
    (!record.provenance.is_zooms()).then(|| Unproved::Unconfirmed(shown()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jobs::Progress;
    use crate::recording::listing;

    fn listing_of(files: serde_json::Value) -> Recording {
        let told = listing::read(&json!({"uuid": "u", "recording_files": files})).unwrap();
        told.listed_by_zoom(None)
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
            restarts: 0,
            proved_at: None,
            provenance: Provenance::Listing,
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
    fn only_bytes_of_zooms_listing_are_a_proof() {
        let (fresh, records, held) = case();
        let with = |provenance: Provenance| vec![FileRecord { provenance, ..records[0].clone() }];
        let doubts = |records: &[FileRecord]| doubts(&fresh, records, &held);
        assert_eq!(doubts(&with(Provenance::Confirmed)), []);
        for unknown in [Provenance::Unknown, Provenance::Event] {
            assert!(matches!(doubts(&with(unknown))[..], [Unproved::Unconfirmed(_)]), "{unknown:?}");
        }
        let contradicted = with(Provenance::Contradicted);
        assert!(matches!(doubts(&contradicted)[..], [Unproved::New(_), Unproved::Contradicted(_)]));
        // With the listing's own bytes beside it, a person must still look.
        let both = [contradicted, vec![FileRecord { version: 2, ..records[0].clone() }]].concat();
        assert!(matches!(doubts(&both)[..], [Unproved::Contradicted(_)]));
        // What only an event named, or another version of it.
        let other = FileRecord {
            key: crate::recording::FileKey::new("b"),
            file: RecordingFile { key: crate::recording::FileKey::new("b"), ..records[0].file.clone() },
            provenance: Provenance::Event,
            ..records[0].clone()
        };
        assert!(matches!(
            doubts(&[records.clone(), vec![other.clone()]].concat())[..],
            [Unproved::Unlisted(_)]
        ));
        let old = FileRecord { provenance: Provenance::Unknown, ..other };
        assert_eq!(doubts(&[records.clone(), vec![old]].concat()), [], "it was listed when it was copied");
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

        // Not what Zoom's API has listed, whoever says so.
        let told = listing_of(json!([{"id": "a", "file_type": "MP4", "file_size": 9, "download_url": "x"}]))
            .told_by_event(None);
        assert_eq!(doubts(&told, &records, &held), [Unproved::NoListing]);

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
