//! *Ask Drive now*: is every file of a recording there, as it was proved?

use std::sync::Arc;

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::post;
use axum::{Extension, Router};

use super::door::Visitor;
use super::outgoing::OutgoingError;
use super::outside::Outside;
use super::page::{self, Entry, Layout};
use super::refusal::Refusal;
use super::{Dashboard, Shared};
use crate::admin::audit::audited;
use crate::jobs::amounts;
use crate::jobs::meeting_file::file_link;
use crate::jobs::verification::{CheckedFile, Original, Verdict, original, remedy};
use crate::jobs::{Job, JobId};

#[derive(Template)]
#[template(path = "check.html")]
struct CheckPage {
    layout: Layout,
    id: i64,
    topic: Outside,
    /// Files that are as they were proved.
    equal: usize,
    rows: Vec<Row>,
}

/// A file and what Drive says of it.
struct Row {
    name: Outside,
    link: String,
    size: String,
    sha256: String,
    /// Empty if it is equal.
    fault: &'static str,
    /// What Drive has instead.
    detail: Outside,
    /// What can still be done.
    remedy: Outside,
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route("/dashboard/recordings/{id}/check", post(check))
}

async fn check(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let id = recording(&id)?;
    let (store, who) = (&dashboard.store, visitor.who());
    let asking = dashboard.outgoing.check(id);
    let checked = audited::<_, OutgoingError>(store, &who, "ask drive", &format!("job {id}"), asking).await?;
    let job = store.job(id).await?;
    let original = original(&job, store.zoom_trash_until(id).await?, store.now().await?);
    let rows: Vec<Row> = checked.iter().map(|file| row(&job, file, original)).collect();
    let layout = Layout::new(&dashboard, &visitor, Entry::Overview, "Drive was asked");
    let (topic, equal) =
        (Outside::new(&job.recording.topic), rows.iter().filter(|row| row.fault.is_empty()).count());
    Ok(page::show(&CheckPage { layout, id: id.0, topic, equal, rows }))
}

fn row(job: &Job, file: &CheckedFile, original: Original) -> Row {
    let (fault, detail, remedy) = match &file.verdict {
        Verdict::Equal => ("", "", String::new()),
        Verdict::Wrong(fault, detail) => {
            (fault.name(), detail.as_str(), remedy(job.id, *fault, detail, original))
        }
    };
    Row {
        name: Outside::new(&file.name),
        link: file_link(&file.drive_id),
        size: amounts::data_size(file.sent.size),
        sha256: file.sent.sha256.clone(),
        fault,
        detail: Outside::new(detail),
        remedy: Outside::new(remedy),
    }
}

/// The recording that an address names.
pub(super) fn recording(id: &str) -> Result<JobId, Refusal> {
    id.parse().map(JobId).map_err(|_| Refusal::new(StatusCode::NOT_FOUND, "There is no such recording."))
}
