//! Takes a recording out of Zoom's trash, after a page that says what will happen.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;

use super::check::recording;
use super::door::Visitor;
use super::outgoing::{OutgoingError, Recovered};
use super::outside::Outside;
use super::page::{self, Entry, Layout};
use super::refusal::Refusal;
use super::{Dashboard, Shared};
use crate::admin::audit::audited;

#[derive(Template)]
#[template(path = "recover.html")]
struct RecoverPage {
    layout: Layout,
    id: i64,
    topic: Outside,
    host: Outside,
    archive_again: String,
    keep: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    then: String,
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route("/dashboard/recordings/{id}/recover", get(ask).post(act))
}

async fn ask(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id = recording(&id)?;
    if !visitor.may_act() {
        return Err(Refusal::new(StatusCode::FORBIDDEN, "This session may look and do nothing."));
    }
    let archive_again = dashboard.outgoing.recovery(id, Recovered::ArchivedAgain).await?;
    let keep = dashboard.outgoing.recovery(id, Recovered::Kept).await?;
    let job = dashboard.store.job(id).await?;
    let layout = Layout::new(&dashboard, &visitor, Entry::Overview, "Recover from Zoom's trash");
    let (topic, host) = (Outside::new(&job.recording.topic), Outside::new(&job.recording.host_email));
    Ok(page::show(&RecoverPage { layout, id: id.0, topic, host, archive_again, keep }))
}

async fn act(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
    form: Result<Form<Chosen>, FormRejection>,
) -> Result<Response, Refusal> {
    let id = recording(&id)?;
    let Form(chosen) = form?;
    let (then, action) = match chosen.then.as_str() {
        "archive-again" => (Recovered::ArchivedAgain, "recover and archive again"),
        "keep" => (Recovered::Kept, "recover and keep"),
        _ => return Err(Refusal::new(StatusCode::BAD_REQUEST, "This form is not understood.")),
    };
    let recovering = dashboard.outgoing.recover(id, then);
    let target = format!("job {id}");
    audited::<_, OutgoingError>(&dashboard.store, &visitor.who(), action, &target, recovering).await?;
    Ok(Redirect::to(&format!("/dashboard/recordings/{id}?done=recovered")).into_response())
}
