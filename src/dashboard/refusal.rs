//! A page that says why something cannot be shown or was not done.

use askama::Template;
use axum::extract::rejection::{FormRejection, QueryRejection};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::assets::{self, Asset};
use super::outside::Outside;
use super::page;
use crate::store::StoreError;

/// A refusal, in words for the visitor. It must not contain a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    status: StatusCode,
    detail: String,
}

#[derive(Template)]
#[template(path = "refusal.html")]
struct RefusalPage {
    style: String,
    icon: String,
    title: &'static str,
    detail: Outside,
}

impl Refusal {
    /// A refusal with one or two whole sentences.
    pub(super) fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Missing(_) => Self::new(StatusCode::NOT_FOUND, sentence(&error)),
            StoreError::Refused(_) => Self::new(StatusCode::CONFLICT, sentence(&error)),
            error => {
                tracing::error!(%error, "a page could not be shown");
                let detail = "The database does not answer, so nothing can be said of the recordings at the moment. \
                              The log says why.";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
            }
        }
    }
}

impl From<QueryRejection> for Refusal {
    fn from(error: QueryRejection) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("This address is not understood: {}.", error.body_text()))
    }
}

impl From<FormRejection> for Refusal {
    fn from(error: FormRejection) -> Self {
        let status = error.status();
        Self::new(status, format!("This form is not understood: {}.", error.body_text()))
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let title = match self.status {
            StatusCode::NOT_FOUND => "Not found",
            StatusCode::CONFLICT => "Not possible now",
            StatusCode::FORBIDDEN => "Not allowed",
            StatusCode::SERVICE_UNAVAILABLE => "Cannot be shown now",
            status => status.canonical_reason().unwrap_or("Error"),
        };
        let (style, icon) = (assets::address(Asset::Style), assets::address(Asset::Unknown));
        page::answer(self.status, &RefusalPage { style, icon, title, detail: Outside::new(self.detail) })
    }
}

/// An error's text as a sentence.
fn sentence(error: &StoreError) -> String {
    let text = error.to_string();
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
