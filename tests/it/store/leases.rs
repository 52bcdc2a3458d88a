//! A worker works only while it holds the lease; without it, it can change nothing.

use std::time::Duration;

use zoom2drive::jobs::{FileState, Restart, Stage, Standing, UploadProgress};
use zoom2drive::store::{Claim, Confirmed, Lease, RunEnd, StoreError};

use super::{
    LEASE, Store, accept, begin, claim, ending, is_idle, job, next_in, no_names, plan_one, record, recording,
    streamed,
};

pub async fn a_leased_job_is_nobody_elses(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    assert!(is_idle(store).await);
    assert!(super::job(store, job.id).await.leased);
    let forged = Lease { job: job.id, token: "guessed".to_owned(), revision: 1 };
    assert!(matches!(store.heartbeat(&forged, LEASE).await, Err(StoreError::LeaseLost)));
    store.heartbeat(&lease, LEASE).await.unwrap();
}

/// Claims with a lease that has run out when this returns.
async fn claim_and_lose(store: &Store) -> Lease {
    let Claim::Leased(_, lease) = store.claim(Duration::from_millis(1)).await.unwrap() else {
        panic!("nothing to claim");
    };
    // The store says how long the lease still lasts.
    while let Claim::Nothing { next_in: Some(wait) } = store.claim(LEASE).await.unwrap() {
        tokio::time::sleep(wait).await;
    }
    lease
}

pub async fn a_lease_that_ran_out_is_free_for_others(store: &Store) {
    let id = accept(store, recording("u", &[("a", 9)]), "first").await.job.unwrap();
    let lost = claim_and_lose(store).await;
    assert!(matches!(store.heartbeat(&lost, LEASE).await, Err(StoreError::LeaseLost)));
    assert!(job(store, id).await.leased, "by the second claim");
}

pub async fn a_heartbeat_keeps_a_lease(store: &Store) {
    accept(store, recording("u", &[("a", 9)]), "first").await;
    let Claim::Leased(_, lease) = store.claim(Duration::from_secs(5)).await.unwrap() else { panic!() };
    store.heartbeat(&lease, LEASE).await.unwrap();
    assert!(next_in(store).await.unwrap() > Duration::from_secs(30));
}

pub async fn a_lost_lease_refuses_every_write(store: &Store) {
    let (first, lease) = begin(store, "u").await;
    let file = plan_one(store, &first, &lease).await;
    store.finish(&lease, &ending(Standing::Active)).await.unwrap();
    let lost = claim_and_lose(store).await;
    refuses_everything(store, &first.recording, &file, &lost).await;

    // Run out, although nobody has taken the job since.
    accept(store, recording("x", &[("a", 9)]), "first").await;
    let Claim::Leased(claimed, expired) = store.claim(Duration::from_millis(1)).await.unwrap() else {
        panic!("nothing to claim");
    };
    while job(store, claimed.id).await.leased {
        tokio::task::yield_now().await;
    }
    refuses_everything(store, &first.recording, &file, &expired).await;
    store.cancel(claimed.id).await.unwrap();

    // Taken away by an operator, likewise.
    let cancelled = claim_of(store, "v").await;
    store.cancel(cancelled.job).await.unwrap();
    refuses_everything(store, &first.recording, &file, &cancelled).await;
    let finished = claim_of(store, "w").await;
    store.finish(&finished, &ending(Standing::Finished)).await.unwrap();
    refuses_everything(store, &first.recording, &file, &finished).await;
    let nobodys = Lease { job: zoom2drive::jobs::JobId(999), token: lost.token, revision: 1 };
    refuses_everything(store, &first.recording, &file, &nobodys).await;
}

async fn claim_of(store: &Store, uuid: &str) -> Lease {
    begin(store, uuid).await.1
}

async fn refuses_everything(
    store: &Store,
    recording: &zoom2drive::recording::Recording,
    file: &zoom2drive::jobs::FileRecord,
    lost: &Lease,
) {
    let before = format!("{:?}", (store.jobs(Default::default()).await, store.files(lost.job).await));
    let other = record(recording, 0, "stolen", FileState::Wanted);
    let of_thief = Confirmed { identity: "thief", bytes: 5, went_on_from: None };
    let refused = [
        store.heartbeat(lost, LEASE).await,
        store.finish(lost, &ending(Standing::Finished)).await,
        store.advance(lost, Stage::Planned, Stage::Transferred).await,
        store.plan(lost, recording, &[other], &no_names(), 9).await,
        store.save_progress(lost, file, &UploadProgress { offset: 5, ..UploadProgress::default() }).await,
        store.save_confirmed(lost, file, &UploadProgress::default(), &of_thief).await,
        store.save_ahead(lost, file, &UploadProgress { ahead: vec![1], ..UploadProgress::default() }).await,
        store.mark_transferred(lost, file, &streamed(9), &Default::default()).await,
        store.mark_verified(lost, file, &streamed(9)).await,
        store.start_over(lost, file, "stolen", Restart::CopyDiffered).await,
    ];
    for (index, answer) in refused.into_iter().enumerate() {
        assert!(matches!(answer, Err(StoreError::LeaseLost)), "write {index}: {answer:?}");
    }
    let after = format!("{:?}", (store.jobs(Default::default()).await, store.files(lost.job).await));
    assert_eq!(before, after);
}

pub async fn a_finished_run_gives_the_lease_back(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    store.plan(&lease, &job.recording, &[], &no_names(), job.revision).await.unwrap();
    let failed = RunEnd { attempts: 3, reason: "503".into(), ..ending(Standing::Active) };
    store.finish(&lease, &failed).await.unwrap();
    assert!(!super::job(store, job.id).await.leased);
    let (again, lease) = claim(store).await;
    assert_eq!((again.attempts, again.reason.as_str()), (3, "503"));
    store.finish(&lease, &ending(Standing::Finished)).await.unwrap();
    let job = super::job(store, job.id).await;
    assert_eq!((job.standing, job.attempts, job.leased), (Standing::Finished, 0, false));
    assert_eq!(next_in(store).await, None);
}

pub async fn a_snoozed_job_waits(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    store.plan(&lease, &job.recording, &[], &no_names(), job.revision).await.unwrap();
    let snooze = RunEnd { wait: Duration::from_secs(3600), ..ending(Standing::Active) };
    store.finish(&lease, &snooze).await.unwrap();
    assert!(next_in(store).await.unwrap() > Duration::from_secs(3500));
    assert_eq!(super::job(store, job.id).await.standing, Standing::Active);
}

pub async fn news_during_a_run_keep_the_job_due(store: &Store) {
    for standing in [Standing::Active, Standing::Finished] {
        let uuid = standing.name();
        let (job, lease) = begin(store, uuid).await;
        plan_one(store, &job, &lease).await;
        accept(store, recording(uuid, &[("late", 3)]), "late").await;
        let sleepy = RunEnd { wait: Duration::from_secs(3600), ..ending(standing) };
        store.finish(&lease, &sleepy).await.unwrap();
        let (again, lease) = claim(store).await;
        assert_eq!((again.id, again.standing), (job.id, Standing::Active));
        assert!(again.has_news());
        store.cancel(lease.job).await.unwrap();
    }
}

pub async fn news_that_may_mend_it_keep_a_job_from_being_parked(store: &Store) {
    let (job, lease) = begin(store, "parked").await;
    accept(store, recording("parked", &[("late", 3)]), "late").await;
    store.finish(&lease, &RunEnd { attempts: 40, ..ending(Standing::Parked) }).await.unwrap();
    let (again, lease) = claim(store).await;
    assert_eq!((again.id, again.standing, again.attempts), (job.id, Standing::Active, 0));
    store.finish(&lease, &ending(Standing::Parked)).await.unwrap();
    assert_eq!(super::job(store, job.id).await.standing, Standing::Parked);
    assert!(is_idle(store).await, "the second run saw all there was");
}

pub async fn what_was_known_at_the_claim_is_no_news(store: &Store) {
    let (job, lease) = begin(store, "processing").await;
    let snooze = RunEnd { wait: Duration::from_secs(300), ..ending(Standing::Active) };
    store.finish(&lease, &snooze).await.unwrap();
    assert!(super::job(store, job.id).await.has_news(), "it was never planned");
    assert!(next_in(store).await.unwrap() > Duration::from_secs(250), "and yet it must not spin");
}

pub async fn news_during_a_failed_run_keep_its_back_off(store: &Store) {
    let (_, lease) = begin(store, "u").await;
    accept(store, recording("u", &[("late", 3)]), "late").await;
    let failed = RunEnd { attempts: 1, wait: Duration::from_secs(600), ..ending(Standing::Active) };
    store.finish(&lease, &failed).await.unwrap();
    assert!(next_in(store).await.unwrap() > Duration::from_secs(500));
}

pub async fn a_stage_is_only_left_from_where_the_job_stands(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let refused = |answer| matches!(answer, Err(StoreError::Refused(_)));
    assert!(refused(store.advance(&lease, Stage::Planned, Stage::Transferred).await));
    assert!(refused(store.advance(&lease, Stage::Received, Stage::Transferred).await));
    plan_one(store, &job, &lease).await;
    assert_eq!(super::job(store, job.id).await.stage, Stage::Planned);
    store.advance(&lease, Stage::Planned, Stage::Transferred).await.unwrap();
    assert!(refused(store.advance(&lease, Stage::Planned, Stage::Transferred).await));
    store.advance(&lease, Stage::Transferred, Stage::Planned).await.unwrap();
    assert_eq!(super::job(store, job.id).await.stage, Stage::Planned);
}
