//! Everybody's own My Drive, and whose it is.

use std::collections::HashMap;

use super::entry::Who;
use super::state::{State, random};

struct Home {
    folder: String,
    name: String,
    email: String,
}

/// The homes of all accounts.
#[derive(Default)]
pub(super) struct Homes(HashMap<Who, Home>);

impl Homes {
    /// The folder of an account, if it has one.
    pub(super) fn of(&self, who: Who) -> Option<&str> {
        self.0.get(&who).map(|home| home.folder.as_str())
    }
}

impl State {
    /// Somebody's own My Drive, made if it is not there yet.
    pub(super) fn settle(&mut self, who: Who, name: &str, email: &str) -> String {
        if let Some(home) = self.homes.of(who) {
            return home.to_owned();
        }
        let folder = random("0A", 17);
        self.furnish(&folder, "My Drive", None, Some(who));
        let (name, email) = (name.to_owned(), email.to_owned());
        self.homes.0.insert(who, Home { folder: folder.clone(), name, email });
        folder
    }

    /// A folder of a person's own, whose id is given.
    pub(super) fn add_shelf(&mut self, name: &str, parent: &str, owner: Who) -> String {
        let id = random("1", 32);
        self.furnish(&id, name, Some(parent), Some(owner));
        id
    }

    /// Name and address of an account.
    pub(super) fn person(&self, who: Who) -> (&str, &str) {
        self.homes.0.get(&who).map_or(("", ""), |home| (&home.name, &home.email))
    }
}
