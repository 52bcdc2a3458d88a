//! What can be wrong with Google Meet: delegation, a scope, an API, a user, the directory, a person's login.

use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::google::User;
use zoom2drive::sandbox::transcript::Call;

use super::google::write;
use super::{Examined, assert_clean, at_rest, examine, examine_with};
use crate::support::world::World;

const ADMIN: &str = "admin@theatre.example";
const EWA: &str = "ewa@theatre.example";
/// Switches the checks on: `EWA` is asked, and `ADMIN` lists the users.
const MEET: [(&str, &str); 2] = [("MEET_USERS", EWA), ("GOOGLE_ADMIN_SUBJECT", ADMIN)];
const IDS: [&str; 9] = [
    "meet.user",
    "google.token.meet",
    "meet.api",
    "google.token.directory",
    "meet.directory",
    "google.token.calendar",
    "meet.calendar",
    "google.token.meet-files",
    "meet.files",
];

fn scope(name: &str) -> String {
    format!("https://www.googleapis.com/auth/{name}")
}

/// A company with an admin and a user.
async fn company() -> World {
    let world = at_rest(&[]).await;
    world.sandbox.google.add_user(User::new(ADMIN, "Adam Admin").admin());
    world.sandbox.google.add_user(User::new(EWA, "Ewa Nowak"));
    world
}

/// Only what Meet needs.
async fn only_meet(world: &World, settings: &[(&str, &str)]) -> Examined {
    examine_with(world, settings, &["--json", "--meet"]).await
}

fn client_id(world: &World) -> String {
    world.sandbox.google.service_account_key()["client_id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn meet_is_checked_when_a_setting_names_it_and_then_only_by_reading() {
    let world = company().await;
    let told = examine(&world, &[]).await;
    assert!(IDS.iter().all(|id| told.checks.iter().all(|check| check["id"] != *id)), "{:#?}", told.checks);
    for settings in [&MEET[..], &MEET[..1], &MEET[1..], &[("MEET_BRING", "yes"), ("GOOGLE_SUBJECT", EWA)]] {
        let before = world.sandbox.transcript.calls().len();
        let told = only_meet(&world, settings).await;
        told.assert_only_broken(&[]);
        let calls = world.sandbox.transcript.calls();
        let writes = |call: &&Call| !call.request.starts_with("GET ") && call.route != Route::GoogleToken;
        let writing: Vec<_> = calls[before..].iter().filter(writes).collect();
        assert!(writing.is_empty(), "{writing:?}");
    }
    let told = examine(&world, &MEET).await;
    told.assert_only_broken(&[]);
    told.assert("meet.user", "ok", "ewa@theatre.example is asked for the test (MEET_USERS)", "");
    told.assert("google.token.meet", "ok", "to act as ewa@theatre.example", "");
    told.assert("google.token.directory", "ok", "to act as admin@theatre.example", "");
    told.assert("meet.api", "ok", "no meeting for 30 days", "");
    told.assert("meet.directory", "ok", "admin@theatre.example may list all users", "");
    told.assert("meet.calendar", "ok", "the calendar of ewa@theatre.example", "");
    told.assert("meet.files", "ok", "Drive API answers", "");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn for_meet_alone_neither_zoom_nor_a_folder_nor_a_database_is_needed() {
    let world = company().await;
    let mut alone = world;
    alone.settings.retain(|name, _| name.ends_with("_API_URL") || name == "GOOGLE_APPLICATION_CREDENTIALS");
    let told = only_meet(&alone, &MEET).await;
    told.assert_only_broken(&[]);
    let ids: Vec<&str> = told.checks.iter().map(|check| check["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&["settings", "google.key", "google.key-mode"], &IDS[..]].concat());
    let told = only_meet(&alone, &[("MEET_USERS", "ewa")]).await;
    told.assert("settings.MEET_USERS", "broken", "MEET_USERS", "Correct MEET_USERS");
    assert_eq!(told.ids("not_tried"), [&["google.key", "google.key-mode"], &IDS[..]].concat());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_scope_that_is_not_delegated_is_named_with_the_client_and_the_place() {
    let world = company().await;
    for (name, id, api, state, user) in [
        ("meetings.space.readonly", "google.token.meet", "meet.api", "broken", EWA),
        ("admin.directory.user.readonly", "google.token.directory", "meet.directory", "warning", ADMIN),
        ("calendar.events.readonly", "google.token.calendar", "meet.calendar", "warning", EWA),
        ("drive.meet.readonly", "google.token.meet-files", "meet.files", "broken", EWA),
    ] {
        world.sandbox.google.withdraw_scope(None, &scope(name));
        let told = only_meet(&world, &MEET).await;
        told.assert(id, state, &format!("may not act for {user}"), &scope(name));
        told.assert(id, state, "unauthorized_client", &format!("Client ID {}", client_id(&world)));
        told.assert(id, state, "", "API controls > Domain-wide delegation");
        assert_eq!(told.state(api), "not_tried");
        assert_eq!(
            (told.ids("broken").len() + told.ids("warning").len(), told.ids("not_tried").len()),
            (1, 1)
        );
        world.sandbox.google.grant_scope(None, &scope(name));
    }
    // Without MEET_USERS the directory alone says who is asked.
    world.sandbox.google.withdraw_scope(None, &scope("admin.directory.user.readonly"));
    let told = only_meet(&world, &[("GOOGLE_SUBJECT", EWA), ("MEET_BRING", "yes")]).await;
    told.assert_only_broken(&["google.token.directory"]);
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_that_is_off_is_named_with_the_page_that_enables_it() {
    let world = company().await;
    let google = &world.sandbox.google;
    google.set_meet_enabled(false);
    let told = only_meet(&world, &MEET).await;
    told.assert_only_broken(&["meet.api"]);
    let page = "https://console.developers.google.com/apis/api/meet.googleapis.com/overview";
    told.assert("meet.api", "broken", "the Google Meet API is not enabled in project", page);
    google.set_meet_enabled(true);
    google.set_directory_enabled(false);
    let page = "https://console.developers.google.com/apis/api/admin.googleapis.com/overview";
    let told = only_meet(&world, &MEET[1..]).await;
    told.assert_only_broken(&["meet.directory"]);
    told.assert("meet.directory", "broken", "the Admin SDK API is not enabled in project", page);
    google.set_directory_enabled(true);
    google.set_calendar_enabled(false);
    let page = "https://console.developers.google.com/apis/api/calendar-json.googleapis.com/overview";
    let told = only_meet(&world, &MEET).await;
    told.assert_only_broken(&[]);
    told.assert("meet.calendar", "warning", "the Google Calendar API is not enabled in project", page);
    told.assert("meet.calendar", "warning", "", "`meet upcoming` does not work");
    google.set_calendar_enabled(true);
    google.set_api_enabled(false);
    let told = only_meet(&world, &MEET).await;
    told.assert_only_broken(&["meet.files"]);
    told.assert("meet.files", "broken", "the Google Drive API is not enabled", "choose Enable");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_without_meet_and_a_user_that_does_not_exist_are_told_apart() {
    let world = company().await;
    world.sandbox.google.add_user(User::new(EWA, "Ewa Nowak").without_meet());
    let told = only_meet(&world, &MEET).await;
    told.assert_only_broken(&["meet.api"]);
    let mend =
        "Users > ewa@theatre.example > Licenses; and Apps > Google Workspace > Google Meet > Service status";
    told.assert("meet.api", "broken", "no licence, or Google Meet is switched off", mend);
    told.assert("meet.api", "broken", "", "another user into MEET_USERS");
    let told = only_meet(&world, &[("MEET_USERS", "nobody@theatre.example")]).await;
    told.assert(
        "google.token.meet",
        "broken",
        "no user nobody@theatre.example (MEET_USERS)",
        "Correct MEET_USERS",
    );
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_an_admin_the_public_view_is_tried_and_then_meet_users_stand_in() {
    let world = company().await;
    let no_admin = [("GOOGLE_SUBJECT", EWA), ("MEET_BRING", "yes")];
    let told = only_meet(&world, &no_admin).await;
    told.assert_only_broken(&[]);
    told.assert("meet.directory", "ok", "ewa@theatre.example is no admin for users", "");
    world.sandbox.google.set_domain_public(false);
    let told = only_meet(&world, &no_admin).await;
    told.assert_only_broken(&["meet.directory"]);
    told.assert("meet.directory", "broken", "nobody stands in for it", "Set GOOGLE_ADMIN_SUBJECT");
    told.assert("meet.directory", "broken", "Not Authorized", "name the users in MEET_USERS");
    let told = only_meet(&world, &[no_admin[0], no_admin[1], ("MEET_USERS", EWA)]).await;
    told.assert_only_broken(&[]);
    told.assert("meet.directory", "warning", "the one user in MEET_USERS stands in", "Contact sharing");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_account_that_acts_for_nobody_is_told_to_before_anything_is_asked() {
    let world = company().await;
    for settings in [&[][..], &[("MEET_BRING", "yes")]] {
        let told = only_meet(&world, settings).await;
        told.assert_only_broken(&["meet.user"]);
        told.assert("meet.user", "broken", "takes part in no meeting", "Set GOOGLE_SUBJECT or MEET_USERS");
        assert_eq!(told.ids("not_tried"), IDS[1..]);
    }
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_persons_login_needs_meets_scopes_and_no_directory() {
    let world = company().await;
    let google = &world.sandbox.google;
    let file = write(&world, "person.json", &google.authorized_user());
    let settings = [("GOOGLE_APPLICATION_CREDENTIALS", file.as_str())];
    let all =
        ["drive", "meetings.space.readonly", "drive.meet.readonly", "calendar.events.readonly"].map(scope);
    google.set_consent(&all.join(" "));
    let told = only_meet(&world, &settings).await;
    told.assert_only_broken(&[]);
    told.assert("meet.user", "ok", "the person who has logged in", "");
    assert!(told.checks.iter().all(|check| check["id"] != "meet.directory"));
    let again = "`zoom2drive login --client client_secret.json --meet --force`";
    google.set_consent(&scope("drive"));
    let told = only_meet(&world, &settings).await;
    told.assert_only_broken(&["google.token.meet"]);
    told.assert("google.token.meet", "broken", "the consent is for", again);
    told.assert("google.token.calendar", "warning", "the consent is for", again);
    // All of Drive includes the files of Meet.
    told.assert("meet.files", "ok", "Drive API answers", "");
    google.set_consent(&scope("drive.file"));
    only_meet(&world, &settings).await.assert("google.token.meet-files", "broken", "drive.file only", again);
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bringing_without_a_sweep_brings_nothing_and_is_told() {
    let world = company().await;
    let bring = [MEET[0], MEET[1], ("MEET_BRING", "yes")];
    let told = examine(&world, &[&bring[..], &[("SWEEP_EVERY", "0s")]].concat()).await;
    assert_eq!(told.ids("broken"), ["meet.sweep"]);
    told.assert("meet.sweep", "broken", "MEET_BRING=yes", "Set SWEEP_EVERY=1h");
    let told = examine(&world, &bring).await;
    assert!(told.checks.iter().all(|check| check["id"] != "meet.sweep"));
}
