//! What we remember about a recording: pure rules, no IO and no clock.
//!
//! One [`Job`] per recording (meeting instance); its files are rows with a progress of their own, so that
//! they move side by side. [`stage`] says how far a job has come, [`retry`] when to try again, [`pause`] when
//! nobody should, [`proof`] what must be true before anything at Zoom may be deleted, [`provenance`] where the bytes
//! of a copy came from, [`readings`] what readings say about a file, [`backlog`] how much is
//! left to do, [`changes`] what people do to it at Zoom meanwhile, [`rate`] how fast files move, [`messages`] what
//! people are told, [`meeting_file`] what the file beside a recording's files tells.

pub mod absence;
pub mod backlog;
pub mod changes;
pub mod meeting_file;
pub mod messages;
pub mod pause;
pub mod proof;
pub mod provenance;
pub mod rate;
pub mod readings;
pub mod retry;
pub mod stage;

use std::fmt;
use std::time::Duration;

use crate::recording::{FileKey, Recording, RecordingFile};
use crate::secret::SecretUrl;

pub use backlog::{
    BACKFILL_EVENT, Backlog, FOUND_EVENT, Figures, Queue, SWEEP_SINGLETON, SingletonState, Sweeping,
};
pub use changes::{Removal, Removals, ZoomCopy};
pub use proof::{AllProved, DriveCopy, SentFile, Unproved};
pub use provenance::Provenance;
pub use readings::Readings;
pub use stage::{Stage, Standing};

/// A point in time as the store keeps it: milliseconds since 1970, UTC, by the store's own clock.
pub type Millis = i64;

/// How long ago a time was. A time to come (a meeting's start, by another clock) has no age.
pub fn age(at: Millis, now: Millis) -> Duration {
    Duration::from_millis(u64::try_from(now.saturating_sub(at)).unwrap_or(0))
}

/// A job's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub i64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// An event's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub i64);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Everything that is known of one recording's way into the archive.
#[derive(Debug, Clone)]
pub struct Job {
    /// Its number.
    pub id: JobId,
    /// The recording as the newest events and listings describe it.
    pub recording: Recording,
    /// What has been achieved.
    pub stage: Stage,
    /// Whether the worker may touch it.
    pub standing: Standing,
    /// Why it waits, is parked, or what went wrong last; empty when all is well.
    pub reason: String,
    /// Runs without progress since the last one with.
    pub attempts: u32,
    /// Not before this is it tried again.
    pub next_attempt_at: Millis,
    /// When the first event came: the late-file window counts from here.
    pub accepted_at: Millis,
    /// Last change.
    pub updated_at: Millis,
    /// Raised by every event that brings news; planning stores what it has seen. A difference means that
    /// there is something to plan.
    pub revision: i64,
    /// The revision that planning has seen.
    pub planned_revision: i64,
    /// Whether a worker holds it at this moment.
    pub leased: bool,
    /// What people took away at Zoom, as events told.
    pub removals: Removals,
    /// What has become of Zoom's copy by our hand.
    pub zoom_copy: ZoomCopy,
    /// Whether a backfill brought it in, and no event since: it lets fresh recordings go first.
    pub backfilled: bool,
}

impl Job {
    /// Whether an event has come that planning has not seen.
    pub fn has_news(&self) -> bool {
        self.revision > self.planned_revision
    }

    /// From when on late files are waited for: the first event; for a backfilled recording its meeting's end,
    /// if that was earlier, since whatever comes late to it has long come.
    pub fn window_began(&self) -> Millis {
        let ended_at = self.recording.ended_at().map(|at| at.as_millisecond());
        let ended_at = ended_at.filter(|_| self.backfilled);
        ended_at.map_or(self.accepted_at, |ended_at| ended_at.min(self.accepted_at))
    }

    /// Why Zoom lists nothing of it, if that is known. The echo of our own trashing is not a person's.
    pub fn removal(&self) -> Option<Removal> {
        match self.zoom_copy {
            ZoomCopy::PutAway => Some(Removal::PutAway),
            ZoomCopy::Untouched | ZoomCopy::Recovered => self.removals.of_all(),
        }
    }
}

/// One version of one file of a job.
#[derive(Debug, Clone)]
pub struct FileRecord {
    /// Which file of the recording.
    pub key: FileKey,
    /// 1, or more when Zoom made the file anew: with another size, or with other content at the listed size.
    pub version: u32,
    /// As last listed, with its download address.
    pub file: RecordingFile,
    /// Its name in Drive.
    pub name: String,
    /// The folder it belongs in.
    pub folder_id: String,
    /// The Drive id that was reserved for it before any upload.
    pub drive_id: String,
    /// How far it has come.
    pub state: FileState,
    /// Where its upload stands.
    pub progress: UploadProgress,
    /// How often Drive's copy differed from what was sent.
    pub mismatches: u32,
    /// How often its transfer began anew before it was complete.
    pub restarts: u32,
    /// When Drive's copy was found to be just what was sent; unknown for what was proved before this was noted.
    pub proved_at: Option<Millis>,
    /// Where its bytes came from, as far as they were hashed.
    pub provenance: Provenance,
    /// What readings at Zoom have shown beside it.
    pub readings: Readings,
}

impl FileRecord {
    /// Whether this is the copy of the file as it is listed. One that Zoom's listing has contradicted is a copy of
    /// something else.
    pub fn stands_for(&self, file: &RecordingFile) -> bool {
        self.file.is_same_version(file) && self.provenance != Provenance::Contradicted
    }

    /// Whether it is news when Zoom shows it again: it was left out although it has an address, and not because
    /// a rule wants it so.
    pub fn may_come_back(&self) -> bool {
        matches!(self.state, FileState::Skipped(_))
            && !self.is_left_out_by_rule()
            && self.file.download.is_some()
    }

    /// Whether a rule left it out. Rules may change; whatever else was in the way stands until Zoom shows the
    /// file again.
    pub fn is_left_out_by_rule(&self) -> bool {
        matches!(&self.state, FileState::Skipped(reason) if is_rules_reason(reason))
    }
}

/// What stands before the line of a rule, in every reason that rules give. The store keeps reasons as text, and
/// knows those of rules by it.
pub const RULE_LINE_MARK: &str = " (rules, line ";

/// Whether a stored reason names a rule.
pub fn is_rules_reason(text: &str) -> bool {
    let line = text.strip_suffix(')').and_then(|text| text.rsplit_once(RULE_LINE_MARK)).map(|(_, line)| line);
    line.is_some_and(|line| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Why a file is sent again from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Drive's finished copy differed from what was sent.
    CopyDiffered,
    /// Half-way Zoom's file turned out to be another one, or somebody trashed the copy in the making.
    BeganAnew,
    /// The proved copy is gone from Drive: nothing of ours went wrong, and nothing is counted.
    CopyGone,
}

impl Restart {
    /// The file's count of differing copies after this.
    pub fn mismatches(self, file: &FileRecord) -> u32 {
        file.mismatches + u32::from(self == Restart::CopyDiffered)
    }

    /// The file's count of transfers that began anew after this.
    pub fn restarts(self, file: &FileRecord) -> u32 {
        file.restarts + u32::from(self == Restart::BeganAnew)
    }
}

/// How far one file has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// To be transferred, or being transferred.
    Wanted,
    /// Its last byte is on Drive; what was sent is known, what Drive holds is not yet compared.
    Transferred(SentFile),
    /// Drive's size and SHA-256 equal what was sent.
    Verified(SentFile),
    /// Not archived, and why.
    Skipped(String),
}

impl FileState {
    /// The state's name, as stored and shown.
    pub fn name(&self) -> &'static str {
        match self {
            FileState::Wanted => "wanted",
            FileState::Transferred(_) => "transferred",
            FileState::Verified(_) => "verified",
            FileState::Skipped(_) => "skipped",
        }
    }
}

/// Where one upload stands: enough to go on after a crash, at both ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadProgress {
    /// Drive's resumable session. Whoever knows it can write the file.
    pub session: Option<SecretUrl>,
    /// When the session was opened; Drive forgets sessions after a week.
    pub session_opened_at: Millis,
    /// The file's real size, as Zoom's download announced it. Fixed for the life of a session.
    pub total: u64,
    /// Bytes that Drive has confirmed and that `hash_state` covers.
    pub offset: u64,
    /// SHA-256 over the first `offset` bytes, to be continued; empty at offset 0.
    pub hash_state: Vec<u8>,
    /// Zoom's ETag (or Last-Modified) of the bytes so far: a resumed download must show the same.
    pub validator: String,
}

/// What an event means for a job that exists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Newer facts are noted; nothing else happens.
    Note,
    /// There may be something to do: planning looks again.
    Wake,
}

/// Decides what an event means for a job that exists already. `known` are the files of the plan, every
/// version.
pub fn reaction(
    standing: Standing,
    stage: Stage,
    attempts: u32,
    known: &[RecordingFile],
    event: &Recording,
) -> Reaction {
    let listed_anew = |file: &RecordingFile| !known.iter().any(|known| known.is_same_version(file));
    let news = event.files.iter().any(listed_anew);
    match standing {
        // Only the operator who called it off can bring it back.
        Standing::Cancelled => Reaction::Note,
        // New tokens may be just what was missing.
        Standing::Parked => Reaction::Wake,
        Standing::Active if attempts > 0 || stage == Stage::Received => Reaction::Wake,
        Standing::Active | Standing::Finished if news => Reaction::Wake,
        Standing::Active | Standing::Finished => Reaction::Note,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::recording::listing;

    #[test]
    fn what_a_backfill_brings_in_has_had_its_late_files_since_its_meeting_ended() {
        let recording =
            listing::read(&json!({"uuid": "u", "start_time": "2024-05-01T10:00:00Z", "duration": 60}));
        let ended = "2024-05-01T11:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond();
        let mut job = Job {
            id: JobId(1),
            recording: recording.unwrap(),
            stage: Stage::Verified,
            standing: Standing::Active,
            reason: String::new(),
            attempts: 0,
            next_attempt_at: 0,
            accepted_at: ended + 1_000_000,
            updated_at: 0,
            revision: 1,
            planned_revision: 1,
            leased: true,
            removals: Removals::default(),
            zoom_copy: ZoomCopy::default(),
            backfilled: true,
        };
        assert_eq!(job.window_began(), ended);
        // A meeting that is still on, by its listed length, is waited for from its first event.
        job.accepted_at = ended - 1;
        assert_eq!(job.window_began(), job.accepted_at);
        job.recording.start_time = None;
        assert_eq!(job.window_began(), job.accepted_at, "nobody knows when it was");
        (job.backfilled, job.accepted_at) = (false, ended + 1_000_000);
        assert_eq!(job.window_began(), job.accepted_at);
    }
}
