//! The admin API's routes. Each is one look into the store, or one change in it.

use std::sync::Arc;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::Deserialize;

use super::AdminState;
use super::problem::Problem;
use super::replay::{self, ReplayError};
use super::view::{EventPage, EventView, JobDetail, JobPage, JobView, ReplayView};
use crate::jobs::{EventId, JobId, Standing};
use crate::store::JobFilter;

type Admin = State<Arc<AdminState>>;
type Answer<T> = Result<Json<T>, Problem>;

/// The routes below `/admin`.
pub(super) fn routes() -> Router<Arc<AdminState>> {
    Router::new()
        .route("/events", get(events))
        .route("/events/{id}", get(event))
        .route("/events/{id}/replay", post(replay_event))
        .route("/jobs", get(jobs))
        .route("/jobs/{id}", get(job))
        .route("/jobs/{id}/retry", post(retry))
        .route("/jobs/{id}/cancel", post(cancel))
}

/// Unknown names are refused rather than passed over: a mistyped filter would show too much.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct EventQuery {
    before: Option<i64>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct JobQuery {
    standing: Option<String>,
    before: Option<i64>,
}

async fn events(State(state): Admin, query: Result<Query<EventQuery>, QueryRejection>) -> Answer<EventPage> {
    let Query(query) = query.map_err(|error| bad_query(&error))?;
    Ok(Json(EventPage::new(&state.store.events(query.before.map(EventId)).await?)))
}

async fn event(State(state): Admin, Path(id): Path<String>) -> Answer<EventView> {
    let (event, _body) = state.store.event(EventId(number(&id)?)).await?;
    Ok(Json(EventView::new(&event)))
}

async fn replay_event(State(state): Admin, Path(id): Path<String>) -> Answer<ReplayView> {
    let id = EventId(number(&id)?);
    let job = replay::replay(state.store.as_ref(), id).await.map_err(|error| match error {
        ReplayError::NoRecording(..) => Problem::new(StatusCode::UNPROCESSABLE_ENTITY, error.to_string()),
        ReplayError::Store(error) => error.into(),
    })?;
    Ok(Json(ReplayView { event: id.0, job: JobView::new(&state.store.job(job).await?) }))
}

async fn jobs(State(state): Admin, query: Result<Query<JobQuery>, QueryRejection>) -> Answer<JobPage> {
    let Query(query) = query.map_err(|error| bad_query(&error))?;
    let standing = query.standing.as_deref().map(standing).transpose()?;
    let filter = JobFilter { standing, before: query.before.map(JobId) };
    Ok(Json(JobPage::new(&state.store.jobs(filter).await?)))
}

async fn job(State(state): Admin, Path(id): Path<String>) -> Answer<JobDetail> {
    let id = JobId(number(&id)?);
    let job = state.store.job(id).await?;
    Ok(Json(JobDetail::new(&job, &state.store.files(id).await?)))
}

async fn retry(State(state): Admin, Path(id): Path<String>) -> Answer<JobView> {
    let id = JobId(number(&id)?);
    state.store.retry(id).await?;
    tracing::info!(job = id.0, "job retried by an admin");
    Ok(Json(JobView::new(&state.store.job(id).await?)))
}

async fn cancel(State(state): Admin, Path(id): Path<String>) -> Answer<JobView> {
    let id = JobId(number(&id)?);
    state.store.cancel(id).await?;
    tracing::info!(job = id.0, "job cancelled by an admin");
    Ok(Json(JobView::new(&state.store.job(id).await?)))
}

fn number(text: &str) -> Result<i64, Problem> {
    text.parse().map_err(|_| Problem::new(StatusCode::NOT_FOUND, "an id is a whole number"))
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
