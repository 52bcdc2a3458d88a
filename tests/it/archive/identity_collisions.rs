//! Files that share an id, a name or their first bytes. Each of them is archived.

use zoom2drive::jobs::Stage;
use zoom2drive::sandbox::content::{Content, Kind};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting, Standing as AtZoom};

use crate::support::steps::{settled_into_waiting, trashes};
use crate::support::world::{Life, World};

const UUID: &str = "twins/+uuid==";

/// A chat without an id: nothing but its size and bytes tells it from another.
fn chat(seed: u64, size: u64) -> File {
    let mut file = File::chat("x", size);
    (file.id, file.content) = (None, Content::new(Kind::Txt, size, seed));
    file
}

/// A voice with the id and the name of all others.
fn voice(seed: u64, size: u64) -> File {
    let mut file = File::m4a("one-id", size);
    (file.content, file.file_name) =
        (Content::new(Kind::M4a, size, seed), Some("Audio only - Ann".to_owned()));
    file
}

/// How often each of Zoom's files is in the archive, in Zoom's order.
fn copies(world: &World) -> Vec<usize> {
    let archive = world.archive();
    let count = |sha256: String| archive.values().filter(|file| file.sha256 == sha256).count();
    world
        .sandbox
        .zoom
        .recording(UUID)
        .unwrap()
        .files
        .iter()
        .map(|file| count(file.content.sha256()))
        .collect()
}

fn standing(world: &World) -> AtZoom {
    world.sandbox.zoom.recording(UUID).unwrap().standing
}

async fn begin(world: &World) -> Life {
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life
}

#[tokio::test]
async fn chats_without_ids_and_voices_of_one_id_are_all_archived_before_anything_is_trashed() {
    let world = World::new().await;
    let meeting = Meeting::new(UUID, "Twins").file(chat(1, 300)).file(chat(2, 200)).file(chat(3, 100));
    world.sandbox.zoom.add(meeting.participant(voice(4, 40_000)).participant(voice(5, 50_000)));
    let life = begin(&world).await;
    life.finish(&world).await;
    assert_eq!((copies(&world), world.archive().len()), (vec![1; 5], 5), "{:#?}", world.archive().keys());
    assert_eq!(standing(&world), AtZoom::Trashed);
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
    life.stop().await;
}

#[tokio::test]
async fn an_event_and_a_listing_in_another_order_make_no_other_files() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    let meeting = Meeting::new(UUID, "Twins").file(chat(1, 300)).file(chat(2, 200));
    world.sandbox.zoom.add(meeting.participant(voice(4, 40_000)).participant(voice(5, 50_000)));
    let life = begin(&world).await;
    life.finish(&world).await;
    for is_reversed in [true, false] {
        world.sandbox.zoom.set_reversed(UUID, is_reversed);
        world.deliver(&life, UUID).await;
        let job = life.jobs().await.remove(0);
        life.store.retry(job.id).await.unwrap();
        life.finish(&world).await;
    }
    assert_eq!((copies(&world), world.archive().len()), (vec![1; 4], 4), "{:#?}", world.archive().keys());
    life.stop().await;
}

#[tokio::test]
async fn twins_of_one_size_are_trashed_only_when_each_was_read_again() {
    for listed in [Some(40_000), Some(0), None] {
        let world = World::new().await;
        let (mut one, mut other) = (voice(4, 40_000), voice(5, 40_000));
        (one.listed_size, other.listed_size) = (listed, listed);
        world.sandbox.zoom.add(Meeting::new(UUID, "Twins").participant(one).participant(other));
        let life = begin(&world).await;
        life.wait_for("the wait for a second reading", |jobs| {
            jobs.iter().any(|job| job.reason.contains("waiting to read"))
        })
        .await;
        assert_eq!((copies(&world), trashes(&world)), (vec![1, 1], 0), "{listed:?}");
        world.sandbox.zoom.set_reversed(UUID, true);
        life.finish(&world).await;
        assert_eq!((copies(&world), world.archive().len()), (vec![1, 1], 2), "{listed:?}");
        assert_eq!(standing(&world), AtZoom::Trashed, "{listed:?}");
        life.stop().await;
    }
}

#[tokio::test]
async fn twins_that_were_swapped_half_way_are_both_archived_in_the_end() {
    let world = World::with(&[("TRANSFERS", "1"), ("SETTLE_FOR", "1h")]).await;
    let meeting = Meeting::new(UUID, "Twins").participant(voice(4, 40_000)).participant(voice(5, 40_000));
    world.sandbox.zoom.add(meeting);
    // The first one is copied. Before the second is, Zoom lists them the other way round.
    let later = Fault::Answer(Canned::new(503, "text/plain", "later"));
    world.sandbox.faults.add(Rule {
        route: Route::UploadStart,
        subject: String::new(),
        skip: 1,
        times: u32::MAX,
        fault: later,
    });
    let life = begin(&world).await;
    life.wait_for("failures", |jobs| jobs.iter().any(|job| job.attempts > 1)).await;
    world.sandbox.zoom.set_reversed(UUID, true);
    world.deliver(&life, UUID).await;
    life.wait_for("another plan", |jobs| jobs.iter().all(|job| !job.has_news())).await;
    world.sandbox.faults.clear();
    settled_into_waiting(&life).await;
    assert_eq!(world.archive().len(), 2);
    life.stop().await;

    let mut world = world;
    world.settings.insert("SETTLE_FOR".to_owned(), "0s".to_owned());
    let life = world.live().await;
    life.finish(&world).await;
    assert!(copies(&world).iter().all(|count| *count > 0), "{:?}", copies(&world));
    assert_eq!(standing(&world), AtZoom::Trashed);
    life.stop().await;
}

#[tokio::test]
async fn a_twin_that_comes_late_is_a_file_of_its_own() {
    let world = World::with(&[("SETTLE_FOR", "1h")]).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Twins").file(chat(1, 300)));
    let life = begin(&world).await;
    settled_into_waiting(&life).await;
    world.sandbox.zoom.add_file(UUID, chat(2, 200));
    world.deliver(&life, UUID).await;
    let copied = || world.archive().len() == 2;
    assert!(world.sandbox.transcript.wait_until(std::time::Duration::from_secs(20), copied).await);
    life.wait_for("the proof", |jobs| jobs.iter().all(|job| job.stage == Stage::Verified && !job.leased))
        .await;
    assert_eq!(copies(&world), [1, 1]);
    let names: Vec<String> = world.archive().into_values().map(|file| file.name).collect();
    assert!(names.iter().all(|name| !name.contains("version")), "{names:?}");
    life.stop().await;
}

#[tokio::test]
async fn a_list_that_cannot_be_read_keeps_zooms_copy() {
    for (field, odd) in [
        ("recording_files", r#"null, "#),
        ("recording_files", r#""soon", "#),
        ("participant_audio_files", r#""later""#),
    ] {
        let world = World::new().await;
        world.sandbox.zoom.add(Meeting::new(UUID, "Odd").file(File::mp4("video-1", 90_000)));
        let life = world.live().await;
        let event = world.sandbox.zoom.event(UUID, "recording.completed");
        // Zoom's own listing, with something in it that is no file.
        let (_, url) = std::str::from_utf8(&event).unwrap().split_once(r#""download_url":""#).unwrap();
        let url = url.split('"').next().unwrap();
        let file = format!(
            r#"{{"id":"video-1","file_type":"MP4","file_extension":"MP4","file_size":90000,"status":"completed",
               "recording_start":"2026-01-15T10:00:00Z","download_url":"{url}"}}"#
        );
        let files = if field == "recording_files" { format!("[{odd}{file}]") } else { format!("[{file}]") };
        let voices = if field == "recording_files" { "[]" } else { odd };
        let listing =
            format!(r#"{{"uuid":"{UUID}","recording_files":{files},"participant_audio_files":{voices}}}"#);
        world.sandbox.faults.add(Rule {
            route: Route::ZoomRecording,
            subject: String::new(),
            skip: 0,
            times: u32::MAX,
            fault: Fault::Answer(Canned::new(200, "application/json", listing)),
        });
        assert_eq!(world.send(&life, &event).await, 200);
        life.finish(&world).await;
        let job = life.jobs().await.remove(0);
        assert!(
            job.reason.contains("kept at Zoom") && job.reason.contains("UNREADABLE"),
            "{odd}: {}",
            job.reason
        );
        assert_eq!((world.archive().len(), trashes(&world)), (1, 0), "{odd}");
        life.stop().await;
    }
}
