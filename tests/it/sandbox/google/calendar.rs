//! Calendar: windows, series, conferences of several kinds, and what one guest sees.

use jiff::Timestamp;
use serde_json::{Value, json};
use zoom2drive::sandbox::google::{Conferencing, Event, Response, User, Visibility};

use super::meet::{EWA, JAN};
use super::{Drive, drive, reason};

const CALENDAR: &str = "https://www.googleapis.com/auth/calendar.events.readonly";
const EVENTS: &str = "/calendar/v3/calendars/primary/events";
const SINGLE: &str = "singleEvents=true&orderBy=startTime";

fn at(text: &str) -> Timestamp {
    format!("2026-11-28T{text}:00Z").parse().unwrap()
}

/// Ewa reads her calendar.
async fn calendar() -> Drive {
    let mut drive = drive().await;
    drive.google.add_user(User::new(EWA, "Ewa Nowak"));
    drive.google.add_user(User::new(JAN, "Jan Kowalski"));
    drive.act_for(EWA, CALENDAR).await;
    drive
}

impl Drive {
    async fn events(&self, query: &str) -> Vec<Value> {
        let (status, page) = self.json(&format!("{EVENTS}?{query}")).await;
        assert_eq!(status, 200, "{query}: {page}");
        page["items"].as_array().unwrap().clone()
    }

    async fn titles(&self, query: &str) -> Vec<String> {
        let title = |event: Value| event["summary"].as_str().unwrap_or("-").to_owned();
        self.events(query).await.into_iter().map(title).collect()
    }
}

#[tokio::test]
async fn a_window_is_compared_with_end_and_start_and_excludes_its_bounds() {
    let drive = calendar().await;
    drive.google.add_event(Event::new(EWA, "over", at("11:00"), at("12:00")));
    drive.google.add_event(Event::new(EWA, "on now", at("11:30"), at("12:30")));
    drive.google.add_event(Event::new(EWA, "later", at("13:00"), at("14:00")));
    drive.google.add_event(Event::new(EWA, "at the bound", at("18:00"), at("19:00")));
    let day = jiff::civil::date(2026, 11, 28);
    drive.google.add_event(Event::days(EWA, "all day", day, day.tomorrow().unwrap()));
    let window = format!("timeMin=2026-11-28T12:00:00Z&timeMax=2026-11-28T19:00:00%2B01:00&{SINGLE}");
    assert_eq!(drive.titles(&window).await, ["all day", "on now", "later"]);
    let event = &drive.events(&window).await[1];
    assert_eq!(event["start"], json!({"dateTime": "2026-11-28T12:30:00+01:00", "timeZone": "Europe/Warsaw"}));
    assert_eq!(drive.events(&window).await[0]["end"], json!({"date": "2026-11-29"}));
    let utc = drive.events(&format!("{window}&timeZone=UTC")).await;
    assert_eq!(utc[1]["start"]["dateTime"], "2026-11-28T11:30:00+00:00");
    drive.assert_no_violations();
}

#[tokio::test]
async fn mistakes_in_a_question_to_the_calendar_are_refused() {
    let drive = calendar().await;
    let mistakes = [
        ("timeMin=2026-11-28T12:00:00", "badRequest"),
        ("timeMin=2026-11-28", "badRequest"),
        ("orderBy=startTime", "badRequest"),
        ("timeMin=2026-11-28T12:00:00Z&timeMax=2026-11-28T12:00:00Z", "timeRangeEmpty"),
        ("maxResults=0", "invalid"),
        ("eventTypes=meeting", "invalid"),
        ("singleEvents=yes", "invalidParameter"),
    ];
    for (query, expected) in mistakes {
        let refused = drive.get(&format!("{EVENTS}?{query}")).await;
        assert_eq!(reason(refused).await, (400, expected.to_owned()), "{query}");
    }
    let other = format!("/calendar/v3/calendars/{JAN}/events");
    assert_eq!(drive.get(&other).await.status(), 404);
    assert_eq!(drive.get(&other.replace(JAN, EWA)).await.status(), 200);
    drive.google.add_user(User::new(EWA, "Ewa Nowak").without_calendar());
    assert_eq!(reason(drive.get(EVENTS).await).await, (403, "notACalendarUser".to_owned()));
    drive.google.set_calendar_enabled(false);
    assert_eq!(reason(drive.get(EVENTS).await).await, (403, "accessNotConfigured".to_owned()));
}

#[tokio::test]
async fn a_series_is_expanded_at_the_same_time_of_day() {
    let drive = calendar().await;
    // The clocks change on 25 October 2026.
    let start: Timestamp = "2026-10-23T08:00:00Z".parse().unwrap();
    let hour = |start: Timestamp| start + jiff::SignedDuration::from_hours(1);
    let moved: Timestamp = "2026-10-26T15:00:00Z".parse().unwrap();
    let series = Event::new(EWA, "daily", start, hour(start)).meet("aaa-bbbb-ccc").every(1, 5);
    let id = drive.google.add_event(series.without(1).moved(3, moved, hour(moved)));
    let events = drive.events(SINGLE).await;
    let starts: Vec<&str> = events.iter().map(|event| event["start"]["dateTime"].as_str().unwrap()).collect();
    let expected = [
        "2026-10-23T10:00:00+02:00",
        "2026-10-25T10:00:00+01:00",
        "2026-10-26T16:00:00+01:00",
        "2026-10-27T10:00:00+01:00",
    ];
    assert_eq!(starts, expected);
    assert_eq!(events[2]["recurringEventId"], json!(id));
    assert_eq!(events[2]["id"], json!(format!("{id}_20261026T090000Z")));
    assert_eq!(events[2]["originalStartTime"]["dateTime"], "2026-10-26T10:00:00+01:00");
    assert_eq!(events[2]["iCalUID"], events[0]["iCalUID"]);
    let cancelled = &drive.events(&format!("{SINGLE}&showDeleted=true")).await;
    let cancelled = cancelled.iter().find(|event| event["status"] == "cancelled").unwrap();
    assert!(cancelled.get("summary").is_none() && cancelled.get("start").is_none());
    let unexpanded = drive.events("").await;
    let kinds: Vec<&str> = unexpanded.iter().map(|event| event["status"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["confirmed", "cancelled", "confirmed"]);
    assert_eq!(unexpanded[0]["recurrence"], json!(["RRULE:FREQ=DAILY;INTERVAL=1;COUNT=5"]));
    let window = format!("{SINGLE}&timeMin=2026-10-26T15:30:00Z&timeMax=2026-10-26T15:31:00Z");
    assert_eq!(drive.titles(&window).await, ["daily"]);
}

#[tokio::test]
async fn conferences_of_every_kind_are_told_apart() {
    let drive = calendar().await;
    let add = |minute: i64, conferencing| {
        let start = at("12:00") + jiff::SignedDuration::from_mins(minute);
        drive.google.add_event(Event::new(EWA, "x", start, at("14:00")).conferencing(conferencing));
    };
    add(0, Conferencing::Meet("aaa-bbbb-ccc".to_owned()));
    add(1, Conferencing::MeetEntryPoint("ddd-eeee-fff".to_owned()));
    add(2, Conferencing::HangoutLink("ggg-hhhh-iii".to_owned()));
    add(3, Conferencing::Pending);
    add(4, Conferencing::Zoom("https://us02web.zoom.us/j/85746065432?pwd=x".to_owned()));
    add(5, Conferencing::None);
    let events = drive.events(SINGLE).await;
    let data = |place: usize| &events[place]["conferenceData"];
    assert_eq!(data(0)["conferenceId"], "aaa-bbbb-ccc");
    assert_eq!(data(0)["conferenceSolution"]["key"]["type"], "hangoutsMeet");
    assert_eq!(events[0]["hangoutLink"], "https://meet.google.com/aaa-bbbb-ccc");
    assert!(data(1)["conferenceId"].is_null());
    assert_eq!(data(1)["entryPoints"][0]["uri"], "https://meet.google.com/ddd-eeee-fff");
    assert!(data(2).is_null());
    assert_eq!(data(3)["createRequest"]["status"]["statusCode"], "pending");
    assert_eq!(data(4)["conferenceSolution"]["key"]["type"], "addOn");
    assert!(data(5).is_null());
}

#[tokio::test]
async fn each_guest_sees_their_own_copy() {
    let mut drive = calendar().await;
    let event =
        Event::new(EWA, "talk", at("12:00"), at("13:00")).guest(EWA).guest_who(JAN, Response::Declined);
    let id = drive.google.add_event(event.visibility(Visibility::Private).group("all@theatre.example"));
    drive.google.add_event(Event::new(EWA, "secret", at("12:00"), at("13:00")));
    let gone = Event::new(EWA, "gone", at("15:00"), at("16:00")).guest(JAN).cancelled();
    drive.google.add_event(gone);
    drive.act_for(JAN, CALENDAR).await;
    let events = drive.events(SINGLE).await;
    assert_eq!((events.len(), &events[0]["visibility"]), (1, &json!("private")));
    assert_eq!(events[0]["organizer"], json!({"email": EWA}));
    let jan = json!({"email": JAN, "self": true, "responseStatus": "declined"});
    assert_eq!((events[0]["attendees"].as_array().unwrap().len(), &events[0]["attendees"][1]), (3, &jan));
    let one = drive.events(&format!("{SINGLE}&maxAttendees=1")).await;
    assert_eq!((&one[0]["attendees"], &one[0]["attendeesOmitted"]), (&json!([jan]), &json!(true)));
    drive.google.edit_event(&id, |event| event.is_cancelled = true);
    assert_eq!(drive.titles(SINGLE).await, [""; 0]);
}

#[tokio::test]
async fn a_page_of_events_may_be_empty_and_have_a_token() {
    let drive = calendar().await;
    drive.google.set_empty_pages(true);
    for hour in ["10:00", "11:00", "12:00"] {
        drive.google.add_event(Event::new(EWA, hour, at(hour), at("13:00")));
    }
    let (mut token, mut pages) = (String::new(), Vec::new());
    loop {
        let query = format!("{SINGLE}&maxResults=2&pageToken={token}&fields=nextPageToken,items(summary)");
        let (_, page) = drive.json(&format!("{EVENTS}?{query}")).await;
        pages.push(page["items"].as_array().unwrap().len());
        let Some(next) = page["nextPageToken"].as_str() else { break };
        token = next.to_owned();
    }
    assert_eq!(pages, [0, 2, 1]);
    assert_eq!(drive.get(&format!("{EVENTS}?pageToken={token}")).await.status(), 400);
}
