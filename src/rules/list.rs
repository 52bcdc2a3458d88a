//! The lists of `[only]`, `[skip]` and `[[where]]`: the property that each compares, and the effect of a match.

use super::glob::Glob;
use super::{PARTICIPANT_VIEW, Reason};
use crate::recording::{MeetingKind, Recording, RecordingFile};

/// The property that a list compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Host,
    Topic,
    MeetingId,
    MeetingType,
    FileType,
    View,
}

impl Subject {
    pub(super) const OF_RECORDINGS: &[Subject] =
        &[Self::Host, Self::Topic, Self::MeetingId, Self::MeetingType];
    pub(super) const OF_FILES: &[Subject] = &[Self::FileType, Self::View];

    /// The list's key in the file.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Host => "hosts",
            Self::Topic => "topics",
            Self::MeetingId => "meeting_ids",
            Self::MeetingType => "meeting_types",
            Self::FileType => "file_types",
            Self::View => "views",
        }
    }

    /// The property in words.
    fn word(self) -> &'static str {
        match self {
            Self::Host => "host",
            Self::Topic => "topic",
            Self::MeetingId => "meeting id",
            Self::MeetingType => "meeting type",
            Self::FileType => "file type",
            Self::View => "view",
        }
    }

    /// A recording's values of the property; any of them may match.
    pub(super) fn of_recording(self, recording: &Recording) -> Vec<String> {
        let values = match self {
            Self::Host => vec![recording.host_email.clone(), recording.host_id.clone()],
            Self::Topic => return vec![recording.topic.clone()],
            Self::MeetingId => vec![digits(&recording.meeting_id)],
            Self::MeetingType => {
                recording.kind.map(MeetingKind::name).map(str::to_owned).into_iter().collect()
            }
            Self::FileType | Self::View => Vec::new(),
        };
        values.into_iter().filter(|value| !value.is_empty()).collect()
    }

    /// A file's values of the property.
    pub(super) fn of_file(self, file: &RecordingFile) -> Vec<String> {
        let value = match self {
            Self::FileType if file.file_type.is_empty() => &file.extension,
            Self::FileType => &file.file_type,
            Self::View if file.recording_type.is_empty() && file.participant.is_some() => PARTICIPANT_VIEW,
            Self::View => &file.recording_type,
            Self::Host | Self::Topic | Self::MeetingId | Self::MeetingType => "",
        };
        Some(value.to_owned()).filter(|value| !value.is_empty()).into_iter().collect()
    }
}

/// A meeting id without the spaces in which people write it, `851 2345 6789`.
pub(super) fn digits(meeting_id: &str) -> String {
    meeting_id.chars().filter(|c| !c.is_whitespace() && *c != '-').collect()
}

/// A list: its line, and each pattern with its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct List {
    pub line: usize,
    pub globs: Vec<(usize, Glob)>,
}

impl List {
    fn hit(&self, values: &[String]) -> Option<&(usize, Glob)> {
        self.globs.iter().find(|(_, glob)| values.iter().any(|value| glob.matches(value)))
    }
}

/// All lists of one table, and the table's other settings.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Lists {
    pub lists: Vec<(Subject, List)>,
    /// A tag that topics may contain, and its line.
    pub tag: Option<(String, usize)>,
    /// In `[only]`: the shortest duration in minutes, and its line.
    pub minimum_minutes: Option<(u64, usize)>,
}

impl Lists {
    pub(super) fn of(&self, subject: Subject) -> Option<&List> {
        self.lists.iter().find(|(of, _)| *of == subject).map(|(_, list)| list)
    }

    /// True if the list exists and matches one of these values.
    pub(super) fn names(&self, subject: Subject, values: &[String]) -> bool {
        self.of(subject).is_some_and(|list| list.hit(values).is_some())
    }

    /// As a skip list: the first entry that matches.
    pub(super) fn hit(
        &self,
        subjects: &[Subject],
        values: impl Fn(Subject) -> Vec<String>,
    ) -> Option<Reason> {
        for subject in subjects {
            if let Some((line, glob)) = self.of(*subject).and_then(|list| list.hit(&values(*subject))) {
                let what = format!("{} matches skip list `{glob}`", subject.word());
                return Some(Reason { what, line: *line });
            }
        }
        let (tag, line) = self.tag.as_ref().filter(|_| subjects.contains(&Subject::Topic))?;
        has_tag(tag, &values(Subject::Topic))
            .then(|| Reason { what: format!("topic has the tag `{tag}`, which skips it"), line: *line })
    }

    /// As an only list: the first list that matches none of the values.
    pub(super) fn missed(
        &self,
        subjects: &[Subject],
        values: impl Fn(Subject) -> Vec<String>,
    ) -> Option<Reason> {
        for subject in subjects {
            let (Some(list), values) = (self.of(*subject), values(*subject)) else { continue };
            let is_unknown = *subject == Subject::MeetingType && values.is_empty();
            if list.hit(&values).is_none() && !is_unknown {
                let what = format!("{} is not on the only list", subject.word());
                return Some(Reason { what, line: list.line });
            }
        }
        let (tag, line) = self.tag.as_ref().filter(|_| subjects.contains(&Subject::Topic))?;
        (!has_tag(tag, &values(Subject::Topic)))
            .then(|| Reason { what: format!("topic has no tag `{tag}`"), line: *line })
    }
}

fn has_tag(tag: &str, topics: &[String]) -> bool {
    topics.iter().any(|topic| topic.to_lowercase().contains(&tag.to_lowercase()))
}
