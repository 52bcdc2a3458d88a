//! Recordings whose hosts no list of users names: found in the list of the whole account, or said to be out of sight.

use serde_json::{Value, json};
use zoom2drive::jobs::FOUND_EVENT;
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};

use super::{
    HOST, KEEP, OFTEN, ONCE, always, event_names, small_meeting, status, swept, swept_again, until_status,
};
use crate::support::world::{Life, World};

const ROOM: &str = "room-4@example.com";
const DELETED: &str = "gone@example.com";
const SCOPE: &str = "cloud_recording:read:list_account_recordings:admin";

/// A user with a recording, a Zoom Room with one, and one of a user who is deleted.
async fn hidden_hosts(settings: &[(&str, &str)]) -> World {
    let world = World::with(settings).await;
    for (number, host) in [HOST, ROOM, DELETED].into_iter().enumerate() {
        world.sandbox.zoom.add(small_meeting(number, host, 1));
    }
    world.sandbox.zoom.hide_user(ROOM);
    world.sandbox.zoom.hide_user(DELETED);
    world
}

/// What `jobs status` and `/metrics` say.
async fn page(life: &Life, path: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    client.get(format!("{}{path}", life.url)).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn recordings_of_rooms_and_deleted_users_are_found_and_all_are_found_once() {
    let world = hidden_hosts(&[OFTEN, KEEP]).await;
    let life = world.live().await;
    let turn = swept(&life).await;
    assert_eq!(turn.note, "1 user(s), 3 recording(s), 3 of them new", "each once, whatever lists show it");
    assert_eq!(turn.unseen, "");
    life.finish(&world).await;
    world.assert_archived(&["small+0==", "small+1==", "small+2=="]);
    // Folders are called after the hosts, whom no user's list names.
    for host in [HOST, ROOM, DELETED] {
        assert!(
            world.archive().keys().any(|path| path.contains(host)),
            "{host}: {:?}",
            world.archive().keys()
        );
    }
    swept_again(&life, 2).await;
    assert_eq!(event_names(&life).await, [FOUND_EVENT; 3]);
    let known = status(&life).await;
    assert_eq!((&known["unarchived"], &known["complete"]), (&json!(0), &json!(true)), "{known}");
    assert_eq!(known["not_seen"], Value::Null, "{known}");
    life.stop().await;
}

#[tokio::test]
async fn every_page_and_every_window_of_the_account_is_looked_at() {
    let world = World::with(&[ONCE, KEEP, ("SWEEP_BACK", "40d")]).await;
    world.sandbox.zoom.add_user(HOST, "active");
    world.sandbox.zoom.hide_user(ROOM);
    world.sandbox.zoom.set_rows_max(Some(2));
    world.sandbox.zoom.set_days_max(Some(9));
    for (number, days) in [0, 1, 2, 3, 20, 35].into_iter().enumerate() {
        world.sandbox.zoom.add(small_meeting(number, ROOM, days));
    }
    let expired = Fault::Answer(Canned::zoom(400, 300, "The next page token is invalid or expired."));
    let route = Route::ZoomAccountRecordings;
    world.sandbox.faults.add(Rule { route, subject: String::new(), skip: 1, times: 1, fault: expired });
    let life = world.live().await;
    let turn = swept(&life).await;
    assert_eq!(turn.note, "1 user(s), 6 recording(s), 6 of them new");
    life.finish(&world).await;
    let uuids: Vec<String> = (0..6).map(|number| format!("small+{number}==")).collect();
    world.assert_archived(&uuids.iter().map(String::as_str).collect::<Vec<_>>());
    life.stop().await;
}

#[tokio::test]
async fn a_list_that_is_refused_is_told_wherever_figures_are_and_stops_nothing() {
    let lacks_scope = format!("Invalid access token, does not contain scopes:[{SCOPE}].");
    let no_permission = json!({"code": 200, "message": "No permission."}).to_string();
    for (number, canned) in [
        Canned::zoom(400, 4711, &lacks_scope),
        Canned::new(200, "application/json", no_permission),
        Canned::zoom(404, 2300, "This API endpoint is not recognized."),
        Canned::html(404),
        Canned::zoom(403, 0, "Access to the Zoom REST API has been denied for this account."),
        Canned::zoom(404, 1001, "User does not exist."),
        Canned::zoom(404, 3301, "There is no recording for this meeting."),
    ]
    .into_iter()
    .enumerate()
    {
        let world = hidden_hosts(&[ONCE, KEEP]).await;
        world.sandbox.faults.add(always(Route::ZoomAccountRecordings, Fault::Answer(canned)));
        let life = world.live().await;
        let turn = swept(&life).await;
        assert!(turn.note.starts_with("1 user(s), 1 recording(s), 1 of them new; not seen: "), "{turn:?}");
        life.finish(&world).await;
        world.assert_archived(&["small+0=="]);
        let known = until_status(&life, "an end", |status| status["unarchived"] == 0).await;
        assert_eq!(known["complete"], json!(false), "{number}: {known}");
        let told = known["not_seen"].as_str().unwrap();
        assert!(told.contains("Zoom Rooms, deleted users, sub-accounts"), "{number}: {told}");
        assert!(number > 0 || told.contains(SCOPE), "{told}");
        let metrics = page(&life, "/metrics").await;
        for line in ["zoom2drive_figures_known 1\n", "zoom2drive_figures_complete 0\n"] {
            assert!(metrics.contains(line), "{number}: {line} is not in {metrics}");
        }
        life.stop().await;
    }
}

#[tokio::test]
async fn days_of_the_account_that_zoom_did_not_look_at_are_not_taken_as_seen() {
    let world = hidden_hosts(&[ONCE, KEEP]).await;
    let other_days = json!({"from": "2020-01-01", "to": "2020-01-02", "next_page_token": "", "meetings": []});
    let canned = Canned::new(200, "application/json", other_days.to_string());
    world.sandbox.faults.add(always(Route::ZoomAccountRecordings, Fault::Answer(canned)));
    let life = world.live().await;
    swept(&life).await;
    let known = status(&life).await;
    assert_eq!(known["complete"], json!(false), "{known}");
    assert!(known["not_seen"].as_str().unwrap().contains("did not show all"), "{known}");
    life.stop().await;
}

#[tokio::test]
async fn a_scope_that_is_added_makes_the_figures_complete() {
    let world = hidden_hosts(&[OFTEN, KEEP]).await;
    world.sandbox.zoom.remove_scope(SCOPE);
    let life = world.live().await;
    until_status(&life, "a sweep that saw a part", |status| status["not_seen"].is_string()).await;
    let all = zoom2drive::sandbox::zoom::Zoom::all_scopes();
    world.sandbox.zoom.set_scopes(&all.iter().map(String::as_str).collect::<Vec<_>>());
    until_status(&life, "a sweep that saw everything", |status| status["complete"] == true).await;
    life.finish(&world).await;
    world.assert_archived(&["small+0==", "small+1==", "small+2=="]);
    life.stop().await;
}

#[tokio::test]
async fn an_event_of_a_room_and_the_accounts_list_make_one_job() {
    let world = hidden_hosts(&[OFTEN, KEEP]).await;
    world.sandbox.zoom.add_user("eve@example.com", "active");
    let life = world.live().await;
    let event = world.forged("small+1==", "recording.completed", &[("host_email", "eve@example.com")]);
    assert_eq!(world.send(&life, &event).await, 200);
    life.wait_for("three jobs", |jobs| jobs.len() == 3).await;
    life.finish(&world).await;
    swept_again(&life, 2).await;
    assert_eq!(life.jobs().await.len(), 3);
    world.assert_archived(&["small+0==", "small+1==", "small+2=="]);
    // By Zoom's own list, whatever the event says.
    let paths: Vec<String> = world.archive().into_keys().collect();
    assert!(paths.iter().any(|path| path.contains(ROOM)), "{paths:?}");
    assert!(paths.iter().all(|path| !path.contains("eve@")), "{paths:?}");
    life.stop().await;
}
