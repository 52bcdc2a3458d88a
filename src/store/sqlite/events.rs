//! Events and the jobs that they begin or wake.

use sqlx::Row;
use sqlx::sqlite::SqliteTransaction;

use super::{SqliteStore, backlog, leases, now, select_job};
use crate::jobs::{self, EventId, Job, JobId, Reaction};
use crate::recording::Recording;
use crate::store::{Accepted, LIST_MAX, NewEvent, Repeated, StoreError, StoredEvent, rows};

impl SqliteStore {
    pub(super) async fn accept_event(&self, event: &NewEvent) -> Result<Accepted, StoreError> {
        let mut tx = self.write().await?;
        let known = sqlx::query("SELECT id, job FROM events WHERE body_sha256 = ?1")
            .bind(&event.body_sha256)
            .fetch_optional(&mut *tx)
            .await?;
        if let Some(row) = known {
            let job = row.try_get::<Option<i64>, _>("job")?.map(JobId);
            return Ok(Accepted { event: EventId(row.try_get("id")?), job, repeated: Repeated::Yes });
        }
        let job = match &event.recording {
            Some(recording) => Some(take_in(&mut tx, recording).await?),
            None => None,
        };
        let row = sqlx::query(concat!(
            "INSERT INTO events (name, received_at, body, body_sha256, meeting, job, note) VALUES (?1, ",
            now!(),
            ", ?2, ?3, ?4, ?5, ?6) RETURNING id"
        ))
        .bind(&event.name)
        .bind(&event.body)
        .bind(&event.body_sha256)
        .bind(event.recording.as_ref().map(|recording| recording.uuid.as_str()))
        .bind(job.map(|job| job.0))
        .bind(&event.note)
        .fetch_one(&mut *tx)
        .await?;
        let id = EventId(row.try_get("id")?);
        tx.commit().await?;
        Ok(Accepted { event: id, job, repeated: Repeated::No })
    }

    /// From the beginning, whatever its standing; what was verified is found again by planning.
    pub(super) async fn restart_job(
        &self,
        event: EventId,
        recording: &Recording,
    ) -> Result<JobId, StoreError> {
        let mut tx = self.write().await?;
        let id = take_in(&mut tx, recording).await?;
        sqlx::query(concat!(
            "UPDATE jobs SET stage = 'received', standing = 'active', reason = '', attempts = 0,",
            " revision = revision + 1, lease_token = NULL, lease_until = NULL,",
            " next_attempt_at = ",
            now!(),
            ", updated_at = ",
            now!(),
            " WHERE id = ?1"
        ))
        .bind(id.0)
        .execute(&mut *tx)
        .await?;
        leases::refill(&mut tx, id).await?;
        let linked = sqlx::query("UPDATE events SET job = ?1 WHERE id = ?2")
            .bind(id.0)
            .bind(event.0)
            .execute(&mut *tx)
            .await?;
        if linked.rows_affected() == 0 {
            return Err(StoreError::Missing(format!("event {event}")));
        }
        tx.commit().await?;
        Ok(id)
    }

    pub(super) async fn list_events(&self, before: Option<EventId>) -> Result<Vec<StoredEvent>, StoreError> {
        let found = sqlx::query(
            "SELECT id, name, received_at, meeting, job, note FROM events WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
        )
        .bind(before.map_or(i64::MAX, |before| before.0))
        .bind(LIST_MAX)
        .fetch_all(&self.reader)
        .await?;
        found.iter().map(rows::event).collect()
    }

    pub(super) async fn read_event(&self, id: EventId) -> Result<(StoredEvent, Vec<u8>), StoreError> {
        let found =
            sqlx::query("SELECT * FROM events WHERE id = ?1").bind(id.0).fetch_optional(&self.reader).await?;
        let row = found.ok_or_else(|| StoreError::Missing(format!("event {id}")))?;
        Ok((rows::event(&row)?, row.try_get("body")?))
    }
}

/// Begins a job for the recording, or tells the one that exists.
async fn take_in(tx: &mut SqliteTransaction<'_>, recording: &Recording) -> Result<JobId, StoreError> {
    let known = sqlx::query(concat!(select_job!(), "WHERE meeting = ?1"))
        .bind(recording.uuid.as_str())
        .fetch_optional(&mut **tx)
        .await?;
    let job = match known {
        None => begin_job(tx, recording).await?,
        Some(row) => tell_job(tx, rows::job(&row)?, recording).await?,
    };
    backlog::note_facts(tx, job, recording).await?;
    Ok(job)
}

async fn begin_job(tx: &mut SqliteTransaction<'_>, recording: &Recording) -> Result<JobId, StoreError> {
    let row = sqlx::query(concat!(
        "INSERT INTO jobs (meeting, recording, stage, standing, next_attempt_at, accepted_at, updated_at)",
        " VALUES (?1, ?2, 'received', 'active', ",
        now!(),
        ", ",
        now!(),
        ", ",
        now!(),
        ") RETURNING id"
    ))
    .bind(recording.uuid.as_str())
    .bind(rows::to_json(recording)?)
    .fetch_one(&mut **tx)
    .await?;
    Ok(JobId(row.try_get("id")?))
}

async fn tell_job(tx: &mut SqliteTransaction<'_>, job: Job, event: &Recording) -> Result<JobId, StoreError> {
    let files = sqlx::query("SELECT * FROM files WHERE job = ?1").bind(job.id.0).fetch_all(&mut **tx).await?;
    let records = files.iter().map(rows::file).collect::<Result<Vec<_>, _>>()?;
    let known: Vec<_> = records.into_iter().map(|record| record.file).collect();
    let mut recording = job.recording;
    recording.merge(event.clone());
    let text = rows::to_json(&recording)?;
    match jobs::reaction(job.standing, job.stage, job.attempts, &known, event) {
        Reaction::Note => {
            sqlx::query("UPDATE jobs SET recording = ?1 WHERE id = ?2")
                .bind(text)
                .bind(job.id.0)
                .execute(&mut **tx)
                .await?;
        }
        Reaction::Wake => {
            sqlx::query(concat!(
                "UPDATE jobs SET recording = ?1, standing = 'active', reason = '', attempts = 0,",
                " revision = revision + 1, next_attempt_at = ",
                now!(),
                ", updated_at = ",
                now!(),
                " WHERE id = ?2"
            ))
            .bind(text)
            .bind(job.id.0)
            .execute(&mut **tx)
            .await?;
        }
    }
    Ok(job.id)
}
