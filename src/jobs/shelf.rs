//! How a list of recordings sorts, filters and folds them: the words that people search for, and the states that they
//! know. Pure.

use std::fmt;
use std::str::FromStr;

use super::{JobId, Millis, Stage, Standing};
use crate::recording::Recording;

/// Longest host of a list, in bytes: as long as an email address can be.
pub const HOST_BYTES_MAX: usize = 254;

/// Longest topic of a list, in bytes. An entry of an index has a greatest size (2,704 bytes on PostgreSQL), and an
/// event with a longer topic must not be refused because of it.
pub const TOPIC_BYTES_MAX: usize = 300;

/// Words of one search.
pub const WORDS_MAX: usize = 4;

/// Longest search, in characters.
pub const SEARCH_CHARS_MAX: usize = 200;

/// The state of a recording, as people know it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ShelfState {
    /// Parked.
    NeedsYou,
    /// Active, and not proved.
    OnTheWay,
    /// Proved, and waiting for late files.
    LateFiles,
    /// Finished, with at least one file on Drive.
    Archived,
    /// Finished without a file on Drive: rules left everything out, or nothing was there.
    LeftOut,
    /// Cancelled.
    CalledOff,
}

impl ShelfState {
    /// Every state.
    pub const ALL: [ShelfState; 6] = [
        ShelfState::NeedsYou,
        ShelfState::OnTheWay,
        ShelfState::LateFiles,
        ShelfState::Archived,
        ShelfState::LeftOut,
        ShelfState::CalledOff,
    ];

    /// The name in addresses and in the store's statements.
    pub fn name(self) -> &'static str {
        match self {
            ShelfState::NeedsYou => "needs-you",
            ShelfState::OnTheWay => "on-the-way",
            ShelfState::LateFiles => "late-files",
            ShelfState::Archived => "archived",
            ShelfState::LeftOut => "left-out",
            ShelfState::CalledOff => "called-off",
        }
    }

    /// Parses a name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The words for people.
    pub fn words(self) -> &'static str {
        match self {
            ShelfState::NeedsYou => "needs you",
            ShelfState::OnTheWay => "on the way",
            ShelfState::LateFiles => "waiting for late files",
            ShelfState::Archived => "archived",
            ShelfState::LeftOut => "left out",
            ShelfState::CalledOff => "called off",
        }
    }

    /// The state of a job with this number of proved files.
    pub fn of(standing: Standing, stage: Stage, proved_files: u64) -> Self {
        match standing {
            Standing::Parked => ShelfState::NeedsYou,
            Standing::Cancelled => ShelfState::CalledOff,
            Standing::Active if stage < Stage::Verified => ShelfState::OnTheWay,
            Standing::Active => ShelfState::LateFiles,
            Standing::Finished if proved_files == 0 => ShelfState::LeftOut,
            Standing::Finished => ShelfState::Archived,
        }
    }
}

/// A position in a list: of the rows before it, the list goes on with older ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShelfCursor {
    /// When the recording happened.
    pub sort_at: Millis,
    /// Its job.
    pub job: JobId,
}

impl fmt::Display for ShelfCursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.sort_at, self.job)
    }
}

/// A text that is no cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a position in a list")]
pub struct NoCursor;

impl FromStr for ShelfCursor {
    type Err = NoCursor;

    fn from_str(text: &str) -> Result<Self, NoCursor> {
        let number = |text: &str| {
            let is_plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse::<i64>().ok().filter(|_| is_plain).ok_or(NoCursor)
        };
        let (sort_at, job) = text.split_once('-').ok_or(NoCursor)?;
        Ok(Self { sort_at: number(sort_at)?, job: JobId(number(job)?) })
    }
}

/// The host of a recording: the email address, or Zoom's id if there is none.
pub fn host(recording: &Recording) -> &str {
    if recording.host_email.is_empty() { &recording.host_id } else { &recording.host_email }
}

/// The host as lists keep it.
pub fn folded_host(recording: &Recording) -> String {
    folded(host(recording), HOST_BYTES_MAX)
}

/// The topic as lists keep it.
pub fn folded_topic(recording: &Recording) -> String {
    folded(&recording.topic, TOPIC_BYTES_MAX)
}

/// In lower case, and cut to this number of bytes. Lower case is made here, so that both databases agree on it.
pub fn folded(text: &str, bytes_max: usize) -> String {
    let mut lower = String::with_capacity(bytes_max.min(text.len()));
    // A text of a megabyte is not folded whole for its first bytes. NUL counts as the character that is stored for it.
    for c in text.chars().flat_map(char::to_lowercase).map(|c| if c == '\0' { '\u{FFFD}' } else { c }) {
        if lower.len() + c.len_utf8() > bytes_max {
            break;
        }
        lower.push(c);
    }
    lower
}

/// The words of a search, folded. `None` if there are more than [`WORDS_MAX`], or the search is too long.
pub fn words(search: &str) -> Option<Vec<String>> {
    if search.chars().count() > SEARCH_CHARS_MAX {
        return None;
    }
    let words: Vec<String> = search.split_whitespace().map(|word| folded(word, TOPIC_BYTES_MAX)).collect();
    (words.len() <= WORDS_MAX).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(folded("ÄÖÜ", 5), "äö");
        assert_eq!(folded("Hamlet\0", 300), "hamlet\u{FFFD}");
        // This letter has three bytes in lower case and two before.
        assert_eq!(folded("ȺȺ", 5), "ⱥ");
        assert_eq!(folded(&"X".repeat(1 << 20), TOPIC_BYTES_MAX).len(), TOPIC_BYTES_MAX);
    }

    #[test]
    fn a_cursor_is_read_as_it_is_written_and_nothing_else_is() {
        let cursor = ShelfCursor { sort_at: 1_772_400_000_000, job: JobId(7) };
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
        for text in
            ["", "-", "1-", "-1", "1-2-3", "+1-2", "1-+2", "a-b", "1_0-2", "99999999999999999999-1", " 1-2"]
        {
            assert_eq!(text.parse::<ShelfCursor>(), Err(NoCursor), "{text}");
        }
    }

    #[test]
    fn four_words_are_searched_for_and_no_more() {
        assert_eq!(words("  Hamlet  ACT ").unwrap(), ["hamlet", "act"]);
        assert_eq!(words("a b c d e"), None);
        assert_eq!(words(&"x".repeat(201)), None);
        assert!(words("").unwrap().is_empty());
    }

    #[test]
    fn every_state_has_a_name_of_its_own() {
        for state in ShelfState::ALL {
            assert_eq!(ShelfState::from_name(state.name()), Some(state));
        }
    }
}
