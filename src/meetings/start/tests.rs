//! Times in zones: the golden cases, and any time in any zone.

use proptest::prelude::*;

use super::*;
use crate::meetings::zones;

/// Before every golden case.
const NOW: &str = "2026-01-01T00:00:00Z";

fn read_in(text: &str, zone_name: &str) -> Result<String, String> {
    let zone = zone(zone_name).map_err(|error| error.to_string())?;
    let now = NOW.parse().unwrap();
    instant(text, &zone, now).map(|at| at.to_string()).map_err(|error| error.to_string())
}

#[test]
fn local_times_become_the_golden_instants_and_zones() {
    for (text, zone_name, sent, zone_sent) in [
        ("2026-12-01T19:00", "Europe/Kyiv", "2026-12-01T17:00:00Z", "Europe/Kiev"),
        ("2026-07-01T19:00", "Asia/Tokyo", "2026-07-01T10:00:00Z", "Asia/Tokyo"),
        ("2026-12-01T19:00", "Asia/Ho_Chi_Minh", "2026-12-01T12:00:00Z", "Asia/Saigon"),
        ("2026-12-01T19:00", "America/Nuuk", "2026-12-01T21:00:00Z", "America/Godthab"),
        ("2026-12-01T19:00+02:00", "Asia/Tokyo", "2026-12-01T17:00:00Z", "Asia/Tokyo"),
        ("2026-12-01T19:00Z", "Europe/Berlin", "2026-12-01T19:00:00Z", "Europe/Berlin"),
        ("2026-10-25T02:30+01:00", "Europe/Berlin", "2026-10-25T01:30:00Z", "Europe/Berlin"),
        ("2026-10-25T02:30+02:00", "Europe/Berlin", "2026-10-25T00:30:00Z", "Europe/Berlin"),
        ("2026-12-01 19:00:30", "Europe/Berlin", "2026-12-01T18:00:30Z", "Europe/Berlin"),
        ("2026-12-01T19:00+0530", "UTC", "2026-12-01T13:30:00Z", "UTC"),
    ] {
        assert_eq!(read_in(text, zone_name).as_deref(), Ok(sent), "{text} {zone_name}");
        let zone = zone(zone_name).unwrap();
        assert_eq!(zones::for_zoom(&zone, NOW.parse().unwrap()), Some(zone_sent), "{zone_name}");
    }
    let tokyo = zone("Asia/Tokyo").unwrap();
    assert_eq!(shown("2026-12-01T17:00:00Z".parse().unwrap(), &tokyo), "2026-12-02 02:00");
}

#[test]
fn what_is_no_time_or_no_zone_is_named() {
    for (text, zone_name, said) in [
        ("2026-03-29T02:30", "Europe/Berlin", "the clock jumps from 02:00 to 03:00"),
        ("2026-03-29T02:00", "Europe/Berlin", "the clock jumps from 02:00 to 03:00"),
        (
            "2026-10-25T02:30",
            "Europe/Berlin",
            "happens twice in Europe/Berlin: write 02:30+02:00 or 02:30+01:00",
        ),
        ("2026-11-01T01:30", "America/St_Johns", "write 01:30-02:30 or 01:30-03:30"),
        ("2026-02-30T10:00", "UTC", "no day 2026-02-30"),
        ("2026-12-01T25:00", "UTC", "no time of day 25:00"),
        ("2026-12-01T24:00", "UTC", "no time of day 24:00"),
        ("2026-12-01T10:60", "UTC", "no time of day 10:60"),
        ("7 pm", "UTC", "\"7 pm\" is not a time"),
        ("25:00", "UTC", "is not a time"),
        ("2026-12-01", "UTC", "is not a time"),
        ("2026-12-01T7:00", "UTC", "is not a time"),
        ("2026-12-01T19:00+25:00", "UTC", "+25:00 is not an offset"),
        ("2026-12-01T19:00+2", "UTC", "+2 is not an offset"),
        ("2026-12-01T19:00Zulu", "UTC", "is not an offset"),
        ("2025-12-31T23:59", "UTC", "2025-12-31 23:59 has passed: Zoom would start the meeting now"),
        ("2026-01-01T00:00", "UTC", "has passed"),
        ("2026-12-01T19:00", "Osaka, Sapporo, Tokyo", "\"Osaka, Sapporo, Tokyo\" is not a zone"),
        ("2026-12-01T19:00", "JST", "\"JST\" is not a zone"),
    ] {
        let error = read_in(text, zone_name).unwrap_err();
        assert!(error.contains(said), "{text} {zone_name}: {error}");
    }
}

/// Zones with clock changes of an hour, of half an hour, of two hours, over midnight, and without any.
const ZONES: [&str; 8] = [
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Cairo",
    "America/Nuuk",
    "Asia/Kathmandu",
    "America/Santiago",
    "UTC",
];

proptest! {
    /// Every instant's local time is read back as that instant, or refused because it happens twice.
    #[test]
    fn an_instant_survives_the_way_through_any_zone(minute in 0_i64..5_000_000, name in prop::sample::select(&ZONES)) {
        let now: Timestamp = NOW.parse().unwrap();
        let zone = zone(name).unwrap();
        let at = now + SignedDuration::from_mins(minute + 1);
        let local = zone.to_datetime(at).strftime("%Y-%m-%dT%H:%M").to_string();
        match instant(&local, &zone, now) {
            Ok(found) => prop_assert_eq!(found, at),
            Err(StartError::Twice { first, second, .. }) => {
                let day = local.split('T').next().unwrap();
                let both = [first, second].map(|time| instant(&format!("{day}T{time}"), &zone, now).unwrap());
                prop_assert!(both[0] < both[1] && both.contains(&at), "{local} {both:?}");
            }
            Err(error) => prop_assert!(false, "{} {}: {}", local, name, error),
        }
    }

    /// A time that a jump leaves out has no instant: no instant's local time equals it.
    #[test]
    fn only_times_that_no_clock_shows_are_gaps(minute in 0_i64..2_000_000, name in prop::sample::select(&ZONES)) {
        let now: Timestamp = NOW.parse().unwrap();
        let zone = zone(name).unwrap();
        let local = Offset::UTC.to_datetime(now + SignedDuration::from_mins(minute + 1));
        let text = local.strftime("%Y-%m-%dT%H:%M").to_string();
        if let Err(StartError::Gap { from, to, .. }) = instant(&text, &zone, now) {
            prop_assert!(from != to);
            for offset in -14 * 4..=14 * 4 {
                let at = Offset::from_seconds(offset * 900).unwrap().to_timestamp(local).unwrap();
                prop_assert!(zone.to_datetime(at) != local, "{text} {name} {at}");
            }
        }
    }

    #[test]
    fn no_text_panics(text in any::<String>(), near in "[0-9TtZz:+ -]{0,24}") {
        let now: Timestamp = NOW.parse().unwrap();
        let _ = instant(&text, &TimeZone::UTC, now);
        let _ = instant(&near, &TimeZone::UTC, now);
    }
}
