//! The worker's side of pauses: probing, beginning them, ending them. One alert for each.

use std::sync::PoisonError;
use std::time::Duration;

use tracing::{error, info, warn};

use super::Worker;
use crate::jobs::pause::{Evidence, OutageHint, Pause, PauseCause, RELAPSE_PROBES, System};
use crate::jobs::retry::RunOutcome;
use crate::jobs::{Job, JobId};
use crate::pipeline::{self, Run};
use crate::store::pauses::{NewPause, PauseStart, Probe};

/// Wait of a job that met a pause that could not be written down.
const UNWRITTEN_WAIT: Duration = Duration::from_secs(60);

impl Worker {
    /// After a restart, which may have brought new settings, what people mend is probed as soon as if it had
    /// just begun: not at once, so that restarts in a row are no hammering.
    pub(super) async fn probe_after_start(&self) {
        for cause in PauseCause::ALL.into_iter().filter(|cause| cause.is_mended_by_people()) {
            if let Err(error) = self.store.probe_within(cause, cause.wait(self.retry_wait, 0)).await {
                warn!(%error, "cannot hasten probes; they come when they are due");
            }
        }
    }

    /// Works on a job. As a probe it is first seen whether the paused systems answer at all; a pause ends as
    /// soon as the run has shown what its cause asks for.
    pub(super) async fn work(&self, job: Job, run: &Run<'_>, probe: Option<&Probe>) -> RunOutcome {
        let Some(probe) = probe else { return self.pipeline.run(job, run).await };
        info!(pauses = probe.pauses.len(), "probing whether what is paused works again");
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
        // Beside the run, never instead of it: a run that stands still may hold the store's only writer.
        let watching = async {
            while shown.changed().await.is_ok() {
                let evidence = *shown.borrow_and_update();
                self.end_proved(&mut left, evidence).await;
            }
            // The run holds the sender, so this never comes first.
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

    /// Ends what this proof ends. Each is ended once: what comes back later is another matter.
    async fn end_proved(&self, left: &mut Vec<Pause>, evidence: Evidence) {
        let is_proved = |pause: &Pause| pause.cause.needs(pause.system) <= evidence;
        while let Some(index) = left.iter().position(is_proved) {
            let Pause { system, cause, probes, .. } = left[index];
            match self.store.end_pause(system, cause).await {
                Ok(true) => {
                    info!(%system, %cause, probes, "{system} works again ({cause}); everything goes on");
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

    /// Takes a failure that passes for a pause when it belongs to one in force, or when enough others failed
    /// likewise.
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
            // Whether it is the limit has been decided where the uploads are.
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

    /// Writes a pause down, or that a probe has failed, and calls people if that is news. What the job is told.
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
            // If it ended while this run went on, this is its return.
            self.store.begin_pause(&pause).await
        };
        match written.await {
            Ok(begun) => {
                alert(begun, system, cause, &message);
                RunOutcome::Pause { system, cause, what: message, wait }
            }
            Err(error) => {
                error!(%error, "cannot write a pause down");
                RunOutcome::Wait { wait: UNWRITTEN_WAIT, cause: message }
            }
        }
    }
}

fn is_among(pauses: &[Pause], system: System, cause: PauseCause) -> bool {
    pauses.iter().any(|pause| pause.is(system, cause))
}

/// Tells people of a pause: once, by the process that began it. The one place for other ways to tell them.
fn alert(begun: PauseStart, system: System, cause: PauseCause, message: &str) {
    match begun {
        PauseStart::New => {
            error!(%system, %cause, said = ?message, "{system} is paused ({cause}); it goes on by itself, and no job loses an attempt");
        }
        PauseStart::Relapse => warn!(%system, %cause, said = ?message, "{system} is paused again ({cause})"),
        PauseStart::Known => {}
    }
}
