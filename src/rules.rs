//! Rules: they select recordings and files, and their folder. Pure: text in, decisions out.
//!
//! [`read`] parses [`Rules`] from a file's text; [`Rules::decide`] applies them to one recording. Every skip has a
//! [`Reason`] with the rule and its line. Without a file everything is archived, as by [`Rules::default`].

mod glob;
mod list;
mod near;
mod read;
mod roster;
mod share;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use crate::attendance::{Output, Roster};
use crate::jobs::RULE_LINE_MARK;
use crate::recording::names::{Naming, Template};
use crate::recording::{FileKey, Recording, RecordingFile};
use list::{Lists, Subject};

pub use glob::Glob;
pub use read::{RuleError, is_drive_id, read};
pub use share::Withheld;

/// Zoom's view of a participant's own audio.
const PARTICIPANT_VIEW: &str = "audio_only_each_participant";

/// Parsed rules. The default has none: everything is archived, in one place.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Rules {
    /// The rule's line, if hosts that no rule names are skipped.
    others_skipped: Option<usize>,
    /// The rule's line, if participants' audio is not archived.
    participants_skipped: Option<usize>,
    share_with_host: bool,
    /// The domains whose addresses may get access, and the rule's line; `None` for all domains.
    share_domains: Option<(Vec<share::Domain>, usize)>,
    only: Lists,
    skip: Lists,
    places: Vec<DestinationRule>,
}

/// One `[[where]]`.
#[derive(Debug, Clone, PartialEq)]
struct DestinationRule {
    line: usize,
    who: Lists,
    folder_id: Option<String>,
    folder: Option<Template>,
    file: Option<Template>,
    share_with_host: Option<bool>,
    attendance: Option<Output>,
    roster: Option<roster::RosterFile>,
}

/// Why something is not archived: a text, and the rule's line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// For example ``topic matches skip list `*standup*` ``.
    pub what: String,
    /// The rule's line in its file, counted from 1.
    pub line: usize,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{RULE_LINE_MARK}{})", self.what, self.line)
    }
}

/// The destination of a recording, as far as the rules set it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Destination {
    /// The line of the `[[where]]` that applies; `None` if the settings alone decide.
    pub line: Option<usize>,
    /// Replaces `DRIVE_FOLDER_ID`.
    pub folder_id: Option<String>,
    /// Replaces `FOLDER_TEMPLATE`.
    pub folder: Option<Template>,
    /// Replaces `FILE_TEMPLATE`.
    pub file: Option<Template>,
    /// True if the host gets access.
    pub share_with_host: bool,
    /// Replaces `ATTENDANCE`.
    pub attendance: Option<Output>,
    /// Who was expected.
    pub roster: Option<Arc<Roster>>,
}

impl Destination {
    /// The templates for this destination.
    pub fn naming(&self, settings: &Naming) -> Naming {
        Naming {
            folder: self.folder.as_ref().unwrap_or(&settings.folder).clone(),
            file: self.file.as_ref().unwrap_or(&settings.file).clone(),
            zone: settings.zone.clone(),
        }
    }
}

/// The rules' decision for one recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Why the whole recording is skipped; then every file has the same reason.
    pub skip: Option<Reason>,
    pub place: Destination,
    files: HashMap<FileKey, Reason>,
}

impl Decision {
    /// Why this file is skipped; `None` if it is archived.
    pub fn skips(&self, file: &FileKey) -> Option<&Reason> {
        self.files.get(file)
    }
}

impl Rules {
    /// Drive ids of the roots that rules name, in addition to the default one.
    pub fn roots(&self) -> Vec<&str> {
        self.places.iter().filter_map(|place| place.folder_id.as_deref()).collect()
    }

    /// Decides for a recording and each of its files, and selects the destination.
    ///
    /// A fact that Zoom leaves out (a duration, the type of meeting) skips nothing. But an only list of hosts,
    /// topics, meeting ids, file types or views does not match a missing value.
    pub fn decide(&self, recording: &Recording) -> Decision {
        let skip = self.skips(recording);
        let of_file = |file: &RecordingFile| skip.clone().or_else(|| self.skips_file(file));
        let files =
            recording.files.iter().filter_map(|file| Some((file.key.clone(), of_file(file)?))).collect();
        Decision { place: self.place(recording), files, skip }
    }

    fn skips(&self, recording: &Recording) -> Option<Reason> {
        let values = |subject: Subject| subject.of_recording(recording);
        self.skip
            .hit(Subject::OF_RECORDINGS, values)
            .or_else(|| self.only.missed(Subject::OF_RECORDINGS, values))
            .or_else(|| self.too_short(recording))
            .or_else(|| self.unnamed(recording))
    }

    fn too_short(&self, recording: &Recording) -> Option<Reason> {
        let ((least, line), minutes) = (self.only.minimum_minutes?, recording.duration_minutes?);
        (minutes < least)
            .then(|| Reason { what: format!("it lasted {minutes} min, less than {least}"), line })
    }

    fn unnamed(&self, recording: &Recording) -> Option<Reason> {
        let line = self.others_skipped?;
        let hosts = Subject::Host.of_recording(recording);
        let mut lists = [&self.only].into_iter().chain(self.places.iter().map(|place| &place.who));
        let is_named = lists.any(|lists| lists.names(Subject::Host, &hosts));
        (!is_named).then(|| Reason { what: "no rule names its host".to_owned(), line })
    }

    fn skips_file(&self, file: &RecordingFile) -> Option<Reason> {
        let is_participant = file.participant.is_some() || file.recording_type == PARTICIPANT_VIEW;
        if let Some(line) = self.participants_skipped.filter(|_| is_participant) {
            return Some(Reason { what: "participants' audio is not archived".to_owned(), line });
        }
        let values = |subject: Subject| subject.of_file(file);
        self.skip.hit(Subject::OF_FILES, values).or_else(|| self.only.missed(Subject::OF_FILES, values))
    }

    /// The first `[[where]]` that matches applies, and no other.
    fn place(&self, recording: &Recording) -> Destination {
        let values = |subject: Subject| subject.of_recording(recording);
        let holds = |place: &&DestinationRule| place.who.missed(Subject::OF_RECORDINGS, values).is_none();
        let Some(rule) = self.places.iter().find(holds) else {
            return Destination { share_with_host: self.share_with_host, ..Destination::default() };
        };
        Destination {
            line: Some(rule.line),
            folder_id: rule.folder_id.clone(),
            folder: rule.folder.clone(),
            file: rule.file.clone(),
            share_with_host: rule.share_with_host.unwrap_or(self.share_with_host),
            attendance: rule.attendance,
            roster: rule.roster.as_ref().and_then(|file| file.roster.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
