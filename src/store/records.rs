//! What callers hand in and get back.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use crate::jobs::changes::Change;
use crate::jobs::{EventId, Job, JobId, Millis, Standing};
use crate::recording::Recording;

/// An event as it came in, ready to be written down.
#[derive(Clone)]
pub struct NewEvent {
    /// `recording.completed` and the like; empty if the body names none.
    pub name: String,
    /// The bytes as received. They hold tokens: they are never logged or shown.
    pub body: Vec<u8>,
    /// SHA-256 of the bytes: Zoom repeats an event byte for byte.
    pub body_sha256: String,
    /// What is to be archived, if the event is about a recording.
    pub recording: Option<Recording>,
    /// What was done to recordings at Zoom, if the event tells that. Only jobs that exist hear of it.
    pub changes: Vec<Change>,
    /// Why it leads to no job, if it does not.
    pub note: String,
}

impl fmt::Debug for NewEvent {
    /// The body holds tokens: only its digest is shown.
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

/// What became of an accepted event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted {
    /// The event's number; an earlier one's when the same bytes came before.
    pub event: EventId,
    /// The job that it belongs to.
    pub job: Option<JobId>,
    /// Whether these very bytes were here before.
    pub repeated: Repeated,
}

/// Whether an event's bytes were here before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeated {
    /// They were; nothing was changed.
    Yes,
    /// First time.
    No,
}

/// A stored event, for admins. Its body stays in the store.
#[derive(Debug, Clone)]
pub struct StoredEvent {
    /// Its number.
    pub id: EventId,
    /// `recording.completed` and the like.
    pub name: String,
    /// When it came.
    pub received_at: Millis,
    /// The meeting's uuid, if it names one.
    pub meeting: Option<String>,
    /// The job it belongs to.
    pub job: Option<JobId>,
    /// Why it led to no job, if it did not.
    pub note: String,
}

/// The right to work on one job until it ends. Proved by its token at every write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The job.
    pub job: JobId,
    /// Unique to this claim.
    pub token: String,
    /// The job's revision when it was claimed: only what came later is news to this run.
    pub revision: i64,
}

/// What a claim found.
#[derive(Debug)]
pub enum Claim {
    /// A job, now leased to the caller.
    Leased(Box<Job>, Lease),
    /// Nothing is due. The next job will be in so long, if there is one.
    Nothing {
        /// Time until the next job is due.
        next_in: Option<Duration>,
    },
}

/// How a run over a job ended, as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunEnd {
    /// The job's new standing.
    pub standing: Standing,
    /// Runs without progress.
    pub attempts: u32,
    /// From now.
    pub wait: Duration,
    /// Why; empty when all is well.
    pub reason: String,
}

/// A folder id that was reserved before the folder was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderRecord {
    /// The Drive id.
    pub drive_id: String,
    /// Whether it is known to exist.
    pub made: bool,
}

/// The names that a folder's files have, as they were when a plan was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FolderNames {
    /// The folder.
    pub folder_id: String,
    /// The names of all files that are planned into it, by whatever job.
    pub names: HashSet<String>,
}

/// Which jobs to list.
#[derive(Debug, Clone, Copy, Default)]
pub struct JobFilter {
    /// Only these.
    pub standing: Option<Standing>,
    /// Only jobs with smaller numbers: the next page.
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
