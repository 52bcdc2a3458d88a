//! The store on a database: each call of the trait, handed to where it is kept.

use std::path::Path;
use std::sync::PoisonError;
use std::time::Duration;

use async_trait::async_trait;

use super::database::{Database, values};
use super::opening::{Others, SqlStore};
use super::postgres::Attendance;
use super::sqlite::OTHER_PROCESS_POLL;
use super::{
    Accepted, AuditEntry, AuditRecord, Claim, Ending, FolderRecord, HeldTurn, JobFilter, JobStore, Lease,
    NamesIn, NewEvent, StoreError, StoredEvent, Turning, postgres, sqlite,
};
use crate::jobs::evidence::Readings;
use crate::jobs::{
    Backlog, EventId, FileRecord, Job, JobId, Millis, Progress, Provenance, Queue, Restart, Stage, Streamed,
    Turn, ZoomCopy,
};
use crate::recording::{MeetingUuid, Recording};

#[async_trait]
impl JobStore for SqlStore {
    async fn accept(&self, event: &NewEvent) -> Result<Accepted, StoreError> {
        let accepted = self.accept_event(event).await?;
        self.work.notify_one();
        Ok(accepted)
    }

    async fn begin_work(&self) -> Result<u64, StoreError> {
        let presence = match &self.others {
            Others::Beside(presence) => presence,
            Others::Announcing { options, attendance, .. } => {
                let ours = Attendance::begin((**options).clone()).await?;
                *attendance.lock().unwrap_or_else(PoisonError::into_inner) = Some(ours);
                // Whose leases there are nobody can say: they run out.
                return Ok(0);
            }
        };
        let Database::Sqlite { reader, place, .. } = &self.database else { return Ok(0) };
        if !presence.arrive().await? {
            return Ok(0);
        }
        if !place.look_through(reader).await.map_err(|error| place.name(error))? {
            tracing::info!(
                "the database is too large to be checked whole at every start; see docs/operate.md"
            );
        }
        let freed = self.free_leases().await.map_err(|error| place.name(error))?;
        self.free_probes().await?;
        self.free_messages().await?;
        presence.stay().await?;
        Ok(freed)
    }

    async fn claim(&self, lease_for: Duration) -> Result<Claim, StoreError> {
        self.claim_job(lease_for, true).await
    }

    async fn claim_fresh(&self, lease_for: Duration) -> Result<Claim, StoreError> {
        self.claim_job(lease_for, false).await
    }

    async fn heartbeat(&self, lease: &Lease, lease_for: Duration) -> Result<(), StoreError> {
        self.extend_lease(lease, lease_for).await
    }

    async fn finish(&self, lease: &Lease, ending: &Ending) -> Result<(), StoreError> {
        self.end_run(lease, ending).await?;
        self.work.notify_one();
        self.outbox.notify_one();
        Ok(())
    }

    async fn advance(&self, lease: &Lease, from: Stage, to: Stage) -> Result<(), StoreError> {
        self.move_stage(lease, from, to).await
    }

    async fn plan(
        &self,
        lease: &Lease,
        recording: &Recording,
        files: &[FileRecord],
        names: &NamesIn,
        revision: i64,
    ) -> Result<(), StoreError> {
        self.store_plan(lease, recording, files, names, revision).await
    }

    async fn save_progress(
        &self,
        lease: &Lease,
        file: &FileRecord,
        progress: &Progress,
    ) -> Result<(), StoreError> {
        self.store_progress(lease, file, progress).await
    }

    async fn mark_transferred(
        &self,
        lease: &Lease,
        file: &FileRecord,
        streamed: &Streamed,
    ) -> Result<(), StoreError> {
        self.set_state(lease, file, "transferred", streamed).await
    }

    async fn mark_verified(
        &self,
        lease: &Lease,
        file: &FileRecord,
        streamed: &Streamed,
    ) -> Result<(), StoreError> {
        self.set_state(lease, file, "verified", streamed).await
    }

    async fn set_provenance(
        &self,
        lease: &Lease,
        file: &FileRecord,
        provenance: Provenance,
    ) -> Result<(), StoreError> {
        self.store_provenance(lease, file, provenance).await
    }

    async fn note_readings(
        &self,
        lease: &Lease,
        file: &FileRecord,
        readings: &Readings,
    ) -> Result<(), StoreError> {
        self.store_readings(lease, file, readings).await
    }

    async fn start_over(
        &self,
        lease: &Lease,
        file: &FileRecord,
        drive_id: &str,
        why: Restart,
    ) -> Result<(), StoreError> {
        self.reset_file(lease, file, drive_id, why).await
    }

    async fn folder(&self, path: &str) -> Result<Option<FolderRecord>, StoreError> {
        self.find_folder(path).await
    }

    async fn reserve_folder(&self, path: &str, drive_id: &str) -> Result<FolderRecord, StoreError> {
        self.insert_folder(path, drive_id).await
    }

    async fn folder_made(&self, path: &str, drive_id: &str) -> Result<(), StoreError> {
        self.confirm_folder(path, drive_id).await
    }

    async fn forget_folder(&self, path: &str, drive_id: &str) -> Result<(), StoreError> {
        self.delete_folder(path, drive_id).await
    }

    async fn names_in(&self, folder_id: &str) -> Result<NamesIn, StoreError> {
        self.list_names(folder_id).await
    }

    async fn job(&self, id: JobId) -> Result<Job, StoreError> {
        self.read_job(id).await
    }

    async fn jobs(&self, filter: JobFilter) -> Result<Vec<Job>, StoreError> {
        self.list_jobs(filter).await
    }

    async fn files(&self, job: JobId) -> Result<Vec<FileRecord>, StoreError> {
        self.list_files(job).await
    }

    async fn events(&self, before: Option<EventId>) -> Result<Vec<StoredEvent>, StoreError> {
        self.list_events(before).await
    }

    async fn event(&self, id: EventId) -> Result<(StoredEvent, Vec<u8>), StoreError> {
        self.read_event(id).await
    }

    async fn replay(&self, event: EventId, recording: &Recording) -> Result<JobId, StoreError> {
        let job = self.restart_job(event, recording).await?;
        self.work.notify_one();
        Ok(job)
    }

    async fn retry(&self, job: JobId) -> Result<(), StoreError> {
        self.reactivate(job).await?;
        self.work.notify_one();
        Ok(())
    }

    async fn cancel(&self, job: JobId) -> Result<(), StoreError> {
        self.call_off(job).await
    }

    async fn now(&self) -> Result<Millis, StoreError> {
        let row = self.database.row("SELECT {now} AS at", values![]).await?;
        row.ok_or_else(|| StoreError::Missing("clock".to_owned()))?.integer("at")
    }

    async fn check_writable(&self) -> Result<(), StoreError> {
        let mut tx = self.database.begin().await?;
        tx.execute(
            "INSERT INTO heartbeat (id, at) VALUES (1, {now}) ON CONFLICT (id) DO UPDATE SET at = excluded.at",
            values![],
        )
        .await?;
        tx.commit().await
    }

    async fn wait_for_work(&self, limit: Duration) {
        let look_every = match &self.others {
            Others::Beside(_) => OTHER_PROCESS_POLL,
            Others::Announcing { .. } => postgres::UNHEARD_POLL,
        };
        // Running out of time is as good a reason to look again as being told.
        let _told_or_not = tokio::time::timeout(limit.min(look_every), self.work.notified()).await;
    }

    async fn close(&self) {
        match &self.others {
            Others::Beside(presence) => presence.leave(),
            Others::Announcing { attendance, .. } => {
                drop(attendance.lock().unwrap_or_else(PoisonError::into_inner).take());
            }
        }
        self.database.close().await;
    }

    async fn job_of(&self, meeting: &MeetingUuid) -> Result<Option<Job>, StoreError> {
        self.find_job_of(meeting).await
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        self.count_backlog().await
    }

    async fn take_turn(&self, name: &str, every: Duration, hold: Duration) -> Result<Turning, StoreError> {
        self.begin_turn(name, every, hold).await
    }

    async fn keep_turn(&self, turn: &HeldTurn, hold_for: Duration) -> Result<(), StoreError> {
        self.extend_turn(turn, hold_for).await
    }

    async fn note_unseen(&self, turn: &HeldTurn, unseen: &str) -> Result<(), StoreError> {
        self.write_unseen(turn, unseen).await
    }

    async fn end_turn(&self, turn: &HeldTurn, ok: bool, note: &str) -> Result<(), StoreError> {
        self.close_turn(turn, ok, note).await
    }

    async fn write_audit(&self, entry: &AuditEntry) -> Result<i64, StoreError> {
        self.insert_audit(entry).await
    }

    async fn audit(&self, before: Option<i64>) -> Result<Vec<AuditRecord>, StoreError> {
        self.list_audit(before).await
    }

    async fn retired(&self, lease: &Lease, copy: ZoomCopy) -> Result<(), StoreError> {
        self.end_at_zoom(lease, copy).await
    }

    async fn skip(&self, lease: &Lease, file: &FileRecord, reason: &str) -> Result<(), StoreError> {
        self.skip_file(lease, file, reason).await
    }

    async fn forget_events(&self, older_than: Duration, at_most: u32) -> Result<u64, StoreError> {
        self.delete_events(older_than, at_most).await
    }

    async fn wipe_secrets(&self, finished_for: Duration, at_most: u32) -> Result<u64, StoreError> {
        self.wipe_jobs(finished_for, at_most).await
    }

    async fn blank_old(&self, at_most: u32) -> Result<u64, StoreError> {
        self.blank_old_rows(at_most).await
    }

    async fn trim_log(&self) -> Result<bool, StoreError> {
        match &self.database {
            Database::Sqlite { writer, .. } => sqlite::trim_log(writer).await,
            // Its own log is nothing that this program can reach.
            Database::Postgres(_) => Ok(true),
        }
    }

    async fn queue(&self) -> Result<Queue, StoreError> {
        self.count_queue().await
    }

    async fn backup(&self, to: &Path) -> Result<(), StoreError> {
        match &self.database {
            Database::Sqlite { reader, .. } => sqlite::back_up(reader, to).await,
            Database::Postgres(_) => Err(StoreError::Refused(
                "PostgreSQL has a tool for this: deploy/backup/postgres.sh pg_dump --format=custom >FILE"
                    .to_owned(),
            )),
        }
    }

    async fn turn(&self, name: &str) -> Result<Turn, StoreError> {
        self.read_turn(name).await
    }

    async fn name_owner(&self, path: &str) -> Result<Option<String>, StoreError> {
        self.find_name_owner(path).await
    }

    async fn own_name(&self, path: &str, host: &str) -> Result<String, StoreError> {
        self.insert_name_owner(path, host).await
    }
}
