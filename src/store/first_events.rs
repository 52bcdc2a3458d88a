//! Events that are the first of their recording, written together.
//!
//! So is nearly every event. Those of one transaction share its statements, and those that are not the first, or depend
//! on another event of the transaction, are left to `events`, in the order of their arrival.

use std::collections::{HashMap, HashSet};

use jiff::tz::TimeZone;

use super::database::{Tx, Value, values};
use super::events::{PreparedEvent, meeting, react};
use super::{Accepted, Repeated, StoreError, diary, rows};
use crate::jobs::diary::DiaryKind;
use crate::jobs::shelf::{folded_host, folded_topic};
use crate::jobs::{BACKFILL_EVENT, EventId, JobId};
use crate::recording::{MeetingUuid, Recording};

/// A concurrent transaction with the same bytes waits here, and then finds them: so this comes before all else.
const NEW_EVENTS: &str = "INSERT INTO events (name, received_at, body, body_sha256, meeting, note, blanked)
       SELECT column1, {now}, column2, column3, column4, column5, column6 FROM (VALUES {tuples}) AS arrived
       WHERE true ON CONFLICT (body_sha256) DO NOTHING RETURNING id, body_sha256";

/// With the columns of the list, as `shelf::filling` keeps them.
const NEW_JOBS: &str = "INSERT INTO jobs (meeting, recording, stage, standing, next_attempt_at, accepted_at, updated_at,
         blanked, backfilled, happened_at, zoom_deletes_at, host, topic, sort_at)
       SELECT column1, column2, 'received', 'active', at, at, at, 1, column3, column4, column5, column6, column7,
         CASE WHEN coalesce(column4, at) > at THEN at WHEN coalesce(column4, at) < 1 THEN 1
           ELSE coalesce(column4, at) END
       FROM (SELECT {now} AS at) AS clock, (VALUES {tuples}) AS arrived
       WHERE true ON CONFLICT (meeting) DO NOTHING RETURNING id, meeting";

const LINKS: &str =
    "UPDATE events SET job = column2 FROM (VALUES {tuples}) AS begun WHERE id = column1 RETURNING id";

/// Stores those of these events that depend on no other one of them. `None` in the answer: this event is left.
pub(super) async fn store(
    tx: &mut Tx,
    events: &[&PreparedEvent],
) -> Result<Vec<Option<Accepted>>, StoreError> {
    let mut accepted = vec![None; events.len()];
    let independent = independent(events);
    let stored = insert(tx, independent.iter().map(|at| events[*at])).await?;
    let fresh: Vec<_> = independent
        .into_iter()
        // Repeated bytes are left, too.
        .filter_map(|at| Some((at, *stored.get(events[at].event.body_sha256.as_str())?)))
        .collect();
    let recordings: Vec<_> = fresh
        .iter()
        .filter_map(|(at, _)| Some((events[*at].event.recording.as_ref()?, events[*at].event.name.as_str())))
        .collect();
    let begun = begin_jobs(tx, &recordings).await?;
    let mut links = Vec::with_capacity(begun.len());
    for ((at, id), job) in fresh.into_iter().zip(begun) {
        let job = match job {
            Some(job) => {
                links.push(values![id.0, job.0]);
                Some(job)
            }
            None => react(tx, id, &events[at].event).await?,
        };
        accepted[at] = Some(Accepted { event: id, job, repeated: Repeated::No });
    }
    tx.rows_of_many(LINKS, links).await?;
    Ok(accepted)
}

/// The places of the events about a recording that no other event of these is about.
fn independent(events: &[&PreparedEvent]) -> Vec<usize> {
    let mut about: HashMap<&MeetingUuid, usize> = HashMap::new();
    for prepared in events {
        let listed = prepared.event.recording.iter().map(|recording| &recording.uuid);
        let changed = prepared.event.changes.iter().map(|change| &change.meeting);
        // An event may change one recording several times.
        for uuid in listed.chain(changed).collect::<HashSet<_>>() {
            *about.entry(uuid).or_default() += 1;
        }
    }
    let is_alone = |prepared: &PreparedEvent| {
        prepared.event.changes.is_empty()
            && prepared.event.recording.as_ref().is_some_and(|one| about.get(&one.uuid) == Some(&1))
    };
    (0..events.len()).filter(|at| is_alone(events[*at])).collect()
}

/// Stores these events and returns the ids of the new ones by their digests.
pub(super) async fn insert(
    tx: &mut Tx,
    events: impl Iterator<Item = &PreparedEvent>,
) -> Result<HashMap<String, EventId>, StoreError> {
    let tuples = events.map(|PreparedEvent { event, blanked }| {
        values![
            event.name.as_str(),
            event.body.as_slice(),
            event.body_sha256.as_str(),
            meeting(event),
            event.note.as_str(),
            *blanked,
        ]
    });
    let new = tx.rows_of_many(NEW_EVENTS, tuples.collect()).await?;
    new.iter().map(|row| Ok((row.text("body_sha256")?, EventId(row.integer("id")?)))).collect()
}

/// Creates the jobs of these recordings, each with the name of its event; a replay has none. `None` in the answer: there
/// is one already. A recording from any source but a backfill is fresh.
pub(super) async fn begin_jobs(
    tx: &mut Tx,
    recordings: &[(&Recording, &str)],
) -> Result<Vec<Option<JobId>>, StoreError> {
    let tuples = recordings.iter().map(|(recording, event)| new_job(recording, *event == BACKFILL_EVENT));
    let begun = tx.rows_of_many(NEW_JOBS, tuples.collect::<Result<_, _>>()?).await?;
    let begun: HashMap<String, JobId> = begun
        .iter()
        .map(|row| Ok::<_, StoreError>((row.text("meeting")?, JobId(row.integer("id")?))))
        .collect::<Result<_, _>>()?;
    let jobs: Vec<_> =
        recordings.iter().map(|(recording, _)| begun.get(recording.uuid.as_str()).copied()).collect();
    let with_event = recordings.iter().zip(&jobs).filter(|((_, event), _)| !event.is_empty());
    let lines = with_event.filter_map(|((_, event), job)| Some(((*job)?, *event)));
    diary::insert(tx, DiaryKind::Accepted, lines).await?;
    Ok(jobs)
}

fn new_job(recording: &Recording, backfilled: bool) -> Result<Vec<Value>, StoreError> {
    let deletes_at = recording.auto_delete_date.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
    Ok(values![
        recording.uuid.as_str(),
        rows::to_json(recording)?,
        backfilled,
        recording.happened_at().map(|at| at.as_millisecond()),
        deletes_at.map(|day| day.timestamp().as_millisecond()),
        folded_host(recording),
        folded_topic(recording),
    ])
}
