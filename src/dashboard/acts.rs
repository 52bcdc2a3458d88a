//! What people do to recordings: each act is recorded in the audit trail, before and after.
//!
//! What is harmless and can be repeated is done at once. Everything else has a page that says what will happen, with
//! one button. Each act ends in a redirect with a fixed word; what the store refuses is a page with its reason.

mod confirm;

use std::sync::Arc;

use axum::extract::rejection::FormRejection;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Form, Router};
use serde::Deserialize;

use super::done::Done;
use super::door::Visitor;
use super::recording::{self, Id};
use super::refusal::Refusal;
use super::{Dashboard, Shared, page};
use crate::admin::audit::audited;
use crate::admin::replay::{self, ReplayError};
use crate::jobs::pause::System;
use crate::jobs::{EventId, Job, JobId, Standing};
use crate::store::{Store, StoreError};

/// Jobs that one transaction resumes.
const RETRIED_AT_ONCE: u32 = 100;

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new()
        .route("/dashboard/recordings/{id}/retry", post(retry))
        .route("/dashboard/recordings/{id}/cancel", get(confirm::cancel).post(cancel))
        .route("/dashboard/recordings/{id}/replay", get(confirm::replay).post(replay))
        .route("/dashboard/retry-parked", get(confirm::retry_alike).post(retry_alike))
        .route("/dashboard/pauses/{system}/probe", post(probe))
}

/// An address without a query: a name that nobody reads could be a mistake.
struct NoQuery;

impl<S: Send + Sync> FromRequestParts<S> for NoQuery {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let is_empty = parts.uri.query().unwrap_or_default().is_empty();
        let unknown = || Refusal::new(StatusCode::BAD_REQUEST, "This address is not understood.");
        is_empty.then_some(Self).ok_or_else(unknown)
    }
}

async fn retry(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id,
    _: NoQuery,
) -> Result<Response, Refusal> {
    let store = &dashboard.store;
    // An act on nothing leaves no line in the trail.
    store.job(id).await?;
    audited(store, &visitor.who(), "retry", &target(id), store.retry(id)).await?;
    tracing::info!(job = id.0, "job retried at the dashboard");
    Ok(back_to(id, Done::Retried))
}

async fn cancel(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id,
    _: NoQuery,
) -> Result<Response, Refusal> {
    let store = &dashboard.store;
    may_be_called_off(&store.job(id).await?)?;
    audited(store, &visitor.who(), "cancel", &target(id), store.cancel(id)).await?;
    tracing::info!(job = id.0, "job cancelled at the dashboard");
    Ok(back_to(id, Done::CalledOff))
}

/// What is done, or called off already, cannot be called off.
fn may_be_called_off(job: &Job) -> Result<(), Refusal> {
    let why = match job.standing {
        Standing::Active | Standing::Parked => return Ok(()),
        Standing::Finished => "It is done: there is nothing to call off.",
        Standing::Cancelled => "It is called off already.",
    };
    Err(Refusal::new(StatusCode::CONFLICT, why))
}

async fn replay(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id,
    _: NoQuery,
) -> Result<Response, Refusal> {
    let store = &dashboard.store;
    let event = newest_event(store, id).await?;
    let replaying = replay::replay(store, event);
    let job = audited(store, &visitor.who(), "replay", &format!("event {event}"), replaying).await.map_err(
        |error| match error {
            ReplayError::NoRecording(..) => Refusal::new(StatusCode::CONFLICT, format!("{error}.")),
            ReplayError::Store(error) => error.into(),
        },
    )?;
    tracing::info!(job = job.0, event = event.0, "event replayed at the dashboard");
    Ok(back_to(job, Done::BegunAgain))
}

/// The newest event of a recording that is kept.
async fn newest_event(store: &Store, id: JobId) -> Result<EventId, Refusal> {
    store.job(id).await?;
    let none = || {
        let why =
            "No event of it is kept any longer, so it cannot begin again. Retry looks for what is missing.";
        Refusal::new(StatusCode::CONFLICT, why)
    };
    store.story(id).await?.events.first().map(|event| event.id).ok_or_else(none)
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct AlikeForm {
    alike: String,
}

async fn retry_alike(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    _: NoQuery,
    form: Result<Form<AlikeForm>, FormRejection>,
) -> Result<Response, Refusal> {
    let Form(AlikeForm { alike }) = form?;
    let store = &dashboard.store;
    if store.parked_alike(&alike).await?.is_empty() {
        return Err(nobody_waits());
    }
    let retrying = async {
        let mut all = 0;
        loop {
            let retried = store.retry_alike(&alike, RETRIED_AT_ONCE).await?;
            all += retried;
            if retried < u64::from(RETRIED_AT_ONCE) {
                return Ok::<u64, StoreError>(all);
            }
        }
    };
    let target = format!("parked jobs alike {alike}");
    let retried = audited(store, &visitor.who(), "retry", &target, retrying).await?;
    tracing::info!(retried, "parked jobs retried at the dashboard");
    Ok(Redirect::to(&with_word(page::OVERVIEW, Done::RetriedAlike)).into_response())
}

fn nobody_waits() -> Refusal {
    Refusal::new(StatusCode::CONFLICT, "No recording waits for this reason any longer.")
}

async fn probe(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    path: Path<String>,
    _: NoQuery,
) -> Result<Response, Refusal> {
    let Path(name) = path;
    let none = || Refusal::new(StatusCode::NOT_FOUND, "There is no such system.");
    let system = System::from_name(&name).ok_or_else(none)?;
    let store = &dashboard.store;
    let pauses = audited(store, &visitor.who(), "probe", system.name(), store.probe_now(system)).await?;
    tracing::info!(%system, pauses, "somebody at the dashboard made the probe of {system} due");
    Ok(Redirect::to(&with_word(page::OVERVIEW, Done::Probed)).into_response())
}

/// The target of an act on a recording, in the audit trail.
fn target(id: JobId) -> String {
    format!("job {id}")
}

fn back_to(id: JobId, done: Done) -> Response {
    Redirect::to(&with_word(&recording::address(id), done)).into_response()
}

fn with_word(address: &str, done: Done) -> String {
    format!("{address}?done={}", done.word())
}
