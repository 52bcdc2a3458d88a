//! Names of folders and files in Drive. Pure and total: any topic gives a usable name.
//!
//! Templates are split at `/` before they are filled in, so a topic can never add a level or go up one. Drive
//! accepts any name, but people also see the archive on a synced desktop. So names are valid on Windows and macOS,
//! and no two names in a folder are equal there.

mod clean;
mod same;
mod template;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use sha2::{Digest, Sha256};

use super::{FileKey, Recording, RecordingFile};
pub use clean::clean;
use clean::{EMPTY, units};
pub use same::{TakenNames, same_key};
use template::Piece;
pub use template::{PLACEHOLDERS, Template, TemplateError};

/// Longest name, in UTF-16 units: the limit of NTFS and APFS. Drive allows more.
pub const NAME_UNITS_MAX: usize = 255;

/// Templates and time zone of this archive's names.
#[derive(Debug, Clone)]
pub struct Naming {
    /// Folders below the root, one per level.
    pub folder: Template,
    /// A file's name without its extension.
    pub file: Template,
    /// Time zone of dates and times in names.
    pub zone: TimeZone,
}

impl Naming {
    /// The folders from the root down to the recording's own.
    pub fn folders(&self, recording: &Recording) -> Vec<Level> {
        let when = recording.happened_at();
        let names = self.folder.folders(|word| self.word(word, recording, when));
        let host = first_filled([&recording.host_email, &recording.host_id], UNKNOWN_HOST);
        let level = |(name, pieces): (String, &Vec<Piece>)| {
            let has = |word: &str| pieces.iter().any(|piece| piece.is(word));
            let may_be_anothers = has("host_name") && !has("host");
            Level { whose: may_be_anothers.then(|| FolderHost::new(&name, &host)), name }
        };
        names.into_iter().zip(self.folder.levels()).map(level).collect()
    }

    /// The file's name with its extension. If a name is in `taken`, the file's short id is added.
    pub fn file(
        &self,
        recording: &Recording,
        file: &RecordingFile,
        version: u32,
        taken: &TakenNames,
    ) -> String {
        let when = file.start.or_else(|| recording.happened_at());
        let version = if version > 1 { format!(" (version {version})") } else { String::new() };
        taken.first_free(&file.key.short(), |mark| {
            let mark = if mark.is_empty() { String::new() } else { format!(" {mark}") };
            let tail = format!("{mark}{version}.{}", extension(file));
            let stem = self.file.one_name(NAME_UNITS_MAX - units(&tail), |word| match word {
                "view" => view(file),
                "id" => file.key.short(),
                _ => self.word(word, recording, when),
            });
            format!("{stem}{tail}")
        })
    }

    /// True if the template gives each host a folder of their own, independent of other placeholders.
    pub fn folder_is_hosts_own(&self) -> bool {
        // Only if the placeholder is alone: with other text, the name could equal another host's (`{host}{topic}`).
        let is_hosts = |level: &Vec<Piece>| match &level[..] {
            [piece] => piece.is("host") || piece.is("host_name"),
            _ => false,
        };
        self.folder.levels().iter().any(is_hosts)
    }

    /// The name of the recording's metadata file. It sorts beside the others, and ends with `meeting.json` unless
    /// the template has text after `{view}`. If a name is in `taken`, the recording's short id is added before
    /// that.
    pub fn meeting_file(&self, recording: &Recording, taken: &TakenNames) -> String {
        let id = FileKey::new(recording.uuid.as_str()).short();
        let when = recording.happened_at();
        let shows_what = self.file.has("view");
        taken.first_free(&id, |mark| {
            let view =
                if mark.is_empty() { MEETING_VIEW.to_owned() } else { format!("{mark} {MEETING_VIEW}") };
            let tail = if shows_what { ".json".to_owned() } else { format!(" {view}.json") };
            let stem = self.file.one_name(NAME_UNITS_MAX - units(&tail), |word| match word {
                "view" => view.clone(),
                "id" => id.clone(),
                _ => self.word(word, recording, when),
            });
            format!("{stem}{tail}")
        })
    }

    /// The beginning of the name of the file with the meeting's attendance, for [`attendance_file`].
    pub fn attendance_stem(&self, recording: &Recording) -> String {
        let when = recording.happened_at();
        format!("{} {}", self.word("date", recording, when), self.word("topic", recording, when))
    }

    fn word(&self, word: &str, recording: &Recording, when: Option<Timestamp>) -> String {
        let local = when.map(|when| Zoned::new(when, self.zone.clone()));
        let dated = |format: &str| {
            local.as_ref().map_or_else(|| "undated".into(), |local| local.strftime(format).to_string())
        };
        match word {
            "host" => host_in_full(&first_filled([&recording.host_email, &recording.host_id], UNKNOWN_HOST)),
            "host_name" => {
                let local_part = recording.host_email.split('@').next().unwrap_or_default().to_owned();
                first_filled([&local_part, &recording.host_id], UNKNOWN_HOST)
            }
            "topic" => first_filled([&recording.topic, &recording.meeting_id], "untitled"),
            "meeting_id" => first_filled([&recording.meeting_id, &recording.uuid.0], "no id"),
            "year" => dated("%Y"),
            "month" => dated("%m"),
            "day" => dated("%d"),
            "date" => dated("%Y-%m-%d"),
            "time" => dated("%H.%M"),
            "zone" => dated("%Z"),
            // `view` and `id` belong to files; in a folder's name they are empty.
            _ => String::new(),
        }
    }
}

/// The name of a file with attendance: `2026-03-01 Topic – attendance`. If it is in `taken`, the short id of what it is
/// of is added.
pub fn attendance_file(stem: &str, key: &FileKey, extension: &str, taken: &TakenNames) -> String {
    taken.first_free(&key.short(), |mark| {
        let mark = if mark.is_empty() { String::new() } else { format!(" {mark}") };
        let tail = format!("{mark} – attendance{extension}");
        format!("{}{tail}", clean(stem, NAME_UNITS_MAX - units(&tail)))
    })
}

/// The host in names if Zoom names none.
const UNKNOWN_HOST: &str = "unknown host";

/// One folder on the path to a recording's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Its name, unless another host has a folder of that name.
    pub name: String,
    /// The host, if the name does not identify one: `anna` may be `anna@a.org` or `anna@b.org`.
    pub whose: Option<FolderHost>,
}

/// The host that a folder is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderHost {
    /// Identifies the host, in a form that fits into a Drive property.
    pub host: String,
    /// The folder's name when another host has the short one: `anna (anna@b.org)`.
    pub full_name: String,
}

impl FolderHost {
    fn new(name: &str, host: &str) -> Self {
        let shown = host_in_full(host);
        let shown = if units(&shown) > HOST_UNITS_MAX { marked(host) } else { shown };
        let tail = format!(" ({shown})");
        let full_name = format!("{}{tail}", clean(name, NAME_UNITS_MAX - units(&tail)));
        Self { host: super::property(&host.to_lowercase()), full_name }
    }
}

/// Longest address after a short name, in UTF-16 units.
const HOST_UNITS_MAX: usize = NAME_UNITS_MAX / 2;

/// A host's address as a name that no other host has: if a character was replaced, or looks like another, a part of
/// the address's hash is added. Folders are shared with the host in their name.
fn host_in_full(host: &str) -> String {
    let is_plain = host.is_ascii() && clean(host, NAME_UNITS_MAX) == host;
    if is_plain || host == UNKNOWN_HOST { host.to_owned() } else { marked(host) }
}

fn marked(host: &str) -> String {
    let mut hash = hex::encode(Sha256::digest(host.to_lowercase().as_bytes()));
    hash.truncate(8);
    format!("{} {hash}", clean(host, HOST_UNITS_MAX - 1 - hash.len()))
}

fn first_filled(candidates: [&String; 2], fallback: &str) -> String {
    let filled = candidates.into_iter().find(|text| clean(text, NAME_UNITS_MAX) != EMPTY);
    filled.map_or_else(|| fallback.to_owned(), Clone::clone)
}

/// The view of the metadata file.
const MEETING_VIEW: &str = "meeting";

/// The file's view, in words.
fn view(file: &RecordingFile) -> String {
    if let Some(participant) = &file.participant {
        return if participant.is_empty() {
            "audio only participant".to_owned()
        } else {
            participant.clone()
        };
    }
    let named = if file.recording_type.is_empty() { &file.file_type } else { &file.recording_type };
    let words = named.replace('_', " ").to_lowercase();
    if words.is_empty() { "file".to_owned() } else { words }
}

/// The extension in lower case: Zoom's if it is valid, else by file type, else `bin`.
pub fn extension(file: &RecordingFile) -> String {
    let given = &file.extension;
    if (1..=8).contains(&given.len()) && given.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return given.to_ascii_lowercase();
    }
    let by_type = match file.file_type.as_str() {
        "MP4" => "mp4",
        "M4A" => "m4a",
        "CHAT" => "txt",
        "TRANSCRIPT" | "CC" => "vtt",
        "CSV" => "csv",
        "TIMELINE" | "SUMMARY" => "json",
        "TB" => "jpg",
        _ => "bin",
    };
    by_type.to_owned()
}

/// The MIME type for Drive.
pub fn mime_type(file: &RecordingFile) -> &'static str {
    match extension(file).as_str() {
        "mp4" => "video/mp4",
        "m4a" => "audio/mp4",
        "txt" => "text/plain",
        "vtt" => "text/vtt",
        "csv" => "text/csv",
        "json" => "application/json",
        "jpg" | "jpeg" => "image/jpeg",
        "pdf" => "application/pdf",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
