//! The service verifies by itself: in steps that outlive it, one instance at a time, while Drive is not paused, and it
//! says what it knows everywhere.

use std::time::Duration;

use serde_json::Value;
use zoom2drive::jobs::VerificationState;
use zoom2drive::sandbox::faults::Canned;
use zoom2drive::store::messages::MessageFilter;

use super::*;
use crate::support::world::{Engine, LIMIT, Life};

const OFTEN: (&str, &str) = ("VERIFY_EVERY", "150ms");

const ONCE: (&str, &str) = ("VERIFY_EVERY", "24h");

/// Waits until the state of the verification is like this.
async fn until(
    life: &Life,
    what: &str,
    mut condition: impl FnMut(&VerificationState) -> bool,
) -> VerificationState {
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let state = life.store.verification().await.unwrap();
        if condition(&state) {
            return state;
        }
        assert!(tokio::time::Instant::now() < deadline, "{what} did not happen: {state:?}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn get(life: &Life, path: &str) -> String {
    let request = reqwest::Client::new().get(format!("{}{path}", life.url));
    request.bearer_auth("an-admin-token-for-tests").send().await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loss_is_told_once_and_its_end_too() {
    for engine in Engine::here().await {
        let settings = [SOON, OFTEN, ("NOTIFY_WEBHOOK_URL", "http://127.0.0.1:9/")];
        let world = World::on(engine, &settings).await;
        world.sandbox.zoom.add(usual_meeting(UUID));
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        life.finish(&world).await;
        // What was proved within the last day is not asked about.
        until(&life, "an empty pass", |state| state.ended_at.is_some() && state.files == 0).await;
        world.a_day_passes().await;
        until(&life, "a pass", |state| state.files == 4 && state.wrong_files() == 0).await;
        let file = copy(&world, "speaker view");
        world.sandbox.google.remove(&file.id);
        let state = until(&life, "the loss", |state| state.wrong_files() == 1).await;
        assert_eq!(state.summary(), "1 missing");
        let subject = "1 archived file(s) are not on Drive as they were proved: 1 missing";
        wait_for_message(&life, subject, "zoom2drive recover 1 --archive-again").await;
        let status: Value = serde_json::from_str(&get(&life, "/admin/status").await).unwrap();
        assert_eq!(status["verification"]["wrong"]["missing"], 1, "{status}");
        let metrics = get(&life, "/metrics").await;
        assert!(metrics.contains("zoom2drive_not_as_proved_files{fault=\"missing\"} 1"), "{metrics}");
        assert!(metrics.contains("zoom2drive_last_verify_timestamp_seconds "), "{metrics}");
        // The file is archived again, and counts no more.
        world.sandbox.zoom.take_from_trash(UUID);
        life.store.retry(zoom2drive::jobs::JobId(1)).await.unwrap();
        life.finish(&world).await;
        until(&life, "the end", |state| state.wrong_files() == 0).await;
        wait_for_message(&life, "All clear: every archived file is on Drive as it was proved", "is over")
            .await;
        life.stop().await;
        world.end().await;
    }
}

async fn wait_for_message(life: &Life, subject: &str, says: &str) {
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let messages = life.store.messages(MessageFilter::default()).await.unwrap();
        if let Some(message) = messages.iter().find(|message| message.subject == subject) {
            assert!(message.text.contains(says), "{}", message.text);
            return;
        }
        let subjects: Vec<_> = messages.iter().map(|message| &message.subject).collect();
        assert!(tokio::time::Instant::now() < deadline, "no {subject:?} in {subjects:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pass_goes_on_where_it_ended() {
    let world = World::with(&[("RETRY_WAIT", "40ms"), ONCE]).await;
    fill(&world, 450, 1, 1).await;
    let life = world.live().await;
    until(&life, "the first step", |state| state.looked >= 100).await;
    life.stop().await;
    let lists = count(&world, Route::DriveList);
    assert!(lists < 5, "it was stopped in the middle: {lists}");
    let life = world.live().await;
    let state = until(&life, "the end", |state| state.ended_at.is_some()).await;
    assert_eq!((state.files, state.wrong_files()), (450, 0));
    // At most the step that was interrupted is done again.
    assert!(count(&world, Route::DriveList) <= 6, "{}", count(&world, Route::DriveList));
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_place_begins_the_pass_anew() {
    let world = World::with(&[("RETRY_WAIT", "40ms"), ONCE]).await;
    fill(&world, 250, 1, 1).await;
    let life = world.live().await;
    until(&life, "the first step", |state| state.looked >= 100).await;
    life.crash();
    world.sql("DELETE FROM verification").await;
    world.sql("UPDATE turns SET held_until = 0 WHERE name = 'verify'").await;
    let life = world.live().await;
    let state = until(&life, "the end", |state| state.ended_at.is_some()).await;
    assert_eq!(state.files, 250);
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_make_one_pass() {
    let world = World::with(&[("RETRY_WAIT", "5ms"), ONCE]).await;
    fill(&world, 450, 1, 1).await;
    let (one, other) = (world.live().await, world.live().await);
    let state = until(&one, "the end", |state| state.ended_at.is_some()).await;
    assert_eq!(state.files, 450);
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(count(&world, Route::DriveList), 5);
    one.stop().await;
    other.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_asked_while_drive_is_paused() {
    let world = World::with(&[SOON, ONCE]).await;
    fill(&world, 3, 1, 1).await;
    world
        .sql(
            "INSERT INTO pauses (system, cause, message, since, probe_at)
               VALUES ('drive', 'storage-full', 'full', 1, 9999999999999)",
        )
        .await;
    let life = world.live().await;
    until(&life, "the beginning", |state| state.began_at.is_some()).await;
    tokio::time::sleep(Duration::from_millis(150)).await;
    assert_eq!(count(&world, Route::DriveList), 0);
    world.sql("DELETE FROM pauses").await;
    until(&life, "the end", |state| state.ended_at.is_some() && state.files == 3).await;
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pass_that_cannot_ask_says_so_and_goes_on_by_itself() {
    let world = World::with(&[SOON, ONCE]).await;
    fill(&world, 3, 1, 1).await;
    let denied = Fault::Answer(Canned::google(403, "accessNotConfigured", "The API is not enabled."));
    world.sandbox.faults.add(rule(Route::DriveGet, 0, 9999, denied));
    let life = world.live().await;
    let state = until(&life, "the failure", |state| state.failing_since.is_some()).await;
    assert!(state.ended_at.is_none() && state.failure.contains("Drive cannot be asked"), "{state:?}");
    let status: Value = serde_json::from_str(&get(&life, "/admin/status").await).unwrap();
    assert!(status["verification"]["failure"].is_string(), "{status}");
    assert!(status["verification"]["ended_at"].is_null(), "{status}");
    run(&world, &[], &["jobs", "status"]).await.assert(0, "not verified  since ");
    verify(&world, &["--known"]).await.assert(1, "NOT VERIFIED at the moment");
    let metrics = get(&life, "/metrics").await;
    assert!(!metrics.contains("zoom2drive_last_verify_timestamp_seconds "), "{metrics}");
    world.sandbox.faults.clear();
    let state = until(&life, "the end", |state| state.ended_at.is_some()).await;
    assert!(state.failing_since.is_none() && state.files == 3, "{state:?}");
    life.stop().await;
}
