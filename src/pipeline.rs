//! What is done for a recording: plan, transfer, verify, settle, retire. One file per step.
//!
//! Every step reads what has been achieved from the store, does the next thing, and writes that down; run
//! again after a crash it finds its own traces. None of them knows what comes after it: that is the one
//! `match` in [`Pipeline::run`].

mod adopt;
mod confirm;
mod daily_limit;
mod failure;
mod folders;
mod fresh;
mod healthy_calls;
mod host;
mod listing;
mod meeting_file;
mod merge;
mod missing;
pub mod plan;
mod probe;
mod refused;
mod reread;
mod retire;
mod second_look;
mod settle;
mod share;
mod tokens;
pub mod transfer;
mod unready;
mod verify;
mod waits;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tracing::info;

use crate::config::{AfterArchive, Config, GoogleConfig, RelayConfig};
use crate::google::Drive;
use crate::http::{self, ClientError};
use crate::jobs::absence::Absences;
use crate::jobs::pause::Evidence;
use crate::jobs::pause::daily::Refusals;
use crate::jobs::retry::{Progress, RunOutcome};
use crate::jobs::{Job, Stage};
use crate::live::Live;
use crate::recording::names::Naming;
use crate::rules::Rules;
use crate::store::{Lease, Store};
use crate::zoom::{Downloads, Zoom};

pub use failure::Failure;
pub use healthy_calls::HealthyCalls;

/// Steps that one run takes at most. A recording needs five; ways back add a few. The limit ends a loop that
/// should not exist.
const STEPS_MAX: usize = 50;

/// Everything that the steps work with.
pub struct Pipeline {
    store: Store,
    /// Without API credentials there is none: the event's own list and token must do.
    zoom: Option<Arc<Zoom>>,
    downloads: Downloads,
    drive: Drive,
    naming: Naming,
    /// What is wanted, and where it goes. Each plan keeps to what it found there.
    rules: Live<Rules>,
    relay: RelayConfig,
    after_archive: AfterArchive,
    settle_for: Duration,
    /// Whether a file beside each recording's files tells what is known of it.
    meeting_file: bool,
    /// The archive's root folder.
    root: String,
    /// Files in motion, over all jobs: how many, and which go first.
    slots: transfer::Slots,
    /// Plans are made one at a time: two at once would make twin folders and equal names.
    planning: tokio::sync::Mutex<()>,
    vitals: HealthyCalls,
    /// Rate limits that uploads met in a row, over all jobs.
    refusals: Mutex<Refusals>,
    /// What Drive says it does not know, and since when.
    absences: Mutex<Absences>,
    /// Whose uploads Google counts together, and how many bytes within a day.
    google: GoogleConfig,
}

/// One run over one job.
pub struct Run<'a> {
    /// Our right to write.
    pub lease: &'a Lease,
    /// Raised when the program is to stop: end the chunk, checkpoint, return.
    pub stopping: &'a CancellationToken,
    /// Whether bytes were stored or proved in this run: then a failure costs no attempt.
    pub progress: &'a AtomicBool,
    /// The most that this run has shown of the world: a probe's pauses end by it.
    pub evidence: &'a watch::Sender<Evidence>,
}

impl Run<'_> {
    /// Notes that bytes were stored or proved.
    fn moved(&self) {
        self.progress.store(true, Ordering::Relaxed);
    }

    /// Notes what has been shown.
    fn observed(&self, evidence: Evidence) {
        self.evidence.send_if_modified(|best| std::mem::replace(best, evidence.max(*best)) < evidence);
    }

    /// Fails when the program is to stop.
    fn go_on(&self) -> Result<(), Failure> {
        if self.stopping.is_cancelled() { Err(Failure::Stopping) } else { Ok(()) }
    }

    /// Waits, unless the program is to stop.
    async fn pause(&self, wait: Duration) -> Result<(), Failure> {
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.stopping.cancelled() => Err(Failure::Stopping),
        }
    }
}

/// What a step achieved.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// The stage has moved: look again.
    Moved,
    /// The job is finished; a note for people, or nothing.
    Finished(String),
}

impl Pipeline {
    /// For these settings, on this store.
    ///
    /// # Errors
    /// When outgoing connections cannot be set up.
    pub fn new(store: Store, config: &Config) -> Result<Self, ClientError> {
        let calls = http::client(Some(config.relay.idle_timeout))?;
        let uploads = http::client(None)?;
        let downloads = http::download_client(&config.zoom.download_hosts, config.relay.idle_timeout)?;
        Ok(Self {
            store,
            zoom: Zoom::new(calls.clone(), &config.zoom).map(Arc::new),
            downloads: Downloads::new(
                downloads,
                config.zoom.download_hosts.clone(),
                config.relay.idle_timeout,
            ),
            drive: Drive::new(calls, uploads, &config.google),
            naming: config.naming.clone(),
            rules: config.rules.clone(),
            relay: config.relay,
            after_archive: config.service.after_archive,
            settle_for: config.service.settle_for,
            meeting_file: config.service.meeting_file,
            root: config.google.folder_id.clone(),
            slots: transfer::Slots::new(config.relay.transfers),
            planning: tokio::sync::Mutex::new(()),
            vitals: HealthyCalls::default(),
            refusals: Mutex::default(),
            absences: Mutex::default(),
            google: config.google.clone(),
        })
    }

    /// The account's Zoom, if its API can be asked: with its token and its paces, which are to be shared.
    pub fn zoom(&self) -> Option<Arc<Zoom>> {
        self.zoom.clone()
    }

    /// Takes a job as far as it will go now.
    pub async fn run(&self, claimed: Job, run: &Run<'_>) -> RunOutcome {
        let mut job = claimed;
        for _step in 0..STEPS_MAX {
            match self.step(&job, run).await {
                Ok(Step::Finished(note)) => return self.done(&job, note, run).await,
                Err(failure) => return outcome(self.look_into(&job, failure).await, run),
                Ok(Step::Moved) => self.step_went_well(job.id),
            }
            let before = job.stage;
            job = match self.store.job(job.id).await {
                Ok(job) => job,
                Err(error) => return outcome(error.into(), run),
            };
            info!(job = %job.id, meeting = %job.recording.uuid, from = %before, to = %job.stage, "job {} is {}", job.id, job.stage);
        }
        outcome(Failure::retry(format!("{STEPS_MAX} steps without an end")), run)
    }

    /// The job is finished. People are told as well if its host could not be given access.
    async fn done(&self, job: &Job, note: String, run: &Run<'_>) -> RunOutcome {
        match self.share_note(job).await {
            Ok(told) if note.is_empty() || told.is_empty() => RunOutcome::Done { note: note + &told },
            Ok(told) => RunOutcome::Done { note: format!("{note}; {told}") },
            Err(failure) => outcome(failure, run),
        }
    }

    async fn step(&self, job: &Job, run: &Run<'_>) -> Result<Step, Failure> {
        run.go_on()?;
        match job.stage {
            _ if job.has_news() => self.plan(job, run).await,
            Stage::Received => self.plan(job, run).await,
            Stage::Planned => self.transfer(job, run).await,
            Stage::Transferred => self.verify(job, run).await,
            Stage::Verified => self.settle(job, run).await,
            Stage::Settled => self.retire(job, run).await,
            Stage::Retired => {
                let notes = [job.zoom_copy.note().to_owned(), self.length_notes(job).await?];
                Ok(Step::Finished(
                    notes.into_iter().filter(|note| !note.is_empty()).collect::<Vec<_>>().join("; "),
                ))
            }
        }
    }
}

/// What a failure means for the job.
pub fn outcome(failure: Failure, run: &Run<'_>) -> RunOutcome {
    let progress = if run.progress.load(Ordering::Relaxed) { Progress::Made } else { Progress::None };
    match failure {
        // The worker learns of the lost lease by itself; what it is told here is not written anywhere.
        Failure::LeaseLost => {
            RunOutcome::Wait { wait: Duration::ZERO, cause: "the lease was lost".to_owned() }
        }
        Failure::Stopping => {
            RunOutcome::Wait { wait: Duration::ZERO, cause: "interrupted by a stop".to_owned() }
        }
        // A transfer goes on by itself after this; no step ends with it.
        Failure::GaveWay => {
            RunOutcome::Wait { wait: Duration::ZERO, cause: "gave way to a fresh recording".to_owned() }
        }
        Failure::Retry { cause, after, sign } => RunOutcome::Retry { cause, after, progress, sign },
        Failure::NoLongerListed { cause, .. }
        | Failure::Stale { cause }
        | Failure::Empty { cause }
        | Failure::Missing { cause, .. }
        | Failure::OtherLength { cause, .. } => {
            RunOutcome::Retry { cause, after: None, progress, sign: None }
        }
        Failure::Wait { cause, wait } | Failure::NotReady { cause, wait } => RunOutcome::Wait { wait, cause },
        Failure::Pause { system, cause, what, wait } => RunOutcome::Pause { system, cause, what, wait },
        Failure::Park { reason } => RunOutcome::Park { reason },
    }
}
