//! `GET /metrics` for Prometheus: the process's counters, and the store's current figures.
//!
//! The metrics contain no secret, and a scrape makes no outgoing call. They are meant for the operator only: a
//! proxy should not expose them. An unknown figure is absent, never zero.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use metrics::gauge;
use metrics_exporter_prometheus::PrometheusHandle;

use super::machine::Machine;
use crate::jobs::pause::Pause;
use crate::jobs::verification::Fault;
use crate::jobs::{
    Backlog, Figures, MEET_SINGLETON, Millis, Queue, SWEEP_SINGLETON, SingletonState, Sweeping,
    VerificationState, backlog,
};
use crate::store::{Store, StoreError};
use crate::telemetry::meters;

/// The path that Prometheus scrapes.
pub const METRICS_PATH: &str = "/metrics";

/// Time limit for the store. Prometheus gives up after ten seconds by default.
const STORE_WITHIN: Duration = Duration::from_secs(5);

/// State of the metrics' handler.
#[derive(Clone)]
pub struct MetricsState {
    /// Read at each scrape.
    pub store: Store,
    /// Tells if the number of unarchived recordings can be known.
    pub sweeping: Sweeping,
    /// File of the SQLite database; `None` for PostgreSQL.
    pub database: Option<PathBuf>,
    /// One scrape at a time: gauges are set, then rendered.
    singleton: Arc<tokio::sync::Mutex<()>>,
}

impl MetricsState {
    /// Makes the state.
    pub fn new(store: Store, sweeping: Sweeping, database: Option<PathBuf>) -> Self {
        Self { store, sweeping, database, singleton: Arc::default() }
    }

    async fn known(&self) -> Result<StoreFigures, StoreError> {
        Ok(StoreFigures {
            queue: self.store.queue().await?,
            backlog: self.store.backlog().await?,
            sweep: self.store.singleton(SWEEP_SINGLETON).await?,
            meet: self.store.singleton(MEET_SINGLETON).await?,
            verification: self.store.verification().await?,
            pauses: self.store.pauses().await?,
            now: self.store.now().await?,
        })
    }
}

impl std::fmt::Debug for MetricsState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MetricsState").field("sweeping", &self.sweeping).finish_non_exhaustive()
    }
}

/// The metrics' routes, to be merged with the other routers.
pub fn router(state: MetricsState) -> Router {
    Router::new().route(METRICS_PATH, get(metrics)).with_state(state)
}

/// The store's figures at one moment.
struct StoreFigures {
    queue: Queue,
    backlog: Backlog,
    sweep: SingletonState,
    /// The looks at Google Meet.
    meet: SingletonState,
    verification: VerificationState,
    pauses: Vec<Pause>,
    now: Millis,
}

async fn metrics(State(state): State<MetricsState>) -> Response {
    let Some(handle) = meters::start() else {
        return (StatusCode::SERVICE_UNAVAILABLE, "this process collects no metrics\n").into_response();
    };
    let _turn = state.singleton.lock().await;
    let known = tokio::time::timeout(STORE_WITHIN, state.known()).await;
    match &known {
        Ok(Ok(_)) => {}
        Ok(Err(error)) => tracing::warn!(%error, "metrics without the store's figures"),
        Err(_) => {
            tracing::warn!(
                "metrics without the store's figures: no answer within {}s",
                STORE_WITHIN.as_secs()
            );
        }
    }
    let known = known.ok().and_then(Result::ok);
    gauge!(meters::STORE_UP).set(u8::from(known.is_some()));
    gauge!(meters::BUILD, "version" => env!("CARGO_PKG_VERSION")).set(1);
    set_machine(state.database.as_deref());
    let mut text = render(handle);
    if let Some(known) = known {
        text.push_str(&lines(&figures(&known, state.sweeping)));
    }
    let headers = [
        (header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (headers, text).into_response()
}

fn render(handle: &PrometheusHandle) -> String {
    handle.run_upkeep();
    handle.render()
}

/// Name, labels and value of a gauge.
type Figure = (&'static str, String, f64);

/// Gauges that may be absent. The metrics recorder keeps a gauge once it is set, so these are rendered separately.
fn figures(known: &StoreFigures, sweeping: Sweeping) -> Vec<Figure> {
    let mut figures = Vec::new();
    let seconds = |millis: Millis| millis as f64 / 1000.0;
    let plain = |name, value| (name, String::new(), value);
    for (state, count) in [
        ("due", known.queue.due),
        ("running", known.queue.running),
        ("waiting", known.queue.waiting),
        ("parked", known.backlog.parked),
    ] {
        figures.push((meters::JOBS, format!("{{state=\"{state}\"}}"), count as f64));
    }
    let queued = known.queue.due_since.map_or(0, |since| known.now - since);
    figures.push(plain(meters::QUEUE_AGE, seconds(queued.max(0))));
    match backlog::figures(&known.backlog, &known.sweep, sweeping, known.now) {
        Figures::Unknown { .. } => {
            figures.push(plain(meters::FIGURES_KNOWN, 0.0));
            figures.push(plain(meters::FIGURES_COMPLETE, 0.0));
        }
        Figures::Known { unarchived, oldest_age, zoom_deletes_at, unseen, .. } => {
            figures.push(plain(meters::FIGURES_KNOWN, 1.0));
            figures.push(plain(meters::FIGURES_COMPLETE, f64::from(u8::from(unseen.is_empty()))));
            figures.push(plain(meters::UNARCHIVED, unarchived as f64));
            figures.push(plain(meters::OLDEST_UNARCHIVED, oldest_age.unwrap_or_default().as_secs_f64()));
            figures.extend(known.sweep.coverage.from.map(|at| plain(meters::COVERED_FROM, seconds(at))));
            figures.extend(zoom_deletes_at.map(|at| plain(meters::ZOOM_DELETES, seconds(at - known.now))));
        }
    }
    for Pause { system, cause, .. } in &known.pauses {
        let labels = format!("{{system=\"{}\",cause=\"{}\"}}", system.name(), cause.name());
        figures.push((meters::PAUSED, labels, 1.0));
    }
    figures.extend(known.backlog.last_event_at.map(|at| plain(meters::LAST_EVENT, seconds(at))));
    figures.extend(known.sweep.succeeded_at.map(|at| plain(meters::LAST_SWEEP, seconds(at))));
    figures.extend(known.meet.succeeded_at.map(|at| plain(meters::LAST_MEET, seconds(at))));
    figures.extend(known.verification.ended_at.map(|at| plain(meters::LAST_VERIFY, seconds(at))));
    let VerificationState { wrong, ended_at, .. } = &known.verification;
    for fault in Fault::ALL.into_iter().filter(|_| ended_at.is_some() || !wrong.is_empty()) {
        let files = wrong.iter().find(|(found, _)| *found == fault).map_or(0, |(_, files)| *files);
        figures.push((meters::NOT_AS_PROVED, format!("{{fault=\"{fault}\"}}"), files as f64));
    }
    figures
}

/// Prometheus' text format: help and type before the first line of a name.
fn lines(figures: &[Figure]) -> String {
    let (mut text, mut before) = (String::new(), "");
    for (name, labels, value) in figures {
        if *name != before {
            let help =
                meters::METRICS.iter().find(|metric| metric.name == *name).map_or("", |metric| metric.help);
            text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} gauge\n"));
            before = name;
        }
        text.push_str(&format!("{name}{labels} {value}\n"));
    }
    text
}

fn set_machine(database: Option<&Path>) {
    let Machine { database_bytes, disk_free, memory, open_files } = Machine::look(database);
    let bytes =
        [(meters::DATABASE_BYTES, database_bytes), (meters::DISK_FREE, disk_free), (meters::MEMORY, memory)];
    for (name, known) in bytes {
        if let Some(known) = known {
            gauge!(name).set(known as f64);
        }
    }
    if let Some(files) = open_files {
        gauge!(meters::OPEN_FILES).set(files as f64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::Coverage;

    fn known() -> StoreFigures {
        StoreFigures {
            queue: Queue { due: 2, running: 1, waiting: 3, due_since: Some(40_000) },
            backlog: Backlog { unarchived: 3, oldest_at: Some(10_000), ..Backlog::default() },
            sweep: SingletonState {
                tried_at: Some(90_000),
                succeeded_at: Some(90_000),
                coverage: Coverage { from: Some(86_400_000), ..Coverage::default() },
                ..SingletonState::default()
            },
            meet: SingletonState { succeeded_at: Some(95_000), ..SingletonState::default() },
            verification: VerificationState {
                ended_at: Some(97_000),
                wrong: vec![(Fault::Missing, 2)],
                ..VerificationState::default()
            },
            pauses: Vec::new(),
            now: 100_000,
        }
    }

    #[test]
    fn what_is_known_is_told_in_seconds() {
        let text = lines(&figures(&known(), Sweeping::Every(Duration::from_secs(3600))));
        for line in [
            "# TYPE zoom2drive_jobs gauge",
            "zoom2drive_jobs{state=\"due\"} 2",
            "zoom2drive_queue_oldest_seconds 60",
            "zoom2drive_figures_known 1",
            "zoom2drive_unarchived_recordings 3",
            "zoom2drive_covered_from_timestamp_seconds 86400",
            "zoom2drive_oldest_unarchived_seconds 90",
            "zoom2drive_last_sweep_timestamp_seconds 90",
            "zoom2drive_last_meet_look_timestamp_seconds 95",
            "zoom2drive_last_verify_timestamp_seconds 97",
            "zoom2drive_not_as_proved_files{fault=\"missing\"} 2",
            "zoom2drive_not_as_proved_files{fault=\"moved\"} 0",
        ] {
            assert!(text.lines().any(|found| found == line), "{line} is not in\n{text}");
        }
        assert!(!text.contains(meters::LAST_EVENT) && !text.contains(meters::ZOOM_DELETES), "{text}");
        assert_eq!(text.matches("# TYPE zoom2drive_jobs ").count(), 1);
    }

    #[test]
    fn what_is_not_known_is_absent_and_not_zero() {
        let text = lines(&figures(&known(), Sweeping::NoCredentials));
        assert!(text.contains("zoom2drive_figures_known 0\n"), "{text}");
        assert!(!text.contains(meters::UNARCHIVED) && !text.contains(meters::OLDEST_UNARCHIVED), "{text}");
        assert!(!text.contains(meters::COVERED_FROM), "{text}");
    }
}
