//! What is wrong with the settings.

use std::fmt;

/// One thing wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    /// The variable or file.
    pub name: String,
    /// What is wrong, what was expected, and an example. Never the value: it may be a secret.
    pub what: String,
}

/// All that is wrong with the settings: at least one fault. There is no way to make one without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    faults: Vec<SettingError>,
}

impl ConfigError {
    /// Fails with these faults, if there are any.
    ///
    /// # Errors
    /// If there is any.
    pub fn if_any(faults: Vec<SettingError>) -> Result<(), Self> {
        if faults.is_empty() { Ok(()) } else { Err(Self { faults }) }
    }

    /// A setting was refused, and nothing says why. Only a mistake in this module leads here.
    pub(super) fn unexplained() -> Self {
        let what =
            "were refused without a reason: this is an error in zoom2drive, please report it".to_owned();
        Self { faults: vec![SettingError { name: "The settings".to_owned(), what }] }
    }

    /// The faults, at least one.
    pub fn faults(&self) -> &[SettingError] {
        &self.faults
    }

    /// The same, to keep.
    pub fn into_faults(self) -> Vec<SettingError> {
        self.faults
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} setting(s) to mend:", self.faults.len())?;
        for fault in &self.faults {
            writeln!(f, "  {} {}", fault.name, fault.what)?;
        }
        write!(
            f,
            "Set them in the environment or in .env; `zoom2drive settings`, .env.example and docs/settings.md explain \
             each."
        )
    }
}

impl std::error::Error for ConfigError {}
