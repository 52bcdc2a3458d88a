//! Recordings that no event announced: the sweep finds each, accepts it once, and says when its figures are not known.
//!
//! Holds the promise *Nothing is lost* of `docs/architecture.md` where no event came, and *The sweep finds recordings
//! without an event*.

mod account;
mod refusals;

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde_json::Value;
use zoom2drive::jobs::{FOUND_EVENT, SWEEP_SINGLETON, SingletonState, Standing};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::crash::{Crash, CrashingStore};
use crate::support::steps::days_ago;
use crate::support::world::{LIMIT, Life, World, usual_meeting};

const UUID: &str = "/sweep/AAAAAAAAAAAAAAAA==";
const HOST: &str = "ann@example.com";

/// Sweeps that follow each other closely.
const OFTEN: (&str, &str) = ("SWEEP_EVERY", "150ms");

/// One sweep per test.
const ONCE: (&str, &str) = ("SWEEP_EVERY", "24h");

const KEEP: (&str, &str) = ("AFTER_ARCHIVE", "keep");

/// Large enough to be seen, small enough for many of them.
fn small_meeting(number: usize, host: &str, days: i64) -> Meeting {
    let uuid = format!("small+{number}==");
    let file = File::chat(&format!("chat-{number}"), 300);
    Meeting::new(uuid, format!("Call {number}")).host(host).start(&days_ago(days)).file(file)
}

fn always(route: Route, fault: Fault) -> Rule {
    Rule { route, subject: String::new(), skip: 0, times: u32::MAX, fault }
}

async fn turn(life: &Life) -> SingletonState {
    life.store.singleton(SWEEP_SINGLETON).await.unwrap()
}

/// Waits until the sweep's turn looks like this.
async fn until(
    life: &Life,
    what: &str,
    mut condition: impl FnMut(&SingletonState) -> bool,
) -> SingletonState {
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let turn = turn(life).await;
        if condition(&turn) {
            return turn;
        }
        assert!(tokio::time::Instant::now() < deadline, "{what} did not happen: {turn:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

pub async fn swept(life: &Life) -> SingletonState {
    until(life, "a sweep that saw everything", |turn| turn.succeeded_at.is_some()).await
}

/// Waits for so many whole sweeps that begin after this call.
pub async fn swept_again(life: &Life, times: usize) {
    // The first that ends may have begun before.
    for _sweep in 0..=times {
        let before = turn(life).await.succeeded_at;
        until(life, "another sweep", |turn| turn.succeeded_at > before).await;
    }
}

async fn event_names(life: &Life) -> Vec<String> {
    life.store.events(None).await.unwrap().into_iter().map(|event| event.name).collect()
}

async fn status(life: &Life) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.get(format!("{}/admin/status", life.url)).bearer_auth("an-admin-token-for-tests");
    request.send().await.unwrap().json().await.unwrap()
}

/// Waits until the status that everybody can ask for looks like this.
async fn until_status(life: &Life, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let status = status(life).await;
        if condition(&status) {
            return status;
        }
        assert!(tokio::time::Instant::now() < deadline, "{what} did not happen: {status}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_recording_whose_event_never_came_is_archived_as_if_it_had() {
    let world = World::with(&[OFTEN]).await;
    world.sandbox.zoom.add(usual_meeting(UUID).start(&days_ago(1)).participant(File::m4a("voice-1", 9_000)));
    let life = world.live().await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    assert_eq!(event_names(&life).await, [FOUND_EVENT]);
    // Folders are called as an event would have called them.
    let paths: Vec<String> = world.archive().into_keys().collect();
    assert!(paths.iter().all(|path| path.contains(HOST)), "{paths:?}");
    life.stop().await;
}

#[tokio::test]
async fn what_a_sweep_found_can_be_replayed() {
    let world = World::with(&[ONCE, KEEP]).await;
    world.sandbox.zoom.add(usual_meeting(UUID).start(&days_ago(1)));
    let life = world.live().await;
    life.finish(&world).await;
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let request = client.post(format!("{}/admin/events/1/replay", life.url));
    let answer = request.bearer_auth("an-admin-token-for-tests").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn what_is_known_is_not_accepted_again() {
    let world = World::with(&[OFTEN, KEEP]).await;
    world.sandbox.zoom.add(usual_meeting(UUID).start(&days_ago(1)));
    let life = world.live().await;
    life.finish(&world).await;
    let before = life.jobs().await;
    swept_again(&life, 3).await;
    let after = life.jobs().await;
    assert_eq!((before[0].revision, before[0].updated_at), (after[0].revision, after[0].updated_at));
    assert_eq!(event_names(&life).await, [FOUND_EVENT]);
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn every_user_every_page_and_every_window_is_looked_at() {
    let world = World::with(&[ONCE, KEEP, ("SWEEP_BACK", "40d")]).await;
    let zoom = &world.sandbox.zoom;
    zoom.add_user("gone@example.com", "inactive");
    zoom.add_user("new@example.com", "pending");
    zoom.add_user("idle@example.com", "active");
    zoom.set_rows_max(Some(2));
    let meetings = [
        (HOST, 0),
        (HOST, 1),
        (HOST, 2),
        (HOST, 3),
        (HOST, 35),
        ("gone@example.com", 5),
        ("bob@example.com", 29),
    ];
    for (number, (host, days)) in meetings.into_iter().enumerate() {
        zoom.add(small_meeting(number, host, days));
    }
    zoom.add(small_meeting(99, HOST, 60));
    let life = world.live().await;
    let turn = swept(&life).await;
    assert!(turn.note.starts_with("4 user(s), 7 recording(s), 7 of them new"), "{turn:?}");
    life.finish(&world).await;
    let uuids: Vec<String> = (0..meetings.len()).map(|number| format!("small+{number}==")).collect();
    world.assert_archived(&uuids.iter().map(String::as_str).collect::<Vec<_>>());
    life.stop().await;
}

#[tokio::test]
async fn a_late_transcript_that_nobody_announced_wakes_a_finished_job() {
    let world = World::with(&[OFTEN, KEEP]).await;
    world.sandbox.zoom.add(usual_meeting(UUID).start(&days_ago(1)));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    let mut transcript = File::transcript("transcript-late", 4_321);
    transcript.status = "processing".to_owned();
    world.sandbox.zoom.add_file(UUID, transcript);
    let before = event_names(&life).await;
    swept_again(&life, 1).await;
    assert_eq!(event_names(&life).await, before, "a file in the making is no news");
    world.sandbox.zoom.set_file(UUID, "transcript-late", |file| file.status = "completed".to_owned());
    let copied = || world.archive().len() == 5;
    assert!(world.sandbox.transcript.wait_until(LIMIT, copied).await, "{}", world.calls());
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn what_was_called_off_or_trashed_is_left_alone() {
    let world = World::with(&[OFTEN]).await;
    world.sandbox.zoom.add(small_meeting(0, HOST, 1));
    world.sandbox.zoom.add(small_meeting(1, HOST, 1));
    let life = world.live().await;
    life.finish(&world).await;
    world.assert_archived(&["small+0==", "small+1=="]);
    world.sandbox.faults.add(always(Route::UploadStart, Fault::Answer(Canned::html(503))));
    world.sandbox.zoom.add(small_meeting(2, HOST, 1));
    life.wait_for("the third job", |jobs| jobs.len() == 3).await;
    let third = life.jobs().await[0].id;
    life.store.cancel(third).await.unwrap();
    world.sandbox.zoom.add_file("small+2==", File::transcript("late", 99));
    swept_again(&life, 2).await;
    let standings: Vec<Standing> = life.jobs().await.iter().map(|job| job.standing).collect();
    assert_eq!(standings, [Standing::Cancelled, Standing::Finished, Standing::Finished]);
    assert_eq!(event_names(&life).await.len(), 3);
    life.stop().await;
}

#[tokio::test]
async fn two_instances_on_one_database_sweep_once() {
    let world = World::with(&[ONCE, KEEP]).await;
    world.sandbox.zoom.add(small_meeting(0, HOST, 1));
    let stores = (world.open_store().await, world.open_store().await);
    let watched = |store| CrashingStore::at_commits_of(store, Crash::After(usize::MAX));
    let (one, two) = (watched(&stores.0), watched(&stores.1));
    let (first, second) = (world.live_on(stores.0).await, world.live_on(stores.1).await);
    swept(&first).await;
    let both_asked = || [&one, &two].iter().all(|store| store.singletons_asked.load(Ordering::SeqCst) > 0);
    let deadline = tokio::time::Instant::now() + LIMIT;
    while !both_asked() {
        assert!(tokio::time::Instant::now() < deadline, "not both have asked for the turn");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    first.finish(&world).await;
    // Active users and inactive ones, each once.
    assert_eq!(world.sandbox.transcript.count(Route::ZoomUsers), 2, "{}", world.calls());
    world.assert_archived(&["small+0=="]);
    first.stop().await;
    second.stop().await;
}

#[tokio::test]
async fn a_stop_gives_the_turn_back_and_a_crash_lets_it_run_out() {
    for (lease, is_crash) in [("24h", false), ("1s", true)] {
        let world = World::with(&[ONCE, KEEP, ("LEASE_FOR", lease), ("IDLE_TIMEOUT", "50s")]).await;
        world.sandbox.zoom.add(small_meeting(0, HOST, 1));
        world.sandbox.faults.once(Route::ZoomUsers, Fault::Stall);
        let life = world.live().await;
        let asked = || world.sandbox.transcript.count(Route::ZoomUsers) == 1;
        assert!(world.sandbox.transcript.wait_until(LIMIT, asked).await);
        if is_crash {
            life.crash()
        } else {
            life.stop().await
        }
        let life = world.live().await;
        swept(&life).await;
        life.finish(&world).await;
        world.assert_archived(&["small+0=="]);
        life.stop().await;
    }
}

#[tokio::test]
async fn a_sweep_rebuilds_a_lost_database_and_uploads_nothing_twice() {
    let world = World::with(&[ONCE, KEEP]).await;
    world.sandbox.zoom.add(usual_meeting(UUID).start(&days_ago(2)));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    life.stop().await;
    let (received, folders) = (world.sandbox.google.bytes_received(), world.sandbox.google.folders().len());
    for name in ["zoom2drive.db", "zoom2drive.db-wal", "zoom2drive.db-shm"] {
        let path = world.folder.path().join(name);
        if path.exists() {
            std::fs::remove_file(path).unwrap();
        }
    }
    let life = world.live().await;
    swept(&life).await;
    life.finish(&world).await;
    assert_eq!(event_names(&life).await, [FOUND_EVENT]);
    world.assert_archived(&[UUID]);
    assert_eq!(world.sandbox.google.bytes_received(), received);
    assert_eq!(world.sandbox.google.folders().len(), folders);
    assert_eq!(status(&life).await["unarchived"], 0);
    life.stop().await;
}

#[tokio::test]
async fn without_credentials_there_is_no_sweep_and_no_figure() {
    let none = ["ZOOM_ACCOUNT_ID", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"].map(|name| (name, ""));
    let world = World::with(&[&[OFTEN, KEEP], &none[..]].concat()).await;
    let life = world.live().await;
    let unknown = status(&life).await;
    assert_eq!(unknown["unarchived"], Value::Null);
    assert!(unknown["why"].as_str().unwrap().contains("credentials"), "{unknown}");
    assert_eq!(turn(&life).await, SingletonState::default());
    life.stop().await;
}
