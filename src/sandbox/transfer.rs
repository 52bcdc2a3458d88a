//! Bytes on their way: a part of a content, with every way in which a transfer can go wrong.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::Frame;
use tokio::time::Sleep;

use super::content::Content;
use super::faults::Fault;
use super::line::Line;
use super::serve::Cut;

/// Number of bytes sent at a time.
const FRAME: usize = 64 * 1024;

/// Before a cut the bytes sent so far get this long to leave the server's buffers: a connection that
/// is closed at once would take the last of them along, and a fault would not say what it does.
const FLUSH_FOR: Duration = Duration::from_millis(10);

/// The bytes to send, and their headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) is_partial: bool,
}

impl Span {
    /// The part that a header asks for, unless a fault decides otherwise.
    pub(super) fn of(range: Option<&str>, size: u64, fault: Option<&Fault>) -> Result<Self, Unsatisfiable> {
        Ok(match range.map_or(Ok(None), |range| parse_range(range, size))? {
            Some(_) if fault == Some(&Fault::MediaNoRange) => Self::whole(size),
            Some((start, end)) => Self { start, end, is_partial: true }.misplaced(fault, size),
            None => Self::whole(size),
        })
    }

    /// All of it.
    fn whole(size: u64) -> Self {
        Self { start: 0, end: size, is_partial: false }
    }

    /// The fault of a server that answers another range than the asked one, and says so.
    fn misplaced(self, fault: Option<&Fault>, size: u64) -> Self {
        if fault != Some(&Fault::MediaWrongRange) {
            return self;
        }
        let start = if self.start > 0 { self.start / 2 } else { 1.min(size.saturating_sub(1)) };
        Self { start, ..self }
    }
}

/// The range begins behind the last byte.
#[derive(Debug)]
pub(super) struct Unsatisfiable;

/// First byte and the one behind the last. `None` for what is no single byte range: to be ignored.
fn parse_range(header: &str, size: u64) -> Result<Option<(u64, u64)>, Unsatisfiable> {
    let Some((first, last)) = header.strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
        return Ok(None);
    };
    let (start, end) = match (first.parse::<u64>(), last.parse::<u64>()) {
        (Ok(first), Ok(last)) if first <= last => (first, last.saturating_add(1).min(size)),
        (Ok(first), Err(_)) if last.is_empty() => (first, size),
        (Err(_), Ok(suffix)) if first.is_empty() && suffix > 0 => (size.saturating_sub(suffix), size),
        _ => return Ok(None),
    };
    if start >= size { Err(Unsatisfiable) } else { Ok(Some((start, end))) }
}

/// The end of the body after the last byte.
#[derive(Debug, Clone, Copy)]
enum TailFault {
    Orderly,
    Cut,
    Stall,
}

/// A body that is made as fast as the client takes it: never more than one frame exists.
pub(super) struct Transfer {
    content: Content,
    /// Told where each frame begins, and how long it is.
    sent: Box<dyn Fn(u64, usize) + Send>,
    next: u64,
    end: u64,
    ending: TailFault,
    flush: Option<Pin<Box<Sleep>>>,
    /// The wait before each frame, if a script sets one.
    every: Option<Duration>,
    pause: Option<Pin<Box<Sleep>>>,
    line: Option<Arc<Line>>,
}

impl Transfer {
    /// The part of a content, with what a fault makes of it, and the length that is announced.
    pub(super) fn new(
        content: Content,
        span: Span,
        fault: Option<&Fault>,
        sent: impl Fn(u64, usize) + Send + 'static,
    ) -> (Self, Option<u64>) {
        let mut end = span.end;
        let mut announced = Some(span.end - span.start);
        let mut ending = TailFault::Orderly;
        let at = |bytes: u64| span.start.saturating_add(bytes).min(span.end);
        match fault {
            Some(Fault::MediaCut(bytes)) if at(*bytes) < span.end => {
                (end, ending) = (at(*bytes), TailFault::Cut)
            }
            Some(Fault::MediaStall(bytes)) if at(*bytes) < span.end => {
                (end, ending) = (at(*bytes), TailFault::Stall);
            }
            Some(Fault::MediaShort(bytes)) => {
                end = at(*bytes);
                announced = Some(end - span.start);
            }
            Some(Fault::MediaWrongLength(more)) => {
                announced = Some(span.end - span.start + more);
                ending = TailFault::Cut;
            }
            Some(Fault::MediaUnsized | Fault::MediaUnmarked) => announced = None,
            _ => {}
        }
        let every = match fault {
            Some(Fault::MediaSlow(every)) => Some(*every),
            _ => None,
        };
        let (next, sent) = (span.start, Box::new(sent));
        (Self { content, sent, next, end, ending, flush: None, every, pause: None, line: None }, announced)
    }

    /// The same over a line that may be slow.
    pub(super) fn over(mut self, line: Arc<Line>) -> Self {
        self.line = Some(line);
        self
    }
}

impl http_body::Body for Transfer {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        if self.next < self.end {
            if let Some(every) = self.every {
                let pause = self.pause.get_or_insert_with(|| Box::pin(tokio::time::sleep(every)));
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            if let Some(pause) = &mut self.pause {
                ready!(pause.as_mut().poll(context));
                self.pause = None;
            }
            let left = usize::try_from(self.end - self.next).unwrap_or(FRAME);
            let bytes = self.content.bytes(self.next, left.min(FRAME));
            (self.sent)(self.next, bytes.len());
            let passed = self.line.as_ref().and_then(|line| line.pass(bytes.len()));
            self.pause = passed.map(|passed| Box::pin(tokio::time::sleep_until(passed)));
            self.next += bytes.len() as u64;
            return Poll::Ready(Some(Ok(Frame::data(bytes))));
        }
        match self.ending {
            TailFault::Orderly => Poll::Ready(None),
            // Nothing wakes this: the connection waits until the client gives up.
            TailFault::Stall => Poll::Pending,
            TailFault::Cut => {
                let flush = self.flush.get_or_insert_with(|| Box::pin(tokio::time::sleep(FLUSH_FOR)));
                ready!(flush.as_mut().poll(context));
                Poll::Ready(Some(Err(Cut)))
            }
        }
    }
}
