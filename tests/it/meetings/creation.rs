//! A meeting is made once, at the instant that was meant, and read back.

use serde_json::json;
use zoom2drive::sandbox::faults::{Canned, Fault, Route};

use super::{DAY, assert_clean, at, create, fault, requests, run, run_with, world};

#[tokio::test]
async fn the_golden_times_are_sent_as_utc_with_a_zone_that_zoom_knows() {
    let world = world().await;
    for (start, zone, sent, zone_sent) in [
        ("2031-12-01T19:00", "Europe/Kyiv", "2031-12-01T17:00:00Z", "Europe/Kiev"),
        ("2031-07-01T19:00", "Asia/Tokyo", "2031-07-01T10:00:00Z", "Asia/Tokyo"),
        ("2031-12-02T19:00", "Asia/Ho_Chi_Minh", "2031-12-02T12:00:00Z", "Asia/Saigon"),
        ("2031-12-03T19:00", "America/Nuuk", "2031-12-03T21:00:00Z", "America/Godthab"),
        ("2031-12-04T19:00+02:00", "Asia/Tokyo", "2031-12-04T17:00:00Z", "Asia/Tokyo"),
        ("2031-12-05T19:00Z", "", "2031-12-05T19:00:00Z", "Europe/Kiev"),
        ("2031-10-26T02:30+01:00", "Europe/Berlin", "2031-10-26T01:30:00Z", "Europe/Berlin"),
    ] {
        let zone = if zone.is_empty() { vec![] } else { vec!["--zone", zone] };
        let arguments = [&["create", "--topic", "T", "--start", start], zone.as_slice()].concat();
        run(&world, &arguments).await.assert(0, "made ");
        let body = world.sandbox.zoom.meeting_bodies().pop().unwrap();
        assert_eq!((&body["start_time"], &body["timezone"]), (&json!(sent), &json!(zone_sent)), "{start}");
        let made = world.sandbox.zoom.scheduled().pop().unwrap();
        assert_eq!(made.start.unwrap().to_string(), sent);
    }
    // Shown in the zone that was given.
    let arguments = ["create", "--topic", "T", "--start", "2031-12-11T19:00+02:00", "--zone", "Asia/Tokyo"];
    run(&world, &arguments).await.assert(0, "2031-12-12 02:00 to 03:00 Asia/Tokyo");
    assert_clean(&world);
}

#[tokio::test]
async fn a_meeting_is_made_with_what_was_given_and_told_in_one_line() {
    let world = world().await;
    let more = [
        "--minutes",
        "90",
        "--record",
        "cloud",
        "--agenda",
        "Acts",
        "--passcode",
        "Gen_1-1",
        "--waiting-room",
        "--muted",
        "no",
        "--alternative-host",
        "a@x.org",
        "--alternative-host",
        "b@x.org",
    ];
    let ran = create(&world, "19:00", &more).await;
    let made = world.sandbox.zoom.scheduled().pop().unwrap();
    let line = format!(
        "made {}  2031-12-02 19:00 to 20:30 Europe/Kyiv  https://zoom.example/j/{}?pwd=",
        made.id, made.id
    );
    ran.assert(0, &line);
    assert_eq!(ran.out.lines().count(), 1, "{}", ran.out);
    assert_eq!((made.topic.as_str(), made.minutes, made.agenda.as_str()), ("Bible study", 90, "Acts"));
    assert_eq!(
        (made.password.as_str(), made.host_email.as_str(), made.kind),
        ("Gen_1-1", "ada@example.com", 2)
    );
    for (name, value) in [
        ("auto_recording", json!("cloud")),
        ("waiting_room", json!(true)),
        ("join_before_host", json!(false)),
        ("mute_upon_entry", json!(false)),
        ("alternative_hosts", json!("a@x.org;b@x.org")),
        ("approval_type", json!(2)),
    ] {
        assert_eq!(made.settings[name], value, "{name}");
    }
    let calls = requests(&world);
    let list = "GET /users/me/meetings?type=upcoming&page_size=300";
    assert_eq!(calls[..2], [list.to_owned(), "POST /users/me/meetings".to_owned()]);
    assert_eq!(calls[2..], [format!("GET /meetings/{}?show_previous_occurrences=true", made.id)]);
    assert_clean(&world);
}

#[tokio::test]
async fn a_dry_run_prints_the_body_and_asks_nobody() {
    let world = world().await;
    let ran = create(
        &world,
        "19:00",
        &["--dry-run", "--passcode", "hunter2", "--repeat", "weekly:tue,fri", "--times", "4"],
    )
    .await;
    ran.assert(0, "");
    let body = ran.json();
    assert_eq!((&body["start_time"], &body["type"]), (&json!("2031-12-02T17:00:00Z"), &json!(8)));
    assert_eq!(
        body["recurrence"],
        json!({"type": 2, "repeat_interval": 1, "weekly_days": "3,6", "end_times": 4})
    );
    assert!(!ran.out.contains("hunter2"), "{}", ran.out);
    assert_eq!(world.sandbox.transcript.calls().len(), 0);
}

#[tokio::test]
async fn each_pattern_of_a_series_becomes_the_dates_that_were_meant() {
    let world = world().await;
    world.sandbox.zoom.add_user("ann@example.com", "active");
    for (index, (more, dates)) in [
        (&["--repeat", "daily", "--every", "2", "--times", "3"][..], &["12-02", "12-04", "12-06"][..]),
        (&["--repeat", "weekly:tue,sun", "--times", "3"], &["12-02", "12-07", "12-09"]),
        (
            &["--repeat", "weekly:tue,sun", "--every", "2", "--until", "2031-12-16"],
            &["12-02", "12-14", "12-16"],
        ),
        (&["--repeat", "monthly:2", "--times", "2"], &["12-02", "01-02"]),
        (&["--repeat", "monthly:1-tue", "--times", "3"], &["12-02", "01-06", "02-03"]),
    ]
    .into_iter()
    .enumerate()
    {
        let user = ["--user", ["me", "ann@example.com"][index % 2], "--allow-overlap"];
        let ran = create(&world, "19:00", &[more, &user].concat()).await;
        ran.assert(0, &format!(", {} dates", dates.len()));
        let made = world.sandbox.zoom.scheduled().pop().unwrap();
        let kyiv = jiff::tz::TimeZone::get("Europe/Kyiv").unwrap();
        let local = |at: jiff::Timestamp| kyiv.to_datetime(at).strftime("%m-%d %H:%M").to_string();
        let found: Vec<String> = made.occurrences.iter().map(|date| local(date.start)).collect();
        let wanted: Vec<String> = dates.iter().map(|date| format!("{date} 19:00")).collect();
        assert_eq!(found, wanted, "{more:?}");
    }
    assert_clean(&world);
}

#[tokio::test]
async fn a_zone_that_zoom_does_not_know_is_not_sent_and_this_is_said() {
    let world = world().await;
    let ran = create(&world, "19:00", &["--zone", "Australia/Lord_Howe"]).await;
    ran.assert(0, "Zoom knows no zone with the clock of Australia/Lord_Howe, so none was sent");
    assert_eq!(world.sandbox.zoom.meeting_bodies()[0].get("timezone"), None);
    // One with the same clock does as well.
    create(&world, "21:00", &["--zone", "Asia/Manila"]).await.assert(0, "Asia/Manila");
    assert_eq!(world.sandbox.zoom.meeting_bodies()[1]["timezone"], "Asia/Singapore");
}

#[tokio::test]
async fn a_start_that_zoom_takes_for_another_is_told_with_both() {
    let world = world().await;
    // Zoom's answer to the reading back has another start.
    let body = json!({"id": 85_746_065_432_u64, "topic": "T", "type": 2, "start_time": "2031-12-02T19:00:00Z", "duration": 60});
    let canned = Canned::new(200, "application/json", body.to_string());
    fault(&world, Route::ZoomOther, 1, Fault::Answer(canned));
    let ran = create(&world, "19:00", &[]).await;
    let id = world.sandbox.zoom.scheduled()[0].id;
    ran.assert(1, "2031-12-02T21:00:00+02:00 instead of 2031-12-02T19:00:00+02:00");
    ran.assert(1, &format!("the meeting {id} stays"));
    // The reading back fails: the number is told.
    fault(&world, Route::ZoomOther, 1, Fault::Answer(Canned::zoom(404, 3001, "Meeting does not exist.")));
    let ran = create(&world, "21:00", &[]).await;
    let id = world.sandbox.zoom.scheduled()[1].id;
    ran.assert(1, &format!("made {id}, but it cannot be read back"));
    assert_clean(&world);
}

#[tokio::test]
async fn a_lost_answer_makes_one_meeting_which_is_found_in_the_list() {
    for lost in
        [Fault::CutAfter, Fault::AnswerAfter(Canned::html(502)), Fault::AnswerAfter(Canned::html(200))]
    {
        let world = world().await;
        // The same topic at the same time: it was there before, and is not taken for the new one.
        let other = at("Bible study", "17:00", 60);
        world.sandbox.zoom.add_user("ann@example.com", "active");
        world.sandbox.zoom.schedule(other.host("ann@example.com"));
        fault(&world, Route::ZoomMeetingCreate, 1, lost);
        let ran = create(&world, "19:00", &["--json"]).await;
        assert_eq!(ran.code, 0, "{} {}", ran.out, ran.error);
        let mine: Vec<u64> = world.sandbox.zoom.scheduled()[1..].iter().map(|meeting| meeting.id).collect();
        assert_eq!(mine, [ran.json()["id"].as_u64().unwrap()]);
        assert_eq!(ran.json()["found_after_lost_answer"], true);
        assert_eq!(world.sandbox.transcript.count(Route::ZoomMeetingCreate), 1);
        assert_clean(&world);
    }
    let world = world().await;
    fault(&world, Route::ZoomMeetingCreate, 1, Fault::CutAfter);
    create(&world, "19:00", &["--repeat", "daily", "--times", "3"])
        .await
        .assert(0, "found in the list, and made once");
    assert_eq!(world.sandbox.zoom.scheduled().len(), 1);
}

#[tokio::test]
async fn a_lost_answer_without_a_meeting_stays_unknown() {
    for lost in
        [Fault::Cut, Fault::Answer(Canned::html(503)), Fault::Answer(Canned::zoom(500, 500, "Internal"))]
    {
        let world = world().await;
        fault(&world, Route::ZoomMeetingCreate, 1, lost);
        let ran = create(&world, "19:00", &[]).await;
        ran.assert(1, "unknown if the meeting was made; look with `zoom2drive meetings list`");
        assert_eq!(world.sandbox.zoom.scheduled().len(), 0);
        assert_eq!(world.sandbox.transcript.count(Route::ZoomMeetingCreate), 1);
        assert_clean(&world);
    }
    // The list fails as well; and two that could be it are none.
    let world = world().await;
    fault(&world, Route::ZoomMeetingCreate, 1, Fault::CutAfter);
    fault(&world, Route::ZoomMeetings, 1, Fault::Answer(Canned::zoom(403, 2306, "No")));
    create(&world, "19:00", &["--allow-overlap"]).await.assert(1, "unknown if the meeting was made");
    fault(&world, Route::ZoomMeetingCreate, 1, Fault::CutAfter);
    create(&world, "19:00", &["--allow-overlap"]).await.assert(1, "unknown if the meeting was made");
    assert_eq!(world.sandbox.zoom.scheduled().len(), 2);
    // A meeting of yesterday with the same data is not the one.
    let world = super::world().await;
    world.sandbox.zoom.schedule(at("Bible study", "17:00", 60));
    let id = world.sandbox.zoom.scheduled()[0].id;
    let yesterday = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
    world.sandbox.zoom.set_scheduled(id, |meeting| meeting.created = yesterday);
    fault(&world, Route::ZoomMeetingCreate, 1, Fault::Cut);
    create(&world, "19:00", &["--allow-overlap"]).await.assert(1, "unknown if the meeting was made");
}

#[tokio::test]
async fn what_zoom_has_not_done_is_sent_again() {
    let world = world().await;
    let busy = Canned::zoom(429, 429, "Too many concurrent requests. A request has already been made.");
    refuse_twice(&world, busy);
    create(&world, "19:00", &[]).await.assert(0, "made ");
    assert_eq!(world.sandbox.zoom.scheduled().len(), 1);
    assert_eq!(world.sandbox.transcript.count(Route::ZoomMeetingCreate), 3);
    // A token that has expired is replaced.
    fault(
        &world,
        Route::ZoomMeetingCreate,
        1,
        Fault::Answer(Canned::zoom(401, 124, "Invalid access token.")),
    );
    create(&world, "21:00", &[]).await.assert(0, "made ");
    assert_eq!(world.sandbox.zoom.scheduled().len(), 2);
    // Nobody listens: nothing was sent, and the error is one of the network.
    let nowhere = [("ZOOM_API_URL", "http://127.0.0.1:1/v2")];
    let arguments = ["create", "--topic", "T", "--start", "2031-12-09T19:00", "--allow-overlap"];
    run_with(&world, &nowhere, &arguments).await.assert(1, "cannot be reached");
    assert_clean(&world);
}

fn refuse_twice(world: &crate::support::world::World, canned: Canned) {
    fault(world, Route::ZoomMeetingCreate, 2, Fault::Answer(canned));
}

#[tokio::test]
async fn two_commands_at_once_both_make_their_meeting() {
    let world = world().await;
    let (one, other) = tokio::join!(create(&world, "10:00", &[]), create(&world, "12:00", &[]));
    one.assert(0, &format!("{DAY} 10:00"));
    other.assert(0, &format!("{DAY} 12:00"));
    assert_eq!(world.sandbox.zoom.scheduled().len(), 2);
    assert_clean(&world);
}

#[tokio::test]
async fn the_user_comes_from_the_flag_or_the_setting() {
    let world = world().await;
    for email in ["ann@example.com", "bob@example.com"] {
        world.sandbox.zoom.add_user(email, "active");
    }
    let setting = [("ZOOM_USER", "ann@example.com")];
    let arguments = ["create", "--topic", "T", "--start", "2031-12-09T19:00"];
    run_with(&world, &setting, &arguments).await.assert(0, "made");
    run_with(&world, &setting, &[&arguments[..], &["--user", "bob@example.com"]].concat())
        .await
        .assert(0, "made");
    let hosts: Vec<String> =
        world.sandbox.zoom.scheduled().into_iter().map(|meeting| meeting.host_email).collect();
    assert_eq!(hosts, ["ann@example.com", "bob@example.com"]);
    // An address is one segment of a path.
    assert!(requests(&world)[0].starts_with("GET /users/ann%40example.com/meetings"));
    assert_clean(&world);
}
