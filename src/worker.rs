//! Claims jobs, renews their leases, and records how each run ended.
//!
//! A worker that cannot renew a lease stops its run before the lease expires: after that another worker may have the
//! job. A shutdown is no failure: chunks are completed, checkpoints written, leases returned. While a system is
//! paused no job is claimed, except one at a time as the probe.

mod pauses;

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use futures::FutureExt;
use rand::Rng;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, error, info, info_span, warn};

use crate::jobs::pause::breaker::Breaker;
use crate::jobs::pause::{Evidence, OutageHint};
use crate::jobs::retry::{self, RunOutcome};
use crate::jobs::{Job, Standing};
use crate::pipeline::{Pipeline, Run};
use crate::store::pauses::{Admission, Probe};
use crate::store::renewal::{self, LeaseEnd};
use crate::store::{Claim, Lease, RunEnd, Store, StoreError};
use crate::telemetry::meters;

/// Maximum number of jobs in progress. Concurrent transfers have their own limit; a job in progress costs a few
/// kilobytes and a heartbeat.
const JOBS_MAX: usize = 16;

/// Maximum number of backfilled jobs among them: a fresh recording always finds a free place.
const BACKFILLED_MAX: usize = 12;

/// Longest sleep without looking for work, whatever the store says about the next job.
const LOOK_EVERY: Duration = Duration::from_secs(60);

/// Why a run ends although its lease has not expired.
const PRESENCE_LOST: &str = "the connection that shows this instance to others broke; the run stops before another instance goes on with it";

/// Wait after the store has failed.
const STORE_FAILED_WAIT: Duration = Duration::from_secs(1);

/// Runs jobs until it is stopped.
pub struct Worker {
    store: Store,
    pipeline: Arc<Pipeline>,
    lease_for: Duration,
    stop_within: Duration,
    retry_wait: Duration,
    /// True while the claiming loop runs; `/readyz` reads it.
    alive: Arc<AtomicBool>,
    breaker: Mutex<Breaker>,
    /// One permit per backfilled job in progress.
    backfilled: Arc<Semaphore>,
}

/// A claimed job.
struct ClaimedJob {
    job: Job,
    lease: Lease,
    /// Time of the claim's request: the lease ends no earlier than its duration after this.
    claimed: Instant,
    /// The probe, if the job is to show whether the paused systems work again.
    probe: Option<Probe>,
    /// The permit of a backfilled job.
    place: Option<OwnedSemaphorePermit>,
}

/// The result of looking for work.
enum FoundWork {
    Work(Box<ClaimedJob>),
    /// Look again after this time.
    Nothing(Duration),
}

impl Worker {
    /// A worker on this store.
    pub fn new(store: Store, pipeline: Pipeline, config: &crate::config::Config) -> Self {
        Self {
            store,
            pipeline: Arc::new(pipeline),
            lease_for: config.service.lease_for,
            stop_within: config.service.stop_within,
            retry_wait: config.relay.retry_wait,
            alive: Arc::new(AtomicBool::new(true)),
            breaker: Mutex::default(),
            backfilled: Arc::new(Semaphore::new(BACKFILLED_MAX)),
        }
    }

    /// The flag that is true while the claiming loop runs.
    pub fn alive(&self) -> Arc<AtomicBool> {
        self.alive.clone()
    }

    /// Claims and runs jobs until `stopping`. Then running jobs complete their chunks; those that take longer than
    /// the settings allow are cancelled.
    pub async fn run(self, stopping: CancellationToken) {
        self.probe_after_start().await;
        let worker = Arc::new(self);
        let slots = Arc::new(Semaphore::new(JOBS_MAX));
        let tasks = TaskTracker::new();
        let cut = CancellationToken::new();
        // A lasting error is logged when it begins, not every second.
        let mut trouble = String::new();
        while let Some(slot) = free_slot(&slots, &stopping).await {
            match worker.find().await {
                Ok(FoundWork::Work(claimed)) => {
                    let job = &claimed.job;
                    let span = info_span!("job", job = %job.id, meeting = %job.recording.uuid);
                    let holding = worker.clone().hold(*claimed, slot, stopping.clone(), cut.clone());
                    tasks.spawn(holding.instrument(span));
                }
                Ok(FoundWork::Nothing(wait)) => {
                    drop(slot);
                    worker.rest(wait.min(LOOK_EVERY), &stopping).await;
                }
                Err(error) => {
                    if std::mem::replace(&mut trouble, error.to_string()) != error.to_string() {
                        error!(%error, "cannot look for work; trying again every {}s", STORE_FAILED_WAIT.as_secs());
                    }
                    drop(slot);
                    worker.rest(STORE_FAILED_WAIT, &stopping).await;
                    continue;
                }
            }
            trouble.clear();
        }
        worker.alive.store(false, Ordering::Relaxed);
        tasks.close();
        if tokio::time::timeout(worker.stop_within, tasks.wait()).await.is_err() {
            warn!("{} job(s) did not stop within {:?}; cancelling them", tasks.len(), worker.stop_within);
            cut.cancel();
            tasks.wait().await;
        }
    }

    async fn find(&self) -> Result<FoundWork, StoreError> {
        let probe = match self.store.admission(self.lease_for).await? {
            Admission::Free => None,
            Admission::Wait(wait) => return Ok(FoundWork::Nothing(wait)),
            Admission::Probe(probe) => Some(probe),
        };
        let place = self.backfilled.clone().try_acquire_owned().ok();
        let claimed = Instant::now();
        let claim = match place {
            Some(_) => self.store.claim(self.lease_for).await?,
            None => self.store.claim_fresh(self.lease_for).await?,
        };
        match claim {
            Claim::Leased(job, lease) => {
                let place = place.filter(|_| job.backfilled);
                Ok(FoundWork::Work(Box::new(ClaimedJob { job: *job, lease, claimed, probe, place })))
            }
            Claim::Nothing { next_in } => {
                if let Some(probe) = probe {
                    self.store.release_probe(&probe.token).await?;
                }
                Ok(FoundWork::Nothing(next_in.unwrap_or(LOOK_EVERY)))
            }
        }
    }

    async fn rest(&self, limit: Duration, stopping: &CancellationToken) {
        tokio::select! {
            () = self.store.wait_for_work(limit) => {}
            () = stopping.cancelled() => {}
        }
    }

    /// Runs one job while its lease is ours.
    async fn hold(
        self: Arc<Self>,
        claimed_job: ClaimedJob,
        slot: OwnedSemaphorePermit,
        stopping: CancellationToken,
        cut: CancellationToken,
    ) {
        let ClaimedJob { job, lease, claimed, probe, place } = claimed_job;
        let progress = AtomicBool::new(false);
        let evidence = watch::Sender::new(Evidence::Nothing);
        let attempts = job.attempts;
        let is_new_to_drive = AtomicBool::new(false);
        let run = Run {
            lease: &lease,
            stopping: &stopping,
            progress: &progress,
            evidence: &evidence,
            is_new_to_drive: &is_new_to_drive,
        };
        // A panic is a failed attempt like any other: one bad recording must not stop the others.
        let working = AssertUnwindSafe(self.work(job, &run, probe.as_ref())).catch_unwind();
        let outcome = tokio::select! {
            outcome = working => outcome.unwrap_or_else(|_| panicked()),
            end = self.keep_lease(&lease, claimed) => {
                warn!("{}", job_lost(end));
                return self.give_back(probe.as_ref()).await;
            }
            () = self.keep_probe(probe.as_ref()) => return,
            () = self.store.presence_lost(&lease) => RunOutcome::Wait { wait: Duration::ZERO, cause: PRESENCE_LOST.to_owned() },
            () = cut.cancelled() => RunOutcome::Wait { wait: Duration::ZERO, cause: "cancelled by the shutdown".to_owned() },
        };
        // Progress resets the count of attempts, also when the run ends in a wait.
        let attempts = if progress.load(Ordering::Relaxed) { 0 } else { attempts };
        self.end(&lease, attempts, outcome, probe.as_ref()).await;
        self.give_back(probe.as_ref()).await;
        drop((slot, place));
    }

    async fn give_back(&self, probe: Option<&Probe>) {
        if let Some(probe) = probe
            && let Err(error) = self.store.release_probe(&probe.token).await
        {
            warn!(%error, "cannot return the right to probe; it expires by itself");
        }
    }

    /// Renews the lease until that fails.
    async fn keep_lease(&self, lease: &Lease, claimed: Instant) -> LeaseEnd {
        let renew = || self.store.heartbeat(lease, self.lease_for);
        renewal::renew_until_lost(self.lease_for, claimed, renew).await
    }

    /// Renews the right to probe, if the job is a probe. Never returns: after a loss another worker may take it.
    async fn keep_probe(&self, probe: Option<&Probe>) {
        let Some(probe) = probe else { return std::future::pending().await };
        let beat = renewal::beat(self.lease_for);
        loop {
            tokio::time::sleep(beat).await;
            let kept = tokio::time::timeout(beat, self.store.keep_probe(&probe.token, self.lease_for)).await;
            if !matches!(kept, Ok(Ok(()))) {
                warn!("cannot renew the right to probe");
            }
        }
    }

    async fn end(&self, lease: &Lease, attempts: u32, outcome: RunOutcome, probe: Option<&Probe>) {
        let outcome = match self.suspect(lease.job, outcome).await {
            RunOutcome::Pause { system, cause, what, wait } => {
                self.pause((system, cause), &what, wait, probe).await
            }
            outcome => outcome,
        };
        let ending = ending(outcome, attempts, self.retry_wait, rand::rng().random());
        // If this write fails, the lease expires and another run takes the job.
        match self.store.finish(lease, &ending).await {
            Ok(()) => {}
            Err(StoreError::LeaseLost) => {
                warn!("the job was taken by another worker or an operator before its run ended")
            }
            Err(error) => error!(%error, "cannot store how the run ended"),
        }
    }
}

fn panicked() -> RunOutcome {
    RunOutcome::Retry {
        cause: "the program failed unexpectedly (a bug)".to_owned(),
        after: None,
        progress: retry::Progress::None,
        sign: None,
    }
}

async fn free_slot(slots: &Arc<Semaphore>, stopping: &CancellationToken) -> Option<OwnedSemaphorePermit> {
    tokio::select! {
        biased;
        () = stopping.cancelled() => None,
        slot = slots.clone().acquire_owned() => slot.ok(),
    }
}

/// Converts a run's outcome for the store. Each failure is logged here, once.
fn ending(outcome: RunOutcome, attempts: u32, retry_wait: Duration, roll: f64) -> RunEnd {
    let standing = Standing::Active;
    meters::run_ended(outcome.name());
    match outcome {
        RunOutcome::Done { note } => {
            info!(%note, "finished");
            RunEnd { standing: Standing::Finished, attempts: 0, wait: Duration::ZERO, reason: note }
        }
        RunOutcome::Retry { cause, after, progress, sign } => match retry::attempts_after(attempts, progress)
        {
            Some(attempts) => {
                meters::retried(sign.map_or("other", OutageHint::name));
                let wait = retry::wait(retry_wait, attempts - 1, after, roll);
                warn!(%cause, attempts, "trying again in {wait:?}");
                RunEnd { standing, attempts, wait, reason: cause }
            }
            None => {
                error!(%cause, attempts, "given up; a person must look");
                let reason = format!("gave up after {attempts} attempts without progress: {cause}");
                RunEnd { standing: Standing::Parked, attempts, wait: Duration::ZERO, reason }
            }
        },
        RunOutcome::Wait { wait, cause } => {
            info!(%cause, "waiting for {wait:?}");
            RunEnd { standing, attempts, wait, reason: cause }
        }
        // Due at once, but not claimed before the pause is over.
        RunOutcome::Pause { system, cause, what, wait: _ } => {
            info!(%system, %cause, "waiting for the pause to end");
            RunEnd { standing, attempts, wait: Duration::ZERO, reason: format!("paused: {what}") }
        }
        RunOutcome::Park { reason } => {
            error!(%reason, "a person must look");
            RunEnd { standing: Standing::Parked, attempts, wait: Duration::ZERO, reason }
        }
    }
}

/// Why a job is worked on no longer, for the log.
fn job_lost(end: LeaseEnd) -> &'static str {
    match end {
        LeaseEnd::Taken => "lost the lease; another worker or an operator has the job now",
        LeaseEnd::NotRenewed => {
            "the lease could not be renewed; stopping before it runs out, after which any worker goes on with the job"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::retry::{ATTEMPTS_MAX, Progress};

    #[test]
    fn a_wait_costs_no_attempt_and_the_last_attempt_parks() {
        let second = Duration::from_secs(1);
        let waited = ending(RunOutcome::Wait { wait: second, cause: "late files".into() }, 7, second, 0.5);
        assert_eq!((waited.attempts, waited.wait, waited.standing), (7, second, Standing::Active));
        let retried = |attempts, progress| {
            ending(
                RunOutcome::Retry { cause: "x".into(), after: None, progress, sign: None },
                attempts,
                second,
                0.5,
            )
        };
        assert_eq!(retried(3, Progress::None).attempts, 4);
        assert_eq!(retried(ATTEMPTS_MAX - 1, Progress::None).standing, Standing::Parked);
        assert_eq!(
            (retried(ATTEMPTS_MAX - 1, Progress::Made).attempts, retried(9, Progress::Made).wait),
            (1, second)
        );
    }
    #[test]
    fn the_log_names_a_new_holder_only_where_one_is_known() {
        assert!(job_lost(LeaseEnd::Taken).contains("another worker"));
        assert!(!job_lost(LeaseEnd::NotRenewed).contains("another worker"));
    }
}
