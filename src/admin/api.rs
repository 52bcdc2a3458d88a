//! The admin API's routes. Each reads from the store, or makes one change in it.

use std::sync::Arc;

use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{FromRequestParts, Path, Query, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::routing::{any, get, post};
use axum::{Extension, Json, Router};
use serde::Deserialize;

use super::audit::audited;
use super::problem::Problem;
use super::replay::{self, ReplayError};
use super::status::{self, StatusView};
use super::view::{
    AuditPage, EventPage, EventView, JobDetail, JobPage, JobView, PauseView, ReplayView, pause_views,
};
use super::{AdminState, Caller};
use crate::jobs::pause::System;
use crate::jobs::{EventId, JobId, Standing};
use crate::store::JobFilter;

type Admin = State<Arc<AdminState>>;
type ApiResult<T> = Result<Json<T>, Problem>;

/// The routes below `/admin`, and a fallback for unknown paths.
pub(super) fn routes() -> Router<Arc<AdminState>> {
    Router::new()
        .route("/admin/events", get(events))
        .route("/admin/events/{id}", get(event))
        .route("/admin/events/{id}/replay", post(replay_event))
        .route("/admin/jobs", get(jobs))
        .route("/admin/jobs/{id}", get(job))
        .route("/admin/jobs/{id}/retry", post(retry))
        .route("/admin/jobs/{id}/cancel", post(cancel))
        .route("/admin/status", get(status))
        .route("/admin/audit", get(audit))
        .route("/admin/pauses", get(pauses))
        .route("/admin/pauses/{system}/probe", post(probe))
        .route("/admin", any(nothing))
        .route("/admin/", any(nothing))
        .route("/admin/{*rest}", any(nothing))
}

async fn nothing() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "this path does not exist")
}

/// The number in a path.
struct Id(i64);

impl<S: Send + Sync> FromRequestParts<S> for Id {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let number = text.ok().and_then(|Path(text)| text.parse().ok());
        number.map(Self).ok_or_else(|| Problem::new(StatusCode::NOT_FOUND, "an id is a whole number"))
    }
}

/// The authenticated caller.
type Asking = Extension<Caller>;

/// Unknown parameters are refused, because a mistyped filter would return too much.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageQuery {
    before: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JobQuery {
    standing: Option<String>,
    before: Option<i64>,
}

async fn events(
    State(state): Admin,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> ApiResult<EventPage> {
    let Query(query) = query.map_err(|error| bad_query(&error))?;
    Ok(Json(EventPage::new(&state.store.events(query.before.map(EventId)).await?)))
}

async fn event(State(state): Admin, Id(id): Id) -> ApiResult<EventView> {
    let (event, _body) = state.store.event(EventId(id)).await?;
    Ok(Json(EventView::new(&event)))
}

async fn audit(State(state): Admin, query: Result<Query<PageQuery>, QueryRejection>) -> ApiResult<AuditPage> {
    let Query(query) = query.map_err(|error| bad_query(&error))?;
    Ok(Json(AuditPage::new(state.store.audit(query.before).await?)))
}

async fn replay_event(State(state): Admin, Extension(who): Asking, Id(id): Id) -> ApiResult<ReplayView> {
    let id = EventId(id);
    let store = &state.store;
    let replaying = replay::replay(store, id);
    let job =
        audited(store, &who.0, "replay", &format!("event {id}"), replaying).await.map_err(
            |error| match error {
                ReplayError::NoRecording(..) => {
                    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string())
                }
                ReplayError::Store(error) => error.into(),
            },
        )?;
    Ok(Json(ReplayView { event: id.0, job: JobView::new(&state.store.job(job).await?) }))
}

async fn jobs(State(state): Admin, query: Result<Query<JobQuery>, QueryRejection>) -> ApiResult<JobPage> {
    let Query(query) = query.map_err(|error| bad_query(&error))?;
    let standing = query.standing.as_deref().map(standing).transpose()?;
    let filter = JobFilter { standing, before: query.before.map(JobId) };
    Ok(Json(JobPage::new(&state.store.jobs(filter).await?)))
}

async fn job(State(state): Admin, Id(id): Id) -> ApiResult<JobDetail> {
    let id = JobId(id);
    let job = state.store.job(id).await?;
    let attendance = state.store.attendance_sheet(job.recording.uuid.as_str()).await?;
    Ok(Json(JobDetail::new(&job, &state.store.files(id).await?, attendance.as_ref())))
}

async fn status(State(state): Admin) -> ApiResult<StatusView> {
    Ok(Json(status::status(&state.store, state.sweeping).await?))
}

async fn retry(State(state): Admin, Extension(who): Asking, Id(id): Id) -> ApiResult<JobView> {
    let id = JobId(id);
    let store = &state.store;
    audited(store, &who.0, "retry", &format!("job {id}"), store.retry(id)).await?;
    tracing::info!(job = id.0, "job retried by an admin");
    Ok(Json(JobView::new(&state.store.job(id).await?)))
}

async fn cancel(State(state): Admin, Extension(who): Asking, Id(id): Id) -> ApiResult<JobView> {
    let id = JobId(id);
    let store = &state.store;
    audited(store, &who.0, "cancel", &format!("job {id}"), store.cancel(id)).await?;
    tracing::info!(job = id.0, "job cancelled by an admin");
    Ok(Json(JobView::new(&state.store.job(id).await?)))
}

async fn pauses(State(state): Admin) -> ApiResult<Vec<PauseView>> {
    Ok(Json(pause_views(&state.store.pauses().await?)))
}

async fn probe(
    State(state): Admin,
    Extension(who): Asking,
    path: Result<Path<String>, PathRejection>,
) -> ApiResult<Vec<PauseView>> {
    let known = || {
        let names = System::ALL.map(System::name).join(", ");
        Problem::new(StatusCode::NOT_FOUND, format!("a system is one of: {names}"))
    };
    let system = path.ok().and_then(|Path(name)| System::from_name(&name)).ok_or_else(known)?;
    let store = &state.store;
    let pauses = audited(store, &who.0, "probe", system.name(), store.probe_now(system)).await?;
    tracing::info!(%system, pauses, "an admin made the probe of {system} due");
    Ok(Json(pause_views(&state.store.pauses().await?)))
}

fn standing(name: &str) -> Result<Standing, Problem> {
    Standing::from_name(name).ok_or_else(|| {
        let known = Standing::ALL.map(Standing::name).join(", ");
        Problem::new(StatusCode::BAD_REQUEST, format!("standing is one of: {known}"))
    })
}

fn bad_query(error: &QueryRejection) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, error.body_text())
}
