//! The store's memory of backfills: which jobs a run waits for, who is there to do them, and how fast files
//! have moved lately.

mod sql;

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::jobs::rate::Transfer;
use crate::jobs::{Job, JobId};

/// A run of the backfill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BackfillId(pub i64);

/// A job that a run waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Awaited {
    /// The job.
    pub job: JobId,
    /// Its recording's bytes, as Zoom lists them.
    pub bytes: u64,
}

/// A job that a run need not wait for any more.
#[derive(Debug, Clone)]
pub struct Ended {
    /// As it stands. One that is still active has every file on Drive, proved, and waits for late ones.
    pub job: Job,
    /// Its recording's bytes, as Zoom lists them.
    pub bytes: u64,
}

/// What a run still waits for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Left {
    /// Jobs.
    pub jobs: u64,
    /// Their recordings' bytes, as Zoom lists them.
    pub bytes: u64,
}

/// The part of the store that backfills need. A part of [`JobStore`](super::JobStore).
#[async_trait]
pub trait BackfillStore: Send + Sync + 'static {
    /// Whether a process works on this database: a running service, or a backfill without one. Ends with the
    /// process, however that ends. Not to be asked by one that has begun to work itself.
    async fn is_worked_on(&self) -> Result<bool, StoreError>;

    /// Begins a run. Runs that were begun so long ago that they must be dead are forgotten.
    async fn begin_backfill(&self) -> Result<BackfillId, StoreError>;

    /// The run waits for these jobs, too.
    async fn await_jobs(&self, run: BackfillId, jobs: &[Awaited]) -> Result<(), StoreError>;

    /// Jobs of the run that came to an end and were not named before, some at a time. One that rests for longer
    /// than `rest`, with nothing but late files to wait for, has ended as far as a backfill goes.
    async fn take_ended(&self, run: BackfillId, rest: Duration) -> Result<Vec<Ended>, StoreError>;

    /// How much is left of it.
    async fn left(&self, run: BackfillId) -> Result<Left, StoreError>;

    /// The run's jobs that a worker holds at this moment.
    async fn held_jobs(&self, run: BackfillId) -> Result<Vec<Job>, StoreError>;

    /// Forgets the run; its jobs stay.
    async fn end_backfill(&self, run: BackfillId) -> Result<(), StoreError>;

    /// What was moved within so long from now back, the latest first, at most some hundred files.
    async fn recent_transfers(&self, within: Duration) -> Result<Vec<Transfer>, StoreError>;
}
