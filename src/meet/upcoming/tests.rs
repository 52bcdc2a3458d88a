//! M6: which entries are shown, and once each.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

const NOW: &str = "2026-11-28T12:00:00Z";

fn options() -> UpcomingOptions {
    let from: Timestamp = NOW.parse().unwrap();
    let to = from.checked_add(jiff::SignedDuration::from_hours(24)).unwrap();
    let zone = TimeZone::get("Europe/Warsaw").unwrap();
    UpcomingOptions { from, to, zone, all: false, declined: false }
}

/// An entry with a room, from one time of 2026-11-28 to another, with more fields.
fn entry(id: &str, from: &str, to: &str, more: Value) -> Event {
    let at = |time: &str| json!({"dateTime": format!("2026-11-28T{time}:00Z")});
    let mut answer = json!({"id": id, "iCalUID": format!("{id}@google.com"), "summary": id, "start": at(from),
        "end": at(to), "hangoutLink": "https://meet.google.com/aaa-bbbb-ccc"});
    for (key, value) in more.as_object().unwrap() {
        answer[key] = value.clone();
    }
    Event::read(&answer).unwrap()
}

fn titles(shown: &[UpcomingEvent]) -> Vec<&str> {
    shown.iter().map(|shown| shown.event.title.as_str()).collect()
}

fn of(events: Vec<Event>, options: &UpcomingOptions) -> Vec<UpcomingEvent> {
    upcoming([("u1".to_owned(), events)], options)
}

#[test]
fn what_is_cancelled_declined_over_or_without_a_conference_is_left_out() {
    let declined = json!({"attendees": [{"self": true, "responseStatus": "declined"}]});
    let zoom = json!({"hangoutLink": null, "location": "https://zoom.us/j/85746065432"});
    let events = || {
        vec![
            entry("Standup", "11:30", "12:30", json!({})),
            entry("cancelled", "13:00", "14:00", json!({"status": "cancelled"})),
            entry("declined", "13:00", "14:00", declined.clone()),
            entry("none", "13:00", "14:00", json!({"hangoutLink": null})),
            entry("over", "11:00", "12:00", json!({})),
            entry("zoom", "15:00", "16:00", zoom.clone()),
            entry(
                "day",
                "00:00",
                "01:00",
                json!({"start": {"date": "2026-11-29"}, "end": {"date": "2026-11-30"}}),
            ),
            entry(
                "plain day",
                "00:00",
                "01:00",
                json!({"start": {"date": "2026-11-29"}, "end": {"date": "2026-11-30"},
                "hangoutLink": null}),
            ),
            entry(
                "far",
                "10:00",
                "11:00",
                json!({"start": {"dateTime": "2026-11-29T13:00:00+01:00"},
                "end": {"dateTime": "2026-11-29T14:00:00+01:00"}}),
            ),
        ]
    };
    assert_eq!(titles(&of(events(), &options())), ["Standup", "day"]);
    let all = UpcomingOptions { all: true, declined: true, ..options() };
    assert_eq!(titles(&of(events(), &all)), ["Standup", "declined", "zoom", "day"]);
}

#[test]
fn one_entry_in_two_calendars_is_shown_once_and_the_organisers_copy_wins() {
    let copy = |title: &str, more: Value| {
        let mut event = entry("e", "13:00", "14:00", more);
        event.title = title.to_owned();
        event
    };
    let lists = [
        ("u1".to_owned(), vec![copy("guest's", json!({"visibility": "private"}))]),
        ("u2".to_owned(), vec![copy("organiser's", json!({"organizer": {"email": "u2", "self": true}}))]),
        ("u3".to_owned(), vec![copy("guest's", json!({}))]),
    ];
    let shown = upcoming(lists, &options());
    assert_eq!(titles(&shown), ["organiser's"]);
    assert_eq!(shown[0].seen_by, ["u1", "u2", "u3"]);
    assert!(shown[0].is_private, "a copy is private");
}

#[test]
fn dates_of_a_series_share_their_id_and_are_told_apart_even_if_one_was_moved() {
    let date = |id: &str, from: &str, to: &str, original: &str| {
        let original = json!({"dateTime": format!("2026-11-28T{original}:00Z")});
        let more =
            json!({"iCalUID": "series@google.com", "originalStartTime": original, "recurringEventId": "s"});
        entry(id, from, to, more)
    };
    // The second date was moved to the time of the first one.
    let dates = || vec![date("one", "13:00", "14:00", "13:00"), date("two", "13:00", "14:00", "15:00")];
    let shown = upcoming([("u1".to_owned(), dates()), ("u2".to_owned(), dates())], &options());
    assert_eq!(titles(&shown), ["one", "two"]);
}

proptest! {
    #[test]
    fn the_order_of_calendars_and_entries_changes_nothing(picks in prop::collection::vec((0_u8..4, 0_u8..6), 0..12)) {
        let calendar = |user: u8, picks: &[(u8, u8)]| {
            let own = picks.iter().filter(|(of, _)| *of == user);
            own.map(|(_, hour)| {
                let is_organizers = *hour % 4 == user;
                let organizer = json!({"organizer": {"email": "o", "self": is_organizers}});
                entry(&format!("e{hour}"), &format!("{}:00", 13 + hour), &format!("{}:30", 13 + hour), organizer)
            }).collect::<Vec<_>>()
        };
        let lists: Vec<(String, Vec<Event>)> = (0..4).map(|user| (format!("u{user}"), calendar(user, &picks))).collect();
        let mut turned = lists.clone();
        turned.reverse();
        turned.iter_mut().for_each(|(_, events)| events.reverse());
        let (one, other) = (upcoming(lists, &options()), upcoming(turned, &options()));
        prop_assert_eq!(titles(&one), titles(&other));
        let of_organizer = |shown: &[UpcomingEvent]| shown.iter().map(|shown| shown.event.is_organizers).collect::<Vec<_>>();
        prop_assert_eq!(of_organizer(&one), of_organizer(&other));
    }
}
