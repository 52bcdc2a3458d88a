//! Each refusal of Zoom's becomes a sentence that says what to do.

use zoom2drive::sandbox::faults::{Canned, Fault, Route};
use zoom2drive::sandbox::zoom::Scheduled;

use super::{assert_clean, at, create, fault, refuse, run, world};

#[tokio::test]
async fn what_zoom_refuses_by_its_own_rules() {
    let world = world().await;
    create(&world, "19:00", &["--user", "nobody@example.com"]).await.assert(1, "Zoom has no such user");
    run(&world, &["show", "85746065432"])
        .await
        .assert(1, "no such meeting: it was deleted, or expired 30 days after");
    let expired = world
        .sandbox
        .zoom
        .schedule(Scheduled { is_expired: true, ..Scheduled::new("Old", "2020-01-01T10:00:00Z", 60) })
        .to_string();
    run(&world, &["show", &expired]).await.assert(1, "no such meeting");
    let webinar = Scheduled { is_webinar: true, ..at("Webinar", "10:00", 60) };
    let webinar = world.sandbox.zoom.schedule(webinar).to_string();
    run(&world, &["show", &webinar]).await.assert(1, "this is a webinar");
    let room = Scheduled { kind: 4, ..Scheduled::without_time("Room") };
    let room = world.sandbox.zoom.schedule(room).to_string();
    run(&world, &["delete", &room, "--yes"])
        .await
        .assert(1, "a personal meeting room or audio conference cannot be deleted");
    world.sandbox.zoom.demand_passcodes(8);
    create(&world, "19:00", &["--passcode", "abc"])
        .await
        .assert(1, "Zoom refuses a value: Invalid field: password. Your account demands 8");
    world.sandbox.zoom.add_user("ann@example.com", "active");
    world.sandbox.zoom.hide_others();
    create(&world, "19:00", &["--user", "ann@example.com"])
        .await
        .assert(1, "switch on \"Display meetings scheduled for others\"");
    world.sandbox.zoom.forbid_hosting("ada@example.com");
    create(&world, "19:00", &["--allow-overlap"]).await.assert(1, "this user may not host meetings");
    assert_clean(&world);
}

#[tokio::test]
async fn codes_that_the_sandbox_gives_only_when_it_is_told_to() {
    let world = world().await;
    let id = world.sandbox.zoom.schedule(at("Bible study", "10:00", 60)).to_string();
    refuse(&world, Route::ZoomMeetingCreate, 400, 3000, "You cannot schedule a meeting for ann.");
    create(&world, "19:00", &[])
        .await
        .assert(1, "meetings may not be scheduled for this user (status 400, code 3000: You cannot");
    refuse(&world, Route::ZoomMeetingChange, 400, 3037, "Not allowed to delete PAC.");
    run(&world, &["delete", &id, "--yes"]).await.assert(1, "audio conference cannot be deleted");
    refuse(&world, Route::ZoomMeetingChange, 400, 300, "Invalid parameter: occurrence_id.");
    run(&world, &["update", &id, "--topic", "T"])
        .await
        .assert(1, "Zoom refuses a value: Invalid parameter: occurrence_id.");
    fault(&world, Route::ZoomMeetings, 1, Fault::Answer(Canned::html(200)));
    run(&world, &["list"]).await.assert(1, "not JSON");
    // Reading is tried again, changing too.
    fault(&world, Route::ZoomMeetings, 2, Fault::Cut);
    run(&world, &["list"]).await.assert(0, "Bible study");
    fault(&world, Route::ZoomMeetings, 9, Fault::Answer(Canned::html(502)));
    run(&world, &["list"]).await.assert(1, "cannot be reached");
    assert_eq!(world.sandbox.zoom.scheduled().len(), 1);
    assert_clean(&world);
}

#[tokio::test]
async fn a_used_up_day_is_told_with_the_time_of_its_end() {
    let world = world().await;
    world.sandbox.zoom.use_up_writes("ada@example.com", 99);
    create(&world, "19:00", &[]).await.assert(0, "made ");
    let ran = create(&world, "21:00", &[]).await;
    ran.assert(
        1,
        "100 creates and updates a day for this host are used up; they are free again at 00:00 UTC, in ",
    );
    // Not asked again and again.
    assert_eq!(world.sandbox.transcript.count(Route::ZoomMeetingCreate), 2);
    let id = world.sandbox.zoom.scheduled()[0].id.to_string();
    run(&world, &["update", &id, "--topic", "T"]).await.assert(1, "used up");
    // Another host has its own hundred.
    world.sandbox.zoom.add_user("ann@example.com", "active");
    create(&world, "21:00", &["--user", "ann@example.com"]).await.assert(0, "made ");
    assert_clean(&world);
}

#[tokio::test]
async fn a_missing_scope_is_told_by_its_name() {
    for (scope, arguments) in [
        ("meeting:read:list_meetings:admin", &["list"][..]),
        ("meeting:read:meeting:admin", &["show"]),
        ("meeting:read:invitation:admin", &["invitation"]),
        ("meeting:write:meeting:admin", &["create", "--topic", "T", "--start", "2031-12-09T19:00"]),
        ("meeting:update:meeting:admin", &["update", "--topic", "T"]),
        ("meeting:delete:meeting:admin", &["delete", "--yes"]),
    ] {
        let world = world().await;
        let id = world.sandbox.zoom.schedule(at("Bible study", "10:00", 60)).to_string();
        world.sandbox.zoom.remove_scope(scope);
        let takes_id = !matches!(arguments[0], "list" | "create");
        let arguments = if takes_id { [arguments, &[id.as_str()]].concat() } else { arguments.to_vec() };
        let ran = run(&world, &arguments).await;
        ran.assert(1, "the app lacks a scope");
        ran.assert(1, scope);
        assert!(!ran.error.contains("unknown"), "{}", ran.error);
        assert_clean(&world);
    }
}
