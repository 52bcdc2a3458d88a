//! Looks how the jobs get on, as the store tells it: whoever works on them.

use std::time::Duration;

use crate::jobs::pause::Pause;
use crate::jobs::{FileRecord, FileState, Job};
use crate::store::backfills::{BackfillId, EndedJob, Remaining};
use crate::store::{Store, StoreError};

/// A job that rests for longer than this, with nothing but late files to wait for, is not waited for.
const REST: Duration = Duration::from_secs(60);

/// What a look shows.
#[derive(Debug, Default)]
pub struct Snapshot {
    /// What came to an end since the last look.
    pub ended: Vec<EndedJob>,
    /// What is still to come.
    pub left: Remaining,
    /// The jobs that somebody is at.
    pub held: Vec<ActiveJob>,
    /// What is paused.
    pub pauses: Vec<Pause>,
}

/// A job that somebody is at.
#[derive(Debug)]
pub struct ActiveJob {
    /// The job.
    pub job: Job,
    /// Its files.
    pub files: Vec<FileRecord>,
}

impl ActiveJob {
    /// The bytes of it that are on Drive.
    pub fn bytes(&self) -> u64 {
        let on_drive = |file: &FileRecord| match &file.state {
            FileState::Wanted => file.progress.offset,
            FileState::Transferred(streamed) | FileState::Verified(streamed) => streamed.size,
            FileState::Skipped(_) => 0,
        };
        self.files.iter().map(on_drive).fold(0, u64::saturating_add)
    }

    /// The files of it that move at this moment.
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
    /// Of this run.
    pub fn new(store: Store, run: BackfillId) -> Self {
        Self { store, run }
    }

    /// Looks once.
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
