//! `zoom2drive attendance`: who was there, and who was expected.

mod connect;
pub(super) mod count;
mod csv;
pub(super) mod form;
pub(super) mod place;
pub(super) mod put;
mod series;
mod series_view;
mod series_write;
mod show;
mod show_json;
mod show_table;
pub(super) mod shown;
mod write;
pub(super) mod written;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;

use super::table::Table;
use super::{CliError, write_json};
use crate::attendance::Entry;
use crate::config::{self, Reader};

pub use count::CountArgs;
pub use series::SeriesArgs;
pub use show::ShowArgs;
pub use write::WriteArgs;

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
    /// Print who was at a meeting, from when to when, and who was not
    ///
    /// Zoom counts for some minutes after a meeting has ended; until then this exits with 1. Rows of one account,
    /// registration or address are one person, and two devices at once count once. Needs Zoom's API credentials only.
    #[command(after_long_help = "Examples:
  zoom2drive attendance show 85746065432
  zoom2drive attendance show \"857 4606 5432\" --day 2026-03-02 --roster class.csv
  zoom2drive attendance show 85746065432 --late-after 10m --leave-early 15m --min-share 50
  zoom2drive attendance show \"4444AAAiAAAAAiAiAiiAii==\" --joins --json
  zoom2drive attendance show https://us02web.zoom.us/j/85746065432 --window 20:00-21:00 --csv")]
    Show(Box<ShowArgs>),
    /// Write who was at a meeting into a file on Drive, beside its recording
    ///
    /// A spreadsheet, or with ATTENDANCE=csv a plain file. It is written once: a second run changes nothing without
    /// --again. Reads all settings of `serve`.
    #[command(after_long_help = "Examples:
  zoom2drive attendance write 85746065432 --day 2026-03-02 --roster class.csv
  zoom2drive attendance write \"4444AAAiAAAAAiAiAiiAii==\" --again
  zoom2drive attendance write 85746065432 --folder 1AbCdEfGhIjKlMnOpQrStUvWxYz --json")]
    Write(Box<WriteArgs>),
    /// Print who came to which meeting of a number, with one column for each day
    ///
    /// A meeting whose report Zoom no longer has gets a column of question marks. --write writes the table into a file on
    /// Drive, once, and reads all settings of `serve`; without it, Zoom's API credentials are enough.
    #[command(after_long_help = "Examples:
  zoom2drive attendance series 85746065432 --since 2026-03-01
  zoom2drive attendance series 85746065432 --since 2026-03-01 --until 2026-05-31 --csv
  zoom2drive attendance series 85746065432 --since 2026-03-01 --until 2026-05-31 --write")]
    Series(Box<SeriesArgs>),
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
/// When the settings or the arguments are wrong, or Zoom does not answer with all rows.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match &args.action {
        Action::Show(args) => show::run(args, reader, out).await,
        Action::Write(args) => write::run(args, reader, out).await,
        Action::Series(args) => series::run(args, reader, out).await,
        Action::Roster { file, json } => roster(file, *json, out),
    }
}

fn roster(file: &Path, json: bool, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let roster = config::read_roster(file).map_err(CliError::Usage)?;
    if json {
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
