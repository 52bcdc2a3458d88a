//! Entries of calendars are read as Google writes them.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// An entry from one time of 2026-11-28 to another, with more fields.
fn event(from: &str, to: &str, more: Value) -> Event {
    let at = |time: &str| json!({"dateTime": format!("2026-11-28T{time}:00Z")});
    let mut answer = json!({"id": "e", "iCalUID": "e@google.com", "status": "confirmed", "summary": "Standup",
        "start": at(from), "end": at(to)});
    for (key, value) in more.as_object().unwrap() {
        answer[key] = value.clone();
    }
    Event::read(&answer).unwrap()
}

fn kind(more: Value) -> Option<EventConference> {
    event("10:00", "11:00", more).conference
}

fn meet(code: &str) -> Option<EventConference> {
    Some(EventConference::Meet(code.parse().unwrap()))
}

#[test]
fn rooms_of_meet_are_found_in_three_places() {
    let solution = json!({"key": {"type": "hangoutsMeet"}, "name": "Google Meet"});
    let video = json!([{"entryPointType": "phone", "uri": "tel:+48-1"},
        {"entryPointType": "video", "uri": "https://meet.google.com/vid-eooo-uri"}]);
    let id = json!({"conferenceData": {"conferenceId": "aaa-bbbb-ccc", "conferenceSolution": solution, "entryPoints": video},
        "hangoutLink": "https://meet.google.com/ddd-eeee-fff"});
    assert_eq!(kind(id), meet("aaa-bbbb-ccc"));
    let by_uri = json!({"conferenceData": {"conferenceSolution": solution, "entryPoints": video}});
    assert_eq!(kind(by_uri), meet("vid-eooo-uri"));
    assert_eq!(kind(json!({"hangoutLink": "https://meet.google.com/ddd-eeee-fff"})), meet("ddd-eeee-fff"));
    let pending = json!({"conferenceData": {"createRequest": {"status": {"statusCode": "pending"},
        "conferenceSolutionKey": {"type": "hangoutsMeet"}}}});
    assert_eq!(kind(pending), Some(EventConference::Pending));
    assert_eq!(kind(json!({})), None);
    assert_eq!(kind(json!({"location": "Room 7", "description": "call +48 857 460 654"})), None);
}

#[test]
fn meetings_of_zoom_are_found_by_their_link() {
    let zoom = Some(EventConference::Zoom(85_746_065_432));
    let add_on = json!({"key": {"type": "addOn"}, "name": "Zoom Meeting"});
    let entry =
        json!([{"entryPointType": "video", "uri": "https://us02web.zoom.us/j/85746065432?pwd=secret"}]);
    assert_eq!(kind(json!({"conferenceData": {"conferenceSolution": add_on, "entryPoints": entry}})), zoom);
    assert_eq!(kind(json!({"location": "https://zoom.us/j/85746065432"})), zoom);
    let description = "<p>Join: <a href=\"https://us02web.zoom.us/j/85746065432?pwd=x\">here</a></p>";
    assert_eq!(kind(json!({"description": description})), zoom);
    assert_eq!(kind(json!({"description": "https://zoom.us.evil.example/j/85746065432"})), None);
    let teams = json!({"key": {"type": "addOn"}, "name": "Teams"});
    let other = kind(json!({"conferenceData": {"conferenceSolution": teams, "entryPoints": []}}));
    assert_eq!(other, Some(EventConference::Other("Teams".to_owned())));
    // Meet is what the entry is about, whatever else is written in it.
    let both = json!({"hangoutLink": "https://meet.google.com/ddd-eeee-fff", "location": "https://zoom.us/j/85746065432"});
    assert_eq!(kind(both), meet("ddd-eeee-fff"));
}

#[test]
fn guests_answers_and_days_are_read() {
    let read = event(
        "10:00",
        "11:00",
        json!({"attendees": [{"email": "a@x", "responseStatus": "accepted"},
            {"email": "b@x", "self": true, "responseStatus": "declined"}, {"email": "room@x", "resource": true}],
            "attendeesOmitted": true, "organizer": {"email": "a@x"}, "visibility": "confidential"}),
    );
    assert_eq!(read.guests, Guests { count: 2, is_at_least: true });
    assert_eq!(read.answer, Some(Answer::Declined));
    assert!(read.is_private && !read.is_organizers && read.organizer == "a@x");
    let days =
        event("10:00", "11:00", json!({"start": {"date": "2026-11-29"}, "end": {"date": "2026-11-30"}}));
    let zone = TimeZone::get("Europe/Warsaw").unwrap();
    assert_eq!(days.start.instant(&zone).to_string(), "2026-11-28T23:00:00Z");
    assert_eq!(Event::read(&json!({"id": "e", "status": "cancelled"})), None);
}

#[test]
fn a_conference_has_the_title_of_the_nearest_entry_at_most_two_hours_away() {
    let entry = |from: &str, to: &str, title: &str| {
        event(from, to, json!({"summary": title, "hangoutLink": "https://meet.google.com/aaa-bbbb-ccc"}))
    };
    let events = [
        entry("08:00", "09:00", "first"),
        entry("10:00", "11:00", "second"),
        entry("18:00", "19:00", "late"),
    ];
    let title = |code: &str, from: &str, to: &str| {
        let at = |time: &str| format!("2026-11-28T{time}:00Z").parse::<Timestamp>().unwrap();
        title_of(&events, &code.parse().unwrap(), at(from), Some(at(to))).map(|event| event.title.as_str())
    };
    assert_eq!(title("aaa-bbbb-ccc", "09:55", "11:05"), Some("second"));
    assert_eq!(title("aaa-bbbb-ccc", "08:10", "08:50"), Some("first"));
    assert_eq!(title("aaa-bbbb-ccc", "13:00", "13:30"), Some("second"), "two hours after its end");
    assert_eq!(title("aaa-bbbb-ccc", "13:01", "13:30"), None);
    assert_eq!(title("aaa-bbbb-ccc", "15:00", "16:00"), Some("late"), "two hours before its start");
    assert_eq!(title("xxx-yyyy-zzz", "10:00", "11:00"), None);
}

proptest! {
    #[test]
    fn no_text_of_an_entry_breaks_it(location in "\\PC{0,40}", description in "(zoom\\.us/j/|https://|\\PC|[0-9<>\"]){0,20}") {
        let _any_answer_is_fine = kind(json!({"location": location, "description": description}));
    }
}
