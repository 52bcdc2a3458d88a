//! The number of unarchived recordings, as far as it is known: the same format over HTTP and in `jobs status`.

use std::collections::BTreeMap;

use serde::Serialize;

use super::view::time;
use crate::jobs::verification::Fault;
use crate::jobs::{
    Backlog, Figures, Gap, MEET_GAP_COMMAND, MEET_SINGLETON, Millis, SWEEP_SINGLETON, SingletonState,
    Sweeping, VerificationState, backlog,
};
use crate::store::{Store, StoreError};

/// Figures about unarchived recordings. An unknown figure is null, and `why` says why; it is never zero.
#[derive(Debug, Serialize)]
pub struct StatusView {
    /// Recordings that are not proved to be on Drive.
    pub unarchived: Option<u64>,
    /// Time of the oldest of them, RFC 3339.
    pub oldest_at: Option<String>,
    /// Its age.
    pub oldest_age_seconds: Option<u64>,
    /// The first day (UTC) on which Zoom's retention deletes one of them.
    pub zoom_deletes_on: Option<String>,
    /// Why these four are unknown; null when they are known.
    pub why: Option<String>,
    /// True if they count the whole account. False when they are unknown.
    pub complete: bool,
    /// Whose recordings they leave out, and why; null when they count the whole account or are unknown.
    pub not_seen: Option<String>,
    /// Jobs that wait for a person.
    pub parked: u64,
    /// Time of the last event.
    pub last_event_at: Option<String>,
    pub sweep: SweepView,
    /// The same of the looks at Google Meet (`MEET_BRING`); absent if there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub meet: Option<SweepView>,
    /// Whether the archive is as it was proved; absent if nobody asked yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<VerificationView>,
}

/// What is known about the whole archive on Drive.
#[derive(Debug, Serialize)]
pub struct VerificationView {
    /// End of the last pass over all of it.
    pub ended_at: Option<String>,
    /// Files that it asked about.
    pub files: u64,
    /// Files that the pass under way has asked about; null if there is none.
    pub looked: Option<u64>,
    /// Files that are known not to be as they were proved, by fault.
    pub wrong: BTreeMap<&'static str, u64>,
    /// Since when Drive cannot be asked; null if it can.
    pub failing_since: Option<String>,
    /// Why it cannot; null if it can.
    pub failure: Option<String>,
}

impl VerificationView {
    /// `None` if nobody asked yet.
    pub fn new(state: &VerificationState) -> Option<Self> {
        let is_known = state.ended_at.is_some() || state.began_at.is_some() || !state.wrong.is_empty();
        is_known.then(|| Self {
            ended_at: state.ended_at.map(time),
            files: state.files,
            looked: state.began_at.map(|_| state.looked),
            wrong: state.wrong.iter().map(|(fault, files): &(Fault, u64)| (fault.name(), *files)).collect(),
            failing_since: state.failing_since.map(time),
            failure: state.failing_since.map(|_| state.failure.clone()),
        })
    }
}

/// State of the sweep.
#[derive(Debug, Serialize)]
pub struct SweepView {
    /// Time of its last start or end.
    pub tried_at: Option<String>,
    /// Time of its last complete run.
    pub succeeded_at: Option<String>,
    /// Result of its last run.
    pub note: String,
    /// First day (UTC) from which on no day went unlooked at, up to `succeeded_at`; null before the first complete run.
    pub covered_from: Option<String>,
    /// Days before it that may hold recordings that nobody has looked for; absent if there are none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<GapView>,
    /// How far the current run is; empty between runs.
    pub progress: String,
}

/// Days that may hold recordings that nobody has looked for, UTC.
#[derive(Debug, Serialize)]
pub struct GapView {
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
    /// The command that looks at them.
    pub fill: String,
}

impl SweepView {
    fn new(singleton: &SingletonState, fill: fn(&Gap) -> String) -> Self {
        Self {
            tried_at: singleton.tried_at.map(time),
            succeeded_at: singleton.succeeded_at.map(time),
            note: singleton.note.clone(),
            covered_from: singleton.coverage.first_day().map(|day| day.to_string()),
            gap: singleton.coverage.gap().map(|gap| GapView {
                from: gap.from.to_string(),
                to: gap.to.to_string(),
                fill: fill(&gap),
            }),
            progress: singleton.progress.clone(),
        }
    }
}

/// Reads the figures from the store.
///
/// # Errors
/// When the store fails.
pub async fn status(store: &Store, sweeping: Sweeping) -> Result<StatusView, StoreError> {
    let (backlog, singleton) = (store.backlog().await?, store.singleton(SWEEP_SINGLETON).await?);
    let meet = store.singleton(MEET_SINGLETON).await?;
    let mut view = StatusView::new(&backlog, &singleton, sweeping, store.now().await?);
    view.verification = VerificationView::new(&store.verification().await?);
    view.meet = meet.tried_at.is_some().then(|| SweepView::new(&meet, |_| MEET_GAP_COMMAND.to_owned()));
    Ok(view)
}

impl StatusView {
    /// The figures at the current time of the store's clock.
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
            sweep: SweepView::new(singleton, Gap::command),
            meet: None,
            verification: None,
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
