//! Keeps the database small and of little value to a thief: deletes old events, removes tokens and addresses from
//! finished jobs and their events, removes passcodes from rows of earlier releases, and fills in what lists show of them.
//!
//! One instance at a time does it, in steps so small that no webhook waits for one. Jobs stay, because they prevent a
//! second archiving of their recordings. The audit trail stays, too.

use std::time::Duration;

use rand::Rng;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::config::Config;
use crate::store::{SingletonClaim, SingletonLease, Store, StoreError};

/// Name of the singleton.
pub const HOUSEKEEPING_SINGLETON: &str = "housekeeping";

/// Interval between two runs.
const EVERY: Duration = Duration::from_secs(3600);

/// The first run is at a random time within this time after the start, so that instances that start together do not
/// collide.
const FIRST_WITHIN: Duration = Duration::from_secs(2);

/// How long a finished job keeps its tokens and addresses: Zoom's tokens are valid for a day.
const SECRETS_FOR: Duration = Duration::from_secs(24 * 3600);

/// How long messages to people are kept after they were sent or given up.
const MESSAGES_FOR: Duration = Duration::from_secs(90 * 24 * 3600);

/// Rows of one step. A step of this size takes some milliseconds.
const ROWS_PER_STEP: u32 = 100;

/// Rows of a step that reads and writes whole bodies, which may have a megabyte each.
const BODIES_PER_STEP: u32 = 20;

/// Number of attempts to empty the log before the next run does it.
const LOG_TRIES: u32 = 50;

/// Wait between two steps, so that other writers come first.
const STEP_WAIT: Duration = Duration::from_millis(20);

/// Duration of the singleton's lease without a renewal.
const HOLD_FOR: Duration = Duration::from_secs(60);

/// Wait after the store has failed.
const STORE_FAILED_WAIT: Duration = Duration::from_secs(60);

/// Deletes data that is no longer needed.
pub struct Housekeeper {
    store: Store,
    keep_events: Option<Duration>,
}

impl Housekeeper {
    /// A housekeeper with these settings, on this store.
    pub fn new(store: Store, config: &Config) -> Self {
        Self { store, keep_events: config.service.keep_events }
    }

    /// Runs until `stopping`. No error ends the loop, and it may be cancelled at any point.
    pub async fn run(self, stopping: CancellationToken) {
        let looping = async {
            let mut wait = FIRST_WITHIN.mul_f64(rand::rng().random());
            loop {
                tokio::time::sleep(wait).await;
                wait = self.singleton().await.unwrap_or_else(|error| {
                    error!(%error, "cannot delete old rows from the database; trying again later");
                    STORE_FAILED_WAIT
                });
            }
        };
        tokio::select! {
            () = looping => {}
            () = stopping.cancelled() => {}
        }
    }

    /// Runs once, if the singleton is free. Returns the wait before the next run.
    async fn singleton(&self) -> Result<Duration, StoreError> {
        let singleton = match self.store.acquire_singleton(HOUSEKEEPING_SINGLETON, EVERY, HOLD_FOR).await? {
            SingletonClaim::Ours(singleton) => singleton,
            SingletonClaim::Later(wait) => return Ok(wait.clamp(STEP_WAIT, EVERY)),
        };
        let store = &self.store;
        let shelved = self.repeat(&singleton, ROWS_PER_STEP, || store.shelve_old(ROWS_PER_STEP)).await?;
        let blanked = self.repeat(&singleton, BODIES_PER_STEP, || store.blank_old(BODIES_PER_STEP)).await?;
        let mut forgotten = 0;
        if let Some(keep) = self.keep_events {
            let events = || store.forget_events(keep, ROWS_PER_STEP);
            forgotten = self.repeat(&singleton, ROWS_PER_STEP, events).await?;
            let troubles = || store.forget_troubles(keep, ROWS_PER_STEP);
            self.repeat(&singleton, ROWS_PER_STEP, troubles).await?;
        }
        let secrets = || store.wipe_secrets(SECRETS_FOR, ROWS_PER_STEP);
        let wiped = self.repeat(&singleton, ROWS_PER_STEP, secrets).await?;
        let messages = || store.forget_messages(MESSAGES_FOR, ROWS_PER_STEP);
        self.repeat(&singleton, ROWS_PER_STEP, messages).await?;
        self.store.forget_sessions().await?;
        self.trim_log().await?;
        let note = format!("{forgotten} event(s) deleted, {wiped} job(s) cleared of tokens and addresses");
        if forgotten + wiped > 0 {
            info!("{note}");
        }
        if blanked > 0 {
            info!("{blanked} event(s) or job(s) of an earlier release cleared of passcodes and links");
        }
        if shelved > 0 {
            info!("{shelved} recording(s) of an earlier release added to the list for searches");
        }
        self.store.end_singleton(&singleton, true, &note).await?;
        Ok(EVERY)
    }

    /// Empties the database's log, which still has the wiped data. A short read ends soon and is waited for; a long
    /// one, such as a backup, is not.
    async fn trim_log(&self) -> Result<(), StoreError> {
        for _try in 0..LOG_TRIES {
            if self.store.trim_log().await? {
                break;
            }
            tokio::time::sleep(STEP_WAIT).await;
        }
        Ok(())
    }

    /// Repeats a step until it changes fewer rows than it may, which is `size`. Returns the number of changed rows.
    async fn repeat<F: Future<Output = Result<u64, StoreError>>>(
        &self,
        singleton: &SingletonLease,
        size: u32,
        step: impl Fn() -> F,
    ) -> Result<u64, StoreError> {
        let mut changed = 0;
        loop {
            let rows = step().await?;
            changed += rows;
            if rows < u64::from(size) {
                return Ok(changed);
            }
            tokio::time::sleep(STEP_WAIT).await;
            self.store.renew_singleton(singleton, HOLD_FOR, "").await?;
        }
    }
}
