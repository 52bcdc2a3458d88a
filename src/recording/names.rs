//! What folders and files are called in Drive. Pure, and total: any topic gives a usable name.
//!
//! Templates are split at `/` before they are filled in, so that a topic can never add or climb a level.

mod clean;

use std::collections::HashSet;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::{FileKey, Recording, RecordingFile};
use clean::EMPTY;
pub use clean::clean;

/// Longest name, in characters. Drive takes more, but Drive for desktop and most file systems do not.
pub const NAME_CHARS_MAX: usize = 255;

/// Deepest folder template. Shared drives allow 100 levels in all.
const LEVELS_MAX: usize = 20;

/// The words a template may use, and what each stands for.
pub const PLACEHOLDERS: [(&str, &str); 12] = [
    ("host", "the host's email address"),
    ("host_name", "the part of it before the @"),
    ("topic", "the meeting's topic"),
    ("meeting_id", "the numeric meeting id"),
    ("year", "2026"),
    ("month", "11"),
    ("day", "22"),
    ("date", "2026-11-22"),
    ("time", "19.30"),
    ("zone", "the zone of these: `CET`, `UTC`, or an offset such as `+03`"),
    ("view", "what the file shows: `shared screen with speaker view`, `chat file` (files only)"),
    ("id", "eight characters that differ for every file (files only)"),
];

/// A folder or file template that was checked at start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Vec<Piece>>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Word(String),
}

/// What is wrong with a template.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TemplateError {
    /// A `{` without its `}`.
    #[error("a `{{` is never closed")]
    Unclosed,
    /// A word that stands for nothing.
    #[error(
        "`{{{0}}}` is not known; known are {{host}}, {{host_name}}, {{topic}}, {{meeting_id}}, {{year}}, {{month}}, {{day}}, {{date}}, {{time}}, {{zone}}, {{view}}, {{id}}"
    )]
    Unknown(String),
    /// An empty template or level, or too many levels.
    #[error("it needs between 1 and {LEVELS_MAX} levels separated by `/`, none of them empty")]
    Levels,
}

impl Template {
    /// Reads a template such as `{host}/{year}/{date} {topic}`.
    ///
    /// # Errors
    /// When a word is unknown, a brace is open, or a level is empty.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let levels = text.split('/').map(parse_level).collect::<Result<Vec<_>, _>>()?;
        if levels.len() > LEVELS_MAX || levels.iter().any(Vec::is_empty) {
            return Err(TemplateError::Levels);
        }
        Ok(Self(levels))
    }

    fn fill(&self, value: impl Fn(&str) -> String) -> Vec<String> {
        let fill_level = |level: &Vec<Piece>| {
            let filled: String = level
                .iter()
                .map(|piece| match piece {
                    Piece::Text(text) => text.clone(),
                    Piece::Word(word) => value(word),
                })
                .collect();
            clean(&filled, NAME_CHARS_MAX)
        };
        self.0.iter().map(fill_level).collect()
    }
}

fn parse_level(text: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        let (word, after) = after.split_once('}').ok_or(TemplateError::Unclosed)?;
        if !PLACEHOLDERS.iter().any(|(known, _)| *known == word) {
            return Err(TemplateError::Unknown(word.to_owned()));
        }
        pieces.push(Piece::Word(word.to_owned()));
        rest = after;
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

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
        let names = self.folder.fill(|word| self.word(word, recording, when));
        let host = first_filled([&recording.host_email, &recording.host_id], UNKNOWN_HOST);
        let level = |(name, pieces): (String, &Vec<Piece>)| {
            let has =
                |word: &str| pieces.iter().any(|piece| matches!(piece, Piece::Word(known) if known == word));
            let may_be_anothers = has("host_name") && !has("host");
            Level { whose: may_be_anothers.then(|| Whose::new(&name, &host)), name }
        };
        names.into_iter().zip(&self.folder.0).map(level).collect()
    }

    /// The file's name with its extension. Names in `taken` are avoided by the file's short id.
    pub fn file(
        &self,
        recording: &Recording,
        file: &RecordingFile,
        version: u32,
        taken: &HashSet<String>,
    ) -> String {
        let when = file.start.or_else(|| recording.happened_at());
        let stem = self
            .file
            .fill(|word| match word {
                "view" => view(file),
                "id" => file.key.short(),
                _ => self.word(word, recording, when),
            })
            .join(" ");
        let version = if version > 1 { format!(" (version {version})") } else { String::new() };
        let name = with_tail(&stem, &format!("{version}.{}", extension(file)));
        if !taken.contains(&name) {
            return name;
        }
        // Short ids can be equal as well; the whole digest is not.
        let name_with = |id: String| with_tail(&stem, &format!(" {id}{version}.{}", extension(file)));
        let name = name_with(file.key.short());
        if taken.contains(&name) { name_with(file.key.digest()) } else { name }
    }

    /// Whether the template gives each host a folder of their own, whatever else is in its name.
    pub fn folder_is_hosts_own(&self) -> bool {
        // Only alone: beside other words it could be read as another's (`{host}{topic}`).
        let is_hosts = |level: &Vec<Piece>| {
            ["host", "host_name"].iter().any(|word| *level == [Piece::Word((*word).to_owned())])
        };
        self.folder.0.iter().any(is_hosts)
    }

    /// The name of the file that tells what is known of the recording. It sorts beside the others. Names in
    /// `taken` are avoided by the recording's short id.
    pub fn meeting_file(&self, recording: &Recording, taken: &HashSet<String>) -> String {
        let id = FileKey::new(recording.uuid.as_str()).short();
        let when = recording.happened_at();
        let words = self.file.fill(|word| match word {
            "view" => MEETING_VIEW.to_owned(),
            "id" => id.clone(),
            _ => self.word(word, recording, when),
        });
        let shows_what = self.file.0.iter().flatten().any(|piece| *piece == Piece::Word("view".to_owned()));
        let view = if shows_what { String::new() } else { format!(" {MEETING_VIEW}") };
        let stem = words.join(" ");
        let name = with_tail(&stem, &format!("{view}.json"));
        if !taken.contains(&name) {
            return name;
        }
        with_tail(&stem, &format!("{view} {id}.json"))
    }

    fn word(&self, word: &str, recording: &Recording, when: Option<Timestamp>) -> String {
        let local = when.map(|when| Zoned::new(when, self.zone.clone()));
        let dated = |format: &str| {
            local.as_ref().map_or_else(|| "undated".into(), |local| local.strftime(format).to_string())
        };
        match word {
            "host" => first_filled([&recording.host_email, &recording.host_id], UNKNOWN_HOST),
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
    pub whose: Option<Whose>,
}

/// The host that a folder is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whose {
    /// What tells the host from all others, in what a Drive property can hold.
    pub host: String,
    /// The folder's name when another host has the short one: `anna (anna@b.org)`.
    pub full_name: String,
}

impl Whose {
    fn new(name: &str, host: &str) -> Self {
        let tail = format!(" ({})", clean(host, NAME_CHARS_MAX / 2));
        Self { host: super::property(&host.to_lowercase()), full_name: with_tail(name, &tail) }
    }
}

fn first_filled(candidates: [&String; 2], fallback: &str) -> String {
    let filled = candidates.into_iter().find(|text| clean(text, NAME_CHARS_MAX) != EMPTY);
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

/// The stem, cut so that the tail (id, version, extension) always fits.
fn with_tail(stem: &str, tail: &str) -> String {
    let room = NAME_CHARS_MAX.saturating_sub(tail.chars().count());
    format!("{}{tail}", clean(stem, room))
}

#[cfg(test)]
mod tests;
