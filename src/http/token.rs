//! Access tokens: cached, fetched by one caller at a time, renewed early.

use std::future::Future;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use crate::secret::Secret;

/// Tokens are renewed so long before they end: a chunk that starts now must not outlive its token.
const RENEW_BEFORE: Duration = Duration::from_secs(300);

/// A token as an endpoint handed it out.
#[derive(Debug)]
pub struct Fresh {
    /// The token.
    pub token: Secret,
    /// How long it lives.
    pub lives_for: Duration,
}

/// The current token of one identity.
#[derive(Debug, Default)]
pub struct TokenCache {
    /// Held while a token is fetched: everybody else waits for that one instead of asking too.
    current: Mutex<Option<(Secret, Instant)>>,
}

impl TokenCache {
    /// The cached token, or a fresh one by `fetch`.
    ///
    /// # Errors
    /// As `fetch`; nothing is cached then.
    pub async fn get<E, F>(&self, fetch: impl FnOnce() -> F) -> Result<Secret, E>
    where
        F: Future<Output = Result<Fresh, E>>,
    {
        let mut current = self.current.lock().await;
        if let Some((token, renew_at)) = &*current
            && Instant::now() < *renew_at
        {
            return Ok(token.clone());
        }
        let fresh = fetch().await?;
        // A token that lives shorter than the margin is still used for half its life.
        let margin = RENEW_BEFORE.min(fresh.lives_for / 2);
        *current = Some((fresh.token.clone(), Instant::now() + fresh.lives_for - margin));
        Ok(fresh.token)
    }

    /// The server refused this token: the next caller fetches another. A token that was replaced in the
    /// meantime is left alone, so that ten refusals lead to one fetch.
    pub async fn discard(&self, refused: &Secret) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|(token, _)| token == refused) {
            *current = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test]
    async fn ten_callers_and_ten_refusals_lead_to_two_fetches() {
        let cache = TokenCache::default();
        let fetches = AtomicU32::new(0);
        let get = || {
            cache.get(|| async {
                let number = fetches.fetch_add(1, Ordering::SeqCst);
                tokio::task::yield_now().await;
                Ok::<_, Infallible>(Fresh {
                    token: Secret::new(number.to_string()),
                    lives_for: Duration::from_secs(3600),
                })
            })
        };
        let first = futures::future::join_all((0..10).map(|_| get())).await;
        for token in first {
            cache.discard(&token.unwrap()).await;
        }
        assert_eq!(get().await.unwrap().expose(), "1");
        assert_eq!(fetches.load(Ordering::SeqCst), 2);
    }
}
