//! How times and users are printed.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::meet::{EventTime, KEPT_DAYS};

/// `2026-11-02 10:00`
pub(crate) fn minute(at: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%Y-%m-%d %H:%M").to_string()
}

/// `11:02`; with its day if that is another one than the start's.
pub(crate) fn end(end: Timestamp, start: Timestamp, zone: &TimeZone) -> String {
    let (from, to) = (zone.to_datetime(start), zone.to_datetime(end));
    let form = if from.date() == to.date() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
    to.strftime(form).to_string()
}

/// The end, or since when it is on. Google may leave a conference open for hours after its end.
pub(crate) fn end_or_on(ended: Option<Timestamp>, start: Timestamp, zone: &TimeZone) -> String {
    match ended {
        Some(ended) => end(ended, start, zone),
        None => format!("on since {}", zone.to_datetime(start).strftime("%H:%M")),
    }
}

/// `10:00:12`
pub(crate) fn second(at: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(at).strftime("%H:%M:%S").to_string()
}

/// The day of an instant.
pub(crate) fn day(at: Timestamp, zone: &TimeZone) -> String {
    zone.to_datetime(at).date().to_string()
}

/// An instant in the zone, with its offset: for JSON.
pub(crate) fn iso(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// A day or an instant: for JSON.
pub(crate) fn event_iso(at: EventTime, zone: &TimeZone) -> String {
    match at {
        EventTime::At(at) => iso(at, zone),
        EventTime::Day(day) => day.to_string(),
    }
}

/// When Google forgets a conference: what it says, or thirty days after the end.
pub(crate) fn forgotten(expires: Option<Timestamp>, end: Option<Timestamp>) -> Option<Timestamp> {
    let days = jiff::SignedDuration::from_hours(24 * KEPT_DAYS);
    expires.or_else(|| end?.checked_add(days).ok())
}

/// `ewa@example.pl +2`
pub(crate) fn seen_as(users: &[&str]) -> String {
    match users {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first, others @ ..] => format!("{first} +{}", others.len()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_name_the_day_of_the_end_only_if_it_is_another_one() {
        let zone = TimeZone::get("Europe/Warsaw").unwrap();
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let start = at("2026-11-02T09:00:00Z");
        assert_eq!(minute(start, &zone), "2026-11-02 10:00");
        assert_eq!(end_or_on(Some(at("2026-11-02T10:02:40Z")), start, &zone), "11:02");
        assert_eq!(end_or_on(Some(at("2026-11-02T23:30:00Z")), start, &zone), "2026-11-03 00:30");
        assert_eq!(end_or_on(None, start, &zone), "on since 10:00");
        let kept = forgotten(None, Some(at("2026-11-02T10:02:40Z"))).unwrap();
        assert_eq!(day(kept, &zone), "2026-12-02");
        assert_eq!(seen_as(&["a@x", "b@x", "c@x"]), "a@x +2");
    }
}
