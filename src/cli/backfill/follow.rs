//! Runs the work and watches it: begins the jobs, works on them if no service does, and stops in order.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::screen::{Screen, TotalProgress};
use super::summary::BackfillOutcome;
use crate::app::EmbeddedWorker;
use crate::backfill::Walk;
use crate::backfill::scope::Scope;
use crate::backfill::watch::{ActiveJob, RunWatch, Snapshot};
use crate::backfill::{AcceptedRecordings, BackfillError, Survey, bring};
use crate::cli::signals::Signals;
use crate::config::Config;
use crate::store::Store;
use crate::store::backfills::BackfillId;

/// Interval between two updates of the screen.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Updates take at most this part of the time, for any number of jobs.
const LOOK_SHARE: u32 = 10;

/// Interval of the check if a service works on the database, while this command does not.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// If the store fails for longer than this, the command ends.
const STORE_PATIENCE: Duration = Duration::from_secs(600);

/// The work to do.
pub(super) struct BackfillRun<'a> {
    pub config: &'a Config,
    pub store: Store,
    /// The traversal of the account.
    pub walk: Walk,
    pub scope: Scope,
    /// The counts of the estimate.
    pub survey: Arc<Survey>,
}

/// State of the work in progress.
struct BackfillProgress<'a> {
    backfill: BackfillRun<'a>,
    run: BackfillId,
    watch: RunWatch,
    /// The task that begins jobs; `None` when it has ended.
    bringing: Option<JoinHandle<Result<AcceptedRecordings, BackfillError>>>,
    stop: CancellationToken,
    embedded_worker: Option<EmbeddedWorker>,
    /// Time of the last check if a service works on the database.
    asked: Option<Instant>,
    outcome: BackfillOutcome,
}

/// Runs or watches the work until nothing is left or a signal stops it.
///
/// # Errors
/// When the store fails for long or the worker cannot start, or when standard output is closed.
pub(super) async fn follow(
    backfill: BackfillRun<'_>,
    screen: &mut Screen<'_>,
) -> anyhow::Result<BackfillOutcome> {
    let began = Instant::now();
    // From here on a signal means an orderly stop.
    let mut signals = Signals::listen()?;
    let mut course = BackfillProgress::begin(backfill).await?;
    let asked_to_stop = CancellationToken::new();
    let watched = {
        let mut going = std::pin::pin!(course.go(screen, &asked_to_stop));
        loop {
            tokio::select! {
                watched = &mut going => break watched,
                // An update that is in progress ends first: the jobs that it has read must be counted.
                () = signals.stop(), if !asked_to_stop.is_cancelled() => asked_to_stop.cancel(),
            }
        }
    };
    if course.outcome.is_stopped && course.embedded_worker.is_some() {
        screen.note("Stopping: running chunks are finished. Press Ctrl-C again to stop at once.")?;
    }
    let ended = tokio::select! {
        ended = course.end(screen) => ended,
        () = signals.stop() => Ok(()),
    };
    screen.end();
    watched.and(ended)?;
    course.outcome.took = began.elapsed();
    Ok(course.outcome)
}

impl<'a> BackfillProgress<'a> {
    async fn begin(backfill: BackfillRun<'a>) -> anyhow::Result<Self> {
        let run = backfill.store.begin_backfill().await?;
        let stop = CancellationToken::new();
        let bringing = tokio::spawn({
            let (walk, scope, survey) =
                (backfill.walk.clone(), backfill.scope.clone(), backfill.survey.clone());
            let (store, stop) = (backfill.store.clone(), stop.clone());
            async move { bring(&walk, &scope, &survey, &store, run, &stop).await }
        });
        let watch = RunWatch::new(backfill.store.clone(), run);
        let mut outcome = BackfillOutcome::default();
        outcome.unseen = backfill.survey.unseen;
        Ok(Self {
            backfill,
            run,
            watch,
            bringing: Some(bringing),
            stop,
            embedded_worker: None,
            asked: None,
            outcome,
        })
    }

    /// Until nothing is left.
    async fn go(&mut self, screen: &mut Screen<'_>, asked_to_stop: &CancellationToken) -> anyhow::Result<()> {
        let mut failing: Option<Instant> = None;
        loop {
            if asked_to_stop.is_cancelled() {
                self.outcome.is_stopped = true;
                return Ok(());
            }
            self.see_to_hands(screen).await?;
            // Read before the update, so that a job that begins after it is in the next one.
            let is_brought = self.is_brought().await;
            let began = Instant::now();
            match self.watch.snapshot().await {
                Ok(snapshot) => {
                    failing = None;
                    let is_over = is_brought && snapshot.left.jobs == 0 && snapshot.ended.is_empty();
                    self.show(&snapshot, screen)?;
                    if is_over {
                        return Ok(());
                    }
                }
                Err(error) => {
                    let since = *failing.get_or_insert_with(|| {
                        warn!(%error, "cannot read the progress; trying again");
                        Instant::now()
                    });
                    if since.elapsed() > STORE_PATIENCE {
                        return Err(error.into());
                    }
                }
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY.max(began.elapsed() * LOOK_SHARE)) => {}
                () = asked_to_stop.cancelled() => {}
            }
        }
    }

    /// Starts a worker here if no service works. If a service runs or starts, this command only watches.
    async fn see_to_hands(&mut self, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        if self.embedded_worker.is_some() || self.asked.is_some_and(|asked| asked.elapsed() < ASK_EVERY) {
            return Ok(());
        }
        let is_first = self.asked.replace(Instant::now()).is_none();
        // If the check fails, assume that a service works: the check is repeated soon.
        if self.backfill.store.is_worked_on().await.unwrap_or(true) {
            if is_first {
                screen
                    .note("A service works on this database. It does the work; this command only watches.")?;
            }
            return Ok(());
        }
        let how = if is_first { "No service works on this database" } else { "The service has stopped" };
        screen.note(&format!("{how}: this command does the work. Ctrl-C stops it in order."))?;
        let BackfillRun { config, store, walk, .. } = &self.backfill;
        self.embedded_worker = Some(EmbeddedWorker::start(config, store.clone(), Some(walk.zoom())).await?);
        Ok(())
    }

    /// True if every job was begun, or no more jobs will begin.
    async fn is_brought(&mut self) -> bool {
        if self.bringing.as_ref().is_some_and(|bringing| !bringing.is_finished()) {
            return false;
        }
        if let Some(bringing) = self.bringing.take() {
            match bringing.await {
                // A part that could not be listed twice counts once.
                Ok(Ok(brought)) => self.outcome.unseen = self.outcome.unseen.max(brought.unseen),
                Ok(Err(BackfillError::Stopped)) => {}
                Ok(Err(error)) => self.outcome.failed = Some(error.to_string()),
                Err(_panic) => {
                    self.outcome.failed = Some("the program failed unexpectedly (a bug)".to_owned());
                }
            }
        }
        true
    }

    fn show(&mut self, snapshot: &Snapshot, screen: &mut Screen<'_>) -> std::io::Result<()> {
        self.outcome.take(&snapshot.ended);
        self.outcome.left = snapshot.left;
        let mut counted = self.backfill.survey.to_do();
        counted.add(self.backfill.survey.parked);
        let known = self.outcome.done() + snapshot.left.jobs;
        let moved =
            snapshot.held.iter().map(ActiveJob::bytes).fold(self.outcome.bytes(), u64::saturating_add);
        let bytes = counted.bytes.max(moved);
        screen.show(
            snapshot,
            TotalProgress {
                done: self.outcome.done(),
                recordings: counted.recordings.max(known),
                moved,
                bytes,
            },
        )
    }

    /// Stops everything in order, and updates the screen a last time.
    async fn end(&mut self, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        self.stop.cancel();
        if let Some(bringing) = self.bringing.take() {
            // Its result only says that it was stopped.
            drop(bringing.await);
        }
        self.outcome.goes_on = self.embedded_worker.is_none();
        if let Some(embedded_worker) = self.embedded_worker.take() {
            embedded_worker.stop().await;
        }
        let snapshot = self.watch.snapshot().await?;
        self.show(&snapshot, screen)?;
        let store = &self.backfill.store;
        self.outcome.look_again(store).await?;
        Ok(store.end_backfill(self.run).await?)
    }
}
