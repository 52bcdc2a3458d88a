//! The system behind the archive: its looks at Zoom and Meet, backfills, database, machine, and open sessions.

mod backfills;

use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::{get, post};
use axum::{Extension, Router};
use serde::Deserialize;

use super::door::Visitor;
use super::lists::Id;
use super::outside::Outside;
use super::page::{self, Entry, Layout};
use super::refusal::Refusal;
use super::when::{self, When};
use super::{Dashboard, Shared};
use crate::admin::audit::audited;
use crate::jobs::amounts::data_size;
use crate::jobs::{MEET_SINGLETON, Millis, SWEEP_SINGLETON, SingletonState, Sweeping, age};
use crate::store::{Session, StoreError};
use backfills::BackfillRow;

const ADDRESS: &str = "/dashboard/system";

/// What the machine says of itself. What is not known is `None`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MachineView {
    /// Size of the database's file.
    pub database_bytes: Option<u64>,
    /// Free space on its disk.
    pub disk_free: Option<u64>,
    /// Memory of the process.
    pub memory: Option<u64>,
}

/// Looks at the machine.
pub type LookAtMachine = Arc<dyn Fn() -> MachineView + Send + Sync>;

#[derive(Template)]
#[template(path = "system.html")]
struct SystemPage {
    layout: Layout,
    done: &'static str,
    looks: Vec<LookRow>,
    backfills: Vec<BackfillRow>,
    database: &'static str,
    database_bytes: String,
    disk_free: String,
    memory: String,
    clock: When,
    sessions: Vec<SessionRow>,
}

/// The sweep, or the look at Google Meet.
struct LookRow {
    title: &'static str,
    /// How often, or why not.
    rhythm: String,
    tried: Option<When>,
    succeeded: Option<When>,
    succeeded_ago: String,
    next: Option<When>,
    note: Outside,
    unseen: Outside,
}

struct SessionRow {
    id: i64,
    name: Outside,
    role: &'static str,
    began: When,
    ends: When,
    is_this: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SystemQuery {
    /// What was just done: a fixed word, never text for the page.
    done: Option<Done>,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Done {
    Ended,
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route(ADDRESS, get(system)).route("/dashboard/sessions/{id}/end", post(end_session))
}

async fn system(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    query: Result<Query<SystemQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(query) = query?;
    let store = &dashboard.store;
    let now = store.now().await?;
    let sweep = store.singleton(SWEEP_SINGLETON).await?;
    let meet = store.singleton(MEET_SINGLETON).await?;
    let mut looks = vec![LookRow::sweep(&dashboard, &sweep, now)];
    looks.extend(meet.tried_at.is_some().then(|| LookRow::meet(&dashboard, &meet, now)));
    let backfills = backfills::rows(&dashboard, now).await?;
    // Those of an earlier token open nothing any more, but only their browsers could tell which these are.
    let sessions = store.sessions().await?;
    let sessions = sessions.iter().map(|session| SessionRow::new(&dashboard, session, &visitor)).collect();
    let machine = (dashboard.machine)();
    let told = |bytes: Option<u64>| bytes.map(data_size).unwrap_or_default();
    let layout = Layout::new(&dashboard, &visitor, Entry::System, "System");
    Ok(page::show(&SystemPage {
        layout,
        done: query.done.map(|Done::Ended| "The session has ended.").unwrap_or_default(),
        looks,
        backfills,
        database: dashboard.database,
        database_bytes: told(machine.database_bytes),
        disk_free: told(machine.disk_free),
        memory: told(machine.memory),
        clock: When::second(now, &dashboard.zone),
        sessions,
    }))
}

async fn end_session(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    Id(id): Id,
) -> Result<Response, Refusal> {
    let target = format!("session {id}");
    let ending = async {
        let was_open = dashboard.store.end_session(id).await?;
        was_open.then_some(()).ok_or_else(|| StoreError::Missing(target.clone()))
    };
    audited(&dashboard.store, &visitor.who(), "end", &target, ending).await.map_err(|error| match error {
        StoreError::Missing(_) => {
            Refusal::new(StatusCode::NOT_FOUND, "There is no such session. It may have ended already.")
        }
        error => error.into(),
    })?;
    Ok(Redirect::to(&format!("{ADDRESS}?done=ended")).into_response())
}

impl LookRow {
    fn sweep(dashboard: &Dashboard, state: &SingletonState, now: Millis) -> Self {
        let (every, rhythm) = match dashboard.sweeping {
            Sweeping::Every(every) => (Some(every), format!("every {}", when::length(every))),
            Sweeping::Off => (None, "off: SWEEP_EVERY is 0s".to_owned()),
            Sweeping::NoCredentials => (None, "off: there are no credentials of Zoom's API".to_owned()),
        };
        Self::new(dashboard, ("Looks at Zoom", rhythm), every, (state, now))
    }

    fn meet(dashboard: &Dashboard, state: &SingletonState, now: Millis) -> Self {
        let rhythm = "on the rhythm of SWEEP_EVERY".to_owned();
        Self::new(dashboard, ("Looks at Google Meet", rhythm), None, (state, now))
    }

    fn new(
        dashboard: &Dashboard,
        (title, rhythm): (&'static str, String),
        every: Option<Duration>,
        (state, now): (&SingletonState, Millis),
    ) -> Self {
        let minute = |at| When::minute(at, &dashboard.zone);
        let millis = every.and_then(|every| Millis::try_from(every.as_millis()).ok());
        let next = state.tried_at.zip(millis).map(|(tried, every)| tried.saturating_add(every));
        Self {
            title,
            rhythm,
            tried: state.tried_at.map(minute),
            succeeded: state.succeeded_at.map(minute),
            succeeded_ago: state.succeeded_at.map(|at| when::length(age(at, now))).unwrap_or_default(),
            next: next.filter(|next| *next > now).map(minute),
            note: Outside::new(state.note.as_str()),
            unseen: Outside::new(state.unseen.as_str()),
        }
    }
}

impl SessionRow {
    fn new(dashboard: &Dashboard, session: &Session, visitor: &Visitor) -> Self {
        Self {
            id: session.id,
            name: Outside::new(session.name.as_str()),
            role: if session.role == "admin" { "may act" } else { "may only look" },
            began: When::minute(session.began_at, &dashboard.zone),
            ends: When::minute(session.ends_at, &dashboard.zone),
            is_this: Some(session.id) == visitor.session,
        }
    }
}
