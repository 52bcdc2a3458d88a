//! The doctor: a button, and findings that come into the answer as they are made.
//!
//! The answer is one page that grows. It needs no script and no state, so any instance can give it. A doctor that has
//! begun goes on to its end when the browser leaves, because it must remove its test file from Drive.

use std::convert::Infallible;
use std::sync::Arc;

use askama::Template;
use axum::body::Body;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Router};
use futures::future::BoxFuture;
use futures::{StreamExt, stream};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};

use super::door::Visitor;
use super::lists::NoQuery;
use super::outside::Outside;
use super::page::{self, Entry, Layout};
use super::refusal::Refusal;
use super::{Dashboard, Shared};
use crate::admin::audit::audited;
use crate::store::StoreError;

/// The page's address.
pub(super) const ADDRESS: &str = "/dashboard/doctor";

/// Where the frame of the page is cut for the findings. No text from outside can contain it: it would be escaped.
const CUT: &str = "<!-- findings -->";

/// What a second doctor is told.
const BUSY: &str =
    "A doctor is running already. Wait until it is done: two would disturb each other's test files.";

/// Proxies must not collect the answer before they pass it on.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// One check with its result. Text from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct FindingView {
    pub id: String,
    pub state: FindingState,
    pub tried: String,
    pub found: String,
    pub expected: String,
    /// Empty when there is nothing to do.
    pub mend: String,
}

/// Result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FindingState {
    /// As expected.
    Ok,
    /// A person should read this.
    Warning,
    /// Something cannot work.
    Broken,
    /// The check needs something else first.
    NotTried,
}

/// Runs all checks, and sends each finding when it is made. True if none was cut off.
pub type Examine = Arc<dyn Fn(UnboundedSender<FindingView>) -> BoxFuture<'static, bool> + Send + Sync>;

/// The doctor of this instance. One examines at a time.
pub struct Doctor {
    examine: Examine,
    turn: Arc<Mutex<()>>,
}

impl Doctor {
    /// A doctor that examines by this function.
    pub fn new(examine: Examine) -> Self {
        Self { examine, turn: Arc::default() }
    }
}

#[derive(Template)]
#[template(path = "doctor.html")]
struct DoctorPage {
    layout: Layout,
    is_busy: bool,
}

/// The frame of the answer.
#[derive(Template)]
#[template(path = "doctor_run.html")]
struct RunPage {
    layout: Layout,
}

#[derive(Template)]
#[template(path = "parts/finding.html")]
struct FindingPart<'a> {
    finding: &'a FindingRow,
}

/// The end of the answer.
#[derive(Template)]
#[template(path = "parts/doctor_summary.html")]
struct SummaryPart {
    is_whole: bool,
    ok: usize,
    warnings: usize,
    not_tried: usize,
    broken: Vec<FindingRow>,
}

struct FindingRow {
    id: Outside,
    class: &'static str,
    state: &'static str,
    /// A person must read what was tried and expected, too.
    is_long: bool,
    tried: Outside,
    found: Outside,
    expected: Outside,
    mend: Outside,
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route(ADDRESS, get(button).post(run))
}

async fn button(
    State(dashboard): Shared,
    Extension(visitor): Extension<Visitor>,
    query: Result<Query<NoQuery>, QueryRejection>,
) -> Result<Response, Refusal> {
    visitor.must_be_admin()?;
    query?;
    let layout = Layout::new(&dashboard, &visitor, Entry::System, "Doctor");
    Ok(page::show(&DoctorPage { layout, is_busy: dashboard.doctor.turn.try_lock().is_err() }))
}

async fn run(State(dashboard): Shared, Extension(visitor): Extension<Visitor>) -> Result<Response, Refusal> {
    let Ok(turn) = dashboard.doctor.turn.clone().try_lock_owned() else {
        return Err(Refusal::new(StatusCode::CONFLICT, BUSY));
    };
    let layout = Layout::new(&dashboard, &visitor, Entry::System, "Doctor");
    let frame = page::html(&RunPage { layout });
    let (head, tail) = frame.split_once(CUT).unwrap_or((&frame, ""));
    let (sender, parts) = unbounded_channel();
    let (begun_sender, begun) = oneshot::channel();
    let examining = tokio::spawn(examine(dashboard, visitor.who(), (turn, begun_sender), sender));
    if begun.await.is_err() {
        // The act could not be written down, so it was not done.
        let failed = examining.await.ok().and_then(Result::err);
        let unknown = || Refusal::new(StatusCode::INTERNAL_SERVER_ERROR, "The doctor could not begin.");
        return Err(failed.map_or_else(unknown, Refusal::from));
    }
    let parts = stream::unfold(parts, async |mut parts| parts.recv().await.map(|part| (part, parts)));
    let [head, tail] = [head, tail].map(|part| stream::iter([part.to_owned()]));
    let answer = head.chain(parts).chain(tail).map(Ok::<String, Infallible>);
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    Ok(([kind, UNBUFFERED], Body::from_stream(answer)).into_response())
}

/// Examines, and sends each finding as HTML; then the summary.
async fn examine(
    dashboard: Arc<Dashboard>,
    who: String,
    (_turn, begun): (OwnedMutexGuard<()>, oneshot::Sender<()>),
    parts: UnboundedSender<String>,
) -> Result<(), StoreError> {
    let examining = async {
        // Both fail only if the browser has left. The doctor goes on.
        begun.send(()).ok();
        let send = |part: String| drop(parts.send(part));
        let (sender, mut findings) = unbounded_channel();
        let writing = async {
            let mut summary = SummaryPart::new();
            while let Some(finding) = findings.recv().await {
                let row = FindingRow::new(&finding);
                send(page::html(&FindingPart { finding: &row }));
                summary.add(finding.state, row);
            }
            summary
        };
        let (is_whole, summary) = futures::join!((dashboard.doctor.examine)(sender), writing);
        send(page::html(&SummaryPart { is_whole, ..summary }));
        Ok(())
    };
    audited(&dashboard.store, &who, "doctor", "settings and systems", examining).await
}

impl SummaryPart {
    fn new() -> Self {
        Self { is_whole: false, ok: 0, warnings: 0, not_tried: 0, broken: Vec::new() }
    }

    fn add(&mut self, state: FindingState, row: FindingRow) {
        match state {
            FindingState::Ok => self.ok += 1,
            FindingState::Warning => self.warnings += 1,
            FindingState::NotTried => self.not_tried += 1,
            FindingState::Broken => self.broken.push(row),
        }
    }
}

impl FindingRow {
    fn new(finding: &FindingView) -> Self {
        let (class, state) = match finding.state {
            FindingState::Ok => ("good", "ok"),
            FindingState::Warning => ("busy", "warning"),
            FindingState::Broken => ("bad", "broken"),
            FindingState::NotTried => ("", "not tried"),
        };
        let outside = |text: &String| Outside::new(text.as_str());
        Self {
            id: outside(&finding.id),
            class,
            state,
            is_long: matches!(finding.state, FindingState::Warning | FindingState::Broken),
            tried: outside(&finding.tried),
            found: outside(&finding.found),
            expected: outside(&finding.expected),
            mend: outside(&finding.mend),
        }
    }
}
