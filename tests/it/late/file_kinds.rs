//! What Zoom finishes after the recording itself: each kind of file, at each time, announced or not.

use std::time::Duration;

use zoom2drive::jobs::{FileState, Stage, Standing};
use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::zoom::{File, Standing as AtZoom};

use crate::support::steps::{settled_into_waiting, trashes};
use crate::support::world::{Life, World, usual_meeting};

const UUID: &str = "late/+comers==";

/// Every kind that comes late; the last as a participant's voice.
fn latecomers() -> [File; 5] {
    [
        File::transcript("late-transcript", 4_321),
        File::summary("late-summary", 2_222),
        File::closed_caption("late-caption", 3_333),
        File::chat("late-chat", 111),
        File::m4a("late-voice", 55_555),
    ]
}

fn add(world: &World, file: File) {
    match file.id.as_deref() {
        Some("late-voice") => world.sandbox.zoom.add_participant(UUID, file),
        _ => world.sandbox.zoom.add_file(UUID, file),
    }
}

/// Waits until Drive shows so many files.
async fn copied(world: &World, life: &Life, count: usize) {
    let is_there = || world.archive().len() == count;
    let found = world.sandbox.transcript.wait_until(Duration::from_secs(30), is_there).await;
    assert!(found, "{count} files were expected: {:#?}\n{:#?}", world.archive().keys(), life.summary().await);
}

async fn tell(world: &World, life: &Life, name: &str) {
    let event = world.sandbox.zoom.event(UUID, name);
    assert_eq!(world.send(life, &event).await, 200);
}

#[tokio::test]
async fn every_kind_joins_the_archive_by_an_event_while_late_files_are_waited_for() {
    let world = World::with(&[("SETTLE_FOR", "1h")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    settled_into_waiting(&life).await;
    for (index, file) in latecomers().into_iter().enumerate() {
        let is_transcript = file.file_type == "TRANSCRIPT";
        add(&world, file);
        tell(
            &world,
            &life,
            if is_transcript { "recording.transcript_completed" } else { "recording.completed" },
        )
        .await;
        copied(&world, &life, 5 + index).await;
        settled_into_waiting(&life).await;
        assert_eq!(trashes(&world), 0);
    }
    world.assert_promises(UUID);
    life.stop().await;
}

#[tokio::test]
async fn every_kind_is_found_without_an_event_and_before_anything_is_trashed() {
    let world = World::with(&[("SETTLE_FOR", "1h")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    settled_into_waiting(&life).await;
    let mut late = latecomers().into_iter();
    // Five minutes have passed, and then twenty: each look finds what has come since the one before.
    late.by_ref().take(2).for_each(|file| add(&world, file));
    world.sql("UPDATE jobs SET accepted_at = accepted_at - 300000, next_attempt_at = 0").await;
    copied(&world, &life, 6).await;
    settled_into_waiting(&life).await;
    late.by_ref().take(2).for_each(|file| add(&world, file));
    world.sql("UPDATE jobs SET accepted_at = accepted_at - 900000, next_attempt_at = 0").await;
    copied(&world, &life, 8).await;
    settled_into_waiting(&life).await;
    assert_eq!(trashes(&world), 0);
    // The window is over: the last look finds the last one.
    late.for_each(|file| add(&world, file));
    world.sql("UPDATE jobs SET accepted_at = accepted_at - 7200000, next_attempt_at = 0").await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn every_kind_wakes_a_finished_job_whose_copy_was_kept() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    for (index, file) in latecomers().into_iter().enumerate() {
        add(&world, file);
        tell(&world, &life, "recording.completed").await;
        life.finish(&world).await;
        assert_eq!(world.archive().len(), 5 + index);
    }
    world.assert_archived(&[UUID]);
    assert_eq!(trashes(&world), 0);
    life.stop().await;
}

#[tokio::test]
async fn the_sweep_finds_what_came_after_the_job_was_finished() {
    let yesterday = jiff::Timestamp::now().checked_sub(jiff::SignedDuration::from_hours(24)).unwrap();
    let world = World::with(&[("AFTER_ARCHIVE", "keep"), ("SWEEP_EVERY", "1s")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID).start(&yesterday.to_string()));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    // Without participants' audio: the sweep's list never names it.
    latecomers().into_iter().take(4).for_each(|file| add(&world, file));
    copied(&world, &life, 8).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn the_events_own_file_and_token_serve_without_api_credentials_after_the_job_is_finished() {
    let nobody = [("ZOOM_ACCOUNT_ID", ""), ("ZOOM_CLIENT_ID", ""), ("ZOOM_CLIENT_SECRET", "")];
    let settings: Vec<_> = nobody.into_iter().chain([("AFTER_ARCHIVE", "keep")]).collect();
    let world = World::with(&settings).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    for file in latecomers() {
        let is_transcript = file.file_type == "TRANSCRIPT";
        add(&world, file);
        tell(
            &world,
            &life,
            if is_transcript { "recording.transcript_completed" } else { "recording.completed" },
        )
        .await;
        life.finish(&world).await;
    }
    world.assert_archived(&[UUID]);
    assert_eq!(world.sandbox.transcript.count(Route::ZoomRecording), 0);
    life.stop().await;
}

/// Zoom's copy is in the trash when a transcript is announced: it cannot be had, and nobody but a person may
/// take the recording out of the trash.
#[tokio::test]
async fn what_comes_after_the_copy_was_put_away_calls_a_person_and_untrashes_nothing() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    world.sandbox.zoom.add_file(UUID, File::transcript("late-transcript", 4_321));
    let event = world.sandbox.zoom.event(UUID, "recording.transcript_completed");
    world.sandbox.zoom.put_into_trash(UUID);
    assert_eq!(world.send(&life, &event).await, 200);
    life.wait_for("a person to be called", |jobs| jobs[0].standing == Standing::Parked).await;
    let job = life.jobs().await.remove(0);
    assert!(job.reason.contains("put away") && job.reason.contains("30 days"), "{}", job.reason);
    assert!(job.attempts < 3, "it was tried {} times", job.attempts);
    assert_eq!(world.sandbox.zoom.recording(UUID).unwrap().standing, AtZoom::Trashed);
    assert_eq!(world.archive().len(), 4);

    // A person recovers it: it is archived, and kept.
    world.sandbox.zoom.take_from_trash(UUID);
    tell(&world, &life, "recording.recovered").await;
    life.finish(&world).await;
    let job = life.jobs().await.remove(0);
    assert_eq!((job.stage, world.archive().len(), trashes(&world)), (Stage::Retired, 5, 1));
    assert!(job.reason.contains("recovered at Zoom by a person"), "{}", job.reason);
    assert_eq!(world.sandbox.zoom.recording(UUID).unwrap().standing, AtZoom::Present);
    life.stop().await;
}

#[tokio::test]
async fn a_transcript_event_that_comes_first_waits_for_zoom_with_its_transcript() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID).file(File::transcript("early-transcript", 999)));
    let event = world.sandbox.zoom.event(UUID, "recording.transcript_completed");
    world.sandbox.zoom.set_processing(UUID, true);
    let life = world.live().await;
    assert_eq!(world.send(&life, &event).await, 200);
    life.wait_for("some waits", |jobs| jobs.iter().any(|job| job.attempts > 2)).await;
    let job = life.jobs().await.remove(0);
    assert_eq!((job.standing, job.recording.files.len(), world.archive().len()), (Standing::Active, 1, 0));

    // Then Zoom lists it, with everything but the transcript still in the making.
    world.sandbox.zoom.set_processing(UUID, false);
    for name in ["video", "audio", "chat", "timeline"] {
        world
            .sandbox
            .zoom
            .set_file(UUID, &format!("{name}-{UUID}"), |file| file.status = "processing".to_owned());
    }
    life.store.retry(job.id).await.unwrap();
    copied(&world, &life, 1).await;
    life.wait_for("a wait for the rest", |jobs| jobs[0].stage == Stage::Verified && !jobs[0].leased).await;
    assert!(matches!(life.files(job.id).await[0].state, FileState::Verified(_)));
    assert_eq!(trashes(&world), 0);
    for name in ["video", "audio", "chat", "timeline"] {
        world
            .sandbox
            .zoom
            .set_file(UUID, &format!("{name}-{UUID}"), |file| file.status = "completed".to_owned());
    }
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}
