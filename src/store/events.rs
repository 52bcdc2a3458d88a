//! Events, and the jobs that they create or wake.

use super::database::{Tx, values};
use super::{
    Accepted, LIST_MAX, NewEvent, Repeated, Store, StoreError, StoredEvent, blanking, changes, diary, leases,
    rows, shelf,
};
use crate::jobs::diary::DiaryKind;
use crate::jobs::{self, BACKFILL_EVENT, EventId, Job, JobId, Reaction, Stage};
use crate::recording::blanking::{Tokens, blank};
use crate::recording::{Origin, Recording};

/// A page of events.
pub(in crate::store) const EVENTS: &str =
    "SELECT id, name, received_at, meeting, job, note FROM events WHERE id < $1 ORDER BY id DESC LIMIT $2";

/// An event with the same bytes.
pub(in crate::store) const KNOWN_EVENT: &str = "SELECT id, job FROM events WHERE body_sha256 = $1";

/// The job that an event belongs to.
pub(in crate::store) const KNOWN_JOB: &str = "SELECT {job} FROM jobs WHERE meeting = $1 {for_update}";

impl Store {
    /// Stores an event and its job in one transaction that is on disk when this returns. Repeated bytes change
    /// nothing. Passcodes and links are removed from the bytes.
    pub async fn accept(&self, event: &NewEvent) -> Result<Accepted, StoreError> {
        let stored = blank(&event.body, Tokens::Kept);
        let mut tx = self.database.begin("accept").await?;
        // Inserted first: a concurrent request with the same bytes waits here, and then finds them.
        let new = tx
            .row(
                "INSERT INTO events (name, received_at, body, body_sha256, meeting, note, blanked)
                   VALUES ($1, {now}, $2, $3, $4, $5, $6) ON CONFLICT (body_sha256) DO NOTHING RETURNING id",
                values![
                    event.name.as_str(),
                    stored.body.as_slice(),
                    event.body_sha256.as_str(),
                    meeting(event),
                    event.note.as_str(),
                    blanking::mark(&stored),
                ],
            )
            .await?;
        let Some(new) = new else { return known_event(&mut tx, event).await };
        let id = EventId(new.integer("id")?);
        let mut job = match &event.recording {
            Some(recording) => Some(take_in(&mut tx, recording, &event.name).await?),
            None => None,
        };
        // Locked in one order, so that two batches never deadlock.
        let mut changes: Vec<_> = event.changes.iter().collect();
        changes.sort_by(|a, b| a.meeting.cmp(&b.meeting));
        for change in changes {
            let changed = changes::apply_change(&mut tx, change).await?;
            // The event of a batch belongs to the first job that exists.
            job = job.or(changed);
        }
        if let Some(job) = job {
            link(&mut tx, id, job).await?;
            // A wiped job is wiped again later: this event may have brought tokens.
            tx.execute("UPDATE jobs SET wiped = 0 WHERE id = $1 AND wiped = 1", values![job.0]).await?;
            tx.announce_work().await?;
        }
        tx.commit().await?;
        self.work.notify_one();
        Ok(Accepted { event: id, job, repeated: Repeated::No })
    }

    /// Archives this recording (again) for an operator: as a new job, or with the existing one from its beginning and
    /// with a full count of attempts. Verified files stay verified. `event` is the replayed event.
    pub async fn replay(&self, event: EventId, recording: &Recording) -> Result<JobId, StoreError> {
        let mut tx = self.database.begin("replay").await?;
        let known = tx.row("SELECT id FROM events WHERE id = $1", values![event.0]).await?;
        known.ok_or_else(|| StoreError::Missing(format!("event {event}")))?;
        let id = take_in(&mut tx, recording, "").await?;
        diary::write(&mut tx, id, DiaryKind::Replayed, &format!("event {event}")).await?;
        tx.execute(
            "UPDATE jobs SET stage = 'received', standing = 'active', reason = '', attempts = 0,
               revision = revision + 1, lease_token = NULL, lease_until = NULL, next_attempt_at = {now},
               updated_at = {now} WHERE id = $1",
            values![id.0],
        )
        .await?;
        leases::refill(&mut tx, id).await?;
        link(&mut tx, event, id).await?;
        tx.announce_work().await?;
        tx.commit().await?;
        self.work.notify_one();
        Ok(id)
    }

    /// Events, newest first: at most [`LIST_MAX`] with ids below `before`.
    pub async fn events(&self, before: Option<EventId>) -> Result<Vec<StoredEvent>, StoreError> {
        let found =
            self.database.rows(EVENTS, values![before.map_or(i64::MAX, |before| before.0), LIST_MAX]).await?;
        found.iter().map(rows::event).collect()
    }

    /// One event with its body.
    pub async fn event(&self, id: EventId) -> Result<(StoredEvent, Vec<u8>), StoreError> {
        let found = self
            .database
            .row(
                "SELECT id, name, received_at, body, meeting, job, note FROM events WHERE id = $1",
                values![id.0],
            )
            .await?;
        let row = found.ok_or_else(|| StoreError::Missing(format!("event {id}")))?;
        Ok((rows::event(&row)?, row.bytes("body")?))
    }
}

/// The meeting of an event; of a batch, the first.
fn meeting(event: &NewEvent) -> Option<String> {
    let listed = event.recording.as_ref().map(|recording| &recording.uuid);
    let changed = || event.changes.first().map(|change| &change.meeting);
    listed.or_else(changed).map(|uuid| uuid.as_str().to_owned())
}

async fn known_event(tx: &mut Tx, event: &NewEvent) -> Result<Accepted, StoreError> {
    let known = tx.row(KNOWN_EVENT, values![event.body_sha256.as_str()]).await?;
    let row =
        known.ok_or_else(|| StoreError::Corrupt("an event that was just found is missing".to_owned()))?;
    let job = row.maybe_integer("job")?.map(JobId);
    Ok(Accepted { event: EventId(row.integer("id")?), job, repeated: Repeated::Yes })
}

async fn link(tx: &mut Tx, event: EventId, job: JobId) -> Result<(), StoreError> {
    tx.execute("UPDATE events SET job = $1 WHERE id = $2", values![job.0, event.0]).await?;
    Ok(())
}

/// Creates a job for the recording, or updates the existing one. A recording from any source but a backfill is fresh.
/// `event` is the event's name; empty for a replay.
async fn take_in(tx: &mut Tx, recording: &Recording, event: &str) -> Result<JobId, StoreError> {
    let backfilled = event == BACKFILL_EVENT;
    let begun = tx
        .row(
            "INSERT INTO jobs (meeting, recording, stage, standing, next_attempt_at, accepted_at, updated_at,
               backfilled, blanked) VALUES ($1, $2, 'received', 'active', {now}, {now}, {now}, $3, 1)
               ON CONFLICT (meeting) DO NOTHING RETURNING id",
            values![recording.uuid.as_str(), rows::to_json(recording)?, backfilled],
        )
        .await?;
    let job = match begun {
        Some(row) => {
            let job = JobId(row.integer("id")?);
            shelf::shelve(tx, job, recording).await?;
            if !event.is_empty() {
                diary::write(tx, job, DiaryKind::Accepted, event).await?;
            }
            job
        }
        None => update_known_job(tx, recording).await?,
    };
    if !backfilled {
        tx.execute("UPDATE jobs SET backfilled = 0 WHERE id = $1 AND backfilled = 1", values![job.0]).await?;
    }
    Ok(job)
}

async fn update_known_job(tx: &mut Tx, recording: &Recording) -> Result<JobId, StoreError> {
    // Locked: a worker that is planning must see this event, or this event must see its plan.
    let known = tx.row(KNOWN_JOB, values![recording.uuid.as_str()]).await?;
    let known =
        known.ok_or_else(|| StoreError::Corrupt("a job that was just found is missing".to_owned()))?;
    update_job(tx, rows::job(&known)?, recording).await
}

async fn update_job(tx: &mut Tx, job: Job, event: &Recording) -> Result<JobId, StoreError> {
    let files = tx.rows("SELECT {file} FROM files WHERE job = $1", values![job.id.0]).await?;
    let records = files.iter().map(rows::file).collect::<Result<Vec<_>, _>>()?;
    let is_planned = !records.is_empty() || job.stage != Stage::Received;
    let in_plan = records.into_iter().filter(|record| !record.may_come_back());
    let known: Vec<_> = in_plan.map(|record| record.file).collect();
    let mut recording = job.recording;
    let event = event.clone().keyed_like(&recording.files);
    recording.merge(match (is_planned, event.host_origin) {
        // Its folder and its readers are fixed: no event replaces the host that they were made for.
        (true, Origin::Event) => event.clone().with_host_of(&recording),
        _ => event.clone(),
    });
    let text = rows::to_json(&recording)?;
    tx.execute("UPDATE jobs SET recording = $1, wiped = 0 WHERE id = $2", values![text, job.id.0]).await?;
    shelf::shelve(tx, job.id, &recording).await?;
    if jobs::reaction(job.standing, job.stage, job.attempts, &known, &event) == Reaction::Wake {
        changes::wake(tx, job.id).await?;
    }
    Ok(job.id)
}
