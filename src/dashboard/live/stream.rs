//! The stream of one viewer.

use std::collections::{HashMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::response::sse::Event;
use axum_extra::extract::CookieJar;
use futures::{Stream, stream};
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::Instant;

use super::super::{Dashboard, door};
use super::hub::{Frame, Frames};

/// The first part is sent again after this time even if it is not new: it tells the page that the service lives, and
/// keeps the connection open.
const SIGN_OF_LIFE: Duration = Duration::from_secs(9);

/// The session is looked up again after this time.
const SESSION_EVERY: Duration = Duration::from_secs(60);

/// Who watches a page.
pub(super) struct Viewer {
    dashboard: Arc<Dashboard>,
    frames: Frames,
    /// Version of each part that was sent.
    sent: HashMap<&'static str, u64>,
    /// When the first part was sent.
    sent_at: Option<Instant>,
    /// Events that are not sent yet.
    queue: VecDeque<Event>,
    is_over: bool,
    session_check_at: Instant,
    jar: CookieJar,
    headers: HeaderMap,
    from: door::From,
    _place: OwnedSemaphorePermit,
}

impl Viewer {
    pub(super) fn new(
        dashboard: Arc<Dashboard>,
        frames: Frames,
        place: OwnedSemaphorePermit,
        (jar, headers, from): (CookieJar, HeaderMap, door::From),
    ) -> Self {
        Self {
            dashboard,
            frames,
            sent: HashMap::new(),
            sent_at: None,
            queue: VecDeque::new(),
            is_over: false,
            session_check_at: Instant::now() + SESSION_EVERY,
            jar,
            headers,
            from,
            _place: place,
        }
    }

    /// The events, as the viewer takes them.
    pub(super) fn stream(mut self, retry: Duration) -> impl Stream<Item = Result<Event, Infallible>> {
        self.queue.push_back(Event::default().retry(retry));
        // The page has what was rendered last, or nothing yet.
        let frame = self.frames.borrow_and_update().clone();
        if let Some(frame) = frame {
            self.take(&frame);
        }
        stream::unfold(self, |mut viewer| async move {
            loop {
                if let Some(event) = viewer.queue.pop_front() {
                    return Some((Ok(event), viewer));
                }
                if viewer.is_over {
                    return None;
                }
                viewer.wait().await;
            }
        })
    }

    /// Waits for news, or for the end.
    async fn wait(&mut self) {
        tokio::select! {
            biased;
            () = self.dashboard.stopping.cancelled() => self.is_over = true,
            () = tokio::time::sleep_until(self.session_check_at) => self.check_session().await,
            changed = self.frames.changed() => {
                let frame = self.frames.borrow_and_update().clone();
                match (changed, frame) {
                    (Ok(()), Some(frame)) => self.take(&frame),
                    (Ok(()), None) => {}
                    // The renderer has ended: the browser comes back.
                    (Err(_), _) => self.is_over = true,
                }
            }
        }
    }

    /// Queues the parts that are new to this viewer.
    fn take(&mut self, frame: &Frame) {
        for (index, part) in frame.iter().enumerate() {
            let is_new = self.sent.insert(part.id, part.version) != Some(part.version);
            let is_due = index == 0 && self.sent_at.is_none_or(|at| at.elapsed() >= SIGN_OF_LIFE);
            if is_new || is_due {
                self.queue.push_back(Event::default().event("part").data(&*part.html));
            }
            if index == 0 && (is_new || is_due) {
                self.sent_at = Some(Instant::now());
            }
        }
    }

    /// Ends the stream if the session has ended. If the store cannot say, the page is told so by its parts.
    async fn check_session(&mut self) {
        self.session_check_at = Instant::now() + SESSION_EVERY;
        let visitor = door::visitor(&self.dashboard, &self.jar, &self.headers, self.from).await;
        if let Ok(None) = visitor {
            self.queue.push_back(Event::default().event("over").data("the session has ended"));
            self.is_over = true;
        }
    }
}
