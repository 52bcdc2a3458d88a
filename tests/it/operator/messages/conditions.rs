//! Conditions that no transaction notices.

use zoom2drive::jobs::messages::MessageState;
use zoom2drive::sandbox::faults::{Canned, Route};

use super::{all_sent, always, stored, until, uuid, with_hook, world};
use crate::support::world::{Engine, Life};

/// Sends so many webhooks that nobody signed.
async fn forge(life: &Life, count: usize) {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..count {
        let request = client.post(format!("{}/webhooks/zoom", life.url)).body("{}");
        assert_eq!(request.send().await.unwrap().status(), 401);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_forged_webhooks_is_told_once() {
    let mut world = world(Engine::Sqlite, 1, &[("NOTIFY_ARCHIVED", "each")]).await;
    let hook = with_hook(&mut world).await;
    let life = world.live().await;
    forge(&life, 60).await;
    until(&world, "a message", || hook.letters().len() == 1).await;
    let flood = hook.letters().remove(0);
    assert!(flood["subject"].as_str().unwrap().contains("wrong signature"), "{flood}");
    forge(&life, 60).await;
    world.deliver(&life, &uuid(0)).await;
    until(&world, "the next message", || hook.letters().len() == 2).await;
    assert!(hook.letters()[1]["subject"].as_str().unwrap().contains("is archived"));
    all_sent(&life).await;
    life.stop().await;
    assert_eq!(hook.letters().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rules_that_cannot_be_used_are_told_and_so_is_that_they_can() {
    let mut world = world(Engine::Sqlite, 1, &[("ROTATE_EVERY", "20ms")]).await;
    let hook = with_hook(&mut world).await;
    let rules = world.folder.path().join("rules.toml");
    std::fs::write(&rules, "[skip]\ntopics = ['*standup*']\n").unwrap();
    world.settings.insert("RULES_FILE".into(), rules.display().to_string());
    let life = world.live().await;
    std::fs::write(&rules, "[skip]\ntopic = 1\n").unwrap();
    until(&world, "a message", || hook.letters().len() == 1).await;
    let told = hook.letters().remove(0);
    assert!(told["subject"].as_str().unwrap().contains("the old value stays in force"), "{told}");
    assert!(told["text"].as_str().unwrap().contains("did you mean `topics`?"), "{told}");
    // Another instance may see the good file first: the end is told when none has seen a bad one for a while.
    std::fs::write(&rules, "[skip]\ntopics = ['*evening*']\n").unwrap();
    let deadline = tokio::time::Instant::now() + crate::support::world::LIMIT;
    while hook.letters().len() < 2 {
        assert!(tokio::time::Instant::now() < deadline, "no all-clear came");
        world.sql("UPDATE concerns SET seen_at = seen_at - 3600001 WHERE name = 'unusable-values'").await;
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let over = hook.letters().remove(1);
    assert!(over["subject"].as_str().unwrap().contains("can be used again"), "{over}");
    // And the new rules are in force.
    world.deliver(&life, &uuid(0)).await;
    life.finish_with(&world, |_| {}).await;
    assert!(world.archive().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_waits_for_too_long_is_told_and_so_is_its_end() {
    let mut world = world(Engine::Sqlite, 1, &[]).await;
    let hook = with_hook(&mut world).await;
    // Listing fails in a way that passes: the job is tried again and again.
    world
        .sandbox
        .faults
        .add(always(Route::ZoomRecording, &Canned::zoom(404, 3301, "There is no recording.")));
    let life = world.live().await;
    world.deliver(&life, &uuid(0)).await;
    let store = life.store.clone();
    let noticed = async || store.alerts().await.unwrap().iter().any(|concern| concern.key == "backlog-age");
    let deadline = tokio::time::Instant::now() + crate::support::world::LIMIT;
    while !noticed().await {
        assert!(tokio::time::Instant::now() < deadline, "it was not noticed");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let told =
        |part: &str| hook.letters().iter().any(|letter| letter["subject"].as_str().unwrap().contains(part));
    assert!(!told("has waited to be archived"), "it may be archived within the hour");
    world.sql("UPDATE concerns SET since = since - 3600001 WHERE name = 'backlog-age'").await;
    until(&world, "a message", || told("has waited to be archived")).await;
    world.sandbox.faults.clear();
    life.finish_with(&world, |_| {}).await;
    until(&world, "all clear", || told("All clear: no recording waits for too long")).await;
    all_sent(&life).await;
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_that_ends_soon_is_told_to_nobody() {
    let mut world = world(Engine::Sqlite, 4, &[]).await;
    let hook = with_hook(&mut world).await;
    let down = Canned::new(503, "text/plain", "backend error");
    for route in [Route::DriveGet, Route::DriveList, Route::DriveIds, Route::UploadStart] {
        world.sandbox.faults.add(always(route, &down));
    }
    let life = world.live().await;
    for number in 0..4 {
        world.deliver(&life, &uuid(number)).await;
    }
    let deadline = tokio::time::Instant::now() + crate::support::world::LIMIT;
    while life.store.pauses().await.unwrap().is_empty() {
        assert!(tokio::time::Instant::now() < deadline, "there is no pause: {:#?}", life.summary().await);
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    world.sandbox.faults.clear();
    life.finish(&world).await;
    assert_eq!(stored(&life).await, [(MessageState::TakenBack, String::new())]);
    life.stop().await;
    assert_eq!(hook.letters().len(), 0);
}
