//! The backfill for hosts who are no users: Zoom Rooms, deleted users, sub-accounts.

use super::{ANN, GONE, day, meeting, parsed, refs, run, two_users, uuid, uuids};
use crate::support::world::World;
use std::process::ExitCode;
use zoom2drive::sandbox::faults::Route;

const ROOM: &str = "room@example.com";
const SCOPE: &str = "cloud_recording:read:list_account_recordings:admin";

/// Two users, and a Zoom Room with recordings in two windows of days, one of them on a user's day.
async fn with_room(settings: &[(&str, &str)]) -> World {
    let world = two_users(settings).await;
    for (number, days) in [(5, 40), (6, 79)] {
        world.sandbox.zoom.add(meeting(number, ROOM, days));
    }
    world.sandbox.zoom.hide_user(ROOM);
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_are_counted_named_and_brought_over_once() {
    let world = with_room(&[]).await;
    let (code, said) = run(&world, &["view", "--from", &day(80), "--json"]).await;
    let json = parsed(&said);
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    let users = json["users"].as_array().unwrap();
    let told: Vec<_> = users
        .iter()
        .map(|user| (user["email"].clone(), user["status"].clone(), user["recordings"].clone()))
        .collect();
    let expected = [(ANN, "active", 3), (GONE, "inactive", 2), (ROOM, "not a user", 2)];
    assert_eq!(told, expected.map(|(email, status, count)| (email.into(), status.into(), count.into())));
    assert_eq!((&json["at_zoom"]["recordings"], &json["not_seen"]), (&7.into(), &serde_json::Value::Null));
    let (code, said) = run(&world, &["--from", &day(80), "--all", "--yes=trash", "--json"]).await;
    let json = parsed(&said);
    assert_eq!(code, ExitCode::SUCCESS, "{said}\n{}", world.calls());
    assert_eq!((&json["to_bring_over"]["recordings"], &json["result"]["archived"]), (&7.into(), &7.into()));
    world.assert_archived(&refs(&uuids(7)));
    assert!(world.archive().keys().any(|path| path.contains(ROOM)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn they_can_be_asked_for_by_address() {
    let world = with_room(&[("AFTER_ARCHIVE", "keep")]).await;
    let (code, said) = run(&world, &["--from", &day(80), "--user", "Room@example.com", "--yes"]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}\n{}", world.calls());
    assert!(said.contains("Archived: 2 recordings") && !said.contains("NO SUCH USER"), "{said}");
    world.assert_archived(&[&uuid(5), &uuid(6)]);
    // Of users alone the list of the whole account is not read.
    let before = world.sandbox.transcript.count(Route::ZoomAccountRecordings);
    let (code, said) = run(&world, &["--from", &day(80), "--user", ANN, "--dry-run"]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    assert_eq!(world.sandbox.transcript.count(Route::ZoomAccountRecordings), before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_scope_it_is_said_whom_nobody_sees() {
    let world = with_room(&[]).await;
    world.sandbox.zoom.remove_scope(SCOPE);
    let (code, said) = run(&world, &["--from", &day(80), "--yes=trash"]).await;
    assert_eq!(code, ExitCode::SUCCESS, "{said}");
    assert!(said.contains("NOT SEEN: recordings of hosts") && said.contains(SCOPE), "{said}");
    world.assert_archived(&refs(&uuids(5)));
}
