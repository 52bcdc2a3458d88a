//! A door for admins: what came in, what became of it, and the three things a person can do about it
//! (replay, retry, cancel).
//!
//! Everything below `/admin` wants the bearer token and answers errors as `application/problem+json`. No
//! answer holds a secret: [`view`] has no field for one.

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

/// What the admin API needs.
#[derive(Clone)]
pub struct AdminState {
    /// The bearer that every request must carry.
    pub token: Live<Secret>,
    /// What it shows and changes.
    pub store: Store,
    /// Whether Zoom is swept: only then the figures can be known.
    pub sweeping: Sweeping,
}

impl std::fmt::Debug for AdminState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminState").field("token", &self.token).finish_non_exhaustive()
    }
}

/// The admin API as a router of its own, to be merged with the other doors. Mounted only when there is a
/// token.
pub fn router(state: AdminState) -> Router {
    let state = Arc::new(state);
    let door =
        AccessGuard { state: state.clone(), failed_logins: FailedLogins::new(), refusals: Arc::default() };
    api::routes()
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
        })
        // Around every route, the one for unknown paths too: without the token nothing can be learned, not
        // even which paths exist. Not around the fallback, which other doors share.
        .route_layer(middleware::from_fn_with_state(Arc::new(door), authenticate))
        .with_state(state)
}

/// Who watches the door.
struct AccessGuard {
    state: Arc<AdminState>,
    failed_logins: FailedLogins,
    refusals: Arc<Bursts>,
}

/// Where a request comes from: the peer of its connection, which behind a proxy is the proxy. What a header
/// says of it anybody could have written.
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
        // Who shows no token guesses none.
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

/// Who is let in, for the audit trail.
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

/// Tells of a burst of refusals in one line, and in one of the audit trail, when it is over.
async fn report(state: &AdminState, refused: u64) {
    if refused > 1 {
        tracing::warn!(refused, "admin requests refused within {}s", BURST.as_secs());
    }
    let [who, action, target] = ["somebody", "log in", "admin API"].map(str::to_owned);
    let outcome = format!("refused {refused} time(s)");
    let entry = AuditEntry { who, action, target, outcome, begun: None };
    if let Err(error) = state.store.write_audit(&entry).await {
        tracing::error!(?error, "refused admin requests could not be written down");
    }
}

/// Whether the request carries the token. Digests are compared, so that not even its length shows.
fn carries(headers: &HeaderMap, token: &Secret) -> bool {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Some((scheme, given)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return false;
    };
    let is_equal = Sha256::digest(given.trim().as_bytes()).ct_eq(&Sha256::digest(token.expose().as_bytes()));
    scheme.eq_ignore_ascii_case("bearer") && !token.expose().is_empty() && bool::from(is_equal)
}
