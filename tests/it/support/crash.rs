//! A store that ends the life of the program at a commit.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use zoom2drive::store::{Moment, Store, StoreError};

/// When the program stops existing.
#[derive(Debug, Clone, Copy)]
pub enum Crash {
    /// The n-th commit is on disk; its caller never returns.
    After(usize),
    /// What it would have written down has happened; the commit has not.
    Before(usize),
}

/// Commits that come when their time has come, however far the story is: they are not counted, so that every run counts
/// the same ones. Each stands by itself: what it writes is written again when its time comes again.
const BY_THE_CLOCK: [&str; 19] = [
    "heartbeat",
    "check_writable",
    "free_leases",
    "free_probes",
    "free_messages",
    "keep_probe",
    "take_probe",
    "acquire_singleton",
    "renew_singleton",
    "note_look",
    "end_singleton",
    "forget_events",
    "wipe_secrets",
    "blank_old",
    "claim_messages",
    "messages_sent",
    "messages_failed",
    "change_alert",
    "forget_messages",
];

/// What happens at the commits of a store.
#[derive(Debug)]
pub struct CrashingStore {
    commits: AtomicUsize,
    /// How many jobs were claimed.
    pub claimed: AtomicUsize,
    /// How often a turn was asked for.
    pub singletons_asked: AtomicUsize,
    /// Of this many heartbeats in a row only the last one reaches the disk; with 0 each does.
    pub heartbeats_per_success: AtomicUsize,
    /// How many there were.
    pub heartbeats: AtomicUsize,
    crash: Crash,
    pub crashed: Notify,
}

impl CrashingStore {
    /// Stops every task that uses this store: from the crash on, no commit returns.
    pub fn at_commits_of(store: &Store, crash: Crash) -> Arc<Self> {
        let none = AtomicUsize::default;
        let crashing = Arc::new(Self {
            commits: none(),
            claimed: none(),
            singletons_asked: none(),
            heartbeats_per_success: none(),
            heartbeats: none(),
            crash,
            crashed: Notify::new(),
        });
        let hooked = crashing.clone();
        store.hook_commits(Arc::new(move |call, moment| {
            let crashing = hooked.clone();
            Box::pin(async move { crashing.pass(call, moment).await })
        }));
        crashing
    }

    async fn pass(&self, call: &str, moment: Moment) -> Result<(), StoreError> {
        match (call, moment) {
            ("heartbeat", Moment::Before) => return self.lose_heartbeat(),
            ("claim_job", Moment::After) => count(&self.claimed),
            ("acquire_singleton", Moment::Begun) => count(&self.singletons_asked),
            _ => {}
        }
        if BY_THE_CLOCK.contains(&call) {
            return Ok(());
        }
        let dies = match (self.crash, moment) {
            (Crash::Before(at), Moment::Before) => self.commits.fetch_add(1, Ordering::SeqCst) + 1 >= at,
            (Crash::After(at), Moment::Before) => self.commits.load(Ordering::SeqCst) >= at,
            (Crash::After(at), Moment::After) => self.commits.fetch_add(1, Ordering::SeqCst) + 1 >= at,
            _ => false,
        };
        if dies {
            self.crashed.notify_one();
            std::future::pending::<()>().await;
        }
        Ok(())
    }

    fn lose_heartbeat(&self) -> Result<(), StoreError> {
        let number = self.heartbeats.fetch_add(1, Ordering::SeqCst) + 1;
        let every = self.heartbeats_per_success.load(Ordering::SeqCst);
        if every > 0 && !number.is_multiple_of(every) {
            return Err(StoreError::NoAnswer(Duration::ZERO));
        }
        Ok(())
    }
}

fn count(calls: &AtomicUsize) {
    calls.fetch_add(1, Ordering::SeqCst);
}
