//! The admin API: shows events and jobs, and offers the actions replay, retry and cancel.
//!
//! Everything below `/admin` requires the bearer token. Errors are `application/problem+json`. No answer contains a
//! secret: [`view`] has no field for one.

pub mod access;
mod api;
pub mod audit;
pub mod failed_logins;
pub mod problem;
pub mod replay;
pub mod status;
pub mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};

use crate::jobs::Sweeping;
use crate::live::Live;
use crate::secret::Secret;
use crate::store::Store;
use access::WrongTokens;
use failed_logins::Verdict;
use problem::Problem;

/// State of the admin API.
#[derive(Clone)]
pub struct AdminState {
    /// The bearer token that every request must have.
    pub token: Live<Secret>,
    pub store: Store,
    /// Tells if the sweep is on: only then the figures can be known.
    pub sweeping: Sweeping,
    /// Shared with the pages.
    pub wrong_tokens: Arc<WrongTokens>,
}

impl std::fmt::Debug for AdminState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminState").field("token", &self.token).finish_non_exhaustive()
    }
}

/// The admin API's routes, to be merged with the other routers. Only used when there is a token.
pub fn router(state: AdminState) -> Router {
    let state = Arc::new(state);
    api::routes()
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not allow this method")
        })
        // The layer covers every route, and the fallback for unknown paths below `/admin`: without the token a
        // client cannot even find out which paths exist. It does not cover the global fallback, which other routers
        // share.
        .route_layer(middleware::from_fn_with_state(state.clone(), authenticate))
        .with_state(state)
}

async fn authenticate(State(state): State<Arc<AdminState>>, mut request: Request, next: Next) -> Response {
    let mut response = if carries(request.headers(), &state.token.now()) {
        let who = audit::bearer(access::peer(&request));
        request.extensions_mut().insert(Caller(who));
        next.run(request).await
    } else {
        let (method, from) = (request.method().clone(), access::peer(&request));
        // A request without a token is not a guess.
        let is_guess = request.headers().contains_key(header::AUTHORIZATION);
        drop(request);
        refused(state.wrong_tokens.refuse("admin request", &method, from, is_guess).await).into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The authenticated caller, for the audit trail.
#[derive(Debug, Clone)]
struct Caller(String);

fn refused(verdict: Verdict) -> Problem {
    match verdict {
        Verdict::Refuse => {
            let detail = "this needs `Authorization: Bearer` and the ADMIN_TOKEN";
            Problem::new(StatusCode::UNAUTHORIZED, detail)
        }
        Verdict::TooMany => Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many wrong tokens at a time"),
    }
}

/// True if the request has the right token, once.
fn carries(headers: &HeaderMap, token: &Secret) -> bool {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return false };
    let Some((scheme, given)) = value.to_str().ok().and_then(|text| text.split_once(' ')) else {
        return false;
    };
    scheme.eq_ignore_ascii_case("bearer") && access::is_right(given.trim(), token)
}
