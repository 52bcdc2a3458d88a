//! The JSON format of events, jobs and files, over HTTP and with `--json`.
//!
//! No secret has a field here: no download URL, token, passcode or upload session can be shown by mistake.

mod attendance;

use jiff::Timestamp;
use serde::Serialize;

use crate::jobs::meeting_file::file_link;
use crate::jobs::pause::Pause;
use crate::jobs::{FileRecord, FileState, Job, Millis, SentFile, Standing};
use crate::store::{AttendanceSheet, AuditEntry, AuditRecord, LIST_MAX, StoredEvent};

pub use attendance::AttendanceView;

/// A page of events, newest first.
#[derive(Debug, Serialize)]
pub struct EventPage {
    /// At most [`LIST_MAX`].
    pub events: Vec<EventView>,
    /// For `?before=` of the next page; null on the last.
    pub next_before: Option<i64>,
}

impl EventPage {
    /// A page from the store's rows.
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
    /// A page from the store's rows.
    pub fn new(jobs: &[Job]) -> Self {
        let next_before = next_before(jobs.len(), jobs.last().map(|job| job.id.0));
        Self { jobs: jobs.iter().map(JobView::new).collect(), next_before }
    }
}

/// A full page may be followed by another one; a shorter page is the last.
fn next_before(count: usize, last: Option<i64>) -> Option<i64> {
    let is_full = i64::try_from(count).is_ok_and(|count| count >= LIST_MAX);
    last.filter(|_| is_full)
}

/// An event. Its body contains tokens and is never shown.
#[derive(Debug, Serialize)]
pub struct EventView {
    /// For `replay`.
    pub id: i64,
    /// `recording.completed`, for example.
    pub name: String,
    /// RFC 3339.
    pub received_at: String,
    /// The recording's uuid; null if the event leads to no job.
    pub meeting: Option<String>,
    /// The job's number; null if the event leads to no job.
    pub job: Option<i64>,
    /// Why it leads to no job; empty if it does.
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
    /// A page from the store's rows.
    pub fn new(records: Vec<AuditRecord>) -> Self {
        let next_before = next_before(records.len(), records.last().map(|record| record.id));
        Self { entries: records.into_iter().map(AuditView::new).collect(), next_before }
    }
}

/// An entry of the audit trail.
#[derive(Debug, Serialize)]
pub struct AuditView {
    pub id: i64,
    /// RFC 3339.
    pub at: String,
    pub who: String,
    pub action: String,
    /// The object of the action.
    pub target: String,
    /// `begun`, or the result.
    pub outcome: String,
    /// Number of the entry with `begun`, if this is a result.
    pub begun: Option<i64>,
}

impl AuditView {
    fn new(AuditRecord { id, at, entry }: AuditRecord) -> Self {
        let AuditEntry { who, action, target, outcome, begun } = entry;
        Self { id, at: time(at), who, action, target, outcome, begun }
    }
}

/// A system that refuses all calls, and is left alone until a probe succeeds.
#[derive(Debug, Serialize)]
pub struct PauseView {
    /// `zoom`, `zoom-downloads` or `drive`.
    pub system: &'static str,
    /// The cause in one word.
    pub cause: &'static str,
    /// RFC 3339.
    pub since: String,
    /// The problem and its remedy.
    pub message: String,
    /// Time of the next probe, with one job.
    pub next_probe_at: String,
}

/// Converts pauses.
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

/// Result of a replay.
#[derive(Debug, Serialize)]
pub struct ReplayView {
    /// The event's number.
    pub event: i64,
    /// The job, which is due now.
    pub job: JobView,
}

/// A job.
#[derive(Debug, Serialize)]
pub struct JobView {
    pub id: i64,
    /// `zoom` or `meet`.
    pub source: &'static str,
    /// The meeting instance's uuid, or the name of a conference of Meet.
    pub meeting: String,
    pub meeting_id: String,
    pub topic: String,
    /// Email address, or Zoom's id if there is none.
    pub host: String,
    /// Start of the meeting, RFC 3339.
    pub started_at: Option<String>,
    /// The last completed stage.
    pub stage: &'static str,
    /// `active`, `parked`, `cancelled` or `finished`.
    pub standing: &'static str,
    /// Why it waits or is parked, or the last error.
    pub reason: String,
    /// True while a worker has it.
    pub running: bool,
    /// Runs without progress.
    pub attempts: u32,
    /// Time of the next attempt; null unless it is active.
    pub next_attempt_at: Option<String>,
    /// Arrival of the first event.
    pub accepted_at: String,
    /// Time of the last change.
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
            source: recording.source().name(),
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
    #[serde(flatten)]
    pub job: JobView,
    /// Every version of every file, in the order of the plan; empty before the plan.
    pub files: Vec<FileView>,
    /// Absent if attendance was never asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attendance: Option<AttendanceView>,
}

impl JobDetail {
    /// The job, its files and what is known of its meeting's attendance.
    pub fn new(job: &Job, files: &[FileRecord], attendance: Option<&AttendanceSheet>) -> Self {
        Self {
            job: JobView::new(job),
            files: files.iter().map(FileView::new).collect(),
            attendance: attendance.map(AttendanceView::new),
        }
    }
}

/// One version of one file.
#[derive(Debug, Serialize)]
pub struct FileView {
    /// Identifies the file within its recording.
    pub key: String,
    /// 1, or more after Zoom has made the file again.
    pub version: u32,
    /// `MP4` or `TRANSCRIPT`, for example.
    #[serde(rename = "type")]
    pub file_type: String,
    /// `shared_screen_with_speaker_view`, for example.
    pub recording_type: String,
    /// Its name in Drive.
    pub name: String,
    /// `wanted`, `transferred`, `verified`, `skipped`, or `exported` for a document's export, which nothing proves.
    pub state: &'static str,
    /// Null unless it is skipped.
    pub skip_reason: Option<String>,
    /// Bytes as Zoom lists them; for texts only a hint.
    pub listed_size: Option<u64>,
    /// Bytes sent to Drive; null until all were sent.
    pub size: Option<u64>,
    /// SHA-256 of the sent bytes; null until all were sent.
    pub sha256: Option<String>,
    /// Reserved before the upload.
    pub drive_id: Option<String>,
    /// The file's page in Drive; null until it is there.
    pub link: Option<String>,
    /// Bytes that Drive has confirmed.
    pub uploaded: u64,
    /// Size announced by Zoom's download; null before that.
    pub total: Option<u64>,
    /// Number of bad copies that were replaced.
    pub mismatches: u32,
    /// Source of the bytes: `listing` (Zoom's API), `event`, `confirmed` or `contradicted` (an event's address,
    /// compared with the listing's later). Absent if nothing was read yet, or an earlier release read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<&'static str>,
    /// Number of transfers that started again before they were complete.
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
            state: file.shown_state(),
            skip_reason,
            listed_size: file.file.size,
            size,
            sha256: streamed.map(|streamed| streamed.sha256.clone()),
            // Before the last byte the id leads to nothing.
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

/// A stored time as RFC 3339; empty if it was never set.
pub(super) fn time(millis: Millis) -> String {
    Timestamp::from_millisecond(millis).map(|at| at.to_string()).unwrap_or_default()
}
