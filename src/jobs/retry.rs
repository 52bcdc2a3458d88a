//! When to try again. Pure: takes the number of attempts and a random number, returns a duration.
//!
//! Attempts count only while nothing advances: progress resets the count, so a 20 GB file over a bad line is never
//! given up while it advances.

use std::time::Duration;

use super::pause::{OutageHint, PauseCause, System};

/// Longest wait between two attempts, unless the server asks for more.
pub const LONGEST_WAIT: Duration = Duration::from_secs(3600);

/// Longest wait that a server's `Retry-After` can cause. Zoom's daily limit names tomorrow; more than a day is
/// treated as a mistake.
pub const LONGEST_ASKED_WAIT: Duration = Duration::from_secs(24 * 3600);

/// Attempts without progress before the job is parked. With the waits above this takes about 30 hours: Zoom was
/// observed to answer "no recording" for hours while it was still processing.
pub const ATTEMPTS_MAX: u32 = 40;

/// The result of one run of a job. The worker is one `match` over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RunOutcome {
    /// The job is finished.
    Done {
        /// A remark for people; empty in most cases.
        note: String,
    },
    /// The run failed for now. It counts as an attempt unless bytes were stored.
    Retry {
        /// The error, for people.
        cause: String,
        /// The wait that the server asked for.
        after: Option<Duration>,
        /// Whether the run advanced the job.
        progress: Progress,
        /// A system-wide problem that the failure suggests.
        sign: Option<OutageHint>,
    },
    /// The job waits without a fault: for late files, for Zoom's processing, for a restart. It counts as no attempt.
    #[expect(missing_docs, reason = "the names explain the fields")]
    Wait {
        wait: Duration,
        /// The reason, for people.
        cause: String,
    },
    /// A whole system refuses every job: it is to be paused. It counts as no attempt.
    #[expect(missing_docs, reason = "the names explain the fields")]
    Pause {
        system: System,
        cause: PauseCause,
        /// The system's answer.
        what: String,
        /// Time until the next probe, if it is known.
        wait: Option<Duration>,
    },
    /// The job needs a person.
    Park {
        /// The problem, and the next steps.
        reason: String,
    },
}

impl RunOutcome {
    /// The metric's label.
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

/// Whether a failed run advanced the job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// Bytes were stored or a stage was reached: the count of attempts starts again.
    Made,
    /// Nothing advanced.
    None,
}

/// Scales a duration that is meant for a first wait of one second. A shorter `first` shortens it in proportion, so
/// that tests need not wait for hours; a longer one does not lengthen it.
pub fn scaled(length: Duration, first: Duration) -> Duration {
    length.mul_f64(first.as_secs_f64().min(1.0))
}

/// The wait before attempt number `attempts + 1`: doubled each time, capped, with a jitter of a quarter either way,
/// so that many jobs do not retry at the same moment. `first` is the wait after the first failure, `roll` a random
/// number from 0 to 1.
pub fn backoff(first: Duration, attempts: u32, roll: f64) -> Duration {
    let doubled = first.saturating_mul(1_u32.checked_shl(attempts).unwrap_or(u32::MAX));
    let capped = doubled.min(LONGEST_WAIT);
    capped.mul_f64(0.75 + 0.5 * roll.clamp(0.0, 1.0))
}

/// The wait after a failure: the server's `Retry-After`, if it is longer than our own back-off.
pub fn wait(first: Duration, attempts: u32, asked: Option<Duration>, roll: f64) -> Duration {
    let own = backoff(first, attempts, roll);
    asked.map_or(own, |asked| asked.min(LONGEST_ASKED_WAIT).max(own))
}

/// The number of attempts after a failed run, or `None` when they are used up.
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
