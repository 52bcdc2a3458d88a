//! Step 2: transfers the bytes. The files of a recording are transferred in parallel, with one limit over all jobs.
//!
//! This is the only place that carries bytes between Zoom and Drive. `source` opens the file at Zoom, `flow` and
//! `window` hold the few bytes in flight, `relay` transfers one file, `request` sends one part of it. Failures are retried here a few times; after
//! that the job waits in the store.

pub(super) mod checkpoint;
mod flow;
mod hashing;
mod marks;
mod measure;
mod position;
mod relay;
mod request;
mod request_size;
mod slots;
mod source;
mod window;

use std::time::Duration;

use futures::future::join_all;
use rand::Rng;
use tracing::{info, warn};

use super::{Failure, Pipeline, Run, Step};
use crate::jobs::pause::OutageHint;
use crate::jobs::{FileRecord, FileState, Job, Stage, retry};
use crate::telemetry::meters;
pub(super) use relay::Finished;
use relay::Relay;
pub(super) use request_size::RequestSize;
pub(super) use slots::{Slot, Slots};

/// Attempts without progress before the whole job backs off.
const TRIES_HERE: u32 = 4;

/// Runs without progress before a file that Zoom no longer lists is skipped: each run tries its address again.
const RUNS_FOR_VANISHED: u32 = 4;

/// Longest wait that is spent here; for a longer one the job returns to the store.
const LONGEST_WAIT_HERE: Duration = Duration::from_secs(30);

impl Pipeline {
    pub(super) async fn transfer(&self, job: &Job, run: &Run<'_>) -> Result<Step, Failure> {
        let records = self.store.files(job.id).await?;
        let wanted = records.into_iter().filter(|record| record.state == FileState::Wanted);
        let results = join_all(wanted.map(|record| self.transfer_file(job, run, record))).await;
        match results.into_iter().filter_map(Result::err).reduce(Failure::worse) {
            None => {
                self.store.advance(run.lease, Stage::Planned, Stage::Transferred).await?;
                Ok(Step::Moved)
            }
            Some(failure @ (Failure::Stale { .. } | Failure::NotReady { .. })) => {
                // Other files are proved, and visible to people, while one file waits.
                self.verify_transferred(job, run).await?;
                self.share(job, run).await?;
                // The planned listing is out of date, or may be: the next run lists again.
                self.store.advance(run.lease, Stage::Planned, Stage::Received).await?;
                Err(failure)
            }
            Some(failure) => Err(failure),
        }
    }

    /// Transfers one file, with retries.
    async fn transfer_file(&self, job: &Job, run: &Run<'_>, mut record: FileRecord) -> Result<(), Failure> {
        let mut tries: u32 = 0;
        loop {
            let before = record.progress.offset;
            let failure = match self.move_once(job, run, &mut record).await {
                Ok(()) => return Ok(()),
                // No failure: it waits for a slot again, after the fresh file that takes this one.
                Err(Failure::GaveWay) => continue,
                Err(failure) => self.diagnose(failure).await?,
            };
            tries = if record.progress.offset > before { 0 } else { tries + 1 };
            let failure = match failure {
                Failure::NoLongerListed { cause, is_explained }
                    if is_explained || is_given_up(job, tries) =>
                {
                    warn!(job = %job.id, file = %record.key, %cause, "skipping {}", record.name);
                    return Ok(self.store.skip(run.lease, &record, &cause).await?);
                }
                Failure::NoLongerListed { cause, .. } => Failure::retry(cause),
                failure => failure,
            };
            let failure = match self.judged(job, run, &mut record, failure).await? {
                Some(failure) => failure,
                None if tries < TRIES_HERE => continue,
                None => Failure::retry("its length at Zoom keeps changing"),
            };
            let Failure::Retry { cause, after, sign } = failure else {
                return Err(failure.of_file(&record.name));
            };
            let wait =
                retry::wait(self.relay.retry_wait, tries.saturating_sub(1), after, rand::rng().random());
            if tries >= TRIES_HERE || wait > LONGEST_WAIT_HERE {
                return Err(Failure::Retry { cause, after, sign }.of_file(&record.name));
            }
            meters::retried(sign.map_or("other", OutageHint::name));
            warn!(job = %job.id, file = %record.key, %cause, "{} failed; trying again in {wait:?}", record.name);
            run.pause(wait).await?;
        }
    }

    async fn move_once(&self, job: &Job, run: &Run<'_>, record: &mut FileRecord) -> Result<(), Failure> {
        let _slot = self.slot(job, run).await?;
        if record.drive_id.is_empty() {
            let cause = "it has no Drive id yet: a new folder is being chosen for it".to_owned();
            return Err(Failure::Stale { cause });
        }
        let moving = meters::file_moves();
        let moved = Relay::new(self, job, run, record).run().await;
        moving.ended(match &moved {
            Ok(_) => meters::MOVED,
            Err(Failure::Stopping | Failure::GaveWay) => "stopped",
            Err(_) => "failed",
        });
        let finished = moved.map_err(|failure| failure.in_folder(&record.folder_id))?;
        self.save_sent(run.lease, record, &finished).await?;
        run.moved();
        info!(job = %job.id, file = %record.key, drive_id = %record.drive_id, bytes = finished.sent.size, "transferred {}", record.name);
        Ok(())
    }
}

impl Pipeline {
    /// Waits for a slot to read a file from Zoom; fails at shutdown.
    pub(super) async fn slot(&self, job: &Job, run: &Run<'_>) -> Result<Slot<'_>, Failure> {
        tokio::select! {
            slot = self.slots.acquire(job.backfilled) => slot.map_err(|_| Failure::Stopping),
            () = run.stopping.cancelled() => Err(Failure::Stopping),
        }
    }
}

/// Whether a file that Zoom no longer lists was requested often enough, over several runs.
fn is_given_up(job: &Job, tries: u32) -> bool {
    tries >= TRIES_HERE && job.attempts >= RUNS_FOR_VANISHED
}
