//! Who is connected, and who must go when there is no room.
//!
//! A connection that has sent a whole request is being served and left alone. All others wait: for a head,
//! for more of a body, for somebody to read their answer. Slow clients can only take places by waiting, so
//! when places run out the one that has waited longest is closed, and Zoom's webhook never queues behind
//! idlers.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

/// All connections of a server.
#[derive(Debug)]
pub(super) struct Connections {
    room: Arc<Semaphore>,
    /// Those that wait, in the order in which they began to.
    waiting: Mutex<BTreeMap<u64, CancellationToken>>,
    numbers: AtomicU64,
    /// Raised when somebody begins to wait, and could be asked to go.
    began_to_wait: Notify,
}

/// One connection.
#[derive(Debug)]
pub(super) struct Connection {
    connections: Arc<Connections>,
    number: AtomicU64,
    is_served: AtomicBool,
    /// Cancelled when this connection must go.
    pub(super) leave: CancellationToken,
    _place: OwnedSemaphorePermit,
}

impl Connections {
    /// Room for so many.
    pub(super) fn new(places: usize) -> Arc<Self> {
        Arc::new(Self {
            room: Arc::new(Semaphore::new(places)),
            waiting: Mutex::default(),
            numbers: AtomicU64::default(),
            began_to_wait: Notify::new(),
        })
    }

    /// A place for one more, at the cost of the one that has waited longest if need be.
    pub(super) async fn place(&self) -> OwnedSemaphorePermit {
        loop {
            // Before looking: who begins to wait from now on is not missed.
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

    /// Welcomes a connection, which begins by waiting for its first request.
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
    /// A request's head is in: that is progress, and the wait for its body begins anew.
    pub(super) fn has_asked(&self) {
        self.is_served();
        self.waits();
    }

    /// The whole request is in.
    pub(super) fn is_served(&self) {
        if !self.is_served.swap(true, Ordering::SeqCst) {
            self.connections.waiting().remove(&self.number.load(Ordering::SeqCst));
        }
    }

    /// The answer is made. Whoever was never served keeps the place in the queue.
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
        // Nobody waits: the next must be patient until somebody does.
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
