//! Sends one request of an upload: its bytes as they arrive, checkpoints while they are sent, and its end.
//!
//! A request may be much larger than a chunk. About every chunk a checkpoint is stored, ahead of what Drive has confirmed.
//! At such a point a request is cut when it must not go on: the bytes before it are on their way, and Drive is asked how
//! many arrived.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::Duration;

use reqwest::Body;
use tokio::time::{sleep, timeout};

use super::super::{Failure, Pipeline};
use super::relay::Relay;
use super::request_size::{RequestSize, Timing};
use super::window::{SourceEnd, Window};
use crate::google::GoogleError;
use crate::google::upload::{Chunk, ChunkResponse, UploadError};
use crate::secret::SecretUrl;
use crate::telemetry::meters;
use crate::telemetry::stopwatch::Stopwatch;

/// Interval of looking whether bytes flow, and whether the request may go on.
const LOOK_EVERY: Duration = Duration::from_millis(250);

/// Time for the last bytes of a request to leave, when something waits for its end or its source broke. What does not
/// leave in time is sent again.
pub(super) const LEAVE_WITHIN: Duration = Duration::from_millis(200);

/// The same when nothing waits.
const LEAVE_SLOWLY: Duration = Duration::from_secs(5);

/// A request that takes longer is cut: it began with a token that was valid for at least this time.
const CUT_AFTER: Duration = Duration::from_secs(300);

/// The bytes of a request, and the file's size.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) total: u64,
}

/// How a request ended.
#[derive(Debug)]
pub(super) enum Outcome {
    /// Drive answered. The timing is there if all bytes had been sent by then.
    Answered(ChunkResponse, Option<Timing>),
    /// It failed, or nothing moved.
    Failed(UploadError),
    /// It was cut at a checkpoint. Drive must be asked for its offset.
    Cut,
}

/// How far a running request is.
struct Sending {
    span: Span,
    begun: Stopwatch,
    /// How long that took, and the time since then, once its last byte was passed on.
    all_sent: Option<(Duration, Stopwatch)>,
    /// The next checkpoint, or the request's end.
    next: u64,
    chunk_size: u64,
    /// Where it is cut, once that is decided.
    cut_at: Option<u64>,
    cursor: u64,
    moved: Stopwatch,
}

impl Sending {
    fn new(span: Span, chunk_size: u64) -> Self {
        let (begun, next) = (Stopwatch::start(), span.end.min(span.start.saturating_add(chunk_size)));
        Self { span, begun, all_sent: None, next, chunk_size, cut_at: None, cursor: span.start, moved: begun }
    }

    /// The bytes up to `next` were passed on.
    fn passed(&mut self) {
        if self.next == self.span.end {
            self.all_sent = Some((self.begun.elapsed(), Stopwatch::start()));
        } else {
            self.next = self.span.end.min(self.next.saturating_add(self.chunk_size));
        }
    }

    /// Decides to cut the request at its next checkpoint. One that is about to end anyway ends there.
    fn cut(&mut self, window: &Window) {
        let mut at = self.next;
        while at < self.span.end && !window.hold_at(at) {
            at = self.span.end.min(at.saturating_add(self.chunk_size));
        }
        self.cut_at = Some(at);
    }

    /// How long nothing has moved.
    fn idle(&mut self, cursor: u64) -> Duration {
        if cursor != self.cursor {
            (self.cursor, self.moved) = (cursor, Stopwatch::start());
        }
        self.moved.elapsed()
    }

    fn timing(&self) -> Option<Timing> {
        let (sending, waiting) = self.all_sent?;
        Some(Timing { bytes: self.span.end - self.span.start, sending, waiting: waiting.elapsed() })
    }
}

impl Relay<'_> {
    /// Sends one request. Gives up when nothing moves, and cuts it when it must not go on.
    ///
    /// # Errors
    /// When a checkpoint cannot be stored, above all when the lease is gone.
    pub(super) async fn send_request(
        &mut self,
        window: &Arc<Window>,
        session: &SecretUrl,
        span: Span,
    ) -> Result<Outcome, Failure> {
        let (pipeline, run) = (self.pipeline, self.run);
        let chunk = Chunk { start: span.start, end: span.end, body: Body::wrap(window.body(span.end)) };
        let request = pipeline.drive.send_chunk(session, chunk, span.total);
        tokio::pin!(request);
        let mut sending = Sending::new(span, pipeline.relay.chunk_size);
        let idle_timeout = pipeline.relay.idle_timeout;
        let look_every = idle_timeout.min(LOOK_EVERY);
        loop {
            tokio::select! {
                answer = &mut request => return Ok(ended(answer, &sending)),
                () = window.wait_for_sent(sending.next), if sending.all_sent.is_none() => {
                    let at = sending.next;
                    sending.passed();
                    if at < span.end {
                        self.save_ahead(window).await?;
                    }
                    if sending.cut_at == Some(at) && at < span.end {
                        let is_urgent = run.stopping.is_cancelled() || self.must_give_way();
                        let leave = if is_urgent { LEAVE_WITHIN } else { LEAVE_SLOWLY };
                        let last = timeout(leave, &mut request).await;
                        return Ok(last.map_or(Outcome::Cut, |answer| ended(answer, &sending)));
                    }
                }
                () = run.stopping.cancelled(), if sending.cut_at.is_none() => sending.cut(window),
                () = sleep(look_every) => {
                    let idle = sending.idle(window.cursor());
                    if idle >= idle_timeout {
                        let what = "the upload stalled".to_owned();
                        return Ok(Outcome::Failed(GoogleError::Unreachable { what, after: None }.into()));
                    }
                    let must_give_way = self.must_give_way();
                    // A fresh recording does not wait for a slow chunk.
                    if must_give_way && sending.begun.elapsed() >= idle_timeout {
                        return Ok(Outcome::Cut);
                    }
                    let lasts = sending.begun.elapsed();
                    if sending.cut_at.is_none() && (must_give_way || lasts >= CUT_AFTER) {
                        if lasts >= CUT_AFTER {
                            pipeline.request_size().lasted(window.cursor().saturating_sub(span.start), lasts);
                        }
                        sending.cut(window);
                    }
                }
            }
        }
    }

    /// Stores the checkpoints of what was sent, before Drive confirms it.
    async fn save_ahead(&mut self, window: &Window) -> Result<(), Failure> {
        self.record.progress.ahead = window.ahead();
        self.record.provenance = self.provenance;
        let progress = &self.record.progress;
        Ok(self.pipeline.store.save_ahead(self.run.lease, self.record, progress).await?)
    }

    /// Asks Drive how much of a cut request arrived. Whatever cut it is not kept waiting by a failure.
    pub(super) async fn position_after_cut(
        &self,
        session: &SecretUrl,
        total: u64,
        tries: u32,
    ) -> Result<ChunkResponse, Failure> {
        match self.pipeline.drive.ask_position(session, total).await {
            Ok(answer) if answer != ChunkResponse::HoldsNothing => Ok(answer),
            _ => {
                self.run.go_on()?;
                if self.must_give_way() {
                    return Err(Failure::GaveWay);
                }
                self.ask_again(session, total, tries, Failure::retry("a request was cut")).await
            }
        }
    }

    /// Adapts the size of the next request. A source that broke says nothing about Drive.
    pub(super) fn learn(&self, window: &Window, outcome: &Outcome, start: u64, end: u64) {
        if window.ended() == Some(SourceEnd::Broken) {
            return;
        }
        let mut size = self.pipeline.request_size();
        let before = *size;
        match outcome {
            Outcome::Answered(ChunkResponse::Holds { held, .. }, _) if *held < end => size.failed(),
            Outcome::Answered(ChunkResponse::HoldsNothing, _) | Outcome::Failed(_) => size.failed(),
            Outcome::Answered(_, Some(timing)) if end > start => {
                meters::upload_answered(timing.waiting);
                size.answered(*timing);
            }
            Outcome::Answered(..) | Outcome::Cut => {}
        }
        if *size != before {
            tracing::debug!(bytes = size.bytes(), "the size of upload requests has changed");
        }
    }
}

impl Pipeline {
    /// The size of upload requests, over all files: it is about the line.
    pub(super) fn request_size(&self) -> MutexGuard<'_, RequestSize> {
        self.request_size.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn ended(answer: Result<ChunkResponse, UploadError>, sending: &Sending) -> Outcome {
    match answer {
        Ok(answer) => Outcome::Answered(answer, sending.timing()),
        Err(error) => Outcome::Failed(error),
    }
}
