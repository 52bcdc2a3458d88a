//! The admin API: shows events and jobs, and offers the actions replay, retry and cancel.
//!
//! Everything below `/admin` requires the bearer token. Errors are `application/problem+json`. No answer contains a
//! secret: [`view`] has no field for one.

mod api;
pub mod audit;
mod failed_logins;
pub mod problem;
pub mod replay;
pub mod status;
pub mod view;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::jobs::Sweeping;
use crate::live::Live;
use crate::secret::Secret;
use crate::store::{AuditEntry, Store};
use crate::telemetry::burst::{BURST, Bursts};
use failed_logins::{FailedLogins, Verdict};
use problem::Problem;

/// State of the admin API.
#[derive(Clone)]
pub struct AdminState {
    /// The bearer token that every request must have.
    pub token: Live<Secret>,
    pub store: Store,
    /// Tells if the sweep is on: only then the figures can be known.
    pub sweeping: Sweeping,
}

impl std::fmt::Debug for AdminState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminState").field("token", &self.token).finish_non_exhaustive()
    }
}

/// The admin API's routes, to be merged with the other routers. Only used when there is a token.
pub fn router(state: AdminState) -> Router {
    let state = Arc::new(state);
    let door =
        AccessGuard { state: state.clone(), failed_logins: FailedLogins::new(), refusals: Arc::default() };
    api::routes()
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not allow this method")
        })
        // The layer covers every route, and the fallback for unknown paths below `/admin`: without the token a
        // client cannot even find out which paths exist. It does not cover the global fallback, which other routers
        // share.
        .route_layer(middleware::from_fn_with_state(Arc::new(door), authenticate))
        .with_state(state)
}

/// State of the authentication.
struct AccessGuard {
    state: Arc<AdminState>,
    failed_logins: FailedLogins,
    refusals: Arc<Bursts>,
}

/// The peer of the request's connection; behind a proxy this is the proxy. Headers are ignored, because any client
/// can set them.
fn peer(request: &Request) -> Option<SocketAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address)
}

async fn authenticate(State(watch): State<Arc<AccessGuard>>, mut request: Request, next: Next) -> Response {
    let mut response = if carries(request.headers(), &watch.state.token.now()) {
        let who = audit::bearer(peer(&request));
        request.extensions_mut().insert(Caller(who));
        next.run(request).await
    } else {
        let (method, from) = (request.method().clone(), peer(&request).map(|peer| peer.ip()));
        // A request without a token is not a guess.
        let is_guess = request.headers().contains_key(header::AUTHORIZATION);
        drop(request);
        let first = || tracing::warn!(?method, ?from, "admin request refused: no token, or a wrong one");
        let state = watch.state.clone();
        watch.refusals.count("no token", first, async move |counts| report(&state, counts.total()).await);
        refuse(&watch, is_guess).await.into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The authenticated caller, for the audit trail.
#[derive(Debug, Clone)]
struct Caller(String);

async fn refuse(watch: &AccessGuard, is_guess: bool) -> Problem {
    match if is_guess { watch.failed_logins.wrong().await } else { Verdict::Refuse } {
        Verdict::Refuse => {
            let detail = "this needs `Authorization: Bearer` and the ADMIN_TOKEN";
            Problem::new(StatusCode::UNAUTHORIZED, detail)
        }
        Verdict::TooMany => Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many wrong tokens at a time"),
    }
}

/// Logs a burst of refusals in one line when it is over, and records it in the audit trail.
async fn report(state: &AdminState, refused: u64) {
    if refused > 1 {
        tracing::warn!(refused, "admin requests refused within {}s", BURST.as_secs());
    }
    let [who, action, target] = ["somebody", "log in", "admin API"].map(str::to_owned);
    let outcome = format!("refused {refused} time(s)");
    let entry = AuditEntry { who, action, target, outcome, begun: None };
    if let Err(error) = state.store.write_audit(&entry).await {
        tracing::error!(?error, "refused admin requests could not be recorded");
    }
}

/// True if the request has the right token. Digests are compared, so that the time does not even reveal the token's
/// length.
fn carries(headers: &HeaderMap, token: &Secret) -> bool {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Some((scheme, given)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return false;
    };
    let is_equal = Sha256::digest(given.trim().as_bytes()).ct_eq(&Sha256::digest(token.expose().as_bytes()));
    scheme.eq_ignore_ascii_case("bearer") && !token.expose().is_empty() && bool::from(is_equal)
}
