//! Renders pages for their viewers: one task for each page that has any.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

use super::super::overview::{self, Look, Memory};
use super::super::{Dashboard, recording};
use crate::jobs::JobId;

/// Streams at a time.
const STREAMS_MAX: usize = 64;

/// Recordings whose pages are rendered at a time.
const RECORDINGS_MAX: usize = 16;

/// Interval of the looks while something moves.
const WHILE_MOVING: Duration = Duration::from_secs(1);

/// The same while nothing moves.
const WHILE_STILL: Duration = Duration::from_secs(5);

/// A page with a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(in super::super) enum Of {
    Overview,
    Recording(JobId),
}

/// A part of a page.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The id of its element.
    pub(super) id: &'static str,
    pub(super) html: Arc<str>,
    /// Raised with each change that is news.
    pub(super) version: u64,
}

/// All parts of a page at one moment; the first is also sent as a sign of life.
pub(super) type Frame = Arc<[Part]>;

/// The frames of a page; `None` before the first.
pub(super) type Frames = watch::Receiver<Option<Frame>>;

/// All streams of this process.
pub(in super::super) struct Hub {
    dashboard: Arc<Dashboard>,
    places: Arc<Semaphore>,
    running: Mutex<HashMap<Of, watch::Sender<Option<Frame>>>>,
    /// What the overview has read lately.
    pub(in super::super) memory: tokio::sync::Mutex<Memory>,
}

impl Hub {
    pub(in super::super) fn new(dashboard: Arc<Dashboard>) -> Arc<Self> {
        Arc::new(Self {
            dashboard,
            places: Arc::new(Semaphore::new(STREAMS_MAX)),
            running: Mutex::default(),
            memory: tokio::sync::Mutex::default(),
        })
    }

    fn running(&self) -> MutexGuard<'_, HashMap<Of, watch::Sender<Option<Frame>>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The frames of this page and a place among the streams; `None` if there is no room.
    pub(super) fn subscribe(self: &Arc<Self>, of: Of) -> Option<(Frames, OwnedSemaphorePermit)> {
        let place = self.places.clone().try_acquire_owned().ok()?;
        let mut running = self.running();
        if let Some(sender) = running.get(&of) {
            return Some((sender.subscribe(), place));
        }
        let recordings = running.keys().filter(|of| matches!(of, Of::Recording(_))).count();
        if matches!(of, Of::Recording(_)) && recordings >= RECORDINGS_MAX {
            return None;
        }
        let (sender, receiver) = watch::channel(None);
        running.insert(of, sender.clone());
        tokio::spawn(Renderer { hub: self.clone(), of, sender, versions: Versions::default() }.run());
        Some((receiver, place))
    }

    /// The parts of a page now.
    async fn look(&self, of: Of) -> Look {
        match of {
            Of::Overview => {
                let mut memory = self.memory.lock().await;
                overview::look(&self.dashboard, &mut memory).await
            }
            Of::Recording(id) => self.look_at_recording(id).await,
        }
    }
}

impl Hub {
    /// The part of a recording. If it cannot be read, the page gets no news, and says that it is old.
    async fn look_at_recording(&self, id: JobId) -> Look {
        let moving = self.dashboard.sources.moving.now();
        let is_moving = moving.iter().any(|file| file.job == id.0);
        let parts = match recording::part(&self.dashboard, id).await {
            Ok(part) => overview::rendered("recording", &part, None).into_iter().collect(),
            Err(error) => {
                tracing::warn!(%error, job = id.0, "the part of a recording could not be read");
                Vec::new()
            }
        };
        Look { parts, is_moving }
    }
}

/// Renders one page while it has viewers.
struct Renderer {
    hub: Arc<Hub>,
    of: Of,
    sender: watch::Sender<Option<Frame>>,
    versions: Versions,
}

impl Renderer {
    async fn run(mut self) {
        loop {
            let Look { parts, is_moving } = self.hub.look(self.of).await;
            let frame = self.versions.frame(parts);
            // Sent even if nothing is new: it is the sign of life.
            self.sender.send_replace(Some(frame));
            let wait = if is_moving { WHILE_MOVING } else { WHILE_STILL };
            tokio::select! {
                biased;
                () = self.hub.dashboard.stopping.cancelled() => return,
                () = self.sender.closed() => {}
                () = tokio::time::sleep(wait) => {}
            }
            // A viewer who comes at this moment waits for the lock, and begins another task.
            let mut running = self.hub.running();
            if self.sender.receiver_count() == 0 {
                running.remove(&self.of);
                return;
            }
        }
    }
}

/// However the task ends, nobody waits for it: its viewers' streams end, and the next viewer begins another.
impl Drop for Renderer {
    fn drop(&mut self) {
        let mut running = self.hub.running();
        if running.get(&self.of).is_some_and(|sender| sender.same_channel(&self.sender)) {
            running.remove(&self.of);
        }
    }
}

/// The newest version of each part.
#[derive(Default)]
struct Versions(HashMap<&'static str, (u64, String)>);

impl Versions {
    fn frame(&mut self, parts: Vec<overview::Rendered>) -> Frame {
        let part = |rendered: overview::Rendered| {
            let known = self.0.entry(rendered.id).or_default();
            if known.1 != rendered.key {
                *known = (known.0 + 1, rendered.key);
            }
            Part { id: rendered.id, html: rendered.html.into(), version: known.0 }
        };
        parts.into_iter().map(part).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_new_key_makes_a_new_version() {
        let mut versions = Versions::default();
        let mut look = |html: &str, key: &str| {
            let rendered = overview::Rendered { id: "state", html: html.to_owned(), key: key.to_owned() };
            let frame = versions.frame(vec![rendered]);
            (frame[0].version, frame[0].html.to_string())
        };
        assert_eq!(look("well 14:03", "well"), (1, "well 14:03".to_owned()));
        assert_eq!(look("well 14:04", "well"), (1, "well 14:04".to_owned()));
        assert_eq!(look("bad 14:05", "bad"), (2, "bad 14:05".to_owned()));
    }
}
