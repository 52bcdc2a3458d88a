//! Rounds of work at intervals. One instance at a time does a round: the store gives it a singleton lease. No error
//! ends the loop.

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use rand::Rng;
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use crate::jobs::Look;
use crate::store::renewal::{LeaseEnd, renew_until_lost};
use crate::store::{SingletonClaim, SingletonLease, Store};

/// The first round begins at a random moment within this time, so that instances that start together do not call at
/// the same moment.
const FIRST_WITHIN: Duration = Duration::from_secs(2);

/// Wait after the store has failed.
const STORE_FAILED_WAIT: Duration = Duration::from_secs(10);

/// Longest sleep before the next attempt to get the lease; the instance that holds it may have died.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// Shortest sleep before the next attempt to get the lease.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Result of a round.
pub(crate) struct RoundEnd {
    /// It read everything that it was to read.
    pub ok: bool,
    /// One line for people, stored and logged.
    pub note: String,
    /// What it could not read although it succeeded; empty if there is nothing.
    pub unseen: String,
    /// The days that it looked at; `None` if it did not get that far.
    pub look: Option<Look>,
}

/// How far a round is, in words. Stored at each renewal of the lease.
#[derive(Debug, Clone, Default)]
pub struct RoundProgress(Arc<Mutex<String>>);

impl RoundProgress {
    /// From now on it is this far.
    pub fn set(&self, words: String) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = words;
    }

    fn words(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl RoundEnd {
    /// A round that failed as a whole.
    pub fn failed(what: &str, error: &dyn std::fmt::Display) -> Self {
        error!(%error, "{what} failed; missing recordings are unknown until the next one");
        Self { ok: false, note: format!("failed: {error}"), unseen: String::new(), look: None }
    }
}

/// The rounds of one kind of work.
pub(crate) struct Turns {
    store: Store,
    /// Name of the singleton in the store.
    name: &'static str,
    /// The work, for the log.
    what: &'static str,
    /// Interval from the end of a round to the next one.
    every: Duration,
    /// Lifetime of the lease without a renewal.
    hold_for: Duration,
    /// Until the next attempt to get the lease.
    wait: Duration,
}

/// The right to do one round.
pub(crate) struct Turn<'a> {
    turns: &'a Turns,
    singleton: SingletonLease,
    asked: Instant,
    progress: RoundProgress,
}

impl Turns {
    /// Rounds under this name, from the end of one to the next `every`.
    pub fn new(
        store: Store,
        (name, what): (&'static str, &'static str),
        every: Duration,
        hold_for: Duration,
    ) -> Self {
        let wait = every.min(FIRST_WITHIN).mul_f64(rand::rng().random());
        Self { store, name, what, every, hold_for, wait }
    }

    /// Waits for the next round; `None` once `stopping` is cancelled.
    pub async fn next(&mut self, stopping: &CancellationToken) -> Option<Turn<'_>> {
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled() => return None,
                () = tokio::time::sleep(self.wait) => {}
            }
            let asked = Instant::now();
            self.wait = match self.store.acquire_singleton(self.name, self.every, self.hold_for).await {
                Ok(SingletonClaim::Ours(singleton)) => {
                    self.wait = self.every;
                    return Some(Turn { turns: self, singleton, asked, progress: RoundProgress::default() });
                }
                Ok(SingletonClaim::Later(wait)) => wait.clamp(LOOK_AGAIN, LOOK_EVERY),
                Err(error) => {
                    error!(%error, "cannot get the lease of {}", self.what);
                    STORE_FAILED_WAIT
                }
            };
        }
    }
}

impl Turn<'_> {
    /// The lease, for writes of the round.
    pub fn lease(&self) -> &SingletonLease {
        &self.singleton
    }

    /// Where the round says how far it is.
    pub fn progress(&self) -> RoundProgress {
        self.progress.clone()
    }

    /// Does the round while the lease is held. An interrupted round releases it.
    pub async fn work(self, round: impl Future<Output = RoundEnd>, stopping: &CancellationToken) {
        let (store, what, singleton) = (&self.turns.store, self.turns.what, &self.singleton);
        // A panic counts as a failed round.
        let working = AssertUnwindSafe(round).catch_unwind();
        let RoundEnd { ok, note, unseen, look } = tokio::select! {
            ended = working => match ended {
                Ok(ended) => ended,
                Err(_panic) => RoundEnd::failed(what, &"the program failed unexpectedly (a bug)"),
            },
            end = self.keep() => {
                warn!("{}", match end {
                    LeaseEnd::Taken => format!("lost the lease of {what}; another instance has it now"),
                    LeaseEnd::NotRenewed => {
                        format!("the lease of {what} could not be renewed; stopping before it expires")
                    }
                });
                return;
            }
            () = stopping.cancelled() => {
                // Another instance may begin at once. If this fails, the lease expires by itself.
                if let Err(error) = store.renew_singleton(singleton, Duration::ZERO, "").await {
                    warn!(%error, "cannot release the lease of {what}");
                }
                return;
            }
        };
        let ended = match ok {
            true => store.note_look(singleton, &unseen, look.as_ref()).await,
            false => Ok(()),
        };
        let ended = match ended {
            Ok(()) => store.end_singleton(singleton, ok, &note).await,
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            error!(%error, "cannot store the result of {what}");
        }
    }

    /// Renews the lease until that fails.
    async fn keep(&self) -> LeaseEnd {
        let Turns { store, hold_for, .. } = self.turns;
        let renew =
            || async { store.renew_singleton(&self.singleton, *hold_for, &self.progress.words()).await };
        renew_until_lost(*hold_for, self.asked, renew).await
    }
}
