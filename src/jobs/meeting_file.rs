//! The content of `meeting.json`, stored beside a recording's files: its metadata, and the location of each file.
//!
//! Pure. The file holds no secret: no field exists for download addresses, tokens or passcodes. After Zoom's copy is
//! removed, this file is the only source of these facts.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::{FileRecord, FileState, Millis};
use crate::recording::{MeetingKind, Recording, Source};

/// Version of the file's structure; raised when a field changes its meaning or is removed.
const SCHEMA: u32 = 1;

/// The file's MIME type.
pub const MEETING_FILE_TYPE: &str = "application/json";

/// The content to write, and its folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeetingFacts {
    /// Folder of the archived files; see [`home`] when there are several.
    pub folder_id: String,
    /// SHA-256 of the facts. The program's version is no part of it, so an upgrade alone rewrites no file.
    pub digest: String,
    /// The complete JSON text.
    pub text: Vec<u8>,
}

#[derive(Serialize)]
struct Page<'a> {
    schema: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    written_by: Option<&'static str>,
    meeting: Meeting<'a>,
    /// When the last file was proved.
    proved_at: Option<Timestamp>,
    files: Vec<File<'a>>,
    skipped: Vec<Skipped<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attendance: Option<&'a Attendance>,
}

/// Who was at the meeting, in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Attendance {
    /// The file with the list of people; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    pub people: i64,
    /// Absent without a roster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<i64>,
    /// Absent without a roster.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub absent: Option<i64>,
}

#[derive(Serialize)]
struct Meeting<'a> {
    /// Where it took place; absent for Zoom.
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    topic: &'a str,
    host_email: &'a str,
    host_id: &'a str,
    account_id: &'a str,
    meeting_id: &'a str,
    uuid: &'a str,
    start: Option<Timestamp>,
    duration_minutes: Option<u64>,
    time_zone: &'a str,
    share_url: &'a str,
    zoom_deletes_on: Option<String>,
    kind: Option<&'static str>,
}

/// Fields from Zoom's listing.
#[derive(Serialize)]
struct AtZoom<'a> {
    zoom_id: &'a str,
    #[serde(rename = "type")]
    kind: &'a str,
    view: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    participant: Option<&'a str>,
    start: Option<Timestamp>,
    version: u32,
}

#[derive(Serialize)]
struct File<'a> {
    name: &'a str,
    #[serde(flatten)]
    at_zoom: AtZoom<'a>,
    size: u64,
    sha256: &'a str,
    drive_id: &'a str,
    link: String,
    /// The page of the original; absent for Zoom's files.
    #[serde(skip_serializing_if = "str::is_empty")]
    original_link: &'a str,
    /// Absent for an export: there is nothing to prove it by.
    proved_at: Option<Timestamp>,
    /// Present only for copies that are not confirmed by Zoom's listing.
    #[serde(skip_serializing_if = "Option::is_none")]
    doubt: Option<&'static str>,
}

#[derive(Serialize)]
struct Skipped<'a> {
    name: &'a str,
    #[serde(flatten)]
    at_zoom: AtZoom<'a>,
    reason: &'a str,
}

/// Describes a recording. `None` while one of its files is being archived, or when none is archived.
pub fn describe(
    recording: &Recording,
    records: &[FileRecord],
    attendance: Option<&Attendance>,
) -> Option<MeetingFacts> {
    let (mut files, mut skipped) = (Vec::new(), Vec::new());
    for record in records {
        match &record.state {
            FileState::Verified(streamed) => {
                files.push(File {
                    name: &record.name,
                    at_zoom: at_zoom(record),
                    size: streamed.size,
                    sha256: &streamed.sha256,
                    drive_id: &record.drive_id,
                    link: file_link(&record.drive_id),
                    original_link: &record.file.link,
                    proved_at: record.proved_at.filter(|_| !record.file.is_export()).and_then(time),
                    doubt: record.doubt(),
                });
            }
            FileState::Skipped(reason) => {
                skipped.push(Skipped { name: &record.name, at_zoom: at_zoom(record), reason });
            }
            FileState::Wanted | FileState::Transferred(_) => return None,
        }
    }
    let archived = |record: &&FileRecord| matches!(record.state, FileState::Verified(_));
    let folder_id = home(records.iter().filter(archived))?.to_owned();
    let mut page = Page {
        schema: SCHEMA,
        written_by: None,
        meeting: meeting(recording),
        proved_at: files.iter().filter_map(|file| file.proved_at).max(),
        files,
        skipped,
        attendance,
    };
    // The digest covers the facts only, without the program's version.
    let digest = hex::encode(Sha256::digest(serde_json::to_vec(&page).ok()?));
    page.written_by = Some(concat!("zoom2drive ", env!("CARGO_PKG_VERSION")));
    let mut text = serde_json::to_vec_pretty(&page).ok()?;
    text.push(b'\n');
    Some(MeetingFacts { folder_id, digest, text })
}

/// The recording's own folder: the folder with most of its files; of equal ones, the folder of the newest file.
/// People may have moved some files.
pub fn home<'a>(records: impl IntoIterator<Item = &'a FileRecord>) -> Option<&'a str> {
    most_of(records.into_iter().map(|record| record.folder_id.as_str()).filter(|folder| !folder.is_empty()))
}

/// The most frequent item; of equally frequent ones, the last.
pub fn most_of<'a>(items: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let mut counts: HashMap<&str, (usize, usize)> = HashMap::new();
    for (place, item) in items.into_iter().enumerate() {
        let (count, last) = counts.entry(item).or_default();
        (*count, *last) = (*count + 1, place);
    }
    counts.into_iter().max_by_key(|(_, rank)| *rank).map(|(item, _)| item)
}

fn meeting(recording: &Recording) -> Meeting<'_> {
    let source = recording.source();
    Meeting {
        source: (source != Source::Zoom).then(|| source.name()),
        topic: &recording.topic,
        host_email: &recording.host_email,
        host_id: &recording.host_id,
        account_id: &recording.account_id,
        meeting_id: &recording.meeting_id,
        uuid: recording.uuid.as_str(),
        start: recording.start_time,
        duration_minutes: recording.duration_minutes,
        time_zone: &recording.time_zone,
        share_url: &recording.share_url,
        zoom_deletes_on: recording.auto_delete_date.map(|day| day.to_string()),
        kind: recording.kind.map(MeetingKind::name),
    }
}

fn at_zoom(record: &FileRecord) -> AtZoom<'_> {
    let file = &record.file;
    AtZoom {
        zoom_id: &file.id,
        kind: &file.file_type,
        view: &file.recording_type,
        participant: file.participant.as_deref(),
        start: file.start,
        version: record.version,
    }
}

fn time(millis: Millis) -> Option<Timestamp> {
    Timestamp::from_millisecond(millis).ok()
}

/// Link that opens a Drive file in a browser. Google needs only the id.
pub fn file_link(drive_id: &str) -> String {
    format!("https://drive.google.com/file/d/{drive_id}/view")
}

/// Link that opens a spreadsheet in a browser.
pub fn spreadsheet_link(drive_id: &str) -> String {
    format!("https://docs.google.com/spreadsheets/d/{drive_id}/edit")
}

/// Link that opens a Drive folder in a browser.
pub fn folder_link(drive_id: &str) -> String {
    format!("https://drive.google.com/drive/folders/{drive_id}")
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::jobs::{Provenance, SentFile, UploadProgress};
    use crate::recording::listing;
    use crate::secret::Secret;

    fn case() -> (Recording, Vec<FileRecord>) {
        let object = json!({"uuid": "u==", "id": 7, "topic": "A \"play\"\nin two acts", "host_email": "ann@example.com",
            "host_id": "h", "account_id": "acc", "start_time": "2026-03-01T18:30:00Z", "timezone": "Europe/Berlin",
            "duration": 61, "share_url": "https://zoom.us/rec/share/x?pwd=hunter2", "password": "hunter2",
            "recording_files": [
                {"id": "a", "file_type": "MP4", "recording_type": "gallery_view", "file_size": 9,
                 "recording_start": "2026-03-01T18:31:00Z", "download_url": "https://zoom.us/rec/download/hunter2"},
                {"id": "b", "file_type": "CHAT"}]});
        let recording = listing::read(&object).unwrap().named_by_event(Some(&Secret::new("hunter2")));
        let record = |index: usize, state: FileState, proved_at| FileRecord {
            key: recording.files[index].key.clone(),
            version: 1,
            file: recording.files[index].clone(),
            name: format!("name-{index}"),
            folder_id: "folder".into(),
            drive_id: format!("drive-{index}"),
            state,
            progress: UploadProgress::default(),
            mismatches: 0,
            restarts: 0,
            proved_at,
            provenance: Provenance::default(),
            readings: Default::default(),
        };
        let streamed = SentFile { size: 9, sha256: "ab".repeat(32) };
        let files = vec![
            record(0, FileState::Verified(streamed), Some(1_772_400_000_000)),
            record(1, FileState::Skipped("no address".into()), None),
        ];
        (recording, files)
    }

    #[test]
    fn everything_is_told_and_no_secret() {
        let (recording, records) = case();
        let told = describe(&recording, &records, None).unwrap();
        let text = String::from_utf8(told.text).unwrap();
        assert!(!text.contains("hunter2") && !text.contains("download"), "{text}");
        let page: Value = serde_json::from_str(&text).unwrap();
        let at = |path: &str| page.pointer(path).unwrap().clone();
        assert_eq!(at("/meeting/topic"), "A \"play\"\nin two acts");
        assert_eq!(at("/meeting/share_url"), "https://zoom.us/rec/share/x");
        assert_eq!(at("/meeting/time_zone"), "Europe/Berlin");
        assert_eq!(at("/files/0/link"), "https://drive.google.com/file/d/drive-0/view");
        assert_eq!((at("/files/0/zoom_id"), at("/files/0/view")), (json!("a"), json!("gallery_view")));
        assert_eq!(at("/skipped/0/reason"), "no address");
        assert_eq!(at("/proved_at"), at("/files/0/proved_at"));
        assert_eq!((at("/schema"), told.folder_id), (json!(1), "folder".to_owned()));
    }

    #[test]
    fn only_other_facts_have_another_digest() {
        let (recording, mut records) = case();
        let digest = |recording: &Recording, records: &[FileRecord]| {
            describe(recording, records, None).unwrap().digest
        };
        let first = digest(&recording, &records);
        records[0].file.download = None;
        assert_eq!(digest(&recording, &records), first);
        records[0].name = "renamed".into();
        assert_ne!(digest(&recording, &records), first);
    }

    #[test]
    fn who_was_there_is_told_in_numbers() {
        let (recording, records) = case();
        let told = |attendance: &Attendance| -> Value {
            let facts = describe(&recording, &records, Some(attendance)).unwrap();
            serde_json::from_slice::<Value>(&facts.text).unwrap()["attendance"].clone()
        };
        let alone = Attendance { people: 1, ..Attendance::default() };
        assert_eq!(told(&alone), json!({"people": 1}));
        let link = Some(spreadsheet_link("s"));
        let class = Attendance { link, people: 7, expected: Some(9), absent: Some(2) };
        let shown = json!({"link": "https://docs.google.com/spreadsheets/d/s/edit", "people": 7, "expected": 9,
            "absent": 2});
        assert_eq!(told(&class), shown);
        assert!(
            !String::from_utf8(describe(&recording, &records, None).unwrap().text)
                .unwrap()
                .contains("attendance")
        );
    }

    #[test]
    fn a_copy_that_is_not_known_to_be_zooms_says_so() {
        let (recording, mut records) = case();
        let told = |records: &[FileRecord]| {
            let page: Value =
                serde_json::from_slice(&describe(&recording, records, None).unwrap().text).unwrap();
            page["files"][0]["doubt"].clone()
        };
        for known in [Provenance::Unknown, Provenance::Listing, Provenance::Confirmed] {
            records[0].provenance = known;
            assert_eq!(told(&records), Value::Null, "{known:?}");
        }
        records[0].provenance = Provenance::Contradicted;
        assert!(told(&records).as_str().unwrap().contains("other bytes"));
    }

    #[test]
    fn a_recording_is_at_home_where_most_of_its_files_are() {
        assert_eq!(most_of(["a", "b", "a", "c"]), Some("a"));
        assert_eq!(most_of(["a", "b", "b", "a"]), Some("a"), "of equals the last");
        assert_eq!(most_of([]), None);
        let (_, mut records) = case();
        records[0].folder_id.clear();
        assert_eq!(home(&records), Some("folder"));
        assert_eq!(home(&records[..1]), None);
    }

    #[test]
    fn nothing_is_told_too_early_or_of_nothing() {
        let (recording, mut records) = case();
        assert_eq!(describe(&recording, &records[1..], None), None);
        records[1].state = FileState::Wanted;
        assert_eq!(describe(&recording, &records, None), None);
        assert_eq!(describe(&recording, &[], None), None);
    }
}
