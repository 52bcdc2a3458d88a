//! Server-to-Server OAuth: one token for the account, an hour long.

use reqwest::Client;
use serde::Deserialize;
use url::Url;

use super::ZoomError;
use crate::config::ZoomCredentials;
use crate::http::token::{self, Fresh, NoToken, TokenCache};
use crate::secret::Secret;

/// Hands out the account's access token.
#[derive(Debug)]
pub struct ZoomTokens {
    client: Client,
    url: Url,
    credentials: ZoomCredentials,
    cache: TokenCache,
}

/// `{"reason":"Invalid client_id or client_secret","error":"invalid_client"}`
#[derive(Debug, Deserialize, Default)]
pub struct TokenFault {
    /// Words for people.
    #[serde(default)]
    pub reason: String,
    /// OAuth's own word.
    #[serde(default)]
    pub error: String,
}

impl TokenFault {
    /// Reads the body of a refusal, whatever it is.
    pub fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }
}

impl ZoomTokens {
    /// For this account.
    pub fn new(client: Client, url: Url, credentials: ZoomCredentials) -> Self {
        Self { client, url, credentials, cache: TokenCache::of("zoom") }
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

    /// Asks for a token, whether or not there is one already, and tells all that was answered.
    ///
    /// # Errors
    /// See [`NoToken`].
    pub async fn ask(&self) -> Result<Fresh, NoToken> {
        let request = self
            .client
            .post(self.url.clone())
            .basic_auth(&self.credentials.client_id, Some(self.credentials.client_secret.expose()))
            .form(&[("grant_type", "account_credentials"), ("account_id", &self.credentials.account_id)]);
        token::ask(request).await
    }

    async fn fetch(&self) -> Result<Fresh, ZoomError> {
        self.ask().await.map_err(|refusal| match refusal {
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
