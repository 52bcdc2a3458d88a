//! What is true at the end, gathered from the sandbox's own memory and not from the service's.

use std::collections::HashSet;

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
    /// Bytes.
    pub size: u64,
    /// SHA-256 of what Drive holds.
    pub sha256: String,
}

/// One of Zoom's files.
#[derive(Debug, Clone)]
pub(super) struct File {
    /// What it is called here.
    pub label: String,
    /// Its bytes at Zoom.
    pub size: u64,
    /// Their SHA-256.
    pub sha256: String,
    /// Where it is at Zoom.
    pub at_zoom: Standing,
    /// Its copies in Drive that are not in the trash.
    pub copies: Vec<Copy>,
    /// Why it was left out, if it was.
    pub skipped: Option<String>,
}

impl File {
    /// Whether Drive holds it once, byte for byte.
    pub(super) fn is_archived(&self) -> bool {
        matches!(&self.copies[..], [copy] if copy.size == self.size && copy.sha256 == self.sha256)
    }
}

/// One of the meetings.
#[derive(Debug, Clone)]
pub(super) struct Meeting {
    /// As its host wrote it.
    pub topic: String,
    /// How it should end.
    pub ending: ExpectedEnd,
    /// Where it is at Zoom.
    pub at_zoom: Standing,
    /// Its files at Zoom.
    pub files: Vec<File>,
    /// The files in Drive that tell what is known of it.
    pub told: Vec<MeetingFileCopy>,
    /// What the service noted at the end.
    pub note: String,
}

/// A file that tells what is known of a meeting.
#[derive(Debug, Clone)]
pub(super) struct MeetingFileCopy {
    /// Folders and name.
    pub path: String,
    /// How many archived files it names.
    pub files: usize,
}

/// How often what went wrong went wrong, and what came after.
#[derive(Debug, Clone, Default)]
pub(super) struct FaultCounts {
    /// Downloads that were cut.
    pub cuts: usize,
    /// Chunks that were answered with 503.
    pub refusals: usize,
    /// How often Drive was asked where an upload stands.
    pub positions_asked: usize,
    /// Downloads that began in the middle of a file.
    pub resumed: usize,
}

/// Everything that the promises are judged by.
#[derive(Debug, Clone)]
pub(super) struct Evidence {
    /// The meetings.
    pub meetings: Vec<Meeting>,
    /// Files in Drive that are no copy of any file at Zoom.
    pub strangers: Vec<String>,
    /// Folders that exist twice.
    pub twin_folders: Vec<String>,
    /// Rules of Zoom or Google that were broken.
    pub violations: Vec<String>,
    /// What genuine webhooks were answered with.
    pub answers: Vec<u16>,
    /// How many of them were repetitions.
    pub repetitions: usize,
    /// What the forged one was answered with.
    pub forged: u16,
    /// Jobs in the store.
    pub jobs: usize,
    /// Jobs that are not finished.
    pub unfinished: usize,
    /// What went wrong on purpose.
    pub mishaps: FaultCounts,
    /// Bytes of recordings that Zoom has sent, repetitions included.
    pub sent: u64,
    /// Bytes of recordings that reached Drive, repetitions included.
    pub received: u64,
    /// Most bytes that may have been sent again.
    pub again_max: u64,
    /// What lies on disk.
    pub disk: Disk,
    /// What this process has had written to disk since the demo began.
    pub written: Option<u64>,
}

impl Evidence {
    /// Bytes of all files that were archived, each counted once.
    pub(super) fn total(&self) -> u64 {
        self.meetings
            .iter()
            .flat_map(|meeting| &meeting.files)
            .filter(|file| file.is_archived())
            .map(|file| file.size)
            .sum()
    }

    /// Asks the sandbox. Computing the digests of Zoom's contents takes a while.
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
        let known: HashSet<&String> = meetings
            .iter()
            .flat_map(|meeting| &meeting.files)
            .flat_map(|file| &file.copies)
            .map(|copy| &copy.path)
            .chain(meetings.iter().flat_map(|meeting| &meeting.told).map(|told| &told.path))
            .collect();
        let strangers = present(sandbox).map(|file| sandbox.google.path_of(&file.id));
        let strangers = strangers.filter(|path| !known.contains(path)).collect();
        Ok(Self {
            strangers,
            meetings,
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

/// The copies of one Zoom file, by the private properties that every upload carries.
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

/// The files that tell what is known of a meeting, by the private properties that they carry.
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
    // Everybody has a My Drive of their own: what lies nowhere is no twin.
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
