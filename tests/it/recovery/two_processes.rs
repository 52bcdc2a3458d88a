//! Two processes on one database.

use zoom2drive::sandbox::faults::Route;

use crate::support::program::Program;
use crate::support::steps::calls;
use crate::support::world::{World, usual_meeting};

fn uuid(number: usize) -> String {
    format!("/two+{number}/AAAAAAAAAAAAAAA==")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_process_takes_over_when_the_lease_of_the_killed_one_ends() {
    let world = World::with(&[("LEASE_FOR", "2s"), ("CHUNK_SIZE", "256KiB")]).await;
    let uuid = uuid(0);
    world.sandbox.zoom.add(usual_meeting(&uuid));
    let mut first = Program::serve(&world).await;
    let second = Program::serve(&world).await;
    // The second lives and looks for work all the while.
    world.deliver_to(&first, &uuid).await;
    let started = || calls(&world, Route::UploadChunk).len() >= 3;
    assert!(first.wait_until(started).await, "{}", first.text());
    first.kill();
    world.archived(second, &[&uuid]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_live_at_once_double_nothing() {
    let world = World::with(&[("CHUNK_SIZE", "256KiB")]).await;
    let uuids: Vec<String> = (0..6).map(uuid).collect();
    let first = Program::serve(&world).await;
    let second = Program::serve(&world).await;
    for (turn, uuid) in uuids.iter().enumerate() {
        world.sandbox.zoom.add(usual_meeting(uuid).start(&format!("2026-03-01T1{turn}:30:00Z")));
        // Each event to both, as when a proxy repeats a request; they share the host's folders.
        let (one, other) = if turn % 2 == 0 { (&first, &second) } else { (&second, &first) };
        world.deliver_to(one, uuid).await;
        world.deliver_to(other, uuid).await;
    }
    let all: Vec<&str> = uuids.iter().map(String::as_str).collect();
    world.trashed(&first, &all).await;
    first.stop().await;
    world.archived(second, &all).await;
    // Each byte went to Drive once: no file was sent by both.
    let size: u64 = world.archive().values().map(|file| file.size).sum();
    assert_eq!(world.sandbox.google.bytes_received(), size);
}
