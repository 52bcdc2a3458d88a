//! A door for admins: what came in, what became of it, and the three things a person can do about it
//! (replay, retry, cancel).
//!
//! Everything below `/admin` wants the bearer token and answers errors as `application/problem+json`. No
//! answer holds a secret: [`view`] has no field for one.

mod api;
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
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::jobs::Sweeping;
use crate::secret::Secret;
use crate::store::JobStore;
use problem::Problem;

/// What the admin API needs.
#[derive(Clone)]
pub struct AdminState {
    /// The bearer that every request must carry.
    pub token: Secret,
    /// What it shows and changes.
    pub store: Arc<dyn JobStore>,
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
    api::routes()
        .method_not_allowed_fallback(|| async {
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "this path does not take this method")
        })
        // Around every route, the one for unknown paths too: without the token nothing can be learned, not
        // even which paths exist. Not around the fallback, which other doors share.
        .route_layer(middleware::from_fn_with_state(state.clone(), guard))
        .with_state(state)
}

async fn guard(State(state): State<Arc<AdminState>>, request: Request, next: Next) -> Response {
    let mut response = if carries(request.headers(), &state.token) {
        next.run(request).await
    } else {
        tracing::warn!(method = %request.method(), "admin request refused: no token, or a wrong one");
        Problem::new(StatusCode::UNAUTHORIZED, "this needs `Authorization: Bearer` and the ADMIN_TOKEN")
            .into_response()
    };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
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
