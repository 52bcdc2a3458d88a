//! Calls the consent's endpoints, and explains their refusals to a person.

use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use url::Url;

use crate::google::IDLE;
use crate::http;

/// Why a login or a logout failed.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// The network failed, or Google answered with a temporary error.
    #[error("Google cannot be reached: {0}")]
    Unreachable(String),
    /// Google refuses. The text says what to do.
    #[error("Google refuses: {0}")]
    Refused(String),
    /// The person has left checkboxes of scopes empty.
    #[error("not everything was allowed: {} is missing. Log in again, and tick every box", .0.join(", "))]
    Unticked(Vec<&'static str>),
    /// Without a refresh token the login would end with its access token, in an hour.
    #[error(
        "Google gave no refresh token, as it does when it has given this client one before. Take the app's access \
         away at https://myaccount.google.com/connections, and log in again"
    )]
    NoRefreshToken,
}

/// `{"error":"invalid_grant","error_description":"Malformed auth code."}`
#[derive(Deserialize, Default)]
pub(super) struct OAuthError {
    #[serde(default)]
    pub(super) error: String,
    #[serde(default)]
    error_description: String,
}

/// The revocation endpoint is beside the token endpoint, on `oauth2.googleapis.com`. The token endpoint in old
/// files has none beside it.
pub(super) fn revocation_endpoint(token_uri: &str) -> String {
    let origin = Url::parse(token_uri)
        .ok()
        .filter(|url| url.host_str() != Some("accounts.google.com"))
        .map_or_else(|| "https://oauth2.googleapis.com".to_owned(), |url| url.origin().ascii_serialization());
    format!("{origin}/revoke")
}

/// Returns the answer's body. The inner error is a refusal.
pub(super) async fn post(
    url: &str,
    form: &[(&str, &str)],
) -> Result<Result<Vec<u8>, OAuthError>, ConsentError> {
    let client = http::client(Some(IDLE)).map_err(|error| ConsentError::Unreachable(error.to_string()))?;
    read(client.post(url).form(form)).await
}

async fn read(request: RequestBuilder) -> Result<Result<Vec<u8>, OAuthError>, ConsentError> {
    let passing = |error: reqwest::Error| ConsentError::Unreachable(http::describe(&error));
    let response = request.timeout(http::CALL_TIMEOUT).send().await.map_err(passing)?;
    let status = response.status();
    let body = http::read_at_most(response, http::ERROR_BYTES_MAX).await.map_err(passing)?;
    match status {
        _ if status.is_success() => Ok(Ok(body)),
        StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            Ok(Err(serde_json::from_slice(&body).unwrap_or_default()))
        }
        _ => Err(ConsentError::Unreachable(format!("status {status}"))),
    }
}

impl OAuthError {
    /// Explains what a person can do about it.
    pub(super) fn explain(self) -> ConsentError {
        let hint = match self.error.as_str() {
            "invalid_client" | "deleted_client" | "disabled_client" => {
                "the client was deleted, or its secret replaced: download its file again"
            }
            "invalid_grant" => "the code is too old or was used before: log in again",
            "admin_policy_enforced" | "org_internal" => "an administrator's policy forbids it",
            _ => "check the client in Google's Cloud console",
        };
        ConsentError::Refused(format!("{} {} ({hint})", self.error, self.error_description))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn consents_are_taken_back_beside_the_token_endpoint() {
        let cases = [
            ("https://oauth2.googleapis.com/token", "https://oauth2.googleapis.com/revoke"),
            ("https://accounts.google.com/o/oauth2/token", "https://oauth2.googleapis.com/revoke"),
            ("http://127.0.0.1:99/token", "http://127.0.0.1:99/revoke"),
        ];
        for (token_uri, expected) in cases {
            assert_eq!(revocation_endpoint(token_uri), expected);
        }
    }
}
