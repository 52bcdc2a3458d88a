//! What a check says: what was tried, what was found, what was expected, and how to mend it. No IO.

use serde::Serialize;

/// How a check came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As expected.
    Ok,
    /// The service works, but a person should look.
    Warning,
    /// The service, or a part of it that is switched on, cannot work.
    Broken,
    /// Something else must be mended or given first.
    NotTried,
}

/// One check and what came of it. Holds text from outside: whoever shows it spells out what moves a terminal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Names the check, for scripts: `zoom.scopes`. Stays the same from release to release.
    pub id: String,
    /// How it came out.
    pub state: State,
    /// What was done.
    pub tried: String,
    /// What came of it.
    pub found: String,
    /// What should have come of it.
    pub expected: String,
    /// What to do now: a menu path or a command. Empty when there is nothing to do.
    pub mend: String,
}

/// A check before it came out.
#[derive(Debug, Clone)]
pub struct Check {
    id: String,
    tried: String,
    expected: String,
}

impl Check {
    /// What is tried, and what is expected of it.
    pub fn new(id: impl Into<String>, tried: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { id: id.into(), tried: tried.into(), expected: expected.into() }
    }

    /// As expected.
    pub fn ok(self, found: impl Into<String>) -> Finding {
        self.came_out(State::Ok, found.into(), String::new())
    }

    /// A person should look.
    pub fn warning(self, found: impl Into<String>, mend: impl Into<String>) -> Finding {
        self.came_out(State::Warning, found.into(), mend.into())
    }

    /// It cannot work.
    pub fn broken(self, found: impl Into<String>, mend: impl Into<String>) -> Finding {
        self.came_out(State::Broken, found.into(), mend.into())
    }

    /// Nothing was done, and why.
    pub fn not_tried(self, why: impl Into<String>) -> Finding {
        self.came_out(State::NotTried, why.into(), String::new())
    }

    /// The same for what something else stands in the way of.
    pub fn explained(self, state: State, said: Advice) -> Finding {
        self.came_out(state, said.found, said.mend)
    }

    fn came_out(self, state: State, found: String, mend: String) -> Finding {
        let Self { id, tried, expected } = self;
        Finding { id, state, tried, found, expected, mend }
    }
}

/// An answer explained: what it means, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// What it means, with the words of whoever said it.
    pub found: String,
    /// What to do.
    pub mend: String,
}

impl Advice {
    /// What it means, and what to do.
    pub fn new(found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { found: found.into(), mend: mend.into() }
    }
}
