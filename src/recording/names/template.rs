//! Templates of names: parsed and checked once, filled in for each file. Pure.
//!
//! A name that is too long is shortened where that loses least, never at its end: the end distinguishes files.

use super::NAME_UNITS_MAX;
use super::clean::{clean, clean_word, cut, safe, units};

/// Most levels of a folder template. Shared drives allow 100 levels.
const LEVELS_MAX: usize = 20;

/// The placeholders of templates, and their meanings.
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

/// A folder or file template that was checked at the start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Vec<Piece>>);

/// A part of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Literal text.
    Text(String),
    /// A placeholder: `topic`.
    Word(String),
}

/// Why a template is not valid.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TemplateError {
    /// A `{` without its `}`.
    #[error("a `{{` is never closed")]
    Unclosed,
    /// An unknown placeholder.
    #[error(
        "`{{{0}}}` is not known; known are {{host}}, {{host_name}}, {{topic}}, {{meeting_id}}, {{year}}, {{month}}, {{day}}, {{date}}, {{time}}, {{zone}}, {{view}}, {{id}}"
    )]
    Unknown(String),
    /// An empty template or level, or too many levels.
    #[error("it needs between 1 and {LEVELS_MAX} levels separated by `/`, none of them empty")]
    Levels,
}

impl Template {
    /// Parses a template such as `{host}/{year}/{date} {topic}`.
    ///
    /// # Errors
    /// When a placeholder is unknown, a brace is open, or a level is empty.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let levels = text.split('/').map(parse_level).collect::<Result<Vec<_>, _>>()?;
        if levels.len() > LEVELS_MAX || levels.iter().any(Vec::is_empty) {
            return Err(TemplateError::Levels);
        }
        Ok(Self(levels))
    }

    /// The name of each folder.
    pub(super) fn folders(&self, value: impl Fn(&str) -> String) -> Vec<String> {
        self.0.iter().map(|level| fill(level, NAME_UNITS_MAX, &value)).collect()
    }

    /// All levels as one name of at most `units_max` UTF-16 units.
    pub(super) fn one_name(&self, units_max: usize, value: impl Fn(&str) -> String) -> String {
        let blank = [Piece::Text(" ".to_owned())];
        fill(&self.0.join(&blank[..]), units_max, &value)
    }

    pub(super) fn levels(&self) -> &[Vec<Piece>] {
        &self.0
    }

    /// True if the template contains this placeholder.
    pub(super) fn has(&self, word: &str) -> bool {
        self.0.iter().flatten().any(|piece| piece.is(word))
    }
}

impl Piece {
    /// True if it is this placeholder.
    pub(super) fn is(&self, word: &str) -> bool {
        matches!(self, Self::Word(known) if known == word)
    }

    /// The order in which parts are shortened when a name is too long: first the topic, which the metadata file
    /// contains in full, then addresses, then literal text. Dates, ids and views distinguish files and come last.
    fn yields(&self) -> usize {
        match self {
            Self::Word(word) => match word.as_str() {
                "topic" => 0,
                "host" | "host_name" => 1,
                _ => LAST_TO_YIELD,
            },
            Self::Text(_) => 2,
        }
    }
}

/// The last place in that order.
const LAST_TO_YIELD: usize = 3;

/// Length that a part keeps while others can still be shortened, in UTF-16 units: enough to recognise it.
const LEFT_MIN: usize = 16;

/// Fills in the parts and makes a name. If it is too long, parts are shortened in their order.
fn fill(pieces: &[Piece], units_max: usize, value: &impl Fn(&str) -> String) -> String {
    let filled = |piece: &Piece| match piece {
        Piece::Text(text) => safe(text),
        Piece::Word(word) => clean_word(&value(word)),
    };
    let mut parts: Vec<(usize, String)> =
        pieces.iter().map(|piece| (piece.yields(), filled(piece))).collect();
    for least in [LEFT_MIN, 0] {
        for turn in 0..=LAST_TO_YIELD {
            for at in (0..parts.len()).rev().filter(|at| pieces[*at].yields() == turn) {
                let excess =
                    parts.iter().map(|(_, part)| units(part)).sum::<usize>().saturating_sub(units_max);
                let part = &mut parts[at].1;
                let room = units(part).saturating_sub(excess).max(least);
                let end = cut(part, room).len();
                part.truncate(end);
            }
        }
    }
    clean(&parts.into_iter().map(|(_, part)| part).collect::<String>(), units_max)
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
