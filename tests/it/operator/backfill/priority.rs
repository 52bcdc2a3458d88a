//! With one transfer at a time, a new recording goes before a long old file of the backfill.

use std::time::Duration;

use zoom2drive::sandbox::faults::{Fault, Route};
use zoom2drive::sandbox::zoom::{File, Meeting};
use zoom2drive::store::JobFilter;

use super::{ANN, SETTLE, day, days_ago, rule, uuid};
use crate::support::program::Program;
use crate::support::world::{LIMIT, World, usual_meeting};

const FRESH: &str = "fresh==";

/// Bytes of the old file: so slow a Zoom would take minutes for them.
const OLD_BYTES: u64 = 30_000_000;

/// A step of 64 KiB each quarter of a second, the first time that the old file is opened.
const SLOW: Fault = Fault::MediaSlow(Duration::from_millis(250));

async fn world(settings: &[(&str, &str)]) -> World {
    let one_transfer = [SETTLE, ("AFTER_ARCHIVE", "keep"), ("TRANSFERS", "1")];
    let world = World::with(&[&one_transfer[..], settings].concat()).await;
    let old = Meeting::new(uuid(0), "Years ago").host(ANN).start(&days_ago(30));
    world.sandbox.zoom.add(old.file(File::mp4("video-0", OLD_BYTES)));
    world
}

async fn until(world: &World, program: &Program, what: &str, condition: impl FnMut() -> bool) {
    assert!(program.wait_until(condition).await, "{what}\n{}\n{}", program.text(), world.calls());
}

/// The service, and a backfill that has begun the old file.
async fn begun(world: &World, has_begun: impl Fn() -> bool) -> (Program, Program) {
    let program = Program::serve(world).await;
    let backfill = Program::spawn(world, &["backfill", "--from", &day(40), "--yes"], &[]);
    until(world, &program, "the old file is not begun", has_begun).await;
    (program, backfill)
}

/// A fresh recording comes, and is in the archive while the old one is not yet.
async fn comes_first(world: &World, program: &Program) {
    world.sandbox.zoom.add(usual_meeting(FRESH).start(&days_ago(0)));
    world.deliver_to(program, FRESH).await;
    let copies = |uuid: &str| {
        world.archive().values().filter(|file| file.app_properties["zoomMeeting"] == uuid).count()
    };
    until(world, program, "the fresh recording waits behind the old one", || copies(FRESH) == 4).await;
}

/// Then the old one arrives, at no attempt's cost and without any byte twice that Drive had confirmed.
async fn and_then_the_old_one(world: &World, program: Program, mut backfill: Program, again_max: u64) {
    let status = backfill.ended().await;
    assert_eq!(status.code(), Some(0), "{}\n{}", backfill.text(), world.calls());
    let store = world.open_store().await;
    for job in store.jobs(JobFilter::default()).await.unwrap() {
        assert_eq!(job.attempts, 0, "{}", program.text());
    }
    store.close().await;
    program.stop().await;
    world.assert_archived_all();
    let fresh: u64 =
        world.sandbox.zoom.recording(FRESH).unwrap().files.iter().map(|file| file.content.size()).sum();
    let sent = world.sandbox.zoom.bytes_sent();
    assert!(sent <= OLD_BYTES + fresh + again_max, "{} bytes were read again", sent - OLD_BYTES - fresh);
}

impl World {
    fn assert_archived_all(&self) {
        self.assert_archived(&[&uuid(0), FRESH]);
    }
}

/// A chunk, what is read ahead of it, and what stands in the buffers of a connection.
const AGAIN_MAX: u64 = 4 * 1024 * 1024;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_gives_way_at_the_end_of_its_chunk() {
    let world = world(&[]).await;
    world.sandbox.faults.add(rule(Route::ZoomMedia, "old/", 1, SLOW));
    let has_begun = || world.sandbox.transcript.count(Route::UploadChunk) >= 1;
    let (program, backfill) = begun(&world, has_begun).await;
    comes_first(&world, &program).await;
    and_then_the_old_one(&world, program, backfill, AGAIN_MAX).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chunk_that_takes_long_is_cut() {
    // One chunk for the whole file, and a moment in which something must move.
    let world = world(&[("CHUNK_SIZE", "64MiB"), ("IDLE_TIMEOUT", "1s")]).await;
    world.sandbox.faults.add(rule(Route::ZoomMedia, "old/", 1, SLOW));
    let has_begun = || world.sandbox.transcript.count(Route::UploadStart) >= 1;
    let (program, backfill) = begun(&world, has_begun).await;
    comes_first(&world, &program).await;
    and_then_the_old_one(&world, program, backfill, AGAIN_MAX).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_only_read_again_gives_way_too() {
    let world = world(&[]).await;
    let mut first = Program::spawn(&world, &["backfill", "--from", &day(40), "--yes"], &[]);
    assert_eq!(first.ended_within(LIMIT).await.code(), Some(0), "{}", first.text());
    // The copy on Drive is recognised, and hashed from Zoom once more.
    world.lose_database();
    world.sandbox.faults.add(rule(Route::ZoomMedia, "old/", 1, SLOW));
    let (opened, sent) = (world.sandbox.transcript.count(Route::ZoomMedia), world.sandbox.zoom.bytes_sent());
    assert_eq!(sent, OLD_BYTES);
    let has_begun = || world.sandbox.transcript.count(Route::ZoomMedia) > opened;
    let (program, backfill) = begun(&world, has_begun).await;
    comes_first(&world, &program).await;
    and_then_the_old_one(&world, program, backfill, OLD_BYTES + AGAIN_MAX).await;
    assert_eq!(world.sandbox.transcript.count(Route::UploadStart), 1 + 4, "nothing was sent a second time");
}
