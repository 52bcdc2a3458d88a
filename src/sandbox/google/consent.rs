//! The consent screen and what follows from it: codes, refresh tokens that live and die, and `revoke`.
//!
//! The person at the screen answers at once, as the test has configured.

use std::collections::{HashMap, HashSet};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use sha2::{Digest, Sha256};
use url::Url;

use super::http::Ask;
use super::state::random;
use super::token::{CLIENT_ID, Form};
use super::{Google, errors, scopes};
use crate::sandbox::faults::Canned;

/// Parameters of the consent screen's address that Google documents for installed apps.
const DOCUMENTED: [&str; 10] = [
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "code_challenge",
    "code_challenge_method",
    "state",
    "login_hint",
    "access_type",
    "prompt",
];

/// The action of the person at the consent screen.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Person {
    /// Allows all that is asked.
    #[default]
    Allows,
    /// Allows all but this scope.
    Unticks(String),
    /// Says no.
    Denies,
    /// Allows, having done so before: an answer without a refresh token, as for a client that asks for none.
    AllowsAgain,
}

/// A consent that is not exchanged yet.
struct Code {
    challenge: String,
    redirect_uri: String,
    scope: String,
    has_refresh_token: bool,
}

/// Consents of this Google's people.
#[derive(Default)]
pub(super) struct Consents {
    person: Person,
    codes: HashMap<String, Code>,
    /// By refresh token: the scopes.
    given: HashMap<String, String>,
    revoked: HashSet<String>,
    /// Codes and verifiers that did their work.
    used: Vec<String>,
}

/// The state of a refresh token.
pub(super) enum Worth {
    /// Access tokens of these scopes.
    Scope(String),
    /// Nothing any more.
    Revoked,
    /// It was never issued here.
    Foreign,
}

impl Consents {
    pub(super) fn give(&mut self, refresh_token: &str, scope: &str) {
        self.given.insert(refresh_token.to_owned(), scope.to_owned());
    }

    pub(super) fn worth(&self, refresh_token: &str) -> Worth {
        match self.given.get(refresh_token) {
            _ if self.revoked.contains(refresh_token) => Worth::Revoked,
            Some(scope) => Worth::Scope(scope.clone()),
            None => Worth::Foreign,
        }
    }

    /// All that must not be seen in a log.
    pub(super) fn handed_out(&self) -> Vec<String> {
        let tokens = self.given.keys().chain(self.codes.keys());
        tokens.chain(&self.used).cloned().collect()
    }
}

impl Google {
    /// The file that Google's console hands out for a client of type *Desktop app*.
    pub fn desktop_client(&self) -> serde_json::Value {
        json!({"installed": {
            "client_id": CLIENT_ID,
            "project_id": "sandbox-project",
            "auth_uri": format!("{}/o/oauth2/auth", self.url()),
            "token_uri": format!("{}/token", self.url()),
            "auth_provider_x509_cert_url": "https://www.googleapis.com/oauth2/v1/certs",
            "client_secret": self.tokens.client_secret,
            "redirect_uris": ["http://localhost"],
        }})
    }

    /// Sets the future actions of the person at the consent screen.
    pub fn set_person(&self, person: Person) {
        self.consents().person = person;
    }

    /// Takes a consent back, as the person can in their account.
    pub fn revoke(&self, refresh_token: &str) {
        self.consents().revoked.insert(refresh_token.to_owned());
        self.tokens.expire_made_with(refresh_token);
        self.transcript.changed();
    }

    /// `GET /o/oauth2/auth`. What is wrong with the client or the redirect is shown to the person, never sent
    /// on: it could be sent to anybody.
    pub(super) fn consent(&self, ask: &Ask) -> Result<Canned, Canned> {
        let get = |name: &str| ask.params.get(name).unwrap_or_default();
        let refuse = |error: &str, why: &str| {
            self.broken(format!("consent: {error}: {why}"));
            Err(Canned::new(
                400,
                "text/html; charset=utf-8",
                format!("<p>Error 400: {error}</p><p>{why}</p>"),
            ))
        };
        if get("client_id") != CLIENT_ID {
            return refuse("invalid_client", "The OAuth client was not found.");
        }
        let Some(mut redirect) = loopback(get("redirect_uri")) else {
            return refuse("redirect_uri_mismatch", "only loopback addresses for Desktop clients");
        };
        let expected =
            [("response_type", "code"), ("code_challenge_method", "S256"), ("access_type", "offline")];
        if let Some((name, value)) = expected.iter().find(|(name, value)| get(name) != *value) {
            return refuse("invalid_request", &format!("{name} must be {value}"));
        }
        if get("code_challenge").len() != 43 || get("state").len() < 22 {
            return refuse("invalid_request", "a challenge of 32 bytes and a state that cannot be guessed");
        }
        let asked: Vec<&str> = get("scope").split(' ').collect();
        if asked.iter().any(|scope| !scopes::is_known(scope)) {
            return refuse("invalid_scope", "Some requested scopes were invalid.");
        }
        for (name, _) in url::form_urlencoded::parse(ask.head.uri.query().unwrap_or_default().as_bytes()) {
            if !DOCUMENTED.contains(&name.as_ref()) {
                self.soft(format!("consent: undocumented parameter {name}"));
            }
        }
        let mut consents = self.consents();
        let person = consents.person.clone();
        redirect.query_pairs_mut().append_pair("state", get("state"));
        if person == Person::Denies {
            redirect.query_pairs_mut().append_pair("error", "access_denied");
        } else {
            let kept = |scope: &&&str| person != Person::Unticks((**scope).to_owned());
            let scope = asked.iter().filter(kept).copied().collect::<Vec<_>>().join(" ");
            let code = random("4/0A", 69);
            redirect.query_pairs_mut().append_pair("code", &code).append_pair("scope", &scope);
            let has_refresh_token = person != Person::AllowsAgain;
            let (challenge, redirect_uri) =
                (get("code_challenge").to_owned(), get("redirect_uri").to_owned());
            consents.codes.insert(code, Code { challenge, redirect_uri, scope, has_refresh_token });
        }
        Ok(Canned::new(302, "text/html; charset=utf-8", "").header("location", redirect.as_str()))
    }

    /// `POST /token` with a code. A code is good once.
    pub(super) fn code_grant(&self, form: &Form) -> Result<Canned, Canned> {
        self.check_client(form)?;
        let found = self.consents().codes.remove(form.get("code"));
        let Some(code) = found else {
            self.broken("token: a code that is unknown or was used before");
            return Err(errors::token_error(400, "invalid_grant", "Malformed auth code."));
        };
        let verifier = form.get("code_verifier");
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        if !(43..=128).contains(&verifier.len()) || challenge != code.challenge {
            self.broken("token: the code verifier does not fit the challenge");
            return Err(errors::token_error(400, "invalid_grant", "Invalid code verifier."));
        }
        if form.get("redirect_uri") != code.redirect_uri {
            self.broken("token: another redirect_uri than at the consent screen");
            return Err(errors::token_error(400, "redirect_uri_mismatch", "Bad Request"));
        }
        let refresh_token = random("1//", 60);
        let mut consents = self.consents();
        consents.used.extend([verifier.to_owned(), form.get("code").to_owned()]);
        consents.give(&refresh_token, &code.scope);
        drop(consents);
        let shown = Some(refresh_token.as_str()).filter(|_| code.has_refresh_token);
        Ok(self.tokens.issue_consented(&refresh_token, &code.scope, shown))
    }

    /// `POST /revoke`.
    pub(super) fn revocation(&self, form: &Form) -> Result<Canned, Canned> {
        let token = form.get("token");
        match self.consents().worth(token) {
            Worth::Scope(_) => {}
            Worth::Revoked => {
                return Err(errors::token_error(400, "invalid_token", "Token expired or revoked"));
            }
            Worth::Foreign => {
                self.broken("revoke: a token that was never issued here");
                return Err(errors::token_error(400, "invalid_token", "Token expired or revoked"));
            }
        }
        self.revoke(token);
        Ok(errors::json_answer(200, &json!({})))
    }
}

/// `http://127.0.0.1:PORT`, with or without a path, as Desktop clients may redirect to.
fn loopback(text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let is_loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
    (url.scheme() == "http" && is_loopback && url.port().is_some() && url.query().is_none()).then_some(url)
}
