//! Errors of the admin API, as `application/problem+json` (RFC 9457).
//!
//! The cause is logged; the caller gets a remedy.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::store::StoreError;

/// The media type of every error here.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Value of `Retry-After` when the store fails, in seconds: locks and full disks rarely pass sooner.
const RETRY_AFTER_SECONDS: &str = "5";

/// Value of `Retry-After` after too many wrong tokens, in seconds: the longest delay, rounded up.
const CALM_DOWN_SECONDS: &str = "2";

/// An error for the caller. Its title is the status's phrase, as RFC 9457 requires for problems without a type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    /// An error with a sentence for the caller, which must not contain a secret.
    pub fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing(_) => Self::new(StatusCode::NOT_FOUND, error.to_string()),
            StoreError::Refused(_) => Self::new(StatusCode::CONFLICT, error.to_string()),
            StoreError::LeaseLost
            | StoreError::NameTaken
            | StoreError::NoAnswer(_)
            | StoreError::Busy
            | StoreError::Interrupted
            | StoreError::Database(_)
            | StoreError::Damaged(_)
            | StoreError::Moved(_)
            | StoreError::Foreign(_)
            | StoreError::Exposed(_)
            | StoreError::Unproved(_)
            | StoreError::Migration(_)
            | StoreError::OlderRelease { .. }
            | StoreError::NewerRelease { .. }
            | StoreError::Corrupt(_)
            | StoreError::Open { .. } => {
                tracing::error!(%error, "admin request failed");
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "the store failed; the log says why")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let title = self.status.canonical_reason().unwrap_or("Error");
        let body = json!({
            "type": "about:blank", "title": title, "status": self.status.as_u16(), "detail": self.detail,
        });
        let mut response = (self.status, Json(body)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        match self.status {
            StatusCode::UNAUTHORIZED => {
                let challenge = HeaderValue::from_static("Bearer realm=\"zoom2drive\"");
                headers.insert(header::WWW_AUTHENTICATE, challenge);
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(RETRY_AFTER_SECONDS));
            }
            StatusCode::TOO_MANY_REQUESTS => {
                headers.insert(header::RETRY_AFTER, HeaderValue::from_static(CALM_DOWN_SECONDS));
            }
            _ => {}
        }
        response
    }
}
