//! The admin API: shows events and jobs, and offers the actions replay, retry and cancel.
//!
//! Everything below `/admin` requires a bearer token: the `ADMIN_TOKEN`, or, only to look, the `VIEWER_TOKEN`. Errors are `application/problem+json`. No answer contains a
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
use crate::store::Store;
use access::{Tokens, WrongTokens};
use failed_logins::Verdict;
use problem::Problem;

/// State of the admin API.
#[derive(Clone)]
pub struct AdminState {
    /// Every request must have one of these bearer tokens.
    pub tokens: Tokens,
    pub store: Store,
    /// Tells if the sweep is on: only then the figures can be known.
    pub sweeping: Sweeping,
    /// Shared with the pages.
    pub wrong_tokens: Arc<WrongTokens>,
}

impl std::fmt::Debug for AdminState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AdminState").field("tokens", &self.tokens).finish_non_exhaustive()
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
    let shown = bearer(request.headers()).and_then(|token| state.tokens.role_of(token));
    let mut response = if let Some(role) = shown {
        if role.may(request.method()) {
            let who = audit::bearer(role, access::peer(&request));
            request.extensions_mut().insert(Caller(who));
            next.run(request).await
        } else {
            let detail = "the VIEWER_TOKEN may only look; this needs the ADMIN_TOKEN";
            Problem::new(StatusCode::FORBIDDEN, detail).into_response()
        }
    } else {
        let (method, from) = (request.method().clone(), access::peer(&request));
        // A request without a token is not a guess.
        let is_guess = request.headers().contains_key(header::AUTHORIZATION);
        drop(request);
        refused(state.wrong_tokens.refuse("admin API", &method, from, is_guess).await).into_response()
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

/// The bearer token of a request that has exactly one.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, given) = access::only(headers, &header::AUTHORIZATION)?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(given.trim())
}
