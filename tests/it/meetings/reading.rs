//! Lists are whole, and one meeting is shown with its dates.

use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::Scheduled;

use super::{assert_clean, at, requests, run, world};

#[tokio::test]
async fn a_list_is_read_to_its_last_page() {
    let world = world().await;
    for number in 0..7 {
        world.sandbox.zoom.schedule(at(&format!("Call {number}"), &format!("1{number}:00"), 30));
    }
    world.sandbox.zoom.set_rows_max(Some(3));
    let ran = run(&world, &["list", "--json"]).await;
    let topics: Vec<String> =
        ran.json().as_array().unwrap().iter().map(|row| row["topic"].as_str().unwrap().to_owned()).collect();
    assert_eq!(topics, (0..7).map(|number| format!("Call {number}")).collect::<Vec<_>>());
    assert_eq!(requests(&world).len(), 3);
    // A page token that has expired: the list is read again from its beginning.
    let fault = Fault::Answer(Canned::zoom(400, 300, "The next page token is invalid or expired."));
    world.sandbox.faults.add(Rule {
        route: Route::ZoomMeetings,
        subject: String::new(),
        skip: 1,
        times: 1,
        fault,
    });
    let ran = run(&world, &["list", "--json"]).await;
    assert_eq!(ran.json().as_array().unwrap().len(), 7);
    assert_eq!(requests(&world).len(), 8);
    assert_clean(&world);
}

#[tokio::test]
async fn a_table_shows_local_times_and_each_date_when_asked() {
    let world = world().await;
    let id = world.sandbox.zoom.schedule(at("Bible study", "17:00", 90));
    let series = Scheduled::new("Choir", "2031-12-03T10:00:00Z", 60).weekly(2).without_date(1);
    let other = world.sandbox.zoom.schedule(series);
    world.sandbox.zoom.schedule(Scheduled::without_time("Office"));
    world.sandbox.zoom.schedule(Scheduled::new("Over", "2026-11-20T10:00:00Z", 60));
    let ran = run(&world, &["list"]).await;
    ran.assert(0, &format!("{id}  2031-12-02 19:00  90       scheduled      Bible study\n"));
    ran.assert(0, &format!("{other}  2031-12-03 12:00  60       recurring      Choir\n"));
    ran.assert(0, "no fixed time  Office");
    assert!(!ran.out.contains("Over"), "{}", ran.out);
    assert!(ran.out.lines().all(|line| line.chars().count() <= 80), "{}", ran.out);
    let ran = run(&world, &["list", "--occurrences"]).await;
    ran.assert(0, "2031-12-03 12:00  60       date, available  Choir");
    ran.assert(0, "2031-12-10 12:00  60       date, deleted    Choir");
    assert_clean(&world);
}

#[tokio::test]
async fn types_and_days_choose_the_meetings() {
    let world = world().await;
    let ago = |days: i64| (jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days)).to_string();
    world.sandbox.zoom.schedule(Scheduled::new("Over", &ago(3), 60));
    world.sandbox.zoom.schedule(Scheduled { is_expired: true, ..Scheduled::new("Expired", &ago(40), 60) });
    world.sandbox.zoom.schedule(Scheduled { is_live: true, ..Scheduled::new("Now", &ago(0), 60) });
    world.sandbox.zoom.schedule(at("Later", "17:00", 60));
    for (kind, topics) in [
        ("upcoming", &["Now", "Later"][..]),
        ("live", &["Now"]),
        ("previous", &["Over"]),
        ("scheduled", &["Over", "Now", "Later"]),
    ] {
        let ran = run(&world, &["list", "--type", kind, "--json"]).await;
        let found: Vec<String> = ran
            .json()
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["topic"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(found, topics, "{kind}");
    }
    let days = ["list", "--from", "2031-12-01", "--to", "2031-12-31"];
    let ran = run(&world, &days).await;
    assert!(ran.out.contains("Later") && !ran.out.contains("Now"), "{}", ran.out);
    assert_clean(&world);
}

#[tokio::test]
async fn one_meeting_is_shown_with_its_dates() {
    let world = world().await;
    let series = Scheduled::new("Choir", "2031-12-02T17:00:00Z", 90).weekly(2).without_date(1);
    let dates = series.occurrences.clone();
    let id = world.sandbox.zoom.schedule(series).to_string();
    let ran = run(&world, &["show", &id]).await;
    for line in [
        &format!("meeting           {id}\n"),
        "topic             Choir\n",
        "host              ada@example.com\n",
        "time              2031-12-02 19:00 to 20:30 Europe/Kyiv\n",
        "zone at Zoom      Europe/Berlin\n",
        &format!("join              https://zoom.example/j/{id}?pwd="),
        &format!("{}  2031-12-02 19:00  90       available\n", dates[0].id),
        &format!("{}  2031-12-09 19:00  90       deleted\n", dates[1].id),
    ] {
        ran.assert(0, line);
    }
    let link = format!("https://us02web.zoom.us/j/{id}?pwd=x");
    let json = run(&world, &["show", &link, "--occurrence", &dates[1].id, "--json"]).await.json();
    assert_eq!(json["start"], "2031-12-09T19:00:00+02:00");
    assert_eq!(json["occurrences"].as_array().unwrap().len(), 1);
    run(&world, &["show", &id, "--occurrence", "7"]).await.assert(1, "has no occurrence 7");
    assert_clean(&world);
}

#[tokio::test]
async fn an_invitation_is_printed_as_zoom_writes_it() {
    let world = world().await;
    let id = world.sandbox.zoom.schedule(at("Bible\u{1b}[2J study", "17:00", 60)).to_string();
    let ran = run(&world, &["invitation", &id]).await;
    ran.assert(0, "Topic: Bible\\u001b[2J study\n");
    ran.assert(0, &format!("Meeting ID: {id}\n"));
    let json = run(&world, &["invitation", &id, "--json"]).await.json();
    assert!(json["invitation"].as_str().unwrap().contains("inviting you"));
    assert_clean(&world);
}
