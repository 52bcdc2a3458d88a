//! Server-to-Server OAuth: one token for the account, an hour long.

use std::time::{Duration, SystemTime};

use reqwest::{Client, StatusCode};
use serde::Deserialize;
use url::Url;

use super::ZoomError;
use crate::config::ZoomCredentials;
use crate::http::token::{Fresh, TokenCache};
use crate::http::{self, retry_after};
use crate::secret::Secret;

/// A token's life when the answer names none; Zoom's documents say an hour.
const DEFAULT_LIFE_SECONDS: u64 = 3600;

/// Hands out the account's access token.
#[derive(Debug)]
pub struct ZoomTokens {
    client: Client,
    url: Url,
    credentials: ZoomCredentials,
    cache: TokenCache,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Secret,
    #[serde(default)]
    expires_in: Option<u64>,
}

/// `{"reason":"Invalid client_id or client_secret","error":"invalid_client"}`
#[derive(Deserialize, Default)]
struct TokenFault {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    error: String,
}

impl ZoomTokens {
    /// For this account.
    pub fn new(client: Client, url: Url, credentials: ZoomCredentials) -> Self {
        Self { client, url, credentials, cache: TokenCache::default() }
    }

    /// The current token, or a fresh one.
    ///
    /// # Errors
    /// `Credentials` when Zoom refuses them: asking again would change nothing.
    pub async fn token(&self) -> Result<Secret, ZoomError> {
        self.cache.get(|| self.fetch()).await
    }

    /// Zoom refused this token.
    pub async fn discard(&self, refused: &Secret) {
        self.cache.discard(refused).await;
    }

    async fn fetch(&self) -> Result<Fresh, ZoomError> {
        let unreachable =
            |what: String, after| ZoomError::Unreachable { what: format!("token endpoint: {what}"), after };
        let response = self
            .client
            .post(self.url.clone())
            .basic_auth(&self.credentials.client_id, Some(self.credentials.client_secret.expose()))
            .form(&[("grant_type", "account_credentials"), ("account_id", &self.credentials.account_id)])
            .timeout(http::CALL_TIMEOUT)
            .send()
            .await
            .map_err(|error| unreachable(http::describe(&error), None))?;
        let status = response.status();
        let after = retry_after::read(response.headers(), SystemTime::now());
        let body = http::read_at_most(response, http::ERROR_BYTES_MAX)
            .await
            .map_err(|error| unreachable(http::describe(&error), None))?;
        if status.is_success() {
            let answer: TokenAnswer = serde_json::from_slice(&body)
                .map_err(|_| unreachable("its answer holds no token".to_owned(), None))?;
            let lives_for = Duration::from_secs(answer.expires_in.unwrap_or(DEFAULT_LIFE_SECONDS));
            return Ok(Fresh { token: answer.access_token, lives_for });
        }
        if status.is_server_error()
            || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
        {
            return Err(unreachable(format!("status {status}"), after));
        }
        let fault: TokenFault = serde_json::from_slice(&body).unwrap_or_default();
        Err(ZoomError::Credentials(format!("{} {} ({status})", fault.error, fault.reason).trim().to_owned()))
    }
}
