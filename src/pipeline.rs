//! The steps of archiving a recording: plan, transfer, verify, settle, retire. One file per step.
//!
//! Every step reads the completed work from the store, does the next part, and stores the result; after a crash it
//! finds its own traces. No step knows the next one: their order is the one `match` in [`Pipeline::run`].

mod adopt;
pub mod attendance;
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
mod root;
mod second_look;
mod settle;
mod share;
mod source;
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

use crate::config::{AfterArchive, AttendanceConfig, Config, GoogleConfig, RelayConfig};
use crate::download::Downloads;
use crate::google::Drive;
use crate::http::{self, ClientError};
use crate::jobs::absence::Absences;
use crate::jobs::pause::Evidence;
use crate::jobs::pause::daily::Refusals;
use crate::jobs::retry::{Progress, RunOutcome};
use crate::jobs::{Job, Stage};
use crate::live::{Live, Moving};
use crate::recording::names::Naming;
use crate::rules::Rules;
use crate::store::{Lease, Store};
use crate::zoom::Zoom;

pub use failure::Failure;
pub use healthy_calls::HealthyCalls;
use source::MeetSource;

/// Maximum number of steps in one run. A recording needs five; returns to earlier steps add a few. The limit ends an
/// endless loop, which would be a bug.
const STEPS_MAX: usize = 50;

/// Everything that the steps need.
pub struct Pipeline {
    store: Store,
    /// `None` without API credentials: then the event's own list and token are used.
    zoom: Option<Arc<Zoom>>,
    downloads: Downloads,
    meet: MeetSource,
    drive: Drive,
    naming: Naming,
    /// The archiving rules. Each plan uses the rules that were valid at its start.
    rules: Live<Rules>,
    relay: RelayConfig,
    after_archive: AfterArchive,
    settle_for: Duration,
    /// Whether `meeting.json` is written.
    meeting_file: bool,
    /// What is written about attendance where no rule says so.
    attendance: AttendanceConfig,
    /// Why no attendance can be written at all, and since when.
    attendance_refused: Mutex<Vec<attendance::Refused>>,
    /// Drive id of the archive's root folder.
    root: String,
    root_drives: root::RootDrives,
    /// Concurrent transfers over all jobs: how many, and in which order.
    slots: transfer::Slots,
    /// How much goes into one upload request.
    request_size: Mutex<transfer::RequestSize>,
    /// The transfers that run now.
    moving: Moving,
    /// Plans are made one at a time: two at once could create duplicate folders and equal names.
    planning: tokio::sync::Mutex<()>,
    vitals: HealthyCalls,
    /// Rate limit answers to uploads in a row, over all jobs.
    refusals: Mutex<Refusals>,
    /// Items that Drive reports as `notFound`.
    absences: Mutex<Absences>,
    /// The identity whose uploads Google counts together, and its daily limit in bytes.
    google: GoogleConfig,
}

/// One run of one job.
pub struct Run<'a> {
    /// The right to write to the job.
    pub lease: &'a Lease,
    /// Set at shutdown: complete the chunk, write a checkpoint, return.
    pub stopping: &'a CancellationToken,
    /// Whether this run stored or proved bytes: then a failure counts as no attempt.
    pub progress: &'a AtomicBool,
    /// The strongest evidence of this run, which ends a probe's pauses.
    pub evidence: &'a watch::Sender<Evidence>,
    /// Whether this run has searched Drive for the recording, and found nothing of it.
    pub is_new_to_drive: &'a AtomicBool,
}

impl Run<'_> {
    /// Records that bytes were stored or proved.
    fn moved(&self) {
        self.progress.store(true, Ordering::Relaxed);
    }

    /// Records evidence for the end of a pause.
    fn observed(&self, evidence: Evidence) {
        self.evidence.send_if_modified(|best| std::mem::replace(best, evidence.max(*best)) < evidence);
    }

    /// Fails at shutdown.
    fn go_on(&self) -> Result<(), Failure> {
        if self.stopping.is_cancelled() { Err(Failure::Stopping) } else { Ok(()) }
    }

    /// Waits; fails at shutdown.
    async fn pause(&self, wait: Duration) -> Result<(), Failure> {
        tokio::select! {
            () = tokio::time::sleep(wait) => Ok(()),
            () = self.stopping.cancelled() => Err(Failure::Stopping),
        }
    }
}

/// The result of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// The stage has changed: continue with the next step.
    Moved,
    /// The job is finished, with a note for people or an empty text.
    Finished(String),
}

impl Pipeline {
    /// A pipeline with these settings, on this store.
    ///
    /// # Errors
    /// When the HTTP clients cannot be set up.
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
            meet: MeetSource::new(&config.google, config.relay.idle_timeout)?,
            drive: Drive::new(calls, uploads, &config.google),
            naming: config.naming.clone(),
            rules: config.rules.clone(),
            relay: config.relay,
            after_archive: config.service.after_archive,
            settle_for: config.service.settle_for,
            meeting_file: config.service.meeting_file,
            attendance: config.attendance.clone(),
            attendance_refused: Mutex::default(),
            root: config.google.folder_id.clone(),
            root_drives: root::RootDrives::default(),
            slots: transfer::Slots::new(config.relay.transfers),
            request_size: Mutex::new(transfer::RequestSize::new(
                config.relay.chunk_size,
                config.relay.adapts_requests,
            )),
            moving: Moving::default(),
            planning: tokio::sync::Mutex::new(()),
            vitals: HealthyCalls::default(),
            refusals: Mutex::default(),
            absences: Mutex::default(),
            google: config.google.clone(),
        })
    }

    /// Uses this client of Zoom's API, if there is one, instead of its own.
    #[must_use]
    pub fn sharing(self, zoom: Option<Arc<Zoom>>) -> Self {
        Self { zoom: zoom.or(self.zoom), ..self }
    }

    /// The client of Zoom's API, if there are credentials. It shares its token and its rate limits.
    pub fn zoom(&self) -> Option<Arc<Zoom>> {
        self.zoom.clone()
    }

    /// The transfers that run now.
    pub fn moving(&self) -> Moving {
        self.moving.clone()
    }

    /// Runs the steps of a job as far as possible now.
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
        outcome(Failure::retry(format!("{STEPS_MAX} steps did not finish the job (a bug); see the log")), run)
    }

    /// Finishes the job. The note also says if its host could not be given access.
    async fn done(&self, job: &Job, note: String, run: &Run<'_>) -> RunOutcome {
        match self.share_note(job).await {
            Ok(shared) if note.is_empty() || shared.is_empty() => RunOutcome::Done { note: note + &shared },
            Ok(shared) => RunOutcome::Done { note: format!("{note}; {shared}") },
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

/// The outcome of a run for this failure.
pub fn outcome(failure: Failure, run: &Run<'_>) -> RunOutcome {
    let progress = if run.progress.load(Ordering::Relaxed) { Progress::Made } else { Progress::None };
    match failure {
        // The worker notices the lost lease by itself; this text is stored nowhere.
        Failure::LeaseLost => {
            RunOutcome::Wait { wait: Duration::ZERO, cause: "the lease was lost".to_owned() }
        }
        Failure::Stopping => {
            RunOutcome::Wait { wait: Duration::ZERO, cause: "interrupted by a shutdown".to_owned() }
        }
        // A transfer continues by itself after this; no step ends with it.
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
