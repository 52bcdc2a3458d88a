//! The audit trail: who did what, and what came of it.

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};

use super::door::Visitor;
use super::lists::{PageQuery, Pager, ROWS};
use super::outside::Outside;
use super::page::{self, Entry, Layout};
use super::refusal::Refusal;
use super::when::When;
use super::{Dashboard, Shared};
use crate::admin::audit::BEGUN;
use crate::store::AuditRecord;

const ADDRESS: &str = "/dashboard/audit";

#[derive(Template)]
#[template(path = "audit.html")]
struct AuditPage {
    layout: Layout,
    rows: Vec<AuditRow>,
    pager: Pager,
}

struct AuditRow {
    id: i64,
    at: When,
    who: Outside,
    action: Outside,
    target: Outside,
    outcome: Outside,
    /// Class of the outcome's sign.
    class: &'static str,
    /// The line that tells the beginning of the same act.
    begun: Option<i64>,
}

impl AuditRow {
    fn new(dashboard: &Dashboard, record: &AuditRecord) -> Self {
        let entry = &record.entry;
        Self {
            id: record.id,
            at: When::minute(record.at, &dashboard.zone),
            who: Outside::new(entry.who.as_str()),
            action: Outside::new(entry.action.as_str()),
            target: Outside::new(entry.target.as_str()),
            outcome: Outside::new(entry.outcome.as_str()),
            class: match entry.outcome.as_str() {
                "done" => "good",
                BEGUN => "",
                _ => "bad",
            },
            begun: entry.begun,
        }
    }
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route(ADDRESS, get(audit))
}

async fn audit(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    query: Result<Query<PageQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query?;
    let mut found = dashboard.store.audit(query.before).await?;
    let address = |last: Option<&AuditRecord>| match last {
        Some(last) => format!("{ADDRESS}?before={}", last.id),
        None => ADDRESS.to_owned(),
    };
    let pager = Pager::cut(&mut found, ROWS, "line", query.before.is_none(), address);
    let rows = found.iter().map(|record| AuditRow::new(&dashboard, record)).collect();
    let layout = Layout::new(&dashboard, &visitor, Entry::System, "Audit trail");
    Ok(page::show(&AuditPage { layout, rows, pager }))
}
