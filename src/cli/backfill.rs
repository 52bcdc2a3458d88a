//! `zoom2drive backfill [view]`: shows and archives Zoom's recordings of earlier months and years.
//!
//! `listing` reads Zoom's lists, `estimate` prints them, `ask` asks for consent, `follow` runs or watches the work
//! and shows it on a `screen`, and `summary` prints the result.

mod ask;
mod estimate;
mod follow;
mod listing;
mod run;
mod screen;
mod summary;
mod view;

use std::io::{self, Write};
use std::process::ExitCode;

use anyhow::Context;
use clap::Subcommand;
use indicatif::MultiProgress;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{CliError, known_store};
use crate::backfill::Days;
use crate::backfill::scope::Scope;
use crate::config::{self, LogConfig, Reader};
use crate::rules::{Glob, Rules};
use crate::secret::Secret;
use crate::store::{self, Access, Store, StoreError};
use crate::telemetry;

const EXAMPLES: &str = "\
Examples:
  What there is, per user; needs nothing of Google:
    zoom2drive backfill view --from 2022-01
  What it would take, and what would be passed over:
    zoom2drive backfill --from 2022-01 --dry-run
  Bring it over, after asking:
    zoom2drive backfill --from 2022-01 --to 2023-12
    zoom2drive backfill --from 2024-05-01 --user ann@example.com --skip '*stand-up*'

Exit codes: 0 all of it is archived, 1 something failed or is not done yet, 2 usage or
settings.";

/// Arguments of `backfill`.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true, after_help = EXAMPLES)]
pub struct Args {
    #[command(subcommand)]
    pub action: Option<Action>,
    /// The recordings to archive. (Optional for clap alone: without a subcommand its --from is required.)
    #[command(flatten)]
    pub what: Option<ScopeArgs>,
    /// Only print the estimate, and begin nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask for consent. If AFTER_ARCHIVE removes recordings at Zoom, name it: --yes=trash, --yes=delete
    #[arg(long, value_name = "WORD", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub yes: Option<String>,
}

/// Subcommands of `backfill`.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Show what Zoom holds, per user, and how much of it is archived
    ///
    /// Needs the ZOOM_* credentials, and reads the database if there is one. Begins nothing and writes nothing.
    View(ScopeArgs),
}

/// Selects recordings.
#[derive(Debug, clap::Args)]
pub struct ScopeArgs {
    /// First day of the meetings, UTC: 2022-01-15, or 2022-01 for a whole month
    #[arg(long, value_name = "DAY", value_parser = first_day)]
    pub from: Date,
    /// Last day [default: today]
    #[arg(long, value_name = "DAY", value_parser = last_day)]
    pub to: Option<Date>,
    /// Only recordings of this user, by email address or id; may be given several times
    #[arg(long, value_name = "USER", conflicts_with = "all")]
    pub user: Vec<String>,
    /// Recordings of every user, active or not: the default without --user
    #[arg(long)]
    pub all: bool,
    /// Leave out recordings whose host or topic matches this pattern (* and ?); may be given several times
    #[arg(long, value_name = "GLOB")]
    pub skip: Vec<String>,
    /// Print one JSON object at the end, and nothing else
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the settings or arguments are wrong, Zoom cannot be reached, or the store fails.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match (&args.action, &args.what) {
        (Some(Action::View(what)), _) => view::run(what, reader, out).await,
        (None, Some(what)) => run::run(args, what, reader, out).await,
        (None, None) => Err(CliError::Usage("--from is missing".to_owned()).into()),
    }
}

impl ScopeArgs {
    /// Ends today at the latest: Zoom has no recordings of later days.
    fn scope(&self, rules: Rules) -> Result<Scope, CliError> {
        let today = jiff::Timestamp::now().to_zoned(TimeZone::UTC).date();
        let to = self.to.map_or(today, |to| to.min(today));
        if self.from > to {
            return Err(CliError::Usage(format!("--from {} is later than {to}", self.from)));
        }
        let skip = self.skip.iter().map(|text| Glob::new(text)).collect();
        Ok(Scope { days: Days { from: self.from, to }, users: self.user.clone(), skip, rules })
    }
}

fn first_day(text: &str) -> Result<Date, String> {
    day(text, Date::first_of_month)
}

fn last_day(text: &str) -> Result<Date, String> {
    day(text, Date::last_of_month)
}

fn day(text: &str, of_month: fn(Date) -> Date) -> Result<Date, String> {
    let expected = || "expected a day such as 2022-01-15, or a month such as 2022-01".to_owned();
    if !text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') {
        return Err(expected());
    }
    match text.len() {
        10 => text.parse().map_err(|_| expected()),
        7 => format!("{text}-01").parse().map(of_month).map_err(|_| expected()),
        _ => Err(expected()),
    }
}

/// Opens the database for writing. Creates it if there is none, and migrates its tables, unless a service uses the
/// database: then the service must migrate it.
async fn own_store(address: &Secret) -> anyhow::Result<Store> {
    let opened = match known_store(address, Access::Write).await {
        Ok(Some(store)) => return Ok(store),
        Err(error) => match error.downcast_ref::<StoreError>() {
            Some(StoreError::OlderRelease { .. }) if !store::is_worked_on(address).await? => {
                store::open(address).await
            }
            _ => return Err(error),
        },
        Ok(None) => store::open(address).await,
    };
    opened.context("cannot open the database")
}

/// Starts the log, beside the progress bars. Unless `LOG` is set only warnings are logged, because the screen shows
/// the rest.
fn start_log(reader: &mut Reader, bars: &MultiProgress) -> anyhow::Result<()> {
    let is_given = reader.is_given("LOG");
    let log = config::read_log(reader)?;
    let log = if is_given { log } else { LogConfig { filter: "warn".to_owned(), ..log } };
    let bars = bars.clone();
    telemetry::start_by(&log, move || BesideBars(bars.clone()));
    Ok(())
}

/// Standard error. The bars are hidden while something is written.
struct BesideBars(MultiProgress);

impl Write for BesideBars {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.suspend(|| io::stderr().write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_is_its_first_or_its_last_day() {
        assert_eq!(first_day("2024-02").unwrap().to_string(), "2024-02-01");
        assert_eq!(last_day("2024-02").unwrap().to_string(), "2024-02-29");
        assert_eq!(last_day("2024-02-03").unwrap().to_string(), "2024-02-03");
        for text in ["2024", "2024-13", "2024-02-30", "yesterday", "20240203", "2024-2-3", "+024-02"] {
            assert!(first_day(text).is_err(), "{text}");
        }
    }
}
