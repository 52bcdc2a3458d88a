//! Reads the service's database at short intervals, as an operator would, and shows the changes.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use tokio::sync::mpsc::UnboundedReceiver;

use super::screen::{FileId, Screen};
use crate::cli::style::label;
use crate::jobs::{FileRecord, FileState, Job, JobId, Stage, Standing};
use crate::store::{JobFilter, Store, StoreError};

/// Interval between two reads.
const EVERY: Duration = Duration::from_millis(150);

/// State of a file when it was last shown.
struct Shown {
    since: Instant,
    is_over: bool,
}

/// Shows the progress of jobs and files.
pub(super) struct ProgressView<'out> {
    store: Store,
    screen: Screen<'out>,
    /// The stage that was shown last, and the reason beside it.
    jobs: HashMap<JobId, ((Stage, Standing), String)>,
    files: HashMap<FileId, Shown>,
}

impl<'out> ProgressView<'out> {
    /// Watches this store.
    pub(super) fn new(store: Store, screen: Screen<'out>) -> Self {
        Self { store, screen, jobs: HashMap::new(), files: HashMap::new() }
    }

    /// Shows the progress until the channel of notes is closed.
    pub(super) async fn run(mut self, mut notes: UnboundedReceiver<String>) -> anyhow::Result<()> {
        loop {
            let note = tokio::time::timeout(EVERY, notes.recv()).await;
            let is_over = matches!(note, Ok(None));
            if let Ok(Some(note)) = note {
                self.screen.note(&note)?;
            }
            self.style().await?;
            if is_over {
                self.screen.end();
                return Ok(());
            }
        }
    }

    async fn style(&mut self) -> anyhow::Result<()> {
        let mut jobs = match self.store.jobs(JobFilter::default()).await {
            Ok(jobs) => jobs,
            // The database is busy; the next read follows soon.
            Err(StoreError::Database(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        jobs.sort_by_key(|job| job.id);
        for job in &jobs {
            if !self.jobs.contains_key(&job.id) {
                self.show_job(job)?;
            }
            for record in self.store.files(job.id).await.unwrap_or_default() {
                self.show(job, &record)?;
            }
            self.show_job(job)?;
        }
        Ok(())
    }

    fn show_job(&mut self, job: &Job) -> anyhow::Result<()> {
        let stage = (job.stage, job.standing);
        // While a worker has the job, the reason is that of an earlier wait.
        let reason = if job.leased { "" } else { &job.reason };
        if let Some((shown, old)) = self.jobs.get(&job.id)
            && *shown == stage
            && (reason.is_empty() || reason == old)
        {
            return Ok(());
        }
        self.screen.job(job.id, &job.recording.topic, &stands(job, reason))?;
        self.jobs.insert(job.id, (stage, reason.to_owned()));
        Ok(())
    }

    fn show(&mut self, job: &Job, record: &FileRecord) -> anyhow::Result<()> {
        let id = (job.id, record.key.clone(), record.version);
        let label = label(record);
        let seen = self.files.entry(id.clone()).or_insert(Shown { since: Instant::now(), is_over: false });
        if seen.is_over {
            return Ok(());
        }
        match &record.state {
            FileState::Wanted => {
                if record.progress.total == 0 {
                    // The file waits for its turn: the time counts from the start of its session.
                    seen.since = Instant::now();
                }
                let total = record.progress.total.max(record.file.size.unwrap_or_default());
                self.screen.moving(&id, &label, record.progress.offset, total);
            }
            FileState::Transferred(streamed) | FileState::Verified(streamed) => {
                seen.is_over = true;
                self.screen.arrived(&id, &label, streamed.size, seen.since.elapsed())?;
            }
            FileState::Skipped(reason) => {
                seen.is_over = true;
                self.screen.skipped(&id, &label, reason)?;
            }
        }
        Ok(())
    }
}

/// A job's state, in a few words.
fn stands(job: &Job, reason: &str) -> String {
    let stands = match job.standing {
        Standing::Active => job.stage.name().to_owned(),
        standing => format!("{}, {}", job.stage, standing.name()),
    };
    if reason.is_empty() { stands } else { format!("{stands} ({reason})") }
}
