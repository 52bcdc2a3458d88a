//! A hook at every commit. Tests use it to interrupt the program, or its connection to the database, just before or
//! just after a commit.

use std::fmt;
use std::sync::{Arc, OnceLock};

use futures::future::BoxFuture;

use super::{Store, StoreError};

/// A moment of a write transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The transaction has begun. It may end without a commit.
    Begun,
    /// Nothing is on disk yet. An error rolls the transaction back and is returned to the caller.
    Before,
    /// Everything is on disk.
    After,
}

/// The hook's function. It gets the name of the store's method that commits.
pub type CommitHook =
    Arc<dyn Fn(&'static str, Moment) -> BoxFuture<'static, Result<(), StoreError>> + Send + Sync>;

/// The hook, if there is one. Clones share it.
#[derive(Clone, Default)]
pub(super) struct Commits(Arc<OnceLock<CommitHook>>);

impl Commits {
    pub(super) async fn pass(&self, call: &'static str, moment: Moment) -> Result<(), StoreError> {
        match self.0.get() {
            Some(hook) => hook(call, moment).await,
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Commits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hooked = if self.0.get().is_some() { "hooked" } else { "free" };
        f.debug_tuple("Commits").field(&hooked).finish()
    }
}

impl Store {
    /// Calls `hook` around every commit of this store and its clones. Later calls have no effect.
    pub fn hook_commits(&self, hook: CommitHook) {
        self.database.commits.0.get_or_init(|| hook);
    }
}
