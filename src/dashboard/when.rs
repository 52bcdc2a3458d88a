//! Times on a page: in `TIMEZONE`, with the exact time in UTC beside them for machines.

use std::fmt;
use std::time::Duration;

use askama::filters::HtmlSafe;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::jobs::Millis;

/// A moment, shown as `<time>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct When {
    at: Zoned,
    format: &'static str,
}

impl When {
    /// Day and minute: `Tue 2026-03-03 19:30`.
    pub fn minute(at: Millis, zone: &TimeZone) -> Self {
        Self::new(at, zone, "%a %Y-%m-%d %H:%M")
    }

    /// The day: `Tue 2026-03-03`.
    pub fn day(at: Millis, zone: &TimeZone) -> Self {
        Self::new(at, zone, "%a %Y-%m-%d")
    }

    /// Only the time of the day, for what happened today: `19:30`.
    pub fn clock(at: Millis, zone: &TimeZone) -> Self {
        Self::new(at, zone, "%H:%M")
    }

    /// The same to the second: `19:30:05`.
    pub fn second(at: Millis, zone: &TimeZone) -> Self {
        Self::new(at, zone, "%H:%M:%S")
    }

    fn new(at: Millis, zone: &TimeZone, format: &'static str) -> Self {
        let at = Timestamp::from_millisecond(at).unwrap_or(Timestamp::UNIX_EPOCH);
        Self { at: at.to_zoned(zone.clone()), format }
    }

    /// The text without markup.
    pub fn plain(&self) -> String {
        self.at.strftime(self.format).to_string()
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let utc = self.at.timestamp().strftime("%Y-%m-%dT%H:%M:%SZ");
        write!(f, r#"<time datetime="{utc}">{}</time>"#, self.at.strftime(self.format))
    }
}

/// Digits, letters and the marks above.
impl HtmlSafe for When {}

/// Words of our own around a time, which stays on one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated {
    pub words: String,
    pub at: Option<When>,
    /// What follows the time.
    pub rest: String,
}

impl Dated {
    /// Words that end with a time.
    pub fn at(words: impl Into<String>, at: When) -> Self {
        Self { at: Some(at), ..Self::words(words) }
    }

    /// Only words.
    pub fn words(words: impl Into<String>) -> Self {
        Self { words: words.into(), at: None, rest: String::new() }
    }
}

/// A duration in one unit, or in two where the first is small: `12 min`, `2 h 10 min`, `3 days`.
pub fn length(length: Duration) -> String {
    let seconds = length.as_secs();
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours, minutes) {
        (0, 0, 0) => format!("{seconds} s"),
        (0, 0, _) => format!("{minutes} min"),
        (0, _, 0) => format!("{hours} h"),
        (0, ..) => format!("{hours} h {minutes} min"),
        (1, 0, _) => "1 day".to_owned(),
        (1, ..) => format!("1 day {hours} h"),
        _ => format!("{days} days"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_shown_in_the_zone_and_told_in_utc() {
        let berlin = TimeZone::get("Europe/Berlin").unwrap();
        let at = 1_772_562_605_000;
        let shown = When::minute(at, &berlin).to_string();
        assert_eq!(shown, r#"<time datetime="2026-03-03T18:30:05Z">Tue 2026-03-03 19:30</time>"#);
        assert_eq!(When::day(at, &berlin).plain(), "Tue 2026-03-03");
        assert_eq!(When::clock(at, &berlin).plain(), "19:30");
        assert_eq!(When::second(at, &berlin).plain(), "19:30:05");
        // A time that no calendar has does not end the page.
        assert!(When::minute(i64::MAX, &berlin).plain().contains("1970"));
    }

    #[test]
    fn lengths_are_short() {
        let told = [5, 60, 3_599, 3_600, 7_800, 86_400, 90_000, 300_000].map(Duration::from_secs).map(length);
        assert_eq!(told, ["5 s", "1 min", "59 min", "1 h", "2 h 10 min", "1 day", "1 day 1 h", "3 days"]);
    }
}
