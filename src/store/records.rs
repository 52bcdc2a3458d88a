//! The types that callers pass to the store and get from it.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use crate::jobs::changes::Change;
use crate::jobs::{EventId, Job, JobId, Millis, Standing};
use crate::recording::Recording;

/// A received event to be stored.
#[derive(Clone)]
pub struct NewEvent {
    /// `recording.completed` and the like; empty if the body has none.
    pub name: String,
    /// The bytes as received. They contain tokens: they are never logged or shown.
    pub body: Vec<u8>,
    /// SHA-256 of the bytes: Zoom repeats an event byte for byte.
    pub body_sha256: String,
    /// The recording to archive, if the event is about one.
    pub recording: Option<Recording>,
    /// Changes to recordings at Zoom, if the event reports any. They apply only to existing jobs.
    pub changes: Vec<Change>,
    /// Why the event leads to no job; empty if it does.
    pub note: String,
}

impl fmt::Debug for NewEvent {
    /// The body contains tokens: only its digest is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewEvent")
            .field("name", &self.name)
            .field("body_sha256", &self.body_sha256)
            .field("recording", &self.recording)
            .field("changes", &self.changes)
            .field("note", &self.note)
            .finish_non_exhaustive()
    }
}

/// The result of accepting an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Accepted {
    /// Id of the event; of the earlier event when the bytes are repeated.
    pub event: EventId,
    /// The job that it belongs to.
    pub job: Option<JobId>,
    pub repeated: Repeated,
}

/// Whether the same bytes were received before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// They were; nothing changed.
    Yes,
    /// First time.
    No,
}

/// A stored event, for admins, without its body.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct StoredEvent {
    pub id: EventId,
    /// `recording.completed` and the like.
    pub name: String,
    pub received_at: Millis,
    /// The meeting's UUID, if the event has one.
    pub meeting: Option<String>,
    pub job: Option<JobId>,
    /// Why it led to no job; empty if it did.
    pub note: String,
}

/// The right to work on one job until it expires. Every write checks its token.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Lease {
    pub job: JobId,
    /// Unique to this claim.
    pub token: String,
    /// The job's revision at the claim: only later events are news to this run.
    pub revision: i64,
}

/// The result of a claim.
#[derive(Debug)]
pub enum Claim {
    /// A job, now leased to the caller.
    Leased(Box<Job>, Lease),
    /// No job is due.
    Nothing {
        /// Time until the next job is due, if there is one.
        next_in: Option<Duration>,
    },
}

/// The end of a run, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    /// The job's new standing.
    pub standing: Standing,
    /// Failed runs without progress.
    pub attempts: u32,
    /// Time until the next run.
    pub wait: Duration,
    /// The reason; empty when there is nothing to report.
    pub reason: String,
}

/// A reserved Drive folder.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct FolderRecord {
    pub drive_id: String,
    /// Whether it is known to exist on Drive.
    pub made: bool,
}

/// The file names in a folder at the time of planning.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct FolderNames {
    pub folder_id: String,
    /// The names of all files that any job has planned into it.
    pub names: HashSet<String>,
}

/// Filter for a list of jobs.
#[derive(Debug, Clone, Copy, Default)]
pub struct JobFilter {
    /// Only jobs of this standing.
    pub standing: Option<Standing>,
    /// Only jobs with lower ids: the next page.
    pub before: Option<JobId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_is_shown_shows_no_body() {
        let event = NewEvent {
            name: "recording.completed".into(),
            body: b"hunter2".to_vec(),
            body_sha256: "ab".into(),
            recording: None,
            changes: Vec::new(),
            note: String::new(),
        };
        let shown = format!("{event:?}");
        assert!(!shown.contains(&format!("{:?}", event.body)), "{shown}");
        assert!(shown.contains("recording.completed") && shown.contains("ab"), "{shown}");
    }
}
