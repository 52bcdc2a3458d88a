//! The table of all settings. It is the only place that describes a setting: `.env.example`, the table in the
//! documentation and the lists of secrets in `deploy/` are generated from it, or compared with it by tests.

mod accounts;
mod attendance;
mod meet;
mod reports;
mod service;
mod transfers;

use std::sync::LazyLock;

/// If a value is secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// It may be in the environment.
    Open,
    /// Deployments pass it as `NAME_FILE`.
    Secret,
    /// The value is a path to a secret file.
    PathToSecret,
}

/// Whether pages show the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    /// It contains no secret, whatever its value is.
    Shown,
    /// Only whether it is set, and where. Of a secret not even the length is shown.
    Hidden,
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// The name in the environment and in `.env`.
    pub name: &'static str,
    /// The meaning, in one line.
    pub meaning: &'static str,
    /// A second line for `.env.example`: units, limits, dependencies. Often empty.
    pub note: &'static str,
    /// Empty when there is none.
    pub default: &'static str,
    /// A valid value.
    pub example: &'static str,
    /// True if the service does not start without it.
    pub is_required: bool,
    pub secrecy: Secrecy,
    pub visibility: Visibility,
}

/// The defaults of this table's fields: not required, not secret, and not shown: a new setting is hidden unless it
/// says otherwise.
const OPEN: Variable = Variable {
    name: "",
    meaning: "",
    note: "",
    default: "",
    example: "",
    is_required: false,
    secrecy: Secrecy::Open,
    visibility: Visibility::Hidden,
};

/// The same of settings whose values pages show.
const SHOWN: Variable = Variable { visibility: Visibility::Shown, ..OPEN };

/// A group of settings.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// The heading in `.env.example`.
    pub title: &'static str,
    /// In the order of the documentation.
    pub variables: &'static [Variable],
}

/// All settings, in the order of the documentation.
pub const SECTIONS: &[Section] = &[
    Section { title: "Zoom", variables: accounts::ZOOM },
    Section { title: "Google", variables: accounts::GOOGLE },
    Section { title: "The service", variables: service::SERVICE },
    Section { title: "Rules and secrets in files", variables: service::FILES },
    Section { title: "Names in Drive", variables: transfers::NAMES },
    Section { title: "Transfers", variables: transfers::TRANSFERS },
    Section { title: "Attendance", variables: attendance::ATTENDANCE },
    Section { title: "Google Meet", variables: meet::MEET },
    Section { title: "Messages to people", variables: reports::MESSAGES },
    Section { title: "Logs", variables: reports::LOGS },
];

/// All settings, without headings.
pub static VARIABLES: LazyLock<Vec<Variable>> =
    LazyLock::new(|| SECTIONS.iter().flat_map(|section| section.variables).copied().collect());

impl Variable {
    /// The setting of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        VARIABLES.iter().find(|variable| variable.name == name)
    }

    /// True if the value itself is a secret.
    pub fn is_secret(&self) -> bool {
        self.secrecy == Secrecy::Secret
    }
}
