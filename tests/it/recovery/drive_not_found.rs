//! Drive's `notFound` about what was made a moment ago is waited out; what is really gone calls a person, and goes on.

use zoom2drive::jobs::Standing;
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::world::{Life, World};

const UUID: &str = "missing/+uuid==";
const SECOND: &str = "missing/+second==";
const SIZE: u64 = 900_000;

async fn world(settings: &[(&str, &str)]) -> World {
    let world = World::with(settings).await;
    world.sandbox.zoom.add(meeting(UUID, "Missing", "video-1"));
    world
}

fn meeting(uuid: &str, topic: &str, file: &str) -> Meeting {
    let meeting = Meeting::new(uuid, topic).host("ann@example.com").start("2026-03-01T18:30:00Z");
    meeting.file(File::mp4(file, SIZE))
}

fn not_found() -> Canned {
    Canned::google(404, "notFound", "File not found: 1AbCdEf.")
}

fn rule(route: Route, subject: &str, skip: u32, times: u32, fault: Fault) -> Rule {
    Rule { route, subject: subject.to_owned(), skip, times, fault }
}

/// Where one `notFound` may come: the call, whom it is about, and how many such calls go well before.
fn places() -> Vec<(Route, &'static str, u32)> {
    vec![
        (Route::DriveList, "in parents", 0),
        (Route::DriveList, "zoomMeeting", 0),
        (Route::DriveCreate, "ann@example.com", 0),
        (Route::DriveCreate, "2026-03-01", 0),
        (Route::DriveCreate, "meeting.json", 0),
        (Route::UploadStart, "", 0),
        (Route::UploadChunk, "", 0),
        (Route::UploadChunk, "", 1),
        (Route::UploadSmall, "", 0),
        // The root, and the look at the finished file.
        (Route::DriveGet, "Recordings", 0),
        (Route::DriveGet, "speaker view", 0),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_not_found_anywhere_costs_no_attempt_and_makes_no_twin() {
    for (route, subject, skip) in places() {
        for times in [1, 3] {
            let world = world(&[]).await;
            world.sandbox.faults.add(rule(route, subject, skip, times, Fault::Answer(not_found())));
            let life = world.live().await;
            world.deliver(&life, UUID).await;
            let place = format!("{route:?} {subject:?} #{skip}");
            finish_without_attempts(&life, &world, &place).await;
            assert_eq!(world.sandbox.faults.left(), 0, "{place} never happened\n{}", world.calls());
            let uploads = world.sandbox.transcript.count(Route::UploadStart);
            assert!(uploads <= 1 + times as usize, "{place}: {uploads} uploads");
            life.stop().await;
        }
    }
}

/// Searches that are made only where Drive has something already: in a folder that is not new, and for the meeting file
/// after a loss of the database.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_not_found_in_a_filled_archive_makes_no_twin_either() {
    for subject in ["in parents", "zoom2driveRole"] {
        let world = world(&[("AFTER_ARCHIVE", "keep")]).await;
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        life.finish(&world).await;
        life.stop().await;
        let (next, all) = match subject {
            "in parents" => (SECOND, vec![UUID, SECOND]),
            _ => (UUID, vec![UUID]),
        };
        if next == UUID {
            world.lose_database();
        } else {
            world.sandbox.zoom.add(meeting(SECOND, "Missing, too", "video-2"));
        }
        world.sandbox.faults.add(rule(Route::DriveList, subject, 0, 1, Fault::Answer(not_found())));
        let life = world.live().await;
        world.deliver(&life, next).await;
        finish_all_without_attempts(&life, &world, subject, &all).await;
        assert_eq!(world.sandbox.faults.left(), 0, "{subject} never happened\n{}", world.calls());
        life.stop().await;
    }
}

/// Ends archived, with every copy, folder and meeting file there once, and no job ever parked or charged.
async fn finish_without_attempts(life: &Life, world: &World, place: &str) {
    finish_all_without_attempts(life, world, place, &[UUID]).await;
}

async fn finish_all_without_attempts(life: &Life, world: &World, place: &str, uuids: &[&str]) {
    let watch = async {
        loop {
            for job in life.jobs().await {
                assert_ne!(job.standing, Standing::Parked, "{place}: {}", job.reason);
                assert_eq!(job.attempts, 0, "{place}: {}", job.reason);
            }
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    };
    tokio::select! {
        () = watch => {}
        () = life.finish(world) => {}
    }
    world.assert_archived(uuids);
    let files = world.sandbox.google.files();
    assert!(files.iter().all(|file| !file.trashed), "{place}: {files:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_with_not_found_is_opened_anew() {
    let world = world(&[]).await;
    world.sandbox.faults.add(rule(Route::UploadChunk, "", 1, 1, Fault::Refuse(not_found())));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    finish_without_attempts(&life, &world, "the last request").await;
    assert_eq!(world.sandbox.transcript.count(Route::UploadStart), 2);
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_copy_that_is_not_shown_yet_is_not_sent_again() {
    // For as long as it is looked at in one life, and in the next one.
    let world = world(&[]).await;
    world.sandbox.faults.add(rule(Route::DriveGet, "speaker view", 0, 6, Fault::Answer(not_found())));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.wait_for("waiting", |jobs| jobs.iter().any(|job| job.reason.contains("does not know"))).await;
    life.crash();
    world.expire_leases().await;
    let life = world.live().await;
    finish_without_attempts(&life, &world, "the finished file").await;
    assert_eq!(world.sandbox.transcript.count(Route::UploadStart), 1, "{}", world.calls());
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_not_found_that_stays_calls_a_person_who_reads_what_to_do() {
    for (route, subject) in [
        (Route::DriveCreate, "2026-03-01"),
        (Route::DriveList, "in parents"),
        (Route::UploadStart, ""),
        (Route::UploadSmall, ""),
    ] {
        let world = world(&[("RETRY_WAIT", "1ms")]).await;
        world.sandbox.faults.add(rule(route, subject, 0, 1_000_000, Fault::Answer(not_found())));
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        life.wait_for("parking", |jobs| jobs.iter().any(|job| job.standing == Standing::Parked)).await;
        let job = life.jobs().await.remove(0);
        assert!(
            job.reason.contains("File not found: 1AbCdEf.") && job.reason.contains("jobs retry"),
            "{route:?}: {}",
            job.reason
        );
        assert_eq!(job.attempts, 0);
        world.sandbox.faults.clear();
        life.store.retry(job.id).await.unwrap();
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

/// The folder of the recording, once its upload has begun.
async fn folder_under_way(world: &World, life: &Life) -> String {
    life.wait_for("an upload", |_| world.sandbox.transcript.count(Route::UploadStart) > 0).await;
    let folders = world.sandbox.google.folders();
    folders.into_iter().find(|folder| folder.name.contains("Missing")).unwrap().id
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_that_people_remove_meanwhile_calls_a_person_and_goes_on_in_a_new_one() {
    for is_trashed in [false, true] {
        let world = world(&[("RETRY_WAIT", "1ms")]).await;
        // The upload hangs until the folder is gone; then Drive refuses its end, as it does.
        world.sandbox.faults.add(rule(Route::UploadChunk, "", 1, 1, Fault::Stall));
        if is_trashed {
            world.sandbox.faults.add(rule(Route::UploadChunk, "", 0, 1, Fault::Refuse(not_found())));
        }
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        let folder = folder_under_way(&world, &life).await;
        if is_trashed {
            world.sandbox.google.trash(&folder);
        } else {
            world.sandbox.google.remove(&folder);
        }
        life.wait_for("parking", |jobs| jobs.iter().any(|job| job.standing == Standing::Parked)).await;
        let job = life.jobs().await.remove(0);
        let said = if is_trashed { "is in Drive's trash" } else { "is gone from Drive" };
        assert!(job.reason.contains(said) && job.reason.contains(&folder), "{}", job.reason);
        world.sandbox.faults.clear();
        life.store.retry(job.id).await.unwrap();
        life.finish(&world).await;
        world.sandbox.google.remove(&folder);
        world.assert_archived(&[UUID]);
        let home = world.archive().into_values().next().unwrap().parents[0].clone();
        assert_ne!(home, folder);
        life.stop().await;
    }
}
