//! What the admin API and the pages share at the door: one comparison of tokens, one count of wrong ones, and one line
//! for a burst of them.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::http::Method;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::failed_logins::{FailedLogins, Verdict};
use crate::secret::Secret;
use crate::store::{AuditEntry, Store};
use crate::telemetry::burst::{BURST, Bursts};

/// Counts wrong tokens for the API and the pages together: who guesses at one is slowed at both.
pub struct WrongTokens {
    store: Store,
    failed_logins: FailedLogins,
    refusals: Arc<Bursts>,
}

impl WrongTokens {
    /// None were counted yet.
    pub fn new(store: Store) -> Arc<Self> {
        Arc::new(Self { store, failed_logins: FailedLogins::new(), refusals: Arc::default() })
    }

    /// Notes a refused request to `target`. One that showed a token was a guess, and waits for its delay.
    pub async fn refuse(
        &self,
        target: &'static str,
        method: &Method,
        from: Option<SocketAddr>,
        is_guess: bool,
    ) -> Verdict {
        let from = from.map(|peer| peer.ip());
        let first = || tracing::warn!(?method, ?from, "{target} refused: no token, or a wrong one");
        let store = self.store.clone();
        self.refusals.count(target, first, async move |counts| report(&store, counts.total()).await);
        if is_guess { self.failed_logins.wrong().await } else { Verdict::Refuse }
    }
}

/// Logs a burst of refusals in one line when it is over, and records it in the audit trail.
async fn report(store: &Store, refused: u64) {
    if refused > 1 {
        tracing::warn!(refused, "admin requests refused within {}s", BURST.as_secs());
    }
    let [who, action, target] = ["somebody", "log in", "admin API"].map(str::to_owned);
    let outcome = format!("refused {refused} time(s)");
    let entry = AuditEntry { who, action, target, outcome, begun: None };
    if let Err(error) = store.write_audit(&entry).await {
        tracing::error!(?error, "refused admin requests could not be recorded");
    }
}

/// The peer of the request's connection; behind a proxy this is the proxy. Headers are ignored, because any client
/// can set them.
pub fn peer(request: &Request) -> Option<SocketAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address)
}

/// True if somebody gave the right token. Digests are compared, so that the time does not even reveal the token's
/// length. No token is never right.
pub fn is_right(given: &str, token: &Secret) -> bool {
    let is_equal = Sha256::digest(given.as_bytes()).ct_eq(&Sha256::digest(token.expose().as_bytes()));
    !token.expose().is_empty() && bool::from(is_equal)
}
