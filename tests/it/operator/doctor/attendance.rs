//! What can be wrong with attendance: a scope, the Sheets API, a place where no spreadsheet can be made.

use zoom2drive::sandbox::zoom::Zoom;

use super::{assert_clean, at_rest, examine};

const SHEET: (&str, &str) = ("ATTENDANCE", "sheet");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_of_it_is_asked_unless_it_is_switched_on() {
    let world = at_rest(&[]).await;
    let told = examine(&world, &[]).await;
    assert!(told.checks.iter().all(|check| !check["id"].as_str().unwrap().starts_with("sheets.")));
    let told = examine(&world, &[("ATTENDANCE", "csv")]).await;
    assert!(told.checks.iter().all(|check| !check["id"].as_str().unwrap().starts_with("sheets.")));
    let told = examine(&world, &[SHEET]).await;
    told.assert("sheets.api", "ok", "answers", "");
    told.assert("sheets.place", "ok", "shared drive", "");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_switches_it_on_as_well() {
    let world = at_rest(&[]).await;
    let rules = world.folder.path().join("rules.toml");
    std::fs::write(&rules, "[[where]]\ntopics = ['class']\nattendance = 'sheet'\n").unwrap();
    let told = examine(&world, &[("RULES_FILE", rules.to_str().unwrap())]).await;
    told.assert("sheets.api", "ok", "answers", "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sheets_api_that_is_off_is_named_with_the_page_that_enables_it() {
    let world = at_rest(&[]).await;
    world.sandbox.google.set_sheets_enabled(false);
    let told = examine(&world, &[SHEET]).await;
    told.assert("sheets.api", "broken", "Sheets API is off", "https://console.developers.google.com/");
    told.assert("sheets.api", "broken", "", "ATTENDANCE=csv");
    told.assert_only_broken(&["sheets.api"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_scope_of_attendance_is_named() {
    let world = at_rest(&[]).await;
    for (scope, state) in [
        ("report:read:list_meeting_participants:admin", "broken"),
        ("meeting:read:past_meeting:admin", "broken"),
        ("report:read:list_webinar_participants:admin", "warning"),
        ("meeting:read:meeting:admin", "warning"),
    ] {
        world.sandbox.zoom.remove_scope(scope);
        examine(&world, &[SHEET]).await.assert("zoom.scopes", state, scope, "Add Scopes");
        assert_ne!(examine(&world, &[]).await.state("zoom.scopes"), "broken", "{scope} is not needed then");
        let all = Zoom::all_scopes();
        world.sandbox.zoom.set_scopes(&all.iter().map(String::as_str).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_account_outside_of_a_shared_drive_is_told_before_the_first_meeting() {
    let world = at_rest(&[]).await;
    let folder = world.sandbox.google.my_drive_folder();
    let told = examine(&world, &[SHEET, ("DRIVE_FOLDER_ID", &folder)]).await;
    told.assert("sheets.place", "broken", "only in a shared drive", "Shared drives");
}
