//! What folders and files are called in Drive. Pure, and total: any topic gives a usable name.
//!
//! Templates are split at `/` before they are filled in, so that a topic can never add or climb a level.

use std::collections::HashSet;

use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::{FileKey, Recording, RecordingFile};

/// Longest name, in characters. Drive takes more, but Drive for desktop and most file systems do not.
pub const NAME_CHARS_MAX: usize = 255;

/// Deepest folder template. Shared drives allow 100 levels in all.
const LEVELS_MAX: usize = 20;

/// The words a template may use, and what each stands for.
pub const PLACEHOLDERS: [(&str, &str); 11] = [
    ("host", "the host's email address"),
    ("host_name", "the part of it before the @"),
    ("topic", "the meeting's topic"),
    ("meeting_id", "the numeric meeting id"),
    ("year", "2026"),
    ("month", "11"),
    ("day", "22"),
    ("date", "2026-11-22"),
    ("time", "19.30"),
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
        "`{{{0}}}` is not known; known are {{host}}, {{host_name}}, {{topic}}, {{meeting_id}}, {{year}}, {{month}}, {{day}}, {{date}}, {{time}}, {{view}}, {{id}}"
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
    pub fn folders(&self, recording: &Recording) -> Vec<String> {
        let when = recording.happened_at();
        self.folder.fill(|word| self.word(word, recording, when))
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
        with_tail(&stem, &format!(" {}{version}.{}", file.key.short(), extension(file)))
    }

    /// Whether the template gives each host a folder of their own, whatever else is in its name.
    pub fn folder_is_hosts_own(&self) -> bool {
        // Only the whole address, alone: beside other words it could be read as another's (`{host}{topic}`).
        self.folder.0.iter().any(|level| *level == [Piece::Word("host".to_owned())])
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
            "host" => first_filled([&recording.host_email, &recording.host_id], "unknown host"),
            "host_name" => {
                let local_part = recording.host_email.split('@').next().unwrap_or_default().to_owned();
                first_filled([&local_part, &recording.host_id], "unknown host")
            }
            "topic" => first_filled([&recording.topic, &recording.meeting_id], "untitled"),
            "meeting_id" => first_filled([&recording.meeting_id, &recording.uuid.0], "no id"),
            "year" => dated("%Y"),
            "month" => dated("%m"),
            "day" => dated("%d"),
            "date" => dated("%Y-%m-%d"),
            "time" => dated("%H.%M"),
            // `view` and `id` belong to files; in a folder they stand for nothing.
            _ => String::new(),
        }
    }
}

fn first_filled(candidates: [&String; 2], fallback: &str) -> String {
    let filled = candidates.into_iter().find(|text| clean(text, NAME_CHARS_MAX) != EMPTY);
    filled.map_or_else(|| fallback.to_owned(), Clone::clone)
}

/// What the file shows that tells what is known of a recording.
const MEETING_VIEW: &str = "meeting";

/// What a name becomes when nothing of it is usable.
const EMPTY: &str = "_";

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

/// Makes any text a name: separators and control characters go, white space is folded, the length is
/// bounded at a character's edge. Every script and emoji stays.
pub fn clean(text: &str, chars_max: usize) -> String {
    let replaced = text.chars().map(|c| match c {
        '/' | '\\' | '\u{2044}' | '\u{2215}' => '-',
        c if c.is_control() || is_direction_mark(c) => ' ',
        c => c,
    });
    let spaced: String = replaced.collect();
    let folded = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let cut: String = folded.chars().take(chars_max).collect();
    let trimmed = cut.trim_end();
    // `.` and `..` mean folders to every tool that may one day copy this archive, and a name that nobody can
    // see is none.
    if trimmed.chars().all(|c| c == '.' || is_invisible(c)) { EMPTY.to_owned() } else { trimmed.to_owned() }
}

/// Marks that reverse the reading direction: `gpj.exe` can be made to read `exe.jpg`.
fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{061C}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// Joiners and the like: they belong within words and emoji, and show nothing by themselves.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{00AD}' | '\u{034F}' | '\u{180E}' | '\u{200B}'..='\u{200D}' | '\u{2060}'..='\u{2064}' | '\u{FE00}'..='\u{FE0F}')
}

/// The stem, cut so that the tail (id, version, extension) always fits.
fn with_tail(stem: &str, tail: &str) -> String {
    let room = NAME_CHARS_MAX.saturating_sub(tail.chars().count());
    format!("{}{tail}", clean(stem, room))
}

#[cfg(test)]
mod tests;
