//! The day from which on no day went unlooked at. Pure.
//!
//! A sweep looks back a few days. Together, sweeps that follow each other closely look at every day from the first
//! day of the first one on. If no sweep succeeds for too long, days in between may hold recordings that nobody has
//! seen: then the coverage begins anew, and the days in between are a *gap*. A backfill of the whole account that has
//! read every list of the gap closes it.
//!
//! All days are UTC, like those of Zoom's lists.

use std::fmt;
use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::{Millis, age};

/// Zoom takes up to this time to process a recording: a look sees only what was processed before it.
const PROCESSED_WITHIN: Duration = Duration::from_secs(24 * 3600);

/// What successful looks have covered.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Start of the first day from which on no day went unlooked at; `None` before the first successful look.
    pub from: Option<Millis>,
    /// When the last successful look began.
    pub looked_at: Option<Millis>,
    /// Start of the first day of the gap, which ends before `from`; `None` without a gap.
    pub gap_from: Option<Millis>,
    /// `from` as it was before the gap, if it was known.
    pub before_gap: Option<Millis>,
    /// Recordings without a job that rules left out of a backfill, which [`Self::with_backfill`] counted.
    pub left_out: u64,
}

/// A successful look at all recordings of some days until now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// When it began.
    pub at: Millis,
    /// How far it looked back.
    pub back: Duration,
    /// The first day that it looked at as a whole.
    pub first: Date,
}

/// The days of a backfill of the whole account that has read every list, and begun a job for every recording that
/// rules want.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackfilledDays {
    /// When it began.
    pub at: Millis,
    /// The first day.
    pub from: Date,
    /// The last day.
    pub to: Date,
    /// Whether it saw recordings of hosts who are not in the account's list of users.
    pub is_whole: bool,
    /// Recordings that rules left out.
    pub left_out: u64,
}

/// The command that looks at the days of a gap of Google Meet, and closes it.
pub const MEET_GAP_COMMAND: &str = "zoom2drive meet bring --gap";

/// Days that may hold recordings that nobody has looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Gap {
    pub from: Date,
    pub to: Date,
}

impl Gap {
    /// The command that looks at these days.
    pub fn command(&self) -> String {
        format!("zoom2drive backfill --from {} --to {}", self.from, self.to)
    }
}

impl fmt::Display for Gap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.from == self.to {
            return write!(f, "on {}", self.from);
        }
        write!(f, "from {} to {}", self.from, self.to)
    }
}

impl Coverage {
    /// The coverage after a successful look. It goes on only if the successful look before is younger than the time
    /// that this one looks back, less the time that Zoom takes. `is_wider`: this look sees everybody's recordings, and
    /// the one before did not.
    #[must_use]
    pub fn after(self, look: Look, is_wider: bool) -> Self {
        let reach = look.back.saturating_sub(PROCESSED_WITHIN);
        let goes_on = self.looked_at.is_some_and(|before| age(before, look.at) < reach) && !is_wider;
        let looked = Self { looked_at: Some(look.at), ..self };
        if goes_on && self.from.is_some() {
            return looked;
        }
        let first = midnight(look.first);
        // Looks that reach back less than a day leave a gap each time: that is the settings' choice, and no incident.
        let gap_from = match self.looked_at.filter(|_| !reach.is_zero()) {
            None => None,
            Some(_) if is_wider => self.from.filter(|from| Some(*from) < first),
            Some(before) => unlooked_since(before, look.first),
        };
        Self {
            from: first,
            gap_from: self.gap_from.or(gap_from),
            before_gap: self.before_gap.or(if self.gap_from.is_none() { self.from } else { None }),
            ..looked
        }
        .checked()
    }

    /// The coverage after a backfill, if it has proved more than was known; `None` otherwise. `is_partial`: the sweep
    /// does not see everybody's recordings, and says so; then the backfill need not either.
    pub fn with_backfill(self, days: BackfilledDays, is_partial: bool) -> Option<Self> {
        let (from, until) = (self.from?, midnight(days.to.tomorrow().ok()?)?);
        let first = midnight(days.from)?;
        let is_processed = age(from, days.at) >= PROCESSED_WITHIN;
        if until < from || first >= from || !is_processed || !(days.is_whole || is_partial) {
            return None;
        }
        let left_out = self.left_out.max(days.left_out);
        Some(match self.gap_from {
            Some(gap) if first > gap => return None,
            Some(_) => {
                let from = self.before_gap.map_or(first, |before| before.min(first));
                Self { from: Some(from), gap_from: None, before_gap: None, left_out, ..self }
            }
            None => Self { from: Some(first), left_out, ..self },
        })
    }

    /// A gap without days is none.
    fn checked(self) -> Self {
        if self.gap_from.is_some() && self.gap_from < self.from {
            return self;
        }
        Self { gap_from: None, before_gap: None, ..self }
    }

    /// The first day from which on no day went unlooked at.
    pub fn first_day(&self) -> Option<Date> {
        day(self.from?)
    }

    /// The days before it that may hold recordings that nobody has looked for.
    pub fn gap(&self) -> Option<Gap> {
        let to = self.first_day()?.yesterday().ok()?;
        Some(Gap { from: day(self.gap_from?)?, to }).filter(|gap| gap.from <= gap.to)
    }

    /// For people: since when every day was looked at, and how to close the gap before.
    pub fn sentence(&self) -> String {
        let Some(first) = self.first_day() else { return String::new() };
        let since = format!("Every day since {first} (UTC) was looked at.");
        match self.gap() {
            None => since,
            Some(gap) => {
                format!("{since} Nobody has looked for recordings {gap}: `{}` does.", gap.command())
            }
        }
    }
}

/// Start of the first day that no look saw as a whole: recordings of the day before the last look may have been
/// processed after it. There is one such day at least: a meeting over midnight belongs to the day of its start.
fn unlooked_since(before: Millis, first: Date) -> Option<Millis> {
    let unseen = day(before)?.yesterday().ok()?;
    midnight(unseen.min(first.yesterday().ok()?))
}

fn day(at: Millis) -> Option<Date> {
    Timestamp::from_millisecond(at).ok().map(|at| at.to_zoned(TimeZone::UTC).date())
}

/// Start of a day.
fn midnight(day: Date) -> Option<Millis> {
    day.to_zoned(TimeZone::UTC).ok().map(|start| start.timestamp().as_millisecond())
}

/// The day after the one in which a look began whose lists end at an instant and not at a day.
pub fn whole_day_after(at: Timestamp) -> Option<Date> {
    at.to_zoned(TimeZone::UTC).date().checked_add(1.day()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOUR: Millis = 3600 * 1000;
    const DAY: Millis = 24 * HOUR;

    fn at(time: &str) -> Millis {
        time.parse::<Timestamp>().unwrap().as_millisecond()
    }

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn look(now: Millis, back_days: u32) -> Look {
        let back = Duration::from_secs(24 * 3600) * back_days;
        Look { at: now, back, first: day(now - DAY * i64::from(back_days)).unwrap() }
    }

    fn sweep(coverage: Coverage, time: &str) -> Coverage {
        coverage.after(look(at(time), 3), false)
    }

    #[test]
    fn the_first_day_stays_while_sweeps_follow_each_other() {
        let first = sweep(Coverage::default(), "2026-02-04T10:00:00Z");
        assert_eq!((first.first_day(), first.gap()), (Some(date("2026-02-01")), None));
        let second = sweep(first, "2026-02-06T09:59:59Z");
        assert_eq!((second.first_day(), second.gap()), (Some(date("2026-02-01")), None));
        assert_eq!(second.sentence(), "Every day since 2026-02-01 (UTC) was looked at.");
    }

    #[test]
    fn two_days_without_a_sweep_of_three_begin_anew_and_leave_a_gap() {
        let first = sweep(Coverage::default(), "2026-02-04T10:00:00Z");
        let late = sweep(first, "2026-02-06T10:00:00Z");
        assert_eq!(late.first_day(), Some(date("2026-02-03")));
        assert_eq!(late.gap(), Some(Gap { from: date("2026-02-02"), to: date("2026-02-02") }));
        let later = sweep(late, "2026-02-16T10:00:00Z");
        assert_eq!(later.first_day(), Some(date("2026-02-13")));
        let gap = later.gap().unwrap();
        assert_eq!(gap.command(), "zoom2drive backfill --from 2026-02-02 --to 2026-02-12");
        assert!(later.sentence().contains("from 2026-02-02 to 2026-02-12"), "{}", later.sentence());
    }

    #[test]
    fn what_an_earlier_release_saw_has_no_first_day() {
        let before = Coverage { looked_at: Some(at("2026-02-04T09:00:00Z")), ..Coverage::default() };
        let now = sweep(before, "2026-02-04T10:00:00Z");
        assert_eq!(now.first_day(), Some(date("2026-02-01")));
        assert_eq!(now.gap().map(|gap| gap.to), Some(date("2026-01-31")));
    }

    #[test]
    fn a_look_that_sees_more_people_begins_anew() {
        let first = sweep(Coverage::default(), "2026-02-04T10:00:00Z");
        let second = sweep(first, "2026-02-06T09:00:00Z");
        let wider = second.after(look(at("2026-02-06T10:00:00Z"), 3), true);
        assert_eq!(wider.first_day(), Some(date("2026-02-03")));
        assert_eq!(wider.gap(), Some(Gap { from: date("2026-02-01"), to: date("2026-02-02") }));
    }

    #[test]
    fn short_looks_promise_little_and_leave_no_gap() {
        let first = Coverage::default().after(look(at("2026-02-04T10:00:00Z"), 1), false);
        let second = first.after(look(at("2026-02-05T10:00:00Z"), 1), false);
        assert_eq!((second.first_day(), second.gap()), (Some(date("2026-02-04")), None));
    }

    #[test]
    fn only_a_backfill_that_saw_all_of_the_gap_closes_it() {
        let first = sweep(Coverage::default(), "2026-02-04T10:00:00Z");
        let gap = sweep(first, "2026-02-16T10:00:00Z");
        let days = |from: &str, to: &str| BackfilledDays {
            at: at("2026-02-17T10:00:00Z"),
            from: date(from),
            to: date(to),
            is_whole: true,
            left_out: 2,
        };
        assert_eq!(gap.gap(), Some(Gap { from: date("2026-02-03"), to: date("2026-02-12") }));
        for (from, to) in
            [("2026-02-04", "2026-02-12"), ("2026-02-03", "2026-02-11"), ("2026-02-13", "2026-02-17")]
        {
            assert_eq!(gap.with_backfill(days(from, to), false), None, "{from} {to}");
        }
        let whole = days("2026-02-03", "2026-02-12");
        let closed = gap.with_backfill(whole, false).unwrap();
        assert_eq!((closed.first_day(), closed.gap()), (Some(date("2026-02-01")), None));
        assert_eq!(closed.left_out, 2);
        let partial = BackfilledDays { is_whole: false, ..whole };
        assert_eq!(gap.with_backfill(partial, false), None);
        assert!(gap.with_backfill(partial, true).is_some(), "the sweep says whom nobody sees");
        // Further back than the gap, and without a gap.
        let further = gap.with_backfill(days("2022-01-01", "2026-02-17"), false).unwrap();
        assert_eq!(further.first_day(), Some(date("2022-01-01")));
        let further = first.with_backfill(days("2022-01-01", "2026-01-31"), false).unwrap();
        assert_eq!((further.first_day(), further.gap()), (Some(date("2022-01-01")), None));
        // Before any sweep it proves nothing about later days; and fresh days may not be processed yet.
        assert_eq!(Coverage::default().with_backfill(whole, false), None);
        let fresh = Coverage { from: midnight(date("2026-02-17")), ..Coverage::default() };
        assert_eq!(fresh.with_backfill(days("2026-02-01", "2026-02-17"), false), None);
    }

    proptest! {
        /// What is covered was looked at: each hour since the first day lies in the reach of a look that began a day
        /// after it at least, or is too fresh for one.
        #[test]
        fn every_hour_since_the_first_day_was_looked_at(waits in prop::collection::vec(0_i64..100, 1..30)) {
            let start = at("2026-02-04T10:00:00Z");
            let (mut now, mut coverage, mut looks) = (start, Coverage::default(), Vec::new());
            for wait in waits {
                now += wait * HOUR;
                let look = look(now, 3);
                coverage = coverage.after(look, false);
                looks.push(look);
            }
            let mut hour = coverage.from.unwrap();
            while hour + DAY < now {
                let is_seen = |look: &Look| midnight(look.first).unwrap() <= hour && hour + DAY <= look.at;
                prop_assert!(looks.iter().any(is_seen), "{hour} of {coverage:?}");
                hour += HOUR;
            }
            prop_assert_eq!(coverage.gap_from.is_some(), coverage.gap().is_some());
        }
    }
}
