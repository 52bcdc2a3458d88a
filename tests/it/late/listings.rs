//! Later listings and events: late files, new versions, other tokens, duplicates, odd rows.

use std::time::Duration;

use zoom2drive::jobs::{FileState, Stage};
use zoom2drive::sandbox::faults::{Canned, Route};
use zoom2drive::sandbox::zoom::{File, Meeting, Standing as AtZoom};

use crate::support::steps::{settled_into_waiting, trashes};
use crate::support::world::{World, usual_meeting};

const UUID: &str = "late/+uuid==";

#[tokio::test]
async fn a_transcript_that_comes_by_its_own_event_joins_the_archive_before_anything_is_trashed() {
    let world = World::with(&[("SETTLE_FOR", "1h")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    settled_into_waiting(&life).await;
    assert_eq!((world.archive().len(), trashes(&world)), (4, 0));

    world.sandbox.zoom.add_file(UUID, File::transcript("transcript-late", 4_321));
    let event = world.sandbox.zoom.event(UUID, "recording.transcript_completed");
    assert_eq!(world.send(&life, &event).await, 200);
    let copied = || world.archive().len() == 5;
    assert!(world.sandbox.transcript.wait_until(Duration::from_secs(20), copied).await);
    settled_into_waiting(&life).await;
    assert_eq!(trashes(&world), 0);
    world.assert_promises(UUID);
    life.stop().await;
}

#[tokio::test]
async fn a_transcript_that_no_event_announces_is_found_by_looking_again() {
    let world = World::with(&[("SETTLE_FOR", "3s")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    settled_into_waiting(&life).await;
    world.sandbox.zoom.add_file(UUID, File::transcript("transcript-late", 4_321));
    // Nobody hurries here: the program must come back by itself, twice, and then trash.
    let trashed = || world.sandbox.zoom.recording(UUID).unwrap().standing == AtZoom::Trashed;
    assert!(
        world.sandbox.transcript.wait_until(Duration::from_secs(30), trashed).await,
        "{:#?}",
        life.summary().await
    );
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_transcript_event_that_comes_first_is_enough() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID).file(File::transcript("transcript-1", 999)));
    let life = world.live().await;
    let event = world.sandbox.zoom.event(UUID, "recording.transcript_completed");
    assert_eq!(world.send(&life, &event).await, 200);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_view_that_zoom_renders_again_becomes_a_version_beside_the_old_one() {
    let world = World::with(&[("SETTLE_FOR", "1h")]).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Twice").file(File::mp4("video-1", 900_000)));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    settled_into_waiting(&life).await;
    world.sandbox.zoom.set_file(UUID, "video-1", |file| file.render_again(1_200_000, 77));
    world.deliver(&life, UUID).await;
    assert!(
        world.sandbox.transcript.wait_until(Duration::from_secs(20), || world.archive().len() == 2).await
    );
    settled_into_waiting(&life).await;
    let names: Vec<String> = world.archive().into_values().map(|file| file.name).collect();
    assert!(names.iter().any(|name| name.ends_with("(version 2).mp4")), "{names:?}");
    let current = world.sandbox.zoom.recording(UUID).unwrap().files[0].content.sha256();
    assert!(world.archive().values().any(|file| file.sha256 == current));
    assert_eq!(trashes(&world), 0);
    life.stop().await;
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_copied_is_copied_as_it_is_now() {
    let world = World::with(&[("TRANSFERS", "1")]).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Grows").file(File::mp4("video-1", 3_000_000)));
    // Cut half-way; by the time of the next request Zoom has made the file again, as long as before.
    world.sandbox.faults.once(Route::ZoomMedia, zoom2drive::sandbox::faults::Fault::MediaCut(1_500_000));
    let life = world.live().await;
    let event = world.sandbox.zoom.event(UUID, "recording.completed");
    assert_eq!(world.send(&life, &event).await, 200);
    let is_cut = || world.sandbox.faults.left() == 0;
    assert!(world.sandbox.transcript.wait_until(Duration::from_secs(20), is_cut).await);
    world.sandbox.zoom.set_file(UUID, "video-1", |file| file.render_again(3_000_000, 4242));
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_recording_that_zoom_is_still_making_is_waited_for() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    world.sandbox.zoom.set_processing(UUID, true);
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.wait_for("a wait", |jobs| jobs.iter().any(|job| job.attempts > 2)).await;
    assert_eq!(world.archive().len(), 0);
    world.sandbox.zoom.set_processing(UUID, false);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_listed_file_that_is_not_ready_holds_the_trash_back() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    world.sandbox.zoom.set_file(UUID, &format!("audio-{UUID}"), |file| file.status = "processing".to_owned());
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.wait_for("a wait", |jobs| jobs.iter().any(|job| job.stage == Stage::Verified && !job.leased)).await;
    assert_eq!((world.archive().len(), trashes(&world)), (3, 0));
    world.sandbox.zoom.set_file(UUID, &format!("audio-{UUID}"), |file| file.status = "completed".to_owned());
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn tokens_that_died_in_a_backlog_are_replaced() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let event = world.sandbox.zoom.event(UUID, "recording.completed");
    world.sandbox.zoom.expire_download_tokens();
    let life = world.live().await;
    assert_eq!(world.send(&life, &event).await, 200);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);

    // And the long-lived ones, in the middle of everything.
    let other = "other==";
    world.sandbox.zoom.add(usual_meeting(other));
    world.sandbox.zoom.expire_access_tokens();
    world.sandbox.google.expire_tokens();
    world.deliver(&life, other).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID, other]);
    life.stop().await;
}

#[tokio::test]
async fn events_alone_are_enough_without_api_credentials() {
    let world = World::with(&[
        ("ZOOM_ACCOUNT_ID", ""),
        ("ZOOM_CLIENT_ID", ""),
        ("ZOOM_CLIENT_SECRET", ""),
        ("AFTER_ARCHIVE", "keep"),
    ])
    .await;
    world.sandbox.zoom.add(usual_meeting(UUID).participant(File::m4a("voice-1", 55_555)));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    world.sandbox.zoom.add_file(UUID, File::transcript("transcript-late", 4_321));
    let event = world.sandbox.zoom.event(UUID, "recording.transcript_completed");
    assert_eq!(world.send(&life, &event).await, 200);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    assert_eq!(
        world.sandbox.transcript.count(Route::ZoomRecording)
            + world.sandbox.transcript.count(Route::ZoomToken),
        0
    );
    life.stop().await;
}

#[tokio::test]
async fn duplicates_of_every_kind_are_archived_once() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    let same = world.sandbox.zoom.event(UUID, "recording.completed");
    for _ in 0..3 {
        assert_eq!(world.send(&life, &same).await, 200);
        world.deliver(&life, UUID).await;
    }
    life.finish(&world).await;
    for _ in 0..2 {
        assert_eq!(world.send(&life, &same).await, 200);
    }
    assert_eq!(life.jobs().await.len(), 1);
    world.assert_archived(&[UUID]);
    assert_eq!(world.sandbox.google.bytes_received(), 2_000_000 + 700_001 + 321 + 4_000);
    life.stop().await;
}

#[tokio::test]
async fn a_lost_database_uploads_nothing_twice() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    life.stop().await;
    let received = world.sandbox.google.bytes_received();
    world.lose_database();
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    assert_eq!(world.sandbox.google.bytes_received(), received);
    life.stop().await;
}

#[tokio::test]
async fn odd_listings_are_archived_as_they_are() {
    let world = World::new().await;
    let mut nameless = File::timeline("x", 2_000);
    (nameless.id, nameless.file_extension, nameless.listed_size) = (None, None, None);
    let mut unknown = File::chat("unknown-1", 700);
    (unknown.file_type, unknown.file_extension, unknown.recording_type) = ("HOLOGRAM".to_owned(), None, None);
    let meeting =
        Meeting::new(UUID, "").file(File::mp4("video-1", 300_000)).file(unknown).numbers_as_strings();
    world.sandbox.zoom.add(meeting.file(File::chat("empty-1", 0)));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    // A text without a byte, of which no size is listed: it is believed once it has been so for a day.
    life.wait_for("the wait", |jobs| jobs.iter().any(|job| job.reason.contains("not ready"))).await;
    world.a_day_passes().await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);

    let other = "nameless==";
    world.sandbox.zoom.add(Meeting::new(other, "Old").file(nameless));
    world.deliver(&life, other).await;
    life.finish(&world).await;
    let job = life.jobs().await.into_iter().find(|job| job.recording.uuid.as_str() == other).unwrap();
    let files = life.files(job.id).await;
    assert!(matches!(files[0].state, FileState::Verified(_)), "{files:?}");
    life.stop().await;
}

#[tokio::test]
async fn participants_voices_are_kept_apart() {
    let world = World::new().await;
    let voices = Meeting::new(UUID, "Voices")
        .participant(File::m4a("voice-1", 40_000))
        .participant(File::m4a("voice-2", 50_000))
        .participant_audio_only();
    world.sandbox.zoom.add(voices);
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_file_that_zoom_told_of_and_does_not_list_is_not_passed_over() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let event = world.sandbox.zoom.event(UUID, "recording.completed");
    world.sandbox.zoom.remove_file(UUID, &format!("chat-{UUID}"));
    let life = world.live().await;
    assert_eq!(world.send(&life, &event).await, 200);
    life.wait_for("failures", |jobs| jobs.iter().any(|job| job.attempts > 2)).await;
    let job = life.jobs().await.remove(0);
    assert!(job.reason.contains("chat file.txt") && job.reason.contains("no longer lists"), "{}", job.reason);
    assert_eq!((world.archive().len(), trashes(&world)), (3, 0));
    life.stop().await;
}

#[tokio::test]
async fn a_listing_that_is_empty_does_not_end_a_recording_that_zoom_told_of() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let empty = Canned::new(200, "application/json", format!(r#"{{"uuid":"{UUID}","recording_files":[]}}"#));
    world.sandbox.faults.once(Route::ZoomRecording, zoom2drive::sandbox::faults::Fault::Answer(empty));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_view_that_changes_and_changes_back_before_it_is_copied_is_copied_once() {
    let world = World::with(&[("RETRY_WAIT", "1s")]).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Undecided").file(File::mp4("video-1", 900_000)));
    let original = world.sandbox.zoom.recording(UUID).unwrap().files[0].content.clone();
    world.sandbox.faults.add(zoom2drive::sandbox::faults::Rule {
        route: Route::UploadStart,
        subject: String::new(),
        skip: 0,
        times: u32::MAX,
        fault: zoom2drive::sandbox::faults::Fault::Answer(Canned::new(503, "text/plain", "later")),
    });
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    let planned = |versions: usize| {
        let life = &life;
        async move {
            let deadline = tokio::time::Instant::now() + crate::support::world::LIMIT;
            loop {
                let job = life.jobs().await.remove(0);
                if life.files(job.id).await.len() == versions && !job.has_news() {
                    return;
                }
                assert!(tokio::time::Instant::now() < deadline, "{:#?}", life.summary().await);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    };
    planned(1).await;
    world.sandbox.zoom.set_file(UUID, "video-1", |file| file.render_again(1_200_000, 77));
    world.deliver(&life, UUID).await;
    planned(2).await;
    world.sandbox.zoom.set_file(UUID, "video-1", |file| {
        file.content = original.clone();
        file.listed_size = Some(900_000);
    });
    // An operator's retry looks at everything afresh.
    life.store.retry(life.jobs().await[0].id).await.unwrap();
    world.sandbox.faults.clear();
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn files_that_zoom_is_still_making_are_looked_at_again_soon() {
    let world = World::new().await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Slow").file(File::mp4("video-1", 900_000)));
    world.sandbox.zoom.set_file(UUID, "video-1", |file| file.status = "processing".to_owned());
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    let looks = |count| move |world: &World| world.sandbox.transcript.count(Route::ZoomRecording) >= count;
    let looked = || looks(3)(&world);
    assert!(world.sandbox.transcript.wait_until(Duration::from_secs(20), looked).await);
    world.sandbox.zoom.set_file(UUID, "video-1", |file| file.status = "completed".to_owned());
    let trashed = || world.sandbox.zoom.recording(UUID).unwrap().standing == AtZoom::Trashed;
    assert!(
        world.sandbox.transcript.wait_until(Duration::from_secs(30), trashed).await,
        "{:#?}",
        life.summary().await
    );
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn what_was_hard_to_archive_waits_for_late_files_with_a_full_budget() {
    let world = World::with(&[("SETTLE_FOR", "1h")]).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Hard").file(File::mp4("video-1", 300_000)));
    world.sandbox.faults.add(zoom2drive::sandbox::faults::Rule {
        route: Route::UploadStart,
        subject: String::new(),
        skip: 0,
        times: 9,
        fault: zoom2drive::sandbox::faults::Fault::Answer(Canned::new(503, "text/plain", "later")),
    });
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    settled_into_waiting(&life).await;
    assert_eq!((world.sandbox.faults.left(), life.jobs().await[0].attempts), (0, 0));
    life.stop().await;
}
