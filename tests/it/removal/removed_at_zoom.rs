//! What people take away at Zoom, and bring back: before, during and after the archive, alone and in batches.

use zoom2drive::jobs::{FileState, Job, Stage, Standing, ZoomCopy};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Standing as AtZoom};
use zoom2drive::store::StoredEvent;

use crate::support::steps::trashes;
use crate::support::world::{Life, World, usual_meeting};

const UUID: &str = "removed/+uuid==";

async fn tell(world: &World, life: &Life, name: &str) {
    let event = world.sandbox.zoom.event(UUID, name);
    assert_eq!(world.send(life, &event).await, 200);
}

async fn parked(life: &Life) -> Job {
    life.wait_for("a person to be called", |jobs| jobs.iter().any(|job| job.standing == Standing::Parked))
        .await;
    life.jobs().await.remove(0)
}

async fn newest_event(life: &Life) -> StoredEvent {
    life.store.events(None).await.unwrap().remove(0)
}

/// The uploads of this world fail for now: nothing can be archived.
fn hold_uploads(world: &World) {
    world.sandbox.faults.add(Rule {
        route: Route::UploadStart,
        subject: String::new(),
        skip: 0,
        times: u32::MAX,
        fault: Fault::Answer(Canned::new(503, "text/plain", "later")),
    });
}

#[tokio::test]
async fn the_echo_of_our_own_trash_changes_nothing() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    tell(&world, &life, "recording.completed").await;
    life.finish(&world).await;
    let before = life.jobs().await.remove(0);
    assert_eq!(before.zoom_copy, ZoomCopy::PutAway);
    for name in
        ["recording.trashed", "recording.batch_trashed", "recording.deleted", "recording.batch_deleted"]
    {
        tell(&world, &life, name).await;
        let event = newest_event(&life).await;
        assert_eq!((event.name.as_str(), event.job), (name, Some(before.id)));
        assert!(!event.note.is_empty() && event.meeting.as_deref() == Some(UUID));
    }
    let after = life.jobs().await.remove(0);
    assert_eq!(
        (after.standing, after.stage, after.revision, after.zoom_copy, after.reason.as_str()),
        (Standing::Finished, Stage::Retired, before.revision, ZoomCopy::PutAway, "")
    );
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn what_a_person_trashes_before_it_is_archived_calls_a_person_and_goes_on_when_it_is_back() {
    for (gone, back) in [
        ("recording.trashed", "recording.recovered"),
        ("recording.batch_trashed", "recording.batch_recovered"),
    ] {
        let world = World::new().await;
        hold_uploads(&world);
        world.sandbox.zoom.add(usual_meeting(UUID));
        let life = world.live().await;
        tell(&world, &life, "recording.completed").await;
        life.wait_for("a plan", |jobs| jobs.iter().any(|job| job.stage == Stage::Planned)).await;
        world.sandbox.zoom.put_into_trash(UUID);
        tell(&world, &life, gone).await;
        world.sandbox.faults.clear();
        let job = parked(&life).await;
        assert!(job.reason.contains("trashed at Zoom by a person before it was archived"), "{}", job.reason);
        assert!(job.reason.contains("30 days") && !job.reason.contains("ann@example.com"), "{}", job.reason);
        assert_eq!(world.archive().len(), 0);

        world.sandbox.zoom.take_from_trash(UUID);
        tell(&world, &life, back).await;
        assert_eq!(newest_event(&life).await.job, Some(job.id));
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

#[tokio::test]
async fn what_was_never_planned_is_not_asked_for_forty_times() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let completed = world.sandbox.zoom.event(UUID, "recording.completed");
    world.sandbox.zoom.remove(UUID);
    let deleted = world.sandbox.zoom.event(UUID, "recording.deleted");
    let life = world.live().await;
    // Nobody knows it: a removal begins no job.
    assert_eq!(world.send(&life, &deleted).await, 200);
    let event = newest_event(&life).await;
    assert_eq!((event.job, life.jobs().await.len()), (None, 0));
    assert_eq!(world.send(&life, &completed).await, 200);
    life.wait_for("failures", |jobs| jobs.iter().any(|job| job.attempts > 2)).await;
    tell(&world, &life, "recording.deleted").await;
    let job = parked(&life).await;
    assert!(job.reason.contains("deleted at Zoom by a person"), "{}", job.reason);
    assert!(world.sandbox.transcript.count(Route::ZoomRecording) < 40, "{}", world.calls());
    life.stop().await;
}

#[tokio::test]
async fn without_api_credentials_the_events_word_is_enough() {
    let nobody = [("ZOOM_ACCOUNT_ID", ""), ("ZOOM_CLIENT_ID", ""), ("ZOOM_CLIENT_SECRET", "")];
    let settings: Vec<_> = nobody.into_iter().chain([("AFTER_ARCHIVE", "keep")]).collect();
    let world = World::with(&settings).await;
    hold_uploads(&world);
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    tell(&world, &life, "recording.completed").await;
    life.wait_for("a plan", |jobs| jobs.iter().any(|job| job.stage == Stage::Planned)).await;
    world.sandbox.zoom.put_into_trash(UUID);
    tell(&world, &life, "recording.trashed").await;
    world.sandbox.faults.clear();
    let job = parked(&life).await;
    assert!(job.reason.contains("trashed at Zoom by a person"), "{}", job.reason);
    world.sandbox.zoom.take_from_trash(UUID);
    tell(&world, &life, "recording.recovered").await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_single_file_that_a_person_deletes_is_left_out_and_the_rest_is_archived() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let completed = world.sandbox.zoom.event(UUID, "recording.completed");
    let chat = format!("chat-{UUID}");
    world.sandbox.zoom.remove_file(UUID, &chat);
    let life = world.live().await;
    assert_eq!(world.send(&life, &completed).await, 200);
    life.wait_for("failures", |jobs| jobs.iter().any(|job| job.attempts > 1)).await;
    let body = serde_json::json!({"event": "recording.batch_deleted", "event_ts": 1_792_000_000_000_u64, "payload": {
        "operator": "boss@example.com", "object": {"meetings": [{"meeting_uuid": UUID, "recording_file_ids": [chat]}]}}});
    assert_eq!(world.send(&life, body.to_string().as_bytes()).await, 200);
    life.finish(&world).await;
    let job = life.jobs().await.remove(0);
    let files = life.files(job.id).await;
    let left_out = files.iter().find(|file| file.key.as_str() == chat).unwrap();
    assert!(
        matches!(&left_out.state, FileState::Skipped(reason) if reason.contains("a person deleted it")),
        "{left_out:?}"
    );
    assert_eq!((world.archive().len(), trashes(&world)), (3, 1));
    life.stop().await;
}

#[tokio::test]
async fn a_file_that_was_left_out_and_comes_back_is_archived_after_all() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let completed = world.sandbox.zoom.event(UUID, "recording.completed");
    let chat = format!("chat-{UUID}");
    world.sandbox.zoom.remove_file(UUID, &chat);
    let body = serde_json::json!({"event": "recording.trashed", "event_ts": 1, "payload": {
        "object": {"uuid": UUID, "recording_files": [{"id": chat, "file_type": "CHAT"}]}}});
    let life = world.live().await;
    assert_eq!(world.send(&life, &completed).await, 200);
    life.wait_for("failures", |jobs| jobs.iter().any(|job| job.attempts > 1)).await;
    assert_eq!(world.send(&life, body.to_string().as_bytes()).await, 200);
    life.finish(&world).await;
    assert_eq!(world.archive().len(), 3);

    world.sandbox.zoom.add_file(UUID, File::chat(&chat, 321));
    tell(&world, &life, "recording.recovered").await;
    life.finish(&world).await;
    assert_eq!(world.archive().len(), 4);
    assert_eq!(life.jobs().await[0].zoom_copy, ZoomCopy::Untouched);
    life.stop().await;
}

#[tokio::test]
async fn a_person_who_takes_a_retired_recording_out_of_the_trash_keeps_it() {
    for back in ["recording.recovered", "recording.batch_recovered"] {
        let world = World::new().await;
        world.sandbox.zoom.add(usual_meeting(UUID));
        let life = world.live().await;
        tell(&world, &life, "recording.completed").await;
        life.finish(&world).await;
        tell(&world, &life, "recording.trashed").await;
        world.sandbox.zoom.take_from_trash(UUID);
        tell(&world, &life, back).await;
        life.finish(&world).await;
        let job = life.jobs().await.remove(0);
        assert!(job.reason.contains("recovered at Zoom by a person; kept"), "{back}: {:?}", job.reason);
        assert_eq!((job.zoom_copy, trashes(&world)), (ZoomCopy::Recovered, 1));

        // What comes now is archived, and still nothing is trashed.
        world.sandbox.zoom.add_file(UUID, File::transcript("late-transcript", 4_321));
        tell(&world, &life, "recording.transcript_completed").await;
        life.finish(&world).await;
        let job = life.jobs().await.remove(0);
        assert!(job.reason.contains("recovered at Zoom by a person; kept"), "{back}: {:?}", job.reason);
        assert_eq!((world.archive().len(), trashes(&world)), (5, 1));
        assert_eq!(world.sandbox.zoom.recording(UUID).unwrap().standing, AtZoom::Present);
        life.stop().await;
    }
}

#[tokio::test]
async fn a_recovery_that_no_event_told_is_seen_and_respected() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    tell(&world, &life, "recording.completed").await;
    life.finish(&world).await;
    world.sandbox.zoom.take_from_trash(UUID);
    world.sandbox.zoom.add_file(UUID, File::transcript("late-transcript", 4_321));
    tell(&world, &life, "recording.transcript_completed").await;
    life.finish(&world).await;
    let job = life.jobs().await.remove(0);
    assert_eq!((job.zoom_copy, world.archive().len(), trashes(&world)), (ZoomCopy::Recovered, 5, 1));
    life.stop().await;
}

#[tokio::test]
async fn a_batch_tells_every_job_that_it_names() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    hold_uploads(&world);
    let others = ["batch-a==", "batch-b=="];
    let life = world.live().await;
    for uuid in others {
        world.sandbox.zoom.add(usual_meeting(uuid));
        world.deliver(&life, uuid).await;
    }
    life.wait_for("plans", |jobs| jobs.iter().filter(|job| job.stage == Stage::Planned).count() == 2).await;
    others.iter().for_each(|uuid| world.sandbox.zoom.put_into_trash(uuid));
    let body = serde_json::json!({"event": "recording.batch_trashed", "event_ts": 1_792_000_000_000_u64, "payload": {
        "operator": "boss@example.com", "operation": "trash_account_recordings",
        "object": {"meeting_uuids": ["nobody-knows-me==", others[0], others[1]]}}});
    assert_eq!(world.send(&life, body.to_string().as_bytes()).await, 200);
    world.sandbox.faults.clear();
    life.wait_for("both to be parked", |jobs| jobs.iter().all(|job| job.standing == Standing::Parked)).await;
    assert_eq!(life.jobs().await.len(), 2);
    assert!(newest_event(&life).await.job.is_some());
    life.stop().await;
}

#[tokio::test]
async fn other_events_are_noted_and_begin_nothing() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    for name in [
        "recording.started",
        "recording.stopped",
        "recording.paused",
        "recording.resumed",
        "recording.cloud_storage_usage_updated",
        "recording.archive_files_completed",
        "recording.never_heard_of",
        "recording.trashed",
        "recording.renamed",
        "recording.batch_recovered",
    ] {
        tell(&world, &life, name).await;
        let event = newest_event(&life).await;
        assert_eq!((event.name.as_str(), event.job), (name, None));
        assert!(event.note.contains("the event announces no recording to archive"), "{name}: {}", event.note);
    }
    assert_eq!(life.jobs().await.len(), 0);
    life.stop().await;
}
