//! Every setting that there is. This table is the only place where a setting is described: `.env.example`, the table in
//! the documentation and the lists of secrets in `deploy/` follow from it, or are compared with it by tests.

mod accounts;
mod reports;
mod service;
mod transfers;

use std::sync::LazyLock;

/// Whether other people may see a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Secrecy {
    /// Yes: it may stand in the environment.
    Open,
    /// No: deployments hand it over as `NAME_FILE`.
    Secret,
    /// The value is a path. The file that it leads to is secret.
    PathToSecret,
}

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// The name in the environment and in `.env`.
    pub name: &'static str,
    /// What it means, in one line.
    pub meaning: &'static str,
    /// A second line for `.env.example`: units, limits, what it depends on. Empty for most.
    pub note: &'static str,
    /// The value that holds when none is given; empty when there is none.
    pub default: &'static str,
    /// A value that would be accepted.
    pub example: &'static str,
    /// Whether the service does not start without it.
    pub is_required: bool,
    /// Whether other people may see its value.
    pub secrecy: Secrecy,
}

/// What most settings are: not required, not secret.
const OPEN: Variable = Variable {
    name: "",
    meaning: "",
    note: "",
    default: "",
    example: "",
    is_required: false,
    secrecy: Secrecy::Open,
};

/// Settings that belong together.
#[derive(Debug, Clone, Copy)]
pub struct Section {
    /// The heading in `.env.example`.
    pub title: &'static str,
    /// The settings, in the order of the documentation.
    pub variables: &'static [Variable],
}

/// All settings, in the order of the documentation.
pub const SECTIONS: &[Section] = &[
    Section { title: "Zoom", variables: accounts::ZOOM },
    Section { title: "Google", variables: accounts::GOOGLE },
    Section { title: "The service", variables: service::SERVICE },
    Section { title: "Rules and secrets in files", variables: service::FILES },
    Section { title: "Names in Drive", variables: transfers::NAMES },
    Section { title: "How bytes are moved", variables: transfers::TRANSFERS },
    Section { title: "Messages to people", variables: reports::MESSAGES },
    Section { title: "Logs", variables: reports::LOGS },
];

/// The same without headings.
pub static VARIABLES: LazyLock<Vec<Variable>> =
    LazyLock::new(|| SECTIONS.iter().flat_map(|section| section.variables).copied().collect());

impl Variable {
    /// The setting of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        VARIABLES.iter().find(|variable| variable.name == name)
    }

    /// Whether the value itself is a secret.
    pub fn is_secret(&self) -> bool {
        self.secrecy == Secrecy::Secret
    }
}
