//! How meetings are printed: in lines and tables, and as JSON.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::cli::table::plain;
use crate::meetings::overlap::{Busy, Slot};
use crate::meetings::{MeetingDetails, Occurrence, OccurrenceStatus, start};

/// `2026-12-01 19:00 to 20:30`; the day of the end only if it is another one.
pub(super) fn span(slot: Slot, zone: &TimeZone) -> String {
    let (from, to) = (zone.to_datetime(slot.start), zone.to_datetime(slot.end));
    let form = if from.date() == to.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    format!("{} to {}", from.strftime("%Y-%m-%d %H:%M"), to.strftime(form))
}

/// The same with the zone's name.
pub(super) fn span_in_zone(slot: Slot, zone: &TimeZone) -> String {
    format!("{} {}", span(slot, zone), start::name(zone))
}

/// The scheduled time of a meeting, if it has one.
pub(super) fn slot(meeting: &MeetingDetails) -> Option<Slot> {
    Some(Slot::new(meeting.start?, meeting.minutes.unwrap_or_default()))
}

/// An instant in the zone, with its offset: for JSON.
pub(super) fn iso(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// `85746065432 Bible study, 2026-12-01 19:00 to 20:30`
pub(super) fn busy_line(busy: &Busy, zone: &TimeZone) -> String {
    let date = busy.occurrence.as_ref().map(|id| format!(" (occurrence {})", plain(id))).unwrap_or_default();
    format!("{} {}{date}, {}", busy.number, plain(&busy.topic), span(busy.slot, zone))
}

/// What is said about meetings without a time; `None` if there are none.
pub(super) fn not_compared(count: usize) -> Option<String> {
    match count {
        0 => None,
        1 => Some("1 meeting without a fixed time was not compared".to_owned()),
        _ => Some(format!("{count} meetings without a fixed time were not compared")),
    }
}

/// A taken time.
pub(super) fn busy_json(busy: &Busy, zone: &TimeZone) -> Value {
    json!({
        "id": busy.number,
        "topic": busy.topic,
        "occurrence": busy.occurrence,
        "start": iso(busy.slot.start, zone),
        "end": iso(busy.slot.end, zone),
    })
}

/// A meeting. The address to join contains the passcode, so it is printed and never logged.
pub(super) fn meeting_json(meeting: &MeetingDetails, zone: &TimeZone) -> Value {
    let slot = slot(meeting);
    json!({
        "id": meeting.number,
        "uuid": meeting.uuid,
        "topic": meeting.topic,
        "agenda": meeting.agenda,
        "type": meeting.kind.name(),
        "status": meeting.status,
        "host": meeting.host_email,
        "host_id": meeting.host_id,
        "start": slot.map(|slot| iso(slot.start, zone)),
        "end": slot.map(|slot| iso(slot.end, zone)),
        "minutes": meeting.minutes,
        "zone": meeting.zone,
        "recording": meeting.recording,
        "waiting_room": meeting.waiting_room,
        "join_before_host": meeting.join_before_host,
        "join_url": meeting.join_url.as_ref().map(crate::secret::SecretUrl::expose),
        "occurrences": meeting.occurrences.iter().map(|date| occurrence_json(date, zone)).collect::<Vec<_>>(),
    })
}

/// One date of a meeting.
pub(super) fn occurrence_json(date: &Occurrence, zone: &TimeZone) -> Value {
    let slot = Slot::new(date.start, date.minutes);
    json!({
        "id": date.id,
        "start": iso(slot.start, zone),
        "end": iso(slot.end, zone),
        "minutes": date.minutes,
        "status": status(date),
    })
}

/// A word for the status of a date.
pub(super) fn status(date: &Occurrence) -> &'static str {
    match date.status {
        OccurrenceStatus::Available => "available",
        OccurrenceStatus::Deleted => "deleted",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_name_the_day_of_the_end_only_if_it_is_another_one() {
        let zone = TimeZone::get("Europe/Kyiv").unwrap();
        let slot = |start: &str, minutes| Slot::new(start.parse().unwrap(), minutes);
        assert_eq!(
            span_in_zone(slot("2026-12-01T17:00:00Z", 90), &zone),
            "2026-12-01 19:00 to 20:30 Europe/Kyiv"
        );
        assert_eq!(span(slot("2026-12-01T21:30:00Z", 60), &zone), "2026-12-01 23:30 to 2026-12-02 00:30");
        assert_eq!(iso("2026-12-01T17:00:00Z".parse().unwrap(), &zone), "2026-12-01T19:00:00+02:00");
        assert_eq!(not_compared(0), None);
        assert!(not_compared(2).unwrap().starts_with("2 meetings"));
    }
}
