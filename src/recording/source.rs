//! The service that a recording was made with, and from which it is archived.

use std::fmt;

use super::{ID_BYTES_MAX, MeetingUuid, Recording};

/// The name of a conference of Google Meet begins with this (Meet REST API v2, `conferenceRecords`).
pub(super) const CONFERENCE: &str = "conferenceRecords/";

/// Where a recording was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    Zoom,
    /// Google Meet. Its files lie in the organiser's Drive, and stay there whatever the settings say.
    Meet,
}

impl Source {
    /// The name for scripts, as `jobs list` shows it.
    pub fn name(self) -> &'static str {
        match self {
            Source::Zoom => "zoom",
            Source::Meet => "meet",
        }
    }
}

impl fmt::Display for Source {
    /// The name for people.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Source::Zoom => "Zoom",
            Source::Meet => "Google Meet",
        })
    }
}

impl MeetingUuid {
    /// Accepts the name of a conference of Google Meet, such as `conferenceRecords/b4a5c6d7`. `None` for any other
    /// text.
    pub fn of_conference(name: &str) -> Option<Self> {
        let id = name.strip_prefix(CONFERENCE)?;
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        let usable = !id.is_empty() && name.len() <= ID_BYTES_MAX && id.bytes().all(is_plain);
        usable.then(|| Self(name.to_owned()))
    }

    /// Where the meeting took place. Nobody can name a conference of Meet in an event: [`MeetingUuid::new`] refuses
    /// such names.
    pub fn source(&self) -> Source {
        if self.0.starts_with(CONFERENCE) { Source::Meet } else { Source::Zoom }
    }
}

impl Recording {
    /// Where it was made.
    pub fn source(&self) -> Source {
        self.uuid.source()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_event_of_zoom_names_a_conference_of_meet() {
        let name = "conferenceRecords/b4a5-C6_d7";
        assert_eq!(MeetingUuid::new(name), None);
        let uuid = MeetingUuid::of_conference(name).unwrap();
        assert_eq!((uuid.as_str(), uuid.source()), (name, Source::Meet));
        assert_eq!(MeetingUuid::new("/UE+cApLTmOc6HZxOLFclQ==").unwrap().source(), Source::Zoom);
    }

    #[test]
    fn a_conference_has_a_plain_name() {
        let long = format!("{CONFERENCE}{}", "x".repeat(ID_BYTES_MAX));
        for name in ["", "b4a5", "conferenceRecords/", "conferenceRecords/a/b", "conferenceRecords/..", &long]
        {
            assert_eq!(MeetingUuid::of_conference(name), None, "{name}");
        }
    }
}
