//! Compares names like a desktop does. Pure.
//!
//! In Drive `Talk.mp4` can be beside `talk.mp4`; on Windows and macOS it cannot. They also treat a composed `é` and
//! a decomposed one as equal.

use std::collections::HashSet;
use std::iter;

use unicode_normalization::UnicodeNormalization;

use super::clean::is_invisible;

/// A key that is equal for names that a desktop may treat as equal. It is coarser than any desktop: letters with
/// the same capital are equal, and invisible characters are ignored.
pub fn same_key(name: &str) -> String {
    let decomposed = name.nfd().filter(|c| !is_invisible(*c));
    let folded: String = decomposed.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    folded.nfc().collect()
}

/// The names in a folder.
#[derive(Debug, Clone, Default)]
pub struct TakenNames(HashSet<String>);

impl TakenNames {
    pub fn of<'a>(names: impl IntoIterator<Item = &'a String>) -> Self {
        Self(names.into_iter().map(|name| same_key(name)).collect())
    }

    /// True if the folder has this name, or one that a desktop treats as equal.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&same_key(name))
    }

    pub fn insert(&mut self, name: &str) {
        self.0.insert(same_key(name));
    }

    pub fn remove(&mut self, name: &str) {
        self.0.remove(&same_key(name));
    }

    /// The first free name: without an addition, with `id`, or with `id` and a number.
    pub(super) fn first_free(&self, id: &str, name: impl Fn(&str) -> String) -> String {
        let numbered = (2_u64..).map(|number| format!("{id}-{number}"));
        let marks = iter::once(String::new()).chain(iter::once(id.to_owned())).chain(numbered);
        // There are more numbers than names in any folder.
        marks.map(|mark| name(&mark)).find(|name| !self.has(name)).unwrap_or_default()
    }
}
