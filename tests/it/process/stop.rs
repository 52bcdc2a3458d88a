//! SIGTERM in the middle of transfers: chunks end, leases go back, nothing counts as a failure.

use std::time::Duration;

use zoom2drive::jobs::Standing;
use zoom2drive::sandbox::faults::{Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};
use zoom2drive::store::JobFilter;
use zoom2drive::webhook::payload;

use crate::support::program::Program;
use crate::support::steps::{calls, held, range_start};
use crate::support::world::{LIMIT, World, usual_meeting};

const MIB: u64 = 1024 * 1024;
const UUID: &str = "stopped/midway/AAAAAAA==";
const OTHER: &str = "came/too/late/AAAAAAAA==";

/// Longer than any test runs: whoever waits for this waits in vain.
const NEVER: &str = "1h";

/// One file of so many MiB in chunks of 4 MiB, under a lease that outlives the test.
async fn world(mebibytes: u64, settings: &[(&str, &str)]) -> World {
    let sizes = [("CHUNK_SIZE", "4MiB"), ("WINDOW_SIZE", "2MiB"), ("LEASE_FOR", NEVER)];
    let world = World::with(&[&sizes[..], settings].concat()).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Long evening").file(File::mp4("video", mebibytes * MIB)));
    world
}

/// The fourth chunk is taken and never answered.
fn stall(world: &World) {
    let rule =
        Rule { route: Route::UploadChunk, subject: String::new(), skip: 3, times: 1, fault: Fault::Stall };
    world.sandbox.faults.add(rule);
}

async fn until_stalled(world: &World, program: &Program) {
    let stalled = || calls(world, Route::UploadChunk).iter().any(|call| call.answer == "stall");
    assert!(program.wait_until(stalled).await, "{}", program.text());
}

/// The one job: active, of no attempt, and nobody's.
async fn assert_given_back(world: &World) {
    let store = world.open_store().await;
    let jobs = store.jobs(JobFilter::default()).await.unwrap();
    for job in &jobs {
        assert_eq!((job.standing, job.attempts, job.leased), (Standing::Active, 0, false), "{}", job.reason);
    }
    assert!(!jobs.is_empty());
    store.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_ends_the_chunk_and_the_next_start_goes_on_where_it_ended() {
    let world = world(64, &[]).await;
    let google = &world.sandbox.google;
    let mut first = Program::serve(&world).await;
    world.deliver_to(&first, UUID).await;
    assert!(first.wait_until(|| google.bytes_received() >= 21 * MIB).await, "{}", first.text());
    first.terminate();
    let status = first.ended().await;
    assert_eq!(status.code(), Some(0), "{}", first.text());
    assert_given_back(&world).await;
    let received = google.bytes_received();
    assert_eq!(received % (4 * MIB), 0, "a chunk was cut");
    assert!(received < 64 * MIB, "the stop came too late to say anything");
    assert!(calls(&world, Route::UploadChunk).iter().all(|call| call.answer.starts_with("308")));

    // The lease would last for an hour: that it goes on at all says that it was given back.
    let second = Program::serve(&world).await;
    world.archived(second, &[UUID]).await;
    assert_eq!(google.bytes_received(), 64 * MIB, "bytes were sent to Drive twice");
    let asked = calls(&world, Route::UploadStatus);
    assert_eq!(held(&asked[0]), received);
    let media = calls(&world, Route::ZoomMedia);
    assert_eq!((media.len(), range_start(&media[1])), (2, received), "bytes were fetched from Zoom twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_stopping_webhooks_are_sent_back_and_no_job_is_claimed() {
    let world = world(24, &[("STOP_WITHIN", "4s"), ("IDLE_TIMEOUT", NEVER)]).await;
    stall(&world);
    let mut program = Program::serve(&world).await;
    world.deliver_to(&program, UUID).await;
    until_stalled(&world, &program).await;
    program.terminate();
    assert!(program.wait_for_line("stopping").await, "{}", program.text());

    world.sandbox.zoom.add(usual_meeting(OTHER));
    let event = world.sandbox.zoom.event(OTHER, "recording.completed");
    assert_eq!(world.post(&program, &event).await, Some(503));
    // The same event by the back door: another process has taken it in, and now a job is due.
    let store = world.open_store().await;
    store.accept(&payload::read(&event).unwrap().with_body(&event)).await.unwrap();
    store.close().await;

    let status = program.ended().await;
    assert_eq!(status.code(), Some(0), "{}", program.text());
    let about_other = |call: &zoom2drive::sandbox::transcript::Call| call.subject.contains(OTHER);
    assert!(!world.sandbox.transcript.calls().iter().any(about_other), "{}", world.calls());
    assert_given_back(&world).await;

    let second = Program::serve(&world).await;
    world.archived(second, &[UUID, OTHER]).await;
    // What was cut is the one chunk that Drive never answered.
    assert!(world.sandbox.google.bytes_received() <= 24 * MIB + 4 * MIB + 3 * MIB);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_signal_ends_it_at_once() {
    let world = world(24, &[("STOP_WITHIN", NEVER), ("IDLE_TIMEOUT", NEVER), ("LEASE_FOR", "1s")]).await;
    stall(&world);
    let mut program = Program::serve(&world).await;
    world.deliver_to(&program, UUID).await;
    until_stalled(&world, &program).await;
    program.terminate();
    assert!(program.wait_for_line("stopping").await, "{}", program.text());
    program.terminate();
    // Far below the hour that the stop may take, far above what an end at once needs on a busy machine.
    let status = program.ended_within(Duration::from_secs(20)).await;
    assert_eq!(status.code(), Some(0), "{}", program.text());

    let second = Program::serve(&world).await;
    world.archived(second, &[UUID]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signal_during_the_start_is_a_stop_like_any_other() {
    let world = world(1, &[]).await;
    for _start in 0..10 {
        let mut program = Program::serve(&world).await;
        // At once after the first line: the service must be ready for it by then.
        program.terminate();
        let status = program.ended_within(LIMIT).await;
        assert_eq!(status.code(), Some(0), "{status:?}\n{}", program.text());
    }
}
