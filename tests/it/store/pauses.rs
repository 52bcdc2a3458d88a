//! Pauses are shared and durable; one caller at a time probes; uploads are counted by the hour.

use std::time::Duration;

use zoom2drive::jobs::pause::{PauseCause, System};
use zoom2drive::store::pauses::{Admission, NewPause, PauseStart, Probe};

use super::{LEASE, Store, accept, confirmed_of, plan_one, recording};

const HOUR: Duration = Duration::from_secs(3600);

fn new(system: System, cause: PauseCause, wait: Duration) -> NewPause {
    NewPause { system, cause, message: format!("{system}: {cause}"), wait, relapse_wait: 3 * HOUR }
}

fn full(wait: Duration) -> NewPause {
    new(System::Drive, PauseCause::StorageFull, wait)
}

async fn begin(store: &Store, pause: &NewPause) -> PauseStart {
    store.begin_pause(pause).await.unwrap()
}

async fn admission(store: &Store) -> Admission {
    store.admission(LEASE).await.unwrap()
}

async fn probe(store: &Store) -> Probe {
    match admission(store).await {
        Admission::Probe(probe) => probe,
        other => panic!("no turn to probe: {other:?}"),
    }
}

/// How long must be waited for a turn.
async fn wait(store: &Store) -> Duration {
    match admission(store).await {
        Admission::Wait(wait) => wait,
        other => panic!("nothing to wait for: {other:?}"),
    }
}

/// With a job that a probe could take.
async fn with_work(store: &Store) {
    accept(store, recording("u", &[("a", 9)]), "first").await;
}

pub async fn a_pause_begins_once_and_is_told_once(store: &Store) {
    assert_eq!(admission(store).await, Admission::Free);
    assert_eq!(begin(store, &full(HOUR)).await, PauseStart::New);
    let again = NewPause { message: "another".into(), ..full(Duration::ZERO) };
    assert_eq!(begin(store, &again).await, PauseStart::Known);
    assert_eq!(begin(store, &new(System::Zoom, PauseCause::StorageFull, HOUR)).await, PauseStart::New);
    let pauses = store.pauses().await.unwrap();
    assert_eq!(pauses.len(), 2);
    let first = pauses.iter().find(|pause| pause.is(System::Drive, PauseCause::StorageFull)).unwrap();
    assert_eq!((first.message.as_str(), first.probes), ("drive: storage-full", 0));
    assert!(first.probe_at - first.since >= 3_600_000 && first.since <= store.now().await.unwrap());
    assert!(wait(store).await > HOUR - LEASE);
}

pub async fn concurrent_beginners_make_one_pause(store: &Store) {
    let begun = futures::future::join_all((0..8).map(|_| async { begin(store, &full(HOUR)).await })).await;
    assert_eq!(begun.iter().filter(|begun| **begun == PauseStart::New).count(), 1, "{begun:?}");
}

pub async fn one_caller_at_a_time_probes(store: &Store) {
    with_work(store).await;
    begin(store, &full(Duration::ZERO)).await;
    let turns = futures::future::join_all((0..8).map(|_| admission(store))).await;
    let mut probes = turns.into_iter().filter_map(|turn| match turn {
        Admission::Probe(probe) => Some(probe),
        _ => None,
    });
    let (probe, None) = (probes.next().unwrap(), probes.next()) else { panic!("several probe") };
    assert!(probe.pauses[0].is(System::Drive, PauseCause::StorageFull));
    assert!(wait(store).await > LEASE / 2);
    store.release_probe("guessed").await.unwrap();
    assert!(wait(store).await > LEASE / 2);
    store.release_probe(&probe.token).await.unwrap();
    self::probe(store).await;
}

pub async fn nobody_probes_without_work_or_before_every_pause_is_due(store: &Store) {
    begin(store, &full(Duration::ZERO)).await;
    assert!(matches!(admission(store).await, Admission::Wait(_)), "there is no job to probe with");
    with_work(store).await;
    begin(store, &new(System::Zoom, PauseCause::Credentials, HOUR)).await;
    assert!(wait(store).await > HOUR / 2);
    assert_eq!(store.probe_now(System::Media).await.unwrap(), 0);
    assert_eq!(store.probe_now(System::Zoom).await.unwrap(), 1);
    assert_eq!(probe(store).await.pauses.len(), 2);
}

pub async fn a_probe_is_hastened_and_never_put_off(store: &Store) {
    with_work(store).await;
    begin(store, &full(2 * HOUR)).await;
    assert_eq!(store.probe_within(PauseCause::Credentials, LEASE).await.unwrap(), 0);
    assert_eq!(store.probe_within(PauseCause::StorageFull, HOUR).await.unwrap(), 1);
    let sooner = wait(store).await;
    assert!(sooner <= HOUR && sooner > HOUR - LEASE);
    assert_eq!(store.probe_within(PauseCause::StorageFull, 2 * HOUR).await.unwrap(), 0);
    assert!(wait(store).await <= HOUR);
}

pub async fn a_turn_to_probe_runs_out(store: &Store) {
    with_work(store).await;
    begin(store, &full(Duration::ZERO)).await;
    let Admission::Probe(lost) = store.admission(Duration::from_millis(20)).await.unwrap() else { panic!() };
    let next = loop {
        match admission(store).await {
            Admission::Probe(probe) => break probe,
            Admission::Wait(wait) => tokio::time::sleep(wait).await,
            Admission::Free => panic!("the pause is gone"),
        }
    };
    // What the lost one has to say changes nothing.
    store.fail_probe(&lost.token, &full(HOUR)).await.unwrap();
    store.keep_probe(&lost.token, HOUR).await.unwrap();
    store.release_probe(&lost.token).await.unwrap();
    assert_eq!(store.pauses().await.unwrap()[0].probes, 0);
    assert!(wait(store).await <= LEASE);
    store.keep_probe(&next.token, HOUR).await.unwrap();
    assert!(wait(store).await > HOUR / 2);
}

pub async fn a_failed_probe_postpones_the_next(store: &Store) {
    with_work(store).await;
    begin(store, &full(Duration::ZERO)).await;
    let first = probe(store).await;
    let told = NewPause { message: "still full".into(), ..full(HOUR) };
    store.fail_probe(&first.token, &told).await.unwrap();
    let pause = store.pauses().await.unwrap().remove(0);
    assert_eq!((pause.probes, pause.message.as_str()), (1, "still full"));
    assert!(wait(store).await > HOUR / 2);
    // Giving the turn back afterwards hastens nothing.
    store.release_probe(&first.token).await.unwrap();
    assert!(wait(store).await > HOUR / 2);
}

pub async fn a_pause_ends_once_and_is_known_when_it_comes_back(store: &Store) {
    let (system, cause) = (System::Drive, PauseCause::StorageFull);
    assert!(!store.end_pause(system, cause).await.unwrap());
    begin(store, &full(HOUR)).await;
    let since = store.pauses().await.unwrap()[0].since;
    assert!(store.end_pause(system, cause).await.unwrap());
    assert!(!store.end_pause(system, cause).await.unwrap());
    assert_eq!(admission(store).await, Admission::Free);
    assert_eq!(store.pauses().await.unwrap(), []);
    assert_eq!(begin(store, &full(Duration::ZERO)).await, PauseStart::Relapse);
    let pause = store.pauses().await.unwrap().remove(0);
    assert_eq!((pause.since, pause.probes), (since, 3));
    assert!(wait(store).await > 2 * HOUR, "it was ended too early");
}

pub async fn uploads_are_counted_by_identity_and_hour(store: &Store) {
    assert_eq!(store.uploaded("ann").await.unwrap(), []);
    let (job, lease) = super::begin(store, "u").await;
    let file = plan_one(store, &job, &lease).await;
    let add = async |identity, bytes| {
        store.save_confirmed(&lease, &file, &file.progress, &confirmed_of(identity, bytes)).await
    };
    let uploads = (0..10).map(|number| add("ann", number));
    assert!(futures::future::join_all(uploads).await.into_iter().all(|added| added.is_ok()));
    add("bob", 7).await.unwrap();
    let uploaded = store.uploaded("ann").await.unwrap();
    let now = store.now().await.unwrap();
    // Two buckets when an hour ended between.
    assert_eq!(uploaded.iter().map(|bucket| bucket.bytes).sum::<u64>(), 45);
    let is_hour = |at: i64| at % 3_600_000 == 0 && at <= now && now - at < 2 * 3_600_000;
    assert!(uploaded.len() <= 2 && uploaded.iter().all(|bucket| is_hour(bucket.hour_at)), "{uploaded:?}");
}
