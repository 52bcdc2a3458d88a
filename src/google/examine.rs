//! Questions that only a check asks: Drive's answers in full, and its refusals with their reasons.

use serde_json::Value;

use super::drive::Drive;
use super::{API, ErrorResponse, GoogleError, Meaning, unreachable};
use crate::http;
use crate::http::segment::{self, NoSegment};

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// Drive refuses, in its own words.
    Refused {
        /// HTTP status.
        status: u16,
        /// What it means.
        meaning: Meaning,
        /// What Google calls it; empty when the body is no JSON of Google's.
        reason: String,
        /// Words for people.
        message: String,
    },
    /// There is no token, or the network failed.
    Error(GoogleError),
}

impl std::fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused { status, reason, message, .. } => write!(f, "status {status} {reason}: {message}"),
            Self::Error(error) => error.fmt(f),
        }
    }
}

impl Drive {
    /// A file or folder with these fields, also when it is in the trash.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn examine(&self, id: &str, fields: &str) -> Result<Value, NoAnswer> {
        let parameters = [("supportsAllDrives", "true"), ("fields", fields)];
        let url = self.file_url(API, id, "").map_err(NoAnswer::Error)?;
        self.ask(&url, &parameters).await
    }

    /// The shared drive of this id with these fields. Only its members can see it.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn shared_drive(&self, id: &str, fields: &str) -> Result<Value, NoAnswer> {
        let refused = |error: NoSegment| NoAnswer::Error(GoogleError::Refused(error.to_string()));
        let id = segment::encoded(id).map_err(refused)?;
        self.ask(&self.url(&format!("{API}/drives/{id}")), &[("fields", fields)]).await
    }

    /// Who we are, and how much room we have. Google demands `fields` here.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn about(&self, fields: &str) -> Result<Value, NoAnswer> {
        self.ask(&self.url(&format!("{API}/about")), &[("fields", fields)]).await
    }

    async fn ask(&self, url: &str, parameters: &[(&str, &str)]) -> Result<Value, NoAnswer> {
        let asked = self.google.send(|client| client.get(url).query(parameters)).await;
        let response = asked.map_err(NoAnswer::Error)?;
        if !response.status().is_success() {
            let fault = ErrorResponse::read(response).await;
            let meaning = fault.meaning();
            let ErrorResponse { status, reason, message, .. } = fault;
            return Err(NoAnswer::Refused { status, meaning, reason, message });
        }
        let body = http::read_answer(response).await.map_err(|error| NoAnswer::Error(unreachable(error)))?;
        serde_json::from_slice(&body).map_err(|_| {
            let what = "the answer is no JSON".to_owned();
            NoAnswer::Error(GoogleError::Unreachable { what, after: None })
        })
    }
}
