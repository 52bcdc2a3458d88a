//! Parses Zoom's recording object leniently, from a webhook or from the API.
//!
//! Zoom's objects have numbers as strings, missing sizes and ids, empty types while a file is processed,
//! participant audio only, or no files at all. Unknown fields and values are ignored, never an error. Only a
//! recording without a uuid cannot be used.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;

use super::{
    Download, FileKey, FileStatus, MeetingKind, MeetingUuid, Origin, Recording, RecordingFile, blanking, keys,
};
use crate::secret::SecretUrl;

/// Most files of one recording. Real ones have less than a hundred; the limit bounds rows and requests when a
/// sender is malicious.
pub const FILES_MAX: usize = 2_000;

/// Longest topic or name that is kept, in characters. Zoom's own limit for topics is 200.
const TEXT_CHARS_MAX: usize = 1_000;

/// Longest share URL that is kept, in bytes. Real ones have about a hundred.
const SHARE_URL_BYTES_MAX: usize = 2_000;

/// The type of an item that cannot be parsed as a file.
const UNREADABLE: &str = "UNREADABLE";

/// Why a recording object cannot be used.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ListingError {
    /// There is nothing to identify the recording.
    #[error("the recording has no usable uuid")]
    NoUuid,
    /// More files than [`FILES_MAX`].
    #[error("the recording lists {0} files, more than {FILES_MAX}")]
    TooManyFiles(usize),
}

/// Parses one recording object. Its addresses count as an event's until [`Recording::listed_by_zoom`] is called.
///
/// # Errors
/// When it has no usable uuid, or too many files.
pub fn read(object: &Value) -> Result<Recording, ListingError> {
    let uuid = MeetingUuid::new(&text(object, "uuid")).ok_or(ListingError::NoUuid)?;
    let mut files = Vec::new();
    for (field, participant) in [("recording_files", false), ("participant_audio_files", true)] {
        let items = items(object, field);
        if files.len() + items.len() > FILES_MAX {
            return Err(ListingError::TooManyFiles(files.len() + items.len()));
        }
        files.extend(items.iter().map(|item| file(item, participant)));
    }
    let mut files = without_repeats(files);
    keys::assign(&mut files, &[]);
    Ok(Recording {
        uuid,
        meeting_id: text(object, "id"),
        topic: text(object, "topic"),
        host_id: text(object, "host_id"),
        host_email: text(object, "host_email"),
        host_origin: Origin::Event,
        start_time: time(object, "start_time"),
        duration_minutes: number(object, "duration"),
        auto_delete_date: auto_delete_date(object),
        kind: number(object, "type").map(MeetingKind::of_type),
        share_url: share_url(object),
        time_zone: text(object, "timezone"),
        account_id: text(object, "account_id"),
        seen_by: Vec::new(),
        files,
    })
}

/// Removes repeated files: an item that equals another one, its address included, is the same file. Any other item
/// is a file of its own.
fn without_repeats(files: Vec<RecordingFile>) -> Vec<RecordingFile> {
    let mut seen: HashMap<(String, String), Vec<usize>> = HashMap::new();
    let mut kept: Vec<RecordingFile> = Vec::with_capacity(files.len());
    for file in files {
        let address = file.download.as_ref().map(|download| download.url.expose().to_owned());
        let alike = seen.entry((keys::base(&file), address.unwrap_or_default())).or_default();
        if alike.iter().all(|index| kept[*index] != file) {
            alike.push(kept.len());
            kept.push(file);
        }
    }
    kept
}

/// Parses one item. An item that is not an object is kept as a file without an address: it is reported as not
/// archived, and Zoom's copy stays.
fn file(item: &Value, is_participant: bool) -> RecordingFile {
    let status = match text(item, "status").as_str() {
        _ if !item.is_object() => FileStatus::Completed,
        "processing" => FileStatus::Processing,
        // A file without any type is still processed, whatever its status says.
        _ if text(item, "file_type").is_empty() && text(item, "file_extension").is_empty() => {
            FileStatus::Processing
        }
        _ => FileStatus::Completed,
    };
    let file_type = if item.is_object() { text(item, "file_type") } else { UNREADABLE.to_owned() };
    RecordingFile {
        key: FileKey::new(""),
        id: text(item, "id"),
        file_type: file_type.to_ascii_uppercase(),
        recording_type: text(item, "recording_type"),
        extension: text(item, "file_extension"),
        size: number(item, "file_size"),
        start: time(item, "recording_start"),
        end: time(item, "recording_end"),
        status,
        participant: is_participant.then(|| text(item, "file_name")),
        sha256: None,
        exported_as: String::new(),
        link: String::new(),
        unavailable: String::new(),
        download: Some(text(item, "download_url")).filter(|url| !url.is_empty()).map(|url| Download {
            url: SecretUrl::new(blanking::without_passcodes(&url)),
            token: None,
            origin: Origin::Event,
        }),
    }
}

/// The items of a list of files. A value that is not a list is one unreadable item.
fn items<'a>(object: &'a Value, field: &str) -> &'a [Value] {
    match object.get(field) {
        None | Some(Value::Null) => &[],
        Some(Value::String(text)) if text.is_empty() => &[],
        Some(Value::Array(items)) => items,
        Some(other) => std::slice::from_ref(other),
    }
}

/// A text, or a number as text; empty for anything else.
pub fn text(object: &Value, field: &str) -> String {
    match object.get(field) {
        Some(Value::String(text)) if field.ends_with("_url") => text.clone(),
        Some(Value::String(text)) => text.chars().take(TEXT_CHARS_MAX).collect(),
        Some(Value::Number(number)) => number.to_string(),
        _ => String::new(),
    }
}

/// A whole number, also from text; `None` for negative and fractional ones.
pub fn number(object: &Value, field: &str) -> Option<u64> {
    match object.get(field)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// `auto_delete_date`, unless `auto_delete` says that retention is off.
fn auto_delete_date(object: &Value) -> Option<Date> {
    let is_off = object.get("auto_delete") == Some(&Value::Bool(false));
    let text = object.get("auto_delete_date").and_then(Value::as_str).filter(|_| !is_off)?;
    // Only the date: a time after it would not change the day.
    text.trim().get(..10)?.parse().ok()
}

/// Without query and fragment, which may contain the passcode (`?pwd=`). Empty if it is not a web address.
fn share_url(object: &Value) -> String {
    let told = text(object, "share_url");
    let place = told.split(['?', '#']).next().unwrap_or_default().trim();
    let is_web = place.starts_with("https://") && place.len() <= SHARE_URL_BYTES_MAX;
    if is_web && !place.contains('@') && !place.contains(char::is_control) {
        place.to_owned()
    } else {
        String::new()
    }
}

fn time(object: &Value, field: &str) -> Option<Timestamp> {
    object.get(field)?.as_str()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_numbers_as_strings_and_strings_as_numbers() {
        let object = json!({"uuid": "u==", "id": 85393847045_u64, "duration": "12", "recording_files": [
            {"id": 7, "file_type": "mp4", "file_size": "3328371", "recording_start": "2021-03-23T22:14:57Z"}]});
        let recording = read(&object).unwrap();
        assert_eq!((recording.meeting_id.as_str(), recording.duration_minutes), ("85393847045", Some(12)));
        let file = &recording.files[0];
        assert_eq!((file.key.as_str(), file.size, file.file_type.as_str()), ("7", Some(3_328_371), "MP4"));
    }

    #[test]
    fn participant_audio_never_takes_another_files_place() {
        let object = json!({"uuid": "u", "recording_files": [{"id": "a", "file_type": "M4A"}],
            "participant_audio_files": [{"id": "a", "file_type": "M4A", "file_name": "Audio only - Ann"}]});
        let keys: Vec<String> =
            read(&object).unwrap().files.iter().map(|file| file.key.to_string()).collect();
        assert_eq!(keys, ["a", "participant:a"]);
    }

    #[test]
    fn participants_that_share_an_id_are_told_apart() {
        let audio = |name: &str| json!({"id": "a", "file_type": "M4A", "file_name": name});
        let object =
            json!({"uuid": "u", "participant_audio_files": [audio("Ann"), audio("Bob"), audio("Bob")]});
        let names: Vec<_> =
            read(&object).unwrap().files.into_iter().filter_map(|file| file.participant).collect();
        assert_eq!(names, ["Ann", "Bob"]);
    }

    #[test]
    fn files_without_ids_are_told_apart() {
        let object = json!({"uuid": "u", "recording_files": [
            {"file_type": "TIMELINE", "recording_start": "2020-01-01T00:00:00Z", "download_url": "https://zoom.us/1"},
            {"file_type": "TIMELINE", "recording_start": "2020-01-01T01:00:00Z", "download_url": "https://zoom.us/2"},
            {"file_type": "CC", "recording_start": "2020-01-01T00:00:00Z"}]});
        let recording = read(&object).unwrap();
        assert_eq!(recording.files.len(), 3);
        assert!(recording.files.iter().all(|file| file.status == FileStatus::Completed));
    }

    #[test]
    fn rows_that_are_still_processed_are_seen_as_such() {
        let object = json!({"uuid": "u", "recording_files": [
            {"id": "a", "file_type": "", "file_extension": "", "file_size": 0, "recording_end": "",
             "status": "processing", "download_url": "https://zoom.us/1"}]});
        assert_eq!(read(&object).unwrap().files[0].status, FileStatus::Processing);
    }

    #[test]
    fn the_day_of_zooms_own_retention_is_read_where_it_is_on() {
        let day = |object: Value| read(&object).unwrap().auto_delete_date.map(|day| day.to_string());
        let on = json!({"uuid": "u", "auto_delete": true, "auto_delete_date": "2026-03-31"});
        assert_eq!(day(on).as_deref(), Some("2026-03-31"));
        assert_eq!(day(json!({"uuid": "u", "auto_delete": false, "auto_delete_date": "2026-03-31"})), None);
        assert_eq!(day(json!({"uuid": "u", "auto_delete": true, "auto_delete_date": "soon"})), None);
        assert_eq!(day(json!({"uuid": "u"})), None);
    }

    #[test]
    fn the_address_for_people_is_kept_without_its_passcode() {
        let url = |url: &str| read(&json!({"uuid": "u", "share_url": url})).unwrap().share_url;
        assert_eq!(url("https://zoom.us/rec/share/abc?pwd=hunter2#x"), "https://zoom.us/rec/share/abc");
        assert_eq!(url("https://zoom.us/rec/share/abc"), "https://zoom.us/rec/share/abc");
        for odd in ["", "javascript:alert(1)", "https://a:b@zoom.us/", "https://zoom.us/\u{1b}[2J"] {
            assert_eq!(url(odd), "", "{odd}");
        }
    }

    #[test]
    fn meetings_and_webinars_are_told_apart() {
        let kind = |kind: Value| read(&json!({"uuid": "u", "type": kind})).unwrap().kind;
        let kinds = [json!(2), json!("8"), json!(5), json!("9"), json!(99), json!("x")].map(kind);
        let (meeting, webinar) = (Some(MeetingKind::Meeting), Some(MeetingKind::Webinar));
        assert_eq!(kinds, [meeting, meeting, webinar, webinar, Some(MeetingKind::Upload), None]);
    }

    #[test]
    fn a_recording_without_files_is_fine_and_one_without_uuid_is_not() {
        assert_eq!(read(&json!({"uuid": "u"})).unwrap().files, []);
        assert_eq!(read(&json!({"id": 1})), Err(ListingError::NoUuid));
        assert_eq!(read(&json!(null)), Err(ListingError::NoUuid));
    }
}
