//! What a run of the backfill waits for, who is there to do it, and how fast files moved.

use std::time::Duration;

use zoom2drive::jobs::{JobId, Stage, Standing, UploadProgress};
use zoom2drive::store::RunEnd;
use zoom2drive::store::backfills::{AwaitedJob, Remaining};

use super::{LEASE, Store, accept, begin, claim, ending, finish_one, plan_one, recording, streamed};

const MINUTE: Duration = Duration::from_secs(60);

fn awaited(job: JobId, bytes: u64) -> AwaitedJob {
    AwaitedJob { job, bytes }
}

pub async fn a_run_is_told_of_each_job_that_ends_once(store: &Store) {
    let mut jobs = Vec::new();
    for uuid in ["a", "b", "c", "d"] {
        jobs.push(accept(store, recording(uuid, &[("a", 9)]), "first").await.job.unwrap());
    }
    let run = store.begin_backfill().await.unwrap();
    let other = store.begin_backfill().await.unwrap();
    assert_eq!(store.left(run).await.unwrap(), Remaining::default());
    let all: Vec<AwaitedJob> = jobs.iter().map(|id| awaited(*id, 100)).collect();
    store.await_jobs(run, &all[..3]).await.unwrap();
    // Named twice, and by two runs: each counts it once.
    store.await_jobs(run, &all).await.unwrap();
    store.await_jobs(other, &all[..1]).await.unwrap();
    assert_eq!(store.left(run).await.unwrap(), Remaining { jobs: 4, bytes: 400 });

    let (first, lease) = claim(store).await;
    let held: Vec<JobId> = store.held_jobs(run).await.unwrap().into_iter().map(|job| job.id).collect();
    assert_eq!(held, [first.id]);
    assert!(store.take_ended(run, MINUTE).await.unwrap().is_empty());
    finish_one(store, &first, &lease).await;
    let (second, lease) = claim(store).await;
    let parked = RunEnd { reason: "share the folder".into(), ..ending(Standing::Parked) };
    store.finish(&lease, &parked).await.unwrap();
    let ended = store.take_ended(run, MINUTE).await.unwrap();
    let mut told: Vec<_> = ended.iter().map(|one| (one.job.id, one.job.standing, one.bytes)).collect();
    told.sort_by_key(|(id, ..)| *id);
    assert_eq!(told, [(first.id, Standing::Finished, 100), (second.id, Standing::Parked, 100)]);
    assert!(store.take_ended(run, MINUTE).await.unwrap().is_empty(), "told once");
    assert_eq!(store.left(run).await.unwrap(), Remaining { jobs: 2, bytes: 200 });
    assert_eq!(store.take_ended(other, MINUTE).await.unwrap().len(), 1);

    let runs = store.backfills().await.unwrap();
    assert_eq!(runs.iter().map(|state| state.id).collect::<Vec<_>>(), [other, run]);
    assert_eq!(runs[1].all, Remaining { jobs: 4, bytes: 400 });
    assert_eq!(runs[1].left, Remaining { jobs: 2, bytes: 200 });
    assert!(runs[1].begun_at <= runs[0].begun_at);

    store.end_backfill(run).await.unwrap();
    assert_eq!(store.left(run).await.unwrap(), Remaining::default());
    assert_eq!(store.job(jobs[3]).await.unwrap().standing, Standing::Active, "the jobs stay");
}

pub async fn what_only_waits_for_late_files_has_ended_for_a_run(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let run = store.begin_backfill().await.unwrap();
    store.await_jobs(run, &[awaited(job.id, 9)]).await.unwrap();
    let file = plan_one(store, &job, &lease).await;
    store.mark_transferred(&lease, &file, &streamed(9), &Default::default()).await.unwrap();
    store.mark_verified(&lease, &file, &streamed(9)).await.unwrap();
    store.advance(&lease, Stage::Planned, Stage::Transferred).await.unwrap();
    store.advance(&lease, Stage::Transferred, Stage::Verified).await.unwrap();
    assert!(store.take_ended(run, MINUTE).await.unwrap().is_empty(), "a worker has it");
    let soon = RunEnd { wait: Duration::from_secs(30), ..ending(Standing::Active) };
    store.finish(&lease, &soon).await.unwrap();
    assert!(store.take_ended(run, MINUTE).await.unwrap().is_empty(), "it goes on soon");
    let ended = store.take_ended(run, Duration::from_secs(1)).await.unwrap();
    assert_eq!(ended.len(), 1);
    assert_eq!((ended[0].job.standing, ended[0].job.stage), (Standing::Active, Stage::Verified));
}

pub async fn transfers_tell_when_they_began_and_ended(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    assert!(store.recent_transfers(LEASE).await.unwrap().is_empty());
    let opened = store.now().await.unwrap() - 5_000;
    let progress = UploadProgress { session_opened_at: opened, total: 9, ..UploadProgress::default() };
    store.save_progress(&lease, &file, &progress).await.unwrap();
    store.mark_transferred(&lease, &file, &streamed(9), &Default::default()).await.unwrap();
    let moved = store.recent_transfers(LEASE).await.unwrap();
    assert_eq!((moved.len(), moved[0].bytes, moved[0].began_at), (1, 9, opened));
    assert!(moved[0].ended_at >= opened + 5_000, "{moved:?}");
    // To be proved is not to be moved.
    store.mark_verified(&lease, &file, &streamed(9)).await.unwrap();
    assert_eq!(store.recent_transfers(LEASE).await.unwrap(), moved);
    assert!(store.recent_transfers(Duration::ZERO).await.unwrap().is_empty());
}

pub async fn who_works_is_known_until_they_leave(store: &Store) {
    assert!(!store.is_worked_on().await.unwrap());
    store.begin_work(LEASE).await.unwrap();
    assert!(store.is_worked_on().await.unwrap());
    assert!(store.is_worked_on().await.unwrap(), "asking changes nothing");
}
