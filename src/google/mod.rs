//! Where bytes go: Google's token endpoint, Drive's metadata, and resumable uploads.

pub mod auth;
pub mod drive;
pub mod upload;

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::http::{self, retry_after};
use auth::GoogleTokens;

pub use drive::{Drive, DriveFile, NewFile};

/// Why Google did not do as asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GoogleError {
    /// The network failed, or Google answered with something that passes.
    #[error("Google cannot be reached: {what}")]
    Unreachable {
        /// What happened.
        what: String,
        /// Google's own wish, if it had one.
        after: Option<Duration>,
    },
    /// The credentials or the delegation are wrong.
    #[error("Google refuses our credentials: {0}")]
    Credentials(String),
    /// There is no such file, or we may not see it.
    #[error("Google knows no such file, or the account has no access to it: {0}")]
    NotFound(String),
    /// The reserved id is in use: an earlier attempt got through.
    #[error("a file with this id exists already")]
    IdInUse,
    /// Google refuses this and will go on refusing it: quota, role, setting. A person must look.
    #[error("Google refuses: {0}")]
    Refused(String),
}

/// An answer that is no success, as far as Google explains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) status: u16,
    /// `errors[0].reason` or `details[].reason`; empty when the body is no JSON of Google's.
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) after: Option<Duration>,
}

impl Fault {
    /// Reads status, headers and body of an error answer, whatever the body is: JSON, text, a web page.
    pub(crate) async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        let after = header_wait(response.headers());
        let body = http::read_at_most(response, http::ERROR_BYTES_MAX).await.unwrap_or_default();
        Self::parse(status, after, &body)
    }

    fn parse(status: u16, after: Option<Duration>, body: &[u8]) -> Self {
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = &answer["error"];
        let reason = error["errors"][0]["reason"].as_str().or_else(|| {
            let details = error["details"].as_array()?;
            details.iter().find_map(|detail| detail["reason"].as_str())
        });
        let reason = reason.unwrap_or_default().to_owned();
        let text = || {
            String::from_utf8_lossy(body.get(..body.len().min(MESSAGE_BYTES_MAX)).unwrap_or_default())
                .into_owned()
        };
        let message = error["message"].as_str().map_or_else(text, str::to_owned);
        Self { status, reason, message: message.split_whitespace().collect::<Vec<_>>().join(" "), after }
    }

    /// Whether Google said in its own JSON what is wrong; a bare 404 on an upload means "session gone".
    pub(crate) fn is_explained(&self) -> bool {
        !self.reason.is_empty()
    }

    pub(crate) fn describe(&self) -> String {
        format!("status {} {} {}", self.status, self.reason, self.message).trim_end().to_owned()
    }

    /// What the answer means (facts: status and reason decide, never the message alone).
    pub(crate) fn into_error(self) -> GoogleError {
        let what = self.describe();
        match (self.status, self.reason.as_str()) {
            (401, _) => GoogleError::Credentials(what),
            (408 | 429 | 500.., _) => GoogleError::Unreachable { what, after: self.after },
            (403, reason) if is_rate_limit(reason) => GoogleError::Unreachable { what, after: self.after },
            (
                403,
                "insufficientPermissions"
                | "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
                | "accessNotConfigured"
                | "SERVICE_DISABLED",
            ) => GoogleError::Credentials(what),
            // Plain text "Request rate higher than configured" and the like.
            (403, "") => GoogleError::Unreachable { what, after: self.after },
            (404, _) => GoogleError::NotFound(what),
            (409, "fileIdInUse" | "") => GoogleError::IdInUse,
            _ => GoogleError::Refused(format!("{what}{}", advice(&self.reason))),
        }
    }
}

/// Longest part of an unexplained body that is quoted, in bytes.
const MESSAGE_BYTES_MAX: usize = 300;

fn header_wait(headers: &HeaderMap) -> Option<Duration> {
    retry_after::read(headers, SystemTime::now())
}

fn is_rate_limit(reason: &str) -> bool {
    matches!(
        reason,
        "rateLimitExceeded"
            | "userRateLimitExceeded"
            | "sharingRateLimitExceeded"
            | "dailyLimitExceeded"
            | "quotaExceeded"
    )
}

fn advice(reason: &str) -> &'static str {
    match reason {
        "storageQuotaExceeded" => {
            ". A service account has no storage of its own: put DRIVE_FOLDER_ID into a shared drive, or set GOOGLE_SUBJECT"
        }
        "insufficientFilePermissions" | "insufficientParentPermissions" => {
            ". Make the account Content manager of the shared drive (or Editor of the folder)"
        }
        "teamDriveFileLimitExceeded" => ". The shared drive is full (500,000 items, trash included)",
        _ => "",
    }
}

/// Google's APIs for one identity.
#[derive(Debug)]
pub(crate) struct GoogleClient {
    /// For calls: waiting ends when nothing comes for the idle time.
    pub(crate) client: Client,
    pub(crate) tokens: GoogleTokens,
}

impl GoogleClient {
    /// Sends a request with the current token; a refused token is replaced once. `build` is called anew
    /// for the second try.
    pub(crate) async fn send(
        &self,
        build: impl Fn(&Client) -> RequestBuilder,
    ) -> Result<Response, GoogleError> {
        let token = self.tokens.token().await?;
        let response = self.send_once(&build, &token).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        self.tokens.discard(&token).await;
        let token = self.tokens.token().await?;
        self.send_once(&build, &token).await
    }

    async fn send_once(
        &self,
        build: &impl Fn(&Client) -> RequestBuilder,
        token: &crate::secret::Secret,
    ) -> Result<Response, GoogleError> {
        let request = build(&self.client).bearer_auth(token.expose()).timeout(http::CALL_TIMEOUT);
        request.send().await.map_err(unreachable)
    }

    /// As [`Self::send`], for answers in JSON.
    pub(crate) async fn json(&self, build: impl Fn(&Client) -> RequestBuilder) -> Result<Value, GoogleError> {
        let response = self.send(build).await?;
        if !response.status().is_success() {
            return Err(Fault::read(response).await.into_error());
        }
        let body = http::read_answer(response).await.map_err(unreachable)?;
        serde_json::from_slice(&body)
            .map_err(|_| GoogleError::Unreachable { what: "the answer is no JSON".to_owned(), after: None })
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is used as map_err(unreachable)")]
pub(crate) fn unreachable(error: reqwest::Error) -> GoogleError {
    GoogleError::Unreachable { what: http::describe(&error), after: None }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn error(status: u16, reason: &str) -> GoogleError {
        let body =
            json!({"error": {"code": status, "message": "m", "errors": [{"reason": reason}]}}).to_string();
        Fault::parse(status, None, body.as_bytes()).into_error()
    }

    #[test]
    fn status_and_reason_decide() {
        let passing = |error| matches!(error, GoogleError::Unreachable { .. });
        assert!(passing(error(403, "userRateLimitExceeded")) && passing(error(429, "rateLimitExceeded")));
        assert!(passing(error(500, "internalError")) && passing(error(503, "backendError")));
        assert!(passing(Fault::parse(502, None, b"<html>Bad gateway").into_error()));
        assert!(passing(Fault::parse(403, None, b"Request rate higher than configured").into_error()));
        let refused = |error| matches!(error, GoogleError::Refused(_));
        assert!(
            refused(error(403, "storageQuotaExceeded"))
                && refused(error(403, "insufficientParentPermissions"))
        );
        assert!(refused(error(403, "teamDriveFileLimitExceeded")) && refused(error(400, "invalid")));
        assert!(matches!(error(404, "notFound"), GoogleError::NotFound(_)));
        assert!(matches!(error(409, "fileIdInUse"), GoogleError::IdInUse));
        assert!(matches!(error(403, "accessNotConfigured"), GoogleError::Credentials(_)));
    }

    #[test]
    fn reasons_are_found_in_details_too() {
        let body = json!({"error": {"code": 403, "message": "m", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}});
        let fault = Fault::parse(403, None, body.to_string().as_bytes());
        assert!(matches!(fault.into_error(), GoogleError::Credentials(_)));
    }
}
