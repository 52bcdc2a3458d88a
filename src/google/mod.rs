//! Where bytes go: Google's token endpoint, Drive's metadata, and resumable uploads; and Gmail, for messages.

pub mod auth;
pub mod consent;
pub mod drive;
pub mod examine;
pub mod gmail;
mod sharing;
pub mod upload;

use std::time::{Duration, SystemTime};

use reqwest::header::HeaderMap;
use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;

use crate::http::{self, retry_after};
use crate::jobs::pause::PauseCause;
use auth::GoogleTokens;

pub use drive::{Drive, DriveFile, NewFile};
pub use examine::NoAnswer;
pub use gmail::Gmail;

/// Where Drive's calls are.
const API: &str = "/drive/v3";

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
    /// We ask for too much at a time.
    #[error("Google asks us to slow down: {what}")]
    Busy {
        /// What it says.
        what: String,
        /// Google's own wish, if it had one.
        after: Option<Duration>,
        /// 403 with a rate limit's reason: the same answer also stands for the daily upload limit.
        may_be_daily: bool,
    },
    /// The credentials or the delegation are wrong.
    #[error("Google refuses our credentials: {0}")]
    Credentials(String),
    /// Google refuses everything of this kind, whatever the file: no scope, no room, a day's limit.
    #[error("Google refuses everybody: {what}")]
    Stop {
        /// Why, as far as it matters to us.
        cause: PauseCause,
        /// What it says.
        what: String,
    },
    /// There is no such file, or we may not see it.
    #[error("Google knows no such file, or the account has no access to it: {0}")]
    NotFound(String),
    /// The reserved id is in use: an earlier attempt got through.
    #[error("a file with this id exists already")]
    IdInUse,
    /// Google refuses this one file and will go on refusing it: role, setting. A person must look.
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
        if let Some(cause) = stop_cause(&self.reason).filter(|_| self.status == 403) {
            return GoogleError::Stop { cause, what };
        }
        match (self.status, self.reason.as_str()) {
            (401, _) => GoogleError::Credentials(what),
            (429, _) => GoogleError::Busy { what, after: self.after, may_be_daily: false },
            (408 | 500.., _) => GoogleError::Unreachable { what, after: self.after },
            (403, reason) if is_rate_limit(reason) => {
                GoogleError::Busy { what, after: self.after, may_be_daily: true }
            }
            // Plain text "Request rate higher than configured" and the like.
            (403, "") => GoogleError::Busy { what, after: self.after, may_be_daily: false },
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
        "rateLimitExceeded" | "userRateLimitExceeded" | "sharingRateLimitExceeded" | "quotaExceeded"
    )
}

/// Reasons of a 403 that concern every file alike.
fn stop_cause(reason: &str) -> Option<PauseCause> {
    match reason {
        "insufficientPermissions"
        | "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
        | "accessNotConfigured"
        | "SERVICE_DISABLED"
        | "domainPolicy" => Some(PauseCause::MissingScope),
        "storageQuotaExceeded" => Some(PauseCause::StorageFull),
        "teamDriveFileLimitExceeded"
        | "activeItemCreationLimitExceeded"
        | "numChildrenInNonRootLimitExceeded" => Some(PauseCause::ItemsFull),
        "dailyLimitExceeded" => Some(PauseCause::DailyLimit),
        "teamDriveMembershipRequired" => Some(PauseCause::RootUnusable),
        _ => None,
    }
}

fn advice(reason: &str) -> &'static str {
    match reason {
        "insufficientFilePermissions" | "insufficientParentPermissions" => {
            ". Make the account Content manager of the shared drive (or Editor of the folder)"
        }
        "teamDriveHierarchyTooDeep" => ". Folders are too deep: FOLDER_TEMPLATE has too many levels",
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
        let busy =
            |error, daily| matches!(error, GoogleError::Busy { may_be_daily, .. } if may_be_daily == daily);
        assert!(
            busy(error(403, "userRateLimitExceeded"), true) && busy(error(429, "rateLimitExceeded"), false)
        );
        assert!(busy(Fault::parse(403, None, b"Request rate higher than configured").into_error(), false));
        let down = |error| matches!(error, GoogleError::Unreachable { .. });
        assert!(down(error(500, "internalError")) && down(error(503, "backendError")));
        assert!(down(Fault::parse(502, None, b"<html>Bad gateway").into_error()));
        let refused = |error| matches!(error, GoogleError::Refused(_));
        assert!(refused(error(403, "insufficientParentPermissions")) && refused(error(400, "invalid")));
        assert!(matches!(error(404, "notFound"), GoogleError::NotFound(_)));
        assert!(matches!(error(409, "fileIdInUse"), GoogleError::IdInUse));
    }

    #[test]
    fn what_concerns_every_file_stops_everything() {
        for (reason, expected) in [
            ("storageQuotaExceeded", PauseCause::StorageFull),
            ("teamDriveFileLimitExceeded", PauseCause::ItemsFull),
            ("activeItemCreationLimitExceeded", PauseCause::ItemsFull),
            ("dailyLimitExceeded", PauseCause::DailyLimit),
            ("accessNotConfigured", PauseCause::MissingScope),
            ("insufficientPermissions", PauseCause::MissingScope),
        ] {
            let stopped = error(403, reason);
            assert!(matches!(stopped, GoogleError::Stop { cause, .. } if cause == expected), "{reason}");
        }
    }

    #[test]
    fn reasons_are_found_in_details_too() {
        let body = json!({"error": {"code": 403, "message": "m", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}]}});
        let fault = Fault::parse(403, None, body.to_string().as_bytes());
        let cause = PauseCause::MissingScope;
        assert!(matches!(fault.into_error(), GoogleError::Stop { cause: found, .. } if found == cause));
    }
}
