//! Events: what came in, and what it led to. An event's body is never shown: it contains tokens.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};

use super::done::Done;
use super::door::Visitor;
use super::lists::{Id, NoQuery, PageQuery, Pager, ROWS};
use super::outside::Outside;
use super::page::{self, Entry, Layout};
use super::refusal::Refusal;
use super::when::When;
use super::{Dashboard, Shared, recording};
use crate::admin::audit::audited;
use crate::admin::replay::{self, ReplayError};
use crate::jobs::{BACKFILL_EVENT, EventId, FOUND_EVENT, MEET_EVENT};
use crate::store::StoredEvent;

const ADDRESS: &str = "/dashboard/events";

#[derive(Template)]
#[template(path = "events.html")]
struct EventsPage {
    layout: Layout,
    rows: Vec<EventRow>,
    pager: Pager,
}

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    layout: Layout,
    event: EventRow,
}

#[derive(Template)]
#[template(path = "event_replay.html")]
struct ReplayPage {
    layout: Layout,
    event: EventRow,
}

/// An event as it is shown.
struct EventRow {
    id: i64,
    name: Outside,
    /// Who says it.
    source: &'static str,
    at: When,
    meeting: Outside,
    /// The job that it led to.
    job: Option<i64>,
    /// Why it led to none; may be empty.
    note: Outside,
}

impl EventRow {
    fn new(dashboard: &Dashboard, event: &StoredEvent) -> Self {
        Self {
            id: event.id.0,
            name: Outside::new(event.name.as_str()),
            source: source(&event.name),
            at: When::minute(event.received_at, &dashboard.zone),
            meeting: Outside::new(event.meeting.as_deref().unwrap_or_default()),
            job: event.job.map(|job| job.0),
            note: Outside::new(event.note.as_str()),
        }
    }
}

/// Where an event of this name comes from.
fn source(name: &str) -> &'static str {
    match name {
        FOUND_EVENT => "found by the sweep",
        BACKFILL_EVENT => "found by a backfill",
        MEET_EVENT => "found at Google Meet",
        _ => "sent by Zoom",
    }
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new()
        .route(ADDRESS, get(events))
        .route("/dashboard/events/{id}", get(event))
        .route("/dashboard/events/{id}/replay", get(confirm).post(replay_event))
}

async fn events(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query?;
    let mut found = dashboard.store.events(query.before.map(EventId)).await?;
    let address = |last: Option<&StoredEvent>| match last {
        Some(last) => format!("{ADDRESS}?before={}", last.id),
        None => ADDRESS.to_owned(),
    };
    let pager = Pager::cut(&mut found, ROWS, "event", query.before.is_none(), address);
    let rows = found.iter().map(|event| EventRow::new(&dashboard, event)).collect();
    let layout = Layout::new(&dashboard, &visitor, Entry::Events, "Events");
    Ok(page::show(&EventsPage { layout, rows, pager }))
}

async fn event(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id,
    _: NoQuery,
) -> Result<Response, Refusal> {
    let (event, _body) = dashboard.store.event(EventId(id)).await?;
    let layout = Layout::new(&dashboard, &visitor, Entry::Events, &format!("Event {id}"));
    Ok(page::show(&EventPage { layout, event: EventRow::new(&dashboard, &event) }))
}

/// Says what the button will do.
async fn confirm(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id,
    _: NoQuery,
) -> Result<Response, Refusal> {
    visitor.must_be_admin()?;
    let (event, _body) = dashboard.store.event(EventId(id)).await?;
    let layout = Layout::new(&dashboard, &visitor, Entry::Events, &format!("Begin again with event {id}"));
    Ok(page::show(&ReplayPage { layout, event: EventRow::new(&dashboard, &event) }))
}

async fn replay_event(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id,
    _: NoQuery,
) -> Result<Response, Refusal> {
    // An act on nothing leaves no line in the trail.
    dashboard.store.event(EventId(id)).await?;
    let replaying = replay::replay(&dashboard.store, EventId(id));
    let job = audited(&dashboard.store, &visitor.who(), "replay", &format!("event {id}"), replaying).await?;
    tracing::info!(job = job.0, event = id, "event replayed at the dashboard");
    let address = format!("{}?done={}", recording::address(job), Done::BegunAgain.word());
    Ok(Redirect::to(&address).into_response())
}

impl From<ReplayError> for Refusal {
    fn from(error: ReplayError) -> Self {
        match error {
            ReplayError::Store(error) => error.into(),
            error @ ReplayError::NoRecording(..) => {
                Self::new(StatusCode::CONFLICT, format!("Nothing was done: {error}."))
            }
        }
    }
}
