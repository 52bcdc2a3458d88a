//! The model of a recording's way into the archive: pure rules, without IO and without a clock.
//!
//! There is one [`Job`] per recording (meeting instance). Its files are rows with their own state, so that they
//! advance independently. [`stage`]: how far a job is. [`retry`]: when to try again. [`pause`]: when to stop for
//! everybody. [`proof`]: the conditions for any deletion at Zoom. [`provenance`]: the source of a copy's bytes.
//! [`readings`]: the results of reading a file at Zoom. [`backlog`]: how much is not archived. [`coverage`]: since when
//! no day went unlooked at. [`changes`]: changes that people make at Zoom. [`rate`]: how fast files are transferred.
//! [`messages`]: messages to people. [`outlook`]: one sentence about the whole archive. [`meeting_file`]: the content
//! of `meeting.json`. [`diary`]: what happened to a recording. [`shelf`]: how lists sort, filter and fold recordings.
//! [`amounts`]: numbers for people. [`verification`]: whether the archive is still as it was proved.

pub mod absence;
pub mod amounts;
pub mod backlog;
pub mod changes;
pub mod coverage;
pub mod diary;
pub mod meeting_file;
pub mod messages;
pub mod outlook;
pub mod pause;
pub mod proof;
pub mod provenance;
pub mod rate;
pub mod readings;
pub mod retry;
pub mod shelf;
pub mod stage;
pub mod verification;

use std::fmt;
use std::time::Duration;

use crate::recording::{FileKey, Recording, RecordingFile, Source};
use crate::secret::SecretUrl;

pub use backlog::{
    BACKFILL_EVENT, Backlog, FOUND_EVENT, Figures, MEET_EVENT, MEET_SINGLETON, Queue, SWEEP_SINGLETON,
    SingletonState, Sweeping,
};
pub use changes::{Removal, Removals, ZoomCopy};
pub use coverage::{BackfilledDays, Coverage, Gap, Look, MEET_GAP_COMMAND};
pub use proof::{AllProved, DriveCopy, SentFile, Unproved};
pub use provenance::Provenance;
pub use readings::Readings;
pub use stage::{Stage, Standing};
pub use verification::{VERIFY_SINGLETON, VerificationState};

/// A point in time as the store keeps it: milliseconds since 1970, UTC, by the store's own clock.
pub type Millis = i64;

/// Time since `at`. A future time (a meeting's start, by another clock) has no age.
pub fn age(at: Millis, now: Millis) -> Duration {
    Duration::from_millis(u64::try_from(now.saturating_sub(at)).unwrap_or(0))
}

/// Id of a job; part of what people type in commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub i64);

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Id of a stored event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub i64);

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One recording's way into the archive.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Job {
    pub id: JobId,
    /// The recording according to the newest events and listings.
    pub recording: Recording,
    pub stage: Stage,
    pub standing: Standing,
    /// Why the job waits or is parked, or its last error; empty when there is nothing to report.
    pub reason: String,
    /// Failed runs since the last run with progress.
    pub attempts: u32,
    /// Earliest time of the next run.
    pub next_attempt_at: Millis,
    /// When the first event arrived: the late-file window starts here.
    pub accepted_at: Millis,
    pub updated_at: Millis,
    /// Raised by every event with news. When it differs from `planned_revision`, there is something to plan.
    pub revision: i64,
    /// The revision at the last planning.
    pub planned_revision: i64,
    /// Whether a worker runs it at this moment.
    pub leased: bool,
    /// Files that people removed at Zoom, according to events.
    pub removals: Removals,
    pub zoom_copy: ZoomCopy,
    /// Whether a backfill added it and no event has arrived since: newer recordings have priority over it.
    pub backfilled: bool,
}

impl Job {
    /// Whether an event has arrived since the last planning.
    pub fn has_news(&self) -> bool {
        self.revision > self.planned_revision
    }

    /// Start of the late-file window: the first event. For a recording that a list brought, by a backfill or from Meet,
    /// the end of its meeting, if that was earlier: files that come late to it have already arrived.
    pub fn window_began(&self) -> Millis {
        let ended_at = self.recording.ended_at().map(|at| at.as_millisecond());
        let was_listed = self.backfilled || self.recording.source() == Source::Meet;
        let ended_at = ended_at.filter(|_| was_listed);
        ended_at.map_or(self.accepted_at, |ended_at| ended_at.min(self.accepted_at))
    }

    /// Why Zoom lists no file of it, if that is known. The event about our own trash call is not a person's.
    pub fn removal(&self) -> Option<Removal> {
        match self.zoom_copy {
            ZoomCopy::PutAway => Some(Removal::PutAway),
            ZoomCopy::Untouched | ZoomCopy::Recovered => self.removals.of_all(),
        }
    }
}

/// One version of one file of a job.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct FileRecord {
    pub key: FileKey,
    /// 1, or more when Zoom recreated the file: with another size, or with other content at the listed size.
    pub version: u32,
    /// The file as last listed, with its download address.
    pub file: RecordingFile,
    /// File name in Drive.
    pub name: String,
    /// Drive id of the target folder.
    pub folder_id: String,
    /// Drive id, reserved before any upload.
    pub drive_id: String,
    pub state: FileState,
    pub progress: UploadProgress,
    /// Number of Drive copies that differed from the sent bytes.
    pub mismatches: u32,
    /// Number of transfers that were restarted before they were complete.
    pub restarts: u32,
    /// When Drive's copy was found equal to the sent bytes; `None` for files that releases without this field have
    /// proved.
    pub proved_at: Option<Millis>,
    /// Source of the hashed bytes.
    pub provenance: Provenance,
    /// Results of further readings at Zoom.
    pub readings: Readings,
}

impl FileRecord {
    /// Whether this is the copy of the file as it is listed now. A copy that Zoom's listing contradicts is a copy of
    /// another file.
    pub fn stands_for(&self, file: &RecordingFile) -> bool {
        self.file.is_same_version(file) && self.provenance != Provenance::Contradicted
    }

    /// Whether a new listing of the file is news: it was skipped although it has an address, and no rule skips it.
    pub fn may_come_back(&self) -> bool {
        matches!(self.state, FileState::Skipped(_))
            && !self.is_left_out_by_rule()
            && self.file.download.is_some()
    }

    /// A warning about a copy that is not known to be the original's bytes.
    pub fn doubt(&self) -> Option<&'static str> {
        if self.file.is_export() { Some(EXPORTED) } else { self.provenance.doubt() }
    }

    /// The state as people see it. The copy of an export equals what was sent, but nothing proves what was sent.
    pub fn shown_state(&self) -> &'static str {
        match &self.state {
            FileState::Verified(_) if self.file.is_export() => "exported",
            state => state.name(),
        }
    }

    /// Whether a rule skipped it. Rules may change; any other reason stands until Zoom lists the file again.
    pub fn is_left_out_by_rule(&self) -> bool {
        matches!(&self.state, FileState::Skipped(reason) if is_rules_reason(reason))
    }
}

/// The warning about the copy of an export.
const EXPORTED: &str = "exported by Google from a document, for which there is no checksum: not proved";

/// Separates the reason from the number of the rule's line, in every reason that a rule gives. The store keeps
/// reasons as text and recognises those of rules by this mark.
pub const RULE_LINE_MARK: &str = " (rules, line ";

/// Whether a stored reason names a rule.
pub fn is_rules_reason(text: &str) -> bool {
    let line = text.strip_suffix(')').and_then(|text| text.rsplit_once(RULE_LINE_MARK)).map(|(_, line)| line);
    line.is_some_and(|line| !line.is_empty() && line.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Why a file is uploaded again from its beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Restart {
    /// Drive's finished copy differed from the sent bytes.
    CopyDiffered,
    /// During the transfer Zoom's file changed, or somebody trashed the unfinished copy.
    BeganAnew,
    /// The proved copy is missing on Drive: no fault of the service, so nothing is counted.
    CopyGone,
}

impl Restart {
    /// The new value of [`FileRecord::mismatches`].
    pub fn mismatches(self, file: &FileRecord) -> u32 {
        file.mismatches + u32::from(self == Restart::CopyDiffered)
    }

    /// The new value of [`FileRecord::restarts`].
    pub fn restarts(self, file: &FileRecord) -> u32 {
        file.restarts + u32::from(self == Restart::BeganAnew)
    }
}

/// How far one file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FileState {
    /// To be transferred, or being transferred.
    Wanted,
    /// The last byte is on Drive. The sent size and digest are known; Drive's are not compared yet.
    Transferred(SentFile),
    /// Drive's size and SHA-256 equal those of the sent bytes.
    Verified(SentFile),
    /// Not archived, with the reason.
    Skipped(String),
}

impl FileState {
    /// The stored and displayed name.
    pub fn name(&self) -> &'static str {
        match self {
            FileState::Wanted => "wanted",
            FileState::Transferred(_) => "transferred",
            FileState::Verified(_) => "verified",
            FileState::Skipped(_) => "skipped",
        }
    }
}

/// Position of an upload: enough to resume at Zoom and at Drive after a crash.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct UploadProgress {
    /// Drive's resumable session: a secret that allows writing the file.
    pub session: Option<SecretUrl>,
    /// When the session was opened. Drive drops sessions after a week.
    pub session_opened_at: Millis,
    /// The file's real size, according to Zoom's download response. Constant for the life of a session.
    pub total: u64,
    /// Bytes that Drive has confirmed and that `hash_state` covers.
    pub offset: u64,
    /// SHA-256 state after the first `offset` bytes; empty at offset 0.
    pub hash_state: Vec<u8>,
    /// Checkpoints ahead of what Drive has confirmed, from inside a running request. After a crash the furthest one
    /// that Drive's offset covers is used.
    pub ahead: Vec<u8>,
    /// Zoom's ETag (or Last-Modified) of the bytes so far: a resumed download must have the same.
    pub validator: String,
}

/// The effect of an event on an existing job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Newer facts are stored; nothing else happens.
    Note,
    /// There may be something to do: the job is planned again.
    Wake,
}

/// Decides the effect of an event on an existing job. `known` are the files of the plan, every version.
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
        // Only an operator can resume a job that an operator cancelled.
        Standing::Cancelled => Reaction::Note,
        // The event may bring the tokens that were missing.
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
        // A meeting that is still running, by its listed length: the window starts at its first event.
        job.accepted_at = ended - 1;
        assert_eq!(job.window_began(), job.accepted_at);
        job.recording.start_time = None;
        assert_eq!(job.window_began(), job.accepted_at, "nobody knows when it was");
        (job.backfilled, job.accepted_at) = (false, ended + 1_000_000);
        assert_eq!(job.window_began(), job.accepted_at);
    }
}
