//! Prints the result of a backfill: for people, and for scripts.

use std::io::Write;
use std::time::Duration;

use serde_json::{Value, json};

use super::estimate;
use crate::backfill::Survey;
use crate::cli::table::plain;
use crate::cli::write_json;
use crate::jobs::amounts::{count, data_size, time};
use crate::jobs::{Coverage, Job, JobId, Standing};
use crate::store::backfills::{EndedJob, Remaining};
use crate::store::{Store, StoreError};

/// Most parked jobs that are listed; of more only the number is shown.
const PARKED_NAMED_MAX: usize = 1_000;

/// Result for one recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Archived,
    /// Every file is proved on Drive; the job waits for late files.
    Late,
    /// A person must act.
    Parked,
    /// An operator cancelled the job.
    CalledOff,
}

impl End {
    /// The result of a job that the run no longer waits for.
    pub(super) fn of(job: &Job) -> Self {
        match job.standing {
            Standing::Finished => Self::Archived,
            Standing::Active => Self::Late,
            Standing::Parked => Self::Parked,
            Standing::Cancelled => Self::CalledOff,
        }
    }
}

/// A job that waits for a person.
#[derive(Debug)]
struct Parked {
    job: JobId,
    host: String,
    topic: String,
    reason: String,
}

/// Result of a run.
#[derive(Debug, Default)]
pub(super) struct BackfillOutcome {
    archived: u64,
    bytes: u64,
    late: u64,
    called_off: u64,
    parked: Vec<Parked>,
    parked_unnamed: u64,
    /// The rest, if the run was stopped.
    pub left: Remaining,
    /// True if the run was stopped before its end.
    pub is_stopped: bool,
    /// True if a service continues with the rest.
    pub goes_on: bool,
    /// Number of lists that could not be read.
    pub unseen: u64,
    /// Why the listing ended early; `None` if it did not.
    pub failed: Option<String>,
    /// Duration of the run.
    pub took: Duration,
}

impl BackfillOutcome {
    /// Number of recordings that have ended.
    pub(super) fn done(&self) -> u64 {
        self.archived + self.late + self.called_off + self.parked.len() as u64 + self.parked_unnamed
    }

    /// Bytes of the archived recordings.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Counts these recordings.
    pub(super) fn take(&mut self, ended: &[EndedJob]) {
        for EndedJob { job, bytes } in ended {
            match End::of(job) {
                End::Archived => self.archived += 1,
                End::Late => self.late += 1,
                End::CalledOff => self.called_off += 1,
                End::Parked if self.parked.len() == PARKED_NAMED_MAX => self.parked_unnamed += 1,
                End::Parked => self.parked.push(Parked {
                    job: job.id,
                    host: job.recording.host_email.clone(),
                    topic: job.recording.topic.clone(),
                    reason: job.reason.clone(),
                }),
            }
            if matches!(End::of(job), End::Archived | End::Late) {
                self.bytes = self.bytes.saturating_add(*bytes);
            }
        }
    }

    /// Checks the parked jobs again: a job that a person has retried since is no failure.
    ///
    /// # Errors
    /// When the store fails.
    pub(super) async fn look_again(&mut self, store: &Store) -> Result<(), StoreError> {
        let mut still = Vec::new();
        for mut parked in std::mem::take(&mut self.parked) {
            let job = store.job(parked.job).await?;
            match job.standing {
                Standing::Finished => self.archived += 1,
                Standing::Cancelled => self.called_off += 1,
                Standing::Active | Standing::Parked => {
                    parked.reason = job.reason;
                    still.push(parked);
                }
            }
        }
        self.parked = still;
        Ok(())
    }

    /// True if all requested recordings are archived.
    pub(super) fn is_well(&self) -> bool {
        let is_parked = !self.parked.is_empty() || self.parked_unnamed > 0;
        !is_parked && !self.is_stopped && self.unseen == 0 && self.failed.is_none() && self.left.jobs == 0
    }

    /// True if every recording that the lists contain has a job now.
    pub(super) fn is_begun(&self) -> bool {
        !self.is_stopped && self.failed.is_none()
    }

    /// Prints the result. `covered` is what it has proved about whole days, if that is news.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write(
        &self,
        out: &mut dyn Write,
        survey: &Survey,
        covered: Option<&Coverage>,
    ) -> anyhow::Result<()> {
        writeln!(out)?;
        let (done, bytes) = (count(self.archived + self.late), data_size(self.bytes));
        writeln!(out, "Archived: {done} recordings, {bytes}, in {}.", time(self.took))?;
        if self.late > 0 {
            writeln!(
                out,
                "  Of these {} are recent: `serve` continues to check for late files.",
                count(self.late)
            )?;
        }
        if self.called_off > 0 {
            writeln!(out, "Cancelled meanwhile: {}.", count(self.called_off))?;
        }
        estimate::write_skipped(out, survey)?;
        if let Some(covered) = covered {
            writeln!(out, "{}", covered.sentence())?;
        }
        self.write_parked(out)?;
        if self.unseen > 0 {
            writeln!(out, "NOT SEEN: {} part(s) of the account; the log says which.", self.unseen)?;
        }
        if let Some(error) = &self.failed {
            writeln!(out, "THE LISTING ENDED EARLY: {}. Run the same command again.", plain(error))?;
        }
        if self.left.jobs > 0 {
            let (jobs, bytes) = (count(self.left.jobs), data_size(self.left.bytes));
            let goes_on = if self.goes_on { "The service continues with them. " } else { "" };
            writeln!(
                out,
                "Left: {jobs} recordings, {bytes}. {goes_on}To continue, run the same command again."
            )?;
        } else if self.is_stopped {
            writeln!(out, "Stopped. To continue, run the same command again.")?;
        }
        Ok(())
    }

    fn write_parked(&self, out: &mut dyn Write) -> anyhow::Result<()> {
        let parked = self.parked.len() as u64 + self.parked_unnamed;
        if parked == 0 {
            return Ok(());
        }
        writeln!(out, "PARKED: {} wait for a person (`jobs show ID`, then `jobs retry ID`):", count(parked))?;
        for Parked { job, host, topic, reason } in &self.parked {
            writeln!(out, "  job {job}  {}  {}: {}", plain(host), plain(topic), plain(reason))?;
        }
        if self.parked_unnamed > 0 {
            writeln!(out, "  and {} more (`jobs list --standing parked`)", count(self.parked_unnamed))?;
        }
        Ok(())
    }

    /// Prints the result for scripts, together with the estimate.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(super) fn write_json(&self, out: &mut dyn Write, mut object: Value) -> anyhow::Result<()> {
        let parked = self.parked.iter().map(|parked| {
            json!({"job": parked.job.0, "host": parked.host, "topic": parked.topic, "reason": parked.reason})
        });
        object["result"] = json!({
            "ok": self.is_well(),
            "archived": self.archived + self.late,
            "archived_bytes": self.bytes,
            "late_files_may_follow": self.late,
            "called_off": self.called_off,
            "parked": parked.collect::<Vec<_>>(),
            "parked_unnamed": self.parked_unnamed,
            "left": {"recordings": self.left.jobs, "bytes": self.left.bytes},
            "stopped": self.is_stopped,
            "unseen": self.unseen,
            "failed": self.failed,
            "seconds": self.took.as_secs(),
        });
        write_json(out, &object)
    }
}
