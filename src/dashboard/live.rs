//! News of a page while it is open: server-sent events with its parts.
//!
//! One task per page renders the parts for all its viewers ([`hub`]): the cost does not grow with them. A viewer who
//! is slow skips frames. A stream ends when the service stops, and when its session has ended ([`stream`]).

mod hub;
mod stream;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::sse::Sse;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Extension, Json, Router};
use axum_extra::extract::CookieJar;
use serde::{Deserialize, Serialize};

use super::refusal::Refusal;
use super::{Dashboard, Shared, door, overview};
use crate::jobs::JobId;
pub(super) use hub::Hub;
use hub::Of;
use stream::Viewer;

/// Proxies must pass each event on at once.
const NO_BUFFERING: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

/// A browser that has lost the stream comes back after this time, and a random part of the next.
const RETRY: Duration = Duration::from_secs(2);

/// Browsers that have lost their streams together do not come back together.
const RETRY_SPREAD: Duration = Duration::from_secs(3);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LiveQuery {
    /// `overview`, or `recording:7`.
    of: String,
}

/// Icon and title of a tab that is hidden.
#[derive(Debug, Serialize)]
struct Tab {
    icon: String,
    title: String,
}

pub(super) fn routes() -> Router<Arc<Dashboard>> {
    Router::new().route("/dashboard/live", get(live)).route("/dashboard/state", get(state))
}

async fn live(
    State(dashboard): Shared,
    Extension(hub): Extension<Arc<Hub>>,
    query: Result<Query<LiveQuery>, QueryRejection>,
    jar: CookieJar,
    request: Request,
) -> Result<Response, Refusal> {
    let Query(LiveQuery { of }) = query?;
    let unknown = || Refusal::new(StatusCode::BAD_REQUEST, "There is no stream of this name.");
    let of = Of::from_name(&of).ok_or_else(unknown)?;
    if let Of::Recording(id) = of {
        dashboard.store.job(id).await?;
    }
    let full = || {
        let why =
            "Too many pages are open: this one gets no news. Close some of them, or reload it now and then.";
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, why)
    };
    let (receiver, place) = hub.subscribe(of).ok_or_else(full)?;
    let from = door::From::of(&request);
    let viewer = Viewer::new(dashboard, receiver, place, (jar, request.headers().clone(), from));
    let retry = RETRY + RETRY_SPREAD.mul_f64(rand::random());
    Ok(([NO_BUFFERING], Sse::new(viewer.stream(retry))).into_response())
}

async fn state(State(dashboard): Shared, Extension(hub): Extension<Arc<Hub>>) -> Json<Tab> {
    let mut memory = hub.memory.lock().await;
    let (icon, title) = overview::tab(&dashboard, &mut memory).await;
    Json(Tab { icon, title })
}

/// The page of a stream in an address.
impl Of {
    fn from_name(name: &str) -> Option<Self> {
        match name.split_once(':') {
            None if name == "overview" => Some(Self::Overview),
            Some(("recording", id)) => id.parse().ok().map(|id| Self::Recording(JobId(id))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_that_there_are_have_streams() {
        assert_eq!(Of::from_name("overview"), Some(Of::Overview));
        assert_eq!(Of::from_name("recording:7"), Some(Of::Recording(JobId(7))));
        for name in ["", "recording", "recording:", "recording:x", "overview:1", "recording:7:8"] {
            assert_eq!(Of::from_name(name), None, "{name}");
        }
    }
}
