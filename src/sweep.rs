//! The sweep: every now and then the whole account is asked what it holds, and what no event announced is
//! accepted as if one had.
//!
//! Zoom repeats an event for some 85 minutes; a service that was down for longer would never hear of it. A
//! sweep is also the only ground on which "nothing is missing" can be said ([`crate::jobs::backlog`]). One
//! instance sweeps at a time: the store gives out the turn. No error ends the loop.

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

/// Whose recordings are only in the list of the whole account, which an app may not be allowed to read.
pub const WHOM_NO_LIST_NAMES: &str =
    "recordings of hosts whom Zoom's list of users does not name (Zoom Rooms, deleted users, sub-accounts)";

/// The first sweep begins within this time after the start, at random: instances that start together do not
/// ask at the same moment.
const FIRST_WITHIN: Duration = Duration::from_secs(2);

/// Wait after the store has failed.
const STORE_FAILED_WAIT: Duration = Duration::from_secs(10);

/// Longest sleep before asking for the turn again; another instance that had it may have died.
const LOOK_EVERY: Duration = Duration::from_secs(600);

/// Shortest sleep before asking for the turn again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Looks for what no event announced.
pub struct Sweeper {
    store: Store,
    zoom: Arc<Zoom>,
    every: Duration,
    back: Duration,
    /// How long a turn is held without a sign of life.
    hold_for: Duration,
    /// Wait after a first failed call.
    retry_wait: Duration,
}

impl Sweeper {
    /// With the account's Zoom, whose paces it shares; `None` when the settings want no sweep or allow none.
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

    /// Sweeps until `stopping`. A sweep that is cut short gives its turn back.
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
                    error!(%error, "cannot ask for the sweep's turn");
                    STORE_FAILED_WAIT
                }
            };
        }
    }

    /// Sweeps once, for as long as the turn is ours.
    async fn hold(&self, singleton: &SingletonLease, asked: Instant, stopping: &CancellationToken) {
        // A panic is a failed sweep like any other.
        let sweeping = AssertUnwindSafe(self.round()).catch_unwind();
        let SweepEnd { ok, note, unseen } = tokio::select! {
            swept = sweeping => match swept {
                Ok(swept) => told(swept),
                Err(_panic) => told_failure(&"the program failed unexpectedly (a bug)"),
            },
            end = self.keep(singleton, asked) => {
                warn!("{}", match end {
                    LeaseEnd::Taken => "lost the sweep's turn; another instance has it now",
                    LeaseEnd::NotRenewed => "the sweep's turn could not be renewed; stopping before it runs out",
                });
                return;
            }
            () = stopping.cancelled() => {
                // Whoever comes next may begin at once. If this fails, the turn runs out by itself.
                if let Err(error) = self.store.renew_singleton(singleton, Duration::ZERO).await {
                    warn!(%error, "cannot give the sweep's turn back");
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
            error!(%error, "cannot write down how the sweep ended");
        }
    }

    /// Renews the turn until that fails.
    async fn keep(&self, singleton: &SingletonLease, asked: Instant) -> LeaseEnd {
        renew_until_lost(self.hold_for, asked, || self.store.renew_singleton(singleton, self.hold_for)).await
    }
}

/// How a sweep ended.
struct SweepEnd {
    ok: bool,
    note: String,
    /// Whose recordings it did not look for; empty if everybody's.
    unseen: String,
}

/// One line per sweep, in the log and beside the turn. It went well only if every list of the users was seen.
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
    error!(%error, "the sweep failed; what is missing is not known until the next one");
    SweepEnd { ok: false, note: format!("failed: {error}"), unseen: String::new() }
}
