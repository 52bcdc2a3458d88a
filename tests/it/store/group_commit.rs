//! Events that arrive together share a commit: each is answered after it, a bad one fails alone, and there is an end to
//! the places.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use futures::poll;
use sqlx::{Connection, SqliteConnection};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use zoom2drive::jobs::changes::{Change, ChangeKind, FileLocation};
use zoom2drive::recording::MeetingUuid;
use zoom2drive::store::{Accepted, Moment, NewEvent, Repeated, Store, StoreError};

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

/// Events of every kind, several of them about one recording.
fn entangled() -> Vec<NewEvent> {
    let of = |uuid: &str, files: &[(&str, u64)], mark: &str| event(Some(recording(uuid, files)), mark);
    let trashed = |uuids: &[&str]| {
        let change = |uuid: &&str| Change {
            meeting: MeetingUuid::new(uuid).unwrap(),
            at: 1,
            kind: ChangeKind::Moved(FileLocation::Trash, Vec::new()),
        };
        NewEvent {
            name: "recording.trashed".to_owned(),
            changes: uuids.iter().map(change).collect(),
            ..event(None, &format!("trashed {uuids:?}"))
        }
    };
    let mut events = vec![
        of("alone", &[("a", 9)], "1"),
        of("grows", &[("b", 9)], "1"),
        trashed(&["gone"]),
        of("gone", &[("c", 9)], "1"),
        trashed(&["gone", "alone", "grows"]),
        of("grows", &[("b", 9), ("d", 9)], "2"),
        of("grows", &[("b", 9)], "1"),
        event(None, "about nothing"),
        of("known", &[("e", 9), ("f", 9)], "2"),
        of("known", &[("e", 9)], "1"),
        trashed(&["nobody's", "known"]),
        NewEvent { note: "not read".to_owned(), ..event(None, "note") },
    ];
    // More than the largest statement has rows.
    events.extend((0..86).map(|number| of(&format!("m{number}"), &[("i", number)], "1")));
    events
}

/// All that events have left behind, without times.
async fn left_behind(store: &Store, accepted: &[Accepted]) -> Vec<String> {
    let mut said = Vec::new();
    let name = |jobs: &[zoom2drive::jobs::Job], id| {
        jobs.iter().find(|job| Some(job.id) == id).map(|job| job.recording.uuid.as_str().to_owned())
    };
    let jobs = store.jobs(Default::default()).await.unwrap();
    for one in accepted {
        let (event, body) = store.event(one.event).await.unwrap();
        let (body, note) = (String::from_utf8_lossy(&body), &event.note);
        said.push(format!("{} {body:?} {:?} {note} {:?}", event.name, event.meeting, one.repeated));
        said.push(format!("of {:?}, {:?}", name(&jobs, event.job), name(&jobs, one.job)));
    }
    let mut states = Vec::new();
    for job in jobs {
        let story = store.story(job.id).await.unwrap();
        let diary: Vec<_> = story.diary.iter().map(|line| (line.kind, &line.text)).collect();
        let row = store.shelf_row(job.id).await.unwrap();
        assert_eq!(row.sort_at, job.accepted_at, "it did not say when it happened");
        let state = (job.stage, job.standing, job.revision, job.zoom_copy, job.removals, job.backfilled);
        states.push(format!("{:?} {state:?} {diary:?} {}", job.recording, story.events.len()));
    }
    states.sort_unstable();
    [said, states].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_written_together_is_what_would_be_written_one_by_one() {
    for (alone, together) in both().await.into_iter().zip(both().await) {
        let known = event(Some(recording("known", &[("e", 9)])), "1");
        let mut one_by_one = vec![alone.store.accept(&known).await.unwrap()];
        let mut at_once = vec![together.store.accept(&known).await.unwrap()];
        for event in &entangled() {
            one_by_one.push(alone.store.accept(event).await.unwrap());
        }
        let gate = Gate::at(&together.store);
        let first = event(None, "the first");
        alone.store.accept(&first).await.unwrap();
        let mut first = Box::pin(together.store.accept(&first));
        // The task that writes takes it, and waits at the gate.
        assert!(poll!(&mut first).is_pending());
        tokio::time::sleep(MOMENT).await;
        let events = entangled();
        let mut waiting: Vec<_> = events.iter().map(|event| Box::pin(together.store.accept(event))).collect();
        for one in &mut waiting {
            assert!(poll!(one).is_pending());
        }
        gate.open();
        first.await.unwrap();
        at_once.extend(join_all(waiting).await.into_iter().map(Result::unwrap));
        assert_eq!(gate.commits(), 2);
        assert_eq!(
            left_behind(&together.store, &at_once).await,
            left_behind(&alone.store, &one_by_one).await
        );
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
