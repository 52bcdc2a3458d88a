//! Server-to-Server OAuth: one access token for the account, valid for an hour.

use std::sync::Arc;

use reqwest::Client;
use serde::Deserialize;
use url::Url;

use super::ZoomError;
use crate::config::ZoomCredentials;
use crate::http::token::{self, IssuedToken, NoToken, TokenCache};
use crate::live::Live;
use crate::secret::Secret;

/// Issues the account's access token.
#[derive(Debug)]
pub struct ZoomTokens {
    client: Client,
    url: Url,
    cache: TokenCache<ZoomCredentials>,
}

/// `{"reason":"Invalid client_id or client_secret","error":"invalid_client"}`
#[derive(Debug, Deserialize, Default)]
pub struct TokenFault {
    /// Text for people.
    #[serde(default)]
    pub reason: String,
    /// OAuth's error code.
    #[serde(default)]
    pub error: String,
}

impl TokenFault {
    /// Reads the body of a refusal. Any body is accepted.
    pub fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
}

impl ZoomTokens {
    /// Makes the token source of one account.
    pub fn new(client: Client, url: Url, credentials: Live<ZoomCredentials>) -> Self {
        Self { client, url, cache: TokenCache::of("zoom", credentials) }
    }

    /// Returns the current token, or fetches a fresh one.
    ///
    /// # Errors
    /// `Credentials` when Zoom refuses them: a repeated request would fail as well.
    pub async fn token(&self) -> Result<Secret, ZoomError> {
        self.cache.get(|credentials| self.fetch(credentials)).await
    }

    /// Discards a token that Zoom refused.
    pub async fn discard(&self, refused: &Secret) {
        self.cache.discard(refused).await;
    }

    /// Fetches a token, even if there is a current one, and returns the whole answer.
    ///
    /// # Errors
    /// See [`NoToken`].
    pub async fn ask(&self) -> Result<IssuedToken, NoToken> {
        self.ask_with(&self.cache.credentials()).await
    }

    async fn ask_with(&self, credentials: &ZoomCredentials) -> Result<IssuedToken, NoToken> {
        let request = self
            .client
            .post(self.url.clone())
            .basic_auth(&credentials.client_id, Some(credentials.client_secret.expose()))
            .form(&[("grant_type", "account_credentials"), ("account_id", &credentials.account_id)]);
        token::ask(request).await
    }

    async fn fetch(&self, credentials: Arc<ZoomCredentials>) -> Result<IssuedToken, ZoomError> {
        self.ask_with(&credentials).await.map_err(|refusal| match refusal {
            NoToken::Passing { what, after, .. } => ZoomError::Unreachable { what, after },
            NoToken::Unsigned(what) => ZoomError::Credentials(what),
            NoToken::Refused { status, body, .. } => {
                let fault = TokenFault::read(&body);
                ZoomError::Credentials(
                    format!("{} {} ({status})", fault.error, fault.reason).trim().to_owned(),
                )
            }
        })
    }
}
