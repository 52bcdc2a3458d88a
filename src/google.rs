//! Where bytes go: Google's token endpoint, Drive's metadata, and resumable uploads; and Gmail, for messages.

pub mod auth;
pub mod consent;
pub mod drive;
pub mod examine;
pub mod gmail;
mod pages;
mod refusal;
mod session;
mod sharing;
pub mod upload;

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response, StatusCode};
use serde_json::Value;
use url::Url;

use crate::http;
use crate::jobs::pause::PauseCause;
use auth::GoogleTokens;

pub use drive::{Drive, DriveFile, NewFile};
pub use examine::{NoAnswer, who_is_logged_in};
pub use gmail::Gmail;
pub use refusal::Meaning;
pub(crate) use refusal::{ErrorResponse, StorageQuota};

/// Where Drive's calls are.
const API: &str = "/drive/v3";

/// A connection of a login is closed when nothing moves on it for this time.
const IDLE: Duration = Duration::from_secs(30);

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

/// Google's APIs for one identity.
#[derive(Debug)]
pub(crate) struct GoogleClient {
    /// For calls: waiting ends when nothing comes for the idle time.
    pub(crate) client: Client,
    pub(crate) tokens: GoogleTokens,
    /// Where Drive tells how much room there is; none where no storage is used.
    pub(crate) about: Option<String>,
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
            return Err(self.refusal(response, 0).await);
        }
        read_json(response).await
    }

    /// What an error answer means, to a request that is to store this number of bytes.
    pub(crate) async fn refusal(&self, response: Response, bytes: u64) -> GoogleError {
        let fault = ErrorResponse::read(response).await;
        self.explain(fault, bytes).await
    }

    /// The same, once it is read. Where Google does not say which quota is used up, Drive's figures do.
    pub(crate) async fn explain(&self, fault: ErrorResponse, bytes: u64) -> GoogleError {
        let room = match (&self.about, fault.meaning()) {
            (Some(about), Meaning::Quota) => self.room(about).await,
            _ => None,
        };
        let meaning = fault.settled(room, bytes);
        fault.into_error_of(meaning)
    }

    /// How much room there is; nothing when Drive does not tell now.
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
