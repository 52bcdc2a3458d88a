//! What folders and files are called in Drive. Pure, and total: any topic gives a usable name.
//!
//! Templates are split at `/` before they are filled in, so that a topic can never add or climb a level. Drive takes any
//! name, but people also see the archive on a synced desktop: names are such that Windows and macOS can hold them, and
//! no two in a folder are the same to either.

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

/// Longest name, in UTF-16 units: what NTFS and APFS hold. Drive takes more.
pub const NAME_UNITS_MAX: usize = 255;

/// Templates and time zone together: how this archive names things.
#[derive(Debug, Clone)]
pub struct Naming {
    /// Folders below the root, one per level.
    pub folder: Template,
    /// A file's name without its extension.
    pub file: Template,
    /// The zone in which dates and times are written.
    pub zone: TimeZone,
}

impl Naming {
    /// The folders from the root down to this recording's own.
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

    /// The file's name with its extension. Names in `taken` are avoided by the file's short id.
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

    /// Whether the template gives each host a folder of their own, whatever else is in its name.
    pub fn folder_is_hosts_own(&self) -> bool {
        // Only alone: beside other words it could be read as another's (`{host}{topic}`).
        let is_hosts = |level: &Vec<Piece>| match &level[..] {
            [piece] => piece.is("host") || piece.is("host_name"),
            _ => false,
        };
        self.folder.levels().iter().any(is_hosts)
    }

    /// The name of the file that tells what is known of the recording. It sorts beside the others, and ends with
    /// `meeting.json` unless the template has something behind `{view}`. Names in `taken` are avoided by the recording's
    /// short id, which stands before that.
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
            // `view` and `id` belong to files; in a folder they stand for nothing.
            _ => String::new(),
        }
    }
}

/// The host in names where Zoom does not tell one.
const UNKNOWN_HOST: &str = "unknown host";

/// One folder on the way to a recording's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Its name, unless that is another host's.
    pub name: String,
    /// Whose it is, where its name does not tell: `anna` may be `anna@a.org` or `anna@b.org`.
    pub whose: Option<FolderHost>,
}

/// The host that a folder is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderHost {
    /// What tells the host from all others, in what a Drive property can hold.
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

/// Longest address behind a short name, in UTF-16 units.
const HOST_UNITS_MAX: usize = NAME_UNITS_MAX / 2;

/// A host's address as a name that is no other host's: where a character of it had to be replaced, or may be taken for
/// another, some of its hash tells them apart. Folders are shared with the host whose name they bear.
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

/// What the file shows that tells what is known of a recording.
const MEETING_VIEW: &str = "meeting";

/// What the file shows, in words.
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

/// The extension, lower case: Zoom's own when it is sane, else by file type, else `bin`.
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

/// The MIME type that Drive is told.
pub fn mime_type(file: &RecordingFile) -> &'static str {
    match extension(file).as_str() {
        "mp4" => "video/mp4",
        "m4a" => "audio/mp4",
        "txt" => "text/plain",
        "vtt" => "text/vtt",
        "csv" => "text/csv",
        "json" => "application/json",
        "jpg" | "jpeg" => "image/jpeg",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests;
