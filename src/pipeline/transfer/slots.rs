//! Limits concurrent transfers and orders them: fresh recordings first, then backfilled ones. Memory is a window per
//! slot, so there are never more transfers than slots.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{AcquireError, Semaphore, SemaphorePermit};

/// The slots of all jobs.
pub(in crate::pipeline) struct Slots {
    all: Semaphore,
    /// How many of them a backfill may take: if there are several, one is always left to fresh recordings.
    backfilled: Semaphore,
    /// Fresh files that wait for a slot. Backfilled ones give way to them.
    waiting: AtomicUsize,
}

/// The right to transfer one file; returned when dropped.
pub(in crate::pipeline) struct Slot<'a> {
    _backfilled: Option<SemaphorePermit<'a>>,
    _all: SemaphorePermit<'a>,
}

/// Counts one waiting fresh file while it exists.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Slots {
    /// `count` slots in all.
    pub(in crate::pipeline) fn new(count: usize) -> Self {
        Self {
            all: Semaphore::new(count),
            backfilled: Semaphore::new(count.saturating_sub(1).max(1)),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Waits for a slot.
    pub(super) async fn acquire(&self, is_backfilled: bool) -> Result<Slot<'_>, AcquireError> {
        if !is_backfilled {
            let _waiting = Waiting::new(&self.waiting);
            return Ok(Slot { _backfilled: None, _all: self.all.acquire().await? });
        }
        loop {
            // In this order: a file that waits for the first permit holds none of the second.
            let backfilled = self.backfilled.acquire().await?;
            let all = self.all.acquire().await?;
            if !self.must_give_way(is_backfilled) {
                return Ok(Slot { _backfilled: Some(backfilled), _all: all });
            }
            // A fresh file has started to wait: it is next in the queue, this one goes to its end.
            drop((all, backfilled));
            tokio::task::yield_now().await;
        }
    }

    /// Whether a transfer must release its slot: it is backfilled, and a fresh one waits.
    pub(in crate::pipeline) fn must_give_way(&self, is_backfilled: bool) -> bool {
        is_backfilled && self.waiting.load(Ordering::SeqCst) > 0
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    #[tokio::test]
    async fn a_fresh_file_is_next_whatever_else_waits() {
        let slots = Slots::new(1);
        let old = slots.acquire(true).await.unwrap();
        assert!(!slots.must_give_way(true));
        let (mut fresh, mut next_old) = (Box::pin(slots.acquire(false)), Box::pin(slots.acquire(true)));
        assert!((&mut next_old).now_or_never().is_none(), "there is one slot only");
        assert!((&mut fresh).now_or_never().is_none());
        assert!(slots.must_give_way(true) && !slots.must_give_way(false));
        drop(old);
        assert!((&mut next_old).now_or_never().is_none(), "the old one went first");
        let fresh = fresh.await.unwrap();
        assert!(!slots.must_give_way(true), "nobody waits any more");
        assert!((&mut next_old).now_or_never().is_none());
        drop(fresh);
        assert!(next_old.await.is_ok());
    }

    #[tokio::test]
    async fn one_of_several_slots_is_left_to_fresh_files_and_a_wait_that_ended_counts_no_more() {
        let slots = Slots::new(3);
        let old = [slots.acquire(true).await.unwrap(), slots.acquire(true).await.unwrap()];
        assert!(slots.acquire(true).now_or_never().is_none());
        let fresh = slots.acquire(false).await.unwrap();
        assert!(slots.acquire(false).now_or_never().is_none());
        assert!(!slots.must_give_way(true), "who gave up waiting is not waited for");
        drop((old, fresh));
    }
}
