//! What admins see of events, jobs and files: by HTTP and by `--json`, the same shapes.
//!
//! No secret has a field here: no download URL, token, passcode or upload session can be shown by mistake.

use jiff::Timestamp;
use serde::Serialize;

use crate::jobs::meeting_file::file_link;
use crate::jobs::pause::Pause;
use crate::jobs::{FileRecord, FileState, Job, Millis, SentFile, Standing};
use crate::store::{AuditEntry, AuditRecord, LIST_MAX, StoredEvent};

/// A page of events, newest first.
#[derive(Debug, Serialize)]
pub struct EventPage {
    /// At most [`LIST_MAX`].
    pub events: Vec<EventView>,
    /// For `?before=` of the next page; null on the last.
    pub next_before: Option<i64>,
}

impl EventPage {
    /// The page as the store listed it.
    pub fn new(events: &[StoredEvent]) -> Self {
        let next_before = next_before(events.len(), events.last().map(|event| event.id.0));
        Self { events: events.iter().map(EventView::new).collect(), next_before }
    }
}

/// A page of jobs, newest first.
#[derive(Debug, Serialize)]
pub struct JobPage {
    /// At most [`LIST_MAX`].
    pub jobs: Vec<JobView>,
    /// For `?before=` of the next page; null on the last.
    pub next_before: Option<i64>,
}

impl JobPage {
    /// The page as the store listed it.
    pub fn new(jobs: &[Job]) -> Self {
        let next_before = next_before(jobs.len(), jobs.last().map(|job| job.id.0));
        Self { jobs: jobs.iter().map(JobView::new).collect(), next_before }
    }
}

/// A full page may be followed by another; a page that is not full is the last.
fn next_before(count: usize, last: Option<i64>) -> Option<i64> {
    let is_full = i64::try_from(count).is_ok_and(|count| count >= LIST_MAX);
    last.filter(|_| is_full)
}

/// An event. Its body holds tokens and is never shown.
#[derive(Debug, Serialize)]
pub struct EventView {
    /// Its number, for `replay`.
    pub id: i64,
    /// `recording.completed` and the like.
    pub name: String,
    /// When it came.
    pub received_at: String,
    /// The recording's uuid, if it leads to a job.
    pub meeting: Option<String>,
    /// The job.
    pub job: Option<i64>,
    /// Why it led to no job, if it did not.
    pub note: String,
}

impl EventView {
    /// The event without its body.
    pub fn new(event: &StoredEvent) -> Self {
        Self {
            id: event.id.0,
            name: event.name.clone(),
            received_at: time(event.received_at),
            meeting: event.meeting.clone(),
            job: event.job.map(|job| job.0),
            note: event.note.clone(),
        }
    }
}

/// A page of the audit trail, newest first.
#[derive(Debug, Serialize)]
pub struct AuditPage {
    /// At most [`LIST_MAX`].
    pub entries: Vec<AuditView>,
    /// For `?before=` of the next page; null on the last.
    pub next_before: Option<i64>,
}

impl AuditPage {
    /// The page as the store listed it.
    pub fn new(records: Vec<AuditRecord>) -> Self {
        let next_before = next_before(records.len(), records.last().map(|record| record.id));
        Self { entries: records.into_iter().map(AuditView::new).collect(), next_before }
    }
}

/// A line of the audit trail.
#[derive(Debug, Serialize)]
pub struct AuditView {
    /// Its number.
    pub id: i64,
    /// When it was written.
    pub at: String,
    /// Who asked.
    pub who: String,
    /// For what.
    pub action: String,
    /// About what.
    pub target: String,
    /// What came of it, or `begun`.
    pub outcome: String,
    /// The line of its beginning, if this is an outcome.
    pub begun: Option<i64>,
}

impl AuditView {
    fn new(AuditRecord { id, at, entry }: AuditRecord) -> Self {
        let AuditEntry { who, action, target, outcome, begun } = entry;
        Self { id, at: time(at), who, action, target, outcome, begun }
    }
}

/// Something outside that refuses everybody, and is left alone until it works again.
#[derive(Debug, Serialize)]
pub struct PauseView {
    /// `zoom`, `zoom-downloads` or `drive`.
    pub system: &'static str,
    /// Why, in a word.
    pub cause: &'static str,
    /// Since when.
    pub since: String,
    /// What is wrong, and what a person can do.
    pub message: String,
    /// When it is tried again, with one job.
    pub next_probe_at: String,
}

/// Pauses as they are shown.
pub fn pause_views(pauses: &[Pause]) -> Vec<PauseView> {
    let view = |pause: &Pause| PauseView {
        system: pause.system.name(),
        cause: pause.cause.name(),
        since: time(pause.since),
        message: pause.message.clone(),
        next_probe_at: time(pause.probe_at),
    };
    pauses.iter().map(view).collect()
}

/// What a replay has begun.
#[derive(Debug, Serialize)]
pub struct ReplayView {
    /// The event that was read again.
    pub event: i64,
    /// The job that is due now.
    pub job: JobView,
}

/// A job.
#[derive(Debug, Serialize)]
pub struct JobView {
    /// Its number.
    pub id: i64,
    /// The meeting instance's uuid.
    pub meeting: String,
    /// The numeric meeting id, as text.
    pub meeting_id: String,
    /// The meeting's topic.
    pub topic: String,
    /// The host's e-mail address, or Zoom's id of them.
    pub host: String,
    /// When the meeting happened.
    pub started_at: Option<String>,
    /// What has been achieved.
    pub stage: &'static str,
    /// `active`, `parked`, `cancelled` or `finished`.
    pub standing: &'static str,
    /// Why it waits or is parked, or what went wrong last.
    pub reason: String,
    /// Whether a worker has it at this moment.
    pub running: bool,
    /// Runs without progress.
    pub attempts: u32,
    /// Not before this is it tried again; null unless it is active.
    pub next_attempt_at: Option<String>,
    /// When the first event came.
    pub accepted_at: String,
    /// Last change.
    pub updated_at: String,
}

impl JobView {
    /// The job without its addresses and tokens.
    pub fn new(job: &Job) -> Self {
        let recording = &job.recording;
        let host = [&recording.host_email, &recording.host_id].into_iter().find(|name| !name.is_empty());
        let is_active = job.standing == Standing::Active;
        Self {
            id: job.id.0,
            meeting: recording.uuid.to_string(),
            meeting_id: recording.meeting_id.clone(),
            topic: recording.topic.clone(),
            host: host.cloned().unwrap_or_default(),
            started_at: recording.happened_at().map(|at| at.to_string()),
            stage: job.stage.name(),
            standing: job.standing.name(),
            reason: job.reason.clone(),
            running: job.leased,
            attempts: job.attempts,
            next_attempt_at: is_active.then(|| time(job.next_attempt_at)),
            accepted_at: time(job.accepted_at),
            updated_at: time(job.updated_at),
        }
    }
}

/// A job with its files.
#[derive(Debug, Serialize)]
pub struct JobDetail {
    /// The job's own fields.
    #[serde(flatten)]
    pub job: JobView,
    /// Every version of every file, in the order of planning; empty before planning.
    pub files: Vec<FileView>,
}

impl JobDetail {
    /// The job and its files.
    pub fn new(job: &Job, files: &[FileRecord]) -> Self {
        Self { job: JobView::new(job), files: files.iter().map(FileView::new).collect() }
    }
}

/// One version of one file.
#[derive(Debug, Serialize)]
pub struct FileView {
    /// Names the file within its recording.
    pub key: String,
    /// 1, or more when Zoom made it anew.
    pub version: u32,
    /// `MP4`, `TRANSCRIPT` and the like.
    #[serde(rename = "type")]
    pub file_type: String,
    /// `shared_screen_with_speaker_view` and the like.
    pub recording_type: String,
    /// Its name in Drive.
    pub name: String,
    /// `wanted`, `transferred`, `verified` or `skipped`.
    pub state: &'static str,
    /// Why it is not archived, if it is skipped.
    pub skip_reason: Option<String>,
    /// Bytes as Zoom lists them; for texts only a hint.
    pub listed_size: Option<u64>,
    /// Bytes as sent to Drive, once all were.
    pub size: Option<u64>,
    /// SHA-256 of what was sent, once all was.
    pub sha256: Option<String>,
    /// The Drive id, reserved before the upload.
    pub drive_id: Option<String>,
    /// Where to look at it, once it is there.
    pub link: Option<String>,
    /// Bytes that Drive has confirmed.
    pub uploaded: u64,
    /// Bytes in all, once Zoom's download has announced them.
    pub total: Option<u64>,
    /// How often Drive's copy differed and was sent again.
    pub mismatches: u32,
    /// Where its bytes came from: `listing` (Zoom's own), `event`, `confirmed` or `contradicted` (an event's, and
    /// compared with the listing's since). Absent where nothing was read yet, or an earlier release read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// How often its transfer began anew before it was complete.
    pub restarts: u32,
}

impl FileView {
    /// The file without its address, token and upload session.
    pub fn new(file: &FileRecord) -> Self {
        let (streamed, skip_reason): (Option<&SentFile>, _) = match &file.state {
            FileState::Transferred(streamed) | FileState::Verified(streamed) => (Some(streamed), None),
            FileState::Skipped(reason) => (None, Some(reason.clone())),
            FileState::Wanted => (None, None),
        };
        let size = streamed.map(|streamed| streamed.size);
        let drive_id = Some(file.drive_id.clone()).filter(|id| !id.is_empty());
        Self {
            key: file.key.to_string(),
            version: file.version,
            file_type: file.file.file_type.clone(),
            recording_type: file.file.recording_type.clone(),
            name: file.name.clone(),
            state: file.state.name(),
            skip_reason,
            listed_size: file.file.size,
            size,
            sha256: streamed.map(|streamed| streamed.sha256.clone()),
            // Before its last byte is there, the id leads to nothing.
            link: streamed.and(drive_id.as_deref()).map(file_link),
            drive_id,
            uploaded: size.unwrap_or(file.progress.offset),
            total: size.or(Some(file.progress.total).filter(|total| *total > 0)),
            mismatches: file.mismatches,
            source: Some(file.provenance.name()).filter(|name| !name.is_empty()),
            restarts: file.restarts,
        }
    }
}

/// A stored time as RFC 3339; what is no time (never written) is empty.
pub(super) fn time(millis: Millis) -> String {
    Timestamp::from_millisecond(millis).map(|at| at.to_string()).unwrap_or_default()
}
