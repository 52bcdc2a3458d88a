//! Server-to-Server OAuth: one token for the account, an hour long.

use std::sync::Arc;

use reqwest::Client;
use serde::Deserialize;
use url::Url;

use super::ZoomError;
use crate::config::ZoomCredentials;
use crate::http::token::{self, Fresh, NoToken, TokenCache};
use crate::live::Live;
use crate::secret::Secret;

/// Hands out the account's access token.
#[derive(Debug)]
pub struct ZoomTokens {
    client: Client,
    url: Url,
    cache: TokenCache<ZoomCredentials>,
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
    pub fn new(client: Client, url: Url, credentials: Live<ZoomCredentials>) -> Self {
        Self { client, url, cache: TokenCache::new(credentials) }
    }

    /// The current token, or a fresh one.
    ///
    /// # Errors
    /// `Credentials` when Zoom refuses them: asking again would change nothing.
    pub async fn token(&self) -> Result<Secret, ZoomError> {
        self.cache.get(|credentials| self.fetch(credentials)).await
    }

    /// Zoom refused this token.
    pub async fn discard(&self, refused: &Secret) {
        self.cache.discard(refused).await;
    }

    async fn fetch(&self, credentials: Arc<ZoomCredentials>) -> Result<Fresh, ZoomError> {
        let request = self
            .client
            .post(self.url.clone())
            .basic_auth(&credentials.client_id, Some(credentials.client_secret.expose()))
            .form(&[("grant_type", "account_credentials"), ("account_id", &credentials.account_id)]);
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
