//! A change sends what was given and nothing else; a series is deleted whole only when that was said.

use serde_json::json;
use zoom2drive::sandbox::faults::{Canned, Fault, Route};
use zoom2drive::sandbox::zoom::Scheduled;

use super::{assert_clean, at, fault, requests, run, world};

#[tokio::test]
async fn an_update_sends_only_what_was_given() {
    let world = world().await;
    let id = world.sandbox.zoom.schedule(at("Bible study", "17:00", 60)).to_string();
    for (given, body) in [
        (&["--topic", "Acts"][..], json!({"topic": "Acts"})),
        (&["--minutes", "75"], json!({"duration": 75})),
        (&["--agenda", ""], json!({"agenda": ""})),
        (&["--passcode", "Gen1"], json!({"password": "Gen1"})),
        (&["--record", "local"], json!({"settings": {"auto_recording": "local"}})),
        (
            &["--waiting-room=no", "--join-before-host"],
            json!({"settings": {"waiting_room": false, "join_before_host": true}}),
        ),
        (
            &["--start", "2031-12-03T19:00", "--zone", "Europe/Kyiv"],
            json!({"start_time": "2031-12-03T17:00:00Z", "timezone": "Europe/Kiev"}),
        ),
    ] {
        run(&world, &[&["update", &id], given].concat()).await.assert(0, &format!("changed {id}"));
        assert_eq!(world.sandbox.zoom.meeting_bodies().pop(), Some(body), "{given:?}");
    }
    let meeting = &world.sandbox.zoom.scheduled()[0];
    assert_eq!((meeting.topic.as_str(), meeting.minutes, meeting.password.as_str()), ("Acts", 75, "Gen1"));
    assert_eq!(meeting.start.unwrap().to_string(), "2031-12-03T17:00:00Z");
    let patches = requests(&world).iter().filter(|line| line.starts_with("PATCH")).count();
    assert_eq!(patches, 7);
    assert_clean(&world);
}

#[tokio::test]
async fn what_zoom_would_ignore_is_refused_or_told() {
    let world = world().await;
    let single = world.sandbox.zoom.schedule(at("Single", "17:00", 60)).to_string();
    let series = Scheduled::new("Choir", "2031-12-02T10:00:00Z", 60).weekly(3).without_date(1);
    let gone = series.occurrences[1].id.clone();
    let series = world.sandbox.zoom.schedule(series).to_string();
    let timeless = world.sandbox.zoom.schedule(Scheduled::without_time("Office")).to_string();
    let start = "2031-12-04T19:00";
    for (arguments, says) in [
        (&["update", &single, "--start", start, "--repeat", "daily", "--times", "2"][..], "does not repeat"),
        (&["update", &series, "--start", start], "give --repeat to move all of it"),
        (&["update", &series, "--occurrence", "7", "--start", start], "has no occurrence 7"),
        (&["update", &series, "--occurrence", &gone, "--start", start], "was deleted"),
        (&["update", &single, "--occurrence", "7", "--start", start], "has no occurrence 7"),
        (&["update", &timeless, "--start", start], "has no fixed time"),
        (&["update", &timeless, "--minutes", "5"], "has no fixed time"),
    ] {
        run(&world, arguments).await.assert(1, says);
    }
    assert_eq!(world.sandbox.zoom.meeting_bodies().len(), 0);
    // Zoom says 204 and changes nothing: found by reading back.
    fault(&world, Route::ZoomMeetingChange, 1, Fault::Answer(Canned::new(204, "text/plain", "")));
    let ran = run(&world, &["update", &single, "--start", start]).await;
    ran.assert(1, "2031-12-02T19:00:00+02:00, 60 minutes instead of 2031-12-04T19:00:00+02:00, 60 minutes");
    assert_clean(&world);
}

#[tokio::test]
async fn a_series_moves_whole_with_its_pattern_or_one_date_of_it() {
    let world = world().await;
    let series = Scheduled::new("Choir", "2031-12-02T10:00:00Z", 60).weekly(3);
    let date = series.occurrences[2].id.clone();
    let id = world.sandbox.zoom.schedule(series).to_string();
    let ran = run(
        &world,
        &["update", &id, "--occurrence", &date, "--start", "2031-12-17T19:00", "--minutes", "45"],
    )
    .await;
    ran.assert(0, "2031-12-17 19:00 to 19:45");
    let kept = world.sandbox.zoom.scheduled()[0].occurrences.clone();
    assert_eq!((kept[2].start.to_string().as_str(), kept[2].minutes), ("2031-12-17T17:00:00Z", 45));
    assert_eq!(kept[0].start.to_string(), "2031-12-02T10:00:00Z");
    let line = format!("PATCH /meetings/{id}?occurrence_id={date}");
    assert!(requests(&world).contains(&line), "{:?}", requests(&world));
    let all = ["update", &id, "--start", "2031-12-01T18:00", "--repeat", "weekly:mon", "--times", "2"];
    run(&world, &all).await.assert(0, "2031-12-01 18:00 to 19:00");
    let kept = world.sandbox.zoom.scheduled()[0].occurrences.clone();
    let starts: Vec<String> = kept.iter().map(|date| date.start.to_string()).collect();
    assert_eq!(starts, ["2031-12-01T16:00:00Z", "2031-12-08T16:00:00Z"]);
    assert_clean(&world);
}

#[tokio::test]
async fn a_lost_answer_of_a_change_or_a_deletion_is_asked_again() {
    let world = world().await;
    let id = world.sandbox.zoom.schedule(at("Bible study", "17:00", 60)).to_string();
    fault(&world, Route::ZoomMeetingChange, 1, Fault::CutAfter);
    run(&world, &["update", &id, "--topic", "Acts"]).await.assert(0, "Acts");
    // The second call finds nothing any more: the first one has done it.
    fault(&world, Route::ZoomMeetingChange, 1, Fault::CutAfter);
    run(&world, &["delete", &id, "--yes"]).await.assert(0, "deleted");
    assert_eq!(world.sandbox.zoom.scheduled().len(), 0);
    run(&world, &["delete", &id, "--yes"]).await.assert(1, "no such meeting");
    assert_clean(&world);
}

#[tokio::test]
async fn a_series_is_deleted_by_its_name_only() {
    let world = world().await;
    let series = Scheduled::new("Choir", "2031-12-02T10:00:00Z", 60).weekly(3);
    let date = series.occurrences[1].id.clone();
    let id = world.sandbox.zoom.schedule(series).to_string();
    let ran = run(&world, &["delete", &id, "--yes"]).await;
    ran.assert(
        2,
        "Choir repeats, with 3 dates to come: give --series to delete all of it, or --occurrence ID",
    );
    assert_eq!(world.sandbox.transcript.count(Route::ZoomMeetingChange), 0);
    let ran = run(&world, &["delete", &id, "--occurrence", &date, "--yes"]).await;
    ran.assert(0, "Choir, 2031-12-09 12:00 to 13:00 Europe/Kyiv");
    assert!(world.sandbox.zoom.scheduled()[0].occurrences[1].is_deleted);
    run(&world, &["delete", &id, "--occurrence", &date, "--yes"]).await.assert(1, "is deleted already");
    run(&world, &["delete", &id, "--occurrence", "7", "--yes"]).await.assert(1, "has no occurrence 7");
    let ran = run(&world, &["delete", &id, "--series", "--yes", "--tell-host", "--json"]).await;
    assert_eq!(ran.json(), json!({"id": id.parse::<u64>().unwrap(), "occurrence": null, "deleted": true}));
    assert_eq!(world.sandbox.zoom.scheduled().len(), 0);
    let last = requests(&world).pop().unwrap();
    assert_eq!(
        last,
        format!("DELETE /meetings/{id}?schedule_for_reminder=true&cancel_meeting_reminder=false")
    );
    assert_clean(&world);
}

#[tokio::test]
async fn a_single_meeting_is_deleted_and_named() {
    let world = world().await;
    let id = world.sandbox.zoom.schedule(at("Bible\u{1b}[2J study", "17:00", 60)).to_string();
    let ran = run(&world, &["delete", &id, "--yes", "--tell-registrants"]).await;
    ran.assert(0, &format!("deleted {id} Bible [2J study, 2031-12-02 19:00 to 20:00 Europe/Kyiv"));
    let last = requests(&world).pop().unwrap();
    assert!(last.ends_with("schedule_for_reminder=false&cancel_meeting_reminder=true"), "{last}");
    assert_clean(&world);
}
