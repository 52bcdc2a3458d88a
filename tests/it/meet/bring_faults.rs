//! Bringing what Meet has recorded, while something goes wrong.

use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::google::Artifact;

use super::bring::{NAME, VIDEO_BYTES, assert_brought, calls_of, company, copies, standup};
use super::*;
use crate::support::program::Program;
use crate::support::world::usual_meeting;

fn fault(world: &World, route: Route, subject: &str, (skip, times): (u32, u32), fault: Fault) {
    world.sandbox.faults.add(Rule { route, subject: subject.to_owned(), skip, times, fault });
}

#[tokio::test]
async fn a_file_that_is_gone_is_told_and_the_others_are_archived() {
    let world = company(&[]).await;
    let google = &world.sandbox.google;
    let originals = google.original_files(NAME);
    google.remove(&originals[0]);
    let ran = run(&world, &["bring", "--user", EWA]).await;
    ran.assert(1, "its file was deleted in Drive");
    assert_eq!(copies(&world, NAME).len(), 2);
    // Nothing changes by itself, and it is told again.
    run(&world, &["bring", "--user", EWA]).await.assert(1, "its file was deleted in Drive");
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_file_that_may_not_be_downloaded_is_told_and_comes_once_it_may() {
    let world = company(&[]).await;
    let google = &world.sandbox.google;
    let video = google.original_files(NAME)[0].clone();
    google.set_can_download(&video, false);
    run(&world, &["bring", "--user", EWA]).await.assert(1, "does not allow downloads");
    google.set_can_download(&video, true);
    run(&world, &["bring", "--user", EWA]).await.assert(0, "1 conference(s) archived");
    assert_brought(&world, NAME);
}

#[tokio::test]
async fn a_copy_that_differs_is_trashed_and_the_original_is_untouched() {
    let world = company(&[]).await;
    fault(&world, Route::UploadChunk, "", (0, 100), Fault::Corrupt);
    run(&world, &["bring", "--user", EWA]).await.assert(1, "differed from what was sent");
    assert!(copies(&world, NAME).is_empty(), "every bad copy is in the trash");
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn bytes_that_do_not_have_googles_own_checksum_are_never_archived() {
    let world = company(&[]).await;
    world.sandbox.google.spoil_original(&world.sandbox.google.original_files(NAME)[0]);
    run(&world, &["bring", "--user", EWA])
        .await
        .assert(1, "the bytes differed from the checksum that Google lists 4 times");
    let videos = copies(&world, NAME).into_values().filter(|copy| copy.mime_type == "video/mp4").count();
    assert_eq!(videos, 0, "what was sent is in Drive's trash");
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_download_that_breaks_goes_on_where_it_broke() {
    let world = company(&[]).await;
    fault(&world, Route::DriveMedia, "", (0, 1), Fault::MediaCut(VIDEO_BYTES / 2));
    run(&world, &["bring", "--user", EWA]).await.assert(0, "archived");
    assert_brought(&world, NAME);
    assert_eq!(calls_of(&world, Route::DriveMedia), 2, "the rest was asked for once");
}

#[tokio::test]
async fn an_export_that_differs_at_each_request_is_never_mixed() {
    let world = company(&[("CHUNK_SIZE", "256KiB")]).await;
    world.sandbox.google.edit_conference(NAME, |conference| {
        let text = "Ewa: good morning\n".repeat(40_000);
        let long = Artifact::transcript("Standup (long transcript)", &text);
        conference.artifacts.push(long);
    });
    // Answers of the upload are lost: the rest may only follow from the same bytes.
    fault(&world, Route::UploadChunk, "", (2, 12), Fault::Cut);
    run(&world, &["bring", "--user", EWA]).await.assert(0, "archived");
    assert_brought(&world, NAME);
}

#[tokio::test]
async fn a_lost_database_costs_no_second_copy() {
    let world = company(&[]).await;
    run(&world, &["bring", "--user", EWA]).await.assert(0, "archived");
    let before: Vec<String> = copies(&world, NAME).into_values().map(|copy| copy.id).collect();
    world.lose_database();
    let uploads = calls_of(&world, Route::UploadStart);
    run(&world, &["bring", "--user", EWA]).await.assert(0, "archived");
    let after: Vec<String> = copies(&world, NAME).into_values().map(|copy| copy.id).collect();
    assert_eq!((before, uploads), (after, calls_of(&world, Route::UploadStart)), "{}", world.calls());
    assert_brought(&world, NAME);
}

#[tokio::test]
async fn killed_at_any_moment_and_run_again_leaves_one_copy() {
    let seed = crate::support::world::seed();
    let world = company(&[]).await;
    for round in 0..6_u64 {
        let name = format!("conferenceRecords/round{round}");
        let again = zoom2drive::sandbox::google::Conference { name: name.clone(), ..standup() };
        world.sandbox.google.add_conference(again);
        let arguments = ["meet", "bring", name.as_str(), "--user", EWA];
        // The kill comes at a chunk that the seed selects. The sandbox counts the chunks of all rounds.
        let after =
            calls_of(&world, Route::UploadChunk) + 1 + usize::try_from((seed + round * 7) % 11).unwrap();
        let mut program = Program::spawn(&world, &arguments, &[]);
        // A small number of chunks may come before the end; then there is nothing left to kill.
        let is_over = |program: &Program| program.text().contains("conference(s)");
        program.wait_until(|| calls_of(&world, Route::UploadChunk) >= after || is_over(&program)).await;
        program.kill();
        world.expire_leases().await;
        let ran = run(&world, &arguments[1..]).await;
        ran.assert(0, "1 conference(s) archived");
        assert_brought(&world, &name);
    }
}

#[tokio::test]
async fn an_edition_without_notes_keeps_no_recording_out() {
    let world = company(&[]).await;
    let gone = Canned::google_rpc(404, "NOT_FOUND", "Method not found.");
    fault(&world, Route::Meet, "/smartNotes", (0, 100), Fault::Answer(gone));
    run(&world, &["bring", "--user", EWA]).await.assert(0, "1 proved, 1 exported");
    assert_eq!(copies(&world, NAME).len(), 2);
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_scope_that_is_not_granted_is_named_and_nothing_is_begun() {
    let world = company(&[]).await;
    let google = &world.sandbox.google;
    google.withdraw_scope(None, MEET);
    let ran = run(&world, &["bring", "--user", EWA]).await;
    ran.assert(1, MEET);
    ran.assert(1, "Domain-wide delegation");
    google.grant_scope(None, MEET);
    google.withdraw_scope(None, "https://www.googleapis.com/auth/drive.meet.readonly");
    run(&world, &["bring", "--user", EWA]).await.assert(1, "drive.meet.readonly");
    google.grant_scope(None, "https://www.googleapis.com/auth/drive.meet.readonly");
    run(&world, &["bring", "--user", EWA]).await.assert(0, "1 conference(s) archived");
    assert_brought(&world, NAME);
}

#[tokio::test]
async fn an_event_that_bears_the_name_of_a_conference_changes_nothing() {
    let world = company(&[("AFTER_ARCHIVE", "keep")]).await;
    run(&world, &["bring", "--user", EWA]).await.assert(0, "archived");
    world.sandbox.zoom.add(zoom2drive::sandbox::zoom::Meeting::new("real+uuid==", "Real"));
    let life = world.live().await;
    for name in ["recording.completed", "recording.deleted", "recording.trashed", "meet.found"] {
        let mut event: Value =
            serde_json::from_slice(&world.sandbox.zoom.event("real+uuid==", "recording.completed")).unwrap();
        event["event"] = name.into();
        event["payload"]["object"]["uuid"] = NAME.into();
        event["payload"]["object"]["topic"] = "forged".into();
        assert_eq!(world.send(&life, event.to_string().as_bytes()).await, 200);
    }
    let jobs = life.store.jobs(Default::default()).await.unwrap();
    assert_eq!(jobs.len(), 1, "{jobs:#?}");
    assert_ne!(jobs[0].recording.topic, "forged");
    for event in life.store.events(None).await.unwrap().into_iter().filter(|event| event.job.is_none()) {
        let replayed = zoom2drive::admin::replay::replay(&life.store, event.id).await;
        assert!(replayed.is_err(), "{event:?}");
    }
    life.stop().await;
    assert_brought(&world, NAME);
}

#[tokio::test]
async fn a_zoom_that_refuses_attendance_does_not_refuse_it_for_meet() {
    let settings =
        [("MEET_BRING", "yes"), ("SWEEP_EVERY", "100ms"), ("ATTENDANCE", "sheet"), ("AFTER_ARCHIVE", "keep")];
    let world = world_with(&[EWA], &settings).await;
    let scope =
        "Invalid access token, does not contain scopes:[report:read:list_meeting_participants:admin].";
    for route in [Route::ZoomReport, Route::ZoomPastParticipants] {
        fault(&world, route, "", (0, 100), Fault::Answer(Canned::zoom(400, 4711, scope)));
    }
    world.sandbox.zoom.add(usual_meeting("zoom+1=="));
    let life = world.live().await;
    world.deliver(&life, "zoom+1==").await;
    life.finish(&world).await;
    assert!(world.attendance_files().is_empty(), "Zoom refuses it, for an hour");
    let (google, hour) = (&world.sandbox.google, jiff::SignedDuration::from_hours(1));
    let start = Timestamp::now() - hour * 30;
    google.set_meet_now(start + hour * 30);
    let ewa = Participant::user(EWA, "Ewa Nowak").session(start, start + hour);
    let recorded =
        Conference::new(EWA, "abc-mnop-xyz", start).id("recent").ended(start + hour).participant(ewa);
    google.add_conference(recorded.artifact(Artifact::recording("Recent.mp4", 600_000)));
    life.wait_for("the job of Meet", |jobs| jobs.len() == 2).await;
    life.finish(&world).await;
    assert_eq!(world.attendance_files().len(), 1, "{}", world.calls());
    life.stop().await;
}
