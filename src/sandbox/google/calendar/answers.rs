//! What one person sees of an event.

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::model::{Attendee, Conferencing, Event, Response, Visibility, When};
use super::times::Occurrence;

/// An event as it is in this person's calendar.
pub(super) fn event(
    event: &Event,
    occurrence: &Occurrence,
    me: &str,
    attendees_max: usize,
    zone: Option<&TimeZone>,
) -> Value {
    let id = match occurrence.original {
        Some(original) => format!("{}_{}", event.id, stamp(original)),
        None => event.id.clone(),
    };
    let mut value = json!({
        "kind": "calendar#event",
        "etag": "\"sandbox\"",
        "id": id,
        "status": if occurrence.is_cancelled { "cancelled" } else { "confirmed" },
    });
    if let Some(original) = occurrence.original {
        value["recurringEventId"] = json!(event.id);
        value["originalStartTime"] = time(event, original, zone).0;
    }
    // Of what is cancelled only its identity is certain.
    if occurrence.is_cancelled {
        return value;
    }
    (value["start"], value["end"]) = time(event, occurrence.when, zone);
    value["htmlLink"] = json!(format!("https://www.google.com/calendar/event?eid={id}"));
    value["created"] = json!("2026-10-01T08:00:00.000Z");
    value["updated"] = json!("2026-10-01T08:00:00.000Z");
    value["iCalUID"] = json!(event.ical_uid);
    value["sequence"] = json!(0);
    value["eventType"] = json!(event.kind);
    value["creator"] = person(&event.organizer, me);
    value["organizer"] = person(&event.organizer, me);
    let texts =
        [("summary", &event.summary), ("description", &event.description), ("location", &event.location)];
    for (name, text) in texts {
        if let Some(text) = text {
            value[name] = json!(text);
        }
    }
    if let Some(word) = visibility(event.visibility) {
        value["visibility"] = json!(word);
    }
    if occurrence.is_series
        && let Some((days, count)) = event.repeats
    {
        value["recurrence"] = json!([format!("RRULE:FREQ=DAILY;INTERVAL={days};COUNT={count}")]);
    }
    put_attendees(&mut value, event, me, attendees_max);
    put_conference(&mut value, &event.conferencing);
    value
}

/// Start and end.
fn time(event: &Event, when: When, zone: Option<&TimeZone>) -> (Value, Value) {
    let zone = zone.unwrap_or(&event.zone);
    let name = zone.iana_name().unwrap_or("UTC");
    let timed = |time: jiff::Timestamp| {
        let local = time.to_zoned(zone.clone());
        json!({"dateTime": local.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string(), "timeZone": name})
    };
    match when {
        When::Timed(start, end) => (timed(start), timed(end)),
        When::Days(start, end) => (json!({"date": start.to_string()}), json!({"date": end.to_string()})),
    }
}

/// The part of an instance's id that tells it from the others of its series.
fn stamp(original: When) -> String {
    match original {
        When::Timed(start, _) => start.strftime("%Y%m%dT%H%M%SZ").to_string(),
        When::Days(start, _) => start.strftime("%Y%m%d").to_string(),
    }
}

fn person(email: &str, me: &str) -> Value {
    let mut value = json!({"email": email});
    if email == me {
        value["self"] = json!(true);
    }
    value
}

fn visibility(visibility: Visibility) -> Option<&'static str> {
    match visibility {
        Visibility::Default => None,
        Visibility::Public => Some("public"),
        Visibility::Private => Some("private"),
        Visibility::Confidential => Some("confidential"),
    }
}

/// Too many guests: only the one who asks is shown.
fn put_attendees(value: &mut Value, event: &Event, me: &str, most: usize) {
    if event.attendees.is_empty() {
        return;
    }
    let is_cut = event.are_attendees_omitted || event.attendees.len() > most;
    let shown = event.attendees.iter().filter(|attendee| !is_cut || attendee.email == me);
    let shown: Vec<Value> = shown.map(|attendee| attendee_json(attendee, event, me)).collect();
    if is_cut {
        value["attendeesOmitted"] = json!(true);
    }
    value["attendees"] = json!(shown);
}

fn attendee_json(attendee: &Attendee, event: &Event, me: &str) -> Value {
    let response = match attendee.response {
        Response::NeedsAction => "needsAction",
        Response::Declined => "declined",
        Response::Tentative => "tentative",
        Response::Accepted => "accepted",
    };
    let mut value = person(&attendee.email, me);
    value["responseStatus"] = json!(response);
    if attendee.email == event.organizer {
        value["organizer"] = json!(true);
    }
    value
}

fn put_conference(value: &mut Value, conferencing: &Conferencing) {
    let solution = |kind: &str, name: &str| json!({"key": {"type": kind}, "name": name});
    let video = |uri: &str| json!({"entryPointType": "video", "uri": uri, "label": uri.trim_start_matches("https://")});
    match conferencing {
        Conferencing::None => {}
        Conferencing::Meet(code) => {
            let link = format!("https://meet.google.com/{code}");
            let phone = json!({"entryPointType": "phone", "uri": "tel:+48-22-000-00-00", "pin": "123456789",
                "regionCode": "PL", "label": "+48 22 000 00 00"});
            value["hangoutLink"] = json!(link);
            value["conferenceData"] = json!({"conferenceId": code, "entryPoints": [video(&link), phone],
                "conferenceSolution": solution("hangoutsMeet", "Google Meet")});
        }
        Conferencing::MeetEntryPoint(code) => {
            let link = format!("https://meet.google.com/{code}");
            value["conferenceData"] = json!({"entryPoints": [video(&link)],
                "conferenceSolution": solution("hangoutsMeet", "Google Meet")});
        }
        Conferencing::HangoutLink(code) => {
            value["hangoutLink"] = json!(format!("https://meet.google.com/{code}"));
        }
        Conferencing::Pending => {
            value["conferenceData"] = json!({"createRequest": {"requestId": "sandbox",
                "conferenceSolutionKey": {"type": "hangoutsMeet"}, "status": {"statusCode": "pending"}}});
        }
        Conferencing::Zoom(link) => {
            value["location"] = json!(link);
            value["conferenceData"] = json!({"entryPoints": [video(link)],
                "conferenceSolution": solution("addOn", "Zoom Meeting")});
        }
    }
}
