//! Which bytes count as a recording: those of Zoom's own listing. Whoever knows the webhook's secret can send events
//! that name any address; they decide nothing.

use serde_json::{Value, json};
use zoom2drive::jobs::{Job, Provenance, Standing};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting, Standing as AtZoom};

use crate::support::crash::{Crash, CrashingStore};
use crate::support::steps::{LATER, event, refuse_listing, settled_into_waiting, trashes};
use crate::support::world::{Life, World, usual_meeting};

const UUID: &str = "of-a/+uuid==";
const OTHER: &str = "of-b/+uuid==";

fn rows(event: &mut Value) -> &mut Vec<Value> {
    event["payload"]["object"]["recording_files"].as_array_mut().unwrap()
}

/// An event for one meeting with the addresses and the token of the other: its ids, types and lengths are right.
fn forged(world: &World) -> Value {
    let (mut event, mut other) = (event(world, UUID), event(world, OTHER));
    event["download_token"] = other["download_token"].clone();
    for (row, other) in rows(&mut event).iter_mut().zip(rows(&mut other)) {
        row["download_url"] = other["download_url"].clone();
    }
    event
}

/// The same, without a single size.
fn forged_without_sizes(world: &World) -> Value {
    let mut event = forged(world);
    for row in rows(&mut event) {
        row.as_object_mut().unwrap().remove("file_size");
    }
    event
}

/// The same, as if all texts were longer and the videos shorter.
fn forged_with_other_sizes(world: &World) -> Value {
    let mut event = forged(world);
    for row in rows(&mut event) {
        row["file_size"] = json!(row["file_size"].as_u64().unwrap() / 2 + 17);
    }
    event
}

/// The same, as if the sweep had found it.
fn forged_as_found(world: &World) -> Value {
    let mut event = forged(world);
    event["event"] = json!("sweep.found");
    event
}

async fn send(world: &World, life: &Life, event: &Value) {
    assert_eq!(world.send(life, event.to_string().as_bytes()).await, 200);
}

/// Two meetings whose files have the same types and lengths, and other bytes.
async fn world_of_two(settings: &[(&str, &str)]) -> World {
    let world = World::with(settings).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    world.sandbox.zoom.add(usual_meeting(OTHER));
    world
}

fn downloads(world: &World, path: &str) -> usize {
    let calls = world.sandbox.transcript.calls();
    calls.iter().filter(|call| call.route == Route::ZoomDownload && call.request.contains(path)).count()
}

async fn only_job(life: &Life) -> Job {
    life.jobs().await.remove(0)
}

#[tokio::test]
async fn a_forged_event_decides_about_no_byte_whenever_it_comes() {
    let forgeries = [forged, forged_without_sizes, forged_with_other_sizes, forged_as_found];
    for forge in forgeries {
        for (before, after) in [(1, 0), (0, 1), (1, 1)] {
            let world = world_of_two(&[]).await;
            let life = world.live().await;
            for _event in 0..before {
                send(&world, &life, &forge(&world)).await;
            }
            world.deliver(&life, UUID).await;
            for _event in 0..after {
                send(&world, &life, &forge(&world)).await;
            }
            life.finish(&world).await;
            world.assert_archived(&[UUID]);
            assert_eq!(downloads(&world, "/webhook_download/"), 0, "{}", world.calls());
            life.stop().await;
        }
    }
}

#[tokio::test]
async fn a_forged_event_alone_brings_the_real_recording_into_the_archive() {
    let world = world_of_two(&[]).await;
    let life = world.live().await;
    send(&world, &life, &forged_without_sizes(&world)).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    assert_eq!(world.sandbox.zoom.recording(OTHER).unwrap().standing, AtZoom::Present);
    life.stop().await;
}

#[tokio::test]
async fn a_forged_event_between_the_archive_and_the_trash_changes_nothing() {
    for forge in [forged, forged_without_sizes, forged_with_other_sizes] {
        let world = world_of_two(&[("SETTLE_FOR", "1h")]).await;
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        settled_into_waiting(&life).await;
        send(&world, &life, &forge(&world)).await;
        // While the files are moved, it comes once more.
        life.store.retry(only_job(&life).await.id).await.unwrap();
        life.stop().await;
        let mut world = world;
        world.settings.insert("SETTLE_FOR".to_owned(), "0s".to_owned());
        let life = world.live().await;
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

#[tokio::test]
async fn a_forged_event_while_a_file_moves_does_not_turn_it_to_other_bytes() {
    let world = world_of_two(&[]).await;
    world.sandbox.faults.add(Rule {
        route: Route::UploadChunk,
        subject: String::new(),
        skip: 2,
        times: u32::MAX,
        fault: Fault::Answer(Canned::new(503, "text/plain", "later")),
    });
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    let chunks = || world.sandbox.transcript.count(Route::UploadChunk) > 4;
    assert!(world.sandbox.transcript.wait_until(crate::support::world::LIMIT, chunks).await);
    send(&world, &life, &forged_without_sizes(&world)).await;
    // The listing's own token is dead by now: a fresh listing is asked for another, the event is not.
    world.sandbox.zoom.expire_download_tokens();
    world.sandbox.faults.clear();
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    assert_eq!(downloads(&world, "/webhook_download/"), 0, "{}", world.calls());
    life.stop().await;
}

/// Zoom lists nothing, and the first event is a forged one: its bytes are archived under the recording's names.
async fn archived_from_a_forged_event(world: &World, life: &Life) {
    refuse_listing(world, UUID, Canned::zoom(404, 3301, "There is no recording for this meeting."));
    send(world, life, &forged(world)).await;
    life.wait_for("a refusal", |jobs| jobs[0].reason.contains("3301")).await;
    world.sql(LATER).await;
    life.wait_for("the archive", |jobs| jobs[0].reason.contains("waiting for Zoom to list it")).await;
    assert_eq!((world.archive().len(), trashes(world)), (4, 0));
    world.sandbox.faults.clear();
}

#[tokio::test]
async fn what_a_forged_event_brought_is_found_out_and_the_real_recording_lies_beside_it() {
    for policy in ["trash", "delete", "keep"] {
        let world = world_of_two(&[("AFTER_ARCHIVE", policy), ("MEETING_FILE", "no")]).await;
        let life = world.live().await;
        archived_from_a_forged_event(&world, &life).await;
        let wrong: Vec<String> = world.archive().values().map(|file| file.id.clone()).collect();
        let mut reasons = Vec::new();
        life.finish_with(&world, |job| {
            reasons.push(job.reason.clone());
            assert_eq!(trashes(&world), 0);
            // The real bytes are there, and nothing was overwritten.
            for file in world.sandbox.zoom.recording(UUID).unwrap().files {
                let copies = world.copies_of(UUID, file.id.as_deref().unwrap(), false);
                let shas: Vec<_> = copies.iter().map(|copy| copy.sha256.clone()).collect();
                assert_eq!(
                    shas.iter().filter(|sha| **sha == file.content.sha256()).count(),
                    1,
                    "{policy}: {}",
                    job.reason
                );
            }
            assert_eq!(world.archive().len(), 8);
            // A person has looked, and removes the wrong ones.
            wrong.iter().for_each(|id| world.sandbox.google.trash(id));
        })
        .await;
        let told = &reasons[0];
        assert!(told.contains("other bytes") && told.contains("ZOOM_WEBHOOK_SECRET_TOKEN"), "{told}");
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        // With the wrong copies gone, all is as it should be.
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

#[tokio::test]
async fn what_was_contradicted_stays_so_through_another_life() {
    let world = world_of_two(&[]).await;
    let life = world.live().await;
    archived_from_a_forged_event(&world, &life).await;
    life.wait_for("a person to be called", |jobs| jobs[0].standing == Standing::Parked).await;
    life.crash();
    let read = world.sandbox.zoom.bytes_sent();
    let life = world.live().await;
    let id = only_job(&life).await.id;
    for _again in 0..2 {
        life.store.retry(id).await.unwrap();
        life.wait_for("a person to be called again", |jobs| jobs[0].standing == Standing::Parked).await;
    }
    assert_eq!((trashes(&world), world.archive().len()), (0, 8));
    assert_eq!(world.sandbox.zoom.bytes_sent(), read, "what was compared is not read again");
    let sources: Vec<Provenance> = life.files(id).await.iter().map(|file| file.provenance).collect();
    assert_eq!(sources.iter().filter(|source| **source == Provenance::Contradicted).count(), 4);
    assert_eq!(sources.iter().filter(|source| **source == Provenance::Listing).count(), 4);
    life.stop().await;
}

#[tokio::test]
async fn a_forged_removal_does_not_let_a_forged_recording_pass_for_archived() {
    let world = world_of_two(&[]).await;
    let life = world.live().await;
    refuse_listing(&world, UUID, Canned::zoom(404, 3301, "There is no recording for this meeting."));
    send(&world, &life, &forged(&world)).await;
    let deleted = world.sandbox.zoom.event(UUID, "recording.deleted");
    assert_eq!(world.send(&life, &deleted).await, 200);
    // Its addresses are used at once, since the recording is said to be gone.
    life.wait_for("the archive", |jobs| jobs[0].reason.contains("waiting for Zoom to list it")).await;
    assert_eq!((world.archive().len(), trashes(&world)), (4, 0));
    world.sandbox.faults.clear();
    life.wait_for("a person to be called", |jobs| jobs[0].standing == Standing::Parked).await;
    assert!(only_job(&life).await.reason.contains("other bytes"));
    assert_eq!((world.archive().len(), trashes(&world)), (8, 0));
    life.stop().await;
}

#[tokio::test]
async fn a_forged_late_file_of_what_was_put_away_is_noted() {
    let world = world_of_two(&[]).await;
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    let (mut event, mut other) = (event(&world, OTHER), event(&world, OTHER));
    event["payload"]["object"]["uuid"] = json!(UUID);
    let mut extra = rows(&mut other)[2].clone();
    extra["id"] = json!("late");
    event["download_token"] = other["download_token"].clone();
    *rows(&mut event) = vec![extra];
    send(&world, &life, &event).await;
    life.wait_for("the end", |jobs| jobs[0].reason.contains("only an event named")).await;
    life.finish(&world).await;
    assert_eq!(world.archive().len(), 5);
    world.assert_promises(UUID);
    life.stop().await;
}

#[tokio::test]
async fn one_reading_that_is_cut_short_contradicts_nothing() {
    let world = World::new().await;
    let text = File::chat("chat-1", 90_000);
    world.sandbox.zoom.add(Meeting::new(UUID, "Cut").file(text));
    let life = world.live().await;
    refuse_listing(&world, UUID, Canned::zoom(404, 3301, "no"));
    world.deliver(&life, UUID).await;
    life.wait_for("a refusal", |jobs| jobs[0].reason.contains("3301")).await;
    world.sql(LATER).await;
    life.wait_for("the archive", |jobs| jobs[0].reason.contains("waiting for Zoom to list it")).await;
    world.sandbox.faults.clear();
    world.sandbox.faults.once(Route::ZoomMedia, Fault::MediaShort(40_000));
    life.finish(&world).await;
    assert_eq!(world.sandbox.faults.left(), 0);
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_copy_that_began_at_an_events_address_is_compared_even_if_it_ended_at_the_listings() {
    let world = World::new().await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Half and half").file(File::mp4("video-1", 2_000_000)));
    world.sandbox.faults.add(Rule {
        route: Route::UploadChunk,
        subject: String::new(),
        skip: 2,
        times: u32::MAX,
        fault: Fault::Answer(Canned::new(503, "text/plain", "later")),
    });
    refuse_listing(&world, UUID, Canned::zoom(404, 1010, "User does not belong to this account."));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.wait_for("a refusal", |jobs| jobs[0].reason.contains("1010")).await;
    world.sql(LATER).await;
    let chunks = || world.sandbox.transcript.count(Route::UploadChunk) > 4;
    assert!(world.sandbox.transcript.wait_until(crate::support::world::LIMIT, chunks).await);
    let id = only_job(&life).await.id;
    let begun = life.files(id).await.remove(0);
    assert!(begun.progress.offset > 0 && begun.provenance == Provenance::Event, "{begun:?}");
    // From here on the event's token is dead, and Zoom lists the recording.
    world.sandbox.zoom.expire_download_tokens();
    world.sandbox.faults.clear();
    life.finish(&world).await;
    let resumed = |request: &str| request.contains("/rec/download/") && request.contains("[bytes=");
    assert!(world.sandbox.transcript.calls().iter().any(|call| resumed(&call.request)), "{}", world.calls());
    assert_eq!(life.files(id).await[0].provenance, Provenance::Confirmed);
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn what_an_earlier_release_copied_is_compared_before_zooms_copy_goes() {
    let world = world_of_two(&[("SETTLE_FOR", "1h")]).await;
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    settled_into_waiting(&life).await;
    life.stop().await;
    world.sql("UPDATE files SET origin = ''").await;
    let sent = world.sandbox.zoom.bytes_sent();
    let mut world = world;
    world.settings.insert("SETTLE_FOR".to_owned(), "0s".to_owned());
    // It dies in the middle of that, and goes on.
    let store = world.open_store().await;
    let crashing = CrashingStore::at_commits_of(&store, Crash::After(5));
    let life = world.live_on(store).await;
    life.store.retry(only_job(&life).await.id).await.unwrap();
    crashing.crashed.notified().await;
    life.crash();
    assert_eq!(trashes(&world), 0);
    world.expire_leases().await;
    let life = world.live().await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    let bytes: u64 = 2_000_000 + 700_001 + 321 + 4_000;
    assert!(world.sandbox.zoom.bytes_sent() - sent >= bytes);
    let sources = life.files(only_job(&life).await.id).await;
    assert!(sources.iter().all(|file| file.provenance == Provenance::Confirmed));
    life.stop().await;
}

#[tokio::test]
async fn a_copy_of_an_earlier_release_that_holds_other_bytes_keeps_zooms() {
    let world = world_of_two(&[]).await;
    let life = world.live().await;
    archived_from_a_forged_event(&world, &life).await;
    world.sql("UPDATE files SET origin = ''").await;
    life.wait_for("a person to be called", |jobs| jobs[0].standing == Standing::Parked).await;
    assert_eq!((trashes(&world), world.archive().len()), (0, 8));
    life.stop().await;
}

#[tokio::test]
async fn a_file_that_only_an_event_names_is_archived_keeps_zooms_copy_and_is_told() {
    let world = world_of_two(&[]).await;
    let life = world.live().await;
    let (mut event, mut other) = (event(&world, UUID), event(&world, OTHER));
    // One more file, of the other meeting; the token opens the other's addresses only.
    event["download_token"] = other["download_token"].clone();
    let mut extra = rows(&mut other)[0].clone();
    extra["id"] = json!("extra");
    rows(&mut event).push(extra);
    send(&world, &life, &event).await;
    life.wait_for("a person to be called", |jobs| jobs[0].standing == Standing::Parked).await;
    let job = only_job(&life).await;
    assert!(job.reason.contains("only an event named") && job.reason.contains("not list"), "{}", job.reason);
    assert_eq!((trashes(&world), world.archive().len()), (0, 5));
    world.assert_promises(UUID);
    // Zoom lists it after all: it is compared, and all is as usual.
    let mut late = File::mp4(&format!("video-{OTHER}"), 2_000_000);
    late.id = Some("extra".to_owned());
    world.sandbox.zoom.add_file(UUID, late);
    life.store.retry(job.id).await.unwrap();
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn where_zooms_copy_stays_anyway_a_file_that_only_an_event_names_is_noted() {
    let world = world_of_two(&[("AFTER_ARCHIVE", "keep")]).await;
    let life = world.live().await;
    let mut event = event(&world, UUID);
    let mut other: Value =
        serde_json::from_slice(&world.sandbox.zoom.event(OTHER, "recording.completed")).unwrap();
    event["download_token"] = other["download_token"].clone();
    let mut extra = rows(&mut other)[1].clone();
    extra["id"] = json!("extra");
    rows(&mut event).push(extra);
    send(&world, &life, &event).await;
    life.finish(&world).await;
    let job = only_job(&life).await;
    assert!(job.reason.contains("only an event named"), "{}", job.reason);
    assert_eq!(world.archive().len(), 5);
    life.stop().await;
}

/// Copies from an event's addresses, and Zoom's listing is there by now.
async fn copied_from_an_event(is_forged: bool) -> World {
    let world = world_of_two(&[("MEETING_FILE", "no")]).await;
    let life = world.live().await;
    refuse_listing(&world, UUID, Canned::zoom(404, 1001, "User does not exist."));
    let event = if is_forged { forged(&world) } else { event(&world, UUID) };
    send(&world, &life, &event).await;
    life.wait_for("a refusal", |jobs| jobs[0].reason.contains("1001")).await;
    world.sql(LATER).await;
    life.wait_for("the archive", |jobs| jobs[0].reason.contains("waiting for Zoom to list it")).await;
    life.stop().await;
    world.sandbox.faults.clear();
    world.sql("UPDATE jobs SET next_attempt_at = 0").await;
    world
}

/// Dies at that write of the comparison, then lives to the end. False when the end came first.
async fn dies_while_comparing(is_forged: bool, crash: Crash) -> bool {
    let world = copied_from_an_event(is_forged).await;
    let wrong: Vec<String> = world.archive().values().map(|file| file.id.clone()).collect();
    let store = world.open_store().await;
    let crashing = CrashingStore::at_commits_of(&store, crash);
    let life = world.live_on(store).await;
    let is_over = |jobs: &[Job]| matches!(jobs[0].standing, Standing::Finished | Standing::Parked);
    let has_crashed = tokio::select! {
        () = crashing.crashed.notified() => true,
        () = life.wait_for("an end", is_over) => false,
    };
    life.crash();
    assert!(!is_forged || trashes(&world) == 0, "{crash:?}");
    world.assert_promises(UUID);
    world.expire_leases().await;
    let life = world.live().await;
    let mut calls = 0;
    life.finish_with(&world, |job| {
        assert!(is_forged, "{crash:?}: {}", job.reason);
        assert_eq!((world.archive().len(), trashes(&world)), (8, 0), "{crash:?}");
        wrong.iter().for_each(|id| world.sandbox.google.trash(id));
        calls += 1;
    })
    .await;
    assert_eq!(calls, u32::from(is_forged), "{crash:?}");
    world.assert_archived(&[UUID]);
    life.stop().await;
    has_crashed
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_crash_at_any_write_of_the_comparison_changes_nothing_about_its_end() {
    use futures::StreamExt;
    for is_forged in [false, true] {
        for crash_at in [Crash::Before as fn(usize) -> Crash, Crash::After] {
            let mut crashes = 0;
            let mut runs = futures::stream::iter(1..)
                .map(|at| dies_while_comparing(is_forged, crash_at(at)))
                .buffered(6);
            while runs.next().await == Some(true) {
                crashes += 1;
            }
            // Claim, settle, four comparisons, the end; for the forged one a plan and four transfers as well.
            assert!(crashes >= if is_forged { 20 } else { 7 }, "only {crashes} writes were seen");
        }
    }
}
