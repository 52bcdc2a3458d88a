//! What the admin API and the pages share at the door: the tokens and their roles, one count of wrong tokens, and one
//! line for a burst of them.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderMap, HeaderName, Method};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::failed_logins::{FailedLogins, Verdict};
use crate::live::Live;
use crate::secret::Secret;
use crate::store::{AuditEntry, Store};
use crate::telemetry::burst::{BURST, Bursts, Counts};

/// What somebody may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Everything.
    Admin,
    /// Only look.
    Viewer,
}

impl Role {
    /// As the store keeps it, and as the audit trail names it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Viewer => "viewer",
        }
    }

    /// The role of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Admin, Self::Viewer].into_iter().find(|role| role.name() == name)
    }

    /// True if this role may send requests of this method.
    pub fn may(self, method: &Method) -> bool {
        self == Self::Admin || is_look(method)
    }
}

/// True if a request changes nothing.
pub fn is_look(method: &Method) -> bool {
    [Method::GET, Method::HEAD].contains(method)
}

/// The tokens that open the API and the pages. They are never equal: the settings refuse that.
#[derive(Debug, Clone, Default)]
pub struct Tokens {
    /// `ADMIN_TOKEN`.
    pub admin: Option<Live<Secret>>,
    /// `VIEWER_TOKEN`.
    pub viewer: Option<Live<Secret>>,
}

impl Tokens {
    /// False if no token opens anything.
    pub fn is_any(&self) -> bool {
        self.admin.is_some() || self.viewer.is_some()
    }

    /// The token of a role as it is now.
    pub fn of(&self, role: Role) -> Option<Arc<Secret>> {
        let token = match role {
            Role::Admin => &self.admin,
            Role::Viewer => &self.viewer,
        };
        token.as_ref().map(Live::now)
    }

    /// The role that this token opens. Each is compared, so that the time tells nothing of either.
    pub fn role_of(&self, given: &str) -> Option<Role> {
        let is_of = |role| self.of(role).is_some_and(|token| is_right(given, &token));
        let [is_admin, is_viewer] = [Role::Admin, Role::Viewer].map(is_of);
        is_admin.then_some(Role::Admin).or(is_viewer.then_some(Role::Viewer))
    }
}

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

    /// Notes a refused request to `target`, which is "admin API" or "dashboard". One that showed a token was a guess,
    /// and waits for its delay.
    pub async fn refuse(
        &self,
        target: &'static str,
        method: &Method,
        from: Option<SocketAddr>,
        is_guess: bool,
    ) -> Verdict {
        let from = from.map(|peer| peer.ip());
        let first = || {
            tracing::warn!(?method, ?from, "a request to the {target} was refused: no token, or a wrong one")
        };
        let store = self.store.clone();
        self.refusals.count(target, first, async move |counts| report(&store, &counts).await);
        if is_guess { self.failed_logins.wrong().await } else { Verdict::Refuse }
    }
}

/// Logs a burst of refusals in one line when it is over, and records it in the audit trail.
async fn report(store: &Store, counts: &Counts) {
    let (refused, target) = (counts.total(), counts.kinds().collect::<Vec<_>>().join(", "));
    if refused > 1 {
        tracing::warn!(refused, "requests to the {target} were refused within {}s", BURST.as_secs());
    }
    let [who, action] = ["somebody", "log in"].map(str::to_owned);
    let outcome = format!("refused {refused} time(s)");
    let entry = AuditEntry { who, action, target, outcome, begun: None };
    if let Err(error) = store.write_audit(&entry).await {
        tracing::error!(?error, "refused requests could not be recorded");
    }
}

/// The peer of the request's connection; behind a proxy this is the proxy. Headers are ignored, because any client
/// can set them.
pub fn peer(request: &Request) -> Option<SocketAddr> {
    request.extensions().get::<ConnectInfo<SocketAddr>>().map(|ConnectInfo(address)| *address)
}

/// The value of a header that a request has exactly once. Of two, nobody can say which one counts.
pub fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    std::str::from_utf8(value.as_bytes()).ok()
}

/// True if somebody gave the right token. Digests are compared, so that the time does not even reveal the token's
/// length. No token is never right.
pub fn is_right(given: &str, token: &Secret) -> bool {
    let is_equal = Sha256::digest(given.as_bytes()).ct_eq(&Sha256::digest(token.expose().as_bytes()));
    !token.expose().is_empty() && bool::from(is_equal)
}
