//! Limits the number of connections, and closes a waiting one when there is no place.
//!
//! A connection is served, and never closed, from the arrival of a whole request until its answer is written. All
//! others wait: for a head, for more of a body, or for the client to read the answer. Slow clients hold places only by
//! waiting. When no place is left, the connection with the longest wait is asked to leave, so Zoom's webhook never
//! queues behind idle clients. It stays if a request has arrived in the meantime: a client that has asked gets an
//! answer.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// No connection is asked to leave before it has waited for this time: the request of a new one is on its way.
const WAIT_MIN: Duration = Duration::from_millis(100);

/// All connections of a server.
#[derive(Debug)]
pub(super) struct Connections {
    room: Arc<Semaphore>,
    waiting: Mutex<BTreeMap<u64, Waiting>>,
    numbers: AtomicU64,
    /// Notified when a connection begins to wait, and so could be closed.
    began_to_wait: Notify,
}

/// A waiting connection. They are ordered by the start of their wait.
#[derive(Debug)]
struct Waiting {
    since: Instant,
    leave: Arc<Leave>,
}

/// Asks a connection to leave.
#[derive(Debug, Default)]
struct Leave {
    asked: Notify,
    /// The number of the wait that was too long.
    number: AtomicU64,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    connections: Arc<Connections>,
    state: Mutex<State>,
    leave: Arc<Leave>,
    _place: OwnedSemaphorePermit,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// With its number among the waiting ones.
    Waits(u64),
    /// The whole request has arrived.
    Served,
    /// The answer is ready, but not written yet.
    Answers,
}

impl Connections {
    /// With this number of places.
    pub(super) fn new(places: usize) -> Arc<Self> {
        Arc::new(Self {
            room: Arc::new(Semaphore::new(places)),
            waiting: Mutex::default(),
            numbers: AtomicU64::default(),
            began_to_wait: Notify::new(),
        })
    }

    /// Returns a place for one more connection. If none is free, the connection with the longest wait is asked to leave.
    pub(super) async fn place(&self) -> OwnedSemaphorePermit {
        loop {
            // Registered before the check, so that a connection that begins to wait afterwards is not missed.
            let began_to_wait = self.began_to_wait.notified();
            if let Ok(place) = self.room.clone().try_acquire_owned() {
                return place;
            }
            let next = self.ask_longest();
            let waited_enough = async {
                match next {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                place = self.room.clone().acquire_owned() => {
                    return place.expect("the semaphore is never closed");
                }
                () = began_to_wait => {}
                () = waited_enough => {}
            }
        }
    }

    /// Asks the connection with the longest wait to leave. If it has not waited for long enough, returns when it will
    /// have.
    fn ask_longest(&self) -> Option<Instant> {
        let mut waiting = self.waiting();
        let longest = waiting.first_entry()?;
        let at = longest.get().since + WAIT_MIN;
        if Instant::now() < at {
            return Some(at);
        }
        let (number, longest) = longest.remove_entry();
        longest.leave.number.store(number, Ordering::SeqCst);
        longest.leave.asked.notify_one();
        None
    }

    /// Registers a connection. It begins by waiting for its first request.
    pub(super) fn welcome(self: &Arc<Self>, place: OwnedSemaphorePermit) -> Arc<Connection> {
        let leave = Arc::<Leave>::default();
        let number = self.waits(leave.clone());
        Arc::new(Connection {
            connections: self.clone(),
            state: Mutex::new(State::Waits(number)),
            leave,
            _place: place,
        })
    }

    fn waits(&self, leave: Arc<Leave>) -> u64 {
        let number = self.numbers.fetch_add(1, Ordering::SeqCst);
        self.waiting().insert(number, Waiting { since: Instant::now(), leave });
        self.began_to_wait.notify_waiters();
        number
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// The first bytes of a request have arrived: the wait begins anew.
    pub(super) fn has_begun(&self) {
        let is_waiting = matches!(*self.state(), State::Waits(_));
        if is_waiting {
            self.enter(State::Served);
            self.waits();
        }
    }

    /// A request's head has arrived. This is progress: the wait for its body begins anew.
    pub(super) fn has_asked(&self) {
        self.enter(State::Served);
        self.waits();
    }

    /// The whole request has arrived.
    pub(super) fn is_served(&self) {
        self.enter(State::Served);
    }

    /// The answer to the request is ready. If the request was whole, the connection is not closed before the answer is
    /// written; one that was never served keeps its place in the queue.
    pub(super) fn answers(&self) {
        let mut state = self.state();
        if *state == State::Served {
            *state = State::Answers;
        }
    }

    /// Everything is written, or the client does not read: from now on the connection waits for the client.
    pub(super) fn is_written(&self) {
        let is_answered = *self.state() == State::Answers;
        if is_answered {
            self.waits();
        }
    }

    /// Resolves when this connection is asked to leave.
    pub(super) async fn is_asked_to_leave(&self) {
        self.leave.asked.notified().await;
    }

    /// Whether the connection stays although it was asked to leave: a request has arrived since then, or is being
    /// answered. Another one is asked instead.
    pub(super) fn stays(&self) -> bool {
        let asked = State::Waits(self.leave.number.load(Ordering::SeqCst));
        let stays = *self.state() != asked;
        if stays {
            self.connections.began_to_wait.notify_waiters();
        }
        stays
    }

    fn waits(&self) {
        let mut state = self.state();
        if !matches!(*state, State::Waits(_)) {
            *state = State::Waits(self.connections.waits(self.leave.clone()));
        }
    }

    fn enter(&self, next: State) {
        if let State::Waits(number) = std::mem::replace(&mut *self.state(), next) {
            self.connections.waiting().remove(&number);
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.enter(State::Served);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether a connection is asked to leave within this time.
    async fn is_asked(connection: &Connection, within: Duration) -> bool {
        tokio::time::timeout(within, connection.is_asked_to_leave()).await.is_ok()
    }

    fn newcomer(connections: &Arc<Connections>) -> tokio::task::JoinHandle<OwnedSemaphorePermit> {
        let connections = connections.clone();
        tokio::spawn(async move { connections.place().await })
    }

    #[tokio::test]
    async fn the_one_that_has_waited_longest_goes() {
        let connections = Connections::new(3);
        let mut all = Vec::new();
        for _ in 0..3 {
            let place = connections.place().await;
            all.push(connections.welcome(place));
        }
        // The first is served, so the second has waited longest; then the first again, after its answer.
        all[0].is_served();
        let place = newcomer(&connections);
        assert!(is_asked(&all[1], Duration::from_secs(9)).await);
        assert!(!all[1].stays());
        drop(all.remove(1));
        let newest = connections.welcome(place.await.unwrap());
        newest.is_served();
        all[1].is_served();
        // No connection waits: the next one must wait until one does, and its answer is written.
        let next = newcomer(&connections);
        all[0].answers();
        assert!(!is_asked(&all[0], 2 * WAIT_MIN).await, "its answer is not written");
        all[0].is_written();
        assert!(is_asked(&all[0], Duration::from_secs(9)).await);
        assert!(!is_asked(&newest, WAIT_MIN).await && !is_asked(&all[1], WAIT_MIN).await);
        drop(all.remove(0));
        drop(next.await.unwrap());
    }

    #[tokio::test]
    async fn one_whose_request_has_arrived_stays_and_another_goes() {
        let connections = Connections::new(2);
        let (first, second) = (connections.place().await, connections.place().await);
        let (first, second) = (connections.welcome(first), connections.welcome(second));
        let place = newcomer(&connections);
        assert!(!is_asked(&first, WAIT_MIN / 2).await, "a new one has a moment");
        assert!(is_asked(&first, Duration::from_secs(9)).await);
        first.has_begun();
        assert!(first.stays());
        assert!(is_asked(&second, Duration::from_secs(9)).await);
        // The request of this one was read between the question and the answer.
        second.is_served();
        assert!(second.stays());
        assert!(is_asked(&first, Duration::from_secs(9)).await);
        assert!(!first.stays());
        drop(first);
        drop(place.await.unwrap());
    }

    #[tokio::test]
    async fn a_guest_that_left_takes_no_place_and_no_row() {
        let connections = Connections::new(1);
        for _ in 0..3 {
            let place = connections.place().await;
            let connection = connections.welcome(place);
            assert_eq!(connections.waiting().len(), 1);
            connection.has_asked();
            assert_eq!(connections.waiting().len(), 1);
            connection.is_served();
            connection.is_served();
            connection.answers();
            assert!(connections.waiting().is_empty());
            connection.is_written();
            assert_eq!(connections.waiting().len(), 1);
        }
        assert!(connections.waiting().is_empty());
    }
}
