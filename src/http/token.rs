//! Access tokens: cached, fetched by one caller at a time, renewed early.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use reqwest::{RequestBuilder, StatusCode};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::clock::{self, Skew};
use super::{CALL_TIMEOUT, ERROR_BYTES_MAX, describe, read_at_most, retry_after};
use crate::live::Live;
use crate::secret::Secret;
use crate::telemetry::meters;

/// Lifetime of a token when the answer has none. Zoom and Google both document one hour.
const DEFAULT_LIFE: Duration = Duration::from_secs(3600);

/// Longest lifetime that is accepted. Zoom's and Google's tokens live an hour; the limit prevents an overflow of
/// times.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);

/// Tokens are renewed this long before they expire: a chunk that starts now must not outlive its token.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// A token with the facts of the endpoint's answer.
#[derive(Debug)]
pub struct IssuedToken {
    pub token: Secret,
    pub lives_for: Duration,
    /// Granted scopes, separated by blanks; empty when the answer has none.
    pub scope: String,
    /// Difference between our clock and the endpoint's.
    pub skew: Option<Skew>,
}

/// Why a token endpoint issued no token.
#[derive(Debug)]
pub enum NoToken {
    /// The network failed, or the endpoint answered with a temporary error.
    Passing {
        what: String,
        /// The value of `Retry-After`, if the server sent one.
        after: Option<Duration>,
        /// Difference between our clock and the endpoint's.
        skew: Option<Skew>,
    },
    /// No request was made, because the key cannot sign the assertion.
    Unsigned(String),
    /// The endpoint refuses. A repeated request would fail as well.
    Refused {
        status: StatusCode,
        /// Mostly JSON.
        body: Vec<u8>,
        /// The value of `Retry-After`, if the server sent one.
        after: Option<Duration>,
        /// The `Date` header, for messages.
        server_time: Option<String>,
        /// Difference between our clock and the endpoint's.
        skew: Option<Skew>,
    },
}

/// The answer's form in OAuth.
#[derive(Deserialize)]
struct TokenResponse {
    access_token: Secret,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    scope: Option<String>,
}

/// Sends a token request and reads the answer.
///
/// # Errors
/// See [`NoToken`].
pub async fn ask(request: RequestBuilder) -> Result<IssuedToken, NoToken> {
    let passing =
        |what: String| NoToken::Passing { what: format!("token endpoint: {what}"), after: None, skew: None };
    let response = request.timeout(CALL_TIMEOUT).send().await.map_err(|error| passing(describe(&error)))?;
    let status = response.status();
    let now = SystemTime::now();
    let (after, skew) = (retry_after::read(response.headers(), now), clock::skew(response.headers(), now));
    let server_time = response.headers().get("date").and_then(|date| date.to_str().ok()).map(str::to_owned);
    let body = read_at_most(response, ERROR_BYTES_MAX).await.map_err(|error| passing(describe(&error)))?;
    if status.is_success() {
        let answer: TokenResponse =
            serde_json::from_slice(&body).map_err(|_| passing("its answer holds no token".to_owned()))?;
        let lives_for = answer.expires_in.map_or(DEFAULT_LIFE, Duration::from_secs).min(LONGEST_LIFE);
        let scope = answer.scope.unwrap_or_default();
        return Ok(IssuedToken { token: answer.access_token, lives_for, scope, skew });
    }
    if status.is_server_error()
        || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
    {
        return Err(NoToken::Passing { what: format!("token endpoint: status {status}"), after, skew });
    }
    Err(NoToken::Refused { status, body, after, server_time, skew })
}

/// Cache of one identity's token. `C` is the type of its credentials.
#[derive(Debug)]
pub struct TokenCache<C> {
    /// The system's name in the metrics.
    system: &'static str,
    credentials: Live<C>,
    /// Locked while a token is fetched: other callers wait for it instead of fetching another.
    current: Mutex<Option<Cached<C>>>,
}

#[derive(Debug)]
struct Cached<C> {
    token: Secret,
    renew_at: Instant,
    /// The credentials of this token. If they are replaced, the token is fetched again.
    credentials: Arc<C>,
}

impl<C> TokenCache<C> {
    /// An empty cache for this system.
    pub fn of(system: &'static str, credentials: Live<C>) -> Self {
        Self { system, credentials, current: Mutex::new(None) }
    }

    /// The current credentials.
    pub fn credentials(&self) -> Arc<C> {
        self.credentials.now()
    }

    /// Returns the cached token, or calls `fetch` with the current credentials.
    ///
    /// # Errors
    /// The error of `fetch`; then nothing is cached.
    pub async fn get<E, F>(&self, fetch: impl FnOnce(Arc<C>) -> F) -> Result<Secret, E>
    where
        F: Future<Output = Result<IssuedToken, E>>,
    {
        let mut current = self.current.lock().await;
        let credentials = self.credentials.now();
        if let Some(cached) = &*current
            && Instant::now() < cached.renew_at
            && Arc::ptr_eq(&cached.credentials, &credentials)
        {
            return Ok(cached.token.clone());
        }
        let fetched = fetch(credentials.clone()).await;
        meters::token_fetched(self.system, fetched.is_ok());
        let fresh = fetched?;
        // A token that lives shorter than the margin is used for half its life.
        let lives_for = fresh.lives_for.min(LONGEST_LIFE);
        let margin = RENEW_BEFORE.min(lives_for / 2);
        let renew_at = Instant::now() + (lives_for - margin);
        *current = Some(Cached { token: fresh.token.clone(), renew_at, credentials });
        Ok(fresh.token)
    }

    /// Discards a token that the server refused. A token that was replaced in the meantime stays, so ten refusals
    /// lead to one fetch.
    pub async fn discard(&self, refused: &Secret) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|cached| cached.token == *refused) {
            *current = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU32, Ordering};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_token_of_any_life_is_kept(seconds in prop_oneof![any::<u64>(), Just(0), Just(u64::MAX)], nanos in 0..1_000_000_000_u32) {
            let cache = TokenCache::of("test", Live::new(()));
            let fresh = IssuedToken {
                token: Secret::new("token"),
                lives_for: Duration::new(seconds, nanos),
                scope: String::new(),
                skew: None,
            };
            let fetched = futures::executor::block_on(cache.get(|_| async { Ok::<_, Infallible>(fresh) }));
            let token = fetched.unwrap();
            prop_assert_eq!(token.expose(), "token");
        }
    }

    #[tokio::test]
    async fn ten_callers_and_ten_refusals_lead_to_two_fetches_and_a_replacement_to_another() {
        let credentials = Live::new(());
        let cache = TokenCache::of("test", credentials.clone());
        let fetches = AtomicU32::new(0);
        let get = || {
            cache.get(|_| async {
                let number = fetches.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(IssuedToken {
                    token: Secret::new(number.to_string()),
                    lives_for: Duration::from_secs(3600),
                    scope: String::new(),
                    skew: None,
                })
            })
        };
        let first = futures::future::join_all((0..10).map(|_| get())).await;
        for token in first {
            cache.discard(&token.unwrap()).await;
        }
        assert_eq!(get().await.unwrap().expose(), "1");
        assert_eq!(fetches.load(Ordering::SeqCst), 2);
        credentials.replace(());
        assert_eq!(get().await.unwrap().expose(), "2", "a token outlived its credentials");
    }
}
