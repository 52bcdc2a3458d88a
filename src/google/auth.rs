//! Google access tokens, for a service account (with or without delegation) or for a person who consented.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Client;
use serde::Serialize;

use super::{ErrorResponse, GoogleError, Meaning};
use crate::config::GoogleCredentials;
use crate::http::token::{self, IssuedToken, NoToken, TokenCache};
use crate::live::Live;
use crate::secret::Secret;

/// Access to all of Drive that the account can reach. The reach of a service account depends on its memberships,
/// not on the scope. `drive.file` cannot write into a folder that somebody else made.
pub const SCOPE_DRIVE: &str = "https://www.googleapis.com/auth/drive";

/// Permission to send mail, and nothing else of Gmail.
pub const SCOPE_GMAIL_SEND: &str = "https://www.googleapis.com/auth/gmail.send";

/// Permission to read the conferences, participants, artifacts and rooms that a user sees in Meet.
pub const SCOPE_MEET_READ: &str = "https://www.googleapis.com/auth/meetings.space.readonly";

/// Permission to list the company's users.
pub const SCOPE_DIRECTORY: &str = "https://www.googleapis.com/auth/admin.directory.user.readonly";

/// Permission to read the entries of a user's calendars.
pub const SCOPE_CALENDAR: &str = "https://www.googleapis.com/auth/calendar.events.readonly";

/// Permission to read the files that Meet made in a user's Drive, and no others.
pub const SCOPE_MEET_FILES: &str = "https://www.googleapis.com/auth/drive.meet.readonly";

/// Lifetime of an assertion, in seconds. Google allows at most an hour.
const ASSERTION_SECONDS: u64 = 3600;

/// The assertion is dated back by this many seconds, in case our clock is ahead.
const CLOCK_SLACK_SECONDS: u64 = 30;

/// Issues access tokens for one identity and one scope.
#[derive(Debug)]
pub struct GoogleTokens {
    client: Client,
    subject: Option<String>,
    scope: &'static str,
    cache: TokenCache<GoogleCredentials>,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    scope: &'a str,
    aud: &'a str,
    iat: u64,
    exp: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    sub: Option<&'a str>,
}

/// The body of the token endpoint's refusal: `{"error":"invalid_grant","error_description":"Invalid JWT
/// Signature."}`
#[derive(Debug, Default)]
pub struct TokenFault {
    /// OAuth's error code.
    pub error: String,
    /// Text for people. It alone distinguishes the kinds of `invalid_grant`.
    pub error_description: String,
}

impl TokenFault {
    /// Reads the body of a refusal. Any body is accepted.
    pub fn read(status: u16, body: &[u8]) -> Self {
        Self::of(ErrorResponse::parse(status, None, body))
    }

    fn of(fault: ErrorResponse) -> Self {
        Self { error: fault.reason.to_ascii_lowercase(), error_description: fault.message }
    }
}

impl GoogleTokens {
    /// Makes the token source of one identity and one scope. Under delegation, one scope that is not granted makes
    /// the whole request fail, so each scope has tokens of its own.
    pub fn new(
        client: Client,
        credentials: Live<GoogleCredentials>,
        subject: Option<String>,
        scope: &'static str,
    ) -> Self {
        Self { client, subject, scope, cache: TokenCache::of("google", credentials) }
    }

    /// Returns the current token, or fetches a fresh one.
    ///
    /// # Errors
    /// `Credentials` when Google refuses them: a repeated request would fail as well.
    pub async fn token(&self) -> Result<Secret, GoogleError> {
        self.cache.get(|credentials| self.fetch(credentials)).await
    }

    /// As [`Self::token`], with the endpoint's refusal as it came: for callers that tell its kinds apart.
    ///
    /// # Errors
    /// See [`NoToken`].
    pub(crate) async fn token_or_refusal(&self) -> Result<Secret, NoToken> {
        self.cache.get(|credentials| async move { self.ask_with(&credentials).await }).await
    }

    /// Discards a token that Google refused.
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

    async fn ask_with(&self, credentials: &GoogleCredentials) -> Result<IssuedToken, NoToken> {
        let grant = self.grant(credentials).map_err(|why| NoToken::Unsigned(why.to_owned()))?;
        token::ask(self.client.post(credentials.token_uri()).form(&grant)).await
    }

    async fn fetch(&self, credentials: Arc<GoogleCredentials>) -> Result<IssuedToken, GoogleError> {
        self.ask_with(&credentials).await.map_err(|refusal| match refusal {
            NoToken::Passing { what, after, .. } => GoogleError::Unreachable { what, after },
            NoToken::Unsigned(what) => GoogleError::Credentials(what),
            NoToken::Refused { status, body, server_time, after, .. } => {
                let fault = ErrorResponse::parse(status.as_u16(), after, &body);
                // A rate limit, a redirect or a gateway's page says nothing about the credentials.
                if matches!(fault.meaning(), Meaning::Passing | Meaning::Busy | Meaning::Quota) {
                    return fault.into_error();
                }
                let (fault, subject) = (TokenFault::of(fault), self.subject.as_deref());
                GoogleError::Credentials(explain(&fault, subject, self.scope, server_time.as_deref()))
            }
        })
    }

    fn grant(&self, credentials: &GoogleCredentials) -> Result<Vec<(&'static str, String)>, &'static str> {
        match credentials {
            GoogleCredentials::ServiceAccount {
                client_email,
                private_key_id,
                private_key,
                token_uri,
                ..
            } => {
                let assertion = self.assertion(client_email, private_key_id, private_key, token_uri)?;
                Ok(vec![
                    ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()),
                    ("assertion", assertion),
                ])
            }
            GoogleCredentials::AuthorizedUser { client_id, client_secret, refresh_token, .. } => Ok(vec![
                ("grant_type", "refresh_token".to_owned()),
                ("client_id", client_id.clone()),
                ("client_secret", client_secret.expose().to_owned()),
                ("refresh_token", refresh_token.expose().to_owned()),
            ]),
        }
    }

    fn assertion(
        &self,
        email: &str,
        key_id: &str,
        key: &Secret,
        audience: &str,
    ) -> Result<String, &'static str> {
        let bad_key = |_| "the private key in the key file cannot be used";
        let key = EncodingKey::from_rsa_pem(key.expose().as_bytes()).map_err(bad_key)?;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        let issued = now.saturating_sub(CLOCK_SLACK_SECONDS);
        let claims = Claims {
            iss: email,
            scope: self.scope,
            aud: audience,
            iat: issued,
            exp: issued + ASSERTION_SECONDS,
            sub: self.subject.as_deref(),
        };
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some(key_id.to_owned()).filter(|id| !id.is_empty());
        jsonwebtoken::encode(&header, &claims, &key).map_err(bad_key)
    }
}

/// Tells a person how to fix a refusal.
fn explain(fault: &TokenFault, subject: Option<&str>, scope: &str, google_time: Option<&str>) -> String {
    let said = format!("{} {}", fault.error, fault.error_description);
    let hint = match (fault.error.as_str(), subject) {
        ("unauthorized_client" | "access_denied", Some(subject)) => {
            format!(
                "delegation to act for {subject} with the scope {scope} is not granted in the Admin console"
            )
        }
        ("invalid_grant", _) if said.contains("iat and exp") => {
            format!("this machine's clock is wrong; Google's says {}", google_time.unwrap_or("nothing"))
        }
        ("invalid_grant", _) if said.contains("Signature") => {
            "the key was deleted or replaced: make a new one".to_owned()
        }
        ("invalid_grant", _) => "the account, the subject or the consent is no longer valid".to_owned(),
        _ => "check the credential file".to_owned(),
    };
    format!("{}: {hint}", said.trim())
}
