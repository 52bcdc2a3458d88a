//! A line of limited speed in front of a server, for measurements.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

/// What a late timer may make up for. Beyond that an idle line makes up for nothing.
const SLACK: Duration = Duration::from_millis(3);

/// One direction of a line, shared by all connections. Without a limit until one is set.
#[derive(Debug, Default)]
pub struct Line {
    bytes_per_second: AtomicU64,
    answer_millis: AtomicU64,
    /// When all bytes so far have passed.
    free_at: Mutex<Option<Instant>>,
}

impl Line {
    /// Limits the bytes per second (0 for no limit), and answers to uploads come this much later.
    pub fn limit(&self, bytes_per_second: u64, answers_after: Duration) {
        self.bytes_per_second.store(bytes_per_second, Ordering::Relaxed);
        let millis = u64::try_from(answers_after.as_millis()).unwrap_or(u64::MAX);
        self.answer_millis.store(millis, Ordering::Relaxed);
    }

    /// When these bytes have passed; `None` if that is now.
    pub(super) fn pass(&self, bytes: usize) -> Option<Instant> {
        let rate = self.bytes_per_second.load(Ordering::Relaxed);
        if rate == 0 {
            return None;
        }
        let nanos = (bytes as u64).saturating_mul(1_000_000_000) / rate;
        let now = Instant::now();
        let mut free_at = self.free_at.lock().unwrap_or_else(PoisonError::into_inner);
        let earliest = now.checked_sub(SLACK).unwrap_or(now);
        let passed = free_at.map_or(earliest, |at| at.max(earliest)) + Duration::from_nanos(nanos);
        *free_at = Some(passed);
        (passed > now).then_some(passed)
    }

    /// Waits until these bytes have passed.
    pub(super) async fn carry(&self, bytes: usize) {
        if let Some(passed) = self.pass(bytes) {
            sleep_until(passed).await;
        }
    }

    /// The wait before an answer.
    pub(super) async fn answer(&self) {
        let millis = self.answer_millis.load(Ordering::Relaxed);
        if millis > 0 {
            sleep(Duration::from_millis(millis)).await;
        }
    }
}
