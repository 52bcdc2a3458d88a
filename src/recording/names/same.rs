//! Which names are the same to people and to their desktops. Pure.
//!
//! Drive holds `Talk.mp4` beside `talk.mp4`; Windows and macOS do not. Nor do they tell an `é` of one character from
//! one of two.

use std::collections::HashSet;
use std::iter;

use unicode_normalization::UnicodeNormalization;

use super::clean::is_invisible;

/// What is equal for names that a desktop may take for the same. Coarser than any of them: letters that share a capital
/// are one, and what shows nothing counts for nothing.
pub fn same_key(name: &str) -> String {
    let decomposed = name.nfd().filter(|c| !is_invisible(*c));
    let folded: String = decomposed.flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    folded.nfc().collect()
}

/// Names that a folder has already.
#[derive(Debug, Clone, Default)]
pub struct TakenNames(HashSet<String>);

impl TakenNames {
    /// These names.
    pub fn of<'a>(names: impl IntoIterator<Item = &'a String>) -> Self {
        Self(names.into_iter().map(|name| same_key(name)).collect())
    }

    /// Whether the folder has this name, or one that is the same to a desktop.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains(&same_key(name))
    }

    /// The folder has this name, too.
    pub fn insert(&mut self, name: &str) {
        self.0.insert(same_key(name));
    }

    /// The folder has this name no more.
    pub fn remove(&mut self, name: &str) {
        self.0.remove(&same_key(name));
    }

    /// The first name that is free: without a mark, with `id`, or with `id` and a number.
    pub(super) fn first_free(&self, id: &str, name: impl Fn(&str) -> String) -> String {
        let numbered = (2_u64..).map(|number| format!("{id}-{number}"));
        let marks = iter::once(String::new()).chain(iter::once(id.to_owned())).chain(numbered);
        // There are more numbers than names in any folder.
        marks.map(|mark| name(&mark)).find(|name| !self.has(name)).unwrap_or_default()
    }
}
