//! What Zoom lists and does not have yet, or has otherwise than it lists: empty bodies, short ones, other lengths,
//! other content. One answer is believed about nothing that is to be trashed.

use zoom2drive::jobs::{FileState, Stage, Standing};
use zoom2drive::sandbox::content::{Content, Kind};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting, Standing as AtZoom};

use crate::support::steps::trashes;
use crate::support::world::{Life, World, usual_meeting};

const UUID: &str = "readings/+uuid==";

const FOREVER: u32 = u32::MAX;

fn text(kind: Kind, bytes: &'static str) -> Content {
    Content::literal(kind, bytes)
}

/// A transcript with a cue, of another length than is listed.
fn short_transcript() -> Content {
    text(Kind::Vtt, "WEBVTT\n\n1\n00:00:01.000 --> 00:00:04.000\nAnn: hello\n")
}

fn standing(world: &World) -> AtZoom {
    world.sandbox.zoom.recording(UUID).unwrap().standing
}

async fn begin(world: &World) -> Life {
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life
}

async fn told(life: &Life, words: &str) {
    life.wait_for(words, |jobs| jobs.iter().any(|job| job.reason.contains(words) && !job.leased)).await;
}

/// Another run now, whatever is waited for, and its end.
async fn run_again(life: &Life) {
    let before = life.jobs().await.remove(0);
    life.store.retry(before.id).await.unwrap();
    let ended = |jobs: &[zoom2drive::jobs::Job]| {
        jobs.iter().any(|job| !job.leased && job.updated_at > before.updated_at && !job.reason.is_empty())
    };
    life.wait_for("the end of a run", ended).await;
}

/// The names of the archived files of a recording's view.
fn archived(world: &World, view: &str) -> Vec<String> {
    let names = world.archive().into_values().map(|file| file.name);
    names.filter(|name| name.contains(view)).collect()
}

fn has(world: &World, content: &Content) -> bool {
    world.archive().values().any(|file| file.sha256 == content.sha256())
}

#[tokio::test]
async fn what_has_nothing_in_it_is_waited_for_and_its_siblings_are_archived() {
    let world = World::new().await;
    let mut unsized_audio = File::m4a("audio-1", 70_000).answered(text(Kind::M4a, ""), FOREVER);
    unsized_audio.listed_size = None;
    let mut restored = File::mp4("video-2", 80_000).answered(text(Kind::Mp4, ""), FOREVER);
    restored.listed_size = Some(0);
    let late = [
        File::transcript("transcript-1", 14_321).answered(text(Kind::Vtt, "WEBVTT\n\n"), FOREVER),
        File::closed_caption("caption-1", 9_000).answered(text(Kind::Vtt, ""), FOREVER),
        File::closed_caption("caption-2", 9_001).answered(text(Kind::Vtt, "\u{feff}\r\n"), FOREVER),
        File::timeline("timeline-1", 4_000).answered(text(Kind::Json, "{}"), FOREVER),
        File::summary("summary-1", 4_001).answered(text(Kind::Json, "null"), FOREVER),
        File::summary("summary-2", 4_002).answered(text(Kind::Json, " [ ]\n"), FOREVER),
        File::summary("summary-3", 4_003).answered(text(Kind::Json, "\"\""), FOREVER),
        File::chat("chat-1", 300).answered(text(Kind::Txt, " \r\n"), FOREVER),
        File::poll("poll-1", 200).answered(text(Kind::Csv, ""), FOREVER),
        File::mp4("video-1", 90_000).answered(text(Kind::Mp4, ""), FOREVER),
        unsized_audio,
        restored,
    ];
    let meeting =
        Meeting::new(UUID, "Not yet").file(File::mp4("video-3", 600_000)).file(File::chat("chat-2", 99));
    world.sandbox.zoom.add(late.into_iter().fold(meeting, Meeting::file));
    let life = begin(&world).await;
    told(&life, "not ready at Zoom").await;
    for _run in 0..3 {
        run_again(&life).await;
        let job = life.jobs().await.remove(0);
        assert_eq!((job.standing, job.attempts), (Standing::Active, 0), "{}", job.reason);
        assert_eq!((world.archive().len(), trashes(&world)), (2, 0), "{:#?}", world.archive().keys());
    }
    // The siblings are not only there, they are proved.
    let files = life.files(life.jobs().await[0].id).await;
    assert_eq!(files.iter().filter(|file| matches!(file.state, FileState::Verified(_))).count(), 2);

    world.sandbox.zoom.set_files(UUID, |file| file.instead = None);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn an_answer_that_says_not_yet_is_waited_for_like_an_empty_one() {
    for status in [202, 204] {
        let world = World::new().await;
        world.sandbox.zoom.add(usual_meeting(UUID));
        world.sandbox.faults.add(Rule {
            route: Route::ZoomMedia,
            subject: String::new(),
            skip: 0,
            times: FOREVER,
            fault: Fault::Answer(Canned::new(status, "video/mp4", "")),
        });
        let life = begin(&world).await;
        told(&life, "not ready at Zoom").await;
        run_again(&life).await;
        let job = life.jobs().await.remove(0);
        assert_eq!(
            (job.standing, job.attempts, world.archive().len()),
            (Standing::Active, 0, 0),
            "{}",
            job.reason
        );
        world.sandbox.faults.clear();
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

#[tokio::test]
async fn what_was_settled_before_readings_were_noted_is_read_again_before_it_is_trashed() {
    let world = World::new().await;
    let mut chat = File::chat("chat-1", 500);
    chat.listed_size = Some(654);
    world.sandbox.zoom.add(Meeting::new(UUID, "Old").file(chat));
    world.sandbox.zoom.set_trash_denied(Some(Canned::zoom(400, 3332, "denied")));
    let life = begin(&world).await;
    life.finish(&world).await;
    let job = life.jobs().await.remove(0);
    assert_eq!(job.stage, Stage::Settled, "{}", job.reason);
    world.sql("UPDATE files SET confirmed_at = NULL").await;
    world.sandbox.zoom.set_trash_denied(None);
    let changed = Content::literal(Kind::Txt, "another text");
    world.sandbox.zoom.set_files(UUID, |file| file.content = changed.clone());
    life.store.retry(job.id).await.unwrap();
    life.finish(&world).await;
    assert!(has(&world, &changed), "{:#?}", world.archive().keys());
    assert_eq!((standing(&world), world.archive().len()), (AtZoom::Trashed, 2));
    life.stop().await;
}

#[tokio::test]
async fn after_a_day_of_nothing_a_person_is_called_and_can_have_it_tried_again() {
    for content in
        [File::transcript("late-1", 14_321), File::mp4("late-1", 90_000), File::timeline("late-1", 4_000)]
    {
        let world = World::new().await;
        let kind = content.content.kind();
        let late = content.answered(text(kind, ""), FOREVER);
        world.sandbox.zoom.add(Meeting::new(UUID, "Never").file(File::mp4("video-1", 90_001)).file(late));
        let life = begin(&world).await;
        told(&life, "not ready at Zoom").await;
        world.a_day_passes().await;
        run_again(&life).await;
        let job = life.jobs().await.remove(0);
        assert_eq!(job.standing, Standing::Parked, "{kind:?}: {}", job.reason);
        assert!(job.reason.contains("Zoom's portal") && job.reason.contains("jobs retry"), "{}", job.reason);
        assert_eq!((world.archive().len(), trashes(&world)), (1, 0), "{kind:?}");
        world.sandbox.zoom.set_files(UUID, |file| file.instead = None);
        life.store.retry(job.id).await.unwrap();
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

#[tokio::test]
async fn nothing_is_waited_for_as_long_as_late_files_are() {
    let world = World::with(&[("SETTLE_FOR", "3d")]).await;
    let late = File::transcript("late-1", 14_321).answered(text(Kind::Vtt, "WEBVTT"), FOREVER);
    world.sandbox.zoom.add(Meeting::new(UUID, "Never").file(late));
    let life = begin(&world).await;
    told(&life, "not ready at Zoom").await;
    for standing in [Standing::Active, Standing::Active, Standing::Parked] {
        world.a_day_passes().await;
        run_again(&life).await;
        assert_eq!(life.jobs().await[0].standing, standing);
    }
    life.stop().await;
}

#[tokio::test]
async fn a_meeting_in_which_nobody_spoke_has_a_transcript_without_a_cue() {
    let world = World::new().await;
    let mut silent = File::transcript("silent-1", 8);
    silent.content = text(Kind::Vtt, "WEBVTT\n\n");
    let mut empty = File::timeline("timeline-1", 2);
    empty.content = text(Kind::Json, "{}");
    world.sandbox.zoom.add(Meeting::new(UUID, "Silent").file(silent).file(empty));
    let life = begin(&world).await;
    let trashed = || standing(&world) == AtZoom::Trashed;
    let limit = std::time::Duration::from_secs(20);
    assert!(world.sandbox.transcript.wait_until(limit, trashed).await, "{:#?}", life.summary().await);
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn an_empty_text_without_a_listed_size_is_believed_after_a_day_and_another_reading() {
    for listed in [Some(0), None] {
        let world = World::new().await;
        let mut chat = File::chat("chat-1", 0);
        chat.listed_size = listed;
        world.sandbox.zoom.add(Meeting::new(UUID, "Quiet").file(File::mp4("video-1", 90_000)).file(chat));
        let life = begin(&world).await;
        told(&life, "not ready at Zoom").await;
        assert_eq!(world.archive().len(), 1);
        world.a_day_passes().await;
        run_again(&life).await;
        told(&life, "waiting to read").await;
        assert_eq!((world.archive().len(), trashes(&world)), (2, 0));
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

#[tokio::test]
async fn a_text_of_another_length_is_archived_at_once_and_trashed_after_a_distant_reading_of_the_same() {
    let world = World::new().await;
    let mut chat = File::chat("chat-1", 500);
    chat.listed_size = Some(654);
    world.sandbox.zoom.add(Meeting::new(UUID, "Edited").file(File::mp4("video-1", 90_000)).file(chat));
    let life = begin(&world).await;
    told(&life, "waiting to read").await;
    assert_eq!((world.archive().len(), trashes(&world)), (2, 0));
    // However often it is looked at, two readings in a row prove nothing.
    for _run in 0..3 {
        run_again(&life).await;
        assert_eq!(trashes(&world), 0);
    }
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn other_content_at_the_last_look_becomes_a_version_that_must_be_read_again_in_turn() {
    let world = World::new().await;
    let full = File::transcript("transcript-1", 14_321);
    let content = full.content.clone();
    world.sandbox.zoom.add(Meeting::new(UUID, "Growing").file(full.answered(short_transcript(), FOREVER)));
    let life = begin(&world).await;
    told(&life, "waiting to read").await;
    assert!(has(&world, &short_transcript()));
    world.sandbox.zoom.set_files(UUID, |file| file.instead = None);
    world.a_day_passes().await;
    life.finish(&world).await;
    // Listed as before, with other bytes: both stand there, and the newer one has just the listed length.
    assert!(has(&world, &content) && has(&world, &short_transcript()), "{:#?}", world.archive().keys());
    assert_eq!(archived(&world, "(version 2)").len(), 1);
    assert_eq!((standing(&world), world.archive().len()), (AtZoom::Trashed, 2));
    life.stop().await;
}

#[tokio::test]
async fn content_that_changes_within_the_window_is_archived_by_its_looks() {
    let world = World::with(&[("SETTLE_FOR", "24h")]).await;
    let content = |mark: u8| Content::literal(Kind::Txt, vec![b'a' + mark; 400 + usize::from(mark)]);
    world
        .sandbox
        .zoom
        .add(Meeting::new(UUID, "Edited").file(File::chat("chat-1", 500).answered(content(0), FOREVER)));
    let life = begin(&world).await;
    told(&life, "waiting for late files").await;
    for mark in 1..3 {
        world.sandbox.zoom.set_files(UUID, |file| file.instead = Some((content(mark), FOREVER)));
        world.sql("UPDATE jobs SET accepted_at = accepted_at - 10800000").await;
        run_again(&life).await;
        told(&life, "waiting for late files").await;
        assert!(has(&world, &content(mark)), "{mark}: {:#?}", world.archive().keys());
        assert_eq!((world.archive().len(), trashes(&world)), (usize::from(mark) + 1, 0));
    }
    // The window ends just after the last change: that reading is too young to prove anything.
    world.sql("UPDATE jobs SET accepted_at = accepted_at - 86400000").await;
    run_again(&life).await;
    told(&life, "waiting to read").await;
    assert_eq!(trashes(&world), 0);
    life.finish(&world).await;
    assert_eq!((standing(&world), world.archive().len()), (AtZoom::Trashed, 3));
    life.stop().await;
}

#[tokio::test]
async fn an_empty_answer_at_the_last_look_is_no_version_and_no_proof() {
    let world = World::new().await;
    let mut chat = File::chat("chat-1", 500);
    chat.listed_size = Some(654);
    world.sandbox.zoom.add(Meeting::new(UUID, "Edited").file(chat));
    let life = begin(&world).await;
    told(&life, "waiting to read").await;
    world.sandbox.zoom.set_files(UUID, |file| file.instead = Some((text(Kind::Txt, ""), FOREVER)));
    world.a_day_passes().await;
    run_again(&life).await;
    told(&life, "not ready at Zoom").await;
    assert_eq!((world.archive().len(), trashes(&world)), (1, 0));
    world.sandbox.zoom.set_files(UUID, |file| file.instead = None);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn what_changes_at_every_reading_is_kept_at_zoom_and_does_not_fill_the_folder() {
    let world = World::new().await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Restless").file(File::chat("chat-1", 500)));
    let content = |mark: u8| Content::literal(Kind::Txt, vec![b'a' + mark; 400]);
    world.sandbox.zoom.set_files(UUID, |file| file.instead = Some((content(0), FOREVER)));
    let life = begin(&world).await;
    for mark in 1..20 {
        let job = life.jobs().await.remove(0);
        if job.standing == Standing::Finished {
            break;
        }
        life.wait_for("rest", |jobs| jobs.iter().all(|job| !job.leased && !job.reason.is_empty())).await;
        world.sandbox.zoom.set_files(UUID, |file| file.instead = Some((content(mark), FOREVER)));
        world.a_day_passes().await;
        run_again(&life).await;
    }
    let job = life.jobs().await.remove(0);
    assert!(job.reason.contains("kept at Zoom") && job.reason.contains("at every reading"), "{}", job.reason);
    assert_eq!((world.archive().len(), trashes(&world)), (5, 0));
    life.stop().await;
}

#[tokio::test]
async fn a_video_of_another_length_is_archived_after_a_day_of_the_same_bytes_and_never_trashed() {
    for fault in [None, Some(Fault::MediaUnsized)] {
        let world = World::new().await;
        let mut odd = File::mp4("video-1", 899_990);
        odd.listed_size = Some(900_000);
        world.sandbox.zoom.add(Meeting::new(UUID, "Odd").file(odd).file(File::chat("chat-1", 99)));
        if let Some(fault) = fault.clone() {
            world.sandbox.faults.add(Rule {
                route: Route::ZoomMedia,
                subject: String::new(),
                skip: 0,
                times: FOREVER,
                fault,
            });
        }
        let life = begin(&world).await;
        life.wait_for("the siblings", |_| world.archive().len() == 1).await;
        for _run in 0..4 {
            run_again(&life).await;
            let job = life.jobs().await.remove(0);
            assert_eq!((job.standing, job.attempts), (Standing::Active, 0), "{fault:?}: {}", job.reason);
            assert_eq!((world.archive().len(), trashes(&world)), (1, 0));
        }
        world.a_day_passes().await;
        life.finish(&world).await;
        let job = life.jobs().await.remove(0);
        assert!(
            job.reason.contains("kept at Zoom") && job.reason.contains("899990 bytes"),
            "{fault:?}: {}",
            job.reason
        );
        assert_eq!((world.archive().len(), trashes(&world)), (2, 0));
        world.assert_promises(UUID);
        // Nor after a look by a person.
        world.a_day_passes().await;
        life.store.retry(job.id).await.unwrap();
        life.finish(&world).await;
        assert_eq!((world.archive().len(), trashes(&world)), (2, 0));
        life.stop().await;
    }
}

#[tokio::test]
async fn a_video_that_changes_within_its_day_begins_another() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    let mut odd = File::mp4("video-1", 90_000);
    odd.listed_size = Some(90_001);
    world.sandbox.zoom.add(Meeting::new(UUID, "Odd").file(odd));
    let life = begin(&world).await;
    told(&life, "90001").await;
    run_again(&life).await;
    world.sandbox.zoom.set_files(UUID, |file| file.content = Content::new(Kind::Mp4, 90_000, 99));
    world.a_day_passes().await;
    run_again(&life).await;
    assert_eq!(world.archive().len(), 0, "another content: its day begins now");
    world.a_day_passes().await;
    life.finish(&world).await;
    assert!(has(&world, &Content::new(Kind::Mp4, 90_000, 99)));
    let job = life.jobs().await.remove(0);
    assert!(job.reason.contains("90000 bytes, and Zoom lists 90001"), "{}", job.reason);
    life.stop().await;
}

#[tokio::test]
async fn a_video_without_a_listed_size_is_proved_by_a_second_reading() {
    for listed in [Some(0), None] {
        let world = World::new().await;
        let mut video = File::mp4("video-1", 600_000);
        video.listed_size = listed;
        world.sandbox.zoom.add(Meeting::new(UUID, "Restored").file(video));
        let life = begin(&world).await;
        told(&life, "waiting to read").await;
        assert_eq!((world.archive().len(), trashes(&world)), (1, 0));
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        assert_eq!(world.sandbox.google.bytes_received(), 600_000, "read again, not sent again");
        life.stop().await;
    }
}

#[tokio::test]
async fn a_body_whose_end_cannot_be_told_from_a_broken_connection_is_believed_only_at_the_listed_length() {
    let world = World::new().await;
    let mut unsized_video = File::mp4("video-1", 90_000);
    unsized_video.listed_size = None;
    let mut chat = File::chat("chat-1", 500);
    chat.listed_size = Some(654);
    let meeting = Meeting::new(UUID, "Unmarked").file(unsized_video).file(chat);
    world.sandbox.zoom.add(meeting.file(File::mp4("video-2", 80_000)).file(File::chat("chat-2", 99)));
    world.sandbox.faults.add(Rule {
        route: Route::ZoomMedia,
        subject: String::new(),
        skip: 0,
        times: FOREVER,
        fault: Fault::MediaUnmarked,
    });
    let life = begin(&world).await;
    life.wait_for("failures", |jobs| jobs.iter().any(|job| job.attempts > 2)).await;
    assert!(life.jobs().await[0].reason.contains("end mark"), "{:#?}", life.summary().await);
    assert_eq!((world.archive().len(), trashes(&world)), (2, 0), "{:#?}", world.archive().keys());
    world.sandbox.faults.clear();
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn an_empty_answer_does_not_put_away_a_good_copy_that_is_found_on_drive() {
    let world = World::with(&[("AFTER_ARCHIVE", "keep")]).await;
    let mut chat = File::chat("chat-1", 500);
    chat.listed_size = Some(654);
    world.sandbox.zoom.add(usual_meeting(UUID).file(chat));
    let life = begin(&world).await;
    life.finish(&world).await;
    life.stop().await;
    let before = world.archive();
    world.lose_database();
    world.sandbox.zoom.set_files(UUID, |file| file.instead = Some((text(file.content.kind(), ""), FOREVER)));
    let life = begin(&world).await;
    told(&life, "not ready at Zoom").await;
    run_again(&life).await;
    assert_eq!(world.archive().keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
    world.sandbox.zoom.set_files(UUID, |file| file.instead = None);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}
