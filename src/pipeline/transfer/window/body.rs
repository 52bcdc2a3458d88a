//! A request's body: the window's bytes as they arrive, up to where the request is held or ends.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};

use super::{SourceBroke, SourceEnd, Window, len, wake};

/// A request body of known length that reads from a window. If the request fails, the window stays.
#[derive(Debug)]
pub struct WindowBody {
    pub(super) window: Arc<Window>,
    pub(super) position: u64,
    pub(super) end: u64,
}

impl Body for WindowBody {
    type Data = Bytes;
    type Error = SourceBroke;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, SourceBroke>>> {
        if self.position == self.end {
            return Poll::Ready(None);
        }
        let window = self.window.clone();
        let mut inner = window.lock();
        // Without its last byte an upload cannot complete: a source that breaks, or is longer than announced, is
        // noticed in time.
        let is_whole = inner.ended == Some(SourceEnd::Complete);
        let end = if is_whole { self.end } else { self.end.min(window.total.saturating_sub(1)) };
        if let Some(piece) = inner.piece_at(self.position, end.min(inner.hold_at)) {
            self.position += len(&piece);
            inner.cursor = self.position;
            inner.forget(window.bytes_max);
            wake(&mut inner.reader);
            if inner.cursor >= inner.watched {
                wake(&mut inner.watcher);
            }
            return Poll::Ready(Some(Ok(Frame::data(piece))));
        }
        if inner.ended.is_some() && self.position < inner.hold_at {
            return Poll::Ready(Some(Err(SourceBroke)));
        }
        inner.sender = Some(context.waker().clone());
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.position == self.end
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.end - self.position)
    }
}
