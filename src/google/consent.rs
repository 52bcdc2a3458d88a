//! OAuth for installed apps: requests a person's consent, stores it, and revokes it.
//!
//! The person consents in a browser. Google redirects the browser to a loopback address of this machine with a
//! code, and the code is exchanged for a refresh token. PKCE binds the code to this request, and `state` binds the
//! answer to it (RFC 8252, RFC 7636, and Google's "OAuth 2.0 for Mobile & Desktop Apps").

mod endpoint;
mod permissions;

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use url::form_urlencoded;

use crate::config::GoogleCredentials;
use crate::config::credentials::{DesktopClient, TESTING_CONSENT};
use crate::secret::Secret;
use endpoint::{post, revocation_endpoint};

pub use endpoint::ConsentError;
pub use permissions::{DriveScope, Permissions, SCOPE_DRIVE_FILE, is_included, loss_without};

/// Bytes of `state` and of the code verifier: 256 bits cannot be guessed, and become the 43 characters that
/// RFC 7636 asks for at least.
const RANDOM_BYTES: usize = 32;

/// Longest code or error in a redirect, in bytes. Google's codes have about 75.
const ANSWER_BYTES_MAX: usize = 2048;

/// One request for consent. Only an answer to this request is accepted.
#[derive(Debug)]
pub struct ConsentRequest {
    client: DesktopClient,
    redirect_uri: String,
    scopes: Vec<&'static str>,
    state: Secret,
    verifier: Secret,
}

/// The answer that the browser brought.
#[derive(Debug)]
pub enum BrowserResponse {
    /// Consent: the code, which can be exchanged once for a refresh token.
    Code(Secret),
    /// Refusal, with Google's error code: `access_denied` when the person declined.
    No(String),
}

/// The query does not answer this request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ForeignRedirect {
    /// No `state`, or neither a code nor an error: somebody opened the bare address.
    #[error("it is not an answer from Google")]
    NoAnswer,
    /// An answer to another request, or a forged one.
    #[error("it answers another login (its `state` is not ours)")]
    OtherState,
}

/// A person's consent.
#[derive(Debug)]
pub struct Consent {
    /// Valid for an hour.
    pub access_token: Secret,
    /// By this machine's clock.
    pub consented_at: Timestamp,
    /// Scopes of Meet that the person did not allow, and that no allowed scope includes.
    pub unticked: Vec<&'static str>,
    refresh_token: Secret,
    client: DesktopClient,
    /// The scopes that the person allowed.
    scopes: Vec<&'static str>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: Secret,
    refresh_token: Option<Secret>,
    /// Absent when all requested scopes were granted (RFC 6749, 5.1).
    scope: Option<String>,
}

impl ConsentRequest {
    /// Makes a request for these scopes. `redirect_uri` is an address of this machine.
    pub fn new(client: DesktopClient, redirect_uri: String, scopes: Vec<&'static str>) -> Self {
        let random = || Secret::new(URL_SAFE_NO_PAD.encode(rand::random::<[u8; RANDOM_BYTES]>()));
        Self { client, redirect_uri, scopes, state: random(), verifier: random() }
    }

    /// The address that the person must open. It is not secret: its values are useless without the code verifier,
    /// which is not in it.
    pub fn address(&self) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.expose().as_bytes()));
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", &self.client.client_id)
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("response_type", "code")
            .append_pair("scope", &self.scopes.join(" "))
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256")
            .append_pair("state", self.state.expose())
            // Both parameters are needed to be sure of a refresh token.
            .append_pair("access_type", "offline")
            .append_pair("prompt", "consent")
            .finish();
        format!("{}?{query}", self.client.auth_uri)
    }

    /// Parses the query of the redirect, from the browser or pasted by the person.
    ///
    /// # Errors
    /// When it does not answer this request.
    pub fn read(&self, query: &str) -> Result<BrowserResponse, ForeignRedirect> {
        let field = |name: &str| {
            let mut fields = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
            let value = fields.next().map(|(_, value)| value.into_owned());
            value.filter(|value| !value.is_empty() && value.len() <= ANSWER_BYTES_MAX)
        };
        let state = field("state").ok_or(ForeignRedirect::NoAnswer)?;
        if !bool::from(state.as_bytes().ct_eq(self.state.expose().as_bytes())) {
            return Err(ForeignRedirect::OtherState);
        }
        match (field("error"), field("code")) {
            (Some(error), _) => Ok(BrowserResponse::No(error)),
            (None, Some(code)) => Ok(BrowserResponse::Code(Secret::new(code))),
            (None, None) => Err(ForeignRedirect::NoAnswer),
        }
    }

    /// Exchanges the code for a consent.
    ///
    /// # Errors
    /// See [`ConsentError`].
    pub async fn exchange(&self, code: &Secret) -> Result<Consent, ConsentError> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.client.client_id),
            ("client_secret", self.client.client_secret.expose()),
            ("code", code.expose()),
            ("code_verifier", self.verifier.expose()),
            ("redirect_uri", &self.redirect_uri),
        ];
        let body = post(&self.client.token_uri, &form).await?.map_err(|refusal| refusal.explain())?;
        let answer: TokenAnswer = serde_json::from_slice(&body)
            .map_err(|_| ConsentError::Unreachable("its answer holds no token".to_owned()))?;
        let given = answer.scope.unwrap_or_else(|| self.scopes.join(" "));
        let given: Vec<&str> = given.split(' ').collect();
        let (scopes, mut unticked): (Vec<_>, Vec<_>) =
            self.scopes.iter().copied().partition(|scope| given.contains(scope));
        unticked.retain(|scope| !is_included(scope, &given));
        // The archive works without Meet, and each part of Meet without the others.
        if unticked.iter().any(|scope| loss_without(scope).is_none()) {
            return Err(ConsentError::Unticked(unticked));
        }
        Ok(Consent {
            access_token: answer.access_token,
            consented_at: Timestamp::try_from(SystemTime::now()).unwrap_or_default(),
            refresh_token: answer.refresh_token.ok_or(ConsentError::NoRefreshToken)?,
            unticked,
            client: self.client.clone(),
            scopes,
        })
    }
}

impl Consent {
    /// The time when Google ends the consent, if the consent screen is in status *Testing*.
    pub fn testing_ends_at(&self) -> Timestamp {
        self.consented_at.saturating_add(TESTING_CONSENT).unwrap_or(self.consented_at)
    }

    /// The credential file, in the format of Google's own libraries, with fields of ours. Anyone who has the file
    /// can act as the person.
    pub fn file(&self, is_testing: bool) -> Secret {
        let mut file = json!({
            "type": "authorized_user",
            "client_id": self.client.client_id,
            "client_secret": self.client.client_secret.expose(),
            "refresh_token": self.refresh_token.expose(),
            "token_uri": self.client.token_uri,
            "zoom2drive_consented_at": format!("{:.0}", self.consented_at),
            "zoom2drive_scopes": self.scopes,
        });
        if is_testing {
            file["zoom2drive_testing"] = Value::Bool(true);
        }
        Secret::new(format!("{file:#}\n"))
    }
}

/// How a login ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginOutcome {
    /// Revoked now.
    Now,
    /// Revoked or expired before: Google does not know the token any more.
    Before,
}

/// Revokes a person's consent. `None` for a service account.
///
/// # Errors
/// See [`ConsentError`]; then the consent is still valid.
pub async fn revoke(credentials: &GoogleCredentials) -> Option<Result<LoginOutcome, ConsentError>> {
    let GoogleCredentials::AuthorizedUser { refresh_token, token_uri, .. } = credentials else { return None };
    let ended = async {
        match post(&revocation_endpoint(token_uri), &[("token", refresh_token.expose())]).await? {
            Ok(_) => Ok(LoginOutcome::Now),
            Err(refusal) if refusal.error == "invalid_token" => Ok(LoginOutcome::Before),
            Err(refusal) => Err(refusal.explain()),
        }
    };
    Some(ended.await)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> ConsentRequest {
        let client = DesktopClient {
            client_id: "id".to_owned(),
            client_secret: Secret::new("s"),
            auth_uri: "https://accounts.google.com/o/oauth2/auth".to_owned(),
            token_uri: "https://oauth2.googleapis.com/token".to_owned(),
        };
        let permissions = Permissions { drive: DriveScope::Drive, mail: true, meet: false };
        ConsentRequest::new(client, "http://127.0.0.1:1".to_owned(), permissions.scopes())
    }

    #[test]
    fn only_an_answer_with_our_state_is_one() {
        let question = question();
        let state = question.state.expose();
        assert!(
            matches!(question.read(&format!("code=c%2F1&state={state}")), Ok(BrowserResponse::Code(code)) if code.expose() == "c/1")
        );
        assert!(matches!(
            question.read(&format!("error=access_denied&code=c&state={state}")),
            Ok(BrowserResponse::No(_))
        ));
        for (query, fault) in [
            ("", ForeignRedirect::NoAnswer),
            ("code=c", ForeignRedirect::NoAnswer),
            (&format!("state={state}"), ForeignRedirect::NoAnswer),
            (&format!("state={state}&code="), ForeignRedirect::NoAnswer),
            (&format!("state={state}x&code=c"), ForeignRedirect::OtherState),
            ("state=&code=c", ForeignRedirect::NoAnswer),
            (&format!("state=x&code=c&state={state}"), ForeignRedirect::OtherState),
        ] {
            assert_eq!(question.read(query).err(), Some(fault), "{query}");
        }
    }

    #[test]
    fn every_question_is_another_and_shows_no_secret() {
        let (one, other) = (question(), question());
        assert_ne!(one.address(), other.address());
        assert_eq!(one.verifier.expose().len(), 43);
        let shown = format!("{one:?}{}", one.address());
        assert!(!shown.contains(one.verifier.expose()), "{shown}");
    }
}
