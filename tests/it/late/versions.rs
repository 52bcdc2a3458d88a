//! What Zoom makes again: with another size, under another id, under another topic.

use std::time::Duration;

use zoom2drive::jobs::{FileState, Standing};
use zoom2drive::sandbox::faults::{Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting, Standing as AtZoom};

use crate::support::steps::{settled_into_waiting, trashes};
use crate::support::world::{Life, World, usual_meeting};

const UUID: &str = "versions/+uuid==";

async fn tell(world: &World, life: &Life, name: &str) {
    let event = world.sandbox.zoom.event(UUID, name);
    assert_eq!(world.send(life, &event).await, 200);
}

async fn copied(world: &World, life: &Life, count: usize) {
    let is_there = || world.archive().len() == count;
    let found = world.sandbox.transcript.wait_until(Duration::from_secs(30), is_there).await;
    assert!(found, "{count} files were expected: {:#?}\n{:#?}", world.archive().keys(), life.summary().await);
}

/// The names of all that is archived, and whether the bytes that Zoom has now are among it.
fn archived(world: &World) -> (Vec<String>, bool) {
    let current = world.sandbox.zoom.recording(UUID).unwrap().files;
    let is_there = |sha256: String| world.archive().values().any(|file| file.sha256 == sha256);
    let all =
        current.iter().filter(|file| file.standing == AtZoom::Present || file.standing == AtZoom::Trashed);
    let has_all = all.map(|file| file.content.sha256()).all(is_there);
    (world.archive().into_values().map(|file| file.name).collect(), has_all)
}

#[tokio::test]
async fn a_new_size_during_the_transfer_is_copied_instead_and_proved() {
    let world = World::with(&[("TRANSFERS", "1")]).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Grows").file(File::mp4("video-1", 3_000_000)));
    world.sandbox.faults.once(Route::ZoomMedia, Fault::MediaCut(1_500_000));
    let life = world.live().await;
    tell(&world, &life, "recording.completed").await;
    let is_cut = || world.sandbox.faults.left() == 0;
    assert!(world.sandbox.transcript.wait_until(Duration::from_secs(20), is_cut).await);
    world.sandbox.zoom.set_file(UUID, "video-1", |file| file.render_again(3_200_000, 4242));
    life.finish(&world).await;
    let (names, has_all) = archived(&world);
    assert!(has_all, "{names:?}");
    assert_eq!(world.sandbox.zoom.recording(UUID).unwrap().standing, AtZoom::Trashed);
    life.stop().await;
}

#[tokio::test]
async fn a_file_that_changed_while_it_was_copied_has_all_its_tries_for_bad_copies() {
    let world = World::with(&[("TRANSFERS", "1"), ("AFTER_ARCHIVE", "keep"), ("IDLE_TIMEOUT", "1s")]).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Changes").file(File::mp4("video-1", 300_000)));
    let stall = Fault::MediaStall(100_000);
    let all = Rule { route: Route::ZoomMedia, subject: String::new(), skip: 0, times: 1000, fault: stall };
    world.sandbox.faults.add(all);
    let life = world.live().await;
    tell(&world, &life, "recording.completed").await;
    // As often as copies may differ; each time half-way, and with as many bytes as before.
    for count in 0..3 {
        begun_anew(&life, count).await;
        world
            .sandbox
            .zoom
            .set_file(UUID, "video-1", |file| file.render_again(300_000, 100 + u64::from(count)));
    }
    begun_anew(&life, 3).await;
    world.sandbox.faults.clear();
    world.sandbox.faults.once(Route::UploadChunk, Fault::Corrupt);
    life.wait_for("the end", |jobs| jobs.iter().all(|job| job.standing != Standing::Active)).await;
    let job = life.jobs().await.remove(0);
    assert_eq!((job.standing, job.reason.as_str()), (Standing::Finished, ""));
    let files = life.files(job.id).await;
    assert_eq!((files[0].restarts, files[0].mismatches), (3, 1));
    world.assert_archived(&[UUID]);
    life.stop().await;
}

/// Waits until the transfer of the only file is under way after so many new beginnings.
async fn begun_anew(life: &Life, count: u32) {
    let deadline = tokio::time::Instant::now() + crate::support::world::LIMIT;
    loop {
        let files = life.files(zoom2drive::jobs::JobId(1)).await;
        if files.first().is_some_and(|file| file.restarts == count && file.progress.session.is_some()) {
            return;
        }
        assert!(tokio::time::Instant::now() < deadline, "{count}: {files:#?} {:#?}", life.summary().await);
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_new_size_after_the_end_stands_beside_the_old_one() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Twice").file(File::mp4("video-1", 900_000)));
    let life = world.live().await;
    tell(&world, &life, "recording.completed").await;
    life.finish(&world).await;
    world.sandbox.zoom.set_file(UUID, "video-1", |file| file.render_again(1_200_000, 77));
    tell(&world, &life, "recording.completed").await;
    life.finish(&world).await;
    let (names, has_all) = archived(&world);
    assert!(
        has_all && names.len() == 2 && names.iter().any(|name| name.contains("(version 2)")),
        "{names:?}"
    );
    life.stop().await;
}

#[tokio::test]
async fn a_new_id_after_the_copy_stands_beside_the_old_one_and_both_stay() {
    let world = World::with(&[("SETTLE_FOR", "1h")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    tell(&world, &life, "recording.completed").await;
    settled_into_waiting(&life).await;
    world.sandbox.zoom.replace_file(UUID, &format!("video-{UUID}"), File::mp4("video-anew", 2_100_000));
    tell(&world, &life, "recording.completed").await;
    copied(&world, &life, 5).await;
    settled_into_waiting(&life).await;
    let (names, has_all) = archived(&world);
    assert!(has_all && names.iter().any(|name| name.ends_with("view (version 2).mp4")), "{names:?}");
    assert_eq!(trashes(&world), 0);
    life.stop().await;

    // The last look proves what Zoom lists, and the old copy stays.
    let mut world = world;
    world.settings.insert("SETTLE_FOR".to_owned(), "0s".to_owned());
    let life = world.live().await;
    life.finish(&world).await;
    assert_eq!((world.archive().len(), trashes(&world)), (5, 1));
    life.stop().await;
}

#[tokio::test]
async fn a_new_id_before_the_copy_leaves_the_old_one_out_and_says_what_took_its_place() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let event = world.sandbox.zoom.event(UUID, "recording.completed");
    world.sandbox.zoom.replace_file(UUID, &format!("video-{UUID}"), File::mp4("video-anew", 2_100_000));
    let life = world.live().await;
    assert_eq!(world.send(&life, &event).await, 200);
    life.finish(&world).await;
    let job = life.jobs().await.remove(0);
    let files = life.files(job.id).await;
    let old = files.iter().find(|file| file.key.as_str() == format!("video-{UUID}")).unwrap();
    assert!(
        matches!(&old.state, FileState::Skipped(reason) if reason.contains("video-anew has taken its place")),
        "{old:?}"
    );
    let (names, has_all) = archived(&world);
    assert!(has_all && names.len() == 4, "{names:?}");
    assert_eq!(trashes(&world), 1);
    // It was looked for often before that.
    let gone = |call: &&zoom2drive::sandbox::transcript::Call| {
        call.route == Route::ZoomDownload && call.answer.starts_with("404")
    };
    assert!(world.sandbox.transcript.calls().iter().filter(gone).count() > 16, "{}", world.calls());
    life.stop().await;
}

#[tokio::test]
async fn an_old_id_that_is_listed_again_is_archived_after_all() {
    let world = World::with(&[("SETTLE_FOR", "1h")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let event = world.sandbox.zoom.event(UUID, "recording.completed");
    let old = File::mp4(&format!("video-{UUID}"), 2_000_000);
    world.sandbox.zoom.replace_file(UUID, &format!("video-{UUID}"), File::mp4("video-anew", 2_100_000));
    let life = world.live().await;
    assert_eq!(world.send(&life, &event).await, 200);
    settled_into_waiting(&life).await;
    assert_eq!(world.archive().len(), 4);
    world.sandbox.zoom.add_file(UUID, old);
    life.stop().await;
    let mut world = world;
    world.settings.insert("SETTLE_FOR".to_owned(), "0s".to_owned());
    let life = world.live().await;
    life.finish(&world).await;
    assert_eq!((world.archive().len(), trashes(&world)), (5, 1));
    assert!(archived(&world).1);
    life.stop().await;
}

#[tokio::test]
async fn a_renamed_recording_keeps_its_folder_and_late_files_bear_the_new_name() {
    let world = World::with(&[("SETTLE_FOR", "1h")]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    tell(&world, &life, "recording.completed").await;
    settled_into_waiting(&life).await;
    let before = world.archive();

    world.sandbox.zoom.rename(UUID, "Première");
    tell(&world, &life, "recording.renamed").await;
    let job = life.jobs().await.remove(0);
    assert_eq!((job.recording.topic.as_str(), job.standing), ("Première", Standing::Active));
    let events = life.store.events(None).await.unwrap();
    assert_eq!((events[0].name.as_str(), events[0].job), ("recording.renamed", Some(job.id)));

    world.sandbox.zoom.add_file(UUID, File::transcript("late-transcript", 4_321));
    tell(&world, &life, "recording.transcript_completed").await;
    copied(&world, &life, 5).await;
    settled_into_waiting(&life).await;
    let after = world.archive();
    assert!(before.keys().all(|path| after.contains_key(path)), "links stay: {:#?}", after.keys());
    let folder = "ann@example.com/2026/2026-03-01 Rehearsal/";
    assert!(after.keys().all(|path| path.starts_with(folder)), "{:#?}", after.keys());
    assert!(after.keys().any(|path| path.ends_with("Première audio transcript.vtt")), "{:#?}", after.keys());
    life.stop().await;
}

#[tokio::test]
async fn another_host_address_or_zone_does_not_split_a_recording() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    let meeting = usual_meeting(UUID).start("2026-03-01T23:30:00Z");
    world.sandbox.zoom.add(meeting.clone());
    let life = world.live().await;
    tell(&world, &life, "recording.completed").await;
    life.finish(&world).await;
    life.stop().await;

    let mut world = world;
    world.settings.insert("TIMEZONE".to_owned(), "Asia/Tokyo".to_owned());
    world.sandbox.zoom.add(meeting.host("new.ann@example.com").file(File::summary("late-summary", 999)));
    let life = world.live().await;
    tell(&world, &life, "recording.completed").await;
    life.finish(&world).await;
    let paths: Vec<String> = world.archive().into_keys().collect();
    assert_eq!(paths.len(), 5);
    assert!(
        paths.iter().all(|path| path.starts_with("ann@example.com/2026/2026-03-01 Rehearsal/")),
        "{paths:#?}"
    );
    life.stop().await;
}
