//! Upload requests that are much larger than a chunk: what a crash, a stop or a failure in the middle of one costs.
//!
//! Holds *Request, checkpoint and window* of `docs/architecture.md`.

use std::time::Duration;

use zoom2drive::jobs::diary::DiaryKind;
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};
use zoom2drive::store::JobFilter;

use crate::support::program::Program;
use crate::support::steps::{calls, held, range_start};
use crate::support::world::World;

const MIB: u64 = 1024 * 1024;
const SIZE: u64 = 48 * MIB;
const CHUNK: u64 = MIB;
/// Bytes of the first request of a process.
const FIRST: u64 = 32 * CHUNK;
const UUID: &str = "large/requests/AAAAAAA==";

/// On a loaded machine a short lease is lost and a short patience ends; then bytes are sent again, rightly.
const SETTINGS: [(&str, &str); 7] = [
    ("REQUEST_SIZE", "adaptive"),
    ("CHUNK_SIZE", "1MiB"),
    ("WINDOW_SIZE", "4MiB"),
    ("LEASE_FOR", "60s"),
    ("IDLE_TIMEOUT", "60s"),
    ("STOP_WITHIN", "50s"),
    ("AFTER_ARCHIVE", "trash"),
];

/// A Drive that takes 20 MB in a second and its time to answer: after the first request all the rest is another one.
async fn world() -> World {
    let world = World::with(&SETTINGS).await;
    world.sandbox.google.line().limit(20_000_000, Duration::from_millis(300));
    world.sandbox.zoom.add(Meeting::new(UUID, "Long evening").file(File::mp4("video", SIZE)));
    world
}

/// The second request, which has the last 16 MiB, is answered like this.
fn second(world: &World, fault: Fault) {
    world.sandbox.faults.add(Rule {
        route: Route::UploadChunk,
        subject: String::new(),
        skip: 1,
        times: 1,
        fault,
    });
}

async fn until_received(world: &World, program: &Program, bytes: u64) {
    let google = &world.sandbox.google;
    assert!(program.wait_until(|| google.bytes_received() >= bytes).await, "{}", program.text());
}

/// Kills a life in the middle of the second request, on a line so slow that checkpoints are stored in time.
async fn killed_in_the_second(world: &World, mut program: Program) {
    until_received(world, &program, FIRST + MIB).await;
    world.sandbox.google.line().limit(4_000_000, Duration::from_millis(300));
    until_received(world, &program, FIRST + 6 * MIB).await;
    program.kill();
    world.sandbox.google.line().limit(0, Duration::ZERO);
}

/// A life that is killed in the middle of the second request, and one that ends the work. Returns how much Drive held in
/// between, and from where Zoom was read again.
async fn killed_and_ended(world: &World, program: Program) -> (u64, u64) {
    killed_in_the_second(world, program).await;
    assert_eq!(
        calls(world, Route::UploadChunk).iter().filter(|call| call.answer.starts_with("308")).count(),
        1
    );
    world.assert_promises(UUID);
    let second = Program::serve(world).await;
    let asked = || calls(world, Route::UploadStatus).first().cloned();
    assert!(second.wait_until(|| asked().is_some()).await, "{}", second.text());
    let held = held(&asked().unwrap());
    world.archived(second, &[UUID]).await;
    let media = calls(world, Route::ZoomMedia);
    assert_eq!(media.len(), 2, "{}", world.calls());
    (held, range_start(&media[1]))
}

/// The diary says where an interrupted upload went on, also when one request ended it.
async fn assert_diary_has(world: &World, went_on: &str) {
    let store = world.open_store().await;
    let job = store.jobs(JobFilter::default()).await.unwrap()[0].id;
    let diary = store.story(job).await.unwrap().diary;
    let lines: Vec<_> = diary.iter().filter(|line| line.kind == DiaryKind::WentOn).collect();
    assert!(lines.len() == 1 && lines[0].text.starts_with(went_on), "{diary:?}");
    store.close().await;
}

async fn begun(world: &World) -> Program {
    let program = Program::serve(world).await;
    world.deliver_to(&program, UUID).await;
    program
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_in_the_middle_of_a_large_request_costs_about_a_chunk() {
    let world = world().await;
    let program = begun(&world).await;
    let (held, read_from) = killed_and_ended(&world, program).await;
    assert!(held >= FIRST + 5 * MIB, "Drive held {held}");
    assert!(
        read_from <= held && held - read_from <= CHUNK + CHUNK / 2,
        "read again from {read_from} of {held}"
    );
    world.assert_counted_once().await;
    assert_diary_has(&world, &format!("{held} {SIZE} ")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_drive_holds_less_than_was_stored_an_older_checkpoint_is_used() {
    let world = world().await;
    // Of the second request Drive keeps four chunks, whatever more arrives.
    second(&world, Fault::KeepOnly(4 * MIB));
    let program = begun(&world).await;
    let (held, read_from) = killed_and_ended(&world, program).await;
    assert_eq!(held, FIRST + 4 * MIB);
    assert!(read_from >= FIRST && read_from <= held, "read again from {read_from}");
    world.assert_counted_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_drive_holds_more_than_was_stored_the_difference_is_hashed_again() {
    let world = world().await;
    let program = begun(&world).await;
    killed_in_the_second(&world, program).await;
    // As if the last of these writes had never come to the disk.
    world.sql("UPDATE files SET ahead = x''").await;
    let (held, read_from) = {
        let second = Program::serve(&world).await;
        world.archived(second, &[UUID]).await;
        let asked = calls(&world, Route::UploadStatus);
        (held(&asked[0]), range_start(&calls(&world, Route::ZoomMedia)[1]))
    };
    assert!(held >= FIRST + 5 * MIB && read_from == FIRST, "{held} {read_from}");
    world.assert_counted_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_drive_did_not_keep_of_a_large_request_comes_from_the_window() {
    let world = world().await;
    second(&world, Fault::KeepOnly(SIZE - FIRST - 300_000));
    let program = begun(&world).await;
    world.archived(program, &[UUID]).await;
    assert_eq!(calls(&world, Route::ZoomMedia).len(), 1, "Zoom was read again");
    assert_eq!(calls(&world, Route::UploadChunk).len(), 3);
    world.assert_counted_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_refused_at_the_end_of_a_long_request_costs_no_byte() {
    let world = world().await;
    second(&world, Fault::AnswerAfter(Canned::google(401, "authError", "Invalid Credentials")));
    let program = begun(&world).await;
    world.archived(program, &[UUID]).await;
    assert_eq!(calls(&world, Route::ZoomMedia).len(), 1);
    assert_eq!(world.sandbox.google.bytes_received(), SIZE);
    world.assert_counted_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_breaks_within_a_large_request_costs_no_byte_of_zoom_that_drive_held() {
    let world = world().await;
    second(&world, Fault::CutWithin(8 * MIB));
    let program = begun(&world).await;
    world.archived(program, &[UUID]).await;
    let media = calls(&world, Route::ZoomMedia);
    let read_again = media.get(1).map_or(SIZE, range_start);
    assert!(read_again >= FIRST + 8 * MIB - CHUNK, "read again from {read_again}");
    world.assert_counted_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_that_breaks_before_the_first_checkpoint_costs_nearly_nothing() {
    let world =
        World::with(&[&SETTINGS[..], &[("CHUNK_SIZE", "32MiB"), ("WINDOW_SIZE", "32MiB")]].concat()).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Short evening").file(File::mp4("video", 12 * MIB)));
    world.sandbox.faults.add(Rule {
        route: Route::ZoomMedia,
        subject: String::new(),
        skip: 0,
        times: 1,
        fault: Fault::MediaCut(8 * MIB),
    });
    let program = begun(&world).await;
    world.archived(program, &[UUID]).await;
    let media = calls(&world, Route::ZoomMedia);
    assert_eq!(media.len(), 2, "{}", world.calls());
    // Drive is asked while the last bytes are still on their way.
    assert!(range_start(&media[1]) >= 4 * MIB, "read again from {}", range_start(&media[1]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_cuts_a_large_request_at_a_checkpoint_also_on_a_slow_line() {
    let world = world().await;
    let mut program = begun(&world).await;
    until_received(&world, &program, 10 * MIB).await;
    // A minute and a half would be left of the request.
    world.sandbox.google.line().limit(400_000, Duration::from_millis(300));
    program.terminate();
    let status = program.ended_within(Duration::from_secs(45)).await;
    assert_eq!(status.code(), Some(0), "{}", program.text());
    let asked_at_stop = calls(&world, Route::UploadStatus).len();

    world.sandbox.google.line().limit(0, Duration::ZERO);
    let second = Program::serve(&world).await;
    world.archived(second, &[UUID]).await;
    let asked = calls(&world, Route::UploadStatus);
    assert!(asked.len() > asked_at_stop && asked_at_stop == 1, "{}", world.calls());
    let (held, read_from) = (held(&asked[1]), range_start(&calls(&world, Route::ZoomMedia)[1]));
    assert!(held < SIZE / 2, "it was not cut: {held}");
    assert!(
        read_from <= held && held - read_from <= CHUNK,
        "read again from {read_from} of {held}: {}",
        world.calls()
    );
    world.assert_counted_once().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fixed_size_is_one_chunk_for_every_request() {
    let world = World::with(&[&SETTINGS[..], &[("REQUEST_SIZE", "fixed")]].concat()).await;
    world.sandbox.google.line().limit(0, Duration::from_millis(20));
    world.sandbox.zoom.add(Meeting::new(UUID, "Long evening").file(File::mp4("video", SIZE)));
    let program = begun(&world).await;
    world.archived(program, &[UUID]).await;
    assert_eq!(calls(&world, Route::UploadChunk).len() as u64, SIZE / CHUNK);
    world.assert_counted_once().await;
}
