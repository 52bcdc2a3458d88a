//! `zoom2drive attendance`: who was there, and who was expected.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::table::Table;
use super::{CliError, write_json};
use crate::attendance::{Entry, Roster};

/// What `attendance` takes.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do
    #[command(subcommand)]
    pub action: Action,
}

/// What can be done.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Check a list of expected people, and print how it is read
    ///
    /// The list is CSV in UTF-8. Its first line names the columns: name, and if you like email, id and aliases. Several
    /// e-mails or aliases of one person are separated by a semicolon. Nobody is asked.
    #[command(after_long_help = "Examples:
  zoom2drive attendance roster class.csv
  zoom2drive attendance roster class.csv --json")]
    Roster {
        /// The list
        file: PathBuf,
        /// Print a JSON array
        #[arg(long)]
        json: bool,
    },
}

#[derive(Serialize)]
struct EntryView<'r> {
    name: &'r str,
    emails: &'r [String],
    id: &'r str,
    aliases: &'r [String],
}

/// Runs the command.
///
/// # Errors
/// When the file cannot be read, or the list is wrong.
pub fn run(args: &Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let Action::Roster { file, json } = &args.action;
    let shown = file.display();
    let refuse = |what: &dyn std::fmt::Display| CliError::Usage(format!("{shown}: {what}"));
    let bytes = std::fs::read(file).map_err(|error| refuse(&error))?;
    let roster = Roster::read(&bytes).map_err(|error| refuse(&error))?;
    if *json {
        let view = |entry| view(entry);
        write_json(out, &roster.entries.iter().map(view).collect::<Vec<_>>())?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&["NAME", "E-MAIL", "ID", "ALIASES"]);
    for entry in &roster.entries {
        table.row([entry.name.clone(), entry.emails.join("; "), entry.id.clone(), entry.aliases.join("; ")]);
    }
    table.write(out)?;
    writeln!(out, "{} expected", roster.entries.len())?;
    Ok(ExitCode::SUCCESS)
}

fn view(entry: &Entry) -> EntryView<'_> {
    EntryView { name: &entry.name, emails: &entry.emails, id: &entry.id, aliases: &entry.aliases }
}
