//! One meeting instance's recording and its files. Pure: no IO, no clock.
//!
//! A recording is Zoom's or Google Meet's ([`Source`]). Zoom sends the same object in webhooks and from its API, and
//! is equally inconsistent in both: numbers as strings, empty or missing fields, unknown file types. [`json`] and
//! [`listing`] parse it leniently; [`names`] makes the names in Drive; [`blanking`] removes secrets from an event
//! before it is stored.

pub mod blanking;
pub mod content;
mod dots;
mod download;
mod host;
pub mod json;
mod keys;
mod kind;
pub mod listing;
mod medium;
pub mod names;
mod source;

use std::fmt;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use dots::leads_away;
pub use download::{Download, Origin};
pub use kind::MeetingKind;
pub use medium::Medium;
use source::CONFERENCE;
pub use source::Source;

/// Longest uuid or file id that is accepted, in bytes. Real ones have 24 to 36; the limit keeps garbage out of rows
/// and paths.
const ID_BYTES_MAX: usize = 512;

/// Longest value that is stored in Drive unchanged. Drive allows 124 bytes for key and value together; longer ids
/// are stored as their SHA-256.
const PROPERTY_VALUE_BYTES_MAX: usize = 100;

/// Longest duration that is accepted, in minutes. Zoom ends a meeting after 30 hours; the limit prevents an
/// overflow.
const MEETING_MINUTES_MAX: i64 = 7 * 24 * 60;

/// Characters that JavaScript's `encodeURIComponent` leaves unescaped; Zoom's examples use that function.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Identifies one meeting instance. The numeric meeting id repeats (recurring meetings, personal rooms); the uuid
/// does not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MeetingUuid(String);

impl MeetingUuid {
    /// Accepts a uuid as Zoom sent it. `None` when it is empty, too long, contains control characters, would lead to
    /// another path of Zoom's API, or is the name of a conference of Google Meet.
    pub fn new(text: &str) -> Option<Self> {
        let usable = !text.is_empty() && text.len() <= ID_BYTES_MAX && !text.chars().any(char::is_control);
        (usable && !leads_away(text) && !text.starts_with(CONFERENCE)).then(|| Self(text.to_owned()))
    }

    /// The uuid as Zoom wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The uuid for an API path: always percent-encoded twice. Zoom demands it for uuids with `/` and accepts it
    /// for all; if encoded once, an edge server may decode the slash and answer 404. `None` when it would lead to
    /// another path, which is possible only for a uuid that an old version stored.
    pub fn path_segment(&self) -> Option<String> {
        if leads_away(&self.0) {
            return None;
        }
        let once = utf8_percent_encode(&self.0, COMPONENT).to_string();
        Some(utf8_percent_encode(&once, COMPONENT).to_string())
    }

    /// The uuid as a Drive property value.
    pub fn property(&self) -> String {
        property(&self.0)
    }
}

impl fmt::Display for MeetingUuid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Identifies one file within its recording, equal in every listing. It is Zoom's file id if there is one.
/// Participant audio gets a key of its own, because in Zoom's own samples it has the id of another file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileKey(String);

impl FileKey {
    /// Makes a key from the text of [`listing`] or of the store. No database keeps a NUL in a text: it becomes
    /// U+FFFD here, so that a stored key equals its original.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self(if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text })
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key as a Drive property value.
    pub fn property(&self) -> String {
        property(&self.0)
    }

    /// Eight characters that distinguish files with equal names.
    pub fn short(&self) -> String {
        let mut digest = self.digest();
        digest.truncate(8);
        digest
    }

    /// The whole SHA-256 in hex, which no two files share.
    pub fn digest(&self) -> String {
        hex::encode(Sha256::digest(self.0.as_bytes()))
    }
}

impl fmt::Display for FileKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn property(text: &str) -> String {
    if text.len() <= PROPERTY_VALUE_BYTES_MAX {
        return text.to_owned();
    }
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// One meeting instance's recording, as known from Zoom.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    pub uuid: MeetingUuid,
    /// The numeric meeting id as text. Instances share it; may be empty.
    pub meeting_id: String,
    /// The host's text. It may be empty, or contain newlines, slashes and emoji.
    pub topic: String,
    /// Zoom's id of the host; may be empty.
    pub host_id: String,
    /// Some listings leave it out; then it is empty.
    pub host_email: String,
    /// The source of the host's id and address. An event is only a hint: its signature shows that the sender knows
    /// a secret.
    #[serde(default)]
    pub host_origin: Origin,
    /// Start of the meeting instance.
    pub start_time: Option<Timestamp>,
    /// Minutes; 0 is normal for less than one.
    pub duration_minutes: Option<u64>,
    /// The day on which Zoom's retention deletes the recording, if retention is on. Events do not contain it, nor
    /// do recordings stored by old versions.
    #[serde(default)]
    pub auto_delete_date: Option<Date>,
    /// `None` in recordings stored by old versions.
    #[serde(default)]
    pub kind: Option<MeetingKind>,
    /// The page at Zoom where people with access watch it. Query and fragment are cut off, because they may contain
    /// a passcode.
    #[serde(default)]
    pub share_url: String,
    /// The time zone of the meeting's schedule; empty for instant meetings.
    #[serde(default)]
    pub time_zone: String,
    /// Zoom's id of the account.
    #[serde(default)]
    pub account_id: String,
    /// Users whom Google Meet shows this conference; empty for a recording of Zoom. Its files are read as one of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub seen_by: Vec<String>,
    /// Every file known so far.
    pub files: Vec<RecordingFile>,
}

impl Recording {
    /// Merges a newer event or listing. Its facts replace ours where it has any. Its files replace those with the
    /// same key, but a file in an event never replaces one that Zoom's API has listed. Files that it does not
    /// mention stay: an event about a transcript lists only the transcript.
    pub fn merge(&mut self, newer: Recording) {
        let keep_or = |old: &mut String, new: String| {
            if !new.is_empty() {
                *old = new;
            }
        };
        self.take_host(&newer);
        keep_or(&mut self.meeting_id, newer.meeting_id);
        keep_or(&mut self.topic, newer.topic);
        keep_or(&mut self.share_url, newer.share_url);
        keep_or(&mut self.time_zone, newer.time_zone);
        keep_or(&mut self.account_id, newer.account_id);
        if !newer.seen_by.is_empty() {
            self.seen_by = newer.seen_by;
        }
        self.start_time = newer.start_time.or(self.start_time);
        self.duration_minutes = newer.duration_minutes.or(self.duration_minutes);
        self.auto_delete_date = newer.auto_delete_date.or(self.auto_delete_date);
        self.kind = newer.kind.or(self.kind);
        for file in newer.files {
            match self.files.iter_mut().find(|known| known.key == file.key) {
                Some(known) => known.renew(file),
                None => self.files.push(file),
            }
        }
    }

    /// The end of the meeting if known, or else the start of its last piece.
    pub fn ended_at(&self) -> Option<Timestamp> {
        let minutes = i64::try_from(self.duration_minutes.unwrap_or(0)).unwrap_or(i64::MAX);
        let length = SignedDuration::from_mins(minutes.min(MEETING_MINUTES_MAX));
        let ended = self.start_time.and_then(|start| start.checked_add(length).ok());
        self.files.iter().filter_map(|file| file.start).chain(ended).max()
    }

    /// The time for names: the meeting's start, or else the earliest file's.
    pub fn happened_at(&self) -> Option<Timestamp> {
        self.start_time.or_else(|| self.files.iter().filter_map(|file| file.start).min())
    }
}

/// Zoom's processing state of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileStatus {
    /// The file can be downloaded.
    Completed,
    /// Zoom still processes the file: size and type are not final.
    Processing,
}

/// One file of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingFile {
    /// Our key: it identifies the file in every listing.
    pub key: FileKey,
    /// Zoom's id, opaque; empty for some old files.
    pub id: String,
    /// `MP4`, `M4A`, `TRANSCRIPT` ...; unknown types are kept unchanged.
    pub file_type: String,
    /// `shared_screen_with_speaker_view` ...; may be empty.
    pub recording_type: String,
    /// May be empty.
    pub extension: String,
    /// Bytes, as listed. Exact for video and audio; for texts only a hint.
    pub size: Option<u64>,
    /// Start of this piece. A recording that was paused has several pieces.
    pub start: Option<Timestamp>,
    /// End of this piece. `None` in files stored by old versions.
    #[serde(default)]
    pub end: Option<Timestamp>,
    pub status: FileStatus,
    /// The participant's name, for participant audio.
    pub participant: Option<String>,
    /// SHA-256 of the content, lower-case hex, if the source lists it. Zoom never does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// The MIME type in which the source exports a document; empty for a file that is copied byte for byte. An export
    /// has no checksum at its source, so its copy is never called proved.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub exported_as: String,
    /// The page where people with access open the original; empty for Zoom's files.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub link: String,
    /// Why a file without a download address cannot be read, for people; empty if nothing is known.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub unavailable: String,
    /// The download address; `None` for on-premises recordings.
    pub download: Option<Download>,
}

impl RecordingFile {
    /// True if its source makes the bytes anew for each download.
    pub fn is_export(&self) -> bool {
        !self.exported_as.is_empty()
    }

    /// The listed size, if it is meaningful: Zoom lists 0 for restored recordings.
    pub fn listed_size(&self) -> Option<u64> {
        self.size.filter(|size| *size > 0)
    }

    /// True if both may describe the same version of this file. Zoom renders views again and lets texts be edited;
    /// then the listed size differs, and at Google the checksum. A missing fact, or a size of 0, contradicts nothing.
    pub fn is_same_version(&self, other: &RecordingFile) -> bool {
        let sizes = self.listed_size().zip(other.listed_size());
        let digests = self.sha256.as_ref().zip(other.sha256.as_ref());
        self.key == other.key
            && sizes.is_none_or(|(own, other)| own == other)
            && digests.is_none_or(|(own, other)| own == other)
    }

    /// The size that the content must have, if Zoom's listing is reliable: for video and audio. Texts are edited
    /// and regenerated, and their listed sizes are sometimes wrong.
    pub fn exact_size(&self) -> Option<u64> {
        match self.medium() {
            Medium::Video | Medium::Audio => self.listed_size(),
            Medium::Vtt | Medium::Json | Medium::Other => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuids_are_encoded_twice_always() {
        let vectors = [
            ("/UE+cApLTmOc6HZxOLFclQ==", "%252FUE%252BcApLTmOc6HZxOLFclQ%253D%253D"),
            ("/ab//c+d=", "%252Fab%252F%252Fc%252Bd%253D"),
            ("paw4knJqSPOXq7ThIQWFMw==", "paw4knJqSPOXq7ThIQWFMw%253D%253D"),
        ];
        for (uuid, segment) in vectors {
            assert_eq!(MeetingUuid::new(uuid).unwrap().path_segment().as_deref(), Some(segment));
        }
    }

    #[test]
    fn a_uuid_must_be_usable() {
        assert!(MeetingUuid::new("").is_none());
        assert!(MeetingUuid::new("a\nb").is_none());
        assert!(MeetingUuid::new(&"x".repeat(ID_BYTES_MAX + 1)).is_none());
    }

    #[test]
    fn no_uuid_leads_to_another_path() {
        let ways = ". .. ... ../x x/.. /.. ./ a/../b a/./b a\\..\\b %2e%2e %2E%2e .%2e %252e%252E %25252e. x%2f..%2fy x%5c.%5cy";
        for text in ways.split(' ') {
            assert_eq!(MeetingUuid::new(text), None, "{text}");
            assert_eq!(MeetingUuid(text.to_owned()).path_segment(), None, "{text}: from an old database");
        }
        for text in ["a..b", "..a", "a.", "a.b/c.d", "%2", "100%", "a%2eb"] {
            let uuid = MeetingUuid::new(text).unwrap();
            assert!(uuid.path_segment().is_some_and(|segment| !segment.contains(['/', '\\'])), "{text}");
        }
    }

    #[test]
    fn long_ids_become_digests_that_drive_accepts() {
        let key = FileKey::new("y".repeat(300));
        assert_eq!(key.property().len(), 64);
        assert_eq!(FileKey::new("abc").property(), "abc");
        assert_eq!(FileKey::new("a\0").as_str(), "a\u{FFFD}");
    }
}
