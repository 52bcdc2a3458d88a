//! What we move: one meeting instance's recording and its files. Pure: no IO, no clock.
//!
//! Zoom shows the same object in webhooks and in its API, with the same liberties: numbers as strings,
//! fields that are empty or missing, unknown file types. [`json`] and [`listing`] read it leniently; [`names`] says
//! what a file is called in Drive, [`blanking`] what of an event is stored.

pub mod blanking;
pub mod content;
mod dots;
mod download;
mod host;
pub mod json;
mod keys;
mod kind;
pub mod listing;
pub mod names;

use std::fmt;

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use dots::leads_away;
pub use download::{Download, Origin};
pub use kind::MeetingKind;

/// Longest uuid or file id that we take, in bytes. Real ones have 24 to 36; the limit only keeps rubbish
/// out of rows and paths.
const ID_BYTES_MAX: usize = 512;

/// Longest value that is stored in Drive as it is. Drive allows 124 bytes for key and value together; longer
/// ids are stored as their SHA-256.
const PROPERTY_VALUE_BYTES_MAX: usize = 100;

/// Longest meeting that is believed, in minutes. Zoom ends one after 30 hours; the limit keeps rubbish out of sums.
const MEETING_MINUTES_MAX: i64 = 7 * 24 * 60;

/// What JavaScript's `encodeURIComponent` leaves alone, which is what Zoom's own examples use.
const COMPONENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// Names one meeting instance. The numeric meeting id repeats (recurring, personal room); this does not.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct MeetingUuid(String);

impl MeetingUuid {
    /// Takes a uuid as Zoom sent it. `None` when it is empty, absurdly long, holds control characters, or would
    /// lead to another path of Zoom's API.
    pub fn new(text: &str) -> Option<Self> {
        let usable = !text.is_empty() && text.len() <= ID_BYTES_MAX && !text.chars().any(char::is_control);
        (usable && !leads_away(text)).then(|| Self(text.to_owned()))
    }

    /// The uuid as Zoom wrote it.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The uuid for use in an API path: percent-encoded twice, always. Zoom demands it for uuids with `/`
    /// and accepts it for all; once-encoded, an edge server may decode the slash and answer 404. `None` when it
    /// would lead to another path: one that was stored before such were refused.
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

/// Names one file within its recording, the same in every listing. Zoom's file id where there is one;
/// participant audio is told apart, because Zoom's own samples give it the id of another file.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileKey(String);

impl FileKey {
    /// Takes a key that was made by [`listing`] or read back from the store. No database keeps a NUL in a text: it
    /// becomes U+FFFD here, so that a stored key equals the one that it was made from.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self(if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text })
    }

    /// The key's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key as a Drive property value.
    pub fn property(&self) -> String {
        property(&self.0)
    }

    /// Eight characters that tell files with equal names apart.
    pub fn short(&self) -> String {
        let mut digest = self.digest();
        digest.truncate(8);
        digest
    }

    /// As many as no two files share.
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

/// One meeting instance's recording, as far as Zoom has told us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// The instance.
    pub uuid: MeetingUuid,
    /// The numeric meeting id as text; repeats over instances; may be empty.
    pub meeting_id: String,
    /// As the host wrote it: may be empty or hold newlines, slashes, emoji.
    pub topic: String,
    /// Zoom's id of the host; may be empty.
    pub host_id: String,
    /// Absent in some listings, then empty.
    pub host_email: String,
    /// Who named them. An event's word about the host is a hint: its signature shows that the sender knows a secret.
    #[serde(default)]
    pub host_origin: Origin,
    /// Start of the meeting instance.
    pub start_time: Option<Timestamp>,
    /// Minutes; 0 is normal for less than one.
    pub duration_minutes: Option<u64>,
    /// The day on which Zoom's own retention deletes it, if that is switched on. Absent from events and from
    /// what was stored before this was read.
    #[serde(default)]
    pub auto_delete_date: Option<Date>,
    /// What was recorded. Absent from what was stored before this was read.
    #[serde(default)]
    pub kind: Option<MeetingKind>,
    /// Where people who may see it watch it at Zoom, without what stands behind the path: a passcode may.
    #[serde(default)]
    pub share_url: String,
    /// The zone that the meeting was planned in; empty for instant ones.
    #[serde(default)]
    pub time_zone: String,
    /// Zoom's id of the account.
    #[serde(default)]
    pub account_id: String,
    /// Every file known so far.
    pub files: Vec<RecordingFile>,
}

impl Recording {
    /// Takes in what a newer event or listing says: its facts win where it has any, its files replace those
    /// of the same key (but an event's none that Zoom's API has listed), and files that it does not mention stay
    /// (an event about a transcript lists only the transcript).
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

    /// When the meeting was over, as far as that is known; when its last piece began, at the least.
    pub fn ended_at(&self) -> Option<Timestamp> {
        let minutes = i64::try_from(self.duration_minutes.unwrap_or(0)).unwrap_or(i64::MAX);
        let length = SignedDuration::from_mins(minutes.min(MEETING_MINUTES_MAX));
        let ended = self.start_time.and_then(|start| start.checked_add(length).ok());
        self.files.iter().filter_map(|file| file.start).chain(ended).max()
    }

    /// When it happened, for names: the meeting's start, else the earliest file's.
    pub fn happened_at(&self) -> Option<Timestamp> {
        self.start_time.or_else(|| self.files.iter().filter_map(|file| file.start).min())
    }
}

/// Whether Zoom has finished a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum FileStatus {
    /// Ready to be fetched.
    Completed,
    /// Zoom still works on it: size and type are not final.
    Processing,
}

/// One file of a recording.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordingFile {
    /// Ours: names the file in every listing.
    pub key: FileKey,
    /// Zoom's id, opaque; empty for some old files.
    pub id: String,
    /// `MP4`, `M4A`, `TRANSCRIPT` ... ; unknown ones are kept as they came.
    pub file_type: String,
    /// `shared_screen_with_speaker_view` ... ; may be empty.
    pub recording_type: String,
    /// As Zoom wrote it; may be empty.
    pub extension: String,
    /// Bytes, as listed. Exact for video and audio; for texts only a hint.
    pub size: Option<u64>,
    /// Start of this piece; a recording that was stopped and started has several.
    pub start: Option<Timestamp>,
    /// End of this piece. Absent from what was stored before this was read.
    #[serde(default)]
    pub end: Option<Timestamp>,
    /// Whether it can be fetched.
    pub status: FileStatus,
    /// Whose voice it is, for participant audio.
    pub participant: Option<String>,
    /// Where its bytes are; none for on-premises recordings.
    pub download: Option<Download>,
}

/// What a file is made of, as far as it changes how we treat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Medium {
    /// MP4 and M4A: the listed size is exact and the first bytes are known.
    Video,
    /// As video.
    Audio,
    /// WebVTT: transcript or captions.
    Vtt,
    /// JSON: timeline, summary.
    Json,
    /// All else.
    Other,
}

impl RecordingFile {
    /// What the file is made of, by its extension as [`names::extension`] finds it.
    pub fn medium(&self) -> Medium {
        match names::extension(self).as_str() {
            "mp4" => Medium::Video,
            "m4a" => Medium::Audio,
            "vtt" => Medium::Vtt,
            "json" => Medium::Json,
            _ => Medium::Other,
        }
    }

    /// The listed size, if it says anything: Zoom lists 0 for restored recordings.
    pub fn listed_size(&self) -> Option<u64> {
        self.size.filter(|size| *size > 0)
    }

    /// Whether both describe the same making of this file. Zoom renders views again and lets texts be
    /// edited: then the listed size is another one. A size that is not listed, or listed as 0, contradicts nothing.
    pub fn is_same_version(&self, other: &RecordingFile) -> bool {
        let sizes = self.listed_size().zip(other.listed_size());
        self.key == other.key && sizes.is_none_or(|(own, other)| own == other)
    }

    /// The size that the bytes must have, where Zoom's listing can be trusted: video and audio. Text files
    /// are edited and regenerated, and their listed sizes were seen to be off.
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
