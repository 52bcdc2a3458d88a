//! What a dead connection to PostgreSQL proves: leases end with the process that held them, and never while it is here.

use std::time::{Duration, Instant};

use zoom2drive::store::{Claim, Lease, Store, StoreError};

use super::{LEASE, accept, begin, claim, is_idle, recording};
use crate::support::postgres::{administer_alone, execute};
use crate::support::server::Scratch;

/// Longer than it takes until a holder counts as gone.
const TAKEOVER: Duration = Duration::from_secs(4);

/// Ends every connection that holds the lock of a working process.
const BREAK_PRESENCE: &str = "SELECT pg_terminate_backend(pid) FROM (SELECT DISTINCT pid FROM pg_locks
    WHERE locktype = 'advisory' AND mode = 'ShareLock'
      AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS present";

/// Two instances on one database, both at work, and a job that the first one holds.
async fn two() -> Option<(Scratch, Store, Store, Lease)> {
    let scratch = Scratch::open_on_postgres().await?;
    let (here, there) = (scratch.store.clone(), scratch.open_again().await);
    here.begin_work(LEASE).await.unwrap();
    there.begin_work(LEASE).await.unwrap();
    let (_, lease) = begin(&here, "u").await;
    Some((scratch, here, there, lease))
}

/// Claims as soon as there is something to claim; gives the time that it took.
async fn claimed_soon(store: &Store) -> (Lease, Duration) {
    let began = Instant::now();
    loop {
        match store.claim(LEASE).await.unwrap() {
            Claim::Leased(_, lease) => return (lease, began.elapsed()),
            Claim::Nothing { .. } => store.wait_for_work(LEASE).await,
        }
        assert!(began.elapsed() < LEASE / 2, "the lease of a dead holder was not freed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_lease_of_a_holder_that_is_gone_is_free_soon() {
    let Some((_scratch, here, there, lease)) = two().await else { return };
    here.close().await;
    let (next, took) = claimed_soon(&there).await;
    assert_eq!(next.job, lease.job);
    assert!(took >= Duration::from_secs(2), "it was taken before its holder could have stopped: {took:?}");
    eprintln!("the lease was free after {took:?}");
    there.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_starts_alone_finds_the_leases_of_a_dead_one() {
    let Some(scratch) = Scratch::open_on_postgres().await else { return };
    scratch.store.begin_work(LEASE).await.unwrap();
    let (_, lease) = begin(&scratch.store, "u").await;
    scratch.store.close().await;
    let next = scratch.open_again().await;
    assert_eq!(next.begin_work(LEASE).await.unwrap(), 0);
    assert_eq!(claimed_soon(&next).await.0.job, lease.job);
    next.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_that_is_here_keeps_its_lease_while_others_look() {
    let Some((_scratch, here, there, lease)) = two().await else { return };
    tokio::time::sleep(TAKEOVER).await;
    assert!(is_idle(&there).await);
    here.heartbeat(&lease, LEASE).await.unwrap();
    there.close().await;
    here.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lease_of_a_process_that_shows_itself_to_nobody_ends_by_time() {
    let Some(scratch) = Scratch::open_on_postgres().await else { return };
    // As earlier releases do, and commands.
    let (here, there) = (scratch.store.clone(), scratch.open_again().await);
    begin(&here, "u").await;
    here.close().await;
    there.begin_work(LEASE).await.unwrap();
    // A lease that may last longer than the server waits for a sign of life is none of those either.
    accept(&there, recording("long", &[("a", 9)]), "x").await;
    let Claim::Leased(_, long) = there.claim(2 * LEASE).await.unwrap() else { panic!() };
    assert!(!long.token.contains('.'));
    tokio::time::sleep(TAKEOVER).await;
    assert!(is_idle(&there).await);
    there.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_whose_connection_breaks_takes_its_lock_again_and_keeps_its_lease() {
    let Some((scratch, here, there, lease)) = two().await else { return };
    let lost = here.presence_lost(&lease);
    tokio::pin!(lost);
    for _ in 0..4 {
        execute(scratch.address.expose(), BREAK_PRESENCE).await;
        let waited = tokio::time::timeout(TAKEOVER / 4, &mut lost).await;
        assert!(waited.is_err(), "its work would have been stopped");
    }
    tokio::time::sleep(TAKEOVER).await;
    here.heartbeat(&lease, LEASE).await.unwrap();
    assert!(is_idle(&there).await);
    there.close().await;
    here.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_holder_that_cannot_show_itself_stops_first_and_loses_its_lease_once() {
    let Some((scratch, here, there, lease)) = two().await else { return };
    let address = scratch.address.expose();
    for store in [&here, &there] {
        // So that their connections are open.
        futures::future::try_join_all((0..8).map(|_| store.now())).await.unwrap();
    }
    // Connections that are open go on, as when a server has no place for more.
    administer_alone(address, "ALTER DATABASE {db} ALLOW_CONNECTIONS false").await;
    let began = Instant::now();
    administer_alone(address, &BREAK_PRESENCE.replace("current_database()", "'{db}'")).await;
    tokio::time::timeout(LEASE, here.presence_lost(&lease)).await.unwrap();
    let stopped = began.elapsed();
    here.heartbeat(&lease, LEASE).await.expect("nobody has taken it yet");
    eprintln!("it was told to stop after {stopped:?}");
    // Nobody can look: the lease stays.
    tokio::time::sleep(TAKEOVER).await;
    assert!(is_idle(&there).await);
    // What it takes now ends by time alone, so that nobody takes it over.
    accept(&here, recording("second", &[("a", 9)]), "x").await;
    let (_, second) = claim(&here).await;
    assert!(!second.token.contains('.'), "{}", second.token);

    administer_alone(address, "ALTER DATABASE {db} ALLOW_CONNECTIONS true").await;
    // It shows itself under another number: the old lease is nobody's.
    assert_eq!(claimed_soon(&there).await.0.job, lease.job);
    assert!(matches!(here.heartbeat(&lease, LEASE).await, Err(StoreError::LeaseLost)));
    here.heartbeat(&second, LEASE).await.unwrap();
    accept(&here, recording("third", &[("a", 9)]), "x").await;
    let (_, third) = claim(&here).await;
    assert!(third.token.contains('.') && third.token[..16] != lease.token[..16], "{}", third.token);
    tokio::time::sleep(TAKEOVER).await;
    for lease in [&second, &third] {
        here.heartbeat(lease, LEASE).await.unwrap();
    }
    there.close().await;
    here.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_right_to_probe_ends_with_its_holder_too() {
    use zoom2drive::jobs::pause::{PauseCause, System};
    use zoom2drive::store::pauses::{Admission, NewPause};

    let Some((_scratch, here, there, _lease)) = two().await else { return };
    accept(&here, recording("waits", &[("a", 9)]), "x").await;
    let pause = NewPause {
        system: System::Zoom,
        cause: PauseCause::Unreachable,
        message: String::new(),
        wait: Duration::ZERO,
        relapse_wait: Duration::ZERO,
    };
    here.begin_pause(&pause).await.unwrap();
    assert!(matches!(here.admission(LEASE).await.unwrap(), Admission::Probe(_)));
    assert!(matches!(there.admission(LEASE).await.unwrap(), Admission::Wait(_)));
    here.close().await;
    let began = Instant::now();
    while !matches!(there.admission(LEASE).await.unwrap(), Admission::Probe(_)) {
        assert!(began.elapsed() < LEASE / 2);
        there.wait_for_work(LEASE).await;
    }
    there.close().await;
}
