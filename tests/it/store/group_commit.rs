//! Events that arrive together share a commit: each is answered after it, a bad one fails alone, and there is an end to
//! the places.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use zoom2drive::store::{Accepted, Moment, Repeated, Store, StoreError};

use super::{event, recording};
use crate::support::postgres;
use crate::support::server::Scratch;

/// As many as may be written or wait at a time.
const PLACES: usize = 256;

/// Time for tasks to come to their waits.
const MOMENT: Duration = Duration::from_millis(300);

/// Lets transactions begin one by one, and counts them.
struct Gate {
    begins: Semaphore,
    commits: AtomicUsize,
}

impl Gate {
    fn at(store: &Store) -> Arc<Self> {
        let gate = Arc::new(Self { begins: Semaphore::new(0), commits: AtomicUsize::new(0) });
        let hooked = gate.clone();
        store.hook_commits(Arc::new(move |call, moment| {
            let gate = hooked.clone();
            Box::pin(async move {
                match (call, moment) {
                    ("accept", Moment::Begun) => gate.begins.acquire().await.unwrap().forget(),
                    ("accept", Moment::After) => {
                        gate.commits.fetch_add(1, Ordering::SeqCst);
                    }
                    _ => {}
                }
                Ok(())
            })
        }));
        gate
    }

    /// From now on nothing waits.
    fn open(&self) {
        self.begins.add_permits(1_000_000);
    }

    fn commits(&self) -> usize {
        self.commits.load(Ordering::SeqCst)
    }
}

/// A store on each database that this machine has.
async fn both() -> Vec<Scratch> {
    [Some(Scratch::open().await), Scratch::open_on_postgres().await].into_iter().flatten().collect()
}

type Accepting = JoinHandle<Result<Accepted, StoreError>>;

fn accepting(store: &Store, uuid: &str, mark: &str) -> Accepting {
    let (store, event) = (store.clone(), event(Some(recording(uuid, &[("a", 9)])), mark));
    tokio::spawn(async move { store.accept(&event).await })
}

/// The first is being written; these wait behind it.
async fn behind_the_first(store: &Store, uuids: &[String]) -> (Accepting, Vec<Accepting>) {
    let first = accepting(store, "first", "x");
    tokio::time::sleep(MOMENT).await;
    let others = uuids.iter().map(|uuid| accepting(store, uuid, "x")).collect();
    tokio::time::sleep(MOMENT).await;
    (first, others)
}

fn uuids(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("u{number}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_that_arrive_together_share_a_commit() {
    for scratch in both().await {
        let store = &scratch.store;
        let gate = Gate::at(store);
        let mut all = uuids(40);
        // The same bytes twice in one transaction.
        all.push("u7".to_owned());
        let (first, others) = behind_the_first(store, &all).await;
        assert!(!first.is_finished() && others.iter().all(|one| !one.is_finished()));
        gate.open();
        first.await.unwrap().unwrap();
        let accepted: Vec<Accepted> =
            join_all(others).await.into_iter().map(|one| one.unwrap().unwrap()).collect();
        assert_eq!(gate.commits(), 2);
        assert_eq!(accepted.iter().filter(|one| one.repeated == Repeated::Yes).count(), 1);
        assert_eq!(accepted[7].event, accepted[40].event);
        assert_eq!(store.events(None).await.unwrap().len(), 41);
        // Repeated events write nothing.
        accepting(store, "u7", "x").await.unwrap().unwrap();
        assert_eq!(gate.commits(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_gives_up_takes_no_other_event_along() {
    for scratch in both().await {
        let store = &scratch.store;
        let gate = Gate::at(store);
        let (first, mut others) = behind_the_first(store, &uuids(5)).await;
        first.abort();
        others.remove(2).abort();
        gate.open();
        for one in others {
            one.await.unwrap().unwrap();
        }
        // The one that was being written is stored, as when its answer is lost; the other was not begun.
        let stored = store.events(None).await.unwrap();
        let has = |uuid: &str| stored.iter().any(|event| event.meeting.as_deref() == Some(uuid));
        assert!(has("first") && has("u1") && !has("u2"));
        assert_eq!(stored.len(), 5);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_without_a_place_is_refused_at_once() {
    for scratch in both().await {
        let store = &scratch.store;
        let gate = Gate::at(store);
        let (first, others) = behind_the_first(store, &uuids(PLACES - 1)).await;
        assert!(store.is_overloaded());
        let more = event(Some(recording("more", &[("a", 9)])), "x");
        let refused = tokio::time::timeout(MOMENT, store.accept_now(&more)).await.unwrap();
        assert!(matches!(refused, Err(StoreError::Busy)));
        // The sweep waits for a place.
        let (patient, found) = (store.clone(), event(Some(recording("found", &[])), "x"));
        let patient = tokio::spawn(async move { patient.accept(&found).await });
        gate.open();
        for one in others.into_iter().chain([first, patient]) {
            one.await.unwrap().unwrap();
        }
        assert!(!store.is_overloaded());
        store.accept_now(&more).await.unwrap();
        assert_eq!(store.events(None).await.unwrap().len(), 200, "a page");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_store_refuses_what_would_wait_too_long() {
    for scratch in both().await {
        let store = &scratch.store;
        let gate = Gate::at(store);
        let (first, others) = behind_the_first(store, &uuids(3)).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!store.is_overloaded(), "what hangs may go on at any moment");
        gate.begins.add_permits(1);
        first.await.unwrap().unwrap();
        tokio::time::sleep(MOMENT).await;
        assert!(store.is_overloaded(), "a new event would wait for longer than Zoom does");
        gate.open();
        for one in others {
            one.await.unwrap().unwrap();
        }
        assert!(!store.is_overloaded());
    }
}

/// Makes a row that no program of this kind writes: an event about it cannot be stored.
async fn spoil(scratch: &Scratch, is_on_postgres: bool) {
    const SPOIL: &str = "UPDATE jobs SET stage = 'rubbish' WHERE meeting = 'bad'";
    if is_on_postgres {
        return postgres::execute(scratch.address.expose(), SPOIL).await;
    }
    let mut connection = SqliteConnection::connect(scratch.address.expose()).await.unwrap();
    sqlx::query(SPOIL).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

async fn a_bad_event_fails_alone(scratch: Scratch, is_on_postgres: bool) {
    let store = &scratch.store;
    accepting(store, "bad", "earlier").await.unwrap().unwrap();
    spoil(&scratch, is_on_postgres).await;
    let gate = Gate::at(store);
    let mut all = uuids(20);
    all.insert(10, "bad".to_owned());
    let (first, others) = behind_the_first(store, &all).await;
    gate.open();
    first.await.unwrap().unwrap();
    for (uuid, one) in all.iter().zip(others) {
        let stored = one.await.unwrap();
        match uuid.as_str() {
            "bad" => assert!(matches!(stored, Err(StoreError::Corrupt(_))), "{stored:?}"),
            _ => assert!(stored.is_ok(), "{stored:?}"),
        }
    }
    // Its bytes are not stored without its job: they are no repetition when they come again.
    let stored = store.events(None).await.unwrap();
    assert_eq!(stored.iter().filter(|event| event.meeting.as_deref() == Some("bad")).count(), 1);
    assert_eq!(stored.len(), 22);
    // Later ones share their commits again.
    let (before, later) = (gate.commits(), accepting(store, "later", "x"));
    later.await.unwrap().unwrap();
    assert_eq!(gate.commits(), before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_event_fails_alone_on_sqlite() {
    a_bad_event_fails_alone(Scratch::open().await, false).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_event_fails_alone_on_postgres() {
    let Some(scratch) = Scratch::open_on_postgres().await else { return };
    a_bad_event_fails_alone(scratch, true).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recording_that_another_instance_has_locked_holds_up_no_other() {
    let Some(scratch) = Scratch::open_on_postgres().await else { return };
    let store = &scratch.store;
    accepting(store, "locked", "first").await.unwrap().unwrap();
    let mut other = sqlx::PgConnection::connect(scratch.address.expose()).await.unwrap();
    let mut tx = other.begin().await.unwrap();
    sqlx::query("SELECT id FROM jobs WHERE meeting = 'locked' FOR UPDATE").execute(&mut *tx).await.unwrap();
    let locked = accepting(store, "locked", "second");
    for number in 0..5 {
        let free = accepting(store, &format!("free-{number}"), "x");
        // Less than the time for which Zoom waits.
        tokio::time::timeout(Duration::from_secs(2), free).await.unwrap().unwrap().unwrap();
    }
    assert!(!locked.is_finished());
    tx.commit().await.unwrap();
    locked.await.unwrap().unwrap();
    assert_eq!(store.events(None).await.unwrap().len(), 7);
}
