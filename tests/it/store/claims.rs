//! Who gets which job, and when.

use std::collections::HashSet;
use std::time::Duration;

use zoom2drive::jobs::{BACKFILL_EVENT, JobId, Queue, Standing};
use zoom2drive::store::{Claim, JobFilter, LIST_MAX, NewEvent, RunEnd};

use super::{LEASE, Store, accept, begin, claim, ending, event, next_in, no_names, recording};

pub async fn the_job_that_is_due_longest_comes_first(store: &Store) {
    let mut ids = Vec::new();
    for uuid in ["a", "b", "c"] {
        ids.push(accept(store, recording(uuid, &[("a", 9)]), "first").await.job.unwrap());
    }
    // The first one goes to the end of the line.
    let (first, lease) = claim(store).await;
    assert_eq!(first.id, ids[0]);
    store.plan(&lease, &first.recording, &[], &no_names(), first.revision).await.unwrap();
    let soon = RunEnd { wait: Duration::from_millis(50), ..ending(Standing::Active) };
    store.finish(&lease, &soon).await.unwrap();
    for id in [ids[1], ids[2]] {
        let (job, _lease) = claim(store).await;
        assert_eq!(job.id, id);
        assert!(job.leased);
    }
    loop {
        match store.claim(LEASE).await.unwrap() {
            Claim::Leased(job, _) => return assert_eq!(job.id, ids[0]),
            Claim::Nothing { next_in } => tokio::time::sleep(next_in.unwrap()).await,
        }
    }
}

pub async fn active_jobs_are_counted_by_what_they_wait_for(store: &Store) {
    assert_eq!(store.queue().await.unwrap(), Queue::default());
    let before = store.now().await.unwrap();
    for uuid in ["waits", "parked", "runs", "due", "due too"] {
        accept(store, recording(uuid, &[("a", 9)]), "first").await;
    }
    let after = store.now().await.unwrap();
    for (standing, wait) in [(Standing::Active, LEASE), (Standing::Parked, Duration::ZERO)] {
        let (job, lease) = claim(store).await;
        store.plan(&lease, &job.recording, &[], &no_names(), job.revision).await.unwrap();
        store.finish(&lease, &RunEnd { wait, ..ending(standing) }).await.unwrap();
    }
    let _running = claim(store).await;
    let queue = store.queue().await.unwrap();
    assert_eq!((queue.due, queue.running, queue.waiting), (2, 1, 1));
    assert!((before..=after).contains(&queue.due_since.unwrap()), "{queue:?}");
}

pub async fn many_workers_claim_each_job_once(store: &Store) {
    const JOBS: usize = 200;
    for n in 0..JOBS {
        accept(store, recording(&n.to_string(), &[("a", 9)]), "first").await;
    }
    let workers: Vec<_> = (0..8)
        .map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut claimed = Vec::new();
                loop {
                    match store.claim(LEASE).await.unwrap() {
                        Claim::Leased(job, lease) => claimed.push((job.id, lease.token)),
                        // Zero: another worker was quicker, and there may be more.
                        Claim::Nothing { next_in: Some(Duration::ZERO) } => {}
                        Claim::Nothing { .. } => return claimed,
                    }
                }
            })
        })
        .collect();
    let claimed: Vec<(JobId, String)> =
        futures::future::join_all(workers).await.into_iter().flat_map(Result::unwrap).collect();
    assert_eq!(claimed.len(), JOBS);
    assert_eq!(claimed.iter().map(|(id, _)| id).collect::<HashSet<_>>().len(), JOBS);
    assert_eq!(claimed.iter().map(|(_, token)| token).collect::<HashSet<_>>().len(), JOBS);
}

pub async fn nothing_due_tells_when_to_look_again(store: &Store) {
    assert_eq!(next_in(store).await, None);
    let (_, lease) = begin(store, "u").await;
    let until_lease_ends = next_in(store).await.unwrap();
    assert!(until_lease_ends > LEASE - Duration::from_secs(10) && until_lease_ends <= LEASE);
    let later = RunEnd { wait: Duration::from_secs(600), ..ending(Standing::Active) };
    store.finish(&lease, &later).await.unwrap();
    let wait = next_in(store).await.unwrap();
    assert!(wait > Duration::from_secs(590) && wait <= Duration::from_secs(600), "{wait:?}");
}

pub async fn work_that_arrives_wakes_who_waits(store: &Store) {
    let waiter = store.clone();
    let waiting = tokio::spawn(async move { waiter.wait_for_work(LEASE).await });
    accept(store, recording("u", &[("a", 9)]), "first").await;
    let started = std::time::Instant::now();
    waiting.await.unwrap();
    assert!(started.elapsed() < Duration::from_millis(900), "{:?}", started.elapsed());
}

pub async fn work_that_came_before_the_wait_is_not_missed(store: &Store) {
    let accepted = accept(store, recording("u", &[("a", 9)]), "first").await;
    let prompt = |what: &'static str| async move {
        let waited = tokio::time::timeout(Duration::from_millis(900), store.wait_for_work(LEASE)).await;
        assert!(waited.is_ok(), "{what}");
    };
    prompt("an event").await;
    let (_, lease) = claim(store).await;
    store.finish(&lease, &ending(Standing::Active)).await.unwrap();
    prompt("a run that ended").await;
    store.cancel(accepted.job.unwrap()).await.unwrap();
    store.retry(accepted.job.unwrap()).await.unwrap();
    prompt("a retry").await;
    store.replay(accepted.event, &recording("u", &[])).await.unwrap();
    prompt("a replay").await;
}

pub async fn jobs_are_listed_in_pages_by_standing(store: &Store) {
    let count = usize::try_from(LIST_MAX).unwrap() + 5;
    for n in 0..count {
        let id = accept(store, recording(&n.to_string(), &[]), "first").await.job.unwrap();
        if n % 100 == 0 {
            store.cancel(id).await.unwrap();
        }
    }
    let list = |standing, before| async move {
        let jobs = store.jobs(JobFilter { standing, before }).await.unwrap();
        jobs.into_iter().map(|job| job.id).collect::<Vec<_>>()
    };
    let first = list(None, None).await;
    let second = list(None, first.last().copied()).await;
    assert_eq!((first.len(), second.len()), (200, 5));
    let all: Vec<JobId> = first.into_iter().chain(second).collect();
    assert!(all.windows(2).all(|pair| pair[0] > pair[1]), "newest first, none twice");
    let cancelled = list(Some(Standing::Cancelled), None).await;
    assert_eq!(cancelled, [JobId(201), JobId(101), JobId(1)]);
    assert_eq!(list(Some(Standing::Cancelled), Some(JobId(201))).await, cancelled[1..]);
    assert!(list(Some(Standing::Parked), None).await.is_empty());
    assert_eq!(list(Some(Standing::Active), None).await.len(), 200);
}

/// As a backfill brings it in.
fn backfilled(uuid: &str) -> NewEvent {
    NewEvent { name: BACKFILL_EVENT.to_owned(), ..event(Some(recording(uuid, &[("a", 9)])), "backfill") }
}

pub async fn fresh_recordings_overtake_what_a_backfill_brought_in(store: &Store) {
    let mut old = Vec::new();
    for uuid in ["o1", "o2", "o3"] {
        old.push(store.accept(&backfilled(uuid)).await.unwrap().job.unwrap());
    }
    assert!(matches!(store.claim_fresh(LEASE).await.unwrap(), Claim::Nothing { next_in: None }));
    let fresh = accept(store, recording("fresh", &[("a", 9)]), "first").await.job.unwrap();
    let (first, _lease) = claim(store).await;
    assert_eq!((first.id, first.backfilled), (fresh, false));
    assert!(matches!(store.claim_fresh(LEASE).await.unwrap(), Claim::Nothing { next_in: Some(_) }));
    let (second, lease) = claim(store).await;
    assert_eq!((second.id, second.backfilled), (old[0], true));
    store.finish(&lease, &ending(Standing::Finished)).await.unwrap();
    // What Zoom calls about is fresh from then on; what a backfill finds of it later changes nothing.
    accept(store, recording("o3", &[("a", 9), ("late", 3)]), "late").await;
    let (third, lease) = claim(store).await;
    assert_eq!((third.id, third.backfilled), (old[2], false));
    store.finish(&lease, &ending(Standing::Finished)).await.unwrap();
    let again = NewEvent { body_sha256: "other".into(), ..backfilled("o3") };
    assert_eq!(store.accept(&again).await.unwrap().job, Some(old[2]));
    assert!(!store.job(old[2]).await.unwrap().backfilled);
}

pub async fn many_workers_claim_each_backfilled_job_once(store: &Store) {
    const JOBS: usize = 60;
    for n in 0..JOBS {
        store.accept(&backfilled(&n.to_string())).await.unwrap();
    }
    let workers = (0..6).map(|_| {
        let store = store.clone();
        tokio::spawn(async move {
            let mut claimed = Vec::new();
            loop {
                match store.claim(LEASE).await.unwrap() {
                    Claim::Leased(job, _) => claimed.push(job.id),
                    Claim::Nothing { next_in: Some(Duration::ZERO) } => {}
                    Claim::Nothing { .. } => return claimed,
                }
            }
        })
    });
    let claimed = futures::future::join_all(workers).await.into_iter().flat_map(Result::unwrap);
    let claimed: Vec<JobId> = claimed.collect();
    assert_eq!(claimed.len(), JOBS);
    assert_eq!(claimed.iter().collect::<HashSet<_>>().len(), JOBS);
}
