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

/// A token's life when the answer names none; both Zoom's and Google's documents say an hour.
const DEFAULT_LIFE: Duration = Duration::from_secs(3600);

/// The longest life that is believed: Zoom's and Google's tokens live an hour. A token is asked for anew after that,
/// and no answer makes a sum with a point in time run over.
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 3600);

/// Tokens are renewed so long before they end: a chunk that starts now must not outlive its token.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// A token as an endpoint handed it out.
#[derive(Debug)]
pub struct IssuedToken {
    /// The token.
    pub token: Secret,
    /// How long it lives.
    pub lives_for: Duration,
    /// What it is good for, separated by blanks; empty when the answer does not say.
    pub scope: String,
    /// How far our clock is from the endpoint's.
    pub skew: Option<Skew>,
}

/// Why a token endpoint gave no token.
#[derive(Debug)]
pub enum NoToken {
    /// The network failed, or the endpoint answered with something that passes.
    Passing {
        /// What happened.
        what: String,
        /// The server's own wish, if it had one.
        after: Option<Duration>,
        /// How far our clock is from the endpoint's.
        skew: Option<Skew>,
    },
    /// Nothing was asked: the key cannot sign the question.
    Unsigned(String),
    /// It refuses: asking again would change nothing.
    Refused {
        /// HTTP status.
        status: StatusCode,
        /// What it says: JSON, mostly.
        body: Vec<u8>,
        /// The server's own wish, if it had one.
        after: Option<Duration>,
        /// The server's clock, as its `Date` header tells it.
        server_time: Option<String>,
        /// How far our clock is from it.
        skew: Option<Skew>,
    },
}

/// The answer that OAuth prescribes.
#[derive(Deserialize)]
struct TokenResponse {
    access_token: Secret,
    #[serde(default)]
    expires_in: Option<u64>,
    #[serde(default)]
    scope: Option<String>,
}

/// Sends a request for a token and reads the answer.
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

/// The current token of one identity, whose credentials are a `C`.
#[derive(Debug)]
pub struct TokenCache<C> {
    /// Whose, for the metrics.
    system: &'static str,
    credentials: Live<C>,
    /// Held while a token is fetched: everybody else waits for that one instead of asking too.
    current: Mutex<Option<Cached<C>>>,
}

#[derive(Debug)]
struct Cached<C> {
    token: Secret,
    renew_at: Instant,
    /// What it was had with: when that is replaced, the token is as well.
    credentials: Arc<C>,
}

impl<C> TokenCache<C> {
    /// Empty, for tokens of this system.
    pub fn of(system: &'static str, credentials: Live<C>) -> Self {
        Self { system, credentials, current: Mutex::new(None) }
    }

    /// The credentials as they are now.
    pub fn credentials(&self) -> Arc<C> {
        self.credentials.now()
    }

    /// The cached token, or a fresh one by `fetch`, with the credentials as they are now.
    ///
    /// # Errors
    /// As `fetch`; nothing is cached then.
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
        // A token that lives shorter than the margin is still used for half its life.
        let lives_for = fresh.lives_for.min(LONGEST_LIFE);
        let margin = RENEW_BEFORE.min(lives_for / 2);
        let renew_at = Instant::now() + (lives_for - margin);
        *current = Some(Cached { token: fresh.token.clone(), renew_at, credentials });
        Ok(fresh.token)
    }

    /// The server refused this token: the next caller fetches another. A token that was replaced in the
    /// meantime is left alone, so that ten refusals lead to one fetch.
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
