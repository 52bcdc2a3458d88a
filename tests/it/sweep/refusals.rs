//! What Zoom cuts off, closes and refuses while it is asked: never taken as seen, and said.

use serde_json::{Value, json};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};

use super::{HOST, KEEP, OFTEN, ONCE, always, days_ago, small_meeting, status, swept, until, until_status};
use crate::support::world::World;

#[tokio::test]
async fn days_that_zoom_cuts_off_in_silence_are_asked_for_again() {
    let world = World::with(&[ONCE, KEEP, ("SWEEP_BACK", "20d")]).await;
    world.sandbox.zoom.set_days_max(Some(7));
    for (number, days) in [1, 10, 20].into_iter().enumerate() {
        world.sandbox.zoom.add(small_meeting(number, HOST, days));
    }
    let life = world.live().await;
    let turn = swept(&life).await;
    assert!(turn.note.starts_with("1 user(s), 3 recording(s), 3 of them new"), "{turn:?}");
    life.finish(&world).await;
    world.assert_archived(&["small+0==", "small+1==", "small+2=="]);
    life.stop().await;
}

#[tokio::test]
async fn days_that_zoom_did_not_look_at_are_never_taken_as_seen() {
    let world = World::with(&[OFTEN]).await;
    world.sandbox.zoom.add_user(HOST, "active");
    let other_days = json!({"from": "2020-01-01", "to": "2020-01-02", "next_page_token": "", "meetings": []});
    let canned = Canned::new(200, "application/json", other_days.to_string());
    world.sandbox.faults.add(always(Route::ZoomUserRecordings, Fault::Answer(canned)));
    let life = world.live().await;
    let turn = until(&life, "the end of a sweep", |turn| turn.note.contains("could not be read")).await;
    assert_eq!(turn.succeeded_at, None);
    let unknown = status(&life).await;
    assert_eq!(unknown["unarchived"], Value::Null, "{unknown}");
    world.sandbox.faults.clear();
    until_status(&life, "a good sweep", |status| status["unarchived"] == 0).await;
    life.stop().await;
}

#[tokio::test]
async fn a_list_whose_page_token_expired_is_begun_again() {
    let world = World::with(&[ONCE, KEEP]).await;
    world.sandbox.zoom.set_rows_max(Some(1));
    for number in 0..3 {
        world.sandbox.zoom.add(small_meeting(number, HOST, 1));
    }
    world.sandbox.zoom.add_user("bob@example.com", "active");
    let expired = Fault::Answer(Canned::zoom(400, 300, "The next page token is invalid or expired."));
    for route in [Route::ZoomUsers, Route::ZoomUserRecordings] {
        let fault = expired.clone();
        world.sandbox.faults.add(Rule { route, subject: String::new(), skip: 1, times: 1, fault });
    }
    let life = world.live().await;
    let turn = swept(&life).await;
    assert!(turn.note.starts_with("2 user(s), 3 recording(s), 3 of them new"), "{turn:?}");
    assert_eq!(world.sandbox.faults.left(), 0);
    life.finish(&world).await;
    world.assert_archived(&["small+0==", "small+1==", "small+2=="]);
    life.stop().await;
}

#[tokio::test]
async fn a_user_who_is_gone_is_passed_over() {
    let world = World::with(&[ONCE, KEEP]).await;
    world.sandbox.zoom.add_user("amy@example.com", "active");
    world.sandbox.zoom.add(small_meeting(0, HOST, 1));
    let gone = Fault::Answer(Canned::zoom(404, 1001, "El usuario no existe."));
    world.sandbox.faults.once(Route::ZoomUserRecordings, gone);
    let life = world.live().await;
    let turn = swept(&life).await;
    assert!(turn.note.starts_with("2 user(s), 1 recording(s)"), "{turn:?}");
    life.finish(&world).await;
    world.assert_archived(&["small+0=="]);
    life.stop().await;
}

#[tokio::test]
async fn one_users_closed_list_hides_the_figures_and_not_the_others() {
    let world = World::with(&[ONCE, KEEP]).await;
    world.sandbox.zoom.add_user("amy@example.com", "active");
    world.sandbox.zoom.add(small_meeting(0, HOST, 1));
    let closed =
        Canned::new(200, "application/json", json!({"code": 200, "message": "No permission."}).to_string());
    world.sandbox.faults.once(Route::ZoomUserRecordings, Fault::Answer(closed));
    let life = world.live().await;
    let turn = until(&life, "the end of a sweep", |turn| !turn.note.is_empty()).await;
    assert!(turn.note.starts_with("2 user(s), 1 recording(s), 1 of them new; 1 list(s)"), "{turn:?}");
    life.finish(&world).await;
    world.assert_archived(&["small+0=="]);
    let unknown = status(&life).await;
    assert_eq!(unknown["unarchived"], Value::Null, "{unknown}");
    life.stop().await;
}

#[tokio::test]
async fn a_missing_scope_is_said_and_does_not_stop_the_service() {
    let world = World::with(&[OFTEN]).await;
    world.sandbox.zoom.remove_scope("user:read:list_users:admin");
    world.sandbox.zoom.add(small_meeting(0, HOST, 1));
    let life = world.live().await;
    let turn = until(&life, "a failed sweep", |turn| !turn.note.is_empty()).await;
    assert!(turn.note.contains("user:read:list_users:admin"), "{turn:?}");
    world.deliver(&life, "small+0==").await;
    life.finish(&world).await;
    world.assert_archived(&["small+0=="]);
    life.stop().await;
}

#[tokio::test]
async fn a_moments_limit_is_waited_for() {
    let world = World::with(&[ONCE, KEEP]).await;
    world.sandbox.zoom.add(small_meeting(0, HOST, 1));
    for route in [Route::ZoomUsers, Route::ZoomUserRecordings] {
        world
            .sandbox
            .faults
            .once(route, Fault::Answer(Canned::zoom(429, 429, "QPS").header("retry-after", "1")));
        world.sandbox.faults.once(route, Fault::Answer(Canned::html(502)));
        world.sandbox.faults.once(route, Fault::Cut);
    }
    let life = world.live().await;
    swept(&life).await;
    assert_eq!(world.sandbox.faults.left(), 0);
    life.finish(&world).await;
    world.assert_archived(&["small+0=="]);
    life.stop().await;
}

#[tokio::test]
async fn after_the_days_limit_nobody_asks() {
    let world = World::with(&[OFTEN]).await;
    world.sandbox.zoom.add(small_meeting(0, HOST, 1));
    let tomorrow = days_ago(-1);
    let limit = Canned::zoom(429, 429, "daily").header("retry-after", &tomorrow);
    world
        .sandbox
        .faults
        .once(Route::ZoomUsers, Fault::Answer(limit.header("x-ratelimit-type", "Daily-limit")));
    let life = world.live().await;
    // The sweep goes on to take its turn, and does not go out.
    let mut tries = std::collections::BTreeSet::new();
    until(&life, "several tries", |turn| {
        tries.insert(turn.tried_at);
        tries.len() > 5
    })
    .await;
    assert_eq!(world.sandbox.transcript.count(Route::ZoomUsers), 1, "{}", world.calls());
    let unknown = status(&life).await;
    assert_eq!(unknown["unarchived"], Value::Null);
    assert!(unknown["why"].as_str().unwrap().contains("rate limits"), "{unknown}");
    // Jobs are another category: an event is worked on all the same.
    world.deliver(&life, "small+0==").await;
    life.finish(&world).await;
    world.assert_archived(&["small+0=="]);
    life.stop().await;
}

#[tokio::test]
async fn figures_are_unknown_while_zoom_is_down_and_known_after_a_good_sweep() {
    let world = World::with(&[("SWEEP_EVERY", "2s")]).await;
    let day = &days_ago(-30)[..10];
    world.sandbox.zoom.add(small_meeting(0, HOST, 1).deleted_on(day));
    world.sandbox.zoom.add(small_meeting(1, HOST, 2));
    let down = || Fault::Answer(Canned::html(503));
    world.sandbox.faults.add(always(Route::ZoomUsers, down()));
    world.sandbox.faults.add(always(Route::UploadStart, down()));
    let life = world.live().await;
    until(&life, "a failed sweep", |turn| turn.note.starts_with("failed")).await;
    let unknown = status(&life).await;
    for figure in ["unarchived", "oldest_at", "oldest_age_seconds", "zoom_deletes_on"] {
        assert_eq!(unknown[figure], Value::Null, "{unknown}");
    }
    assert!(unknown["why"].as_str().unwrap().contains("503"), "{unknown}");

    world.sandbox.faults.clear();
    world.sandbox.faults.add(always(Route::UploadStart, down()));
    let known = until_status(&life, "a good sweep", |status| status["unarchived"] == 2).await;
    assert_eq!((&known["zoom_deletes_on"], &known["why"]), (&json!(day), &Value::Null), "{known}");
    assert!(known["oldest_age_seconds"].as_u64().is_some_and(|age| age >= 2 * 24 * 3600), "{known}");

    world.sandbox.faults.clear();
    life.finish(&world).await;
    let known = until_status(&life, "a good sweep", |status| status["unarchived"] == 0).await;
    assert_eq!((&known["oldest_at"], &known["zoom_deletes_on"]), (&Value::Null, &Value::Null), "{known}");
    life.stop().await;
}
