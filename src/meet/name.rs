//! Names of conferences and rooms, as Google writes them. A name becomes a part of an address, so it is checked.

use std::fmt;
use std::str::FromStr;

/// Longest id that is accepted, in bytes. Real ones have up to 36.
const ID_BYTES_MAX: usize = 128;

/// What the name of a conference begins with.
const CONFERENCE: &str = "conferenceRecords/";

/// What the name of a room begins with.
const SPACE: &str = "spaces/";

/// True for letters, digits, `-` and `_`.
fn is_id(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    !text.is_empty() && text.len() <= ID_BYTES_MAX && text.bytes().all(is_plain)
}

/// The name of a conference: `conferenceRecords/b4a5c6d7`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConferenceName(String);

/// The text is no name of a conference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a conference: expected a name such as conferenceRecords/b4a5c6d7")]
pub struct NoConferenceName;

impl ConferenceName {
    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part behind `conferenceRecords/`.
    pub fn id(&self) -> &str {
        &self.0[CONFERENCE.len()..]
    }

    /// The conference that a participant, a session or an artifact belongs to.
    pub fn of_part(name: &str) -> Option<Self> {
        let id = name.strip_prefix(CONFERENCE)?.split('/').next()?;
        format!("{CONFERENCE}{id}").parse().ok()
    }
}

impl FromStr for ConferenceName {
    type Err = NoConferenceName;

    fn from_str(text: &str) -> Result<Self, NoConferenceName> {
        let id = text.trim().strip_prefix(CONFERENCE).ok_or(NoConferenceName)?;
        if is_id(id) { Ok(Self(format!("{CONFERENCE}{id}"))) } else { Err(NoConferenceName) }
    }
}

impl fmt::Display for ConferenceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name of a room: `spaces/jQCFfuBOdN5z`. It stays when the room's code dies.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpaceName(String);

impl SpaceName {
    /// Reads a name, with or without `spaces/`.
    pub fn new(text: &str) -> Option<Self> {
        let text = text.trim();
        let id = text.strip_prefix(SPACE).unwrap_or(text);
        is_id(id).then(|| Self(format!("{SPACE}{id}")))
    }

    /// The whole name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The part behind `spaces/`.
    pub fn id(&self) -> &str {
        &self.0[SPACE.len()..]
    }
}

impl fmt::Display for SpaceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_lead_to_another_path_are_refused() {
        let name: ConferenceName = "conferenceRecords/b4a5-C6_d7".parse().unwrap();
        assert_eq!((name.as_str(), name.id()), ("conferenceRecords/b4a5-C6_d7", "b4a5-C6_d7"));
        let part = "conferenceRecords/b4/participants/1/participantSessions/2";
        assert_eq!(ConferenceName::of_part(part).unwrap().id(), "b4");
        for text in [
            "",
            "conferenceRecords/",
            "conferenceRecords/..",
            "conferenceRecords/a/b",
            "b4a5",
            "a b",
            "conferenceRecords/a%2e",
            "spaces/a",
            "conferenceRecords/ü",
        ] {
            assert_eq!(text.parse::<ConferenceName>(), Err(NoConferenceName), "{text}");
        }
        assert_eq!(SpaceName::new("jQCF").unwrap().as_str(), "spaces/jQCF");
        assert_eq!(SpaceName::new("spaces/jQCF").unwrap().id(), "jQCF");
        for text in ["", "spaces/", "spaces/../a", "a/b", "a.b", &"a".repeat(129)] {
            assert_eq!(SpaceName::new(text), None, "{text}");
        }
    }
}
