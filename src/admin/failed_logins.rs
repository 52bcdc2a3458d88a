//! Delays the answers to wrong tokens, more and more, and limits the number of delayed requests.
//!
//! All guesses count together: behind a proxy they come from one address. A right token is never delayed, so an
//! attacker cannot lock the owner out.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

/// Wrong tokens that are answered at once: for typing errors, or a script with an old token.
const FREE: f64 = 32.0;

/// Wrong tokens that are forgotten per second.
const FORGOTTEN_PER_SECOND: f64 = 1.0;

/// The first delay; doubled for each further wrong token.
const FIRST_DELAY: Duration = Duration::from_millis(25);

/// Longest delay.
const LONGEST_DELAY: Duration = Duration::from_millis(1600);

/// Most delayed requests at a time: each holds a connection. Further ones are refused at once. So guesses cost little
/// here; that they do not succeed at any rate is the matter of the token's length.
const WAITING_MAX: usize = 16;

/// Recent wrong tokens.
#[derive(Debug)]
pub(super) struct FailedLogins {
    level: Mutex<Level>,
    waiting: Semaphore,
}

/// The answer to a wrong token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// 401.
    Refuse,
    /// 429 at once: too many requests are delayed already.
    TooMany,
}

#[derive(Debug, Clone, Copy)]
struct Level {
    wrong: f64,
    at: Instant,
}

impl Level {
    /// Counts one more, and returns its delay.
    fn count(&mut self, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.wrong = (self.wrong - passed * FORGOTTEN_PER_SECOND).max(0.0) + 1.0;
        self.at = now;
        let beyond = self.wrong - FREE;
        if beyond <= 0.0 {
            return Duration::ZERO;
        }
        // 2^6 already exceeds the longest delay.
        FIRST_DELAY.mul_f64(2.0_f64.powf((beyond - 1.0).clamp(0.0, 6.0))).min(LONGEST_DELAY)
    }
}

impl FailedLogins {
    pub(super) fn new() -> Self {
        Self {
            level: Mutex::new(Level { wrong: 0.0, at: Instant::now() }),
            waiting: Semaphore::new(WAITING_MAX),
        }
    }

    /// Counts a wrong token, and waits for its delay.
    pub(super) async fn wrong(&self) -> Verdict {
        let delay = lock(&self.level).count(Instant::now());
        if delay.is_zero() {
            return Verdict::Refuse;
        }
        let Ok(_place) = self.waiting.try_acquire() else { return Verdict::TooMany };
        tokio::time::sleep(delay).await;
        Verdict::Refuse
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_to_an_end_and_are_forgotten() {
        let start = Instant::now();
        let mut level = Level { wrong: 0.0, at: start };
        let delays: Vec<u128> = (0..42).map(|_| level.count(start).as_millis()).collect();
        assert!(delays[..32].iter().all(|delay| *delay == 0), "{delays:?}");
        assert_eq!(delays[32..], [25, 50, 100, 200, 400, 800, 1600, 1600, 1600, 1600]);
        assert_eq!(level.count(start + Duration::from_secs(5)).as_millis(), 800);
        assert_eq!(level.count(start + Duration::from_secs(60)).as_millis(), 0);
    }

    #[tokio::test]
    async fn only_so_many_are_kept_waiting() {
        let failed_logins = FailedLogins::new();
        lock(&failed_logins.level).wrong = 1000.0;
        let mut answers: Vec<_> = (0..WAITING_MAX + 5).map(|_| Box::pin(failed_logins.wrong())).collect();
        let mut told = Vec::new();
        for answer in &mut answers {
            told.push(futures::future::poll_immediate(answer).await);
        }
        assert!(told[..WAITING_MAX].iter().all(Option::is_none), "{told:?}");
        assert_eq!(told[WAITING_MAX..], [Some(Verdict::TooMany); 5]);
        // A place is free again when a client disconnects.
        answers.truncate(WAITING_MAX - 1);
        assert_eq!(futures::future::poll_immediate(Box::pin(failed_logins.wrong())).await, None);
    }
}
