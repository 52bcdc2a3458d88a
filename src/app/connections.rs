//! Limits the number of connections, and closes a waiting one when there is no place.
//!
//! A connection that has sent a whole request is served and never closed. All others wait: for a head, for more of
//! a body, or for the client to read the answer. Slow clients hold places only by waiting. When no place is left,
//! the connection with the longest wait is closed, so Zoom's webhook never queues behind idle clients.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// All connections of a server.
#[derive(Debug)]
pub(super) struct Connections {
    room: Arc<Semaphore>,
    /// Waiting connections, ordered by the start of their wait.
    waiting: Mutex<BTreeMap<u64, CancellationToken>>,
    numbers: AtomicU64,
    /// Notified when a connection begins to wait, and so could be closed.
    began_to_wait: Notify,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    connections: Arc<Connections>,
    number: AtomicU64,
    is_served: AtomicBool,
    /// Cancelled when this connection must close.
    pub(super) leave: CancellationToken,
    _place: OwnedSemaphorePermit,
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

    /// Returns a place for one more connection. If none is free, the connection with the longest wait is closed.
    pub(super) async fn place(&self) -> OwnedSemaphorePermit {
        loop {
            // Registered before the check, so that a connection that begins to wait afterwards is not missed.
            let began_to_wait = self.began_to_wait.notified();
            if let Ok(place) = self.room.clone().try_acquire_owned() {
                return place;
            }
            if let Some((_, longest)) = self.waiting().pop_first() {
                longest.cancel();
            }
            tokio::select! {
                place = self.room.clone().acquire_owned() => {
                    return place.expect("the semaphore is never closed");
                }
                () = began_to_wait => {}
            }
        }
    }

    /// Registers a connection. It begins by waiting for its first request.
    pub(super) fn welcome(self: &Arc<Self>, place: OwnedSemaphorePermit) -> Arc<Connection> {
        let connection = Connection {
            connections: self.clone(),
            number: AtomicU64::default(),
            is_served: AtomicBool::new(true),
            leave: CancellationToken::new(),
            _place: place,
        };
        connection.waits();
        Arc::new(connection)
    }

    fn waiting(&self) -> MutexGuard<'_, BTreeMap<u64, CancellationToken>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Connection {
    /// A request's head has arrived. This is progress: the wait for its body begins anew.
    pub(super) fn has_asked(&self) {
        self.is_served();
        self.waits();
    }

    /// The whole request has arrived.
    pub(super) fn is_served(&self) {
        if !self.is_served.swap(true, Ordering::SeqCst) {
            self.connections.waiting().remove(&self.number.load(Ordering::SeqCst));
        }
    }

    /// The answer is ready. A connection that was never served keeps its place in the queue.
    pub(super) fn waits(&self) {
        if self.is_served.swap(false, Ordering::SeqCst) {
            let number = self.connections.numbers.fetch_add(1, Ordering::SeqCst);
            self.number.store(number, Ordering::SeqCst);
            self.connections.waiting().insert(number, self.leave.clone());
            self.connections.began_to_wait.notify_waiters();
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.is_served();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let newcomer = tokio::spawn({
            let connections = connections.clone();
            async move { connections.place().await }
        });
        all[1].leave.cancelled().await;
        assert!(!all[0].leave.is_cancelled() && !all[2].leave.is_cancelled());
        drop(all.remove(1));
        let newcomer = connections.welcome(newcomer.await.unwrap());
        newcomer.is_served();
        all[1].is_served();
        // No connection waits: the next one must wait until one does.
        let next = tokio::spawn({
            let connections = connections.clone();
            async move { connections.place().await }
        });
        tokio::task::yield_now().await;
        assert!(!next.is_finished());
        all[0].waits();
        all[0].leave.cancelled().await;
        assert!(!newcomer.leave.is_cancelled() && !all[1].leave.is_cancelled());
        drop(all.remove(0));
        drop(next.await.unwrap());
    }

    #[tokio::test]
    async fn a_guest_that_left_takes_no_place_and_no_row() {
        let connections = Connections::new(1);
        for _ in 0..3 {
            let place = connections.place().await;
            let connection = connections.welcome(place);
            connection.waits();
            assert_eq!(connections.waiting().len(), 1);
            connection.is_served();
            connection.is_served();
            connection.waits();
        }
        assert!(connections.waiting().is_empty());
    }
}
