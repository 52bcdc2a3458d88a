//! The first page: one sentence that says whether every recording is safe, what to do if it is not, the files that
//! move, and the newest proofs.
//!
//! Its boxes are parts: the page includes them, and a stream sends them anew ([`super::live`]). They are the same for
//! every visitor.

mod activity;
mod rates;
mod seen;
mod state;

use std::sync::Arc;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use serde::Deserialize;

use super::assets::{self, Asset};
use super::done::Done;
use super::door::Visitor;
use super::live::Hub;
use super::page::{self, Entry, Layout, Live};
use super::refusal::Refusal;
use super::when::When;
use super::{Dashboard, Shared};
use crate::jobs::outlook::{Outlook, State as Health};
use activity::{DayPart, MovingPart, ProofsPart};
pub(super) use seen::Memory;
use seen::Seen;
pub use seen::Sources;
use state::{StatePart, TodoPart};

#[derive(Template)]
#[template(path = "overview.html")]
struct OverviewPage {
    layout: Layout,
    done: Option<&'static str>,
    state: StatePart,
    todo: TodoPart,
    moving: MovingPart,
    proofs: ProofsPart,
    day: DayPart,
}

/// A part of a page as HTML.
pub(super) struct Rendered {
    /// The id of its element.
    pub(super) id: &'static str,
    pub(super) html: String,
    /// What makes it news: the same, without the time at which it was made.
    pub(super) key: String,
}

/// The overview at one moment.
pub(super) struct Look {
    pub(super) parts: Vec<Rendered>,
    /// Whether files move.
    pub(super) is_moving: bool,
}

/// The parts of the page.
struct Parts {
    state: StatePart,
    todo: TodoPart,
    moving: MovingPart,
    proofs: ProofsPart,
    day: DayPart,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct OverviewQuery {
    done: Option<String>,
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route(page::OVERVIEW, get(overview))
}

async fn overview(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Extension(hub): Extension<Arc<Hub>>,
    query: Result<Query<OverviewQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(OverviewQuery { done }) = query?;
    let unknown = || Refusal::new(StatusCode::BAD_REQUEST, "This address is not understood.");
    let done = done.map(|word| Done::from_word(&word).ok_or_else(unknown)).transpose()?;
    let seen = {
        let mut memory = hub.memory.lock().await;
        // After an act the page must show what the act has changed.
        memory.forget();
        Seen::read(&dashboard, &mut memory).await
    };
    let parts = match seen {
        Ok(seen) => Parts::new(&dashboard, &seen),
        Err(error) => {
            tracing::error!(%error, "the overview could not be read");
            Parts::unreadable()
        }
    };
    let mut layout = Layout::new(&dashboard, &visitor, Entry::Overview, &parts.state.dated_title());
    layout.icon = parts.state.icon.clone();
    layout.live = Some(Live::new("overview"));
    let Parts { state, todo, moving, proofs, day } = parts;
    let done = done.map(Done::sentence);
    Ok(page::show(&OverviewPage { layout, done, state, todo, moving, proofs, day }))
}

/// The parts for a stream. If the store cannot be read, the state says so, and the other parts stay as they were.
pub(super) async fn look(dashboard: &Dashboard, memory: &mut Memory) -> Look {
    match Seen::read(dashboard, memory).await {
        Ok(seen) => {
            let is_moving = !seen.moving.is_empty();
            Look { parts: Parts::new(dashboard, &seen).render(), is_moving }
        }
        Err(error) => {
            tracing::warn!(%error, "the overview could not be read");
            memory.forget();
            Look {
                parts: rendered("state", &StatePart::unreadable(), None).into_iter().collect(),
                is_moving: false,
            }
        }
    }
}

/// Icon and title of a tab.
pub(super) async fn tab(dashboard: &Dashboard, memory: &mut Memory) -> (String, String) {
    let state = match Seen::read(dashboard, memory).await {
        Ok(seen) => StatePart::new(dashboard, &seen),
        Err(_) => StatePart::unreadable(),
    };
    (state.icon.clone(), state.title.clone())
}

impl Parts {
    fn new(dashboard: &Dashboard, seen: &Seen) -> Self {
        Self {
            state: StatePart::new(dashboard, seen),
            todo: TodoPart::new(dashboard, seen),
            moving: MovingPart::new(dashboard, seen),
            proofs: ProofsPart::new(dashboard, seen),
            day: DayPart::new(dashboard, seen),
        }
    }

    /// Nothing is known: the other boxes are empty and say so.
    fn unreadable() -> Self {
        Self {
            state: StatePart::unreadable(),
            todo: TodoPart::default(),
            moving: MovingPart::default(),
            proofs: ProofsPart::default(),
            day: DayPart::default(),
        }
    }

    fn render(&self) -> Vec<Rendered> {
        [
            rendered("state", &self.state, self.state.as_of.as_ref()),
            rendered("todo", &self.todo, None),
            rendered("moving", &self.moving, None),
            rendered("proofs", &self.proofs, None),
            rendered("day", &self.day, None),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// A part as HTML; `None` if its template fails, which the log tells.
pub(super) fn rendered(id: &'static str, part: &impl Template, as_of: Option<&When>) -> Option<Rendered> {
    match part.render() {
        Ok(html) => {
            let key = match as_of {
                Some(as_of) => html.replace(&as_of.to_string(), ""),
                None => html.clone(),
            };
            Some(Rendered { id, html, key })
        }
        Err(error) => {
            tracing::error!(%error, id, "a part could not be written");
            None
        }
    }
}

/// The icon of a state.
fn icon(health: Health) -> String {
    assets::address(match health {
        Health::Attention => Asset::Attention,
        Health::Unknown => Asset::Unknown,
        Health::Working => Asset::Working,
        Health::Well => Asset::Well,
    })
}

/// Title of a tab, without a time.
fn title(outlook: &Outlook) -> String {
    format!("{} {}", outlook.state.mark(), outlook.short)
}
