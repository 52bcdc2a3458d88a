//! The window over a running transfer: bytes arrive from Zoom, are hashed once, are passed to Drive as they come, and
//! the most recent ones are kept in case they must be sent again.
//!
//! Memory never exceeds the window: reading stops while half of it is unsent, and sent bytes are dropped oldest
//! first. While Drive's answer to a request is awaited, nearly all of it may be unsent: what is read meanwhile is sent as
//! fast as the line takes it afterwards. At every 256 KiB, the step in which Drive keeps uploads, the hash state is kept,
//! so that there is a checkpoint for whatever offset Drive confirms.

mod body;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};

use super::checkpoint::Checkpoint;
use super::marks::Marks;
use crate::config::UPLOAD_STEP;
use crate::live::Sent;
use body::WindowBody;
use bytes::Bytes;

/// Sent bytes that are kept while an answer is awaited: a Drive that keeps whole steps has nearly all of them.
const KEPT_SENT: u64 = 2 * UPLOAD_STEP;

/// The recent bytes of one file, shared by the task that reads them and the request that sends them.
#[derive(Debug)]
pub struct Window {
    inner: Mutex<Inner>,
    bytes_max: u64,
    /// The file's size. Its last byte is released only once the source has ended regularly.
    total: u64,
}

#[derive(Debug)]
struct Inner {
    pieces: VecDeque<Bytes>,
    /// Offset of the first kept byte.
    base: u64,
    /// Offset of the next byte for Drive. Never before `base`.
    cursor: u64,
    /// End and hash of everything read so far.
    head: Checkpoint,
    /// Hash states at earlier offsets.
    marks: Marks,
    /// End of the running request.
    request_end: u64,
    /// The running request gets no byte from here on.
    hold_at: u64,
    /// Wakes the watcher once the cursor is there.
    watched: u64,
    watcher: Option<Waker>,
    /// How the source has ended, once it has.
    ended: Option<SourceEnd>,
    reader: Option<Waker>,
    sender: Option<Waker>,
}

/// How a source ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SourceEnd {
    /// Regularly.
    Complete,
    /// It broke; the reader has the error.
    Broken,
}

/// The source broke while its bytes were being sent.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the download from Zoom was interrupted")]
pub struct SourceBroke;

impl Window {
    /// A window that begins at a checkpoint, with room for `bytes_max` bytes, over a file of `total` bytes. Every `chunk_size`
    /// bytes there is a checkpoint for the store.
    pub fn new(start: Checkpoint, bytes_max: u64, chunk_size: u64, total: u64) -> Arc<Self> {
        let inner = Inner {
            pieces: VecDeque::new(),
            base: start.offset,
            cursor: start.offset,
            marks: Marks::new(start.clone(), steps_kept(bytes_max), chunk_size),
            request_end: u64::MAX,
            hold_at: u64::MAX,
            watched: u64::MAX,
            watcher: None,
            head: start,
            ended: None,
            reader: None,
            sender: None,
        };
        Arc::new(Self { inner: Mutex::new(inner), bytes_max, total })
    }

    /// Waits until there is room, then adds bytes. At most half the window may be unsent while a request is being sent:
    /// the other half is for bytes that Drive has not confirmed.
    pub async fn push(&self, piece: Bytes) {
        std::future::poll_fn(|context| {
            let mut inner = self.lock();
            let unsent = inner.head.offset - inner.cursor;
            let is_all_sent = inner.cursor == inner.request_end;
            let half = self.bytes_max / 2;
            let unsent_max =
                if is_all_sent { half.max(self.bytes_max.saturating_sub(KEPT_SENT)) } else { half };
            if unsent > 0 && unsent + len(&piece) > unsent_max {
                inner.reader = Some(context.waker().clone());
                return Poll::Pending;
            }
            Poll::Ready(())
        })
        .await;
        let mut inner = self.lock();
        inner.take_in(piece);
        inner.forget(self.bytes_max);
        wake(&mut inner.sender);
    }

    /// Adds bytes that Drive has already: they are hashed, not kept.
    pub fn skip(&self, piece: Bytes) {
        let mut inner = self.lock();
        inner.take_in(piece);
        inner.cursor = inner.head.offset;
        inner.forget(0);
    }

    /// Records the end of the source.
    pub fn end(&self, ending: SourceEnd) {
        let mut inner = self.lock();
        inner.ended = Some(ending);
        wake(&mut inner.sender);
    }

    /// End of the bytes read so far.
    pub fn head(&self) -> Checkpoint {
        self.lock().head.clone()
    }

    /// Offset up to which bytes were passed to Drive: it shows whether a request moves.
    pub fn cursor(&self) -> u64 {
        self.lock().cursor
    }

    /// How the source ended, if it has.
    pub fn ended(&self) -> Option<SourceEnd> {
        self.lock().ended
    }

    /// Records that Drive has confirmed everything before `offset`. Returns the last confirmed checkpoint.
    pub fn confirm(&self, offset: u64) -> Checkpoint {
        let mut inner = self.lock();
        if inner.head.offset == offset {
            let head = inner.head.clone();
            inner.marks.confirm_head(head.clone());
            return head;
        }
        inner.marks.confirm(offset)
    }

    /// The checkpoints beyond what Drive has confirmed. The store keeps them.
    pub fn ahead(&self) -> Vec<u8> {
        Checkpoint::states(self.lock().marks.ahead())
    }

    /// Waits until the bytes before `offset` were passed to Drive.
    pub async fn wait_for_sent(&self, offset: u64) {
        std::future::poll_fn(|context| {
            let mut inner = self.lock();
            if inner.cursor >= offset {
                return Poll::Ready(());
            }
            inner.watched = offset;
            inner.watcher = Some(context.waker().clone());
            Poll::Pending
        })
        .await;
    }

    /// Lets the running request get no byte from `offset` on. False when it had some already.
    pub fn hold_at(&self, offset: u64) -> bool {
        let mut inner = self.lock();
        let is_ahead = inner.cursor <= offset;
        if is_ahead {
            inner.hold_at = offset;
        }
        is_ahead
    }

    /// Waits until the source has ended, and returns how.
    pub async fn wait_for_end(&self) -> SourceEnd {
        std::future::poll_fn(|context| {
            let mut inner = self.lock();
            if let Some(ending) = inner.ended {
                return Poll::Ready(ending);
            }
            inner.sender = Some(context.waker().clone());
            Poll::Pending
        })
        .await
    }

    /// Moves the cursor to `offset`, to send from there. False when those bytes are no longer, or not yet, in the
    /// window.
    pub fn rewind(&self, offset: u64) -> bool {
        let mut inner = self.lock();
        let is_inside = (inner.base..=inner.head.offset).contains(&offset);
        if is_inside {
            inner.cursor = offset;
            wake(&mut inner.reader);
        }
        is_inside
    }

    /// The bytes from the cursor to `end` as the body of a request, sent as they arrive.
    pub fn body(self: &Arc<Self>, end: u64) -> WindowBody {
        let mut inner = self.lock();
        let position = inner.cursor;
        inner.request_end = end;
        inner.hold_at = u64::MAX;
        WindowBody { window: self.clone(), position, end }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        // Nothing here can panic half-way through a change.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sent for Window {
    fn sent(&self) -> u64 {
        self.cursor()
    }

    fn confirmed(&self) -> u64 {
        self.lock().marks.confirmed()
    }
}

impl Inner {
    /// Hashes the piece, storing the state at every step, and keeps it.
    fn take_in(&mut self, piece: Bytes) {
        let mut rest = piece.as_ref();
        while !rest.is_empty() {
            let to_step = UPLOAD_STEP - self.head.offset % UPLOAD_STEP;
            let take = usize::try_from(to_step).map_or(rest.len(), |to_step| to_step.min(rest.len()));
            let (now, later) = rest.split_at(take);
            self.head.absorb(now);
            if self.head.offset.is_multiple_of(UPLOAD_STEP) {
                self.marks.push(self.head.clone());
            }
            rest = later;
        }
        self.pieces.push_back(piece);
    }

    /// Drops the oldest sent pieces until the rest fits.
    fn forget(&mut self, bytes_max: u64) {
        while let Some(first) = self.pieces.front() {
            let end = self.base + len(first);
            if self.head.offset - self.base <= bytes_max || end > self.cursor {
                break;
            }
            self.base = end;
            self.pieces.pop_front();
        }
    }

    /// The bytes at `position`, up to `end`, as far as one piece has them.
    fn piece_at(&self, position: u64, end: u64) -> Option<Bytes> {
        if position >= end {
            return None;
        }
        let mut start = self.base;
        for piece in &self.pieces {
            let piece_end = start + len(piece);
            if position < piece_end {
                let from = usize::try_from(position - start).ok()?;
                let to = usize::try_from(end.min(piece_end) - start).ok()?;
                return Some(piece.slice(from..to));
            }
            start = piece_end;
        }
        None
    }
}

fn len(bytes: &Bytes) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

/// A checkpoint at each step of the kept bytes, and at the ends of them.
fn steps_kept(bytes_max: u64) -> usize {
    usize::try_from(bytes_max / UPLOAD_STEP).unwrap_or(usize::MAX).saturating_add(2)
}

fn wake(waker: &mut Option<Waker>) {
    if let Some(waker) = waker.take() {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use proptest::prelude::*;
    use sha2::{Digest, Sha256};

    use super::*;

    #[tokio::test]
    async fn what_is_sent_and_what_is_confirmed_can_be_seen() {
        let window = Window::new(Checkpoint::start(), 1 << 20, 1 << 20, 600_000);
        window.push(content(600_000).into()).await;
        assert_eq!((window.sent(), window.confirmed()), (0, 0));
        window.body(300_000).collect().await.unwrap();
        window.confirm(262_144);
        assert_eq!((window.sent(), window.confirmed()), (300_000, 262_144));
    }

    fn content(size: usize) -> Vec<u8> {
        (0..size).map(|index| u8::try_from(index * 7 % 251).unwrap()).collect()
    }

    #[tokio::test]
    async fn memory_stays_within_the_window_and_the_bytes_arrive_whole() {
        let data = content(3_000_000);
        let window = Window::new(Checkpoint::start(), 1_000_000, 1 << 20, 3_000_000);
        let reader = async {
            for piece in data.chunks(60_000) {
                window.push(Bytes::copy_from_slice(piece)).await;
                let inner = window.lock();
                let kept: u64 = inner.pieces.iter().map(len).sum();
                assert!(kept <= 1_000_000, "{kept}");
            }
            window.end(SourceEnd::Complete);
        };
        let body = window.body(3_000_000);
        let (sent, ()) = tokio::join!(body.collect(), reader);
        assert_eq!(sent.unwrap().to_bytes(), data);
        assert_eq!(window.head().digest(), hex::encode(Sha256::digest(&data)));
    }

    #[tokio::test]
    async fn a_broken_source_breaks_the_body() {
        let window = Window::new(Checkpoint::start(), 1_000_000, 1 << 20, 10);
        window.push(Bytes::from_static(b"abc")).await;
        window.end(SourceEnd::Broken);
        assert!(window.body(10).collect().await.is_err());
        assert!(window.rewind(0));
        assert_eq!(window.body(3).collect().await.unwrap().to_bytes(), "abc");
    }

    #[tokio::test]
    async fn the_last_byte_waits_for_the_source_to_end() {
        let window = Window::new(Checkpoint::start(), 1_000_000, 1 << 20, 3);
        window.push(Bytes::from_static(b"abc")).await;
        let mut body = window.body(3);
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "ab");
        let mut last = std::pin::pin!(body.frame());
        assert!(futures::poll!(&mut last).is_pending());
        window.end(SourceEnd::Complete);
        assert_eq!(last.await.unwrap().unwrap().into_data().unwrap(), "c");
        assert_eq!(window.wait_for_end().await, SourceEnd::Complete);
    }

    proptest! {
        #[test]
        fn any_confirmed_offset_gives_a_mark_that_continues_the_hash(size in 1_usize..2_000_000, at in 0.0..1.0_f64, piece in 1_usize..400_000) {
            let data = content(size);
            let window = Window::new(Checkpoint::start(), 1 << 40, 1 << 20, u64::MAX);
            for piece in data.chunks(piece) {
                window.skip(Bytes::copy_from_slice(piece));
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "a test's offset")]
            let confirmed = (at * size as f64) as u64;
            let checkpoint = window.confirm(confirmed);
            prop_assert!(checkpoint.offset <= confirmed && confirmed - checkpoint.offset < UPLOAD_STEP);
            let stored = Checkpoint::load(checkpoint.offset, &checkpoint.state());
            let rest = Window::new(stored, 1 << 40, 1 << 20, u64::MAX);
            rest.skip(Bytes::copy_from_slice(&data[usize::try_from(checkpoint.offset).unwrap()..]));
            prop_assert_eq!(rest.head().digest(), hex::encode(Sha256::digest(&data)));
        }

        #[test]
        fn rubbish_in_the_store_means_starting_over(state in proptest::collection::vec(any::<u8>(), 0..120), offset in any::<u64>()) {
            let checkpoint = Checkpoint::load(offset, &state);
            prop_assert!(checkpoint.offset == 0 || checkpoint.offset == offset);
        }
    }
}
