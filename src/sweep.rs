//! The sweep: lists all recordings of the account at intervals, and accepts those without an event in the same way
//! as events.
//!
//! Zoom repeats an event for about 85 minutes; a service that was down for longer would miss it. Only after a sweep
//! the service knows that no recording is missing ([`crate::jobs::backlog`]). One instance sweeps at a time: the
//! store gives it a singleton lease. No error ends the loop.

mod days;
mod missing;
mod pages;
mod round;
mod walk;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::FutureExt;
use rand::Rng;
use tokio_util::sync::CancellationToken;
use tracing::{error, info, warn};

use crate::config::Config;
use crate::jobs::{SWEEP_SINGLETON, Sweeping};
use crate::store::renewal::{LeaseEnd, renew_until_lost};
use crate::store::{SingletonClaim, SingletonLease, Store};
use crate::zoom::Zoom;
pub use days::{day, windows};
pub use missing::is_missing;
use round::{RoundError, SweepFindings};
pub use walk::{List, ListFailure, ListOwner, ListedRecording, Walk, unlisted};

/// Recordings that only the whole account's list contains. An app may not be allowed to read that list.
pub const WHOM_NO_LIST_NAMES: &str =
    "recordings of hosts whom Zoom's list of users does not name (Zoom Rooms, deleted users, sub-accounts)";

/// The first sweep begins at a random moment within this time, so that instances that start together do not call at
/// the same moment.
const FIRST_WITHIN: Duration = Duration::from_secs(2);

/// Wait after the store has failed.
const STORE_FAILED_WAIT: Duration = Duration::from_secs(10);

/// Longest sleep before the next attempt to get the lease; the instance that holds it may have died.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// Shortest sleep before the next attempt to get the lease.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Finds recordings without an event.
pub struct Sweeper {
    store: Store,
    zoom: Arc<Zoom>,
    every: Duration,
    back: Duration,
    /// Lifetime of the lease without a renewal.
    hold_for: Duration,
    /// Wait after a first failed call.
    retry_wait: Duration,
}

impl Sweeper {
    /// Shares the rate limits of `zoom`. `None` when the settings switch the sweep off, or there are no
    /// credentials.
    pub fn new(store: Store, zoom: Option<Arc<Zoom>>, config: &Config) -> Option<Self> {
        let (Sweeping::Every(every), Some(zoom)) = (config.sweeping(), zoom) else { return None };
        Some(Self {
            store,
            zoom,
            every,
            back: config.service.sweep_back,
            hold_for: config.service.lease_for,
            retry_wait: config.relay.retry_wait,
        })
    }

    /// Sweeps until `stopping` is cancelled. An interrupted sweep releases its lease.
    pub async fn run(self, stopping: CancellationToken) {
        let mut wait = self.every.min(FIRST_WITHIN).mul_f64(rand::rng().random());
        loop {
            tokio::select! {
                biased;
                () = stopping.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            let asked = Instant::now();
            wait = match self.store.acquire_singleton(SWEEP_SINGLETON, self.every, self.hold_for).await {
                Ok(SingletonClaim::Ours(singleton)) => {
                    self.hold(&singleton, asked, &stopping).await;
                    self.every
                }
                Ok(SingletonClaim::Later(wait)) => wait.clamp(LOOK_AGAIN, LOOK_EVERY),
                Err(error) => {
                    error!(%error, "cannot get the sweep's lease");
                    STORE_FAILED_WAIT
                }
            };
        }
    }

    /// Sweeps once, while the lease is held.
    async fn hold(&self, singleton: &SingletonLease, asked: Instant, stopping: &CancellationToken) {
        // A panic counts as a failed sweep.
        let sweeping = AssertUnwindSafe(self.round()).catch_unwind();
        let SweepEnd { ok, note, unseen } = tokio::select! {
            swept = sweeping => match swept {
                Ok(swept) => told(swept),
                Err(_panic) => told_failure(&"the program failed unexpectedly (a bug)"),
            },
            end = self.keep(singleton, asked) => {
                warn!("{}", match end {
                    LeaseEnd::Taken => "lost the sweep's lease; another instance has it now",
                    LeaseEnd::NotRenewed => "the sweep's lease could not be renewed; stopping before it expires",
                });
                return;
            }
            () = stopping.cancelled() => {
                // Another instance may begin at once. If this fails, the lease expires by itself.
                if let Err(error) = self.store.renew_singleton(singleton, Duration::ZERO).await {
                    warn!(%error, "cannot release the sweep's lease");
                }
                return;
            }
        };
        let ended = match ok {
            true => self.store.note_unseen(singleton, &unseen).await,
            false => Ok(()),
        };
        let ended = match ended {
            Ok(()) => self.store.end_singleton(singleton, ok, &note).await,
            Err(error) => Err(error),
        };
        if let Err(error) = ended {
            error!(%error, "cannot store the sweep's result");
        }
    }

    /// Renews the lease until that fails.
    async fn keep(&self, singleton: &SingletonLease, asked: Instant) -> LeaseEnd {
        renew_until_lost(self.hold_for, asked, || self.store.renew_singleton(singleton, self.hold_for)).await
    }
}

/// Result of a sweep.
struct SweepEnd {
    ok: bool,
    note: String,
    /// Whose recordings it did not list; empty if it listed the whole account.
    unseen: String,
}

/// One line per sweep, for the log and for the store. A sweep is complete only if every user's list was read.
fn told(swept: Result<SweepFindings, RoundError>) -> SweepEnd {
    match swept {
        Ok(found) => {
            let SweepFindings { users, recordings, accepted, unseen, .. } = found;
            info!(users, recordings, accepted, unseen, "swept Zoom: {found}");
            SweepEnd { ok: unseen == 0, note: found.to_string(), unseen: found.not_seen() }
        }
        Err(error) => told_failure(&error),
    }
}

fn told_failure(error: &dyn std::fmt::Display) -> SweepEnd {
    error!(%error, "the sweep failed; missing recordings are unknown until the next one");
    SweepEnd { ok: false, note: format!("failed: {error}"), unseen: String::new() }
}
