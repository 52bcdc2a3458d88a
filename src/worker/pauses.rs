//! The worker's part in pauses: probing, starting and ending them. Each causes one alert.

use std::sync::PoisonError;
use std::time::Duration;

use tracing::{error, info, warn};

use super::Worker;
use crate::jobs::pause::{Evidence, OutageHint, Pause, PauseCause, RELAPSE_PROBES, System};
use crate::jobs::retry::RunOutcome;
use crate::jobs::{Job, JobId};
use crate::pipeline::{self, Run};
use crate::store::pauses::{NewPause, PauseStart, Probe};

/// Wait of a job after a pause could not be stored.
const UNWRITTEN_WAIT: Duration = Duration::from_secs(60);

impl Worker {
    /// After a restart, which may bring new settings, pauses that people fix are probed as soon as if they had just
    /// started. Not at once, so that repeated restarts do not flood the system.
    pub(super) async fn probe_after_start(&self) {
        for cause in PauseCause::ALL.into_iter().filter(|cause| cause.is_mended_by_people()) {
            if let Err(error) = self.store.probe_within(cause, cause.wait(self.retry_wait, 0)).await {
                warn!(%error, "cannot make probes due earlier; they run at their own time");
            }
        }
    }

    /// Runs a job. A probe first checks whether the paused systems answer at all; a pause ends as soon as the run has
    /// brought the evidence that its cause requires.
    pub(super) async fn work(&self, job: Job, run: &Run<'_>, probe: Option<&Probe>) -> RunOutcome {
        let Some(probe) = probe else { return self.pipeline.run(job, run).await };
        info!(pauses = probe.pauses.len(), "probing whether the paused systems work again");
        let mut left = probe.pauses.clone();
        let mut systems: Vec<System> = left.iter().map(|pause| pause.system).collect();
        systems.dedup();
        for system in systems {
            if let Err(failure) = self.pipeline.probe(&job, system).await {
                return pipeline::outcome(failure, run);
            }
        }
        self.end_proved(&mut left, Evidence::Call).await;
        let mut shown = run.evidence.subscribe();
        // Concurrently with the run: a run that waits may hold the store's only writer.
        let watching = async {
            while shown.changed().await.is_ok() {
                let evidence = *shown.borrow_and_update();
                self.end_proved(&mut left, evidence).await;
            }
            // The run holds the sender, so this branch never ends first.
            std::future::pending().await
        };
        let outcome = tokio::select! {
            outcome = self.pipeline.run(job, run) => outcome,
            outcome = watching => outcome,
        };
        let evidence = *run.evidence.borrow();
        self.end_proved(&mut left, evidence).await;
        outcome
    }

    /// Ends the pauses for which this evidence is enough. Each is ended once; one that returns later is new.
    async fn end_proved(&self, left: &mut Vec<Pause>, evidence: Evidence) {
        let is_proved = |pause: &Pause| pause.cause.needs(pause.system) <= evidence;
        while let Some(index) = left.iter().position(is_proved) {
            let Pause { system, cause, probes, .. } = left[index];
            match self.store.end_pause(system, cause).await {
                Ok(true) => {
                    info!(%system, %cause, probes, "{system} works again ({cause}); jobs continue");
                }
                Ok(false) => {}
                Err(error) => {
                    error!(%error, "cannot end a pause; the next probe will");
                    return;
                }
            }
            left.swap_remove(index);
        }
    }

    /// Turns a temporary failure into a pause when that pause is in force, or when enough other jobs failed in the
    /// same way.
    pub(super) async fn suspect(&self, job: JobId, outcome: RunOutcome) -> RunOutcome {
        let RunOutcome::Retry { cause: what, after, progress, sign: Some(sign) } = outcome else {
            return outcome;
        };
        let (system, cause) = sign.pause();
        let opens = match sign {
            OutageHint::Down(system) => {
                let answers = self.pipeline.vitals().answers(system);
                let mut breaker = self.breaker.lock().unwrap_or_else(PoisonError::into_inner);
                breaker.failed(system, job, answers)
            }
            // The transfer has decided already whether it is the limit.
            OutageHint::UploadLimit => false,
        };
        let in_force = self.store.pauses().await.is_ok_and(|pauses| is_among(&pauses, system, cause));
        if opens || in_force {
            let wait = after.filter(|after| *after > cause.wait(self.retry_wait, 0));
            RunOutcome::Pause { system, cause, what, wait }
        } else {
            RunOutcome::Retry { cause: what, after, progress, sign: Some(sign) }
        }
    }

    /// Stores a pause, or a failed probe of it, and notifies people if it is new. Returns the outcome for the job.
    pub(super) async fn pause(
        &self,
        (system, cause): (System, PauseCause),
        what: &str,
        wait: Option<Duration>,
        probe: Option<&Probe>,
    ) -> RunOutcome {
        let message = cause.message(system, what);
        let wait_after = |probes| wait.unwrap_or_else(|| cause.wait(self.retry_wait, probes));
        let mut pause = NewPause {
            system,
            cause,
            message: message.clone(),
            wait: wait_after(0),
            relapse_wait: wait_after(RELAPSE_PROBES),
        };
        let written = async {
            let probed = probe.and_then(|probe| {
                let found = probe.pauses.iter().find(|pause| pause.is(system, cause))?;
                Some((probe, found.probes + 1))
            });
            if let Some((probe, probes)) = probed {
                pause.wait = wait_after(probes);
                self.store.fail_probe(&probe.token, &pause).await?;
            }
            // If the pause ended during this run, this starts it again.
            self.store.begin_pause(&pause).await
        };
        match written.await {
            Ok(begun) => {
                alert(begun, system, cause, &message);
                RunOutcome::Pause { system, cause, what: message, wait }
            }
            Err(error) => {
                error!(%error, "cannot store a pause");
                RunOutcome::Wait { wait: UNWRITTEN_WAIT, cause: message }
            }
        }
    }
}

fn is_among(pauses: &[Pause], system: System, cause: PauseCause) -> bool {
    pauses.iter().any(|pause| pause.is(system, cause))
}

/// Logs a pause once, in the process that started it.
fn alert(begun: PauseStart, system: System, cause: PauseCause, message: &str) {
    match begun {
        PauseStart::New => {
            error!(%system, %cause, said = ?message, "{system} is paused ({cause}); it ends by itself, and no job loses an attempt");
        }
        PauseStart::Relapse => warn!(%system, %cause, said = ?message, "{system} is paused again ({cause})"),
        PauseStart::Known => {}
    }
}
