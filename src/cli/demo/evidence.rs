//! Collects the final state from the sandbox, not from the service's own store.

use std::collections::HashSet;

use super::class::{self, SheetInDrive};
use super::conference::{self, Brought};
use super::measure::Disk;
use super::play::Played;
use super::script::{BIG_FILE, ExpectedEnd, SCENES, Scene};
use crate::jobs::{FileState, Standing as JobStanding};
use crate::sandbox::Sandbox;
use crate::sandbox::faults::Route;
use crate::sandbox::google::DriveFile;
use crate::sandbox::zoom::{FileState as ZoomFile, Standing};
use crate::store::{JobFilter, Store};

/// One copy in Drive.
#[derive(Debug, Clone)]
pub(super) struct Copy {
    /// Folders and name.
    pub path: String,
    pub size: u64,
    /// SHA-256 of Drive's content.
    pub sha256: String,
}

/// One of Zoom's files.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// Its label in the report.
    pub label: String,
    /// Size at Zoom.
    pub size: u64,
    /// SHA-256 at Zoom.
    pub sha256: String,
    pub at_zoom: Standing,
    /// Its copies in Drive that are not in the trash.
    pub copies: Vec<Copy>,
    /// Why it was left out; `None` if it was not.
    pub skipped: Option<String>,
}

impl File {
    /// True if Drive has exactly one copy with the same bytes.
    pub(super) fn is_archived(&self) -> bool {
        matches!(&self.copies[..], [copy] if copy.size == self.size && copy.sha256 == self.sha256)
    }
}

/// One of the meetings.
#[derive(Debug, Clone)]
pub(super) struct Meeting {
    pub topic: String,
    /// The expected end.
    pub ending: ExpectedEnd,
    pub at_zoom: Standing,
    pub files: Vec<File>,
    /// The `meeting.json` files in Drive.
    pub told: Vec<MeetingFileCopy>,
    /// The service's final note.
    pub note: String,
}

/// A `meeting.json` file in Drive.
#[derive(Debug, Clone)]
pub(super) struct MeetingFileCopy {
    /// Folders and name.
    pub path: String,
    /// Number of archived files that it lists.
    pub files: usize,
}

/// Counts of the faults and of the recoveries.
#[derive(Debug, Clone, Default)]
pub(super) struct FaultCounts {
    pub cuts: usize,
    pub refusals: usize,
    /// Queries of an upload's position.
    pub positions_asked: usize,
    /// Downloads that began in the middle of a file.
    pub resumed: usize,
}

/// Everything that the judge needs.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    pub meetings: Vec<Meeting>,
    /// Attendance of the lecture.
    pub sheets: Vec<SheetInDrive>,
    /// The meeting at Google Meet.
    pub brought: Brought,
    /// Files in Drive that are not a copy of a file at Zoom.
    pub strangers: Vec<String>,
    /// Folders that exist twice.
    pub twin_folders: Vec<String>,
    /// Rules of Zoom or Google that the service broke.
    pub violations: Vec<String>,
    /// Status codes of the answers to genuine webhooks.
    pub answers: Vec<u16>,
    /// Number of repeated deliveries.
    pub repetitions: usize,
    /// Status code of the answer to the forged webhook.
    pub forged: u16,
    /// Jobs in the store.
    pub jobs: usize,
    pub unfinished: usize,
    /// The planned faults.
    pub mishaps: FaultCounts,
    /// Bytes of recordings that Zoom has sent, repetitions included.
    pub sent: u64,
    /// Bytes of recordings that Drive has received, repetitions included.
    pub received: u64,
    /// Most bytes that may have been transferred again.
    pub again_max: u64,
    pub disk: Disk,
    /// Bytes that this process has written to disk since the demo began.
    pub written: Option<u64>,
}

impl Evidence {
    /// Bytes of all archived files, each counted once.
    pub(super) fn total(&self) -> u64 {
        self.meetings
            .iter()
            .flat_map(|meeting| &meeting.files)
            .filter(|file| file.is_archived())
            .map(|file| file.size)
            .sum()
    }

    /// Collects the evidence from the sandbox. The digests of Zoom's contents take a while.
    pub(super) async fn gather(
        sandbox: &Sandbox,
        store: &Store,
        played: &Played,
        disk: Disk,
    ) -> anyhow::Result<Self> {
        let jobs = store.jobs(JobFilter::default()).await?;
        let mut meetings = Vec::new();
        for scene in &SCENES {
            meetings.push(meeting(sandbox, store, scene).await?);
        }
        let sheets = class::sheets(sandbox);
        let brought = conference::brought(sandbox);
        let known: HashSet<&String> = meetings
            .iter()
            .flat_map(|meeting| &meeting.files)
            .flat_map(|file| &file.copies)
            .map(|copy| &copy.path)
            .chain(meetings.iter().flat_map(|meeting| &meeting.told).map(|told| &told.path))
            .chain(sheets.iter().map(|sheet| &sheet.path))
            .chain(&brought.paths)
            .collect();
        let strangers = present(sandbox).map(|file| sandbox.google.path_of(&file.id));
        let strangers = strangers.filter(|path| !known.contains(path)).collect();
        Ok(Self {
            strangers,
            meetings,
            sheets,
            brought,
            twin_folders: twin_folders(sandbox),
            violations: sandbox.transcript.violations(),
            answers: played.answers.clone(),
            repetitions: played.repetitions,
            forged: played.forged,
            jobs: jobs.len(),
            unfinished: jobs.iter().filter(|job| job.standing != JobStanding::Finished).count(),
            mishaps: mishaps(sandbox),
            sent: sandbox.zoom.bytes_sent(),
            received: sandbox.google.bytes_received(),
            again_max: u64::MAX,
            disk,
            written: None,
        })
    }
}

async fn meeting(sandbox: &Sandbox, store: &Store, scene: &Scene) -> anyhow::Result<Meeting> {
    let state = sandbox.zoom.recording(scene.uuid);
    let jobs = store.jobs(JobFilter::default()).await?;
    let job = jobs.iter().find(|job| job.recording.uuid.as_str() == scene.uuid);
    let records = match job {
        Some(job) => store.files(job.id).await?,
        None => Vec::new(),
    };
    let at_zoom = state.as_ref().map_or(Standing::Deleted, |state| state.standing);
    let mut files = Vec::new();
    for file in state.map(|state| state.files).unwrap_or_default() {
        let record = records.iter().find(|record| Some(&record.file.id) == file.id.as_ref());
        let skipped = record.and_then(|record| match &record.state {
            FileState::Skipped(reason) => Some(reason.clone()),
            _ => None,
        });
        let label = record.map_or_else(|| file.file_type.clone(), crate::cli::style::label);
        let copies = copies(sandbox, scene.uuid, &file);
        let content = file.content.clone();
        let sha256 = tokio::task::spawn_blocking(move || content.sha256()).await?;
        let at_zoom = file.standing;
        files.push(File { label, size: file.content.size(), sha256, at_zoom, copies, skipped });
    }
    let note = job.map(|job| job.reason.clone()).unwrap_or_default();
    let told = told(sandbox, scene.uuid);
    Ok(Meeting { topic: scene.topic.to_owned(), ending: scene.ending, at_zoom, files, told, note })
}

/// The copies of one file at Zoom, by the private properties of every upload.
fn copies(sandbox: &Sandbox, uuid: &str, file: &ZoomFile) -> Vec<Copy> {
    let id = file.id.clone().unwrap_or_default();
    let key = if file.is_participant_audio { format!("participant:{id}") } else { id };
    let of_this = |copy: &DriveFile| {
        let property = |name: &str| copy.app_properties.get(name).map(String::as_str);
        property("zoomMeeting") == Some(uuid) && property("zoomFile") == Some(key.as_str())
    };
    let copies = present(sandbox).filter(of_this);
    let shown = |copy: DriveFile| Copy {
        path: sandbox.google.path_of(&copy.id),
        size: copy.size,
        sha256: copy.sha256,
    };
    copies.map(shown).collect()
}

/// The `meeting.json` files, by their private properties.
fn told(sandbox: &Sandbox, uuid: &str) -> Vec<MeetingFileCopy> {
    let of_this = |file: &DriveFile| {
        let property = |name: &str| file.app_properties.get(name).map(String::as_str);
        property("zoomMeeting") == Some(uuid) && property("zoom2driveRole") == Some("meeting")
    };
    let shown = |file: DriveFile| {
        let content = sandbox.google.content_of(&file.id).unwrap_or_default();
        let page: serde_json::Value = serde_json::from_slice(&content).unwrap_or_default();
        let files = page["files"].as_array().map_or(0, Vec::len);
        MeetingFileCopy { path: sandbox.google.path_of(&file.id), files }
    };
    present(sandbox).filter(of_this).map(shown).collect()
}

fn present(sandbox: &Sandbox) -> impl Iterator<Item = DriveFile> {
    sandbox.google.files().into_iter().filter(|file| !file.trashed)
}

fn twin_folders(sandbox: &Sandbox) -> Vec<String> {
    let mut seen = HashSet::new();
    let folders = sandbox.google.folders().into_iter().filter(|folder| !folder.trashed);
    // Every user has a My Drive of their own: a folder without a parent is no duplicate.
    let mut inside = folders.filter(|folder| !folder.parents.is_empty()).collect::<Vec<_>>();
    inside.retain(|folder| !seen.insert((folder.parents.clone(), folder.name.clone())));
    inside.iter().map(|folder| sandbox.google.path_of(&folder.id)).collect()
}

fn mishaps(sandbox: &Sandbox) -> FaultCounts {
    let calls = sandbox.transcript.calls();
    let count = |route: Route, subject: &str, answer: &str| {
        calls
            .iter()
            .filter(|call| {
                call.route == route && call.subject.contains(subject) && call.answer.contains(answer)
            })
            .count()
    };
    FaultCounts {
        cuts: count(Route::ZoomMedia, BIG_FILE, "MediaCut"),
        refusals: count(Route::UploadChunk, "", "503"),
        positions_asked: count(Route::UploadStatus, "", ""),
        resumed: count(Route::ZoomMedia, "", "206"),
    }
}
