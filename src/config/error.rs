//! Faults of the settings.

use std::fmt;

/// One fault of the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingError {
    /// The variable or file.
    pub name: String,
    /// The fault, the expected form, and an example. Never the value, which may be a secret.
    pub what: String,
}

/// All faults of the settings: at least one. It cannot be made without a fault.
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

    /// A setting was refused without a fault. Only a bug in this module leads here.
    pub(super) fn unexplained() -> Self {
        let what = "were refused without a reason: this is a bug in zoom2drive, please report it".to_owned();
        Self { faults: vec![SettingError { name: "The settings".to_owned(), what }] }
    }

    /// The faults, at least one.
    pub fn faults(&self) -> &[SettingError] {
        &self.faults
    }

    /// The faults, owned.
    pub fn into_faults(self) -> Vec<SettingError> {
        self.faults
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} setting(s) to fix:", self.faults.len())?;
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
