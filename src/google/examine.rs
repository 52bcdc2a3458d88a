//! Calls that only the checks of `doctor` and `login` make: Drive's full answers, and its refusals with their
//! reasons.

use serde_json::Value;
use url::Url;

use super::drive::Drive;
use super::{API, ErrorResponse, GoogleError, IDLE, Meaning, about_url, read_json, unreachable};
use crate::http;
use crate::http::segment::{self, NoSegment};
use crate::secret::Secret;

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoAnswer {
    /// Drive refuses.
    Refused {
        status: u16,
        meaning: Meaning,
        /// Google's reason; empty when the body is not JSON in Google's form.
        reason: String,
        /// Google's text for people.
        message: String,
    },
    /// There is no token, or the network failed.
    Error(GoogleError),
}

impl NoAnswer {
    pub(super) fn of(fault: ErrorResponse) -> Self {
        let meaning = fault.meaning();
        let ErrorResponse { status, reason, message, .. } = fault;
        Self::Refused { status, meaning, reason, message }
    }
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
    /// Returns these fields of a file or folder, even if it is in the trash.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn examine(&self, id: &str, fields: &str) -> Result<Value, NoAnswer> {
        let parameters = [("supportsAllDrives", "true"), ("fields", fields)];
        let url = self.file_url(API, id, "").map_err(NoAnswer::Error)?;
        self.ask(&url, &parameters).await
    }

    /// Returns these fields of a shared drive. Only its members can see it.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn shared_drive(&self, id: &str, fields: &str) -> Result<Value, NoAnswer> {
        let refused = |error: NoSegment| NoAnswer::Error(GoogleError::Refused(error.to_string()));
        let id = segment::encoded(id).map_err(refused)?;
        self.ask(&self.url(&format!("{API}/drives/{id}")), &[("fields", fields)]).await
    }

    /// Returns these fields of the account: its address, its storage. Drive requires `fields` here.
    ///
    /// # Errors
    /// See [`NoAnswer`].
    pub async fn about(&self, fields: &str) -> Result<Value, NoAnswer> {
        self.ask(&about_url(&self.api_url), &[("fields", fields)]).await
    }

    async fn ask(&self, url: &str, parameters: &[(&str, &str)]) -> Result<Value, NoAnswer> {
        let asked = self.google.send(|client| client.get(url).query(parameters)).await;
        let response = asked.map_err(NoAnswer::Error)?;
        if !response.status().is_success() {
            return Err(NoAnswer::of(ErrorResponse::read(response).await));
        }
        read_json(response).await.map_err(NoAnswer::Error)
    }
}

/// The address of the person whom an access token stands for. A login asks this before there is a [`Drive`].
///
/// # Errors
/// As every call to Drive. Most often Drive's API is not enabled in the client's project.
pub async fn who_is_logged_in(api_url: &Url, access_token: &Secret) -> Result<String, GoogleError> {
    let client = http::client(Some(IDLE))
        .map_err(|error| GoogleError::Unreachable { what: error.to_string(), after: None })?;
    let request = client.get(about_url(api_url)).query(&[("fields", "user(emailAddress)")]);
    let request = request.bearer_auth(access_token.expose()).timeout(http::CALL_TIMEOUT);
    let response = request.send().await.map_err(unreachable)?;
    if !response.status().is_success() {
        return Err(ErrorResponse::read(response).await.into_error());
    }
    let about = read_json(response).await?;
    Ok(about["user"]["emailAddress"].as_str().unwrap_or("somebody without an address").to_owned())
}
