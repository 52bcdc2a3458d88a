//! The token endpoint: its grants, checked as Google checks them, and the tokens that came of them.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hyper::header;
use hyper::http::request::Parts;
use jiff::Timestamp;
use serde_json::{Value, json};
use url::form_urlencoded;

use super::consent::Worth;
use super::entry::Who;
use super::keys;
use super::state::random;
use super::{Google, errors};
use crate::sandbox::faults::Canned;

/// The human whose My Drive there is.
pub(super) const OWNER_EMAIL: &str = "ada@theatre.example";
/// The service account.
pub(super) const SERVICE_EMAIL: &str = "zoom2drive@sandbox-project.iam.gserviceaccount.com";
/// The OAuth client of the authorized user.
pub(super) const CLIENT_ID: &str = "1234567890-sandbox.apps.googleusercontent.com";

const JWT_BEARER: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const GOOGLES_OWN: &str = "https://oauth2.googleapis.com/token";
const LIFETIME: Duration = Duration::from_secs(3600);
/// How far in the future `iat` may lie (measured by others; nobody documents it).
const CLOCK_AHEAD_SECONDS: i64 = 300;
/// A token may be asked for an hour; up to 65 minutes have been seen to pass.
const ASSERTION_SECONDS_MAX: i64 = 3900;
const SCOPES: &str = "https://www.googleapis.com/auth/";
/// The scopes with which files can be written.
const DRIVE_SCOPES: [&str; 2] =
    ["https://www.googleapis.com/auth/drive", "https://www.googleapis.com/auth/drive.file"];

/// The scope with which only files can be opened that the app has made.
const OWN_FILES_SCOPE: &str = "https://www.googleapis.com/auth/drive.file";

/// The scopes with which spreadsheets can be written.
const SHEETS_SCOPES: [&str; 3] = [
    "https://www.googleapis.com/auth/drive",
    OWN_FILES_SCOPE,
    "https://www.googleapis.com/auth/spreadsheets",
];

/// The scope with which mail can be sent.
const GMAIL_SCOPE: &str = "https://www.googleapis.com/auth/gmail.send";

/// Everything that this Google has issued.
pub(super) struct Tokens {
    pub(super) refresh_token: String,
    pub(super) client_secret: String,
    inner: Mutex<Issued>,
}

struct Issued {
    lifetime: Duration,
    /// The announced lifetime, if it differs from the real one.
    announced: Option<u64>,
    grants: HashMap<String, Grant>,
}

#[derive(Clone)]
struct Grant {
    who: Who,
    drive: bool,
    gmail: bool,
    sheets: bool,
    /// Spreadsheets that the app has not made do not exist.
    only_own: bool,
    until: Instant,
    /// The consent that it was made with.
    refresh_token: Option<String>,
}

/// The result of checking a bearer token.
pub(super) enum Bearer {
    /// Good for what is asked.
    Good(Who),
    /// Good, but for another API.
    WithoutScope,
    /// Ours, and too old.
    Expired,
    /// Nothing that this Google ever issued.
    Foreign,
}

impl Tokens {
    pub(super) fn new() -> Self {
        Self {
            refresh_token: random("1//", 60),
            client_secret: random("GOCSPX-", 28),
            inner: Mutex::new(Issued { lifetime: LIFETIME, announced: None, grants: HashMap::new() }),
        }
    }

    pub(super) fn expire(&self) {
        let now = Instant::now();
        self.lock().grants.values_mut().for_each(|grant| grant.until = now);
    }

    /// Revoking a consent revokes its access tokens, too.
    pub(super) fn expire_made_with(&self, refresh_token: &str) {
        let now = Instant::now();
        let mut issued = self.lock();
        let made_with = |grant: &&mut Grant| grant.refresh_token.as_deref() == Some(refresh_token);
        issued.grants.values_mut().filter(made_with).for_each(|grant| grant.until = now);
    }

    pub(super) fn live_for(&self, lifetime: Duration) {
        self.lock().lifetime = lifetime;
    }

    pub(super) fn announce(&self, seconds: Option<u64>) {
        self.lock().announced = seconds;
    }

    pub(super) fn handed_out(&self) -> Vec<String> {
        let mut all = vec![self.refresh_token.clone(), self.client_secret.clone()];
        all.extend(self.lock().grants.keys().cloned());
        all
    }

    /// Whose this token is, if it is good for sending mail.
    pub(super) fn check_gmail(&self, token: &str) -> Bearer {
        match self.lock().grants.get(token) {
            None => Bearer::Foreign,
            Some(grant) if grant.until <= Instant::now() => Bearer::Expired,
            Some(grant) if !grant.gmail => Bearer::WithoutScope,
            Some(grant) => Bearer::Good(grant.who),
        }
    }

    /// Whose this token is, if it is good for spreadsheets.
    pub(super) fn check_sheets(&self, token: &str) -> Bearer {
        match self.lock().grants.get(token) {
            None => Bearer::Foreign,
            Some(grant) if grant.until <= Instant::now() => Bearer::Expired,
            Some(grant) if !grant.sheets => Bearer::WithoutScope,
            Some(grant) => Bearer::Good(grant.who),
        }
    }

    /// Whether the bearer opens only what the app has made.
    pub(super) fn opens_only_own(&self, head: &Parts) -> bool {
        let value = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let token = value.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
        self.lock().grants.get(token).is_some_and(|grant| grant.only_own)
    }

    pub(super) fn check(&self, token: &str) -> Bearer {
        match self.lock().grants.get(token) {
            None => Bearer::Foreign,
            Some(grant) if grant.until <= Instant::now() => Bearer::Expired,
            Some(grant) if !grant.drive => Bearer::WithoutScope,
            Some(grant) => Bearer::Good(grant.who),
        }
    }

    fn issue(&self, who: Who, scope: &str) -> Canned {
        errors::json_answer(200, &self.grant(who, scope, None))
    }

    /// A person's access token. The scopes are named, and the refresh token when it is to be shown.
    pub(super) fn issue_consented(&self, refresh_token: &str, scope: &str, shown: Option<&str>) -> Canned {
        let mut answer = self.grant(Who::Human, scope, Some(refresh_token));
        answer["scope"] = json!(scope);
        if let Some(shown) = shown {
            answer["refresh_token"] = json!(shown);
        }
        errors::json_answer(200, &answer)
    }

    fn grant(&self, who: Who, scope: &str, refresh_token: Option<&str>) -> Value {
        let token = random("ya29.c.", 64);
        let mut issued = self.lock();
        let drive = scope.split(' ').any(|scope| DRIVE_SCOPES.contains(&scope));
        let sheets = scope.split(' ').any(|scope| SHEETS_SCOPES.contains(&scope));
        let wider = |scope: &str| scope != OWN_FILES_SCOPE && SHEETS_SCOPES.contains(&scope);
        let only_own = sheets && !scope.split(' ').any(wider);
        let gmail = scope.split(' ').any(|scope| scope == GMAIL_SCOPE);
        let until = Instant::now() + issued.lifetime;
        // Google rounds down: an hour is announced as 3599 seconds.
        let seconds = issued.announced.unwrap_or(issued.lifetime.as_secs().saturating_sub(1));
        let refresh_token = refresh_token.map(str::to_owned);
        issued
            .grants
            .insert(token.clone(), Grant { who, drive, gmail, sheets, only_own, until, refresh_token });
        json!({"access_token": token, "expires_in": seconds, "token_type": "Bearer"})
    }

    fn lock(&self) -> MutexGuard<'_, Issued> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

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
                self.broken(format!("token: the assertion was refused: {}", refusal.body));
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
            None => Ok(Who::Service),
            Some(SERVICE_EMAIL) => Ok(Who::Service),
            Some(OWNER_EMAIL) => Ok(Who::Human),
            Some(_) => {
                let message = "Client is unauthorized to retrieve access tokens using this method, or client \
                    not authorized for any of the scopes requested.";
                Err(errors::token_error(401, "unauthorized_client", message))
            }
        }
    }

    fn refresh_grant(&self, form: &Form) -> Result<Canned, Canned> {
        self.check_client(form)?;
        let refresh_token = form.get("refresh_token");
        let worth = self.consents().worth(refresh_token);
        match worth {
            Worth::Scope(scope) => return Ok(self.tokens.issue_consented(refresh_token, &scope, None)),
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
