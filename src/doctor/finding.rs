//! The result of a check: what was tried, found and expected, and the remedy. No IO.

use serde::Serialize;

/// Result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// As expected.
    Ok,
    /// The service works, but a person should read this.
    Warning,
    /// The service, or a feature that is switched on, cannot work.
    Broken,
    /// The check needs something else first.
    NotTried,
}

/// One check with its result. Contains text from outside: escape it before printing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Identifies the check for scripts: `zoom.scopes`. Stable across releases.
    pub id: String,
    pub state: State,
    pub tried: String,
    pub found: String,
    pub expected: String,
    /// The remedy: a menu path or a command. Empty when there is nothing to do.
    pub mend: String,
}

/// A check without a result yet.
#[derive(Debug, Clone)]
pub struct Check {
    id: String,
    tried: String,
    expected: String,
}

impl Check {
    /// Makes a check: what is tried, and the expected result.
    pub fn new(id: impl Into<String>, tried: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { id: id.into(), tried: tried.into(), expected: expected.into() }
    }

    /// Result: as expected.
    pub fn ok(self, found: impl Into<String>) -> Finding {
        self.came_out(State::Ok, found.into(), String::new())
    }

    /// Result: a person should read this.
    pub fn warning(self, found: impl Into<String>, mend: impl Into<String>) -> Finding {
        self.came_out(State::Warning, found.into(), mend.into())
    }

    /// Result: it cannot work.
    pub fn broken(self, found: impl Into<String>, mend: impl Into<String>) -> Finding {
        self.came_out(State::Broken, found.into(), mend.into())
    }

    /// Result: not tried, with the reason.
    pub fn not_tried(self, why: impl Into<String>) -> Finding {
        self.came_out(State::NotTried, why.into(), String::new())
    }

    /// Result: any state, with an explanation.
    pub fn explained(self, state: State, said: Advice) -> Finding {
        self.came_out(state, said.found, said.mend)
    }

    fn came_out(self, state: State, found: String, mend: String) -> Finding {
        let Self { id, tried, expected } = self;
        Finding { id, state, tried, found, expected, mend }
    }
}

/// An answer explained: its meaning, and the remedy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advice {
    /// The meaning, with the server's text.
    pub found: String,
    /// The remedy.
    pub mend: String,
}

impl Advice {
    /// Makes an explanation.
    pub fn new(found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { found: found.into(), mend: mend.into() }
    }
}
