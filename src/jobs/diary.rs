//! What happened to a recording, as lines that people read. Pure.
//!
//! Milestones stay. Troubles are many, so a run writes a limited number of them, and they go with old events.

use super::{JobId, Millis};

/// Lines about troubles that one run may write.
pub const TROUBLES_PER_RUN: u32 = 20;

/// Longest text of a line, in characters: an error's text may quote input.
pub const TEXT_CHARS_MAX: usize = 500;

/// What a line is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DiaryKind {
    /// The first event arrived; the text is the event's name.
    Accepted,
    /// The files to archive are known; the text is their number.
    Listed,
    /// The last byte of every file is on Drive.
    Copied,
    /// Drive's copy of every file equals what was sent.
    Proved,
    /// No more late files are awaited.
    Settled,
    /// The copy at Zoom was moved to the trash.
    PutAway,
    /// The copy at Zoom was deleted for good, as the settings say.
    DeletedByUs,
    /// The original stays where it is.
    Kept,
    /// All is done; the text is a note.
    Finished,
    /// A person must act; the text is the reason.
    Parked,
    /// An operator resumed it.
    Retried,
    /// An operator began it again from an event.
    Replayed,
    /// An operator cancelled it.
    Cancelled,
    /// Zoom reported that its copy, or a part of it, was moved to the trash.
    Trashed,
    /// Zoom reported that its copy, or a part of it, was deleted.
    Deleted,
    /// Zoom reported that its copy, or a part of it, was recovered.
    Recovered,
    /// A run failed; the text is the reason. A trouble.
    Failed,
    /// An upload continued after an interruption; the text is offset, total and name. A trouble.
    WentOn,
    /// A file is sent again from its beginning; the text is its name. A trouble.
    SentAgain,
}

impl DiaryKind {
    /// Every kind.
    pub const ALL: [DiaryKind; 19] = [
        DiaryKind::Accepted,
        DiaryKind::Listed,
        DiaryKind::Copied,
        DiaryKind::Proved,
        DiaryKind::Settled,
        DiaryKind::PutAway,
        DiaryKind::DeletedByUs,
        DiaryKind::Kept,
        DiaryKind::Finished,
        DiaryKind::Parked,
        DiaryKind::Retried,
        DiaryKind::Replayed,
        DiaryKind::Cancelled,
        DiaryKind::Trashed,
        DiaryKind::Deleted,
        DiaryKind::Recovered,
        DiaryKind::Failed,
        DiaryKind::WentOn,
        DiaryKind::SentAgain,
    ];

    /// The stored name.
    pub fn name(self) -> &'static str {
        match self {
            DiaryKind::Accepted => "accepted",
            DiaryKind::Listed => "listed",
            DiaryKind::Copied => "copied",
            DiaryKind::Proved => "proved",
            DiaryKind::Settled => "settled",
            DiaryKind::PutAway => "put-away",
            DiaryKind::DeletedByUs => "deleted-by-us",
            DiaryKind::Kept => "kept",
            DiaryKind::Finished => "finished",
            DiaryKind::Parked => "parked",
            DiaryKind::Retried => "retried",
            DiaryKind::Replayed => "replayed",
            DiaryKind::Cancelled => "cancelled",
            DiaryKind::Trashed => "trashed",
            DiaryKind::Deleted => "deleted",
            DiaryKind::Recovered => "recovered",
            DiaryKind::Failed => "failed",
            DiaryKind::WentOn => "went-on",
            DiaryKind::SentAgain => "sent-again",
        }
    }

    /// Parses a stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it is a trouble, and no milestone.
    pub fn is_trouble(self) -> bool {
        matches!(self, DiaryKind::Failed | DiaryKind::WentOn | DiaryKind::SentAgain)
    }
}

/// A line of the diary.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct DiaryLine {
    /// Ascending with time.
    pub id: i64,
    pub job: JobId,
    /// By the store's clock.
    pub at: Millis,
    pub kind: DiaryKind,
    /// Text from outside may be in it; empty for most kinds.
    pub text: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_of_its_own() {
        for kind in DiaryKind::ALL {
            assert_eq!(DiaryKind::from_name(kind.name()), Some(kind));
        }
        assert_eq!(DiaryKind::from_name(""), None);
    }
}
