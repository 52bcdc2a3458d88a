//! Request bodies: counted against the memory budget, cut when they are slow, and drained after an early answer.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::http::header::EXPECT;
use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::Request;
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep};

use super::budget::{BodyBudget, BudgetShare};
use super::connections::Connection;

/// Time limit for a body. Zoom itself gives up after three seconds.
const BODY_WITHIN: Duration = Duration::from_secs(5);

/// Most bytes of an unread body that are read and dropped after the answer. If a connection is closed while bytes
/// arrive, it is reset, and the sender may never see the answer.
const DISCARD_BYTES_MAX: usize = 2 * 1024 * 1024;

/// Why a body was cut.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyFault {
    #[error("the body broke off: {0}")]
    Broken(hyper::Error),
    #[error("the body took longer than {}s", BODY_WITHIN.as_secs())]
    Slow,
    #[error("there is no memory for the body: too many large ones are arriving")]
    NoRoom,
}

/// A request's body. It ends with a fault when it is too slow, or when it is evicted. It notes when it is complete.
#[derive(Debug)]
pub(super) struct BudgetedBody {
    source: Arc<Mutex<Source>>,
    holding: Arc<BudgetShare>,
    connection: Arc<Connection>,
    deadline: Pin<Box<Sleep>>,
    has_failed: bool,
}

/// The server's hold on a body until the request is answered: only then is its memory released.
#[derive(Debug)]
pub(super) struct BodyPermit {
    source: Arc<Mutex<Source>>,
    until: Instant,
    _holding: Arc<BudgetShare>,
}

#[derive(Debug)]
struct Source {
    body: Incoming,
    /// True if the sender waits for `100 Continue` (`Expect: 100-continue`) and has not got it.
    is_held_back: bool,
}

/// Wraps a request's body.
pub(super) fn receive(
    request: Request<Incoming>,
    budget: &Arc<BodyBudget>,
    connection: &Arc<Connection>,
) -> (Request<BudgetedBody>, BodyPermit) {
    let (head, body) = request.into_parts();
    let source = Source { body, is_held_back: head.headers.contains_key(EXPECT) };
    let (source, holding) = (Arc::new(Mutex::new(source)), Arc::new(budget.begin()));
    let until = Instant::now() + BODY_WITHIN;
    let body = BudgetedBody {
        source: source.clone(),
        holding: holding.clone(),
        connection: connection.clone(),
        deadline: Box::pin(tokio::time::sleep_until(until)),
        has_failed: false,
    };
    body.look();
    (Request::from_parts(head, body), BodyPermit { source, until, _holding: holding })
}

impl BudgetedBody {
    fn look(&self) {
        if lock(&self.source).body.is_end_stream() {
            self.is_whole();
        }
    }

    fn is_whole(&self) {
        self.holding.is_whole();
        self.connection.is_served();
    }

    fn fails(&mut self, fault: BodyFault) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        self.has_failed = true;
        Poll::Ready(Some(Err(fault)))
    }
}

impl Body for BudgetedBody {
    type Data = Bytes;
    type Error = BodyFault;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyFault>>> {
        if self.has_failed {
            return Poll::Ready(None);
        }
        if self.holding.is_evicted(cx) {
            return self.fails(BodyFault::NoRoom);
        }
        let polled = lock(&self.source).poll_frame(cx);
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                if !self.holding.grow(frame.data_ref().map_or(0, Bytes::len)) {
                    return self.fails(BodyFault::NoRoom);
                }
                self.look();
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => self.fails(BodyFault::Broken(error)),
            Poll::Ready(None) => {
                self.is_whole();
                Poll::Ready(None)
            }
            Poll::Pending if self.deadline.as_mut().poll(cx).is_ready() => self.fails(BodyFault::Slow),
            Poll::Pending => Poll::Pending,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.has_failed || lock(&self.source).body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        lock(&self.source).body.size_hint()
    }
}

impl Source {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        self.is_held_back = false;
        Pin::new(&mut self.body).poll_frame(cx)
    }
}

impl BodyPermit {
    /// Called when the request is answered. Drains the unread rest of the body while the answer goes out.
    pub(super) fn answered(self) {
        let Self { source, until, .. } = self;
        let is_over = {
            let source = lock(&source);
            source.is_held_back || source.body.is_end_stream()
        };
        if !is_over {
            tokio::spawn(tokio::time::timeout_at(until, discard(source)));
        }
    }
}

async fn discard(source: Arc<Mutex<Source>>) {
    let mut left = DISCARD_BYTES_MAX;
    while let Some(Ok(frame)) = poll_fn(|cx| lock(&source).poll_frame(cx)).await {
        match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

fn lock(source: &Mutex<Source>) -> MutexGuard<'_, Source> {
    source.lock().unwrap_or_else(PoisonError::into_inner)
}
