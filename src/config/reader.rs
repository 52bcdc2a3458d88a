//! Reads variables from the environment over `.env`, and gathers every fault.

use std::collections::HashMap;
use std::fmt;
use std::path::Path;

use super::{VARIABLES, Variable};
use crate::secret::Secret;

/// One thing wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The variable or file.
    pub name: String,
    /// What is wrong, what was expected, and an example. Never the value: it may be a secret.
    pub what: String,
}

/// All that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// At least one.
    pub faults: Vec<Fault>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} setting(s) to mend:", self.faults.len())?;
        for fault in &self.faults {
            writeln!(f, "  {} {}", fault.name, fault.what)?;
        }
        write!(f, "Set them in the environment or in .env; README.md and .env.example explain each.")
    }
}

impl std::error::Error for ConfigError {}

/// The variables as given, and what was found wrong so far.
#[derive(Debug)]
pub struct Reader {
    given: HashMap<String, Secret>,
    faults: Vec<Fault>,
}

impl Reader {
    /// The process's environment over the `.env` of the current folder.
    pub fn from_environment() -> Self {
        let mut reader = Self { given: HashMap::new(), faults: Vec::new() };
        reader.add_file(Path::new(".env"));
        for (name, value) in std::env::vars_os() {
            let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { continue };
            reader.given.insert(name.to_owned(), Secret::new(value));
        }
        reader
    }

    /// Only these variables: for the demo and for tests, which must not depend on where they run.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let given = pairs.into_iter().map(|(name, value)| (name.into(), Secret::new(value))).collect();
        Self { given, faults: Vec::new() }
    }

    fn add_file(&mut self, path: &Path) {
        let lines = match dotenvy::from_path_iter(path) {
            Ok(lines) => lines,
            // Having no .env is the ordinary case.
            Err(error) if error.not_found() => return,
            Err(error) => return self.fault(".env", &format!("cannot be read: {error}")),
        };
        for (index, line) in lines.enumerate() {
            match line {
                Ok((name, value)) => drop(self.given.insert(name, Secret::new(value))),
                // The error would quote the line, which may hold a secret.
                Err(_) => self.fault(
                    ".env",
                    &format!("cannot be understood at entry {}: expected NAME=value", index + 1),
                ),
            }
        }
    }

    /// Notes a fault, with the variable's example.
    pub fn fault(&mut self, name: &str, what: &str) {
        let example = known(name)
            .map(|variable| format!(" (for example {name}={})", variable.example))
            .unwrap_or_default();
        let fault = Fault { name: name.to_owned(), what: format!("{what}{example}") };
        // Two sections may read one variable.
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// Notes faults of a file that a variable names.
    pub(super) fn add(&mut self, faults: Vec<Fault>) {
        self.faults.extend(faults);
    }

    /// A variable's text, its default, or nothing when it is absent or empty.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        let given = self.raw(name).filter(|text| !text.expose().trim().is_empty());
        let default = known(name).map(|variable| variable.default).filter(|default| !default.is_empty());
        given.map(|text| text.expose().trim().to_owned()).or_else(|| default.map(str::to_owned))
    }

    /// Whether a variable is given at all, and not empty.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.get(name).is_some_and(|text| !text.expose().is_empty())
    }

    /// A secret, from `NAME` or from the file that `NAME_FILE` names.
    pub fn secret(&mut self, name: &'static str) -> Option<Secret> {
        self.text(name).map(Secret::new)
    }

    /// A text that must be there.
    pub fn required(&mut self, name: &'static str) -> Option<String> {
        let text = self.text(name);
        if text.is_none() && !self.faults.iter().any(|fault| fault.name.starts_with(name)) {
            self.fault(name, "is missing");
        }
        text
    }

    /// A secret that must be there.
    pub fn required_secret(&mut self, name: &'static str) -> Option<Secret> {
        self.required(name).map(Secret::new)
    }

    /// A value of some kind.
    pub fn parsed<T>(
        &mut self,
        name: &'static str,
        expected: &str,
        parse: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        let text = self.text(name)?;
        let value = parse(&text);
        if value.is_none() {
            self.fault(name, &format!("is not {expected}"));
        }
        value
    }

    /// Fails with every fault gathered so far.
    ///
    /// # Errors
    /// If there is any.
    pub fn finish(&mut self) -> Result<(), ConfigError> {
        if self.faults.is_empty() {
            Ok(())
        } else {
            Err(ConfigError { faults: std::mem::take(&mut self.faults) })
        }
    }

    fn raw(&mut self, name: &str) -> Option<Secret> {
        let direct = self.given.get(name).filter(|text| !text.expose().is_empty()).cloned();
        let file_name = format!("{name}_FILE");
        let file = self.given.get(&file_name).filter(|path| !path.expose().is_empty()).cloned();
        match (direct, file) {
            (Some(_), Some(_)) => {
                self.fault(&file_name, &format!("and {name} are both given: expected one of them"));
                None
            }
            (direct, None) => direct,
            (None, Some(path)) => match std::fs::read_to_string(path.expose()) {
                Ok(text) => Some(Secret::new(text.trim())),
                Err(error) => {
                    self.fault(&file_name, &format!("cannot be read: {error}"));
                    None
                }
            },
        }
    }
}

fn known(name: &str) -> Option<&'static Variable> {
    VARIABLES.iter().find(|variable| variable.name == name)
}
