//! Figures about recordings that are not archived, and the job of a recording.

use std::time::Duration;

use super::database::values;
use super::{Store, StoreError, rows};
use crate::jobs::outlook::LateFiles;
use crate::jobs::{BACKFILL_EVENT, Backlog, FOUND_EVENT, Job, MEET_EVENT, Queue};
use crate::recording::MeetingUuid;

/// Recordings that are not archived.
pub(in crate::store) const UNARCHIVED: &str = "SELECT count(*) AS unarchived, min(CASE WHEN backfilled = 1 THEN accepted_at ELSE coalesce(happened_at, accepted_at) END) AS oldest_at,
                   min(zoom_deletes_at) AS zoom_deletes_at FROM jobs
                   WHERE standing IN ('active', 'parked') AND stage IN ('received', 'planned', 'transferred')";

/// Active jobs, by the condition that they wait for.
pub(in crate::store) const QUEUE: &str = "SELECT count(*) AS active,
                   count(CASE WHEN lease_until > {now} THEN 1 END) AS running,
                   count(CASE WHEN next_attempt_at <= {now} AND coalesce(lease_until, 0) <= {now} THEN 1 END) AS due,
                   min(CASE WHEN next_attempt_at <= {now} AND coalesce(lease_until, 0) <= {now} THEN next_attempt_at END) AS due_since
                   FROM jobs WHERE standing = 'active'";

/// Parked jobs.
pub(in crate::store) const PARKED: &str = "SELECT count(*) AS parked FROM jobs WHERE standing = 'parked'";

/// The last event that Zoom sent.
pub(in crate::store) const LAST_EVENT: &str = "SELECT received_at, id FROM events WHERE name <> $1 AND name <> $2 AND name <> $3 ORDER BY id DESC LIMIT 1";

/// The job of a recording that the sweep has found.
pub(in crate::store) const JOB_OF: &str = "SELECT {job} FROM jobs WHERE meeting = $1";

/// Archived recordings whose late files are awaited, and when the last of them was accepted.
pub(in crate::store) const LATE_FILES: &str =
    "SELECT count(*) AS jobs, max(CASE WHEN backfilled = 0 THEN accepted_at END) AS last_at
                   FROM jobs WHERE standing = 'active' AND stage = 'verified'";

impl Store {
    /// Figures about recordings that are not archived. Finished jobs cost nothing here.
    pub async fn backlog(&self) -> Result<Backlog, StoreError> {
        // The index `jobs_backlog` alone answers it.
        let row = self
            .database
            .row(UNARCHIVED, values![])
            .await?
            .ok_or_else(|| StoreError::Corrupt("a count gave no row".to_owned()))?;
        let parked = self
            .database
            .row(PARKED, values![])
            .await?
            .ok_or_else(|| StoreError::Corrupt("a count gave no row".to_owned()))?;
        // Events that the sweep or a backfill created do not come from Zoom.
        let last = self.database.row(LAST_EVENT, values![FOUND_EVENT, BACKFILL_EVENT, MEET_EVENT]).await?;
        Ok(Backlog {
            unarchived: rows::unsigned(row.integer("unarchived")?, "a count")?,
            oldest_at: row.maybe_integer("oldest_at")?,
            zoom_deletes_at: row.maybe_integer("zoom_deletes_at")?,
            parked: rows::unsigned(parked.integer("parked")?, "a count")?,
            last_event_at: last.map(|row| row.integer("received_at")).transpose()?,
        })
    }

    /// The number of active jobs, by the condition that they wait for.
    pub async fn queue(&self) -> Result<Queue, StoreError> {
        let row = self.database.row(QUEUE, values![]).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("a count gave no row".to_owned()))?;
        let count = |name| rows::unsigned(row.integer(name)?, "a count");
        let (active, due, running) = (count("active")?, count("due")?, count("running")?);
        let waiting = active.saturating_sub(due + running);
        Ok(Queue { due, running, waiting, due_since: row.maybe_integer("due_since")? })
    }

    /// Archived recordings whose late files are awaited for this time after their acceptance.
    pub async fn late_files(&self, settle_for: Duration) -> Result<LateFiles, StoreError> {
        let row = self.database.row(LATE_FILES, values![]).await?;
        let row = row.ok_or_else(|| StoreError::Corrupt("a count gave no row".to_owned()))?;
        let wait = i64::try_from(settle_for.as_millis()).unwrap_or(i64::MAX);
        Ok(LateFiles {
            jobs: rows::unsigned(row.integer("jobs")?, "a count")?,
            until: row.maybe_integer("last_at")?.map(|at| at.saturating_add(wait)),
        })
    }

    /// The job of this recording, if there is one.
    pub async fn job_of(&self, meeting: &MeetingUuid) -> Result<Option<Job>, StoreError> {
        let found = self.database.row(JOB_OF, values![meeting.as_str()]).await?;
        found.as_ref().map(rows::job).transpose()
    }
}
