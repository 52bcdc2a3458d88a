//! What people do at Zoom, as jobs hear of it; and what became of Zoom's copy.

use zoom2drive::jobs::changes::{Change, ChangeKind, FileLocation};
use zoom2drive::jobs::{FileState, Job, JobId, Removal, Stage, Standing, ZoomCopy};
use zoom2drive::recording::MeetingUuid;
use zoom2drive::store::{Accepted, Lease, RunEnd, StoreError};

use super::{Store, begin, claim, ending, event, is_idle, job, plan_one, recording, streamed};

fn change(meeting: &str, at: i64, kind: ChangeKind) -> Change {
    Change { meeting: MeetingUuid::new(meeting).unwrap(), at, kind }
}

fn moved(meeting: &str, at: i64, place: FileLocation) -> Change {
    change(meeting, at, ChangeKind::Moved(place, Vec::new()))
}

async fn tell(store: &Store, changes: &[Change]) -> Accepted {
    let mut new = event(None, &format!("{changes:?}"));
    changes.clone_into(&mut new.changes);
    store.accept(&new).await.unwrap()
}

/// Takes the claimed job to its end, where Zoom's copy is put away.
async fn put_away(store: &Store, job: &Job, lease: &Lease) {
    let file = plan_one(store, job, lease).await;
    store.mark_transferred(lease, &file, &streamed(9), &Default::default()).await.unwrap();
    store.mark_verified(lease, &file, &streamed(9)).await.unwrap();
    for steps in Stage::ALL[1..5].windows(2) {
        store.advance(lease, steps[0], steps[1]).await.unwrap();
    }
    store.retired(lease, ZoomCopy::PutAway).await.unwrap();
    store.finish(lease, &ending(Standing::Finished)).await.unwrap();
}

async fn park(store: &Store, lease: &Lease) {
    let parked = RunEnd { reason: "trashed".to_owned(), ..ending(Standing::Parked) };
    store.finish(lease, &parked).await.unwrap();
}

pub async fn a_change_is_told_to_the_jobs_that_exist_and_begins_none(store: &Store) {
    let unknown = tell(store, &[moved("u", 1, FileLocation::Trash)]).await;
    assert_eq!(unknown.job, None);
    assert_eq!(store.event(unknown.event).await.unwrap().0.meeting.as_deref(), Some("u"));
    assert!(store.jobs(Default::default()).await.unwrap().is_empty());

    let (first, lease) = begin(store, "u").await;
    store.finish(&lease, &RunEnd { attempts: 7, ..ending(Standing::Active) }).await.unwrap();
    let (second, _lease) = begin_other(store).await;
    let told = tell(
        store,
        &[
            moved("nobody", 2, FileLocation::Trash),
            moved("w", 2, FileLocation::Nowhere),
            moved("u", 2, FileLocation::Trash),
        ],
    )
    .await;
    assert!(told.job.is_some());
    let (first, second) = (job(store, first.id).await, job(store, second).await);
    assert_eq!((first.removal(), second.removal()), (Some(Removal::Trashed), Some(Removal::Deleted)));
    assert_eq!((first.attempts, first.has_news()), (0, true), "tried at once");
    // An older word that comes later changes nothing.
    tell(store, &[moved("u", 1, FileLocation::Cloud)]).await;
    assert_eq!(job(store, first.id).await.removal(), Some(Removal::Trashed));
}

async fn begin_other(store: &Store) -> (JobId, Accepted) {
    let accepted = super::accept(store, recording("w", &[("a", 9)]), "first").await;
    (accepted.job.unwrap(), accepted)
}

pub async fn a_parked_job_goes_on_when_its_recording_is_back(store: &Store) {
    let (parked, lease) = begin(store, "u").await;
    tell(store, &[moved("u", 1, FileLocation::Trash)]).await;
    plan_all_news(store, parked.id, &lease).await;
    park(store, &lease).await;
    tell(store, &[moved("u", 2, FileLocation::Nowhere)]).await;
    assert_eq!(job(store, parked.id).await.standing, Standing::Parked);
    assert!(is_idle(store).await);
    tell(store, &[moved("u", 3, FileLocation::Cloud)]).await;
    let (claimed, _) = claim(store).await;
    assert_eq!((claimed.id, claimed.removal()), (parked.id, None));
}

/// Plans what has been told, so that nothing is news.
async fn plan_all_news(store: &Store, id: JobId, lease: &Lease) {
    let now = job(store, id).await;
    store.plan(lease, &now.recording, &[], &super::no_names(), now.revision).await.unwrap();
}

pub async fn what_was_put_away_and_recovered_is_never_forgotten(store: &Store) {
    let (claimed, lease) = begin(store, "u").await;
    put_away(store, &claimed, &lease).await;
    // Our own echo.
    tell(store, &[moved("u", 5, FileLocation::Trash)]).await;
    let echoed = job(store, claimed.id).await;
    assert_eq!(
        (echoed.zoom_copy, echoed.standing, echoed.reason.as_str()),
        (ZoomCopy::PutAway, Standing::Finished, "")
    );
    // A recovery from before that is not about it.
    tell(store, &[moved("u", 4, FileLocation::Cloud)]).await;
    assert_eq!(job(store, claimed.id).await.zoom_copy, ZoomCopy::PutAway);
    tell(store, &[moved("u", 6, FileLocation::Cloud)]).await;
    let recovered = job(store, claimed.id).await;
    assert_eq!((recovered.zoom_copy, recovered.standing), (ZoomCopy::Recovered, Standing::Finished));
    assert!(recovered.reason.contains("recovered at Zoom by a person; kept"));

    // From the beginning, and to the end once more: it stays so.
    store.retry(claimed.id).await.unwrap();
    let (again, lease) = claim(store).await;
    put_away_again(store, &again, &lease).await;
    assert_eq!(job(store, claimed.id).await.zoom_copy, ZoomCopy::Recovered);
}

async fn put_away_again(store: &Store, job: &Job, lease: &Lease) {
    store.plan(lease, &job.recording, &[], &super::no_names(), job.revision).await.unwrap();
    for steps in Stage::ALL[1..5].windows(2) {
        store.advance(lease, steps[0], steps[1]).await.unwrap();
    }
    store.retired(lease, ZoomCopy::PutAway).await.unwrap();
}

pub async fn a_new_topic_is_noted_and_wakes_nobody(store: &Store) {
    let (claimed, lease) = begin(store, "u").await;
    store.finish(&lease, &ending(Standing::Finished)).await.unwrap();
    let told = tell(store, &[change("u", 1, ChangeKind::Renamed("Another".to_owned()))]).await;
    let renamed = job(store, claimed.id).await;
    assert_eq!((told.job, renamed.recording.topic.as_str()), (Some(claimed.id), "Another"));
    assert_eq!((renamed.standing, renamed.revision), (Standing::Finished, claimed.revision));
}

pub async fn a_file_is_left_out_with_its_reason(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    store.skip(&lease, &file, "it vanished").await.unwrap();
    let stored = store.files(job.id).await.unwrap().remove(0);
    assert_eq!(stored.state, FileState::Skipped("it vanished".to_owned()));
    store.mark_transferred(&lease, &file, &streamed(9), &Default::default()).await.unwrap();
    let refused = store.skip(&lease, &file, "too late").await;
    assert!(matches!(refused, Err(StoreError::Missing(_))), "what is on Drive is not left out");
    store.cancel(job.id).await.unwrap();
    assert!(matches!(store.skip(&lease, &file, "x").await, Err(StoreError::LeaseLost)));
    assert!(matches!(store.retired(&lease, ZoomCopy::PutAway).await, Err(StoreError::LeaseLost)));
}
