//! What opens a meeting is printed only where that was asked for, and never logged.

use zoom2drive::sandbox::faults::{Canned, Fault, Route};
use zoom2drive::sandbox::zoom::Scheduled;

use super::{assert_clean, at, create, fault, run, world};
use crate::support::server::Log;

#[tokio::test]
async fn the_passcode_and_the_hosts_address_are_not_printed_unless_asked_for() {
    let world = world().await;
    let mut printed = create(&world, "19:00", &["--passcode", "Gen_1-1", "--json"]).await.out;
    let id = world.sandbox.zoom.scheduled()[0].id.to_string();
    world.sandbox.zoom.schedule(Scheduled::new("Choir", "2031-12-04T10:00:00Z", 60).weekly(2));
    for arguments in [
        &["show", &id][..],
        &["show", &id, "--json"],
        &["list"],
        &["list", "--json"],
        &["list", "--occurrences", "--json"],
        &["update", &id, "--passcode", "Exo_2-2", "--json"],
        &["check", "--start", "2031-12-02T19:00"],
        &["delete", &id, "--yes", "--json"],
    ] {
        let ran = run(&world, arguments).await;
        printed += &(ran.out + &ran.error);
    }
    for secret in ["Gen_1-1", "Exo_2-2", "pa$$", "zak=", "start_url"] {
        assert!(!printed.contains(secret), "{secret} in {printed}");
    }
    for secret in world.sandbox.zoom.handed_out() {
        assert!(!printed.contains(&secret), "{secret}");
    }
    let id = world.sandbox.zoom.scheduled()[0].id.to_string();
    run(&world, &["show", &id, "--start-url"]).await.assert(0, "zak=");
    assert!(run(&world, &["show", &id, "--start-url", "--json"]).await.json()["start_url"].is_string());
    assert_clean(&world);
}

#[tokio::test]
async fn a_refusal_repeats_no_secret() {
    let world = world().await;
    world.sandbox.zoom.schedule(at("Bible study", "10:00", 60));
    for lost in [Fault::Cut, Fault::CutAfter, Fault::AnswerAfter(Canned::html(502))] {
        fault(&world, Route::ZoomMeetingCreate, 1, lost);
        let ran = create(&world, "19:00", &["--passcode", "Gen_1-1", "--allow-overlap"]).await;
        assert!(!(ran.out + &ran.error).contains("Gen_1-1"));
    }
}

#[tokio::test]
async fn nothing_that_opens_a_meeting_is_logged_at_any_level() {
    let world = world().await;
    let log = Log::start();
    create(&world, "19:00", &["--passcode", "Gen_1-1"]).await.assert(0, "made");
    fault(&world, Route::ZoomMeetingCreate, 1, Fault::CutAfter);
    create(&world, "21:00", &["--passcode", "Exo_2-2"]).await.assert(0, "made");
    let id = world.sandbox.zoom.scheduled()[0].id.to_string();
    run(&world, &["show", &id, "--start-url"]).await.assert(0, "zak=");
    run(&world, &["invitation", &id]).await.assert(0, "Passcode: Gen_1-1");
    fault(&world, Route::ZoomMeetingChange, 1, Fault::CutAfter);
    run(&world, &["update", &id, "--passcode", "Lev_3-3"]).await.assert(0, "changed");
    run(&world, &["list", "--json"]).await.assert(0, "join_url");
    let logged = log.text();
    assert!(logged.contains("a call about a meeting failed; trying again"), "{logged}");
    for secret in ["Gen_1-1", "Exo_2-2", "Lev_3-3", "zak=", "pwd="] {
        assert!(!logged.contains(secret), "{secret} in {logged}");
    }
    for secret in world.sandbox.zoom.handed_out() {
        assert!(!logged.contains(&secret), "{secret} in {logged}");
    }
}
