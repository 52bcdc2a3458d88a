//! How many calls of a company's APIs are served at once, and how long each of them takes.

use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use super::Google;

/// The calls that are being served.
#[derive(Debug, Default)]
pub(super) struct Crowd {
    now: AtomicUsize,
    most: AtomicUsize,
    milliseconds: AtomicU64,
}

/// One call, until this is dropped.
pub(super) struct Busy<'a>(Option<&'a Crowd>);

impl Crowd {
    /// Counts a call, if it is one of those that count.
    pub(super) fn enter(&self, counts: bool) -> Busy<'_> {
        if counts {
            let now = self.now.fetch_add(1, Ordering::Relaxed) + 1;
            self.most.fetch_max(now, Ordering::Relaxed);
        }
        Busy(counts.then_some(self))
    }

    /// Takes as long as a test has set.
    pub(super) async fn linger(&self, counts: bool) {
        let milliseconds = self.milliseconds.load(Ordering::Relaxed);
        if counts && milliseconds > 0 {
            tokio::time::sleep(Duration::from_millis(milliseconds)).await;
        }
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        if let Some(crowd) = self.0 {
            crowd.now.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

impl Google {
    /// The largest number of calls to Meet, Directory and Calendar that were served at the same time.
    pub fn most_calls_at_once(&self) -> usize {
        self.crowd.most.load(Ordering::Relaxed)
    }

    /// Makes every call to Meet, Directory and Calendar take this long, so that calls meet each other.
    pub fn set_call_duration(&self, duration: Duration) {
        let milliseconds = u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        self.crowd.milliseconds.store(milliseconds, Ordering::Relaxed);
    }
}
