//! Keeps the database small and of little worth to a thief: old events go, finished jobs and their events lose their
//! tokens and addresses, and what earlier releases stored loses its passcodes.
//!
//! One instance at a time does it, in steps so small that no webhook waits for one. Jobs themselves stay: they
//! are what keeps a recording from being archived a second time, and lines of the audit trail stay, too.

use std::time::Duration;

use rand::Rng;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::config::Config;
use crate::store::{SingletonClaim, SingletonLease, Store, StoreError};

/// The turn's name.
pub const HOUSEKEEPING_SINGLETON: &str = "housekeeping";

/// How often it is done.
const EVERY: Duration = Duration::from_secs(3600);

/// The first time is within this time after the start, at random: instances that start together do not ask at
/// the same moment.
const FIRST_WITHIN: Duration = Duration::from_secs(2);

/// How long a finished job keeps its tokens and addresses: Zoom's tokens are good for a day.
const SECRETS_FOR: Duration = Duration::from_secs(24 * 3600);

/// How long messages to people are kept once they are sent or given up.
const MESSAGES_FOR: Duration = Duration::from_secs(90 * 24 * 3600);

/// Rows of one step. A step of this size takes some milliseconds.
const ROWS_PER_STEP: u32 = 100;

/// Rows of a step that reads and writes whole bodies, which may have a megabyte each.
const BODIES_PER_STEP: u32 = 20;

/// How often the log is tried to be emptied, before it is left for the next turn.
const LOG_TRIES: u32 = 50;

/// Wait between two steps: whoever waits for the database comes first.
const STEP_WAIT: Duration = Duration::from_millis(20);

/// How long the turn is held without a sign of life.
const HOLD_FOR: Duration = Duration::from_secs(60);

/// Wait after the store has failed.
const STORE_FAILED_WAIT: Duration = Duration::from_secs(60);

/// Lets go what is not needed any more.
pub struct Housekeeper {
    store: Store,
    keep_events: Option<Duration>,
}

impl Housekeeper {
    /// For these settings, on this store.
    pub fn new(store: Store, config: &Config) -> Self {
        Self { store, keep_events: config.service.keep_events }
    }

    /// Does it again and again until `stopping`. No error ends the loop, and being cut anywhere does no harm.
    pub async fn run(self, stopping: CancellationToken) {
        let looping = async {
            let mut wait = FIRST_WITHIN.mul_f64(rand::rng().random());
            loop {
                tokio::time::sleep(wait).await;
                wait = self.singleton().await.unwrap_or_else(|error| {
                    error!(%error, "cannot clear the database of what is old");
                    STORE_FAILED_WAIT
                });
            }
        };
        tokio::select! {
            () = looping => {}
            () = stopping.cancelled() => {}
        }
    }

    /// Does it, if it is our turn; how long to wait before the next.
    async fn singleton(&self) -> Result<Duration, StoreError> {
        let singleton = match self.store.acquire_singleton(HOUSEKEEPING_SINGLETON, EVERY, HOLD_FOR).await? {
            SingletonClaim::Ours(singleton) => singleton,
            SingletonClaim::Later(wait) => return Ok(wait.clamp(STEP_WAIT, EVERY)),
        };
        let (mut forgotten, mut wiped, mut blanked) = (0, 0, 0);
        loop {
            let done = self.store.blank_old(BODIES_PER_STEP).await?;
            blanked += done;
            if !self.goes_on(&singleton, done, BODIES_PER_STEP).await? {
                break;
            }
        }
        if let Some(keep) = self.keep_events {
            loop {
                let gone = self.store.forget_events(keep, ROWS_PER_STEP).await?;
                forgotten += gone;
                if !self.goes_on(&singleton, gone, ROWS_PER_STEP).await? {
                    break;
                }
            }
        }
        loop {
            let gone = self.store.wipe_secrets(SECRETS_FOR, ROWS_PER_STEP).await?;
            wiped += gone;
            if !self.goes_on(&singleton, gone, ROWS_PER_STEP).await? {
                break;
            }
        }
        loop {
            let gone = self.store.forget_messages(MESSAGES_FOR, ROWS_PER_STEP).await?;
            if !self.goes_on(&singleton, gone, ROWS_PER_STEP).await? {
                break;
            }
        }
        self.trim_log().await?;
        let note = format!("{forgotten} event(s) deleted, {wiped} job(s) cleared of tokens and addresses");
        if forgotten + wiped > 0 {
            info!("{note}");
        }
        if blanked > 0 {
            info!("{blanked} event(s) or job(s) of an earlier release cleared of passcodes and links");
        }
        self.store.end_singleton(&singleton, true, &note).await?;
        Ok(EVERY)
    }

    /// Empties the log of what was wiped. Whoever reads just now has done so in a moment; who reads for long, as a
    /// backup does, is not waited for.
    async fn trim_log(&self) -> Result<(), StoreError> {
        for _try in 0..LOG_TRIES {
            if self.store.trim_log().await? {
                break;
            }
            tokio::time::sleep(STEP_WAIT).await;
        }
        Ok(())
    }

    /// Whether there may be more after a step with so many rows.
    async fn goes_on(&self, singleton: &SingletonLease, rows: u64, step: u32) -> Result<bool, StoreError> {
        if rows < u64::from(step) {
            return Ok(false);
        }
        tokio::time::sleep(STEP_WAIT).await;
        self.store.renew_singleton(singleton, HOLD_FOR).await?;
        Ok(true)
    }
}
