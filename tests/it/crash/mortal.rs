//! A store that takes the program's life at a write.

mod parts;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;
use zoom2drive::jobs::{
    Backlog, EventId, FileRecord, Job, JobId, Millis, Progress, Provenance, Queue, Readings, Restart, Stage,
    Streamed, Turn, ZoomCopy,
};
use zoom2drive::recording::{MeetingUuid, Recording};
use zoom2drive::store::{
    Accepted, AuditEntry, AuditRecord, Claim, Ending, FolderRecord, HeldTurn, JobFilter, JobStore, Lease,
    NamesIn, NewEvent, StoreError, StoredEvent, Turning,
};

/// When the program stops existing.
#[derive(Debug, Clone, Copy)]
pub enum Crash {
    /// The write is on disk; its caller never hears of it.
    After(usize),
    /// What it would have written down has happened; the write has not.
    Before(usize),
}

/// A store that takes the program's life at its n-th write. From then on no call returns.
pub struct Mortal {
    inner: Arc<dyn JobStore>,
    writes: AtomicUsize,
    /// How often the sweep has asked for its turn.
    pub turns_asked: AtomicUsize,
    /// How many jobs were claimed.
    pub claimed: AtomicUsize,
    /// Of so many heartbeats in a row only the last reaches the store; with 0 each does.
    pub heartbeats_per_success: AtomicUsize,
    /// How many there were.
    pub heartbeats: AtomicUsize,
    crash: Crash,
    pub crashed: Notify,
}

impl Mortal {
    pub fn new(inner: Arc<dyn JobStore>, crash: Crash) -> Arc<Self> {
        let none = AtomicUsize::default;
        Arc::new(Self {
            inner,
            writes: none(),
            turns_asked: none(),
            claimed: none(),
            heartbeats_per_success: none(),
            heartbeats: none(),
            crash,
            crashed: Notify::new(),
        })
    }

    async fn write<T>(&self, write: impl Future<Output = T>) -> T {
        let number = self.writes.fetch_add(1, Ordering::SeqCst) + 1;
        let (before, after) = match self.crash {
            Crash::Before(at) => (number >= at, false),
            Crash::After(at) => (number > at, number == at),
        };
        if before {
            self.die().await;
        }
        let written = write.await;
        if after {
            self.die().await;
        }
        written
    }

    async fn die(&self) {
        self.crashed.notify_one();
        std::future::pending::<()>().await;
    }
}

#[async_trait]
impl JobStore for Mortal {
    async fn accept(&self, event: &NewEvent) -> Result<Accepted, StoreError> {
        self.write(self.inner.accept(event)).await
    }
    async fn begin_work(&self) -> Result<u64, StoreError> {
        self.inner.begin_work().await
    }
    async fn claim(&self, lease_for: Duration) -> Result<Claim, StoreError> {
        // Looking is no write: only a claim that finds something is.
        match self.inner.claim(lease_for).await {
            Ok(claim @ Claim::Leased(..)) => {
                self.claimed.fetch_add(1, Ordering::SeqCst);
                self.write(async { Ok(claim) }).await
            }
            other => other,
        }
    }
    async fn claim_fresh(&self, lease_for: Duration) -> Result<Claim, StoreError> {
        match self.inner.claim_fresh(lease_for).await {
            Ok(claim @ Claim::Leased(..)) => self.write(async { Ok(claim) }).await,
            other => other,
        }
    }
    async fn heartbeat(&self, lease: &Lease, lease_for: Duration) -> Result<(), StoreError> {
        let number = self.heartbeats.fetch_add(1, Ordering::SeqCst) + 1;
        let every = self.heartbeats_per_success.load(Ordering::SeqCst);
        if every > 0 && !number.is_multiple_of(every) {
            return Err(StoreError::NoAnswer(lease_for));
        }
        self.inner.heartbeat(lease, lease_for).await
    }
    async fn finish(&self, lease: &Lease, ending: &Ending) -> Result<(), StoreError> {
        self.write(self.inner.finish(lease, ending)).await
    }
    async fn advance(&self, lease: &Lease, from: Stage, to: Stage) -> Result<(), StoreError> {
        self.write(self.inner.advance(lease, from, to)).await
    }
    async fn plan(
        &self,
        lease: &Lease,
        recording: &Recording,
        files: &[FileRecord],
        names: &NamesIn,
        revision: i64,
    ) -> Result<(), StoreError> {
        self.write(self.inner.plan(lease, recording, files, names, revision)).await
    }
    async fn save_progress(
        &self,
        lease: &Lease,
        file: &FileRecord,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        self.write(self.inner.save_progress(lease, file, progress)).await
    }
    async fn mark_transferred(
        &self,
        lease: &Lease,
        file: &FileRecord,
        streamed: &Streamed,
    ) -> Result<(), StoreError> {
        self.write(self.inner.mark_transferred(lease, file, streamed)).await
    }
    async fn mark_verified(
        &self,
        lease: &Lease,
        file: &FileRecord,
        streamed: &Streamed,
    ) -> Result<(), StoreError> {
        self.write(self.inner.mark_verified(lease, file, streamed)).await
    }
    async fn set_provenance(
        &self,
        lease: &Lease,
        file: &FileRecord,
        provenance: Provenance,
    ) -> Result<(), StoreError> {
        self.write(self.inner.set_provenance(lease, file, provenance)).await
    }
    async fn note_readings(
        &self,
        lease: &Lease,
        file: &FileRecord,
        readings: &Readings,
    ) -> Result<(), StoreError> {
        self.write(self.inner.note_readings(lease, file, readings)).await
    }
    async fn start_over(
        &self,
        lease: &Lease,
        file: &FileRecord,
        drive_id: &str,
        why: Restart,
    ) -> Result<(), StoreError> {
        self.write(self.inner.start_over(lease, file, drive_id, why)).await
    }
    async fn folder(&self, path: &str) -> Result<Option<FolderRecord>, StoreError> {
        self.inner.folder(path).await
    }
    async fn reserve_folder(&self, path: &str, drive_id: &str) -> Result<FolderRecord, StoreError> {
        self.write(self.inner.reserve_folder(path, drive_id)).await
    }
    async fn folder_made(&self, path: &str, drive_id: &str) -> Result<(), StoreError> {
        self.write(self.inner.folder_made(path, drive_id)).await
    }
    async fn forget_folder(&self, path: &str, drive_id: &str) -> Result<(), StoreError> {
        self.write(self.inner.forget_folder(path, drive_id)).await
    }
    async fn names_in(&self, folder_id: &str) -> Result<NamesIn, StoreError> {
        self.inner.names_in(folder_id).await
    }
    async fn job(&self, id: JobId) -> Result<Job, StoreError> {
        self.inner.job(id).await
    }
    async fn jobs(&self, filter: JobFilter) -> Result<Vec<Job>, StoreError> {
        self.inner.jobs(filter).await
    }
    async fn files(&self, job: JobId) -> Result<Vec<FileRecord>, StoreError> {
        self.inner.files(job).await
    }
    async fn events(&self, before: Option<EventId>) -> Result<Vec<StoredEvent>, StoreError> {
        self.inner.events(before).await
    }
    async fn event(&self, id: EventId) -> Result<(StoredEvent, Vec<u8>), StoreError> {
        self.inner.event(id).await
    }
    async fn replay(&self, event: EventId, recording: &Recording) -> Result<JobId, StoreError> {
        self.write(self.inner.replay(event, recording)).await
    }
    async fn retry(&self, job: JobId) -> Result<(), StoreError> {
        self.inner.retry(job).await
    }
    async fn cancel(&self, job: JobId) -> Result<(), StoreError> {
        self.inner.cancel(job).await
    }
    async fn now(&self) -> Result<Millis, StoreError> {
        self.inner.now().await
    }
    async fn check_writable(&self) -> Result<(), StoreError> {
        self.inner.check_writable().await
    }
    async fn wait_for_work(&self, limit: Duration) {
        self.inner.wait_for_work(limit).await;
    }
    async fn close(&self) {
        self.inner.close().await;
    }
    async fn job_of(&self, meeting: &MeetingUuid) -> Result<Option<Job>, StoreError> {
        self.inner.job_of(meeting).await
    }
    async fn queue(&self) -> Result<Queue, StoreError> {
        self.inner.queue().await
    }
    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.inner.backlog().await
    }
    async fn take_turn(
        &self,
        name: &str,
        every: Duration,
        hold_for: Duration,
    ) -> Result<Turning, StoreError> {
        let answer = self.inner.take_turn(name, every, hold_for).await;
        if name == zoom2drive::jobs::SWEEP_TURN {
            self.turns_asked.fetch_add(1, Ordering::SeqCst);
        }
        answer
    }
    async fn keep_turn(&self, turn: &HeldTurn, hold_for: Duration) -> Result<(), StoreError> {
        self.inner.keep_turn(turn, hold_for).await
    }
    async fn note_unseen(&self, turn: &HeldTurn, unseen: &str) -> Result<(), StoreError> {
        self.inner.note_unseen(turn, unseen).await
    }
    async fn end_turn(&self, turn: &HeldTurn, ok: bool, note: &str) -> Result<(), StoreError> {
        self.inner.end_turn(turn, ok, note).await
    }
    async fn forget_events(&self, older_than: Duration, at_most: u32) -> Result<u64, StoreError> {
        self.inner.forget_events(older_than, at_most).await
    }
    async fn wipe_secrets(&self, finished_for: Duration, at_most: u32) -> Result<u64, StoreError> {
        self.inner.wipe_secrets(finished_for, at_most).await
    }
    async fn blank_old(&self, at_most: u32) -> Result<u64, StoreError> {
        self.inner.blank_old(at_most).await
    }
    async fn trim_log(&self) -> Result<bool, StoreError> {
        self.inner.trim_log().await
    }
    async fn backup(&self, to: &std::path::Path) -> Result<(), StoreError> {
        self.inner.backup(to).await
    }
    async fn turn(&self, name: &str) -> Result<Turn, StoreError> {
        self.inner.turn(name).await
    }
    async fn write_audit(&self, entry: &AuditEntry) -> Result<i64, StoreError> {
        self.inner.write_audit(entry).await
    }
    async fn audit(&self, before: Option<i64>) -> Result<Vec<AuditRecord>, StoreError> {
        self.inner.audit(before).await
    }
    async fn retired(&self, lease: &Lease, copy: ZoomCopy) -> Result<(), StoreError> {
        self.write(self.inner.retired(lease, copy)).await
    }
    async fn skip(&self, lease: &Lease, file: &FileRecord, reason: &str) -> Result<(), StoreError> {
        self.write(self.inner.skip(lease, file, reason)).await
    }
    async fn name_owner(&self, path: &str) -> Result<Option<String>, StoreError> {
        self.inner.name_owner(path).await
    }
    async fn own_name(&self, path: &str, host: &str) -> Result<String, StoreError> {
        self.write(self.inner.own_name(path, host)).await
    }
}
