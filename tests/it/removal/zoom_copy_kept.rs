//! Zoom's copy is kept when the trash is denied, a copy is in doubt, or there is no room for it. It is deleted for good
//! only if that was asked for, with the same proof.

use zoom2drive::jobs::{Stage, Standing};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::steps::{settled_into_waiting, trashes};
use crate::support::world::{World, usual_meeting};

const UUID: &str = "kept/+uuid==";

#[tokio::test]
async fn a_denied_trash_is_told_and_harms_nothing() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    world.sandbox.zoom.set_trash_denied(Some(Canned::zoom(400, 3332, "La grabación no se puede eliminar.")));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    let job = life.jobs().await.remove(0);
    assert!(job.reason.contains("3332") && job.reason.contains("kept at Zoom"), "{}", job.reason);
    assert_eq!(world.archive().len(), 4);
    // Mended, and tried again by an operator.
    world.sandbox.zoom.set_trash_denied(None);
    life.store.retry(job.id).await.unwrap();
    life.wait_for("the end", |jobs| {
        jobs.iter().all(|job| job.standing == Standing::Finished && job.stage == Stage::Retired)
    })
    .await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn zooms_copy_is_deleted_for_good_where_that_was_asked_for() {
    let world = World::with(&[("AFTER_ARCHIVE", "delete")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    assert_eq!(trashes(&world), 1, "one request for the whole recording");
    // What Zoom tells of it, and what it still had under way, changes nothing.
    for event in ["recording.deleted", "recording.completed"] {
        assert_eq!(world.send(&life, &world.sandbox.zoom.event(UUID, event)).await, 200);
    }
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_copy_that_vanished_from_drive_keeps_zooms_from_trash_and_deletion() {
    for after in ["trash", "delete"] {
        a_vanished_copy_is_made_again(after).await;
    }
}

async fn a_vanished_copy_is_made_again(after: &str) {
    let world = World::with(&[("SETTLE_FOR", "1h"), ("AFTER_ARCHIVE", after)]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    settled_into_waiting(&life).await;
    life.stop().await;
    let lost = world.archive().into_values().next().unwrap();
    world.sandbox.google.trash(&lost.id);

    let mut world = world;
    world.settings.insert("SETTLE_FOR".to_owned(), "0s".to_owned());
    let life = world.live().await;
    let mut reasons = Vec::new();
    life.finish_with(&world, |job| {
        assert_eq!(trashes(&world), 0);
        reasons.push(job.reason.clone());
    })
    .await;
    assert!(reasons.len() == 1 && reasons[0].contains("gone or differs"), "{reasons:?}");
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_root_that_will_not_do_is_found_before_a_byte_is_sent() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let root = world.sandbox.google.root_folder();
    world.sandbox.google.set_can_add_children(&root, false);
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.wait_for("the pause", |jobs| jobs.iter().any(|job| job.reason.contains("Content manager"))).await;
    assert_eq!((world.sandbox.google.bytes_received(), world.sandbox.zoom.bytes_sent()), (0, 0));
    world.sandbox.google.set_can_add_children(&root, true);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_drive_that_is_full_at_the_last_byte_goes_on_when_there_is_room() {
    let world = World::new().await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Full").file(File::mp4("video-1", 900_000)));
    let full = Canned::google(403, "storageQuotaExceeded", "Service Accounts do not have storage quota.");
    world.sandbox.faults.add(Rule {
        route: Route::UploadChunk,
        subject: String::new(),
        skip: 1,
        times: 1,
        fault: Fault::Answer(full),
    });
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.wait_for("the pause", |jobs| jobs.iter().any(|job| job.reason.contains("shared drive"))).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn copies_that_keep_differing_call_a_person_who_can_have_them_tried_again() {
    let world = World::new().await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Corrupt").file(File::mp4("video-1", 300_000)));
    let corrupt =
        Rule { route: Route::UploadChunk, subject: String::new(), skip: 0, times: 4, fault: Fault::Corrupt };
    world.sandbox.faults.add(corrupt);
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    let mut reasons = Vec::new();
    life.finish_with(&world, |job| {
        assert_eq!(trashes(&world), 0);
        reasons.push(job.reason.clone());
    })
    .await;
    assert!(reasons.len() == 1 && reasons[0].contains("differed"), "{reasons:?}");
    world.assert_archived(&[UUID]);
    life.stop().await;
}
