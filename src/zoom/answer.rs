//! Zoom's answers without success, and their meaning.

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;

use super::{CODE_NO_RECORDING, ZoomError};
use crate::recording::listing;

/// Zoom's code for "the token is missing, expired or invalid", with status 401 or 400.
const CODE_TOKEN: i64 = 124;
/// "No permission", which may come with HTTP 200.
pub(super) const CODE_NO_PERMISSION: i64 = 200;
/// "Does not exist": the wrong meeting, or its report is not ready.
pub(super) const CODE_NO_MEETING: i64 = 3001;
/// "User does not exist": the host, as Zoom sees it now.
pub(super) const CODE_NO_USER: i64 = 1001;
/// "User does not belong to this account", also for a host of a sub-account.
pub(super) const CODE_FOREIGN_USER: i64 = 1010;
/// "Validation failed": seen with 400 for recordings that Zoom listed later.
pub(super) const CODE_INVALID: i64 = 300;
/// "You cannot delete a recording that is not completed".
pub(super) const CODE_NOT_COMPLETED: i64 = 3303;
/// "The token lacks a scope", with status 400.
pub(super) const CODE_SCOPE: i64 = 4711;
/// The range of codes for faults of tokens and apps.
const CODES_OAUTH: std::ops::RangeInclusive<i64> = 4700..=4741;

/// An answer of the API without success.
#[derive(Debug)]
pub(super) struct ErrorResponse {
    pub(super) status: StatusCode,
    pub(super) code: i64,
    pub(super) message: String,
    pub(super) after: Option<Duration>,
}

/// Reads an answer that must have this field. Zoom documents "HTTP 200 with error code 200: no permission".
pub(super) fn read_object(body: &[u8], field: &str) -> Result<Result<Value, ErrorResponse>, ZoomError> {
    let object: Value = serde_json::from_slice(body)
        .map_err(|_| ZoomError::Unreachable { what: "the listing is not JSON".to_owned(), after: None })?;
    match object.get("code").and_then(Value::as_i64) {
        Some(code) if object.get(field).is_none() => {
            let message = listing::text(&object, "message");
            Ok(Err(ErrorResponse { status: StatusCode::OK, code, message, after: None }))
        }
        _ => Ok(Ok(object)),
    }
}

impl ErrorResponse {
    pub(super) fn is_bad_token(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
            || (self.status == StatusCode::BAD_REQUEST && self.code == CODE_TOKEN)
    }

    pub(super) fn is_no_recording(&self) -> bool {
        self.code == CODE_NO_RECORDING
            || (self.status == StatusCode::NOT_FOUND && self.code == CODE_NO_MEETING)
    }

    /// The meaning for a request of one recording: some refusals occur only until Zoom has listed it.
    pub(super) fn unlisted(self) -> ZoomError {
        let is_answer = matches!(self.status, StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND);
        let codes = [CODE_NO_USER, CODE_FOREIGN_USER, CODE_NO_MEETING, CODE_INVALID];
        let may_come = (is_answer || self.status.is_success()) && codes.contains(&self.code);
        if may_come && !self.is_no_recording() {
            return ZoomError::NotListed(self.describe());
        }
        self.into_error()
    }

    pub(super) fn is_passing(&self) -> bool {
        self.status.is_server_error()
            || matches!(self.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
            || self.status.is_redirection()
            // A 404 without a code of Zoom's comes from a gateway. It says nothing about the recording.
            || (self.status == StatusCode::NOT_FOUND && self.code == 0)
    }

    pub(super) fn describe(&self) -> String {
        format!("status {}, code {}: {}", self.status.as_u16(), self.code, self.message)
    }

    /// Zoom's messages are in the account's language, so only status and code decide.
    pub(super) fn into_error(self) -> ZoomError {
        if self.is_no_recording() {
            ZoomError::NoRecording(self.describe())
        } else if self.status == StatusCode::TOO_MANY_REQUESTS {
            ZoomError::Busy { what: self.describe(), after: self.after }
        } else if self.is_passing() {
            ZoomError::Unreachable { what: self.describe(), after: self.after }
        } else if self.code == CODE_SCOPE {
            ZoomError::MissingScope(self.describe())
        } else if self.is_bad_token() || CODES_OAUTH.contains(&self.code) {
            ZoomError::Credentials(self.describe())
        } else if self.code == CODE_NO_PERMISSION {
            ZoomError::NoPermission(self.describe())
        } else {
            ZoomError::Refused(self.describe())
        }
    }
}
