//! What Meet has recorded reaches the archive once, beside Zoom's, and the originals are only read.

use std::collections::BTreeMap;
use std::time::Duration;

use zoom2drive::jobs::Standing;
use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::google::{Artifact, ArtifactState, Conference, DriveFile};

use super::*;
use crate::support::program::Program;

/// Bytes of the recording: several chunks.
pub(super) const VIDEO_BYTES: u64 = 5 * 1024 * 1024;

/// The conference of most of these stories.
pub(super) const NAME: &str = "conferenceRecords/standup";

/// Ewa's conference with a recording, a transcript and notes, which ended long ago.
pub(super) fn standup() -> Conference {
    conference("standup", EWA, "abc-mnop-xyz", "09:00:00", "10:00:00")
        .artifact(Artifact::recording("Standup (recording).mp4", VIDEO_BYTES))
        .artifact(Artifact::transcript("Standup (transcript)", "Ewa: good morning\n"))
        .artifact(Artifact::notes("Standup (notes)", "All is well.\n"))
}

/// A company in which Ewa had that conference.
pub(super) async fn company(settings: &[(&str, &str)]) -> World {
    let world = world_with(&[EWA, JAN], settings).await;
    world.sandbox.google.add_conference(standup());
    world
}

/// The copies of a conference's files, by their original's Drive id.
pub(super) fn copies(world: &World, conference: &str) -> BTreeMap<String, DriveFile> {
    let mut copies = BTreeMap::new();
    for file in world.sandbox.google.files().into_iter().filter(|file| !file.trashed) {
        let property = |name: &str| file.app_properties.get(name).cloned();
        if property("zoomMeeting").as_deref() != Some(conference) {
            continue;
        }
        if let Some(original) = property("zoom2driveSource") {
            assert_eq!(property("zoom2driveRole").as_deref(), Some("meet"), "{file:#?}");
            let twin = copies.insert(original, file);
            assert!(twin.is_none(), "two copies of one original: {twin:#?}");
        }
    }
    copies
}

/// Every generated file of the conference is in the archive, the video byte for byte, and only GET reached Meet.
#[track_caller]
pub(super) fn assert_brought(world: &World, conference: &str) {
    let google = &world.sandbox.google;
    let (copies, files) = (copies(world, conference), google.files());
    let originals = google.original_files(conference);
    assert_eq!(copies.keys().cloned().collect::<Vec<_>>(), sorted(&originals), "{}", world.calls());
    for id in &originals {
        let original = files.iter().find(|file| file.id == *id).expect("the original is still there");
        assert!(!original.trashed, "the original is untouched");
        let copy = &copies[id];
        if original.mime_type == "video/mp4" {
            assert_eq!((copy.size, &copy.sha256), (original.size, &original.sha256));
        } else {
            assert_eq!(copy.mime_type, "application/pdf");
            assert!(copy.name.ends_with(".pdf") && copy.size > 0, "{copy:#?}");
        }
    }
    // A request that would change an original, or that is no GET at Meet, is a violation.
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

fn sorted(ids: &[String]) -> Vec<String> {
    let mut ids = ids.to_vec();
    ids.sort();
    ids
}

/// Number of calls that the sandbox has answered.
pub(super) fn calls_of(world: &World, route: Route) -> usize {
    world.sandbox.transcript.count(route)
}

#[tokio::test]
async fn a_conference_is_archived_like_a_recording_of_zoom_and_only_once() {
    let world = company(&[("AFTER_ARCHIVE", "trash")]).await;
    // Meet needs no webhook.
    let ran = run_with(&world, &[("ZOOM_WEBHOOK_SECRET_TOKEN", "")], &["bring", "--user", EWA]).await;
    ran.assert(0, "archived  ");
    ran.assert(0, "1 proved, 2 exported");
    ran.assert(0, "1 conference(s) archived, 0 not ready, 0 incomplete");
    assert_brought(&world, NAME);
    let path = world.sandbox.google.path_of(&copies(&world, NAME).values().next().unwrap().id);
    assert!(path.contains(EWA) && path.contains("2026-11-02"), "host and day are in {path}");
    let page = world.read_meeting_file(world.meeting_files().values().next().expect("meeting.json"));
    assert_eq!((&page["meeting"]["source"], &page["meeting"]["uuid"]), (&"meet".into(), &NAME.into()));
    let files = page["files"].as_array().unwrap();
    assert_eq!(files.len(), 3);
    for file in files {
        assert!(file["original_link"].as_str().is_some_and(|link| link.starts_with("https://")), "{file}");
        let is_video = file["type"] == "MP4";
        assert_eq!((file["proved_at"].is_string(), file["doubt"].is_null()), (is_video, is_video), "{file}");
    }
    let uploads = calls_of(&world, Route::UploadStart);
    run(&world, &["bring", "--user", EWA]).await.assert(0, "is there  ");
    assert_eq!(calls_of(&world, Route::UploadStart), uploads, "nothing is sent twice");
    let store = world.open_store().await;
    let jobs = store.jobs(Default::default()).await.unwrap();
    assert_eq!(jobs.len(), 1);
    assert_eq!(
        (jobs[0].standing, jobs[0].recording.source().name()),
        (Standing::Finished, "meet"),
        "{jobs:#?}"
    );
    store.close().await;
    assert_eq!(calls_of(&world, Route::ZoomTrash), 0);
}

#[tokio::test]
async fn a_list_of_recordings_begins_nothing_and_says_what_is_archived() {
    let world = company(&[]).await;
    let ran = run(&world, &["recordings", "--user", EWA]).await;
    ran.assert(0, "transcript");
    ran.assert(0, "unknown");
    run(&world, &["bring", "--user", EWA, "--dry-run"]).await.assert(0, "recording");
    assert_eq!(calls_of(&world, Route::UploadStart), 0);
    assert!(copies(&world, NAME).is_empty());
    run(&world, &["bring", NAME, "--user", EWA]).await.assert(0, "archived");
    let listed = run(&world, &["recordings", "--user", EWA, "--json"]).await.json();
    let row = &listed["conferences"][0];
    assert_eq!((&row["archive"], &row["job"]), (&"archived".into(), &1.into()), "{listed}");
    assert_eq!(row["files"].as_array().unwrap().len(), 3, "{listed}");
    assert_brought(&world, NAME);
}

#[tokio::test(flavor = "multi_thread")]
async fn jobs_say_where_they_come_from_and_an_export_is_never_called_proved() {
    let world = company(&[]).await;
    run(&world, &["bring", "--user", EWA]).await.assert(0, "archived");
    let said = |arguments: &'static [&'static str]| {
        let mut program = Program::spawn(&world, arguments, &[]);
        async move { (program.ended().await, program.text()) }
    };
    let (_, list) = said(&["jobs", "list"]).await;
    assert!(list.contains("SOURCE") && list.contains("meet"), "{list}");
    let (_, shown) = said(&["jobs", "show", "1", "--json"]).await;
    let shown: serde_json::Value =
        serde_json::from_str(&shown).unwrap_or_else(|error| panic!("{error}: {shown}"));
    let mut states: Vec<&str> =
        shown["files"].as_array().unwrap().iter().map(|file| file["state"].as_str().unwrap()).collect();
    states.sort_unstable();
    assert_eq!(states, ["exported", "exported", "verified"]);
    let (_, links) = said(&["links"]).await;
    assert_eq!(links.matches("https://docs.google.com/document/d/").count(), 2, "{links}");
}

#[tokio::test]
async fn the_service_looks_by_itself_and_one_users_failure_hides_nobody() {
    let world = world_with(&[EWA, JAN], &[("MEET_BRING", "yes"), ("SWEEP_EVERY", "100ms")]).await;
    let google = &world.sandbox.google;
    let (now, hour) = (Timestamp::now(), jiff::SignedDuration::from_hours(1));
    google.set_meet_now(now);
    let recent = |id: &str, organizer: &str, bytes| {
        let start = now - hour * 30;
        let video = Artifact::recording("Standup.mp4", bytes);
        google.add_conference(
            Conference::new(organizer, "abc-mnop-xyz", start).id(id).ended(start + hour).artifact(video),
        )
    };
    recent("standup", EWA, VIDEO_BYTES);
    google.add_user(User::new("gast@theatre.example", "Gast").without_meet());
    google.forget_user(JAN);
    let life = world.live().await;
    life.finish(&world).await;
    assert_brought(&world, NAME);
    let turn = loop {
        let turn = life.store.singleton("meet").await.unwrap();
        if !turn.note.is_empty() {
            break turn;
        }
        world.sandbox.transcript.wait_until(Duration::from_millis(20), || false).await;
    };
    assert!(turn.note.contains("1 user(s) could not be asked"), "{turn:?}");
    assert!(turn.note.contains("1 user(s) have no Meet"), "{turn:?}");
    assert_eq!(turn.succeeded_at, None, "it is not whole: {turn:?}");
    // A conference of the day after is found as well, and the first is not brought again.
    let uploads = calls_of(&world, Route::UploadStart);
    recent("late", ADMIN, 700_000);
    life.wait_for("the late conference", |jobs| jobs.len() == 2).await;
    life.finish(&world).await;
    assert_brought(&world, "conferenceRecords/late");
    assert_eq!(calls_of(&world, Route::UploadStart), uploads + 1);
    // Once everybody who has Meet can be asked, a look counts.
    google.know_user(JAN);
    while life.store.singleton("meet").await.unwrap().succeeded_at.is_none() {
        world.sandbox.transcript.wait_until(Duration::from_millis(20), || false).await;
    }
    life.stop().await;
}

#[tokio::test]
async fn what_is_not_ready_is_said_and_comes_later() {
    let world = world(&[EWA]).await;
    let google = &world.sandbox.google;
    let running = Artifact::recording("Standup.mp4", 600_000).state(ArtifactState::Ended);
    google.add_conference(conference("late", EWA, "abc-mnop-xyz", "09:00:00", "10:00:00").artifact(running));
    let ran = run(&world, &["bring", "--user", EWA]).await;
    ran.assert(0, "not ready");
    ran.assert(0, "0 conference(s) archived, 1 not ready");
    google.edit_conference("conferenceRecords/late", |conference| {
        conference.artifacts[0].state = ArtifactState::Generated;
    });
    run(&world, &["bring", "--user", EWA]).await.assert(0, "1 conference(s) archived");
    assert_brought(&world, "conferenceRecords/late");
}
