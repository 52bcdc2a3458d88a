//! The zones that Zoom knows. Zoom takes about 130 names, some of them old ones. If it does not know a name, it uses the
//! account's zone without a word.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::start::name;

/// The names in Zoom's list of time zones. (`SST`, its name for the Solomon Islands, is left out: elsewhere it means
/// Samoa.) Where several have the same clock, the first one of a continent stands for the zones that Zoom does not know.
const KNOWN: &[&str] = &[
    "Pacific/Midway",
    "Pacific/Pago_Pago",
    "Pacific/Honolulu",
    "America/Anchorage",
    "America/Vancouver",
    "America/Los_Angeles",
    "America/Tijuana",
    "America/Edmonton",
    "America/Denver",
    "America/Phoenix",
    "America/Mazatlan",
    "America/Winnipeg",
    "America/Regina",
    "America/Chicago",
    "America/Mexico_City",
    "America/Guatemala",
    "America/El_Salvador",
    "America/Managua",
    "America/Costa_Rica",
    "America/Tegucigalpa",
    "America/New_York",
    "America/Montreal",
    "America/Indianapolis",
    "America/Panama",
    "America/Bogota",
    "America/Lima",
    "America/Halifax",
    "Canada/Atlantic",
    "America/Puerto_Rico",
    "America/Caracas",
    "America/Santiago",
    "America/St_Johns",
    "America/Sao_Paulo",
    "America/Araguaina",
    "America/Montevideo",
    "America/Argentina/Buenos_Aires",
    "America/Godthab",
    "Atlantic/Azores",
    "Atlantic/Cape_Verde",
    "UTC",
    "Etc/Greenwich",
    "Europe/London",
    "Europe/Dublin",
    "Europe/Lisbon",
    "Atlantic/Reykjavik",
    "Africa/Casablanca",
    "Africa/Nouakchott",
    "Europe/Berlin",
    "Europe/Paris",
    "Europe/Amsterdam",
    "Europe/Brussels",
    "Europe/Rome",
    "Europe/Madrid",
    "Europe/Vienna",
    "Europe/Zurich",
    "Europe/Stockholm",
    "Europe/Copenhagen",
    "Europe/Oslo",
    "Europe/Luxembourg",
    "Europe/Warsaw",
    "Europe/Prague",
    "Europe/Budapest",
    "Europe/Belgrade",
    "CET",
    "Africa/Bangui",
    "Africa/Algiers",
    "Africa/Tunis",
    "Europe/Athens",
    "Europe/Helsinki",
    "Europe/Kiev",
    "Europe/Sofia",
    "Europe/Bucharest",
    "Asia/Nicosia",
    "Asia/Beirut",
    "Asia/Jerusalem",
    "Africa/Cairo",
    "Africa/Tripoli",
    "Africa/Johannesburg",
    "Africa/Harare",
    "Africa/Khartoum",
    "Europe/Moscow",
    "Europe/Istanbul",
    "Asia/Amman",
    "Asia/Damascus",
    "Asia/Riyadh",
    "Asia/Baghdad",
    "Asia/Kuwait",
    "Asia/Bahrain",
    "Asia/Qatar",
    "Asia/Aden",
    "Africa/Nairobi",
    "Africa/Djibouti",
    "Africa/Mogadishu",
    "Asia/Tehran",
    "Asia/Dubai",
    "Asia/Muscat",
    "Asia/Baku",
    "Asia/Kabul",
    "Asia/Tashkent",
    "Asia/Yekaterinburg",
    "Asia/Almaty",
    "Asia/Kolkata",
    "Asia/Calcutta",
    "Asia/Kathmandu",
    "Asia/Dhaka",
    "Asia/Dacca",
    "Asia/Bangkok",
    "Asia/Saigon",
    "Asia/Jakarta",
    "Asia/Novosibirsk",
    "Asia/Krasnoyarsk",
    "Asia/Singapore",
    "Asia/Shanghai",
    "Asia/Hong_Kong",
    "Asia/Taipei",
    "Asia/Kuala_Lumpur",
    "Asia/Irkutsk",
    "Australia/Perth",
    "Asia/Tokyo",
    "Asia/Seoul",
    "Asia/Yakutsk",
    "Australia/Darwin",
    "Australia/Adelaide",
    "Australia/Brisbane",
    "Pacific/Port_Moresby",
    "Asia/Vladivostok",
    "Australia/Sydney",
    "Australia/Hobart",
    "Asia/Magadan",
    "Pacific/Noumea",
    "Asia/Kamchatka",
    "Pacific/Fiji",
    "Pacific/Auckland",
    "Pacific/Apia",
];

/// Names of today, and the older name of the same place that Zoom knows.
const RENAMED: &[(&str, &str)] = &[
    ("America/Buenos_Aires", "America/Argentina/Buenos_Aires"),
    ("America/Fort_Wayne", "America/Indianapolis"),
    ("America/Indiana/Indianapolis", "America/Indianapolis"),
    ("America/Nuuk", "America/Godthab"),
    ("America/Toronto", "America/Montreal"),
    ("Asia/Ho_Chi_Minh", "Asia/Saigon"),
    ("Asia/Katmandu", "Asia/Kathmandu"),
    ("Etc/GMT", "Etc/Greenwich"),
    ("Etc/UTC", "UTC"),
    ("Europe/Bratislava", "Europe/Prague"),
    ("Europe/Kyiv", "Europe/Kiev"),
    ("US/Central", "America/Chicago"),
    ("US/Eastern", "America/New_York"),
    ("US/Mountain", "America/Denver"),
    ("US/Pacific", "America/Los_Angeles"),
];

/// Two zones count as equal if their clocks agree for this time.
const EQUAL_FOR: SignedDuration = SignedDuration::from_hours(5 * 366 * 24);

/// The name under which Zoom knows a zone: its own, an older one of the same place, or that of a zone whose clock shows
/// the same from `now` on. `None` if Zoom knows no such zone.
pub fn for_zoom(zone: &TimeZone, now: Timestamp) -> Option<&'static str> {
    let wanted = name(zone);
    if let Some(known) = KNOWN.iter().find(|known| **known == wanted) {
        return Some(known);
    }
    if let Some((_, old)) = RENAMED.iter().find(|(new, _)| *new == wanted) {
        return Some(old);
    }
    let is_near = |known: &&&str| known.split('/').next() == wanted.split('/').next();
    let (near, far): (Vec<&&str>, Vec<&&str>) = KNOWN.iter().partition(|known| is_near(known));
    let alike = |known: &&&&str| TimeZone::get(known).is_ok_and(|known| have_equal_clocks(zone, &known, now));
    near.iter().chain(&far).find(alike).map(|known| **known)
}

/// True if two zones' clocks show the same from `now` on.
fn have_equal_clocks(one: &TimeZone, other: &TimeZone, now: Timestamp) -> bool {
    let end = now.checked_add(EQUAL_FOR).unwrap_or(Timestamp::MAX);
    let changes = |zone: &TimeZone| -> Vec<_> {
        let following = zone.following(now).take_while(|change| change.timestamp() < end);
        let mut changes: Vec<_> = following.map(|change| (change.timestamp(), change.offset())).collect();
        // A change of the zone's abbreviation changes no clock.
        let mut before = zone.to_offset(now);
        changes.retain(|(_, offset)| std::mem::replace(&mut before, *offset) != *offset);
        changes
    };
    one.to_offset(now) == other.to_offset(now) && changes(one) == changes(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: &str = "2026-01-01T00:00:00Z";

    fn sent(name: &str) -> Option<&'static str> {
        for_zoom(&TimeZone::get(name).unwrap(), NOW.parse().unwrap())
    }

    #[test]
    fn a_name_that_zoom_knows_stays_and_others_become_one_with_the_same_clock() {
        for (name, zoom) in [
            ("Europe/Kyiv", "Europe/Kiev"),
            ("Europe/Berlin", "Europe/Berlin"),
            ("Europe/Vaduz", "Europe/Berlin"),
            ("Asia/Manila", "Asia/Singapore"),
            ("America/Detroit", "America/New_York"),
            ("Indian/Mauritius", "Asia/Dubai"),
            ("Pacific/Guadalcanal", "Pacific/Noumea"),
            ("Etc/UTC", "UTC"),
        ] {
            assert_eq!(sent(name), Some(zoom), "{name}");
        }
        for name in ["Australia/Lord_Howe", "Pacific/Chatham", "Antarctica/Troll", "Pacific/Marquesas"] {
            assert_eq!(sent(name), None, "{name}");
        }
    }

    #[test]
    fn each_name_of_both_tables_has_its_clock() {
        let now = NOW.parse().unwrap();
        for known in KNOWN {
            TimeZone::get(known).unwrap();
        }
        for (new, old) in RENAMED {
            let both = [new, old].map(|name| TimeZone::get(name).unwrap());
            assert!(KNOWN.contains(old) && have_equal_clocks(&both[0], &both[1], now), "{new} {old}");
        }
    }

    #[test]
    fn every_zone_is_sent_as_one_with_the_same_clock_or_not_at_all() {
        let now: Timestamp = NOW.parse().unwrap();
        let (mut told, mut untold) = (0, 0);
        for name in jiff::tz::db().available() {
            let Ok(zone) = TimeZone::get(name.as_str()) else { continue };
            let Some(zoom) = for_zoom(&zone, now) else {
                untold += 1;
                continue;
            };
            told += 1;
            let zoom = TimeZone::get(zoom).unwrap();
            for month in 0..40 {
                let at = now + SignedDuration::from_hours(month * 730);
                assert_eq!(zone.to_offset(at), zoom.to_offset(at), "{name} at {at}");
            }
        }
        assert!(told > 300 && untold < 100, "{told} {untold}");
    }
}
