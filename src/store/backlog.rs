//! What is not archived yet, in numbers; and the one job of a recording.

use jiff::tz::TimeZone;

use super::database::{Tx, values};
use super::{SqlStore, StoreError, hot, rows};
use crate::jobs::{BACKFILL_EVENT, Backlog, FOUND_EVENT, Job, JobId, Queue};
use crate::recording::{MeetingUuid, Recording};

impl SqlStore {
    pub(super) async fn count_backlog(&self) -> Result<Backlog, StoreError> {
        // Answered from the index `jobs_backlog` alone.
        let row = self
            .database
            .row(hot::UNARCHIVED, values![])
            .await?
            .ok_or_else(|| StoreError::Missing("count of jobs".to_owned()))?;
        let parked = self
            .database
            .row(hot::PARKED, values![])
            .await?
            .ok_or_else(|| StoreError::Missing("count of jobs".to_owned()))?;
        // What the sweep or a backfill brought in is not Zoom's call.
        let last = self.database.row(hot::LAST_EVENT, values![FOUND_EVENT, BACKFILL_EVENT]).await?;
        Ok(Backlog {
            unarchived: rows::unsigned(row.integer("unarchived")?, "a count")?,
            oldest_at: row.maybe_integer("oldest_at")?,
            zoom_deletes_at: row.maybe_integer("zoom_deletes_at")?,
            parked: rows::unsigned(parked.integer("parked")?, "a count")?,
            last_event_at: last.map(|row| row.integer("received_at")).transpose()?,
        })
    }

    pub(super) async fn count_queue(&self) -> Result<Queue, StoreError> {
        let row = self.database.row(hot::QUEUE, values![]).await?;
        let row = row.ok_or_else(|| StoreError::Missing("count of jobs".to_owned()))?;
        let count = |name| rows::unsigned(row.integer(name)?, "a count");
        let (active, due, running) = (count("active")?, count("due")?, count("running")?);
        let waiting = active.saturating_sub(due + running);
        Ok(Queue { due, running, waiting, due_since: row.maybe_integer("due_since")? })
    }

    pub(super) async fn find_job_of(&self, meeting: &MeetingUuid) -> Result<Option<Job>, StoreError> {
        let found = self.database.row(hot::JOB_OF, values![meeting.as_str()]).await?;
        found.as_ref().map(rows::job).transpose()
    }
}

/// Keeps beside the recording what the figures need of it. What it does not say stays as it was.
pub(super) async fn note_facts(tx: &mut Tx, job: JobId, recording: &Recording) -> Result<(), StoreError> {
    let deletes_at = recording.auto_delete_date.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    tx.execute(
        "UPDATE jobs SET happened_at = coalesce($1, happened_at), zoom_deletes_at = coalesce($2, zoom_deletes_at)
           WHERE id = $3",
        values![
            recording.happened_at().map(|at| at.as_millisecond()),
            deletes_at.map(|day| day.timestamp().as_millisecond()),
            job.0,
        ],
    )
    .await?;
    Ok(())
}
