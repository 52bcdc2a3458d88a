//! Events in any order, twice and late: the archive is the same, nothing is doubled, nothing trashed unproved.

use std::time::Duration;

use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use zoom2drive::sandbox::zoom::File;

use crate::support::steps::trashes;
use crate::support::world::{Life, World, number, seed, usual_meeting};

const UUID: &str = "orders/+uuid==";

/// Worlds per run; `Z2D_ORDERS` makes it longer.
const WORLDS: u64 = 4;

/// Everything that is ever told of a recording, made in the order in which it happened: it was recorded, a
/// person trashed and recovered it, it was renamed, its transcript came.
fn history(world: &World) -> Vec<Vec<u8>> {
    let zoom = &world.sandbox.zoom;
    zoom.add(usual_meeting(UUID));
    let event = |name: &str| zoom.event(UUID, name);
    let mut events: Vec<Vec<u8>> =
        ["recording.started", "recording.stopped", "recording.completed", "recording.completed"]
            .map(event)
            .into();
    zoom.put_into_trash(UUID);
    events.extend(["recording.trashed", "recording.batch_trashed"].map(event));
    zoom.take_from_trash(UUID);
    events.extend(["recording.recovered", "recording.batch_recovered"].map(event));
    zoom.rename(UUID, "Rehearsal");
    events.push(event("recording.renamed"));
    zoom.add_file(UUID, File::transcript("late-transcript", 4_321));
    events.extend(["recording.transcript_completed", "recording.cloud_storage_usage_updated"].map(event));
    events
}

async fn deliver(world: &World, life: &Life, events: &[Vec<u8>], random: &mut StdRng) {
    for event in events {
        assert_eq!(world.send(life, event).await, 200);
        if random.random_bool(0.5) {
            tokio::time::sleep(Duration::from_millis(random.random_range(0..40))).await;
        }
    }
}

async fn tell_in_some_order(mut random: StdRng) {
    let mut world = World::with(&[("SETTLE_FOR", "1h")]).await;
    let mut events = history(&world);
    let twice: Vec<_> = events.iter().filter(|_| random.random_bool(0.3)).cloned().collect();
    events.extend(twice);
    events.shuffle(&mut random);

    let life = world.live().await;
    deliver(&world, &life, &events, &mut random).await;
    let is_complete = || world.archive().len() == 5;
    let found = world.sandbox.transcript.wait_until(Duration::from_secs(30), is_complete).await;
    assert!(found, "{:#?}\n{:#?}", world.archive().keys(), life.summary().await);
    crate::support::steps::settled_into_waiting(&life).await;
    assert_eq!((life.jobs().await.len(), trashes(&world)), (1, 0));
    world.assert_promises(UUID);
    life.stop().await;

    world.settings.insert("SETTLE_FOR".to_owned(), "0s".to_owned());
    let life = world.live().await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);

    // All of it once more when everything is over, with the echo of our own trash.
    events
        .extend(["recording.trashed", "recording.deleted"].map(|name| world.sandbox.zoom.event(UUID, name)));
    events.shuffle(&mut random);
    deliver(&world, &life, &events, &mut random).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    assert_eq!((life.jobs().await.len(), trashes(&world)), (1, 1));
    life.stop().await;
}

#[tokio::test]
async fn the_order_of_events_does_not_matter() {
    let seed = seed();
    for world in 0..number("Z2D_ORDERS").unwrap_or(WORLDS) {
        tell_in_some_order(StdRng::seed_from_u64(seed + world)).await;
    }
}
