//! The token endpoint: its grants, checked as Google checks them.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::Value;
use url::form_urlencoded;

use super::consent::Worth;
use super::entry::Who;
use super::keys;
use super::scopes::SCOPES;
use super::{Google, errors, workspace};
use crate::sandbox::faults::Canned;

/// The human whose My Drive there is.
pub(super) const OWNER_EMAIL: &str = "ada@theatre.example";
/// The service account.
pub(super) const SERVICE_EMAIL: &str = "zoom2drive@sandbox-project.iam.gserviceaccount.com";
/// The OAuth client of the authorized user.
pub(super) const CLIENT_ID: &str = "1234567890-sandbox.apps.googleusercontent.com";

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const GOOGLES_OWN: &str = "https://oauth2.googleapis.com/token";
/// How far in the future `iat` may lie (measured by others; nobody documents it).
const CLOCK_AHEAD_SECONDS: i64 = 300;
/// A token may be asked for an hour; up to 65 minutes have been seen to pass.
const ASSERTION_SECONDS_MAX: i64 = 3900;

/// A token request, decoded.
pub(super) struct Form(HashMap<String, String>);

impl Form {
    pub(super) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    pub(super) fn get(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    /// Whom the token is for, as far as one can tell without checking.
    pub(super) fn subject(&self) -> String {
        if matches!(self.get("grant_type"), "refresh_token" | "authorization_code") {
            return OWNER_EMAIL.to_owned();
        }
        let claims = self.get("assertion").split('.').nth(1).and_then(decode).unwrap_or_default();
        let named = claims["sub"].as_str().or_else(|| claims["iss"].as_str());
        named.unwrap_or_default().to_owned()
    }
}

impl Google {
    /// `POST /token`
    pub(super) fn token(&self, form: &Form) -> Result<Canned, Canned> {
        match form.get("grant_type") {
            JWT_BEARER => self.service_grant(form.get("assertion")).inspect_err(|refusal| {
                // A caller cannot know whom it may act for, and with which scopes, before it asks.
                if !workspace::is_about_delegation(refusal) {
                    self.broken(format!("token: the assertion was refused: {}", refusal.body));
                }
            }),
            "refresh_token" => self.refresh_grant(form),
            "authorization_code" => self.code_grant(form),
            other => {
                self.broken(format!("token: grant type {other:?}"));
                Err(errors::token_error(400, "unsupported_grant_type", "Invalid grant_type: "))
            }
        }
    }

    fn service_grant(&self, assertion: &str) -> Result<Canned, Canned> {
        let parts: Vec<&str> = assertion.split('.').collect();
        let &[header, claims, signature] = parts.as_slice() else {
            return Err(errors::token_error(400, "invalid_request", "Bad Request"));
        };
        if assertion.contains('=') {
            self.soft("token: the assertion is padded base64, which RFC 7515 forbids");
        }
        let (Some(head), Some(body)) = (decode(header), decode(claims)) else {
            return Err(errors::token_error(400, "invalid_grant", "Invalid JWT: Failed to parse."));
        };
        let signed = &assertion[..header.len() + 1 + claims.len()];
        let key_fits = head["kid"].as_str().is_none_or(|kid| kid == keys::key().id);
        let signature = URL_SAFE_NO_PAD.decode(signature.trim_end_matches('='));
        let verified = signature.is_ok_and(|signature| keys::verifies(signed.as_bytes(), &signature));
        if head["alg"] != "RS256" || !key_fits || !verified {
            return Err(errors::token_error(400, "invalid_grant", "Invalid JWT Signature."));
        }
        let who = self.check_claims(&body)?;
        Ok(self.tokens.issue(who, body["scope"].as_str().unwrap_or_default()))
    }

    fn check_claims(&self, claims: &Value) -> Result<Who, Canned> {
        if claims["iss"] != SERVICE_EMAIL {
            return Err(errors::token_error(400, "invalid_grant", "Invalid grant: account not found"));
        }
        if claims["aud"] == GOOGLES_OWN {
            // Google's own Python library writes this whatever the key file's `token_uri` says. It is good
            // at the real Google too, which is why nobody else should send it to another host.
            self.soft("token: the assertion is addressed to the real Google");
        } else if claims["aud"] != format!("{}/token", self.url()) {
            return Err(errors::token_error(400, "invalid_grant", "Invalid JWT: Invalid audience."));
        }
        let now = Timestamp::now().as_second() + self.clock_ahead();
        let (iat, exp) = (claims["iat"].as_i64(), claims["exp"].as_i64());
        let timely = iat.zip(exp).is_some_and(|(iat, exp)| {
            iat <= now + CLOCK_AHEAD_SECONDS
                && exp > now
                && (0..=ASSERTION_SECONDS_MAX).contains(&(exp - iat))
        });
        if !timely {
            let message = "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable \
                timeframe. Check your iat and exp values in the JWT claim.";
            return Err(errors::token_error(400, "invalid_grant", message));
        }
        let scope = claims["scope"].as_str().unwrap_or_default();
        if scope.is_empty() || scope.split(' ').any(|scope| !scope.starts_with(SCOPES)) {
            let message = "Invalid OAuth scope or ID token audience provided.";
            return Err(errors::token_error(400, "invalid_scope", message));
        }
        match claims["sub"].as_str() {
            None | Some(SERVICE_EMAIL) => {
                self.tokens.note_asked(SERVICE_EMAIL, scope);
                Ok(Who::Service)
            }
            Some(subject) => {
                self.tokens.note_asked(subject, scope);
                self.workspace().delegate(subject, scope)
            }
        }
    }

    fn refresh_grant(&self, form: &Form) -> Result<Canned, Canned> {
        self.check_client(form)?;
        let refresh_token = form.get("refresh_token");
        let worth = self.consents().worth(refresh_token);
        match worth {
            Worth::Scope(scope) => {
                self.tokens.note_asked(OWNER_EMAIL, &scope);
                return Ok(self.tokens.issue_consented(refresh_token, &scope, None));
            }
            // That can happen to good callers.
            Worth::Revoked => {}
            Worth::Foreign => self.broken("token: an unknown refresh token"),
        }
        Err(errors::token_error(400, "invalid_grant", "Token has been expired or revoked."))
    }

    /// Codes and refresh tokens are good for the client that they were made for.
    pub(super) fn check_client(&self, form: &Form) -> Result<(), Canned> {
        if form.get("client_id") == CLIENT_ID && form.get("client_secret") == self.tokens.client_secret {
            return Ok(());
        }
        self.broken("token: the wrong client");
        Err(errors::token_error(401, "invalid_client", "The OAuth client was not found."))
    }
}

fn decode(part: &str) -> Option<Value> {
    let bytes = URL_SAFE_NO_PAD.decode(part.trim_end_matches('=')).ok()?;
    serde_json::from_slice(&bytes).ok()
}
