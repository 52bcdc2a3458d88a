//! Begins the jobs: accepts unarchived recordings in the same way as events. Lists whose rows were not kept are read
//! again. A job that has begun stays: a stop between two recordings loses nothing.

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use super::BackfillError;
use super::classification::Classification;
use super::estimate::Tally;
use super::scope::Scope;
use super::survey::{Survey, look_up};
use crate::jobs::BACKFILL_EVENT;
use crate::store::backfills::{AwaitedJob, BackfillId};
use crate::store::{Store, StoreError};
use crate::sweep::{ListFailure, ListOwner, ListedRecording, Walk, unlisted};
use crate::zoom::User;

/// Kept rows that are accepted before the next look whether to stop.
const ROWS_AT_ONCE: usize = 300;

/// Counts of the accepted recordings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AcceptedRecordings {
    /// Jobs that began, or that were woken because Zoom lists files that they did not know.
    pub begun: u64,
    /// Jobs that were active already, or that wait for a person.
    pub known: u64,
    /// Lists that could not be read; the log says which.
    pub unseen: u64,
}

/// Begins the jobs of the counted recordings, and adds them to the run.
///
/// # Errors
/// When Zoom cannot be reached, the store fails, or `stop` is cancelled. The jobs begun until then continue.
pub async fn bring(
    walk: &Walk,
    scope: &Scope,
    survey: &Survey,
    store: &Store,
    run: BackfillId,
    stop: &CancellationToken,
) -> Result<AcceptedRecordings, BackfillError> {
    let mut brought = AcceptedRecordings::default();
    for target in &survey.targets {
        if let Some(mut listed) = target.rows.recordings() {
            loop {
                let page: Vec<ListedRecording> = listed.by_ref().take(ROWS_AT_ONCE).collect();
                if stop.is_cancelled() {
                    return Err(BackfillError::Stopped);
                }
                if page.is_empty() {
                    break;
                }
                take_page(page, scope, store, run, &mut brought).await?;
            }
            continue;
        }
        let user = target.user.and_then(|user| survey.users.get(user)).map(|theirs| &theirs.user);
        let mut list = walk.list(user.map_or(ListOwner::Account, ListOwner::User), target.days);
        loop {
            let page = tokio::select! {
                biased;
                () = stop.cancelled() => return Err(BackfillError::Stopped),
                page = list.next() => page,
            };
            match page {
                Ok(Some(mut page)) => {
                    // The other recordings in the whole account's list are taken from their users' lists.
                    page.retain(|listed| user.is_some() || survey.strays.contains(&listed.tag()));
                    take_page(page, scope, store, run, &mut brought).await?;
                }
                Ok(None) => break,
                Err(error) => {
                    match user {
                        Some(user) => warn_unlisted(user, unlisted(error)?),
                        None => warn!(%error, "cannot list the recordings of the whole account"),
                    }
                    brought.unseen += 1;
                    break;
                }
            }
        }
        brought.unseen += list.unseen;
    }
    Ok(brought)
}

fn warn_unlisted(user: &User, why: ListFailure) {
    match why {
        ListFailure::Gone => warn!(user = ?user.id, "a user was removed after their recordings were counted"),
        ListFailure::Refused(error) => warn!(user = ?user.id, %error, "cannot list a user's recordings"),
    }
}

async fn take_page(
    page: Vec<ListedRecording>,
    scope: &Scope,
    store: &Store,
    run: BackfillId,
    brought: &mut AcceptedRecordings,
) -> Result<(), StoreError> {
    let mut awaited = Vec::new();
    for listed in page {
        let bytes = Tally::of(&listed.recording).bytes;
        let job = match look_up(scope, Some(store), &listed).await?.0 {
            Classification::Skip(_) => continue,
            Classification::UnderWay(job) | Classification::Parked(job) => {
                brought.known += 1;
                Some(job)
            }
            Classification::Bring => {
                let meeting = listed.recording.uuid.clone();
                let accepted = store.accept(&listed.into_event(BACKFILL_EVENT)).await?;
                let job = accepted.job.map(|job| job.0);
                info!(meeting = ?meeting.as_str(), event = accepted.event.0, job, "brought in");
                brought.begun += 1;
                accepted.job
            }
        };
        awaited.extend(job.map(|job| AwaitedJob { job, bytes }));
    }
    store.await_jobs(run, &awaited).await
}
