//! Who did what: every action of a person is written down before it is done, and again with what came of it.
//! What cannot be written down is not done.

use std::fmt::Display;
use std::future::Future;
use std::net::SocketAddr;

use crate::store::{AuditEntry, Store, StoreError};

/// The outcome of what is about to be done. An action without a later entry was cut off by a crash.
pub const BEGUN: &str = "begun";

/// Longest outcome that is kept, in characters: an error's text may quote what somebody sent.
const OUTCOME_CHARS_MAX: usize = 500;

/// Whoever holds the token, from this address: a proxy's, where there is one.
pub fn bearer(peer: Option<SocketAddr>) -> String {
    peer.map_or_else(|| "admin".to_owned(), |peer| format!("admin from {}", peer.ip()))
}

/// Does something that a person asked for, with an entry before it and one after it.
///
/// # Errors
/// As the action, and when the first entry cannot be written; then nothing was done.
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
        tracing::error!(?error, begun, "the outcome of an admin's action could not be written down");
    }
    done
}
