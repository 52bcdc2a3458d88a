//! Has it done, and watches: begins the jobs, works on them where no service does, and stops in order.

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

/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// Looking takes this part of the time at most, however many jobs there are.
const LOOK_SHARE: u32 = 10;

/// How often to see whether anybody works on the database, while we do not.
const ASK_EVERY: Duration = Duration::from_secs(5);

/// A store that fails for longer than this ends the watching.
const STORE_PATIENCE: Duration = Duration::from_secs(600);

/// What is to be done.
pub(super) struct BackfillRun<'a> {
    /// All settings.
    pub config: &'a Config,
    /// Where it is written down.
    pub store: Store,
    /// The way through the account.
    pub walk: Walk,
    /// What is wanted.
    pub scope: Scope,
    /// What was counted.
    pub survey: Arc<Survey>,
}

/// What is going on.
struct BackfillProgress<'a> {
    backfill: BackfillRun<'a>,
    run: BackfillId,
    watch: RunWatch,
    /// Begins jobs; gone when it has ended.
    bringing: Option<JoinHandle<Result<AcceptedRecordings, BackfillError>>>,
    stop: CancellationToken,
    embedded_worker: Option<EmbeddedWorker>,
    /// When it was last asked whether anybody works on the database.
    asked: Option<Instant>,
    outcome: BackfillOutcome,
}

/// Does it, or has it done, until nothing is left or somebody stops it.
///
/// # Errors
/// When the store cannot be worked on, or fails for long; when nobody reads what is shown any more.
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
                // A look that is under way ends: what it has taken must be counted.
                () = signals.stop(), if !asked_to_stop.is_cancelled() => asked_to_stop.cancel(),
            }
        }
    };
    if course.outcome.is_stopped && course.embedded_worker.is_some() {
        screen.note("Stopping: chunks under way are let end. Once more, and it stops at once.")?;
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
            // Asked for before the look: what is begun after it is in the next one.
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
                        warn!(%error, "cannot look how it gets on; trying again");
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

    /// Works here where nobody else does: a service that is running, or comes up, is only watched.
    async fn see_to_hands(&mut self, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        if self.embedded_worker.is_some() || self.asked.is_some_and(|asked| asked.elapsed() < ASK_EVERY) {
            return Ok(());
        }
        let is_first = self.asked.replace(Instant::now()).is_none();
        // Who cannot be asked about is left to work: it is asked again soon.
        if self.backfill.store.is_worked_on().await.unwrap_or(true) {
            if is_first {
                screen.note("A service works on this database: it does the work, and this only watches.")?;
            }
            return Ok(());
        }
        let how = if is_first { "No service works on this database" } else { "The service is gone" };
        screen.note(&format!("{how}: the work is done here. Ctrl-C stops it in order."))?;
        self.embedded_worker =
            Some(EmbeddedWorker::start(self.backfill.config, self.backfill.store.clone()).await?);
        Ok(())
    }

    /// Whether every job was begun, or no more will be.
    async fn is_brought(&mut self) -> bool {
        if self.bringing.as_ref().is_some_and(|bringing| !bringing.is_finished()) {
            return false;
        }
        if let Some(bringing) = self.bringing.take() {
            match bringing.await {
                // What could not be seen twice is one trouble.
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

    /// Takes everything apart in order, and looks a last time.
    async fn end(&mut self, screen: &mut Screen<'_>) -> anyhow::Result<()> {
        self.stop.cancel();
        if let Some(bringing) = self.bringing.take() {
            // What it had to say is of a stop.
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
