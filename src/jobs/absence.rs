//! Decides when a `notFound` answer from Drive is believed. Pure.
//!
//! Drive answers `notFound` for seconds, sometimes minutes, about a file or folder that was created a moment ago. A
//! caller that believes the first answer creates the folder again, or uploads the file again under another id. One
//! answer therefore proves nothing: it must be repeated for minutes. Until then the job waits, and no attempt is
//! counted.

use std::collections::HashMap;
use std::time::Duration;

use super::Millis;

/// Time over which Drive must repeat the answer, in units of `RETRY_WAIT` and at most in seconds: five minutes. Lags
/// of seconds are common; lags of minutes were observed only in searches.
const REPEATED_FOR: u32 = 5 * 60;

/// Longest wait between two requests, in the same units: one minute.
const LONGEST_WAIT: u32 = 60;

/// Minimum number of answers in a row, however much time has passed: a few answers over a long time prove little.
const ANSWERS_MIN: u32 = 4;

/// Milliseconds after which an earlier answer is ignored: a day, so that a large upload fits between two answers.
const FORGOTTEN_AFTER: Millis = 24 * 3600 * 1000;

/// Maximum number of entries. The oldest are dropped first; a dropped entry starts its wait again.
const REMEMBERED_MAX: usize = 10_000;

/// Whether a `notFound` answer is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AbsenceVerdict {
    /// Not yet: ask again after this time.
    NotYet(Duration),
    /// The answer was repeated for long enough.
    Believed,
}

/// Items that Drive reports as `notFound`, and since when. One instance per process.
#[derive(Debug, Default)]
pub struct Absences {
    known: HashMap<String, Absence>,
}

#[derive(Debug, Clone, Copy)]
struct Absence {
    first_at: Millis,
    last_at: Millis,
    answers: u32,
}

impl Absences {
    /// Records that Drive answered `notFound` for `what` at `now`.
    pub fn missed(&mut self, what: &str, now: Millis, unit: Duration) -> AbsenceVerdict {
        if self.known.len() >= REMEMBERED_MAX {
            self.known.retain(|_, absence| now.saturating_sub(absence.last_at) < FORGOTTEN_AFTER);
            if self.known.len() >= REMEMBERED_MAX {
                self.known.clear();
            }
        }
        let new = Absence { first_at: now, last_at: now, answers: 0 };
        let absence = self.known.entry(what.to_owned()).or_insert(new);
        if now.saturating_sub(absence.last_at) >= FORGOTTEN_AFTER {
            *absence = new;
        }
        absence.last_at = now;
        absence.answers = absence.answers.saturating_add(1);
        let age = now.saturating_sub(absence.first_at);
        if absence.answers >= ANSWERS_MIN && age >= millis(units(unit, REPEATED_FOR)) {
            return AbsenceVerdict::Believed;
        }
        let factor = 1_u32.checked_shl(absence.answers - 1).unwrap_or(u32::MAX);
        AbsenceVerdict::NotYet(unit.saturating_mul(factor).min(units(unit, LONGEST_WAIT)))
    }

    /// Forgets the item: it exists, or the request that failed for it has succeeded.
    pub fn seen(&mut self, what: &str) {
        self.known.remove(what);
    }
}

/// `count` units, at most `count` seconds: a unit longer than a second makes no wait longer.
fn units(unit: Duration, count: u32) -> Duration {
    unit.saturating_mul(count).min(Duration::from_secs(u64::from(count)))
}

fn millis(duration: Duration) -> Millis {
    Millis::try_from(duration.as_millis()).unwrap_or(Millis::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn only_what_is_repeated_for_minutes_is_believed() {
        let mut absences = Absences::default();
        let (mut now, mut waits) = (0, Vec::new());
        while let AbsenceVerdict::NotYet(wait) = absences.missed("folder", now, SECOND) {
            waits.push(wait.as_secs());
            now += millis(wait);
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
        assert_eq!(absences.missed("folder", now + 1, SECOND), AbsenceVerdict::Believed);
        assert_eq!(absences.missed("another", now, SECOND), AbsenceVerdict::NotYet(SECOND));
    }

    #[test]
    fn what_was_seen_or_is_of_another_day_counts_anew() {
        let mut absences = Absences::default();
        for _answer in 0..9 {
            absences.missed("file", 0, SECOND);
        }
        absences.seen("file");
        assert_eq!(absences.missed("file", 3_600_000, SECOND), AbsenceVerdict::NotYet(SECOND));
        assert_eq!(
            absences.missed("file", 3_600_000 + FORGOTTEN_AFTER, SECOND),
            AbsenceVerdict::NotYet(SECOND)
        );
        assert_eq!(
            absences.missed("file", 7_200_000 + FORGOTTEN_AFTER, SECOND),
            AbsenceVerdict::NotYet(2 * SECOND)
        );
    }

    proptest! {
        #[test]
        fn every_waiting_ends_within_minutes_and_memory_is_bounded(unit in 1..5_000_u64, names in 0..30_000_usize) {
            let unit = Duration::from_millis(unit);
            let mut absences = Absences::default();
            for name in 0..names {
                absences.missed(&name.to_string(), 0, unit);
            }
            prop_assert!(absences.known.len() <= REMEMBERED_MAX);
            let mut now = 0;
            while let AbsenceVerdict::NotYet(wait) = absences.missed("it", now, unit) {
                now += millis(wait).max(1);
                prop_assert!(now <= 7 * 60_000);
            }
            prop_assert!(now >= millis(units(unit, REPEATED_FOR)));
        }
    }
}
