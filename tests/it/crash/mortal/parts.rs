//! The same for the stores that the jobs' store is made of.

use std::time::Duration;

use async_trait::async_trait;
use zoom2drive::jobs::messages::concerns::{Concern, ConcernChange};
use zoom2drive::jobs::messages::conditions::Unannounced;
use zoom2drive::jobs::messages::{Message, Telling};
use zoom2drive::jobs::pause::daily::Uploaded;
use zoom2drive::jobs::pause::{Pause, PauseCause, System};
use zoom2drive::jobs::rate::Transfer;
use zoom2drive::jobs::{Job, JobId, Millis};
use zoom2drive::store::backfills::{Awaited, BackfillId, BackfillStore, Ended, Left};
use zoom2drive::store::beside::{Archived, BesideStore, FilePlace, MeetingFile};
use zoom2drive::store::messages::{Batch, MessageFilter, MessageStore, Posting};
use zoom2drive::store::pauses::{Admission, Begun, NewPause, PauseStore};
use zoom2drive::store::{Lease, NamesIn, StoreError};

use super::Mortal;

#[async_trait]
impl PauseStore for Mortal {
    async fn pauses(&self) -> Result<Vec<Pause>, StoreError> {
        self.inner.pauses().await
    }
    async fn begin_pause(&self, pause: &NewPause) -> Result<Begun, StoreError> {
        self.write(self.inner.begin_pause(pause)).await
    }
    async fn admission(&self, lease_for: Duration) -> Result<Admission, StoreError> {
        self.inner.admission(lease_for).await
    }
    async fn keep_probe(&self, token: &str, lease_for: Duration) -> Result<(), StoreError> {
        self.inner.keep_probe(token, lease_for).await
    }
    async fn fail_probe(&self, token: &str, pause: &NewPause) -> Result<(), StoreError> {
        self.write(self.inner.fail_probe(token, pause)).await
    }
    async fn release_probe(&self, token: &str) -> Result<(), StoreError> {
        self.write(self.inner.release_probe(token)).await
    }
    async fn end_pause(&self, system: System, cause: PauseCause) -> Result<bool, StoreError> {
        self.write(self.inner.end_pause(system, cause)).await
    }
    async fn probe_now(&self, system: System) -> Result<u64, StoreError> {
        self.inner.probe_now(system).await
    }
    async fn probe_within(&self, cause: PauseCause, wait: Duration) -> Result<u64, StoreError> {
        self.inner.probe_within(cause, wait).await
    }
    async fn add_uploaded(&self, identity: &str, bytes: u64) -> Result<(), StoreError> {
        self.write(self.inner.add_uploaded(identity, bytes)).await
    }
    async fn uploaded(&self, identity: &str) -> Result<Vec<Uploaded>, StoreError> {
        self.inner.uploaded(identity).await
    }
}

/// Messages tell of what was written; they are no writes of the story.
#[async_trait]
impl MessageStore for Mortal {
    fn tell_people(&self, telling: Telling) {
        self.inner.tell_people(telling);
    }
    async fn claim_messages(&self, hold_for: Duration) -> Result<Posting, StoreError> {
        self.inner.claim_messages(hold_for).await
    }
    async fn messages_sent(&self, batch: &Batch, channel: &str) -> Result<u64, StoreError> {
        self.inner.messages_sent(batch, channel).await
    }
    async fn messages_failed(&self, batch: &Batch, error: &str, wait: Duration) -> Result<u64, StoreError> {
        self.inner.messages_failed(batch, error, wait).await
    }
    async fn messages(&self, filter: MessageFilter) -> Result<Vec<Message>, StoreError> {
        self.inner.messages(filter).await
    }
    async fn wait_for_messages(&self, limit: Duration) {
        self.inner.wait_for_messages(limit).await;
    }
    async fn concerns(&self) -> Result<Vec<Concern>, StoreError> {
        self.inner.concerns().await
    }
    async fn change_concern(&self, change: &ConcernChange) -> Result<bool, StoreError> {
        self.inner.change_concern(change).await
    }
    async fn unannounced(&self) -> Result<Unannounced, StoreError> {
        self.inner.unannounced().await
    }
    async fn forget_messages(&self, older_than: Duration, at_most: u32) -> Result<u64, StoreError> {
        self.inner.forget_messages(older_than, at_most).await
    }
}

#[async_trait]
impl BackfillStore for Mortal {
    async fn is_worked_on(&self) -> Result<bool, StoreError> {
        self.inner.is_worked_on().await
    }
    async fn begin_backfill(&self) -> Result<BackfillId, StoreError> {
        self.write(self.inner.begin_backfill()).await
    }
    async fn await_jobs(&self, run: BackfillId, jobs: &[Awaited]) -> Result<(), StoreError> {
        self.write(self.inner.await_jobs(run, jobs)).await
    }
    async fn take_ended(&self, run: BackfillId, rest: Duration) -> Result<Vec<Ended>, StoreError> {
        self.write(self.inner.take_ended(run, rest)).await
    }
    async fn left(&self, run: BackfillId) -> Result<Left, StoreError> {
        self.inner.left(run).await
    }
    async fn held_jobs(&self, run: BackfillId) -> Result<Vec<Job>, StoreError> {
        self.inner.held_jobs(run).await
    }
    async fn end_backfill(&self, run: BackfillId) -> Result<(), StoreError> {
        self.write(self.inner.end_backfill(run)).await
    }
    async fn recent_transfers(&self, within: Duration) -> Result<Vec<Transfer>, StoreError> {
        self.inner.recent_transfers(within).await
    }
}

#[async_trait]
impl BesideStore for Mortal {
    async fn meeting_file(&self, job: JobId) -> Result<Option<MeetingFile>, StoreError> {
        self.inner.meeting_file(job).await
    }
    async fn reserve_meeting_file(
        &self,
        lease: &Lease,
        file: &MeetingFile,
        names: &NamesIn,
    ) -> Result<(), StoreError> {
        self.write(self.inner.reserve_meeting_file(lease, file, names)).await
    }
    async fn meeting_file_written(
        &self,
        lease: &Lease,
        drive_id: &str,
        digest: &str,
    ) -> Result<(), StoreError> {
        self.write(self.inner.meeting_file_written(lease, drive_id, digest)).await
    }
    async fn forget_meeting_file(&self, lease: &Lease, drive_id: &str) -> Result<(), StoreError> {
        self.write(self.inner.forget_meeting_file(lease, drive_id)).await
    }
    async fn archived(
        &self,
        after: Option<&FilePlace>,
        since: Option<Millis>,
    ) -> Result<Vec<Archived>, StoreError> {
        self.inner.archived(after, since).await
    }
    async fn share(&self, item: &str, email: &str) -> Result<Option<String>, StoreError> {
        self.inner.share(item, email).await
    }
    async fn note_share(&self, item: &str, email: &str, refusal: &str) -> Result<(), StoreError> {
        self.write(self.inner.note_share(item, email, refusal)).await
    }
    async fn is_of_one_host(&self, folder_id: &str, email: &str) -> Result<bool, StoreError> {
        self.inner.is_of_one_host(folder_id, email).await
    }
}
