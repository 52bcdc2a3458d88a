//! A recording is taken out of Zoom's trash only by a person who was asked, and then archived again or kept.

use zoom2drive::jobs::{JobId, Standing, ZoomCopy};
use zoom2drive::sandbox::faults::Canned;
use zoom2drive::sandbox::zoom::Standing as AtZoom;

use super::*;

async fn recover(world: &World, arguments: &[&str]) -> Ran {
    run(world, &[], &[&["recover", "1"], arguments].concat()).await
}

fn at_zoom(world: &World) -> AtZoom {
    world.sandbox.zoom.recording(UUID).unwrap().standing
}

#[tokio::test]
async fn a_lost_copy_comes_back_from_zooms_trash() {
    let world = archived(&[]).await;
    let lost = copy(&world, "speaker view");
    world.sandbox.google.remove(&lost.id);
    verify(&world, &[]).await.assert(1, "zoom2drive recover 1 --archive-again");
    recover(&world, &["--archive-again", "--yes"])
        .await
        .assert(0, "Zoom has the recording again; job 1 is due now.");
    assert_eq!(at_zoom(&world), AtZoom::Present);
    run(&world, &[], &["jobs", "audit"]).await.assert(0, "recover and archive again  job 1");
    let life = world.live().await;
    life.finish(&world).await;
    // What Zoom tells of it changes nothing.
    assert_eq!(world.send(&life, &world.sandbox.zoom.event(UUID, "recording.recovered")).await, 200);
    life.finish(&world).await;
    let job = life.store.job(JobId(1)).await.unwrap();
    assert_eq!(job.zoom_copy, ZoomCopy::Recovered);
    life.stop().await;
    assert_ne!(copy(&world, "speaker view").id, lost.id);
    assert_eq!(at_zoom(&world), AtZoom::Present, "never trashed again by itself");
    world.assert_promises(UUID);
    verify(&world, &[]).await.assert(0, "4 file(s) are on Drive as they were proved.");
    recover(&world, &["--keep", "--yes"]).await.assert(1, "it was recovered already");
}

#[tokio::test]
async fn a_recording_can_be_taken_out_and_only_kept() {
    let world = archived(&[]).await;
    let uploads = count(&world, Route::UploadStart);
    let ran = recover(&world, &["--keep", "--yes", "--json"]).await;
    assert_eq!(ran.json()["standing"], "finished");
    assert_eq!(at_zoom(&world), AtZoom::Present);
    let store = world.open_store().await;
    let job = store.job(JobId(1)).await.unwrap();
    assert!(job.standing == Standing::Finished && job.zoom_copy == ZoomCopy::Recovered, "{job:?}");
    assert_eq!(store.zoom_trash_until(job.id).await.unwrap(), None);
    store.close().await;
    assert_eq!(count(&world, Route::UploadStart), uploads);
}

#[tokio::test]
async fn without_a_person_or_their_choice_nothing_is_done() {
    let world = archived(&[]).await;
    recover(&world, &["--yes"]).await.assert(2, "--archive-again");
    recover(&world, &["--keep", "--archive-again", "--yes"]).await.assert(2, "cannot be used with");
    recover(&world, &["--keep"]).await.assert(2, "there is no terminal to ask for consent: give --yes");
    assert_eq!(at_zoom(&world), AtZoom::Trashed);
    run(&world, &[], &["recover", "9", "--keep", "--yes"]).await.assert(1, "job 9");
}

#[tokio::test]
async fn a_missing_scope_is_explained_and_changes_nothing() {
    let world = archived(&[]).await;
    let scope = "cloud_recording:update:recover_meeting_recordings:admin";
    world.sandbox.zoom.remove_scope(scope);
    let ran = recover(&world, &["--archive-again", "--yes"]).await;
    ran.assert(1, scope);
    ran.assert(1, "activate the app again");
    let store = world.open_store().await;
    assert_eq!(store.job(JobId(1)).await.unwrap().zoom_copy, ZoomCopy::PutAway);
    store.close().await;
    run(&world, &[], &["jobs", "audit"]).await.assert(0, "failed: job 1 cannot be recovered");
    // Nothing else needs it.
    run(&world, &[], &["doctor"]).await.assert(0, "zoom.scopes");
}

#[tokio::test]
async fn what_is_not_in_the_trash_is_refused_with_the_reason() {
    let world = archived(&[]).await;
    world.sandbox.zoom.remove(UUID);
    recover(&world, &["--keep", "--yes"]).await.assert(1, "Zoom's trash does not have it");
    world.sql("UPDATE jobs SET zoom_trash_until = 5").await;
    recover(&world, &["--keep", "--yes"]).await.assert(1, "30 days (until 1970-01-01), and these are over");
    world.sql("UPDATE jobs SET zoom_trash_until = 0").await;
    recover(&world, &["--keep", "--yes"]).await.assert(1, "deleted for good (AFTER_ARCHIVE=delete)");
    world.sql("UPDATE jobs SET zoom_copy = 'untouched'").await;
    recover(&world, &["--keep", "--yes"]).await.assert(1, "never put into Zoom's trash");
}

#[tokio::test]
async fn a_full_cloud_storage_and_a_zoom_that_is_down_are_told() {
    let world = archived(&[]).await;
    let full = Canned::zoom(400, 3309, "No hay espacio.");
    world.sandbox.faults.once(Route::ZoomOther, Fault::Answer(full));
    recover(&world, &["--keep", "--yes"]).await.assert(1, "cloud storage is full");
    world.sandbox.faults.once(Route::ZoomOther, Fault::Answer(Canned::html(502)));
    recover(&world, &["--keep", "--yes"]).await.assert(1, "Zoom cannot be reached");
    assert_eq!(at_zoom(&world), AtZoom::Trashed);
    // Done, but the answer was lost: the same command ends it.
    world.sandbox.faults.once(Route::ZoomOther, Fault::CutAfter);
    recover(&world, &["--keep", "--yes"]).await.assert(1, "Zoom cannot be reached");
    assert_eq!(at_zoom(&world), AtZoom::Present);
    recover(&world, &["--keep", "--yes"]).await.assert(0, "Zoom has the recording again.");
}

#[tokio::test]
async fn what_a_person_trashed_before_it_was_archived_can_be_recovered_too() {
    let world = World::with(&[SOON]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.sandbox.zoom.put_into_trash(UUID);
    world.sandbox.zoom.expire_download_tokens();
    world.deliver(&life, UUID).await;
    assert_eq!(world.send(&life, &world.sandbox.zoom.event(UUID, "recording.trashed")).await, 200);
    life.wait_for("parked", |jobs| jobs.iter().any(|job| job.standing == Standing::Parked)).await;
    recover(&world, &["--archive-again", "--yes"]).await.assert(0, "job 1 is due now");
    life.finish(&world).await;
    life.stop().await;
    world.assert_archived(&[UUID]);
}

#[tokio::test]
async fn without_credentials_it_says_what_is_missing() {
    let world = archived(&[]).await;
    let none = [("ZOOM_ACCOUNT_ID", ""), ("ZOOM_CLIENT_ID", ""), ("ZOOM_CLIENT_SECRET", "")];
    let ran = run(&world, &none, &["recover", "1", "--keep", "--yes"]).await;
    ran.assert(2, "ZOOM_ACCOUNT_ID");
}
