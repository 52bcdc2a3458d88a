//! How a call of Zoom's API is sent, and the calls for one recording: list its files, and delete it.

use std::time::SystemTime;

use reqwest::{Client, Method, StatusCode};
use serde_json::Value;
use tracing::debug;
use url::Url;

use super::ZoomError;
use super::answer::{CODE_NOT_COMPLETED, CODE_SCOPE, ErrorResponse, read_object};
use super::hosts::Hosts;
use super::limits::{Limit, Limits};
use super::oauth::ZoomTokens;
use super::rate_limit::{self, Category, RateLimits};
use crate::config::ZoomConfig;
use crate::http::{self, retry_after};
use crate::jobs::AllProved;
use crate::recording::listing::{self, ListingError};
use crate::recording::{MeetingUuid, Recording};
use crate::secret::Secret;

/// Requested lifetime of a listing's download token, in seconds. A day covers the longest transfer; Zoom allows a
/// week.
const DOWNLOAD_TOKEN_TTL_SECONDS: u32 = 24 * 3600;

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

/// One call of the API.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) category: Category,
    pub(super) method: Method,
    /// Below the API's base, with the query.
    pub(super) path: String,
    pub(super) body: Option<Value>,
}

/// Zoom's answer: a body, or a refusal.
pub(super) type Answer = Result<Vec<u8>, ErrorResponse>;

/// Why a call has no answer, and if Zoom may have received it all the same.
#[derive(Debug)]
pub(super) enum SendError {
    /// No byte of it has left.
    NotSent(ZoomError),
    /// Zoom may have received it, and may have done what it says.
    MaybeSent(ZoomError),
}

impl From<SendError> for ZoomError {
    fn from(error: SendError) -> Self {
        match error {
            SendError::NotSent(error) | SendError::MaybeSent(error) => error,
        }
    }
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

    /// Makes one call without a body, with the account's token. A refused token is replaced once.
    pub(super) async fn call(
        &self,
        category: Category,
        method: Method,
        path: &str,
    ) -> Result<Answer, ZoomError> {
        let call = Call { category, method, path: path.to_owned(), body: None };
        Ok(self.send(&call).await?)
    }

    /// Makes one call with the account's token. A refused token is replaced once: Zoom did nothing for it.
    pub(super) async fn send(&self, call: &Call) -> Result<Answer, SendError> {
        let token = self.token().await.map_err(SendError::NotSent)?;
        match self.send_with(&token, call).await? {
            Err(fault) if fault.is_bad_token() => {
                debug!("Zoom refused the access token; fetching another");
                self.discard_token(&token).await;
                let token = self.token().await.map_err(SendError::NotSent)?;
                self.send_with(&token, call).await
            }
            Err(fault) if fault.code == CODE_SCOPE => {
                // A token keeps the scopes that it was issued with. The next token may have the missing one.
                self.discard_token(&token).await;
                Ok(Err(fault))
            }
            answer => Ok(answer),
        }
    }

    async fn send_with(&self, token: &Secret, call: &Call) -> Result<Answer, SendError> {
        self.paces.wait(call.category).await.map_err(SendError::NotSent)?;
        let unreachable =
            |error: reqwest::Error| ZoomError::Unreachable { what: http::describe(&error), after: None };
        let lost = |error: reqwest::Error| SendError::MaybeSent(unreachable(error));
        // Appended as text: a uuid is encoded twice, and `Url` does not encode `%25..` again.
        let url = format!("{}{}", self.api_url.as_str().trim_end_matches('/'), call.path);
        let request = self.client.request(call.method.clone(), url);
        let request = request.bearer_auth(token.expose()).timeout(http::CALL_TIMEOUT);
        let request = match &call.body {
            Some(body) => request.json(body),
            None => request,
        };
        let response = request.send().await.map_err(|error| {
            if error.is_connect() { SendError::NotSent(unreachable(error)) } else { lost(error) }
        })?;
        let status = response.status();
        let after = retry_after::read(response.headers(), SystemTime::now());
        self.limits.note(response.headers());
        if status.is_success() {
            return Ok(Ok(http::read_answer(response).await.map_err(lost)?));
        }
        let after = if status == StatusCode::TOO_MANY_REQUESTS {
            self.paces.refused(call.category, rate_limit::asked_wait(response.headers(), after))
        } else {
            after
        };
        let body = http::read_at_most(response, http::ERROR_BYTES_MAX).await.map_err(lost)?;
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
