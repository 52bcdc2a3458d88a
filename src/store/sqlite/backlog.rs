//! What is not archived yet, in numbers; and the one job of a recording.

use jiff::tz::TimeZone;
use sqlx::Row;
use sqlx::sqlite::SqliteTransaction;

use super::{SqliteStore, now, select_job};
use crate::jobs::{Backlog, FOUND_EVENT, Job, JobId};
use crate::recording::{MeetingUuid, Recording};
use crate::store::{StoreError, rows};

/// Answered from the index `jobs_backlog` alone.
const UNARCHIVED: &str = "SELECT count(*) AS unarchived, min(coalesce(happened_at, accepted_at)) AS oldest_at, \
     min(zoom_deletes_at) AS zoom_deletes_at FROM jobs \
     WHERE standing IN ('active', 'parked') AND stage IN ('received', 'planned', 'transferred')";

impl SqliteStore {
    pub(super) async fn count_backlog(&self) -> Result<Backlog, StoreError> {
        let row = sqlx::query(UNARCHIVED).fetch_one(&self.reader).await?;
        let parked = sqlx::query("SELECT count(*) AS parked FROM jobs WHERE standing = 'parked'")
            .fetch_one(&self.reader)
            .await?;
        // What the sweep brought in is not Zoom's call.
        let last = sqlx::query("SELECT received_at FROM events WHERE name <> ?1 ORDER BY id DESC LIMIT 1")
            .bind(FOUND_EVENT)
            .fetch_optional(&self.reader)
            .await?;
        Ok(Backlog {
            unarchived: rows::unsigned(row.try_get("unarchived")?, "a count")?,
            oldest_at: row.try_get("oldest_at")?,
            zoom_deletes_at: row.try_get("zoom_deletes_at")?,
            parked: rows::unsigned(parked.try_get("parked")?, "a count")?,
            last_event_at: last.map(|row| row.try_get("received_at")).transpose()?,
        })
    }

    pub(super) async fn find_job_of(&self, meeting: &MeetingUuid) -> Result<Option<Job>, StoreError> {
        let found = sqlx::query(concat!(select_job!(), "WHERE meeting = ?1"))
            .bind(meeting.as_str())
            .fetch_optional(&self.reader)
            .await?;
        found.as_ref().map(rows::job).transpose()
    }
}

/// Keeps beside the recording what the figures need of it. What it does not say stays as it was.
pub(super) async fn note_facts(
    tx: &mut SqliteTransaction<'_>,
    job: JobId,
    recording: &Recording,
) -> Result<(), StoreError> {
    let deletes_at = recording.auto_delete_date.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    sqlx::query(
        "UPDATE jobs SET happened_at = coalesce(?1, happened_at), zoom_deletes_at = coalesce(?2, zoom_deletes_at)
           WHERE id = ?3",
    )
    .bind(recording.happened_at().map(|at| at.as_millisecond()))
    .bind(deletes_at.map(|day| day.timestamp().as_millisecond()))
    .bind(job.0)
    .execute(&mut **tx)
    .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn finished_jobs_are_not_looked_at() {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::open(&folder.path().join("test.db")).await.unwrap();
        let plan = sqlx::query(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {UNARCHIVED}")));
        let plan: String = plan.fetch_one(&store.reader).await.unwrap().try_get("detail").unwrap();
        assert!(plan.starts_with("SEARCH jobs USING COVERING INDEX jobs_backlog"), "{plan}");
    }
}
