//! One memory budget for the bodies of all requests.
//!
//! A sender is not authenticated before its whole body has arrived. Bytes are counted when they arrive, not when
//! they are announced. Each body has a small share for itself; bytes above the share come out of a pool. When the
//! pool is empty, the body that has been arriving for the longest time is evicted. So a slow sender can hold a part
//! of the pool only until another body needs it, and a usual event from Zoom never needs the pool.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Context;

use futures::task::AtomicWaker;

use super::server::CONNECTIONS_MAX;

/// Each body's own share, in bytes. The largest real event had 6.5 KB.
const SHARE_BYTES: usize = 8 * 1024;

/// Size of the pool above the shares, in bytes: 16 of the largest events at a time.
const POOL_BYTES: usize = 4 * 1024 * 1024;

/// The whole budget, in bytes. A connection has one body at a time.
const BUDGET_BYTES: usize = 8 * 1024 * 1024;
const _: () = assert!(CONNECTIONS_MAX * SHARE_BYTES + POOL_BYTES <= BUDGET_BYTES);

/// The memory that all bodies of a server share.
#[derive(Debug, Default)]
pub(super) struct BodyBudget(Mutex<Accounts>);

/// One body's part of the budget. Dropping it releases the memory.
#[derive(Debug)]
pub(super) struct BudgetShare {
    budget: Arc<BodyBudget>,
    number: u64,
    eviction: Arc<Eviction>,
}

#[derive(Debug, Default)]
struct Accounts {
    /// Bytes that all bodies hold above their shares.
    pooled: usize,
    /// Number of the next body.
    next: u64,
    /// Ordered by the start of their arrival.
    held: BTreeMap<u64, Account>,
}

#[derive(Debug, Default)]
struct Account {
    bytes: usize,
    is_whole: bool,
    eviction: Arc<Eviction>,
}

/// Tells a body that it is evicted.
#[derive(Debug, Default)]
struct Eviction {
    has_come: AtomicBool,
    waker: AtomicWaker,
}

impl BodyBudget {
    /// Opens an account for a body that begins to arrive.
    pub(super) fn begin(self: &Arc<Self>) -> BudgetShare {
        let (number, eviction) = self.accounts().begin();
        BudgetShare { budget: self.clone(), number, eviction }
    }

    fn accounts(&self) -> MutexGuard<'_, Accounts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl BudgetShare {
    /// Counts bytes that have arrived, and evicts other bodies until there is room. Returns false if this body is
    /// evicted.
    pub(super) fn grow(&self, bytes: usize) -> bool {
        self.budget.accounts().grow(self.number, bytes)
    }

    /// The whole body has arrived. It is processed now, and is no longer evicted.
    pub(super) fn is_whole(&self) {
        if let Some(account) = self.budget.accounts().held.get_mut(&self.number) {
            account.is_whole = true;
        }
    }

    /// True if this body is evicted. If not, the task is woken when it is.
    pub(super) fn is_evicted(&self, cx: &Context<'_>) -> bool {
        self.eviction.waker.register(cx.waker());
        self.eviction.has_come.load(Ordering::SeqCst)
    }
}

impl Drop for BudgetShare {
    fn drop(&mut self) {
        self.budget.accounts().end(self.number);
    }
}

fn above_share(bytes: usize) -> usize {
    bytes.saturating_sub(SHARE_BYTES)
}

impl Accounts {
    fn begin(&mut self) -> (u64, Arc<Eviction>) {
        let (number, account) = (self.next, Account::default());
        let eviction = account.eviction.clone();
        self.next += 1;
        self.held.insert(number, account);
        (number, eviction)
    }

    fn grow(&mut self, number: u64, bytes: usize) -> bool {
        let Some(account) = self.held.get_mut(&number) else { return false };
        let grown = account.bytes.saturating_add(bytes);
        self.pooled = self.pooled - above_share(account.bytes) + above_share(grown);
        account.bytes = grown;
        while self.pooled > POOL_BYTES {
            let is_arriving = |account: &Account| !account.is_whole && above_share(account.bytes) > 0;
            let slowest = self.held.iter().find(|(_, account)| is_arriving(account));
            // There is one: at least this body.
            let evicted = slowest.map_or(number, |(number, _)| *number);
            self.evict(evicted);
            if evicted == number {
                return false;
            }
        }
        true
    }

    fn evict(&mut self, number: u64) {
        if let Some(account) = self.end(number) {
            account.eviction.has_come.store(true, Ordering::SeqCst);
            account.eviction.waker.wake();
        }
    }

    fn end(&mut self, number: u64) -> Option<Account> {
        let account = self.held.remove(&number)?;
        self.pooled -= above_share(account.bytes);
        Some(account)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn has_gone(holding: &BudgetShare) -> bool {
        holding.is_evicted(&Context::from_waker(futures::task::noop_waker_ref()))
    }

    fn pooled(budget: &BodyBudget) -> usize {
        budget.accounts().pooled
    }

    #[test]
    fn the_body_that_has_been_arriving_longest_makes_room() {
        let budget = Arc::<BodyBudget>::default();
        let quarter = SHARE_BYTES + POOL_BYTES / 4;
        let bodies: Vec<BudgetShare> = (0..4).map(|_| budget.begin()).collect();
        assert!(bodies.iter().all(|body| body.grow(quarter)));
        bodies[0].is_whole();
        let next = budget.begin();
        assert!(next.grow(quarter));
        let gone: Vec<bool> = bodies.iter().map(has_gone).collect();
        assert_eq!(gone, [false, true, false, false], "whole ones stay, and no more go than have to");
        assert!(!bodies[1].grow(1), "it stays gone");
        // The last one asks for more and may itself be evicted: it may be the slowest by now.
        for body in &bodies[2..] {
            body.is_whole();
        }
        assert!(!next.grow(1) && has_gone(&next));
        assert_eq!(pooled(&budget), POOL_BYTES / 4 * 3);
        drop(bodies);
        assert_eq!(pooled(&budget), 0);
    }

    #[test]
    fn nobody_takes_a_share_from_anybody() {
        let budget = Arc::<BodyBudget>::default();
        let small: Vec<BudgetShare> = (0..CONNECTIONS_MAX).map(|_| budget.begin()).collect();
        assert!(small.iter().all(|body| body.grow(SHARE_BYTES / 2)));
        let large = budget.begin();
        assert!(large.grow(POOL_BYTES + SHARE_BYTES));
        assert!(small.iter().all(|body| body.grow(SHARE_BYTES / 2) && !has_gone(body)));
        assert!(!has_gone(&large));
        // Above its share it takes the memory of the slowest large body, which is older.
        let late = budget.begin();
        assert!(late.grow(SHARE_BYTES + 1) && has_gone(&large));
        // The oldest of all is evicted itself.
        assert!(late.grow(POOL_BYTES - 1));
        assert!(!small[0].grow(1) && has_gone(&small[0]));
    }

    #[tokio::test]
    async fn whoever_waits_for_bytes_is_woken_when_it_has_to_go() {
        let budget = Arc::<BodyBudget>::default();
        let waiting = budget.begin();
        assert!(waiting.grow(POOL_BYTES));
        let evicted = tokio::spawn(std::future::poll_fn(move |cx| {
            if waiting.is_evicted(cx) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
        }));
        tokio::task::yield_now().await;
        let newcomer = budget.begin();
        assert!(newcomer.grow(POOL_BYTES));
        evicted.await.unwrap();
        assert_eq!(pooled(&budget), POOL_BYTES - SHARE_BYTES);
    }

    proptest! {
        #[test]
        fn the_pool_is_never_overdrawn_and_comes_back(
            steps in proptest::collection::vec((0..8_usize, 0..5_u8, 0..POOL_BYTES / 2), 0..200)
        ) {
            let budget = Arc::<BodyBudget>::default();
            let mut bodies: Vec<BudgetShare> = (0..8).map(|_| budget.begin()).collect();
            for (index, step, bytes) in steps {
                match step {
                    0 => bodies[index] = budget.begin(),
                    1 => bodies[index].is_whole(),
                    _ => {
                        let has_room = bodies[index].grow(bytes);
                        prop_assert_eq!(has_room, !has_gone(&bodies[index]));
                    }
                }
                prop_assert!(pooled(&budget) <= POOL_BYTES);
            }
            drop(bodies);
            prop_assert_eq!(pooled(&budget), 0);
            prop_assert!(budget.accounts().held.is_empty());
        }
    }
}
