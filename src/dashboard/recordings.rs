//! The list of recordings and its search. The form is sent with GET, so the address is the search.

mod query;
mod row;

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};

use super::door::Visitor;
use super::outside::Outside;
use super::page::{self, Entry, Layout};
use super::refusal::Refusal;
use super::{Dashboard, Shared, links};
use crate::jobs::amounts;
use crate::jobs::shelf::{SEARCH_CHARS_MAX, ShelfState};
use query::{Search, SearchQuery};
use row::RowView;

/// The list's address.
pub(super) const ADDRESS: &str = "/dashboard/recordings";

#[derive(Template)]
#[template(path = "recordings.html")]
struct RecordingsPage {
    layout: Layout,
    search: Search,
    search_chars_max: usize,
    states: Vec<StateOption>,
    rows: Vec<RowView>,
    /// Address of the next page.
    older: Option<String>,
    /// Address of the first page, if this is another one.
    newest: Option<String>,
    /// Older recordings that are not in the list yet; empty if there are none.
    unshelved: String,
    /// The reason that the recordings of a group have in common.
    alike: Option<Outside>,
}

/// A choice of the form.
struct StateOption {
    name: &'static str,
    words: &'static str,
    is_chosen: bool,
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route(ADDRESS, get(recordings))
}

async fn recordings(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    query: Result<Query<SearchQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query?;
    let search = Search::read(query, &dashboard.zone)?;
    let store = &dashboard.store;
    let found = store.shelf(&search.filter).await?;
    let now = store.now().await?;
    let alike = match &search.filter.alike {
        Some(_) => found.rows.first().map(|row| Outside::new(row.job.reason.as_str())),
        None => None,
    };
    let mut rows = Vec::with_capacity(found.rows.len());
    for row in found.rows {
        // Only a recording that a worker has moves at this moment, and few are.
        let files = if row.job.leased { store.files(row.job.id).await? } else { Vec::new() };
        rows.push(RowView::new(&row, &files, now, &dashboard.zone));
    }
    let unshelved = match store.unshelved().await? {
        0 => String::new(),
        number => amounts::count(number),
    };
    let states = ShelfState::ALL.map(|state| StateOption {
        name: state.name(),
        words: state.words(),
        is_chosen: search.filter.state == Some(state),
    });
    let page = RecordingsPage {
        layout: Layout::new(&dashboard, &visitor, Entry::Recordings, "Recordings"),
        search_chars_max: SEARCH_CHARS_MAX,
        states: states.into(),
        rows,
        older: found.next.map(|next| search.address(Some(next))),
        newest: search.filter.before.map(|_| search.address(None)),
        unshelved,
        alike,
        search,
    };
    Ok(page::show(&page))
}

/// The address of a host's recordings.
pub(super) fn host_address(host: &str) -> String {
    format!("{ADDRESS}?host={}", links::value(host))
}
