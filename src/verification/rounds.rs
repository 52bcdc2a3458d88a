//! Passes over the whole archive at intervals, batch by batch. One instance at a time works; another one goes on where
//! it ended.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::{Verifier, VerifyError};
use crate::config::Config;
use crate::jobs::VERIFY_SINGLETON;
use crate::jobs::pause::System;
use crate::jobs::verification::CheckedFile;
use crate::store::{ArchiveFilter, SingletonLease, Store, StoreError};
use crate::sweep::turns::{RoundEnd, Turns};

/// Files that were proved within the last day are not asked about: they have just been compared.
const PROVED_FOR: i64 = 24 * 3600 * 1000;

/// Wait while Drive is paused, in units of `RETRY_WAIT` and at most in seconds.
const PAUSED_WAIT: u32 = 60;

/// Longest wait after a look that failed, in the same units: half an hour.
const FAILED_WAIT_MAX: u32 = 30 * 60;

/// Verifies the archive by itself.
pub struct Rounds {
    turns: Turns,
    pass: Pass,
}

/// What a pass needs.
struct Pass {
    store: Store,
    verifier: Arc<Verifier>,
    /// Wait after a first failed call; all waits scale with it.
    unit: Duration,
}

impl Rounds {
    /// `None` when the settings switch it off.
    pub fn new(store: Store, verifier: Arc<Verifier>, config: &Config) -> Option<Self> {
        let every = Some(config.service.verify_every).filter(|every| !every.is_zero())?;
        let hold_for = config.service.lease_for;
        let turns = Turns::new(store.clone(), (VERIFY_SINGLETON, "the verification"), every, hold_for);
        Some(Self { turns, pass: Pass { store, verifier, unit: config.relay.retry_wait } })
    }

    /// Works until `stopping` is cancelled. An interrupted pass releases its lease.
    pub async fn run(self, stopping: CancellationToken) {
        let Self { mut turns, pass } = self;
        while let Some(turn) = turns.next(&stopping).await {
            let lease = turn.lease().clone();
            turn.work(async { pass.go(&lease).await }, &stopping).await;
        }
    }
}

impl Pass {
    /// One pass, to its end. No failure ends it: it waits, and asks again.
    async fn go(&self, lease: &SingletonLease) -> RoundEnd {
        let mut failed = 0;
        loop {
            match self.until_failure(lease).await {
                Ok(note) => return RoundEnd { ok: true, note, unseen: String::new(), look: None },
                Err(Interrupted { error, made_progress }) => {
                    failed = if made_progress { 1 } else { failed + 1 };
                    warn!(%error, failed, "the archive cannot be verified at the moment");
                    if let Err(error) = self.store.verification_failed(lease, &error.to_string()).await {
                        warn!(%error, "the failure could not be recorded");
                    }
                }
            }
            let units = 1_u32.checked_shl(failed).unwrap_or(u32::MAX).min(FAILED_WAIT_MAX);
            tokio::time::sleep(self.wait(units)).await;
        }
    }

    async fn until_failure(&self, lease: &SingletonLease) -> Result<String, Interrupted> {
        let mut made_progress = false;
        let done = self.batches(lease, &mut made_progress).await;
        done.map_err(|error| Interrupted { error, made_progress })
    }

    async fn batches(&self, lease: &SingletonLease, made_progress: &mut bool) -> Result<String, VerifyError> {
        let mut after = self.store.begin_verification(lease).await?;
        loop {
            while self.is_paused().await? {
                tokio::time::sleep(self.wait(PAUSED_WAIT)).await;
            }
            let until = Some(self.store.now().await? - PROVED_FOR);
            let filter = ArchiveFilter { until, ..ArchiveFilter::default() };
            let Some(step) = self.verifier.step(&after, &filter, &mut told).await? else { break };
            self.store.verified_up_to(lease, &step.last_folder, step.files).await?;
            after = step.last_folder;
            *made_progress = true;
            // Jobs come first: Drive gets one query of this kind in this time.
            tokio::time::sleep(self.unit.min(Duration::from_secs(1))).await;
        }
        let state = self.store.end_verification(lease).await?;
        let note = match state.wrong_files() {
            0 => format!("{} file(s) are on Drive as they were proved", state.files),
            _ => format!("{} file(s) were asked about; {}", state.files, state.summary()),
        };
        info!(files = state.files, wrong = state.wrong_files(), "verified the archive: {note}");
        Ok(note)
    }

    async fn is_paused(&self) -> Result<bool, StoreError> {
        Ok(self.store.pauses().await?.iter().any(|pause| pause.system == System::Drive))
    }

    /// This number of units, at most as many seconds.
    fn wait(&self, units: u32) -> Duration {
        self.unit.saturating_mul(units).min(Duration::from_secs(u64::from(units)))
    }
}

/// A pass that did not come to its end.
struct Interrupted {
    error: VerifyError,
    made_progress: bool,
}

fn told(file: &CheckedFile) {
    warn!(job = %file.job, file = %file.key, drive_id = %file.drive_id, verdict = ?file.verdict, "{} is not on Drive as it was proved", file.name);
}
