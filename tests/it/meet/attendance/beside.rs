//! The report beside an archived recording of Meet: by itself, or by the command. The archive never waits for it.

use serde_json::json;
use zoom2drive::jobs::Stage as JobStage;
use zoom2drive::sandbox::faults::Canned;
use zoom2drive::sandbox::google::{Artifact, Conference, Participant};
use zoom2drive::store::JobFilter;

use super::{CODE, EWA, Stage, on, two_people};

fn recorded(id: &str) -> Conference {
    two_people(id).artifact(Artifact::recording(&format!("{id}.mp4"), 600_000))
}

impl Stage {
    /// Archives all of Ewa's recordings.
    async fn bring(&self) -> String {
        let done = self.command("bring", &["--user", EWA]).await;
        assert_eq!(done.code, 0, "{done:?}\n{}", self.world.calls());
        done.out
    }

    /// The folder of the only copy of a video.
    fn folder(&self) -> String {
        let google = &self.world.sandbox.google;
        let is_copy = |role: &String| role == "meet";
        let copies = google
            .files()
            .into_iter()
            .filter(|file| file.app_properties.get("zoom2driveRole").is_some_and(is_copy));
        let paths: Vec<String> = copies.map(|file| google.path_of(&file.id)).collect();
        assert_eq!(paths.len(), 1, "{paths:?}");
        paths[0].rsplit_once('/').unwrap().0.to_owned()
    }

    /// The stages of all jobs with the notes on their attendance.
    async fn jobs(&self) -> Vec<(String, JobStage, String)> {
        let store = self.world.open_store().await;
        let mut told = Vec::new();
        for job in store.jobs(JobFilter::default()).await.unwrap() {
            let uuid = job.recording.uuid.to_string();
            let known = store.attendance_sheet(&uuid).await.unwrap();
            told.push((uuid, job.stage, known.map(|known| known.note).unwrap_or_default()));
        }
        store.close().await;
        told.sort();
        told
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sheet_stands_beside_the_recording_and_the_command_finds_it() {
    let stage = Stage::serving(&[("ATTENDANCE", "sheet")]).await;
    stage.add(recorded("h"));
    stage.bring().await;
    let (id, book) = stage.sheet();
    let path = stage.world.sandbox.google.path_of(&id);
    assert_eq!(path, format!("{}/2026-03-02 {CODE} – attendance", stage.folder()));
    let names: Vec<_> = book.tabs[0].table()[1..].iter().map(|row| row[0].clone()).collect();
    assert_eq!(names, ["Ewa Nowak", "Gosc"]);
    let facts = book.tabs[2].table();
    assert!(facts.contains(&vec![json!("Source"), json!("Google Meet")]), "{facts:?}");
    let meeting = stage.world.meeting_files().into_values().next().unwrap();
    let told = stage.world.read_meeting_file(&meeting)["attendance"].clone();
    assert_eq!(told["people"], 2);
    assert!(told["link"].as_str().unwrap().contains(&id));
    // The command reads the same facts.
    let said = stage.good(&["conferenceRecords/h", "--write"]).await;
    assert!(said.contains(&id) && said.contains("was there\n"), "{said}");
    assert_eq!(stage.jobs().await[0].2, "");
    stage.assert_good();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_writes_beside_an_archived_recording() {
    let stage = Stage::serving(&[]).await;
    stage.add(recorded("h"));
    stage.bring().await;
    assert!(stage.world.attendance_files().is_empty());
    let folder = stage.world.sandbox.google.root_folder();
    let refused = stage.bad(&["conferenceRecords/h", "--write", "--folder", &folder], 2).await;
    assert!(refused.contains("leave --folder out"), "{refused}");
    stage.good(&[CODE, "--write"]).await;
    let path = stage.world.sandbox.google.path_of(&stage.sheet().0);
    assert!(path.starts_with(&stage.folder()), "{path}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_meeting_of_two_recordings_has_one_file() {
    let stage = Stage::serving(&[("ATTENDANCE", "csv")]).await;
    stage.add(recorded("first"));
    let (from, to) = (on("19:05:00"), on("19:30:00"));
    let ewa = Participant::user(EWA, "Ewa Nowak").session(from, to);
    let second = Conference::new(EWA, CODE, from).id("second").space("A").ended(to).participant(ewa);
    stage.add(second.artifact(Artifact::recording("second.mp4", 600_000)));
    stage.bring().await;
    let files = stage.world.attendance_files();
    assert_eq!(files.len(), 1, "{files:?}");
    let file = files.into_values().next().unwrap();
    let text = String::from_utf8(stage.world.sandbox.google.content_of(&file.id).unwrap()).unwrap();
    assert!(
        text.contains("Ewa Nowak,ewa@example.pl,,present,2026-03-02 19:00:00,2026-03-02 20:30:00,85,"),
        "{text}"
    );
    let jobs = stage.jobs().await;
    let elsewhere = |note: &str| note.contains("which is the same meeting");
    assert_eq!(jobs.iter().filter(|(_, _, note)| elsewhere(note)).count(), 1, "{jobs:?}");
    assert!(jobs.iter().all(|(_, stage, _)| *stage == JobStage::Retired), "{jobs:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_meet_refuses_is_a_note_and_the_recording_is_archived() {
    let stage = Stage::serving(&[("ATTENDANCE", "sheet")]).await;
    stage.add(recorded("h"));
    stage.fail("/h/participants?", Canned::google(403, "PERMISSION_DENIED", "no"));
    stage.bring().await;
    let jobs = stage.jobs().await;
    assert_eq!(jobs[0].1, JobStage::Retired);
    assert!(jobs[0].2.starts_with("no attendance: "), "{jobs:?}");
    assert!(stage.world.attendance_files().is_empty());
    stage.folder();
}
