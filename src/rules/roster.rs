//! Rosters that `[[where]]` names. The rules are pure: the reader of the rules' file also reads the rosters.

use std::sync::Arc;

use super::{RuleError, Rules};
use crate::attendance::{Output, Roster};

/// A roster, by the path in the rules.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RosterFile {
    /// Relative to the folder of the rules' file.
    pub path: String,
    pub line: usize,
    /// `None` until it is read.
    pub roster: Option<Arc<Roster>>,
}

impl Rules {
    /// Reads each roster by its path with the given function.
    ///
    /// # Errors
    /// The fault of every roster, at the line that names it.
    pub fn with_rosters(
        mut self,
        mut read: impl FnMut(&str) -> Result<Roster, String>,
    ) -> Result<Self, Vec<RuleError>> {
        let mut faults = Vec::new();
        for file in self.places.iter_mut().filter_map(|place| place.roster.as_mut()) {
            match read(&file.path) {
                Ok(roster) => file.roster = Some(Arc::new(roster)),
                Err(what) => faults.push(RuleError { line: file.line, what: format!("roster: {what}") }),
            }
        }
        if faults.is_empty() { Ok(self) } else { Err(faults) }
    }

    /// The paths of all rosters.
    pub fn rosters(&self) -> impl Iterator<Item = &str> {
        self.places.iter().filter_map(|place| place.roster.as_ref()).map(|file| file.path.as_str())
    }

    /// The forms in which rules write attendance beside recordings.
    pub fn attendance(&self) -> impl Iterator<Item = Output> {
        self.places.iter().filter_map(|place| place.attendance)
    }
}
