//! Which old rows are removed, and which must stay.

use std::time::Duration;

use zoom2drive::jobs::Standing;
use zoom2drive::store::StoreError;

use super::{Store, accept, begin, claim, ending, event, finish_one, recording};

/// More than any of these tests has.
const ALL: u32 = 100;

pub async fn old_events_go_unless_their_job_is_not_done(store: &Store) {
    let (job, lease) = begin(store, "done").await;
    finish_one(store, &job, &lease).await;
    store.accept(&event(None, "about nothing")).await.unwrap();
    let waiting = accept(store, recording("waits", &[("a", 9)]), "first").await;
    let parked = accept(store, recording("parked", &[("a", 9)]), "first").await;
    let (_, lease) = claim(store).await;
    store.finish(&lease, &ending(Standing::Parked)).await.unwrap();
    assert_eq!(store.forget_events(Duration::from_secs(60), ALL).await.unwrap(), 0, "nothing is old");
    // The database's clock has moved on by then.
    let before = store.now().await.unwrap();
    while store.now().await.unwrap() <= before {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.forget_events(Duration::ZERO, 1).await.unwrap(), 1, "a step has its size");
    assert_eq!(store.forget_events(Duration::ZERO, ALL).await.unwrap(), 1);
    assert_eq!(store.forget_events(Duration::ZERO, ALL).await.unwrap(), 0);
    let left: Vec<_> = store.events(None).await.unwrap().into_iter().map(|event| event.id).collect();
    assert_eq!(left, [parked.event, waiting.event]);
    assert_eq!(store.job(job.id).await.unwrap().standing, Standing::Finished, "the job stays");
    let again = accept(store, recording("done", &[("a", 9)]), "again").await;
    assert_eq!(again.job, Some(job.id), "and is no second one");
}

pub async fn finished_jobs_lose_their_tokens_and_addresses_once(store: &Store) {
    let (job, lease) = begin(store, "u").await;
    assert_eq!(store.wipe_secrets(Duration::ZERO, ALL).await.unwrap(), 0, "it is not finished");
    finish_one(store, &job, &lease).await;
    let finished = store.now().await.unwrap();
    while store.now().await.unwrap() <= finished {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.wipe_secrets(Duration::from_secs(60), ALL).await.unwrap(), 0, "it has just finished");
    assert_eq!(store.wipe_secrets(Duration::ZERO, ALL).await.unwrap(), 1);
    assert_eq!(store.wipe_secrets(Duration::ZERO, ALL).await.unwrap(), 0, "once");
    let wiped = store.job(job.id).await.unwrap();
    let files = store.files(job.id).await.unwrap();
    assert!(wiped.recording.files.iter().all(|file| file.download.is_none()));
    assert!(files.iter().all(|record| record.file.download.is_none()));
    assert!(wiped.recording.files[0].is_same_version(&job.recording.files[0]), "all else stays");
    // What comes later brings its own, and loses them in its turn.
    accept(store, recording("u", &[("late", 3)]), "late").await;
    let (woken, lease) = claim(store).await;
    assert!(woken.recording.files[1].download.is_some());
    store.plan(&lease, &woken.recording, &[], &super::no_names(), woken.revision).await.unwrap();
    store.finish(&lease, &ending(Standing::Finished)).await.unwrap();
    let finished = store.now().await.unwrap();
    while store.now().await.unwrap() <= finished {
        tokio::task::yield_now().await;
    }
    assert_eq!(store.wipe_secrets(Duration::ZERO, ALL).await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_is_new_private_and_whole() {
    use std::os::unix::fs::PermissionsExt;
    let scratch = crate::support::server::Scratch::open().await;
    let accepted = accept(&scratch.store, recording("u", &[("a", 9)]), "first").await;
    let copy = scratch.path().with_file_name("copy.db");
    scratch.store.backup(&copy).await.unwrap();
    assert_eq!(std::fs::metadata(&copy).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(matches!(scratch.store.backup(&copy).await, Err(StoreError::Open { .. })), "never over another");
    let restored = zoom2drive::store::Store::sqlite(&copy).await.unwrap();
    assert_eq!(Some(restored.jobs(Default::default()).await.unwrap()[0].id), accepted.job);
    let Some(postgres) = crate::support::server::Scratch::open_on_postgres().await else { return };
    let refused = postgres.store.backup(&scratch.path().with_file_name("other.db")).await;
    assert!(matches!(refused, Err(StoreError::Refused(why)) if why.contains("pg_dump")));
}

/// While somebody reads for long the log must grow; after that it is short again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_log_of_an_sqlite_file_stays_short() {
    use sqlx::Connection;
    const KEPT: u64 = 8 * 1024 * 1024;
    let scratch = crate::support::server::Scratch::open().await;
    let wal = scratch.path().with_file_name("test.db-wal");
    let length = || std::fs::metadata(&wal).unwrap().len();
    let mut reader =
        sqlx::SqliteConnection::connect(&format!("sqlite://{}", scratch.path().display())).await.unwrap();
    let large = |mark: usize| {
        let mut event = event(None, &mark.to_string());
        event.body = vec![b'x'; 900_000];
        event
    };
    let mut reading = reader.begin().await.unwrap();
    let _seen: i64 =
        sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(&mut *reading).await.unwrap();
    for mark in 0..20 {
        scratch.store.accept(&large(mark)).await.unwrap();
    }
    assert!(length() > 2 * KEPT, "{}", length());
    reading.rollback().await.unwrap();
    for mark in 20..24 {
        scratch.store.accept(&large(mark)).await.unwrap();
    }
    assert!(length() <= KEPT, "{}", length());
}
