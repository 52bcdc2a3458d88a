//! A place to stand at every commit: whoever wants to know what happens when the program, or its way to the database,
//! ends just before a commit or just after it, hooks in here.

use std::fmt;
use std::sync::{Arc, OnceLock};

use futures::future::BoxFuture;

use super::{Store, StoreError};

/// A moment of a transaction that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It has begun. It may end without a commit.
    Begun,
    /// Nothing is on disk yet. An error takes the transaction back, and is what the caller gets.
    Before,
    /// All of it is on disk.
    After,
}

/// What is called at these moments, with the name of the store's call that commits.
pub type CommitHook =
    Arc<dyn Fn(&'static str, Moment) -> BoxFuture<'static, Result<(), StoreError>> + Send + Sync>;

/// Who stands there. A clone is the same place.
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
    /// From now on `hook` is called around every commit of this store and its clones. The first hook stays.
    pub fn hook_commits(&self, hook: CommitHook) {
        self.database.commits.0.get_or_init(|| hook);
    }
}
