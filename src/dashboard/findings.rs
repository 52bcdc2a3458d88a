//! Archived files that are not on Drive as they were proved: what is known of each, and what can still be done. Asks
//! nobody.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};

use super::door::Visitor;
use super::outside::Outside;
use super::page::{self, Entry, Layout};
use super::refusal::Refusal;
use super::when::When;
use super::{Dashboard, Shared};
use crate::jobs::amounts::count;
use crate::jobs::meeting_file::file_link;
use crate::jobs::verification::{Fault, VerifyFinding, original, remedy};
use crate::store::StoreError;

/// Where the findings are.
pub(super) const FINDINGS: &str = "/dashboard/findings";

#[derive(Template)]
#[template(path = "findings.html")]
struct FindingsPage {
    layout: Layout,
    /// All findings, also those that are not listed; empty if there are none.
    wrong: String,
    /// The last pass asked about files, found all of them, and Drive still answers.
    is_good: bool,
    /// The last pass: its end, and the files that it asked about.
    ended: Option<(When, String)>,
    /// Why Drive cannot be asked at the moment, and since when.
    failing: Option<(When, Outside)>,
    rows: Vec<Row>,
    /// Findings that are not listed.
    more: u64,
}

/// A file.
struct Row {
    job: i64,
    topic: Outside,
    name: Outside,
    link: String,
    fault: &'static str,
    remedy: Outside,
    since: When,
    /// Whether Zoom's trash may have the original.
    is_recoverable: bool,
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route(FINDINGS, get(findings))
}

async fn findings(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Refusal> {
    let (store, zone) = (&dashboard.store, &dashboard.zone);
    let state = store.verification().await?;
    let mut rows = Vec::new();
    for finding in store.verify_findings(None).await? {
        rows.push(row(&dashboard, &finding).await?);
    }
    let listed = u64::try_from(rows.len()).unwrap_or(u64::MAX);
    let page = FindingsPage {
        layout: Layout::new(&dashboard, &visitor, Entry::System, "Archive check"),
        wrong: state.summary(),
        is_good: state.ended_at.is_some() && state.files > 0 && state.failing_since.is_none(),
        ended: state.ended_at.map(|at| (When::minute(at, zone), count(state.files))),
        failing: state.failing_since.map(|since| (When::minute(since, zone), Outside::new(&state.failure))),
        more: state.wrong_files().saturating_sub(listed),
        rows,
    };
    Ok(page::show(&page))
}

async fn row(dashboard: &Dashboard, finding: &VerifyFinding) -> Result<Row, StoreError> {
    let store = &dashboard.store;
    let job = store.job(finding.job).await?;
    let original = original(&job, store.zoom_trash_until(job.id).await?, store.now().await?);
    let is_lost = !matches!(finding.fault, Fault::Moved | Fault::Unreadable);
    Ok(Row {
        job: job.id.0,
        topic: Outside::new(&job.recording.topic),
        name: Outside::new(&finding.name),
        link: file_link(&finding.drive_id),
        fault: finding.fault.name(),
        remedy: Outside::new(remedy(job.id, finding.fault, &finding.detail, original)),
        since: When::minute(finding.since, &dashboard.zone),
        is_recoverable: is_lost && original.may_be_in_trash(),
    })
}
