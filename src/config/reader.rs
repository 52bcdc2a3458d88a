//! Reads variables from the environment and from `.env`, and collects all faults. The environment takes precedence.

use std::collections::{BTreeSet, HashMap};
use std::path::{Path, PathBuf};

use super::error::{ConfigError, SettingError};
use super::{Secrecy, Variable, env_file, text};
use crate::secret::Secret;

/// Largest file with a value, in bytes: a wrong path, such as one to a video, must not fill the memory.
const VALUE_BYTES_MAX: u64 = 64 * 1024;

/// The variables, and the faults so far.
#[derive(Debug, Clone, Default)]
pub struct Reader {
    given: HashMap<String, Secret>,
    faults: Vec<SettingError>,
    warnings: Vec<SettingError>,
    files: BTreeSet<(&'static str, PathBuf)>,
    /// Names whose values `.env` gives.
    in_env_file: BTreeSet<String>,
}

/// Where a setting's value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// There is no value.
    Nowhere,
    /// The table of settings.
    Default,
    /// The process's environment.
    Environment,
    /// The file `.env`.
    EnvFile,
    /// The file in `NAME_FILE`.
    File(PathBuf),
}

impl Reader {
    /// The process's environment, which takes precedence over the `.env` of the current folder.
    pub fn from_environment() -> Self {
        let mut reader = Self::default();
        reader.add_file(Path::new(".env"));
        for (name, value) in std::env::vars_os() {
            let Some(name) = name.to_str() else { continue };
            match value.to_str() {
                Some(value) => {
                    reader.in_env_file.remove(name);
                    reader.given.insert(name.to_owned(), Secret::new(unquoted(name, value)));
                }
                None if Variable::named(name.trim_end_matches("_FILE")).is_some() => {
                    reader.fault(name, "is not written in UTF-8");
                }
                None => {}
            }
        }
        reader
    }

    /// Only these variables: for the demo and for tests, which must not depend on the environment.
    pub fn from_pairs<N: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let given = pairs.into_iter().map(|(name, value)| (name.into(), Secret::new(value))).collect();
        Self { given, ..Self::default() }
    }

    fn add_file(&mut self, path: &Path) {
        let file = env_file::read(path);
        self.faults.extend(file.faults);
        let is_secret = |name: &str| Variable::named(name).is_some_and(Variable::is_secret);
        let holds_secret = |(name, value): &(String, String)| !value.is_empty() && is_secret(name);
        if file.is_open && file.given.iter().any(holds_secret) {
            let what = "contains secrets, and other users can read it: chmod 600 .env";
            self.warnings.push(SettingError { name: ".env".to_owned(), what: what.to_owned() });
        }
        self.in_env_file.extend(file.given.iter().map(|(name, _)| name.clone()));
        self.given.extend(file.given.into_iter().map(|(name, value)| (name, Secret::new(value))));
    }

    /// Problems that do not prevent the start. They never contain a value.
    pub fn warnings(&self) -> &[SettingError] {
        &self.warnings
    }

    /// Records a fault, with the variable's example.
    pub fn fault(&mut self, name: &str, what: &str) {
        let example = Variable::named(name)
            .map(|variable| format!(" (for example {name}={})", variable.example))
            .unwrap_or_default();
        let fault = SettingError { name: name.to_owned(), what: format!("{what}{example}") };
        // Two sections may read the same variable.
        if !self.faults.contains(&fault) {
            self.faults.push(fault);
        }
    }

    /// Records faults of a file that a variable names.
    pub(super) fn add(&mut self, faults: Vec<SettingError>) {
        self.faults.extend(faults);
    }

    /// A variable's text or its default; `None` when it is absent or empty.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        let given = self.raw(name).map(|given| text::trimmed(given.expose()).to_owned());
        let default =
            Variable::named(name).map(|variable| variable.default).filter(|default| !default.is_empty());
        given.filter(|text| !text.is_empty()).or_else(|| default.map(str::to_owned))
    }

    /// True if a variable is set and not empty.
    pub fn is_given(&self, name: &str) -> bool {
        self.given.get(name).is_some_and(|text| !text.expose().is_empty())
    }

    /// Where the value of a variable comes from.
    pub fn origin(&self, name: &str) -> Origin {
        let file_name = format!("{name}_FILE");
        let has_default = || Variable::named(name).is_some_and(|variable| !variable.default.is_empty());
        match self.given.get(&file_name).filter(|path| !path.expose().is_empty()) {
            Some(path) if !self.is_given(name) => Origin::File(PathBuf::from(path.expose())),
            _ if !self.is_given(name) && has_default() => Origin::Default,
            _ if !self.is_given(name) => Origin::Nowhere,
            _ if self.in_env_file.contains(name) => Origin::EnvFile,
            _ => Origin::Environment,
        }
    }

    /// A secret, from `NAME` or from the file in `NAME_FILE`.
    pub fn secret(&mut self, name: &'static str) -> Option<Secret> {
        self.exact(name).map(Secret::new)
    }

    /// A text in which every character counts: an id, a secret. A character that cannot be intended is a fault.
    pub fn exact(&mut self, name: &'static str) -> Option<String> {
        let text = self.text(name)?;
        self.check_exact(name, &text);
        Some(text)
    }

    /// Records a fault if this value, or this part of it, has a character that cannot be intended.
    pub(super) fn check_exact(&mut self, name: &'static str, text: &str) {
        if let Some(slip) = text::slip(text) {
            self.fault(name, &slip);
        }
    }

    /// A required text.
    pub fn required(&mut self, name: &'static str) -> Option<String> {
        let text = self.text(name);
        if text.is_none() && !self.faults.iter().any(|fault| fault.name.starts_with(name)) {
            self.fault(name, "is missing");
        }
        text
    }

    /// A value of some type. `expected` describes valid values.
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

    /// Fails with all faults so far.
    ///
    /// # Errors
    /// If there is any.
    pub fn finish(&mut self) -> Result<(), ConfigError> {
        ConfigError::if_any(std::mem::take(&mut self.faults))
    }

    /// Returns the value, or all faults so far. A value that is absent without a fault is a bug: it gets a fault
    /// that says so, so an error always has a reason.
    ///
    /// # Errors
    /// If there is any fault, or no value.
    pub(super) fn finish_with<T>(&mut self, read: Option<T>) -> Result<T, ConfigError> {
        self.finish()?;
        read.ok_or_else(ConfigError::unexplained)
    }

    /// Records that this variable's value is in a file, even if the file cannot be read.
    pub(super) fn note_file(&mut self, name: &'static str, path: &Path) {
        self.files.insert((name, path.to_owned()));
    }

    /// The files of values, each with its variable, without `.env`.
    pub fn files(&self) -> impl Iterator<Item = (&'static str, &Path)> {
        self.files.iter().map(|(name, path)| (*name, path.as_path()))
    }

    fn raw(&mut self, name: &'static str) -> Option<Secret> {
        let direct = self.given.get(name).filter(|text| !text.expose().is_empty()).cloned();
        let file_name = format!("{name}_FILE");
        let file = self.given.get(&file_name).filter(|path| !path.expose().is_empty()).cloned();
        match (direct, file) {
            (Some(_), Some(_)) => {
                self.fault(&file_name, &format!("and {name} are both set: expected only one of them"));
                None
            }
            (direct, None) => direct,
            (None, Some(path)) => {
                self.note_file(name, Path::new(path.expose()));
                match text::read(Path::new(path.expose()), VALUE_BYTES_MAX) {
                    Ok(text) => Some(Secret::new(text)),
                    Err(error) => {
                        self.fault(&file_name, &format!("cannot be read: {error}"));
                        None
                    }
                }
            }
        }
    }
}

/// Removes the quotation marks that some readers of env files keep around a value: `docker run --env-file` and
/// Podman. Quotation marks in a secret are refused instead, because they may belong to it.
fn unquoted<'v>(name: &str, value: &'v str) -> &'v str {
    let is_open = Variable::named(name).is_some_and(|variable| variable.secrecy != Secrecy::Secret);
    let inner = |mark| value.strip_prefix(mark)?.strip_suffix(mark);
    inner('"').or_else(|| inner('\'')).filter(|_| is_open).unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotation_marks_of_an_env_file_are_taken_from_what_is_no_secret() {
        for (name, value, meant) in [
            ("FOLDER_TEMPLATE", "\"{host}/{date} {topic}\"", "{host}/{date} {topic}"),
            ("ZOOM_ACCOUNT_ID", "'account'", "account"),
            ("TIMEZONE", "Europe/Berlin", "Europe/Berlin"),
            ("TIMEZONE", "\"", "\""),
            ("TIMEZONE", "\"UTC'", "\"UTC'"),
            ("ADMIN_TOKEN", "\"0123456789abcdef\"", "\"0123456789abcdef\""),
            ("PATH", "\"/bin\"", "\"/bin\""),
        ] {
            assert_eq!(unquoted(name, value), meant, "{name}={value}");
        }
    }

    #[test]
    fn a_value_that_is_absent_without_a_fault_is_an_error_with_a_reason() {
        let mut reader = Reader::default();
        assert_eq!(reader.finish_with(Some(1)).ok(), Some(1));
        let error = reader.finish_with::<()>(None).unwrap_err();
        assert!(error.to_string().contains("bug in zoom2drive"), "{error}");
        reader.fault("TIMEZONE", "is not a zone");
        let error = reader.finish_with(Some(1)).unwrap_err();
        assert_eq!(error.faults().iter().map(|fault| fault.name.as_str()).collect::<Vec<_>>(), ["TIMEZONE"]);
    }
}
