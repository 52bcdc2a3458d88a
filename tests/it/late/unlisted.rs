//! Zoom's API does not list the recording of a new event, though the event's own addresses work. They die after a
//! day: the archive must be made before, and Zoom's copy kept until the listing has confirmed it.

use zoom2drive::jobs::{Provenance, Standing};
use zoom2drive::sandbox::faults::{Canned, Route};
use zoom2drive::sandbox::zoom::File;

use crate::support::steps::trashes;
use crate::support::steps::{DAY_LATER, LATER, refuse_listing};
use crate::support::world::{Life, World, usual_meeting};

const UUID: &str = "of-a/+uuid==";

/// What was seen in place of a listing, and what may be.
fn refusals() -> Vec<Canned> {
    [
        (404, 3301),
        (404, 3001),
        (404, 1001),
        (404, 1010),
        (400, 3001),
        (400, 300),
        (400, 1010),
        (404, 9999),
        (403, 200),
    ]
    .map(|(status, code)| Canned::zoom(status, code, "La reunión no existe."))
    .into_iter()
    .chain([200, 3301, 3001, 1001, 1010].map(|code| Canned::zoom(200, code, "No permission.")))
    .collect()
}

async fn archived_without_listing(world: &World, life: &Life) {
    life.wait_for("a refusal", |jobs| jobs[0].reason.contains("Trying again")).await;
    assert_eq!(world.sandbox.zoom.bytes_sent(), 0, "the listing is waited for first");
    world.sql(LATER).await;
    life.wait_for("the archive", |jobs| jobs[0].reason.contains("waiting for Zoom to list it")).await;
    assert_eq!((world.archive().len(), trashes(world)), (4, 0));
    world.assert_promises(UUID);
}

#[tokio::test]
async fn every_refusal_is_waited_out_archived_over_and_made_up_for() {
    for refusal in refusals() {
        let world = World::new().await;
        world.sandbox.zoom.add(usual_meeting(UUID));
        refuse_listing(&world, UUID, refusal.clone());
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        archived_without_listing(&world, &life).await;
        world.sandbox.faults.clear();
        // A file that only the listing tells of.
        world.sandbox.zoom.add_file(UUID, File::transcript("late", 4_321));
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        let files = life.files(life.jobs().await[0].id).await;
        let confirmed = files.iter().filter(|file| file.provenance == Provenance::Confirmed).count();
        assert_eq!((confirmed, files.len()), (4, 5), "{refusal:?}");
        life.stop().await;
    }
}

#[tokio::test]
async fn a_listing_that_comes_soon_makes_the_events_addresses_needless() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    refuse_listing(&world, UUID, Canned::zoom(404, 1001, "User does not exist."));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.wait_for("a refusal", |jobs| jobs[0].reason.contains("Trying again")).await;
    let job = life.jobs().await.remove(0);
    assert_eq!((job.standing, world.archive().len()), (Standing::Active, 0));
    world.sandbox.faults.clear();
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    let calls = world.sandbox.transcript.calls();
    let is_events = |request: &str| request.contains("/webhook_download/");
    assert!(!calls.iter().any(|call| call.route == Route::ZoomDownload && is_events(&call.request)));
    life.stop().await;
}

#[tokio::test]
async fn a_listing_that_never_comes_calls_a_person_while_the_archive_is_there() {
    for policy in ["trash", "keep"] {
        let world = World::with(&[("AFTER_ARCHIVE", policy)]).await;
        world.sandbox.zoom.add(usual_meeting(UUID));
        refuse_listing(&world, UUID, Canned::zoom(404, 1010, "User does not belong to this account."));
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        archived_without_listing(&world, &life).await;
        world.sql(DAY_LATER).await;
        life.wait_for("a person to be called", |jobs| jobs[0].standing == Standing::Parked).await;
        let job = life.jobs().await.remove(0);
        assert!(job.reason.contains("never listed") && job.reason.contains("1010"), "{}", job.reason);
        assert_eq!((world.archive().len(), trashes(&world)), (4, 0));
        // Mended at Zoom, and tried again by an operator.
        world.sandbox.faults.clear();
        life.store.retry(job.id).await.unwrap();
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

#[tokio::test]
async fn without_an_address_of_an_event_a_refusal_is_tried_again_as_before() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    refuse_listing(&world, UUID, Canned::zoom(404, 1010, "User does not belong to this account."));
    let life = world.live().await;
    let mut event = crate::support::steps::event(&world, UUID);
    event.as_object_mut().unwrap().remove("download_token");
    assert_eq!(world.send(&life, event.to_string().as_bytes()).await, 200);
    life.wait_for("attempts", |jobs| jobs[0].attempts >= 3).await;
    world.sql(LATER).await;
    life.wait_for("more attempts", |jobs| jobs[0].attempts >= 5).await;
    assert_eq!(world.sandbox.zoom.bytes_sent(), 0);
    world.sandbox.faults.clear();
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}
