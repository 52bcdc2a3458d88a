//! Google: its token endpoint, Drive's metadata and resumable uploads, Sheets, Gmail for messages, and Meet with its
//! companions: the directory of users and their calendars.

mod ask;
pub mod auth;
pub mod calendar;
mod conferences;
pub mod consent;
pub mod directory;
pub mod drive;
pub mod examine;
pub mod gmail;
mod ids;
pub mod look;
pub mod meet;
pub mod originals;
mod pages;
mod parents;
mod refusal;
mod session;
mod sharing;
pub mod sheets;
pub mod upload;
pub mod users;

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use url::Url;

use crate::http;
use crate::jobs::pause::PauseCause;
use auth::GoogleTokens;

pub use ask::{AT_ONCE, Answers, ask_all};
pub use calendar::Calendar;
pub use conferences::ConferenceReader;
pub use directory::{Company, Directory};
pub use drive::{Drive, DriveFile, NewFile};
pub use examine::{NoAnswer, who_is_logged_in};
pub use gmail::Gmail;
pub(crate) use meet::Api;
pub use meet::{Attendances, AttendedError, AttendedSitting, Meet, MeetError};
pub use parents::{FOLDERS_MAX, ListedFile, Listing};
pub use refusal::Meaning;
pub(crate) use refusal::{ErrorResponse, StorageQuota};
pub use users::GoogleUsers;

/// Path of Drive's API.
const API: &str = "/drive/v3";

/// A connection without progress for this time is closed.
const IDLE: Duration = Duration::from_secs(30);

/// Why a call of Google failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GoogleError {
    /// The network failed, or Google answered with a temporary error.
    #[error("Google cannot be reached: {what}")]
    Unreachable {
        what: String,
        /// The value of `Retry-After`, if Google sent one.
        after: Option<Duration>,
    },
    /// The account exceeds a rate limit.
    #[error("Google asks us to slow down: {what}")]
    Busy {
        what: String,
        /// The value of `Retry-After`, if Google sent one.
        after: Option<Duration>,
        /// 403 with the reason of a rate limit. Google sends the same answer for the daily upload limit.
        may_be_daily: bool,
    },
    /// The credentials or the delegation are wrong.
    #[error("Google refuses our credentials: {0}")]
    Credentials(String),
    /// Google refuses all calls of this kind, whatever the file is: no scope, no storage, a daily limit.
    #[error("Google refuses requests for every file: {what}")]
    Stop {
        /// The cause, as the pause needs it.
        cause: PauseCause,
        what: String,
    },
    /// The file does not exist, or the account cannot see it.
    #[error("Google knows no such file, or the account has no access to it: {0}")]
    NotFound(String),
    /// The reserved id is in use: an earlier attempt succeeded.
    #[error("a file with this id already exists")]
    IdInUse,
    /// Google refuses this one file, and will refuse it again: a role or a setting is wrong. A person must act.
    #[error("Google refuses: {0}")]
    Refused(String),
}

/// Client of Google's APIs for one identity.
#[derive(Debug)]
pub(crate) struct GoogleClient {
    /// For calls. A call fails when nothing arrives for the idle time.
    pub(crate) client: Client,
    pub(crate) tokens: GoogleTokens,
    /// Address of Drive's storage figures; `None` if no storage is used.
    pub(crate) about: Option<String>,
}

impl GoogleClient {
    /// Sends a request with the current token. A refused token is replaced once; `build` then makes the request
    /// again.
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

    /// As [`Self::send`], and parses the answer as JSON.
    pub(crate) async fn json(&self, build: impl Fn(&Client) -> RequestBuilder) -> Result<Value, GoogleError> {
        let response = self.send(build).await?;
        if !response.status().is_success() {
            return Err(self.refusal(response, 0).await);
        }
        read_json(response).await
    }

    /// The error for a refused request that would store `bytes`.
    pub(crate) async fn refusal(&self, response: Response, bytes: u64) -> GoogleError {
        let fault = ErrorResponse::read(response).await;
        self.explain(fault, bytes).await
    }

    /// As [`Self::refusal`], for an answer that was read already. If Google does not say which quota is used up,
    /// Drive's storage figures decide.
    pub(crate) async fn explain(&self, fault: ErrorResponse, bytes: u64) -> GoogleError {
        let room = match (&self.about, fault.meaning()) {
            (Some(about), Meaning::Quota) => self.room(about).await,
            _ => None,
        };
        let meaning = fault.settled(room, bytes);
        fault.into_error_of(meaning)
    }

    /// Drive's storage figures; `None` when Drive does not report them now.
    async fn room(&self, about: &str) -> Option<StorageQuota> {
        let parameters = [("fields", "storageQuota(limit,usage)")];
        let response = self.send(|client| client.get(about).query(&parameters)).await.ok()?;
        if !response.status().is_success() {
            return None;
        }
        let body = http::read_answer(response).await.ok()?;
        StorageQuota::read(&serde_json::from_slice(&body).ok()?)
    }
}

/// Where Drive says who we are and how much room there is.
fn about_url(api_url: &Url) -> String {
    format!("{}{API}/about", api_url.as_str().trim_end_matches('/'))
}

/// Reads the body of an answer that is no refusal.
async fn read_json(response: Response) -> Result<Value, GoogleError> {
    let body = http::read_answer(response).await.map_err(unreachable)?;
    serde_json::from_slice(&body)
        .map_err(|_| GoogleError::Unreachable { what: "the answer is no JSON".to_owned(), after: None })
}

#[expect(clippy::needless_pass_by_value, reason = "it is used as map_err(unreachable)")]
pub(crate) fn unreachable(error: reqwest::Error) -> GoogleError {
    GoogleError::Unreachable { what: http::describe(&error), after: None }
}
