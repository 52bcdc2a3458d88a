//! Sends messages by Gmail's API, with a scope and tokens of its own.

use reqwest::{Client, header};
use serde_json::json;
use url::Url;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

use super::auth::{GoogleTokens, SCOPE_GMAIL_SEND};
use super::{ErrorResponse, GoogleClient, GoogleError};
use crate::config::GoogleCredentials;
use crate::live::Live;

/// The mailbox that sends the messages.
#[derive(Debug)]
pub struct Gmail {
    google: GoogleClient,
    api_url: Url,
}

impl Gmail {
    /// Makes a client for the mailbox of `subject`, or of the person who consented.
    pub fn new(
        client: Client,
        credentials: Live<GoogleCredentials>,
        subject: Option<String>,
        api_url: Url,
    ) -> Self {
        let tokens = GoogleTokens::new(client.clone(), credentials, subject, SCOPE_GMAIL_SEND);
        Self { google: GoogleClient { client, tokens, about: None }, api_url }
    }

    /// Sends a message of RFC 5322. Gmail has no idempotency key, so it cannot detect a message that it sent
    /// before.
    ///
    /// # Errors
    /// When Google refuses or cannot be reached. It may have sent the message all the same.
    pub async fn send(&self, message: &[u8]) -> Result<(), GoogleError> {
        let url = format!("{}/gmail/v1/users/me/messages/send", self.api_url.as_str().trim_end_matches('/'));
        let body = json!({"raw": URL_SAFE.encode(message)}).to_string();
        let build = |client: &Client| {
            client.post(&url).header(header::CONTENT_TYPE, "application/json").body(body.clone())
        };
        let response = self.google.send(build).await?;
        if response.status().is_success() {
            return Ok(());
        }
        let fault = ErrorResponse::read(response).await;
        // Gmail answers this for an account without a mailbox.
        if fault.status == 400 && fault.names("failedprecondition") {
            return Err(GoogleError::Refused(format!(
                "{}. The account has no mailbox: set NOTIFY_GOOGLE_SUBJECT to a user with Gmail",
                fault.describe()
            )));
        }
        Err(fault.into_error())
    }
}
