//! Computes the windows of days for Zoom's lists. Pure: a time goes in, days come out.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use crate::jobs::Millis;
use crate::zoom::Days;

/// Longest window of one request, in days. Zoom accepts "a month", and a month may be February.
const WINDOW_DAYS: i64 = 28;

/// Most requests for the rest of a window, before it counts as not listed. Guards against a Zoom that keeps
/// shortening windows.
pub(super) const CUTS_MAX: u32 = 40;

/// The day of a point in time, in UTC like Zoom's days; `None` for a time outside of the calendar.
pub fn day(at: Millis) -> Option<Date> {
    Timestamp::from_millisecond(at).ok().map(|at| at.to_zoned(TimeZone::UTC).date())
}

/// The instant this long before `now`; `None` for a time outside of the calendar.
pub(super) fn instant_back(now: Millis, back: Duration) -> Option<Timestamp> {
    let back = i64::try_from(back.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millisecond(now.saturating_sub(back)).ok()
}

/// The windows from `back` before `now` until today, latest first: new recordings matter most.
pub(super) fn windows_back(now: Millis, back: Duration) -> Vec<Days> {
    let back = i64::try_from(back.as_millis()).unwrap_or(i64::MAX);
    let (Some(from), Some(to)) = (day(now.saturating_sub(back)), day(now)) else { return Vec::new() };
    windows(Days { from, to })
}

/// The windows of these days, latest first. Empty when the end is before the start.
pub fn windows(days: Days) -> Vec<Days> {
    let mut to = days.to;
    let mut windows = Vec::new();
    while to >= days.from {
        let from = to.checked_sub((WINDOW_DAYS - 1).days()).map_or(days.from, |from| from.max(days.from));
        windows.push(Days { from, to });
        let Ok(before) = from.yesterday() else { break };
        to = before;
    }
    windows
}

/// The requested days that Zoom did not cover, by its own answer. Without an answer it covered none.
pub(super) fn unseen(asked: Days, seen: Option<Days>) -> Vec<Days> {
    let Some(seen) = seen.filter(|seen| seen.from <= asked.to && seen.to >= asked.from) else {
        return vec![asked];
    };
    let before = seen.from.yesterday().ok().map(|to| Days { from: asked.from, to });
    let after = seen.to.tomorrow().ok().map(|from| Days { from, to: asked.to });
    before.into_iter().chain(after).filter(|days| days.from <= days.to).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn days(from: &str, to: &str) -> Days {
        Days { from: from.parse().unwrap(), to: to.parse().unwrap() }
    }

    fn at(time: &str) -> Millis {
        time.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn the_first_and_the_last_day_are_whole() {
        let now = at("2026-03-02T00:30:00Z");
        assert_eq!(windows_back(now, 3 * DAY), [days("2026-02-27", "2026-03-02")]);
        assert_eq!(windows_back(now, Duration::ZERO), [days("2026-03-02", "2026-03-02")]);
    }

    #[test]
    fn long_times_are_asked_for_in_parts() {
        let parts = windows_back(at("2026-03-02T12:00:00Z"), 60 * DAY);
        let expected = [
            days("2026-02-03", "2026-03-02"),
            days("2026-01-06", "2026-02-02"),
            days("2026-01-01", "2026-01-05"),
        ];
        assert_eq!(parts, expected);
    }

    #[test]
    fn what_zoom_cut_off_is_what_is_left() {
        let asked = days("2026-01-01", "2026-01-28");
        assert_eq!(unseen(asked, Some(asked)), []);
        assert_eq!(unseen(asked, Some(days("2025-12-01", "2026-02-01"))), []);
        assert_eq!(unseen(asked, Some(days("2026-01-11", "2026-01-28"))), [days("2026-01-01", "2026-01-10")]);
        assert_eq!(
            unseen(asked, Some(days("2026-01-11", "2026-01-20"))),
            [days("2026-01-01", "2026-01-10"), days("2026-01-21", "2026-01-28")]
        );
        // Other days (Zoom ignored the request), or no days at all.
        assert_eq!(unseen(asked, Some(days("2026-03-01", "2026-03-02"))), [asked]);
        assert_eq!(unseen(asked, None), [asked]);
    }

    proptest! {
        #[test]
        fn windows_cover_every_day_once(now in 0_i64..4_000_000_000_000, back in 0_u32..400) {
            let windows = windows_back(now, DAY * back);
            let total: i64 = windows.iter().map(|days| i64::from((days.to - days.from).get_days()) + 1).sum();
            prop_assert_eq!(total, i64::from(back) + 1);
            for pair in windows.windows(2) {
                prop_assert_eq!(pair[1].to.tomorrow().unwrap(), pair[0].from);
            }
            for days in windows {
                prop_assert!(days.to.checked_sub(1.month()).unwrap() <= days.from);
            }
        }
    }
}
