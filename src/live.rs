//! A value that may be replaced while the program runs: a credential that was rotated, rules that were edited.
//!
//! Code that uses one requests it for each piece of work, and keeps that value until the work ends. [`moving`] has the
//! files that are transferred at this moment.

pub mod moving;

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};

pub use moving::{Moving, MovingFile, Sent};

/// The current value of something that may change. Clones share it.
pub struct Live<T>(Arc<RwLock<Arc<T>>>);

impl<T> Live<T> {
    /// Begins with this value.
    pub fn new(value: T) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(value))))
    }

    /// The value as it is now. Work that must not see it change half-way keeps what it got.
    pub fn now(&self) -> Arc<T> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on it is this one.
    pub fn replace(&self, value: T) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(value);
    }
}

impl<T> Clone for Live<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<T: fmt::Debug> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.now().fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_under_way_keeps_its_value_while_others_see_the_new_one() {
        let rules = Live::new("old");
        let (elsewhere, under_way) = (rules.clone(), rules.now());
        rules.replace("new");
        assert_eq!((*under_way, *elsewhere.now()), ("old", "new"));
    }
}
