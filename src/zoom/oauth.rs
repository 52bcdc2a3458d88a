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

    async fn fetch(&self) -> Result<Fresh, ZoomError> {
        let request = self
            .client
            .post(self.url.clone())
            .basic_auth(&self.credentials.client_id, Some(self.credentials.client_secret.expose()))
            .form(&[("grant_type", "account_credentials"), ("account_id", &self.credentials.account_id)]);
        token::ask(request).await.map_err(|refusal| match refusal {
            NoToken::Passing { what, after } => ZoomError::Unreachable { what, after },
            NoToken::Refused { status, body, .. } => {
                let fault: TokenFault = serde_json::from_slice(&body).unwrap_or_default();
                ZoomError::Credentials(
                    format!("{} {} ({status})", fault.error, fault.reason).trim().to_owned(),
                )
            }
        })
    }
}
