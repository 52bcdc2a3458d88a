//! The requests to the sandbox, in order, and every rule that a caller broke.
//!
//! Tests assert the transcript and the final state, never the program's internals. A *violation* is
//! something that the real Zoom or Google would refuse, or that would leak a credential: one violation
//! fails a test or the demo, whatever else went right.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::faults::Route;

/// One request that reached the sandbox.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Call {
    pub route: Route,
    /// The target: a meeting's UUID, a file's id, a Drive file's id, a session.
    pub subject: String,
    /// Method and path as received, without credentials.
    pub request: String,
    /// The kind of token of a download, in words; empty for all other calls.
    pub token: &'static str,
    /// The response: a status, or a word such as `cut` or `stall`.
    pub answer: String,
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {}: {}", self.route, self.request, self.answer)
    }
}

/// The record of a sandbox's life. Shared by its Zoom and its Google.
#[derive(Debug)]
pub struct Transcript {
    inner: Mutex<Inner>,
    /// Raised at every call, violation and change of state, so that a test can wait without sleeping.
    changes: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Inner {
    calls: Vec<Call>,
    violations: Vec<String>,
}

impl Default for Transcript {
    fn default() -> Self {
        Self { inner: Mutex::default(), changes: watch::Sender::new(0) }
    }
}

impl Transcript {
    /// Notes a finished call.
    pub fn note(&self, call: Call) {
        self.lock().calls.push(call);
        self.changed();
    }

    /// Notes a broken rule: what was done, and what the real service says to it.
    pub fn violation(&self, what: impl Into<String>) {
        self.lock().violations.push(what.into());
        self.changed();
    }

    /// Tells waiters that something happened (a chunk was kept, a file was trashed).
    pub fn changed(&self) {
        self.changes.send_modify(|count| *count += 1);
    }

    /// All calls so far.
    pub fn calls(&self) -> Vec<Call> {
        self.lock().calls.clone()
    }

    /// Number of calls to this route so far.
    pub fn count(&self, route: Route) -> usize {
        self.lock().calls.iter().filter(|call| call.route == route).count()
    }

    /// All broken rules so far; empty for a caller that behaves.
    pub fn violations(&self) -> Vec<String> {
        self.lock().violations.clone()
    }

    /// Waits until `condition` holds, looking again at every change. False when `limit` ran out first.
    pub async fn wait_until(&self, limit: Duration, mut condition: impl FnMut() -> bool) -> bool {
        let mut changes = self.changes.subscribe();
        let watching = async {
            while !condition() {
                if changes.changed().await.is_err() {
                    return false;
                }
            }
            true
        };
        tokio::time::timeout(limit, watching).await.unwrap_or(false)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // A panic while the lock was held cannot leave a Vec half-written: go on with what is there.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
