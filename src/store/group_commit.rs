//! Group commit: events that arrive while others are being written share the next transaction.
//!
//! A commit waits for the disk, whatever it contains. So one task writes at a time: it takes all events that wait,
//! writes them in one transaction in the order of their arrival, and answers each after the commit. If the transaction
//! fails, each of its events is written again by itself, so that a bad one fails alone. The queue has a limited number
//! of places, and tells how long an event would wait.

use std::collections::VecDeque;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use futures::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use super::database::Connections;
use super::events::PreparedEvent;
use super::{Accepted, NewEvent, Store, StoreError};

/// Most events that are being written or wait for it, and so the largest number in a transaction. Half of the server's
/// connections: the others stay free for answers that there is no place, and for the other doors.
const EVENTS_MAX: usize = 256;

/// Longest expected wait with which an event is still admitted. The webhook's own limit is 2.5 s.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// How long a shared transaction on PostgreSQL waits for a lock. One recording that another instance has locked must
/// not hold up the events of others.
const LOCK_WITHIN: Duration = Duration::from_millis(200);

/// The events that wait, and what is known about the time that writing takes.
#[derive(Debug)]
pub(super) struct EventQueue {
    places: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<WaitingEvent>,
    /// Start of the transaction that is being written; `None` when no task writes.
    began: Option<Instant>,
    /// Duration of the last one.
    last: Duration,
}

#[derive(Debug)]
struct WaitingEvent {
    event: PreparedEvent,
    answer: oneshot::Sender<Result<Accepted, StoreError>>,
    /// Kept until the answer.
    _place: OwnedSemaphorePermit,
}

impl Default for EventQueue {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(EVENTS_MAX)), state: Mutex::default() }
    }
}

impl EventQueue {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an event. Returns true if the caller must start the task that writes.
    fn push(&self, event: WaitingEvent) -> bool {
        let mut state = self.state();
        state.waiting.push_back(event);
        let is_idle = state.began.is_none();
        if is_idle {
            state.began = Some(Instant::now());
            // What an earlier storm has measured says nothing about this one.
            state.last = Duration::ZERO;
        }
        is_idle
    }

    /// The events of the next transaction; `None` when no event waits, and then the task must end. Events whose callers
    /// have given up are left out.
    fn next(&self, is_first: bool) -> Option<Vec<WaitingEvent>> {
        let mut state = self.state();
        if !is_first {
            state.last = state.began.map(|began| began.elapsed()).unwrap_or_default();
        }
        let batch: Vec<_> = state.waiting.drain(..).filter(|one| !one.answer.is_closed()).collect();
        state.began = (!batch.is_empty()).then(Instant::now);
        (!batch.is_empty()).then_some(batch)
    }

    /// How long a new event would wait: until the running transaction ends, and then for its own. Both are expected to
    /// take as long as the last one. A transaction that hangs may go on at any moment: it is no reason to refuse an event.
    fn expected_wait(&self) -> Duration {
        let state = self.state();
        if state.began.is_some() { 2 * state.last } else { Duration::ZERO }
    }

    /// Whether a new event would find no place, or would wait for too long.
    fn is_full(&self) -> bool {
        self.places.available_permits() == 0 || self.expected_wait() > WAIT_MAX
    }
}

/// The task that writes. When it ends early (a panic, or the end of its runtime), the events that wait are given up,
/// and the next event starts another task.
struct Writing {
    queue: Arc<EventQueue>,
    has_ended: bool,
}

impl Drop for Writing {
    fn drop(&mut self) {
        if !self.has_ended {
            let mut state = self.queue.state();
            state.began = None;
            state.waiting.clear();
        }
    }
}

impl Store {
    /// Stores an event and its job in one transaction, which it may share with other events. It is on disk when this
    /// returns. Repeated bytes change nothing. Passcodes and links are removed from the bytes.
    pub async fn accept(&self, event: &NewEvent) -> Result<Accepted, StoreError> {
        let place = self.events.places.clone().acquire_owned().await;
        self.write(event, place.expect("the semaphore is never closed")).await
    }

    /// Like [`accept`](Store::accept), but fails with [`StoreError::Busy`] at once instead of waiting for a place.
    pub async fn accept_now(&self, event: &NewEvent) -> Result<Accepted, StoreError> {
        if self.is_overloaded() {
            return Err(StoreError::Busy);
        }
        let place = self.events.places.clone().try_acquire_owned().map_err(|_| StoreError::Busy)?;
        self.write(event, place).await
    }

    /// Whether more events arrive than can be stored: [`accept_now`](Store::accept_now) would refuse one.
    pub fn is_overloaded(&self) -> bool {
        self.events.is_full()
    }

    async fn write(&self, event: &NewEvent, place: OwnedSemaphorePermit) -> Result<Accepted, StoreError> {
        let (answer, answered) = oneshot::channel();
        let event = PreparedEvent::new(event);
        if self.events.push(WaitingEvent { event, answer, _place: place }) {
            // A task of its own: a caller that gives up must not take the others' transaction with it.
            tokio::spawn(write_all(self.clone()));
        }
        answered.await.map_err(|_| StoreError::Interrupted)?
    }

    /// Writes these events in one transaction, or each in its own if that fails.
    async fn write_together(&self, mut batch: Vec<WaitingEvent>) {
        let events: Vec<_> = batch.iter().map(|one| &one.event).collect();
        let limit = self.is_shared_by_instances().then_some(LOCK_WITHIN);
        match AssertUnwindSafe(self.store_events(&events, limit)).catch_unwind().await {
            Ok(Ok(accepted)) => {
                for (one, accepted) in batch.into_iter().zip(accepted) {
                    one.answer_with(Ok(accepted));
                }
            }
            // A single event on SQLite: nothing would be different the second time.
            Ok(Err(error)) if limit.is_none() && batch.len() == 1 => {
                if let Some(one) = batch.pop() {
                    one.answer_with(Err(error));
                }
            }
            _failed => self.write_one_by_one(batch, limit.is_some()).await,
        }
    }

    async fn write_one_by_one(&self, batch: Vec<WaitingEvent>, side_by_side: bool) {
        for one in batch {
            let store = self.clone();
            let writing = async move { store.write_alone(one).await };
            if side_by_side {
                // One of them may wait for a lock: later events need not wait for that.
                tokio::spawn(writing);
            } else {
                writing.await;
            }
        }
    }

    async fn write_alone(&self, one: WaitingEvent) {
        if one.answer.is_closed() {
            return;
        }
        let stored = AssertUnwindSafe(self.store_events(&[&one.event], None)).catch_unwind().await;
        // After a panic there is no answer: the caller gets `Interrupted`.
        if let Ok(stored) = stored {
            one.answer_with(stored.and_then(|mut accepted| accepted.pop().ok_or(StoreError::Interrupted)));
        }
    }

    /// Whether other transactions can hold locks.
    fn is_shared_by_instances(&self) -> bool {
        matches!(self.database.connections, Connections::Postgres(_))
    }
}

impl WaitingEvent {
    fn answer_with(self, answer: Result<Accepted, StoreError>) {
        // The caller may have given up.
        let _unheard = self.answer.send(answer);
    }
}

async fn write_all(store: Store) {
    let mut writing = Writing { queue: store.events.clone(), has_ended: false };
    let mut is_first = true;
    while let Some(batch) = store.events.next(std::mem::take(&mut is_first)) {
        store.write_together(batch).await;
    }
    writing.has_ended = true;
}
