//! Recordings in every state, without a worker that moves them.

use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};
use zoom2drive::jobs::pause::{PauseCause, System};
use zoom2drive::jobs::{
    FileRecord, FileState, Job, JobId, Provenance, SentFile, Stage, Standing, UploadProgress,
};
use zoom2drive::recording::{Recording, listing};
use zoom2drive::secret::SecretUrl;
use zoom2drive::store::pauses::NewPause;
use zoom2drive::store::{Claim, Confirmed, Lease, NewEvent, RunEnd, Store};

use super::{Browser, opened};
use crate::store::no_names;
use crate::support::world::{Life, World};

/// The SHA-256 of every file here.
pub const DIGEST: &str = "3fa9ababababababababababababababababababababababababababababc01d";

/// A service whose worker claims nothing.
pub async fn still(settings: &[(&str, &str)]) -> (World, Life, Browser) {
    let (world, life, browser) = opened(settings).await;
    let hour = Duration::from_secs(3600);
    let pause = NewPause {
        system: System::Drive,
        cause: PauseCause::StorageFull,
        message: "Make room in Google Drive.".to_owned(),
        wait: hour,
        relapse_wait: hour,
    };
    life.store.begin_pause(&pause).await.unwrap();
    (world, life, browser)
}

/// A recording with two videos.
pub fn play(uuid: &str, topic: &str, host: &str, start: &str) -> Recording {
    let file = |id: &str| {
        json!({"id": id, "file_type": "MP4", "file_extension": "MP4", "file_size": 2000, "recording_type": "gallery_view",
            "download_url": format!("https://zoom.us/rec/download/{id}")})
    };
    let object = json!({"uuid": uuid, "id": 81_234_567_890_u64, "topic": topic, "host_email": host, "start_time": start,
        "duration": 61, "recording_files": [file("a"), file("b")]});
    listing::read(&object).unwrap()
}

/// Stores an event about it, and returns its job.
pub async fn accept(store: &Store, recording: Recording) -> JobId {
    let body = json!({"event": "recording.completed", "event_ts": 1, "payload": {"object":
        {"uuid": recording.uuid.as_str(), "id": 1, "topic": recording.topic, "recording_files": []}}});
    let body = body.to_string().into_bytes();
    let event = NewEvent {
        name: "recording.completed".to_owned(),
        body_sha256: hex::encode(Sha256::digest(&body)),
        body,
        recording: Some(recording),
        changes: Vec::new(),
        note: String::new(),
    };
    store.accept(&event).await.unwrap().job.unwrap()
}

pub async fn claim(store: &Store) -> (Job, Lease) {
    match store.claim(Duration::from_secs(60)).await.unwrap() {
        Claim::Leased(job, lease) => (*job, lease),
        Claim::Nothing { next_in } => panic!("nothing to claim; next in {next_in:?}"),
    }
}

pub fn ending(standing: Standing, reason: &str) -> RunEnd {
    RunEnd { standing, attempts: 0, wait: Duration::ZERO, reason: reason.to_owned() }
}

pub async fn park(store: &Store, recording: Recording, reason: &str) -> JobId {
    let id = accept(store, recording).await;
    let (job, lease) = claim(store).await;
    assert_eq!(job.id, id);
    store.finish(&lease, &ending(Standing::Parked, reason)).await.unwrap();
    id
}

/// The job's files as planned: the first in this state, the second left out by a rule.
pub fn planned(job: &Job, name: &str) -> [FileRecord; 2] {
    let file = |index: usize, state| FileRecord {
        key: job.recording.files[index].key.clone(),
        version: 1,
        file: job.recording.files[index].clone(),
        name: name.to_owned(),
        folder_id: "1FolderId".to_owned(),
        drive_id: if index == 0 { "1DriveId".to_owned() } else { String::new() },
        state,
        progress: UploadProgress::default(),
        mismatches: 0,
        restarts: 0,
        proved_at: None,
        provenance: Provenance::default(),
        readings: Default::default(),
    };
    [file(0, FileState::Wanted), file(1, FileState::Skipped("no audio (rules, line 14)".to_owned()))]
}

pub async fn plan(store: &Store, job: &Job, lease: &Lease, files: &[FileRecord]) {
    store.plan(lease, &job.recording, files, &no_names(), job.revision).await.unwrap();
}

/// A copy in progress: 412 of 980 bytes.
pub async fn moving(store: &Store, recording: Recording) -> (JobId, Lease) {
    let id = accept(store, recording).await;
    let (job, lease) = claim(store).await;
    let files = planned(&job, "gallery view.mp4");
    plan(store, &job, &lease, &files).await;
    let progress = UploadProgress {
        session: Some(SecretUrl::new("https://upload.example/hunter2")),
        total: 980,
        offset: 412,
        ..UploadProgress::default()
    };
    let confirmed = Confirmed { identity: "ann", bytes: 12, went_on_from: Some(400) };
    store.save_confirmed(&lease, &files[0], &progress, &confirmed).await.unwrap();
    (id, lease)
}

/// Proved and finished.
pub async fn archive(store: &Store, recording: Recording) -> JobId {
    let id = accept(store, recording).await;
    let (job, lease) = claim(store).await;
    let files = planned(&job, "gallery view.mp4");
    plan(store, &job, &lease, &files).await;
    let sent = SentFile { size: 2000, sha256: DIGEST.to_owned() };
    store.mark_transferred(&lease, &files[0], &sent, &Default::default()).await.unwrap();
    store.mark_verified(&lease, &files[0], &sent).await.unwrap();
    for steps in Stage::ALL[1..].windows(2).take(3) {
        store.advance(&lease, steps[0], steps[1]).await.unwrap();
    }
    store.retired(&lease, zoom2drive::jobs::ZoomCopy::PutAway).await.unwrap();
    store.finish(&lease, &ending(Standing::Finished, "")).await.unwrap();
    id
}

/// What attackers put where a text from outside is shown.
pub const HOSTILE: &str =
    "<script>alert(1)</script>\"><img src=x onerror=alert(2)>{{7*7}} javascript:alert(3) \u{202e}gpj";

/// No part of [`HOSTILE`] has become markup or turns the reading direction.
pub fn assert_harmless(page: &str, what: &str) {
    for forbidden in ["<script>", "<img", "onerror=alert(2)>", "\u{202e}", "href=\"javascript"] {
        assert!(!page.contains(forbidden), "{what} has {forbidden}: {page}");
    }
}
