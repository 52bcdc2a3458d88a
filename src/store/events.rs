//! Events, and the jobs that they create or wake.

use std::time::Duration;

use super::database::{Tx, values};
use super::{
    Accepted, LIST_MAX, NewEvent, Repeated, Store, StoreError, StoredEvent, blanking, changes, diary,
    first_events, leases, rows, shelf,
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
    /// Stores these events and their jobs in one transaction, in this order. On disk when this returns; nothing is
    /// stored if it fails. `lock_within` limits the time that a statement waits for a lock.
    pub(super) async fn store_events(
        &self,
        events: &[&PreparedEvent],
        lock_within: Option<Duration>,
    ) -> Result<Vec<Accepted>, StoreError> {
        let mut tx = self.database.begin("accept").await?;
        if let Some(limit) = lock_within {
            tx.limit_lock_waits(limit).await?;
        }
        let together = first_events::store(&mut tx, events).await?;
        let mut accepted = Vec::with_capacity(events.len());
        for (event, stored) in events.iter().zip(together) {
            accepted.push(match stored {
                Some(stored) => stored,
                None => store_event(&mut tx, event).await?,
            });
        }
        // Repeated bytes have changed nothing.
        if accepted.iter().any(is_new) {
            if accepted.iter().any(|one: &Accepted| is_new(one) && one.job.is_some()) {
                tx.announce_work().await?;
            }
            tx.commit().await?;
            self.work.notify_one();
        }
        Ok(accepted)
    }

    /// Archives this recording (again) for an operator: as a new job, or with the existing one from its beginning and
    /// with a full count of attempts. Verified files stay verified. `event` is the replayed event.
    pub async fn replay(&self, event: EventId, recording: &Recording) -> Result<JobId, StoreError> {
        let mut tx = self.database.begin("replay").await?;
        let known = tx.row("SELECT id FROM events WHERE id = $1", values![event.0]).await?;
        known.ok_or_else(|| StoreError::Missing(format!("event {event}")))?;
        let id = take_in(&mut tx, recording, "").await?.id();
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
pub(super) fn meeting(event: &NewEvent) -> Option<String> {
    let listed = event.recording.as_ref().map(|recording| &recording.uuid);
    let changed = || event.changes.first().map(|change| &change.meeting);
    listed.or_else(changed).map(|uuid| uuid.as_str().to_owned())
}

/// An event as it is stored: without passcodes and links.
#[derive(Debug)]
pub(super) struct PreparedEvent {
    pub(super) event: NewEvent,
    /// See [`blanking::mark`].
    pub(super) blanked: i64,
}

impl PreparedEvent {
    pub(super) fn new(event: &NewEvent) -> Self {
        let stored = blank(&event.body, Tokens::Kept);
        let blanked = blanking::mark(&stored);
        let event = NewEvent {
            name: event.name.clone(),
            body: stored.body,
            body_sha256: event.body_sha256.clone(),
            recording: event.recording.clone(),
            changes: event.changes.clone(),
            note: event.note.clone(),
        };
        Self { event, blanked }
    }
}

/// The job of an event.
#[derive(Debug, Clone, Copy)]
enum EventJob {
    New(JobId),
    Known(JobId),
}

impl EventJob {
    fn id(self) -> JobId {
        match self {
            Self::New(id) | Self::Known(id) => id,
        }
    }
}

fn is_new(accepted: &Accepted) -> bool {
    accepted.repeated == Repeated::No
}

async fn store_event(tx: &mut Tx, prepared: &PreparedEvent) -> Result<Accepted, StoreError> {
    let event = &prepared.event;
    let new = first_events::insert(tx, std::iter::once(prepared)).await?;
    let Some(id) = new.into_values().next() else { return known_event(tx, event).await };
    let job = react(tx, id, event).await?;
    Ok(Accepted { event: id, job, repeated: Repeated::No })
}

/// Creates or changes the jobs that a stored event is about, and returns the one that it belongs to.
pub(super) async fn react(tx: &mut Tx, id: EventId, event: &NewEvent) -> Result<Option<JobId>, StoreError> {
    let mut job = match &event.recording {
        Some(recording) => Some(take_in(tx, recording, &event.name).await?),
        None => None,
    };
    // Locked in one order, so that two batches never deadlock.
    let mut changes: Vec<_> = event.changes.iter().collect();
    changes.sort_by(|a, b| a.meeting.cmp(&b.meeting));
    for change in changes {
        let changed = changes::apply_change(tx, change).await?;
        // The event of a batch belongs to the first job that exists.
        job = job.or(changed.map(EventJob::Known));
    }
    if let Some(job) = job {
        link(tx, id, job.id()).await?;
    }
    if let Some(EventJob::Known(job)) = job {
        // A wiped job is wiped again later: this event may have brought tokens.
        tx.execute("UPDATE jobs SET wiped = 0 WHERE id = $1 AND wiped = 1", values![job.0]).await?;
    }
    Ok(job.map(EventJob::id))
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
async fn take_in(tx: &mut Tx, recording: &Recording, event: &str) -> Result<EventJob, StoreError> {
    if let Some(job) = first_events::begin_jobs(tx, &[(recording, event)]).await?.into_iter().flatten().next()
    {
        return Ok(EventJob::New(job));
    }
    let job = update_known_job(tx, recording).await?;
    if event != BACKFILL_EVENT {
        tx.execute("UPDATE jobs SET backfilled = 0 WHERE id = $1 AND backfilled = 1", values![job.0]).await?;
    }
    Ok(EventJob::Known(job))
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
