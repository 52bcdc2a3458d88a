//! The forms in which one meeting is printed.

use std::io::Write;

use super::shown::Shown;
use super::{csv, show_json, show_table};
use crate::attendance::{HEAD, JOINS_HEAD};

/// The flags that choose a form.
#[derive(Debug, Clone, Copy, clap::Args)]
pub struct FormArgs {
    /// Also print each join
    #[arg(long)]
    pub joins: bool,
    /// Print CSV; with --joins the joins instead of the people
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl FormArgs {
    /// Writes the meeting in this form.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub(in crate::cli) fn write(self, out: &mut dyn Write, shown: &Shown<'_>) -> anyhow::Result<()> {
        let report = shown.report;
        match (self.csv, self.json) {
            (true, _) if self.joins => csv::write(out, &JOINS_HEAD, &report.joins),
            (true, _) => csv::write(out, &HEAD, &report.people),
            (_, true) => show_json::write(out, shown, self.joins),
            _ => show_table::write(out, shown, self.joins),
        }
    }
}
