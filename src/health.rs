//! `GET /healthz`, `GET /readyz` and `GET /metrics`: for supervisors, load balancers and Prometheus.
//!
//! Alive means that the process answers; ready means that it can store an event and work on it. Neither check makes
//! an outgoing call, and neither answer contains a secret: the reason of a failure is only in the log.

pub mod machine;
pub mod metrics;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::store::Store;
use crate::telemetry::burst::{BURST, Bursts};

/// Liveness, for supervisors; the `healthcheck` command calls it too.
pub const HEALTH_PATH: &str = "/healthz";

/// Readiness, for load balancers.
pub const READY_PATH: &str = "/readyz";

/// Time limit for a test write to the store. Kubernetes' probes give up after one second by default, Docker's after
/// thirty; a webhook gets 503 after 2.5.
const STORE_WITHIN: Duration = Duration::from_secs(2);

/// Tells if the workers are alive.
pub type WorkersAlive = Arc<dyn Fn() -> bool + Send + Sync>;

/// State of the checks' handlers.
#[derive(Clone)]
pub struct HealthState {
    /// Must be writable.
    pub store: Store,
    /// Must return true.
    pub workers_alive: WorkersAlive,
}

impl std::fmt::Debug for HealthState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HealthState").finish_non_exhaustive()
    }
}

/// The checks' routes, to be merged with the other routers.
pub fn router(state: HealthState) -> Router {
    let ready = Ready { state, failures: Arc::default() };
    Router::new().route(HEALTH_PATH, get(healthz)).route(READY_PATH, get(readyz)).with_state(ready)
}

/// The checks with their recent failures. Anyone can call them, so repeated failures are one log line.
#[derive(Clone)]
struct Ready {
    state: HealthState,
    failures: Arc<Bursts>,
}

impl Ready {
    fn report(&self, kind: &'static str, first: impl FnOnce()) {
        self.failures.count(kind, first, async |counts| {
            if counts.has_more() {
                tracing::warn!(%counts, "not ready, asked {} times within {}s", counts.total(), BURST.as_secs());
            }
        });
    }
}

async fn healthz() -> Response {
    answer(StatusCode::OK, &json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")}))
}

async fn readyz(State(ready): State<Ready>) -> Response {
    let state = &ready.state;
    let store = ready.store_is_writable().await;
    let workers = (state.workers_alive)();
    if !workers {
        ready.report("workers", || tracing::warn!("not ready: the workers are not alive"));
    }
    let is_ready = store && workers;
    let status = if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let checks = json!({"store": word(store), "workers": word(workers)});
    // A pause does not make the service unready: events can be stored. Only the number is shown, because anyone can
    // call this.
    let pauses = tokio::time::timeout(STORE_WITHIN, state.store.pauses()).await;
    let pauses = pauses.ok().and_then(Result::ok).map(|pauses| pauses.len());
    answer(status, &json!({"status": word(is_ready), "checks": checks, "pauses": pauses}))
}

impl Ready {
    async fn store_is_writable(&self) -> bool {
        match tokio::time::timeout(STORE_WITHIN, self.state.store.check_writable()).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                self.report("store", || tracing::warn!(%error, "not ready: the store is not writable"));
                false
            }
            Err(_elapsed) => {
                let seconds = STORE_WITHIN.as_secs();
                self.report("time", || {
                    tracing::warn!("not ready: the store did not answer within {seconds}s");
                });
                false
            }
        }
    }
}

fn word(is_well: bool) -> &'static str {
    if is_well { "ok" } else { "failing" }
}

fn answer(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
