//! The conditions for any deletion at Zoom.
//!
//! Only this module creates an [`AllProved`], by comparing three things for every file of a *fresh* listing: the
//! bytes that were sent, our own record, and Drive's current metadata. The function that deletes takes an `AllProved`
//! by reference: without proof it cannot be called.

use std::fmt;

use super::readings::{self, CONTENT_VERSIONS_MAX};
use super::{FileRecord, FileState, Provenance};
use crate::recording::{FileStatus, MeetingUuid, Origin, Recording, RecordingFile, Source};

/// Size and digest of the bytes sent to Drive, computed while they were streamed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentFile {
    /// Bytes.
    pub size: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
}

/// Drive's metadata of a copy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DriveCopy {
    /// Drive's file id.
    pub drive_id: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, lower-case hex.
    pub sha256: String,
    /// Whether the copy is in the trash.
    pub trashed: bool,
}

impl DriveCopy {
    /// Whether Drive has exactly the sent bytes, outside the trash.
    pub fn equals(&self, streamed: &SentFile) -> bool {
        !self.trashed && self.size == streamed.size && self.sha256.eq_ignore_ascii_case(&streamed.sha256)
    }
}

/// Why a recording must not be deleted at Zoom.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unproved {
    /// Zoom lists a file, or a version of it, that is not in the plan.
    New(String),
    /// Zoom is still processing a file.
    Processing(String),
    /// A file was skipped on purpose.
    Skipped(String),
    /// A file is not verified yet.
    NotVerified(String),
    /// Drive's copy is missing, in the trash, or differs from the sent bytes.
    DriveDiffers(String),
    /// Drive's copy was not read at an address of Zoom's listing: the listing names the file without an address.
    Unconfirmed(String),
    /// A copy came from an address that only an event named, and Zoom does not list that file or version.
    Unlisted(String),
    /// A copy came from an address that only an event named, and Zoom's listing has other bytes.
    Contradicted(String),
    /// A video or audio was archived with another length than Zoom lists. Only a person can judge whether it is
    /// complete.
    OtherLength(String),
    /// A file whose length proves nothing was not read again by the last check.
    NotReadAgain(String),
    /// A file had other content at every reading.
    Changing(String),
    /// The listing is of another recording, empty, or not from Zoom's API: it proves nothing.
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
            Unproved::OtherLength(file) => write!(f, "{file}, which is not the length that Zoom lists"),
            Unproved::NotReadAgain(file) => write!(f, "{file} was not read again at Zoom"),
            Unproved::Changing(file) => write!(f, "{file} has other content at every reading"),
            Unproved::NoListing => f.write_str("Zoom's listing names no file of this recording"),
        }
    }
}

/// Proof that every file that Zoom lists now is on Drive, byte for byte.
#[derive(Debug)]
pub struct AllProved {
    uuid: MeetingUuid,
}

impl AllProved {
    /// Compares a fresh listing with the records and with Drive's current metadata.
    ///
    /// # Errors
    /// Every reason against a deletion, if there is any.
    pub fn compare(
        uuid: &MeetingUuid,
        fresh: &Recording,
        records: &[FileRecord],
        held: &[DriveCopy],
    ) -> Result<Self, Vec<Unproved>> {
        let is_explained = |file: &RecordingFile| {
            file.download.as_ref().is_some_and(|download| download.origin != Origin::Listing)
        };
        // Only Zoom's copies may ever be deleted.
        let is_zooms = uuid.source() == Source::Zoom;
        if !is_zooms || fresh.uuid != *uuid || fresh.files.is_empty() || fresh.files.iter().any(is_explained)
        {
            return Err(vec![Unproved::NoListing]);
        }
        let mut proofs: Vec<&FileRecord> = Vec::new();
        let mut doubts: Vec<Unproved> = Vec::new();
        for file in &fresh.files {
            match prove(file, fresh, records, held) {
                // One copy cannot prove two files.
                Ok(record) if proofs.iter().any(|proof| proof.drive_id == record.drive_id) => {
                    doubts.push(Unproved::New(shown(file)));
                }
                Ok(record) => proofs.push(record),
                Err(doubt) => doubts.push(doubt),
            }
        }
        let is_listed = |record: &&FileRecord| fresh.files.iter().any(|file| record.stands_for(file));
        let others = records.iter().filter(|record| !is_listed(record)).filter_map(doubt_of_origin);
        doubts.extend(others);
        if doubts.is_empty() { Ok(Self { uuid: uuid.clone() }) } else { Err(doubts) }
    }

    /// The recording that may be deleted.
    pub fn uuid(&self) -> &MeetingUuid {
        &self.uuid
    }
}

impl Unproved {
    /// Doubts about these copies that follow from the source of their bytes, whatever Zoom lists. Empty when Zoom's
    /// API is not available: then events are the only source.
    pub fn by_origin(records: &[FileRecord], can_ask: bool) -> Vec<Self> {
        records.iter().filter(|_| can_ask).filter_map(doubt_of_origin).collect()
    }
}

/// The doubt about a copy that the listing does not confirm. Copies of earlier releases were listed when they were
/// made.
fn doubt_of_origin(record: &FileRecord) -> Option<Unproved> {
    let is_there = matches!(record.state, FileState::Verified(_));
    match record.provenance {
        Provenance::Event if is_there => Some(Unproved::Unlisted(record.name.clone())),
        Provenance::Contradicted => Some(Unproved::Contradicted(record.name.clone())),
        _ => None,
    }
}

/// The record that proves a listed file, or the reason why there is none.
fn prove<'a>(
    file: &RecordingFile,
    fresh: &Recording,
    records: &'a [FileRecord],
    held: &[DriveCopy],
) -> Result<&'a FileRecord, Unproved> {
    let shown = || shown(file);
    if file.status == FileStatus::Processing {
        return Err(Unproved::Processing(shown()));
    }
    let same = |record: &&FileRecord| record.stands_for(file);
    let newest = records.iter().filter(same).max_by_key(|record| record.version);
    let newest = newest.ok_or_else(|| Unproved::New(shown()))?;
    let archived = match &newest.state {
        FileState::Verified(streamed) => streamed,
        FileState::Skipped(_) => return Err(Unproved::Skipped(shown())),
        FileState::Wanted | FileState::Transferred(_) => return Err(Unproved::NotVerified(shown())),
    };
    let is_held = |record: &FileRecord| {
        let copy = held.iter().find(|copy| copy.drive_id == record.drive_id);
        record.archived().zip(copy).is_some_and(|(streamed, copy)| copy.equals(streamed))
    };
    if !is_held(newest) {
        return Err(Unproved::DriveDiffers(shown()));
    }
    if file.exact_size().is_some_and(|exact| exact != archived.size) {
        return Err(Unproved::OtherLength(format!("{} has {} bytes", shown(), archived.size)));
    }
    // Two copies from addresses that an event chose prove nothing about the recording.
    let by_zoom = |record: &'a FileRecord| match record.provenance.is_zooms() {
        true => Ok(record),
        false => Err(Unproved::Unconfirmed(shown())),
    };
    if !readings::demands_reading(fresh, file, archived) {
        return by_zoom(newest);
    }
    // Files that cannot be told apart were each read once, and each reading found its own copy.
    let twins = fresh.twins(file);
    let is_confirmed = |record: &&FileRecord| record.readings.confirmed_at.is_some() && is_held(record);
    let copies = twins.iter().flat_map(|twin| readings::versions(records, twin)).filter(is_confirmed);
    if copies.count() >= twins.len() {
        let own = readings::versions(records, file);
        return by_zoom(own.into_iter().find(is_confirmed).unwrap_or(newest));
    }
    if readings::versions(records, file).len() >= CONTENT_VERSIONS_MAX {
        return Err(Unproved::Changing(shown()));
    }
    Err(Unproved::NotReadAgain(shown()))
}

fn shown(file: &RecordingFile) -> String {
    format!("{} {} ({})", file.file_type, file.recording_type, file.key)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jobs::UploadProgress;
    use crate::recording::listing;

    fn listing_of(files: serde_json::Value) -> Recording {
        let told = listing::read(&json!({"uuid": "u", "recording_files": files})).unwrap();
        told.listed_by_zoom(None)
    }

    fn streamed() -> SentFile {
        SentFile { size: 9, sha256: "AB".repeat(32) }
    }

    fn case() -> (Recording, Vec<FileRecord>, Vec<DriveCopy>) {
        let fresh = listing_of(json!([{"id": "a", "file_type": "MP4", "file_size": 9}]));
        let record = FileRecord {
            key: fresh.files[0].key.clone(),
            version: 1,
            file: fresh.files[0].clone(),
            name: "a.mp4".into(),
            folder_id: "f".into(),
            drive_id: "d".into(),
            state: FileState::Verified(streamed()),
            progress: UploadProgress::default(),
            mismatches: 0,
            restarts: 0,
            proved_at: None,
            provenance: Provenance::Listing,
            readings: Default::default(),
        };
        let held = DriveCopy { drive_id: "d".into(), size: 9, sha256: "ab".repeat(32), trashed: false };
        (fresh, vec![record], vec![held])
    }

    fn doubts(fresh: &Recording, records: &[FileRecord], held: &[DriveCopy]) -> Vec<Unproved> {
        let uuid = MeetingUuid::new("u").unwrap();
        AllProved::compare(&uuid, fresh, records, held).err().unwrap_or_default()
    }

    #[test]
    fn three_agreeing_witnesses_are_a_proof() {
        let (fresh, records, held) = case();
        assert_eq!(doubts(&fresh, &records, &held), []);
    }

    #[test]
    fn nothing_proves_that_a_conference_of_meet_may_be_deleted() {
        let (mut fresh, records, held) = case();
        let uuid = MeetingUuid::of_conference("conferenceRecords/b4a5c6d7").unwrap();
        fresh.uuid = uuid.clone();
        let doubts = AllProved::compare(&uuid, &fresh, &records, &held).err().unwrap_or_default();
        assert_eq!(doubts, [Unproved::NoListing]);
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
        // When a copy with the listing's bytes exists beside it, a person must still decide.
        let both = [contradicted, vec![FileRecord { version: 2, ..records[0].clone() }]].concat();
        assert!(matches!(doubts(&both)[..], [Unproved::Contradicted(_)]));
        // A copy that only an event named, or another version of it.
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

    /// Two chats without ids, with one record each.
    fn twins(sizes: [u64; 2]) -> (Recording, Vec<FileRecord>, Vec<DriveCopy>) {
        let chat =
            |size: u64, url: &str| json!({"file_type": "CHAT", "file_size": size, "download_url": url});
        let fresh =
            listing_of(json!([chat(sizes[0], "https://zoom.us/a"), chat(sizes[1], "https://zoom.us/b")]));
        let (_, records, held) = case();
        let both = |(file, id): (&RecordingFile, &str)| {
            let record = FileRecord {
                key: file.key.clone(),
                file: file.clone(),
                drive_id: id.into(),
                ..records[0].clone()
            };
            (record, DriveCopy { drive_id: id.into(), ..held[0].clone() })
        };
        let (records, held) = fresh.files.iter().zip(["d1", "d2"]).map(both).unzip();
        (fresh, records, held)
    }

    #[test]
    fn a_length_that_is_not_listed_proves_nothing_until_a_last_look_has_read_the_same() {
        let (_, records, held) = case();
        for listed in [json!(null), json!(0), json!(7)] {
            let fresh = listing_of(json!([{"id": "a", "file_type": "TRANSCRIPT", "file_size": listed}]));
            let mut records = records.clone();
            records[0].file = fresh.files[0].clone();
            assert!(matches!(doubts(&fresh, &records, &held)[..], [Unproved::NotReadAgain(_)]), "{listed}");
            records[0].readings.confirmed_at = Some(1);
            assert_eq!(doubts(&fresh, &records, &held), [], "{listed}");
            // A newer version that was not read: the listing is of that version.
            let newer = FileRecord {
                version: 2,
                readings: Default::default(),
                state: FileState::Wanted,
                ..records[0].clone()
            };
            let both = [records[0].clone(), newer];
            assert!(matches!(doubts(&fresh, &both, &held)[..], [Unproved::NotVerified(_)]), "{listed}");
        }
        let unlisted = listing_of(json!([{"id": "a", "file_type": "MP4"}]));
        assert!(
            matches!(doubts(&unlisted, &records, &held)[..], [Unproved::NotReadAgain(_)]),
            "a video as well"
        );
    }

    #[test]
    fn a_video_of_another_length_is_never_proved() {
        let (fresh, mut records, mut held) = case();
        let shorter = SentFile { size: 8, ..streamed() };
        (records[0].state, held[0].size) = (FileState::Verified(shorter), 8);
        records[0].readings.confirmed_at = Some(1);
        assert!(matches!(doubts(&fresh, &records, &held)[..], [Unproved::OtherLength(_)]));
        held.clear();
        assert!(matches!(doubts(&fresh, &records, &held)[..], [Unproved::DriveDiffers(_)]));
    }

    #[test]
    fn every_listed_file_needs_a_record_and_a_copy_of_its_own() {
        let (fresh, records, held) = twins([9, 10]);
        let [Unproved::NotReadAgain(_)] = doubts(&fresh, &records, &held)[..] else {
            panic!("10 are listed, 9 archived")
        };
        let (fresh, mut records, held) = twins([9, 9]);
        assert_eq!(doubts(&fresh, &records, &held).len(), 2, "either may be the other");
        records[0].readings.confirmed_at = Some(1);
        assert_eq!(doubts(&fresh, &records, &held).len(), 2, "one reading is not two");
        records[1].readings.confirmed_at = Some(1);
        assert_eq!(doubts(&fresh, &records, &held), []);
        let mut shared = records.clone();
        shared[1].drive_id = shared[0].drive_id.clone();
        assert!(matches!(doubts(&fresh, &shared, &held)[..], [Unproved::New(_)]), "one copy, two files");
        assert!(!doubts(&fresh, &records[..1], &held).is_empty(), "one record, two files");
        assert!(!doubts(&fresh, &records, &held[..1]).is_empty(), "one copy is gone");
        let mut twice = fresh.clone();
        twice.files.push(fresh.files[0].clone());
        assert!(!doubts(&twice, &records, &held).is_empty(), "one key, two files");
    }

    #[test]
    fn any_doubt_keeps_the_copy() {
        let (fresh, records, held) = case();
        let differs =
            |held: DriveCopy| matches!(doubts(&fresh, &records, &[held])[..], [Unproved::DriveDiffers(_)]);
        assert!(differs(DriveCopy { size: 8, ..held[0].clone() }));
        assert!(differs(DriveCopy { sha256: "cd".repeat(32), ..held[0].clone() }));
        assert!(differs(DriveCopy { trashed: true, ..held[0].clone() }));
        assert!(differs(DriveCopy { drive_id: "other".into(), ..held[0].clone() }));

        let mut unverified = records.clone();
        unverified[0].state = FileState::Transferred(streamed());
        assert!(matches!(doubts(&fresh, &unverified, &held)[..], [Unproved::NotVerified(_)]));

        // A listing from any other source than Zoom's API.
        let told = listing_of(json!([{"id": "a", "file_type": "MP4", "file_size": 9, "download_url": "x"}]))
            .named_by_event(None);
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
