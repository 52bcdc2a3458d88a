//! How fast files move, from what was seen of them lately. Pure, but for the clock that the caller reads.

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

/// A rate is that of this time.
const WITHIN: Duration = Duration::from_secs(10);

/// The same for files of other machines, whose positions are known only at checkpoints.
const ELSEWHERE_WITHIN: Duration = Duration::from_secs(120);

/// Shorter times give no rate: it would jump.
const SHORTEST: Duration = Duration::from_secs(1);

/// Positions that were seen lately, by file.
#[derive(Debug, Default)]
pub(super) struct Rates(HashMap<String, VecDeque<(Instant, u64)>>);

impl Rates {
    /// Notes a position of a file that moves here, and returns its rate in bytes per second.
    pub(super) fn here(&mut self, file: &str, bytes: u64, at: Instant) -> Option<u64> {
        let seen = self.0.entry(file.to_owned()).or_default();
        // A transfer that began anew has no rate yet.
        if seen.back().is_some_and(|(_, last)| *last > bytes) {
            seen.clear();
        }
        seen.push_back((at, bytes));
        forget(seen, at, WITHIN);
        rate(seen)
    }

    /// The same for a file of another machine, and the time since its position has changed.
    pub(super) fn elsewhere(&mut self, file: &str, bytes: u64, at: Instant) -> (Option<u64>, Duration) {
        let seen = self.0.entry(file.to_owned()).or_default();
        if seen.back().is_none_or(|(_, last)| *last != bytes) {
            if seen.back().is_some_and(|(_, last)| *last > bytes) {
                seen.clear();
            }
            seen.push_back((at, bytes));
        }
        forget(seen, at, ELSEWHERE_WITHIN);
        let ago = seen.back().map(|(last, _)| at.duration_since(*last)).unwrap_or_default();
        (rate(seen), ago)
    }

    /// Forgets all other files.
    pub(super) fn keep(&mut self, moves: impl Fn(&str) -> bool) {
        self.0.retain(|file, _| moves(file));
    }
}

/// The newest position stays, however old it is.
fn forget(seen: &mut VecDeque<(Instant, u64)>, now: Instant, within: Duration) {
    while seen.len() > 1 && seen.front().is_some_and(|(at, _)| now.duration_since(*at) > within) {
        seen.pop_front();
    }
}

fn rate(seen: &VecDeque<(Instant, u64)>) -> Option<u64> {
    let ((first_at, first), (last_at, last)) = (seen.front()?, seen.back()?);
    let took = last_at.duration_since(*first_at);
    if took < SHORTEST {
        return None;
    }
    let millis = u64::try_from(took.as_millis()).ok()?;
    (last - first).saturating_mul(1000).checked_div(millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_that_of_the_last_seconds() {
        let (mut rates, start) = (Rates::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(rates.here("a", 0, at(0)), None);
        assert_eq!(rates.here("a", 5_000, at(1)), Some(5_000));
        for second in 2..=20 {
            rates.here("a", 5_000 + (second - 1) * 100, at(second));
        }
        assert_eq!(rates.here("a", 7_000, at(21)), Some(100));
        assert_eq!(rates.here("a", 10, at(22)), None, "it began anew");
        rates.keep(|file| file != "a");
        assert_eq!(rates.here("a", 7_000, at(23)), None);
    }

    #[test]
    fn another_machines_file_has_the_rate_of_its_checkpoints() {
        let (mut rates, start) = (Rates::default(), Instant::now());
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(rates.elsewhere("a", 0, at(0)), (None, Duration::ZERO));
        assert_eq!(rates.elsewhere("a", 0, at(3)), (None, Duration::from_secs(3)));
        assert_eq!(rates.elsewhere("a", 80, at(8)), (Some(10), Duration::ZERO));
        assert_eq!(rates.elsewhere("a", 80, at(17)), (Some(10), Duration::from_secs(9)));
    }
}
