//! Crash after every commit, and just before it: whatever was done outside and is not written down,
//! or written down and not gone on with, the next life ends in the same archive.

use std::sync::atomic::Ordering;

use futures::StreamExt;
use zoom2drive::sandbox::content::{Content, Kind};
use zoom2drive::sandbox::faults::{Fault, Route};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::crash::{Crash, CrashingStore};
use crate::support::world::{Engine, LIMIT, World, usual_meeting};

/// Worlds that crash side by side: each waits more than it works.
const SIDE_BY_SIDE: usize = 6;

/// Before an answer the checkpoints inside its request are stored, also by a disk on which other tests write. Those that are
/// late are left out, and would be no place for a crash.
const ANSWER_AFTER: std::time::Duration = std::time::Duration::from_millis(200);

/// Three probes at the start, accept, claim, three folders twice, plan, four sessions, four checkpoints inside requests, the
/// end of four uploads, four proofs, the meeting file twice, three stages, retired, finish. What housekeeping writes comes on
/// top if its turn begins before the end: a number above this one would depend on the clock.
const COMMITS: usize = 35;

const UUID: &str = "ab//c+d=";

/// Lives until the crash, then once more to the end. False when the crash never came: all writes were seen.
async fn crash_and_finish(engine: Engine, crash: Crash, meeting: fn(&str) -> Meeting) -> bool {
    // All but the first chunk of the video is one request, with checkpoints inside.
    let world = World::on(engine, &[("REQUEST_SIZE", "adaptive")]).await;
    world.sandbox.google.line().limit(0, ANSWER_AFTER);
    world.sandbox.zoom.add(meeting(UUID));
    let store = world.open_store().await;
    let crashing = CrashingStore::at_commits_of(&store, crash);
    let life = world.live_on(store).await;
    let url = format!("{}/webhooks/zoom", life.url);
    let body = world.sandbox.zoom.event(UUID, "recording.completed");
    let finished = async {
        // A webhook that gets no answer is Zoom's to send again; here it is sent to the next life.
        let _answered_or_not = world.sandbox.zoom.deliver(&url, &body).await;
        life.finish(&world).await;
    };
    let has_crashed = tokio::select! {
        () = crashing.crashed.notified() => true,
        () = finished => false,
    };
    life.crash();
    world.assert_promises(UUID);
    world.expire_leases().await;
    let next = world.live().await;
    assert_eq!(world.send(&next, &body).await, 200, "{crash:?}");
    next.finish(&world).await;
    world.assert_archived(&[UUID]);
    next.stop().await;
    world.assert_counted_once().await;
    world.end().await;
    has_crashed
}

/// On both databases, if the machine has them; returns the fewest crashes.
async fn at_every_write(crash_at: fn(usize) -> Crash, meeting: fn(&str) -> Meeting) -> usize {
    let mut fewest = usize::MAX;
    for engine in Engine::here().await {
        fewest = fewest.min(on_every_write(engine, crash_at, meeting).await);
    }
    fewest
}

async fn on_every_write(engine: Engine, crash_at: fn(usize) -> Crash, meeting: fn(&str) -> Meeting) -> usize {
    let mut crashes = 0;
    let mut runs = futures::stream::iter(1..)
        .map(|at| async move {
            let run = tokio::time::timeout(LIMIT, crash_and_finish(engine, crash_at(at), meeting));
            run.await.unwrap_or_else(|_| panic!("{:?} did not end on {engine:?}", crash_at(at)))
        })
        .buffered(SIDE_BY_SIDE);
    while runs.next().await == Some(true) {
        crashes += 1;
    }
    crashes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_after_any_write_ends_in_the_same_archive() {
    let crashes = at_every_write(Crash::After, usual_meeting).await;
    assert!(crashes >= COMMITS, "only {crashes} commits were seen");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_before_any_write_ends_in_the_same_archive() {
    let crashes = at_every_write(Crash::Before, usual_meeting).await;
    assert!(crashes >= COMMITS, "only {crashes} commits were seen");
}

/// What is answered with nothing first, has another length than listed, is listed without a size, or shares its name.
fn odd_meeting(uuid: &str) -> Meeting {
    let mut edited = File::chat("chat-1", 500);
    edited.listed_size = Some(654);
    let mut restored = File::m4a("audio-1", 60_000);
    restored.listed_size = Some(0);
    let late = File::transcript("transcript-1", 4_321);
    Meeting::new(uuid, "Odd")
        .file(late.answered(Content::literal(Kind::Vtt, "WEBVTT\n\n"), 2))
        .file(edited)
        .file(restored)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_around_any_write_about_readings_ends_in_the_same_archive() {
    for crash_at in [Crash::After, Crash::Before] {
        let crashes = at_every_write(crash_at, odd_meeting).await;
        assert!(crashes >= 44, "only {crashes} commits were seen");
    }
}

/// Two heartbeats of three are lost for as long as a download stands still, which is several leases.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_outlives_two_lost_heartbeats_in_a_row() {
    let world = World::with(&[("LEASE_FOR", "2s"), ("IDLE_TIMEOUT", "7s"), ("AFTER_ARCHIVE", "keep")]).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Evening").file(File::mp4("video", 300_000)));
    world.sandbox.faults.once(Route::ZoomMedia, Fault::MediaStall(100_000));
    let store = world.open_store().await;
    let crashing = CrashingStore::at_commits_of(&store, Crash::After(usize::MAX));
    crashing.heartbeats_per_success.store(3, Ordering::SeqCst);
    let life = world.live_on(store).await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    // A lease that is given up early is claimed again while the first download still stands.
    let heartbeats = crashing.heartbeats.load(Ordering::SeqCst);
    assert!(heartbeats >= 9, "the run went on for {heartbeats} heartbeats only");
    assert_eq!(crashing.claimed.load(Ordering::SeqCst), 1, "one run held the lease all the while");
    world.assert_archived(&[UUID]);
    life.stop().await;
}
