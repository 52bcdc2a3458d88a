//! Reads the progress of a run's jobs from the store, whichever worker runs them.

use std::time::Duration;

use crate::jobs::pause::Pause;
use crate::jobs::{FileRecord, FileState, Job};
use crate::store::backfills::{BackfillId, EndedJob, Remaining};
use crate::store::{Store, StoreError};

/// A job that is not due for longer than this, and only waits for late files, is not waited for.
const REST: Duration = Duration::from_secs(60);

/// State of a run.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// Jobs that have ended since the last snapshot.
    pub ended: Vec<EndedJob>,
    /// The rest of the run.
    pub left: Remaining,
    /// Jobs that a worker has.
    pub held: Vec<ActiveJob>,
    pub pauses: Vec<Pause>,
}

/// A job that a worker has.
#[derive(Debug)]
pub struct ActiveJob {
    pub job: Job,
    pub files: Vec<FileRecord>,
}

impl ActiveJob {
    /// Bytes of the job that are on Drive.
    pub fn bytes(&self) -> u64 {
        let on_drive = |file: &FileRecord| match &file.state {
            FileState::Wanted => file.progress.offset,
            FileState::Transferred(streamed) | FileState::Verified(streamed) => streamed.size,
            FileState::Skipped(_) => 0,
        };
        self.files.iter().map(on_drive).fold(0, u64::saturating_add)
    }

    /// Files of the job that are in transfer.
    pub fn moving(&self) -> impl Iterator<Item = &FileRecord> {
        self.files.iter().filter(|file| file.state == FileState::Wanted && file.progress.total > 0)
    }
}

/// Watches one run.
#[derive(Clone)]
pub struct RunWatch {
    store: Store,
    run: BackfillId,
}

impl RunWatch {
    /// Watches this run.
    pub fn new(store: Store, run: BackfillId) -> Self {
        Self { store, run }
    }

    /// Reads the state once.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn snapshot(&self) -> Result<Snapshot, StoreError> {
        let ended = self.store.take_ended(self.run, REST).await?;
        let left = self.store.left(self.run).await?;
        let mut held = Vec::new();
        for job in self.store.held_jobs(self.run).await? {
            let files = self.store.files(job.id).await?;
            held.push(ActiveJob { job, files });
        }
        Ok(Snapshot { ended, left, held, pauses: self.store.pauses().await? })
    }
}
