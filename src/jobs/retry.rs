//! When to try again. Pure: the attempt's number and a random number go in, a duration comes out.
//!
//! Attempts count only while nothing moves: progress refills the budget, so a 20 GB file over a bad line is
//! never given up as long as it advances.

use std::time::Duration;

use super::pause::{OutageHint, PauseCause, System};

/// Longest wait between two attempts that nobody asked for.
pub const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// Longest wait that a server may ask for by `Retry-After`. Zoom's daily limit names tomorrow; more than a
/// day is taken for a mistake.
pub const LONGEST_ASKED_WAIT: Duration = Duration::from_secs(24 * 3600);

/// Attempts without progress before a person must look. With the waits above this is about 30 hours: Zoom
/// was seen to answer "no recording" for hours while it was still processing.
pub const ATTEMPTS_MAX: u32 = 40;

/// What came of one run over a job. The worker is one `match` over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutcome {
    /// The job is finished.
    Done {
        /// Something that people should know all the same; mostly empty.
        note: String,
    },
    /// It failed for now. Counts as an attempt unless bytes moved.
    Retry {
        /// What happened, for people.
        cause: String,
        /// The server's own wish, if it had one.
        after: Option<Duration>,
        /// Whether anything was achieved since the job was claimed.
        progress: Progress,
        /// What it may be a sign of.
        sign: Option<OutageHint>,
    },
    /// Not now, and nobody's fault: waiting for late files, Zoom still processing, shutting down. Counts as
    /// no attempt.
    Wait {
        /// How long.
        wait: Duration,
        /// What is waited for, for people.
        cause: String,
    },
    /// A whole system refuses, whatever the job: it is to be paused. Counts as no attempt.
    Pause {
        /// Which one.
        system: System,
        /// Why.
        cause: PauseCause,
        /// What it said.
        what: String,
        /// When to look again, if that is known.
        wait: Option<Duration>,
    },
    /// A person must look.
    Park {
        /// What is wrong and what to do.
        reason: String,
    },
}

impl RunOutcome {
    /// In one word, for the metrics.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Retry { .. } => "retry",
            Self::Wait { .. } => "wait",
            Self::Pause { .. } => "pause",
            Self::Park { .. } => "parked",
        }
    }
}

/// Whether a failed run moved anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Bytes were stored or a stage was reached: the budget is full again.
    Made,
    /// Nothing moved.
    None,
}

/// A length of time that is meant for a first wait of a second. With a shorter `first` it is shorter in proportion, so
/// that a test need not wait for hours; a longer one makes it no longer.
pub fn scaled(length: Duration, first: Duration) -> Duration {
    length.mul_f64(first.as_secs_f64().min(1.0))
}

/// The wait before attempt number `attempts + 1`: doubling, capped, spread by a quarter either way so that
/// many jobs do not come back at the same moment. `first` is the wait after the first failure, `roll` a
/// random number from 0 to 1.
pub fn backoff(first: Duration, attempts: u32, roll: f64) -> Duration {
    let doubled = first.saturating_mul(1_u32.checked_shl(attempts).unwrap_or(u32::MAX));
    let capped = doubled.min(LONGEST_WAIT);
    capped.mul_f64(0.75 + 0.5 * roll.clamp(0.0, 1.0))
}

/// The wait after a failure: what the server asked for, if that is longer than our own back-off.
pub fn wait(first: Duration, attempts: u32, asked: Option<Duration>, roll: f64) -> Duration {
    let own = backoff(first, attempts, roll);
    asked.map_or(own, |asked| asked.min(LONGEST_ASKED_WAIT).max(own))
}

/// What a failed run makes of the job's attempts: how many there are now, or `None` when they are used up.
pub fn attempts_after(attempts: u32, progress: Progress) -> Option<u32> {
    let attempts = match progress {
        Progress::Made => 1,
        Progress::None => attempts + 1,
    };
    (attempts < ATTEMPTS_MAX).then_some(attempts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The default first wait.
    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn waits_double_up_to_the_cap() {
        let middle: Vec<u64> =
            [0, 1, 2, 3, 11, 12, 31, 32, 1000].map(|n| backoff(SECOND, n, 0.5).as_secs()).to_vec();
        assert_eq!(middle, [1, 2, 4, 8, 2048, 3600, 3600, 3600, 3600]);
        assert_eq!(backoff(SECOND, 2, 0.0), Duration::from_secs(3));
        assert_eq!(backoff(SECOND, 2, 1.0), Duration::from_secs(5));
    }

    #[test]
    fn a_recording_that_zoom_hides_is_asked_for_over_a_day() {
        let total: Duration = (0..ATTEMPTS_MAX - 1).map(|attempts| backoff(SECOND, attempts, 0.0)).sum();
        assert!(total > Duration::from_secs(20 * 3600), "{total:?}");
        let total: Duration = (0..ATTEMPTS_MAX - 1).map(|attempts| backoff(SECOND, attempts, 0.5)).sum();
        assert!(total > Duration::from_secs(24 * 3600), "{total:?}");
    }

    proptest! {
        #[test]
        fn every_wait_has_an_end(attempts in any::<u32>(), asked in proptest::option::of(any::<u64>()), roll in any::<f64>()) {
            let roll = if roll.is_nan() { 0.0 } else { roll };
            let waited = wait(SECOND, attempts, asked.map(Duration::from_secs), roll);
            prop_assert!(waited <= LONGEST_ASKED_WAIT.max(LONGEST_WAIT.mul_f64(1.25)));
            prop_assert!(waited >= SECOND.mul_f64(0.75));
            if let Some(asked) = asked {
                prop_assert!(waited >= Duration::from_secs(asked).min(LONGEST_ASKED_WAIT));
            }
        }

        #[test]
        fn progress_refills_the_budget_and_its_lack_spends_it(attempts in 0..ATTEMPTS_MAX) {
            prop_assert_eq!(attempts_after(attempts, Progress::Made), Some(1));
            match attempts_after(attempts, Progress::None) {
                Some(next) => prop_assert_eq!(next, attempts + 1),
                None => prop_assert_eq!(attempts, ATTEMPTS_MAX - 1),
            }
        }
    }
}
