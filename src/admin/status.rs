//! How far the archive is behind, as far as that can be known: by HTTP and by `jobs status`, the same shape.

use serde::Serialize;

use super::view::time;
use crate::jobs::{Backlog, Figures, Millis, SWEEP_SINGLETON, SingletonState, Sweeping, backlog};
use crate::store::{Store, StoreError};

/// What is not archived yet. A figure that is not known is null, and `why` says why; it is never zero.
#[derive(Debug, Serialize)]
pub struct StatusView {
    /// Recordings that are not proved to be on Drive.
    pub unarchived: Option<u64>,
    /// When the oldest of them happened.
    pub oldest_at: Option<String>,
    /// How long ago that was.
    pub oldest_age_seconds: Option<u64>,
    /// The first day (UTC) on which Zoom's own retention deletes one of them.
    pub zoom_deletes_on: Option<String>,
    /// Why these four are not known; null when they are.
    pub why: Option<String>,
    /// Whether they count everybody's recordings. False as well when they are not known.
    pub complete: bool,
    /// Whose recordings they leave out, and why; null when they count everybody's or are not known.
    pub not_seen: Option<String>,
    /// Jobs that wait for a person.
    pub parked: u64,
    /// When Zoom last called.
    pub last_event_at: Option<String>,
    /// The sweep, which asks Zoom what there is.
    pub sweep: SweepView,
}

/// What is known of the sweep.
#[derive(Debug, Serialize)]
pub struct SweepView {
    /// When it was last begun or ended.
    pub tried_at: Option<String>,
    /// When it last saw everything.
    pub succeeded_at: Option<String>,
    /// What came of it last.
    pub note: String,
}

/// Asks the store for everything that the view shows.
///
/// # Errors
/// When the store fails.
pub async fn status(store: &Store, sweeping: Sweeping) -> Result<StatusView, StoreError> {
    let (backlog, singleton) = (store.backlog().await?, store.singleton(SWEEP_SINGLETON).await?);
    Ok(StatusView::new(&backlog, &singleton, sweeping, store.now().await?))
}

impl StatusView {
    /// The figures at this moment of the store's clock.
    pub fn new(backlog: &Backlog, singleton: &SingletonState, sweeping: Sweeping, now: Millis) -> Self {
        let mut view = Self {
            unarchived: None,
            oldest_at: None,
            oldest_age_seconds: None,
            zoom_deletes_on: None,
            why: None,
            complete: false,
            not_seen: None,
            parked: backlog.parked,
            last_event_at: backlog.last_event_at.map(time),
            sweep: SweepView {
                tried_at: singleton.tried_at.map(time),
                succeeded_at: singleton.succeeded_at.map(time),
                note: singleton.note.clone(),
            },
        };
        match backlog::figures(backlog, singleton, sweeping, now) {
            Figures::Unknown { why } => view.why = Some(why),
            Figures::Known { unarchived, oldest_at, oldest_age, zoom_deletes_at, unseen } => {
                view.complete = unseen.is_empty();
                view.not_seen = Some(unseen).filter(|unseen| !unseen.is_empty());
                view.unarchived = Some(unarchived);
                view.oldest_at = oldest_at.map(time);
                view.oldest_age_seconds = oldest_age.map(|age| age.as_secs());
                view.zoom_deletes_on = zoom_deletes_at.map(|at| time(at).chars().take(10).collect());
            }
        }
        view
    }
}
