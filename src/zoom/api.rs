//! The calls of Zoom's API for one recording: list its files, and delete it.

use std::time::{Duration, SystemTime};

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tracing::debug;
use url::Url;

use super::hosts::Hosts;
use super::limits::{Limit, Limits};
use super::oauth::ZoomTokens;
use super::rate_limit::{self, Category, RateLimits};
use super::{CODE_NO_RECORDING, ZoomError};
use crate::config::ZoomConfig;
use crate::http::{self, retry_after};
use crate::jobs::AllProved;
use crate::recording::listing::{self, ListingError};
use crate::recording::{MeetingUuid, Recording};
use crate::secret::Secret;

/// Requested lifetime of a listing's download token, in seconds. A day covers the longest transfer; Zoom allows a
/// week.
const DOWNLOAD_TOKEN_TTL_SECONDS: u32 = 24 * 3600;

/// Zoom's code for "the token is missing, expired or invalid", with status 401 or 400.
const CODE_TOKEN: i64 = 124;
/// "No permission", which may come with HTTP 200.
pub(super) const CODE_NO_PERMISSION: i64 = 200;
/// "Does not exist": the wrong meeting, or its report is not ready.
pub(super) const CODE_NO_MEETING: i64 = 3001;
/// "User does not exist": the host, as Zoom sees it now.
const CODE_NO_USER: i64 = 1001;
/// "User does not belong to this account", also for a host of a sub-account.
pub(super) const CODE_FOREIGN_USER: i64 = 1010;
/// "Validation failed": seen with 400 for recordings that Zoom listed later.
pub(super) const CODE_INVALID: i64 = 300;
/// "You cannot delete a recording that is not completed".
const CODE_NOT_COMPLETED: i64 = 3303;
/// "The token lacks a scope", with status 400.
pub(super) const CODE_SCOPE: i64 = 4711;
/// The range of codes for faults of tokens and apps.
const CODES_OAUTH: std::ops::RangeInclusive<i64> = 4700..=4741;

/// Client of Zoom's API for one account.
#[derive(Debug)]
pub struct Zoom {
    client: Client,
    api_url: Url,
    tokens: ZoomTokens,
    paces: RateLimits,
    limits: Limits,
    pub(super) hosts: Hosts,
}

/// A recording as Zoom lists it now.
#[derive(Debug)]
pub struct Listing {
    /// The recording's files, with their download addresses and the token for them.
    pub recording: Recording,
}

/// Zoom's answer to a request to delete.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrashAnswer {
    /// The recording is in the trash, or deleted.
    Done,
    /// The recording was gone before.
    AlreadyGone,
    /// Zoom still processes the recording.
    NotCompleted,
    /// A role, a setting or a special use of the recording forbids it. The archive is complete all the same.
    Denied(String),
}

/// How to remove the recording at Zoom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrashAction {
    /// Move it to the trash, where Zoom keeps it for 30 days.
    Trash,
    /// Delete it for good.
    Delete,
}

/// An answer of the API without success.
#[derive(Debug)]
pub(super) struct ErrorResponse {
    pub(super) status: StatusCode,
    pub(super) code: i64,
    pub(super) message: String,
    pub(super) after: Option<Duration>,
}

impl Zoom {
    /// Makes a client for the account in the settings; `None` without credentials.
    pub fn new(client: Client, config: &ZoomConfig) -> Option<Self> {
        let credentials = config.credentials.clone()?;
        let tokens = ZoomTokens::new(client.clone(), config.oauth_url.clone(), credentials);
        let (paces, limits) = (RateLimits::new(config.plan), Limits::default());
        let hosts = Hosts::default();
        Some(Self { client, api_url: config.api_url.clone(), tokens, paces, limits, hosts })
    }

    /// Returns the account's access token, which also opens downloads.
    ///
    /// # Errors
    /// When Zoom issues no token.
    pub async fn token(&self) -> Result<Secret, ZoomError> {
        self.tokens.token().await
    }

    /// Discards a token that Zoom refused. The next call fetches another one.
    pub async fn discard_token(&self, refused: &Secret) {
        self.tokens.discard(refused).await;
    }

    /// The rate limits that Zoom's answers have reported so far.
    pub fn limits(&self) -> Vec<Limit> {
        self.limits.seen()
    }

    /// Lists one recording, and requests a token for its downloads.
    ///
    /// # Errors
    /// `NoRecording` when Zoom has no such recording, not yet or not any more; `NotListed` when the refusal may
    /// pass, because Zoom gives it for recordings that it does not know yet.
    pub async fn recording(&self, uuid: &MeetingUuid) -> Result<Listing, ZoomError> {
        let path = format!(
            "/meetings/{}/recordings?include_fields=download_access_token&ttl={DOWNLOAD_TOKEN_TTL_SECONDS}",
            segment(uuid)?
        );
        let body = match self.call(Category::Light, Method::GET, &path).await? {
            Ok(body) => body,
            Err(fault) => return Err(fault.unlisted()),
        };
        let mut object = read_object(&body, "recording_files")?.map_err(ErrorResponse::unlisted)?;
        if let Some(object) = object.as_object_mut()
            && !object.contains_key("uuid")
        {
            object.insert("uuid".to_owned(), Value::String(uuid.as_str().to_owned()));
        }
        let token = Some(listing::text(&object, "download_access_token"))
            .filter(|token| !token.is_empty())
            .map(Secret::new);
        let recording = listing::read(&object)
            .map_err(|error: ListingError| ZoomError::Unreachable { what: error.to_string(), after: None })?
            .listed_by_zoom(token.as_ref());
        if recording.uuid != *uuid {
            // Zoom returns the latest instance when it takes the id for a meeting's number.
            return Err(ZoomError::NoRecording("Zoom answered with another meeting's recording".to_owned()));
        }
        Ok(Listing { recording })
    }

    /// Deletes the whole recording at Zoom. The proof says that every file of a fresh listing is on Drive.
    ///
    /// # Errors
    /// When the call fails. A denial is an answer, not an error.
    pub async fn trash(&self, proof: &AllProved, action: TrashAction) -> Result<TrashAnswer, ZoomError> {
        let action = match action {
            TrashAction::Trash => "trash",
            TrashAction::Delete => "delete",
        };
        let path = format!("/meetings/{}/recordings?action={action}", segment(proof.uuid())?);
        match self.call(Category::Light, Method::DELETE, &path).await? {
            Ok(_) => Ok(TrashAnswer::Done),
            Err(fault) if fault.is_no_recording() => Ok(TrashAnswer::AlreadyGone),
            Err(fault) if fault.code == CODE_NOT_COMPLETED => Ok(TrashAnswer::NotCompleted),
            Err(fault) if fault.is_passing() => Err(fault.into_error()),
            Err(fault) => Ok(TrashAnswer::Denied(fault.describe())),
        }
    }

    /// Makes one call with the account's token. A refused token is replaced once.
    pub(super) async fn call(
        &self,
        category: Category,
        method: Method,
        path: &str,
    ) -> Result<Result<Vec<u8>, ErrorResponse>, ZoomError> {
        let token = self.token().await?;
        match self.call_with(&token, category, method.clone(), path).await? {
            Err(fault) if fault.is_bad_token() => {
                debug!("Zoom refused the access token; fetching another");
                self.discard_token(&token).await;
                let token = self.token().await?;
                self.call_with(&token, category, method, path).await
            }
            Err(fault) if fault.code == CODE_SCOPE => {
                // A token keeps the scopes that it was issued with. The next token may have the missing one.
                self.discard_token(&token).await;
                Ok(Err(fault))
            }
            answer => Ok(answer),
        }
    }

    async fn call_with(
        &self,
        token: &Secret,
        category: Category,
        method: Method,
        path: &str,
    ) -> Result<Result<Vec<u8>, ErrorResponse>, ZoomError> {
        self.paces.wait(category).await?;
        let unreachable =
            |error: reqwest::Error| ZoomError::Unreachable { what: http::describe(&error), after: None };
        // Appended as text: a uuid is encoded twice, and `Url` does not encode `%25..` again.
        let url = format!("{}{path}", self.api_url.as_str().trim_end_matches('/'));
        let request =
            self.client.request(method, url).bearer_auth(token.expose()).timeout(http::CALL_TIMEOUT);
        let response = request.send().await.map_err(unreachable)?;
        let status = response.status();
        let after = retry_after::read(response.headers(), SystemTime::now());
        self.limits.note(response.headers());
        if status.is_success() {
            return Ok(Ok(http::read_answer(response).await.map_err(unreachable)?));
        }
        let after = if status == StatusCode::TOO_MANY_REQUESTS {
            self.paces.refused(category, rate_limit::asked_wait(response.headers(), after))
        } else {
            after
        };
        let body = http::read_at_most(response, http::ERROR_BYTES_MAX).await.map_err(unreachable)?;
        // Gateways answer in HTML. Then there is no code, and only the status counts.
        let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
        let code = answer.get("code").and_then(Value::as_i64).unwrap_or_default();
        Ok(Err(ErrorResponse { status, code, message: listing::text(&answer, "message"), after }))
    }
}

pub(super) fn segment(uuid: &MeetingUuid) -> Result<String, ZoomError> {
    let refused = || {
        ZoomError::Refused(format!("the uuid {uuid:?} would lead to another path, so the call is not made"))
    };
    uuid.path_segment().ok_or_else(refused)
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
    fn is_bad_token(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
            || (self.status == StatusCode::BAD_REQUEST && self.code == CODE_TOKEN)
    }

    pub(super) fn is_no_recording(&self) -> bool {
        self.code == CODE_NO_RECORDING
            || (self.status == StatusCode::NOT_FOUND && self.code == CODE_NO_MEETING)
    }

    /// The meaning for a request of one recording: some refusals occur only until Zoom has listed it.
    fn unlisted(self) -> ZoomError {
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
