//! The sweep: lists all recordings of the account at intervals, and accepts those without an event in the same way
//! as events.
//!
//! Zoom repeats an event for about 85 minutes; a service that was down for longer would miss it. Only after a sweep
//! the service knows that no recording is missing ([`crate::jobs::backlog`]). One instance sweeps at a time: the
//! store gives it a singleton lease. No error ends the loop.

mod days;
pub mod meet;
mod missing;
mod pages;
mod round;
pub(crate) mod turns;
mod walk;

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::config::Config;
use crate::jobs::{SWEEP_SINGLETON, Sweeping};
use crate::store::Store;
use crate::zoom::Zoom;
pub use days::{day, windows};
pub use missing::is_missing;
use round::{RoundError, SweepFindings};
use turns::{RoundEnd, Turns};
pub use walk::{List, ListFailure, ListOwner, ListedRecording, Walk, unlisted};

/// Recordings that only the whole account's list contains. An app may not be allowed to read that list.
pub const WHOM_NO_LIST_NAMES: &str =
    "recordings of hosts whom Zoom's list of users does not name (Zoom Rooms, deleted users, sub-accounts)";

/// Finds recordings without an event.
pub struct Sweeper {
    turns: Turns,
    sweep: Sweep,
}

/// What a round needs.
struct Sweep {
    store: Store,
    zoom: Arc<Zoom>,
    back: Duration,
    /// Wait after a first failed call.
    retry_wait: Duration,
}

impl Sweeper {
    /// Shares the rate limits of `zoom`. `None` when the settings switch the sweep off, or there are no
    /// credentials.
    pub fn new(store: Store, zoom: Option<Arc<Zoom>>, config: &Config) -> Option<Self> {
        let (Sweeping::Every(every), Some(zoom)) = (config.sweeping(), zoom) else { return None };
        let hold_for = config.service.lease_for;
        Some(Self {
            turns: Turns::new(store.clone(), (SWEEP_SINGLETON, "the sweep"), every, hold_for),
            sweep: Sweep {
                store,
                zoom,
                back: config.service.sweep_back,
                retry_wait: config.relay.retry_wait,
            },
        })
    }

    /// Sweeps until `stopping` is cancelled. An interrupted sweep releases its lease.
    pub async fn run(self, stopping: CancellationToken) {
        let Self { mut turns, sweep } = self;
        while let Some(turn) = turns.next(&stopping).await {
            let progress = turn.progress();
            turn.work(async { told(sweep.round(&progress).await) }, &stopping).await;
        }
    }
}

/// One line per sweep, for the log and for the store. A sweep is complete only if every user's list was read.
fn told(swept: Result<SweepFindings, RoundError>) -> RoundEnd {
    match swept {
        Ok(found) => {
            let SweepFindings { users, recordings, accepted, unseen, look, .. } = found;
            info!(users, recordings, accepted, unseen, "swept Zoom: {found}");
            RoundEnd { ok: unseen == 0, note: found.to_string(), unseen: found.not_seen(), look }
        }
        Err(error) => RoundEnd::failed("the sweep", &error),
    }
}
