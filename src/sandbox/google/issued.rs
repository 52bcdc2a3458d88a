//! Bearer tokens: whose they are, what they open, and for how long.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use hyper::header;
use hyper::http::request::Parts;
use serde_json::{Value, json};

use super::entry::Who;
use super::errors;
use super::scopes::Scopes;
use super::state::random;
use crate::sandbox::faults::Canned;

const LIFETIME: Duration = Duration::from_secs(3600);

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
    /// How often tokens were asked for, by address and scopes.
    asked: BTreeMap<(String, String), usize>,
}

#[derive(Clone)]
struct Grant {
    who: Who,
    scopes: Scopes,
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
            inner: Mutex::new(Issued {
                lifetime: LIFETIME,
                announced: None,
                grants: HashMap::new(),
                asked: BTreeMap::new(),
            }),
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

    /// Whose this token is, if one of these scopes is among its own.
    pub(super) fn check(&self, token: &str, opening: &[&str]) -> Bearer {
        match self.lock().grants.get(token) {
            None => Bearer::Foreign,
            Some(grant) if grant.until <= Instant::now() => Bearer::Expired,
            Some(grant) if !grant.scopes.has_one_of(opening) => Bearer::WithoutScope,
            Some(grant) => Bearer::Good(grant.who),
        }
    }

    /// The scopes of a request's bearer, and whose it is; nothing if it was never issued here.
    pub(super) fn behind(&self, head: &Parts) -> Option<(Who, Scopes)> {
        let value = head.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let issued = self.lock();
        let grant = issued.grants.get(value.strip_prefix("Bearer ")?)?;
        Some((grant.who, grant.scopes.clone()))
    }

    /// Notes that a token was asked for.
    pub(super) fn note_asked(&self, whom: &str, scope: &str) {
        *self.lock().asked.entry((whom.to_owned(), scope.to_owned())).or_default() += 1;
    }

    pub(super) fn asked(&self) -> BTreeMap<(String, String), usize> {
        self.lock().asked.clone()
    }

    pub(super) fn issue(&self, who: Who, scope: &str) -> Canned {
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
        let until = Instant::now() + issued.lifetime;
        // Google rounds down: an hour is announced as 3599 seconds.
        let seconds = issued.announced.unwrap_or(issued.lifetime.as_secs().saturating_sub(1));
        let refresh_token = refresh_token.map(str::to_owned);
        let scopes = Scopes::parse(scope);
        issued.grants.insert(token.clone(), Grant { who, scopes, until, refresh_token });
        json!({"access_token": token, "expires_in": seconds, "token_type": "Bearer"})
    }

    fn lock(&self) -> MutexGuard<'_, Issued> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
