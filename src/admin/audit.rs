//! The audit trail: every action of a person is recorded before it is done, and again with its outcome. An action
//! that cannot be recorded is not done.

use std::fmt::Display;
use std::future::Future;
use std::net::SocketAddr;

use super::access::Role;
use crate::store::{AuditEntry, Store, StoreError};

/// Outcome of an action that has begun. Without a later entry, a crash interrupted it.
pub const BEGUN: &str = "begun";

/// Longest outcome that is kept, in characters: an error's text may quote input.
const OUTCOME_CHARS_MAX: usize = 500;

/// The caller for the trail: the holder of a token, with the peer's address (a proxy's, if there is one).
pub fn bearer(role: Role, peer: Option<SocketAddr>) -> String {
    let role = role.name();
    peer.map_or_else(|| role.to_owned(), |peer| format!("{role} from {}", peer.ip()))
}

/// Runs an action, with an entry before it and one after it.
///
/// # Errors
/// The action's error, or the store's if the first entry cannot be written; then nothing was done.
pub async fn audited<T, E>(
    store: &Store,
    who: &str,
    action: &str,
    target: &str,
    act: impl Future<Output = Result<T, E>>,
) -> Result<T, E>
where
    E: From<StoreError> + Display,
{
    let entry = |outcome: &str, begun| AuditEntry {
        who: who.to_owned(),
        action: action.to_owned(),
        target: target.to_owned(),
        outcome: outcome.chars().take(OUTCOME_CHARS_MAX).collect(),
        begun,
    };
    let begun = store.write_audit(&entry(BEGUN, None)).await?;
    let done = act.await;
    let outcome = match &done {
        Ok(_) => "done".to_owned(),
        Err(error) => format!("failed: {error}"),
    };
    if let Err(error) = store.write_audit(&entry(&outcome, Some(begun))).await {
        tracing::error!(?error, begun, "the outcome of an admin's action could not be recorded");
    }
    done
}
