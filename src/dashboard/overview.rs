//! The first page: one sentence that says whether every recording is safe.

use std::sync::Arc;

use askama::Template;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};

use super::door::Visitor;
use super::page::{self, Entry, Layout};
use super::refusal::Refusal;
use super::{Dashboard, Shared};

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    layout: Layout,
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route(page::OVERVIEW, get(overview))
}

async fn overview(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
) -> Result<Response, Refusal> {
    let layout = Layout::new(&dashboard, &visitor, Entry::Overview, "Overview");
    Ok(page::show(&OverviewPage { layout }))
}
