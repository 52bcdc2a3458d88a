//! What an operator can do to a job: retry, cancel, replay.

use zoom2drive::jobs::{EventId, JobId, Stage, Standing};
use zoom2drive::store::{RunEnd, StoreError};

use super::{LEASE, Store, begin, claim, ending, event, finish_one, is_idle, plan_one, recording};

pub async fn a_retry_makes_a_parked_job_due(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let parked = RunEnd { attempts: 39, reason: "share the folder".into(), ..ending(Standing::Parked) };
    store.finish(&lease, &parked).await.unwrap();
    store.retry(job.id).await.unwrap();
    let (again, lease) = claim(store).await;
    assert_eq!((again.id, again.attempts, again.reason.as_str()), (job.id, 0, ""));
    assert_eq!(again.stage, Stage::Received, "everything is looked at afresh");
    // A retry of what is running changes nothing for who runs it.
    store.retry(job.id).await.unwrap();
    store.heartbeat(&lease, LEASE).await.unwrap();
    assert!(is_idle(store).await);
}

pub async fn a_cancelled_job_is_left_alone_until_it_is_retried(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    store.cancel(job.id).await.unwrap();
    let cancelled = super::job(store, job.id).await;
    assert_eq!((cancelled.standing, cancelled.leased), (Standing::Cancelled, false));
    assert!(!cancelled.reason.is_empty());
    assert!(matches!(store.heartbeat(&lease, LEASE).await, Err(StoreError::LeaseLost)));
    assert!(is_idle(store).await);
    store.retry(job.id).await.unwrap();
    assert_eq!(claim(store).await.0.id, job.id);
}

pub async fn a_replay_begins_again_and_takes_the_lease(store: &Store) {
    let (first, lease) = begin(store, "u").await;
    finish_one(store, &first, &lease).await;
    let replayed = store.replay(EventId(1), &recording("u", &[("a", 9)])).await.unwrap();
    assert_eq!(replayed, first.id);
    let (again, lease) = claim(store).await;
    assert_eq!((again.stage, again.standing, again.attempts), (Stage::Received, Standing::Active, 0));
    assert!(again.has_news());
    let files = store.files(first.id).await.unwrap();
    assert_eq!(files[0].state.name(), "verified", "what is proved stays proved");
    store.replay(EventId(1), &recording("u", &[("a", 9)])).await.unwrap();
    assert!(matches!(store.heartbeat(&lease, LEASE).await, Err(StoreError::LeaseLost)));
    claim(store).await;
}

pub async fn a_replay_of_an_event_that_had_no_job_begins_one(store: &Store) {
    let accepted = store.accept(&event(None, "x")).await.unwrap();
    let job = store.replay(accepted.event, &recording("u", &[("a", 9)])).await.unwrap();
    assert_eq!(store.event(accepted.event).await.unwrap().0.job, Some(job));
    assert_eq!(super::job(store, job).await.stage, Stage::Received);
    assert_eq!(claim(store).await.0.id, job);
}

pub async fn what_does_not_exist_is_missing(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    plan_one(store, &job, &lease).await;
    let id = JobId(999);
    assert!(matches!(store.job(id).await, Err(StoreError::Missing(_))));
    assert!(matches!(store.retry(id).await, Err(StoreError::Missing(_))));
    assert!(matches!(store.cancel(id).await, Err(StoreError::Missing(_))));
    assert!(matches!(store.event(EventId(999)).await, Err(StoreError::Missing(_))));
    let replayed = store.replay(EventId(999), &recording("v", &[("a", 9)])).await;
    assert!(matches!(replayed, Err(StoreError::Missing(_))), "{replayed:?}");
    assert_eq!(store.jobs(Default::default()).await.unwrap().len(), 1, "and nothing was begun");
    assert!(store.files(id).await.unwrap().is_empty());
}
