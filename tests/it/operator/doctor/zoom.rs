//! What can be wrong at Zoom.

use std::time::Duration;

use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::File;
use zoom2drive::zoom::SCOPE_RECOVER;

use super::{UUID, assert_clean, at_rest, examine};
use crate::support::world::World;

/// From now on every call of this route is answered like this.
fn always(world: &World, route: Route, fault: Fault) {
    world.sandbox.faults.add(Rule { route, subject: String::new(), skip: 0, times: u32::MAX / 2, fault });
}

const NEED_A_TOKEN: [&str; 7] = [
    "zoom.scopes",
    "zoom.recover",
    "zoom.limits",
    "zoom.users",
    "zoom.recording",
    "zoom.download",
    "zoom.account",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_refusal_of_a_token_is_told_apart() {
    let world = at_rest(&[]).await;
    for (settings, found, mend) in [
        (
            &[("ZOOM_CLIENT_SECRET", "wrong")][..],
            "ZOOM_CLIENT_SECRET is wrong: invalid_client",
            "App Credentials",
        ),
        (
            &[("ZOOM_ACCOUNT_ID", "wrong")],
            "ZOOM_ACCOUNT_ID is wrong, or the app is not activated",
            "Activation",
        ),
        (&[("ZOOM_OAUTH_URL", "http://127.0.0.1:1/oauth/token")], "cannot connect", "status.zoom.us"),
    ] {
        let examined = examine(&world, settings).await;
        examined.assert_only_broken(&["zoom.token"]);
        examined.assert("zoom.token", "broken", found, mend);
        for id in NEED_A_TOKEN {
            assert_eq!(examined.state(id), "not_tried", "{settings:?} {id}");
        }
        // Google is judged all the same.
        assert_eq!(examined.state("drive.upload"), "ok");
    }
    for (canned, found) in [
        (Canned::zoom_token(400, "unsupported_grant_type", "unsupported grant type"), "another kind"),
        (Canned::zoom_token(401, "", "Invalid Token!"), "Zoom refuses: Invalid Token! (status 401)"),
        (Canned::html(502), "no valid answer"),
        (Canned::html(302), "redirects the request"),
    ] {
        world.sandbox.faults.once(Route::ZoomToken, Fault::Answer(canned));
        let examined = examine(&world, &[]).await;
        examined.assert_only_broken(&["zoom.token"]);
        examined.assert("zoom.token", "broken", found, "");
    }
    world.sandbox.zoom.set_deactivated(true);
    let examined = examine(&world, &[]).await;
    examined.assert("zoom.token", "broken", "or the app is not activated", "Activate your app");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_app_that_is_deactivated_while_it_has_a_token_is_noticed() {
    let world = at_rest(&[]).await;
    let refused = Canned::zoom(401, 124, "Invalid access token.");
    always(&world, Route::ZoomUsers, Fault::Answer(refused.clone()));
    always(&world, Route::ZoomRecording, Fault::Answer(refused));
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&["zoom.users"]);
    examined.assert("zoom.users", "broken", "code 124", "activate the app");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_missing_scope_is_named_and_only_those_that_are_needed() {
    let world = at_rest(&[("AFTER_ARCHIVE", "trash")]).await;
    let zoom = &world.sandbox.zoom;
    for (granular, classic, then) in [
        ("cloud_recording:read:list_recording_files:admin", "recording:read:admin", "zoom.recording"),
        ("user:read:list_users:admin", "user:read:admin", "zoom.users"),
        ("cloud_recording:read:list_user_recordings:admin", "recording:read:admin", "zoom.recording"),
        ("cloud_recording:delete:meeting_recording:admin", "recording:write:admin", ""),
    ] {
        let all = zoom2drive::sandbox::zoom::Zoom::all_scopes();
        let rest: Vec<&str> = all.iter().map(String::as_str).filter(|scope| *scope != granular).collect();
        zoom.set_scopes(&rest);
        let examined = examine(&world, &[]).await;
        examined.assert("zoom.scopes", "broken", granular, "Add Scopes");
        examined.assert("zoom.scopes", "broken", classic, "Activate your app");
        // Zoom itself says so, too, where it can be asked (HTTP 400 with 4711).
        if !then.is_empty() {
            examined.assert(then, "broken", "code 4711", "Add Scopes");
        }
        assert_eq!(examined.ids("broken").len(), if then.is_empty() { 1 } else { 2 });
    }
    // What nothing needs is not demanded: no sweep, nothing is trashed.
    zoom.set_scopes(&[
        "cloud_recording:read:list_recording_files:admin",
        "cloud_recording:read:recording:admin",
    ]);
    let examined = examine(&world, &[("SWEEP_EVERY", "0s"), ("AFTER_ARCHIVE", "keep")]).await;
    examined.assert_only_broken(&[]);
    assert_eq!((examined.state("zoom.scopes"), examined.state("zoom.users")), ("ok", "not_tried"));
    // Classic apps have other names.
    zoom.set_scopes(&["recording:read:admin", "recording:write:admin", "user:read:admin"]);
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&[]);
    zoom.set_scopes(&["recording:read:admin", "user:read:admin"]);
    examine(&world, &[]).await.assert_only_broken(&["zoom.scopes"]);
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_if_a_recording_can_be_taken_out_of_zooms_trash() {
    let world = at_rest(&[("AFTER_ARCHIVE", "trash")]).await;
    let zoom = &world.sandbox.zoom;
    examine(&world, &[]).await.assert("zoom.recover", "ok", "can be taken out of Zoom's trash", "");
    zoom.remove_scope(SCOPE_RECOVER);
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&[]);
    examined.assert("zoom.recover", "warning", SCOPE_RECOVER, "Add Scopes");
    examined.assert(
        "zoom.recover",
        "warning",
        "recording:write:admin",
        "If you will add it when you need it",
    );
    assert_eq!(examined.state("zoom.scopes"), "ok", "nothing else needs it");
    // Nothing is put into the trash: it is said, and nobody need do anything.
    let kept = examine(&world, &[("AFTER_ARCHIVE", "keep")]).await;
    kept.assert("zoom.recover", "ok", "not granted", "");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_whom_the_sweep_does_not_see_and_how_that_is_mended() {
    let world = at_rest(&[]).await;
    let zoom = &world.sandbox.zoom;
    let scope = "cloud_recording:read:list_account_recordings:admin";
    zoom.remove_scope(scope);
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&[]);
    examined.assert("zoom.account", "warning", "Zoom Rooms, of deleted users and of sub-accounts", scope);
    examined.assert("zoom.account", "warning", "code 4711", "account:read:admin");
    assert_eq!(examined.state("zoom.scopes"), "ok", "everything else works without it");
    let no_permission = Canned::new(200, "application/json", r#"{"code":200,"message":"No permission."}"#);
    for canned in [no_permission, Canned::zoom(404, 2300, "Not recognized."), Canned::html(404)] {
        world.sandbox.faults.clear();
        always(&world, Route::ZoomAccountRecordings, Fault::Answer(canned));
        let all = zoom2drive::sandbox::zoom::Zoom::all_scopes();
        zoom.set_scopes(&all.iter().map(String::as_str).collect::<Vec<_>>());
        examine(&world, &[]).await.assert("zoom.account", "warning", "are not found by the sweep", "Roles");
    }
    world.sandbox.faults.clear();
    examine(&world, &[]).await.assert("zoom.account", "ok", "1 recording(s)", "");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_says_what_sharing_with_hosts_comes_to() {
    let world = at_rest(&[("AFTER_ARCHIVE", "keep")]).await;
    let path = world.folder.path().join("rules.toml");
    let none = [("ZOOM_ACCOUNT_ID", ""), ("ZOOM_CLIENT_ID", ""), ("ZOOM_CLIENT_SECRET", "")];
    let domains = "share_domains = ['example.org']";
    for (rules, credentials, state, found) in [
        ("", true, "ok", "the address that Zoom's API names"),
        (domains, true, "ok", "if its domain is in share_domains"),
        ("", false, "warning", "nothing is shared"),
        (domains, false, "warning", "anyone who can sign an event can name any address"),
    ] {
        std::fs::write(&path, format!("share_with_host = true\n{rules}\n")).unwrap();
        let file = [("RULES_FILE", path.to_str().unwrap())];
        let settings = if credentials { file.to_vec() } else { [&file[..], &none].concat() };
        let examined = examine(&world, &settings).await;
        examined.assert("rules.sharing", state, found, "");
    }
    // Rules that ask for hosts need one of the two ways to know them, also without a sweep.
    std::fs::write(&path, "[skip]\nhosts = ['ann@*']\n").unwrap();
    let no_sweep = [("RULES_FILE", path.to_str().unwrap()), ("SWEEP_EVERY", "0s")];
    let least = ["cloud_recording:read:list_recording_files:admin", "cloud_recording:read:recording:admin"];
    world.sandbox.zoom.set_scopes(&least);
    let examined = examine(&world, &no_sweep).await;
    examined.assert("zoom.scopes", "broken", "user:read:list_users:admin", "Add Scopes");
    world.sandbox.zoom.set_scopes(&[&least[..], &["user:read:user:admin"]].concat());
    examine(&world, &no_sweep).await.assert("zoom.scopes", "ok", "", "");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_credentials_it_says_what_does_not_work() {
    let world = at_rest(&[("AFTER_ARCHIVE", "keep")]).await;
    let none = [("ZOOM_ACCOUNT_ID", ""), ("ZOOM_CLIENT_ID", ""), ("ZOOM_CLIENT_SECRET", "")];
    let examined = examine(&world, &none).await;
    examined.assert_only_broken(&[]);
    examined.assert(
        "zoom.token",
        "warning",
        "only recordings with an event are archived",
        "Server to Server OAuth App",
    );
    assert_eq!((examined.state("clock.zoom"), examined.state("clock.google")), ("not_tried", "ok"));
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_days_limit_that_is_used_up_is_broken() {
    let world = at_rest(&[]).await;
    let until = (jiff::Timestamp::now() + Duration::from_secs(5 * 3600)).to_string();
    let daily = Canned::zoom(429, 429, "You have reached the maximum daily rate limit for this API.")
        .header("x-ratelimit-category", "MEDIUM")
        .header("x-ratelimit-type", "Daily-limit")
        .header("retry-after", &until);
    always(&world, Route::ZoomUsers, Fault::Answer(daily));
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&["zoom.limits", "zoom.users"]);
    examined.assert("zoom.limits", "broken", "day's limit of the account is used up", "which other app");
    assert_eq!(examined.state("zoom.recording"), "not_tried");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_that_is_set_too_high_is_a_warning() {
    let world = at_rest(&[]).await;
    let page = r#"{"page_count":1,"page_size":300,"total_records":0,"next_page_token":"","users":[]}"#;
    let told = Canned::new(200, "application/json;charset=UTF-8", page)
        .header("x-ratelimit-category", "MEDIUM")
        .header("x-ratelimit-type", "QPS")
        .header("x-ratelimit-limit", "20");
    world.sandbox.faults.once(Route::ZoomUsers, Fault::Answer(told));
    let examined = examine(&world, &[("ZOOM_PLAN", "business")]).await;
    examined.assert("zoom.limits", "warning", "allows 20 MEDIUM calls a second", "Set ZOOM_PLAN");
    examined.assert("zoom.users", "warning", "no user can record", "licence");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_account_without_recordings_is_no_fault() {
    let world = World::with(&[("SWEEP_EVERY", "1h")]).await;
    world.sandbox.zoom.add_user("ann@example.com", "active");
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&[]);
    examined.assert("zoom.recording", "not_tried", "which is not a fault", "");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_download_that_would_not_come_is_explained() {
    let world = at_rest(&[]).await;
    for (route, fault, found, mend) in [
        (
            Route::ZoomDownload,
            Fault::Answer(Canned::html(200)),
            "something else came instead of the file",
            "Recording",
        ),
        (
            Route::ZoomMedia,
            Fault::Answer(Canned::new(403, "text/xml", "<Error/>")),
            "status 403",
            "downloaded",
        ),
        (Route::ZoomMedia, Fault::Answer(Canned::html(503)), "status 503", "firewall"),
        (Route::ZoomMedia, Fault::Cut, "the download failed", "firewall"),
    ] {
        world.sandbox.faults.once(route, fault);
        let examined = examine(&world, &[]).await;
        examined.assert_only_broken(&["zoom.download"]);
        examined.assert("zoom.download", "broken", found, mend);
    }
    // The media host has another name than the API.
    let examined = examine(&world, &[("ZOOM_DOWNLOAD_HOSTS", "127.0.0.1")]).await;
    examined.assert(
        "zoom.download",
        "broken",
        "localhost, which ZOOM_DOWNLOAD_HOSTS",
        "add it to ZOOM_DOWNLOAD_HOSTS",
    );
    world.sandbox.faults.once(Route::ZoomMedia, Fault::MediaNoRange);
    let examined = examine(&world, &[]).await;
    examined.assert("zoom.download", "warning", "the host ignored Range", "start again");
    // A few hundred bytes show it; a recording is not fetched for that.
    let sent = world.sandbox.zoom.bytes_sent();
    examine(&world, &[]).await.assert_only_broken(&[]);
    assert_eq!(world.sandbox.zoom.bytes_sent() - sent, 512);
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_zoom_calls_a_recording_cannot_move_a_terminal() {
    let world = at_rest(&[]).await;
    world.sandbox.zoom.rename(UUID, "a\u{1b}[31mred\u{202e}");
    world.sandbox.zoom.add_file(UUID, File::chat("more", 5));
    // `run` looks at every character.
    let examined = examine(&world, &[]).await;
    examined.assert("zoom.recording", "ok", "[31mred", "");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_wrong_is_noticed_by_the_dates_of_answers() {
    let world = at_rest(&[]).await;
    let (zoom, google) = (&world.sandbox.zoom, &world.sandbox.google);
    zoom.set_clock_ahead(90);
    google.set_clock_ahead(-120);
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&[]);
    examined.assert("clock.zoom", "warning", "s behind Zoom's", "timedatectl set-ntp true");
    examined.assert("clock.google", "warning", "s ahead of Google's", "timedatectl");
    zoom.set_clock_ahead(7200);
    google.set_clock_ahead(7200);
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&["clock.zoom", "clock.google", "google.token.drive"]);
    examined.assert("clock.google", "broken", "s behind Google's", "timedatectl");
    examined.assert("google.token.drive", "broken", "this machine's clock is wrong", "Set the clock");
}
