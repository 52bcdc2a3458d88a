//! What is planned, and the titles of what has been, by the calendar.

use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, Zoned};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::google::{Conferencing, Event, Response, Visibility};

use super::*;

/// A time this many minutes from now, in whole seconds.
fn minutes(from_now: i64) -> Timestamp {
    let now = Timestamp::from_second(Timestamp::now().as_second()).unwrap();
    now.checked_add(SignedDuration::from_mins(from_now)).unwrap()
}

/// An entry of an hour, this many minutes from now.
fn entry(organizer: &str, title: &str, from_now: i64) -> Event {
    Event::new(organizer, title, minutes(from_now), minutes(from_now + 60))
}

fn shown(at: Timestamp, form: &str) -> String {
    at.in_tz("Europe/Warsaw").unwrap().strftime(form).to_string()
}

fn titles(answer: &Value) -> Vec<&str> {
    answer["events"].as_array().unwrap().iter().map(|event| event["title"].as_str().unwrap()).collect()
}

/// Tomorrow in Warsaw.
fn tomorrow() -> Date {
    Zoned::now().with_time_zone(jiff::tz::TimeZone::get("Europe/Warsaw").unwrap()).date().tomorrow().unwrap()
}

/// M6.
async fn m6() -> World {
    let world = world(&[EWA, JAN]).await;
    let google = &world.sandbox.google;
    google.add_event(entry(EWA, "Standup", -30).meet("aaa-bbbb-ccc").guest(EWA).guest(JAN));
    google.add_event(entry(EWA, "cancelled", 60).meet("bbb-bbbb-bbb").cancelled());
    google.add_event(
        entry(JAN, "declined", 70).meet("ccc-cccc-ccc").guest(JAN).guest_who(EWA, Response::Declined),
    );
    google.add_event(entry(EWA, "none", 80));
    let link = Conferencing::HangoutLink("ddd-eeee-fff".to_owned());
    google.add_event(entry(EWA, "old", 90).conferencing(link));
    let zoom = Conferencing::Zoom("https://us02web.zoom.us/j/85746065432?pwd=secret".to_owned());
    google.add_event(entry(EWA, "at Zoom", 100).conferencing(zoom));
    google.add_event(
        Event::days(EWA, "Festival", tomorrow(), tomorrow().tomorrow().unwrap()).meet("fff-ffff-fff"),
    );
    google.add_event(Event::days(EWA, "Holiday", tomorrow(), tomorrow().tomorrow().unwrap()));
    google.add_event(entry(EWA, "over", -60).meet("ggg-gggg-ggg"));
    google
        .add_event(entry(EWA, "Salary", 110).meet("hhh-hhhh-hhh").visibility(Visibility::Private).guest(JAN));
    google.add_event(entry(EWA, "", 120).conferencing(Conferencing::Pending));
    google.add_event(entry(EWA, "far", 60 * 24 + 5).meet("iii-iiii-iii"));
    world
}

#[tokio::test]
async fn the_calendar_of_one_user_is_shown_with_what_can_be_joined() {
    let world = m6().await;
    let ran = run(&world, &["upcoming", "--user", EWA, "--days", "1"]).await;
    let row = |title: &str| ran.out.lines().find(|line| line.contains(title)).unwrap_or_default().to_owned();
    let (from, to) = (minutes(-30), minutes(30));
    let words: Vec<String> = row("Standup").split_whitespace().map(str::to_owned).collect();
    let time = |at, form: &str| shown(at, form);
    if time(from, "%F") == time(to, "%F") {
        assert_eq!(
            words,
            [
                &time(from, "%F"),
                &time(from, "%H:%M"),
                &time(to, "%H:%M"),
                "Standup",
                "aaa-bbbb-ccc",
                "on",
                "now",
                "2"
            ]
        );
    }
    assert!(row("old").contains("ddd-eeee-fff") && row("Salary").contains("hhh-hhhh-hhh"), "{}", ran.out);
    assert!(row("(no title)").contains("no code yet"), "{}", ran.out);
    for absent in ["cancelled", "declined", "none", "at Zoom", "over", "Holiday", "far"] {
        assert!(!ran.out.contains(absent), "{absent}: {}", ran.out);
    }
    let all = run(&world, &["upcoming", "--user", EWA, "--days", "1", "--all", "--declined"]).await;
    all.assert(0, "zoom 85746065432");
    all.assert(0, "declined  ");
    assert!(!all.out.contains("secret"), "{}", all.out);
    // All of the day is still to come, unless the next day has begun in the meantime.
    ran.assert(0, &format!("{} all day", tomorrow()));
    assert_clean(&world);
}

#[tokio::test]
async fn an_entry_in_several_calendars_is_shown_once_and_private_ones_without_title() {
    let world = m6().await;
    let ran = run(&world, &["upcoming", "--all-users", "--days", "1", "--json"]).await;
    let answer = ran.json();
    let mut found = titles(&answer);
    found.sort_unstable();
    assert_eq!(found, ["(no title)", "(private)", "Festival", "Standup", "declined", "old"], "{}", ran.out);
    assert!(!ran.out.contains("Salary"), "{}", ran.out);
    let standup = &answer["events"][0];
    assert_eq!((&standup["organizer"], &standup["is_on"]), (&EWA.into(), &true.into()));
    assert_eq!(standup["calendars"], serde_json::json!([EWA, JAN]));
    let private =
        answer["events"].as_array().unwrap().iter().find(|event| event["title"] == "(private)").unwrap();
    assert_eq!(private["guests"], Value::Null);
    run(&world, &["upcoming", "--all-users", "--days", "1"]).await.assert(0, "ewa@theatre.example +1");
    assert_clean(&world);
}

#[tokio::test]
async fn each_date_of_a_series_is_a_row_also_one_that_was_moved() {
    let world = world(&[EWA, JAN]).await;
    let google = &world.sandbox.google;
    let series = entry(EWA, "Weekly", 60).meet("aaa-bbbb-ccc").guest(EWA).guest(JAN).every(1, 4).without(1);
    google.add_event(series.moved(2, minutes(3 * 24 * 60 + 60), minutes(3 * 24 * 60 + 120)));
    google.set_empty_pages(true);
    google.set_page_limit(1);
    let answer = run(
        &world,
        &["upcoming", "--user", "ewa@theatre.example,jan@theatre.example", "--days", "7", "--json"],
    )
    .await
    .json();
    assert_eq!(titles(&answer), ["Weekly"; 3]);
    assert!(
        answer["events"].as_array().unwrap().iter().all(|event| event["calendars"][1] == JAN),
        "{answer}"
    );
    assert_clean(&world);
}

#[tokio::test]
async fn a_user_whose_calendar_is_refused_hides_nobody() {
    let world = m6().await;
    world.sandbox.google.withdraw_scope(Some(JAN), CALENDAR);
    let ran = run(&world, &["upcoming", "--all-users", "--days", "1"]).await;
    ran.assert(1, "Standup");
    ran.assert(1, "1 of 4 users could not be asked: jan@theatre.example (");
    ran.assert(1, CALENDAR);
    world.sandbox.google.set_calendar_enabled(false);
    run(&world, &["upcoming", "--all-users"]).await.assert(1, "the Google Calendar API is off");
    let nobody = world_with(&[EWA], &[]).await;
    run(&nobody, &["upcoming", "--user", EWA]).await.assert(0, "nothing is planned\n");
}

/// A conference of the second of November in a planned room.
async fn planned() -> World {
    let world = world(&[EWA, JAN]).await;
    let google = &world.sandbox.google;
    google.add_conference(conference("a", EWA, "abc-mnop-xyz", "09:00:00", "10:00:00"));
    google.add_event(
        Event::new(JAN, "Standup", at("09:05:00"), at("10:00:00")).meet("abc-mnop-xyz").guest(EWA),
    );
    google.add_event(
        Event::new(JAN, "Another", at("12:10:00"), at("13:00:00")).meet("abc-mnop-xyz").guest(EWA),
    );
    world
}

#[tokio::test]
async fn a_conference_has_the_title_and_the_organiser_of_the_calendar() {
    let world = planned().await;
    let ran = run(&world, &["past", "--user", EWA]).await;
    let expected = "\
START             END    CODE          TITLE    PEOPLE  RECORDED  SEEN AS              KEPT UNTIL
2026-11-02 10:00  11:00  abc-mnop-xyz  Standup  1       no        ewa@theatre.example  2026-12-02
Times are those of Europe/Warsaw.
";
    assert_eq!((ran.code, ran.out.as_str()), (0, expected));
    let answer = run(&world, &["past", "--user", EWA, "--json"]).await.json();
    assert_eq!(
        (&answer["meetings"][0]["title"], &answer["meetings"][0]["organizer"]),
        (&"Standup".into(), &JAN.into())
    );
    let ran = run(&world, &["show", "abc-mnop-xyz", "--user", EWA]).await;
    ran.assert(
        0,
        "Standup, abc-mnop-xyz, 2026-11-02 10:00 to 11:00 (Europe/Warsaw)\norganizer   jan@theatre.example\n",
    );
    assert_clean(&world);
}

#[tokio::test]
async fn a_calendar_that_may_not_be_read_fails_no_list() {
    let world = planned().await;
    let google = &world.sandbox.google;
    google.withdraw_scope(None, CALENDAR);
    let ran = run(&world, &["past", "--user", EWA]).await;
    ran.assert(0, "abc-mnop-xyz  abc-mnop-xyz  1 ");
    ran.assert(
        0,
        "note: codes stand for some titles: the service account may not act for ewa@theatre.example",
    );
    google.grant_scope(None, CALENDAR);
    google.set_calendar_enabled(false);
    run(&world, &["past", "--user", EWA])
        .await
        .assert(0, "note: codes stand for some titles: the Google Calendar API is off");
    run(&world, &["show", "abc-mnop-xyz", "--user", EWA])
        .await
        .assert(0, "note: codes stand for some titles");
    // A short list needs no titles.
    let before = google.tokens_asked(EWA, CALENDAR);
    run(&world, &["past", "--all-users", "--brief"]).await.assert(0, "abc-mnop-xyz");
    assert_eq!(google.tokens_asked(EWA, CALENDAR), before);
}

#[tokio::test]
async fn private_titles_of_a_company_are_hidden_and_hostile_ones_are_escaped() {
    let world = planned().await;
    let google = &world.sandbox.google;
    google.add_conference(conference("b", EWA, "ppp-pppp-ppp", "11:00:00", "11:30:00"));
    let private = Event::new(EWA, "Salary", at("11:00:00"), at("11:30:00")).meet("ppp-pppp-ppp");
    google.add_event(private.visibility(Visibility::Confidential));
    google.add_conference(conference("c", EWA, "hhh-hhhh-hhh", "11:40:00", "11:50:00"));
    google.add_event(Event::new(EWA, "a\u{1b}[2Jb\nc", at("11:40:00"), at("11:50:00")).meet("hhh-hhhh-hhh"));
    for arguments in [&["past", "--all-users"][..], &["past", "--all-users", "--json"]] {
        let ran = run(&world, arguments).await;
        assert!(ran.out.contains("(private)") && !ran.out.contains("Salary"), "{}", ran.out);
        assert!(!ran.out.contains('\u{1b}'), "{:?}", ran.out);
    }
    run(&world, &["past", "--user", EWA]).await.assert(0, "Salary");
    run(&world, &["past", "--user", EWA]).await.assert(0, "a [2Jb c");
}

#[tokio::test]
async fn a_calendar_that_is_busy_is_waited_for() {
    let world = m6().await;
    let fault = Fault::Answer(Canned::google(403, "rateLimitExceeded", "Rate Limit Exceeded"));
    world.sandbox.faults.add(Rule {
        route: Route::Calendar,
        subject: String::new(),
        skip: 0,
        times: 2,
        fault,
    });
    run(&world, &["upcoming", "--user", EWA, "--days", "1"]).await.assert(0, "Standup");
}
