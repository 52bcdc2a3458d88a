//! The commands for operators: one file per command.
//!
//! Exit codes: 0 done, 1 something failed, 2 usage or configuration.

pub mod attendance;
pub mod backfill;
pub mod backup;
pub mod completions;
#[cfg(feature = "sandbox")]
pub mod demo;
pub mod doctor;
pub mod healthcheck;
pub mod jobs;
pub mod links;
pub mod login;
pub mod logout;
pub mod meet;
pub mod meetings;
pub mod messages;
pub mod process;
pub mod recover;
pub mod replay;
pub mod rules;
pub mod serve;
pub mod settings;
mod signals;
mod status;
mod style;
mod table;
mod user;
pub mod verify;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::config::{self, ConfigError, Reader};
use crate::secret::Secret;
use crate::store::{self, Access, Store, StoreError};
use crate::untrusted::escape_untrusted;
pub use process::describe;

/// Streams Zoom cloud recordings into Google Drive, proves the copy, then tidies up Zoom.
///
/// Settings come from the environment and from a file named .env in the current folder; .env.example
/// explains each.
#[derive(Debug, Parser)]
#[command(
    name = "zoom2drive",
    version,
    disable_help_subcommand = true,
    after_long_help = "Begin here:
  zoom2drive demo        see all of it, without any account

Exit codes: 0 done, 1 something failed, 2 wrong usage or settings."
)]
pub struct Cli {
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Receive Zoom's webhooks and archive recordings until stopped
    ///
    /// Listens on LISTEN_ADDR; put a proxy with HTTPS in front of it and give Zoom the address
    /// https://YOUR-HOST/webhooks/zoom.
    #[command(after_long_help = "Examples:
  zoom2drive serve                       settings from the environment and from .env
  LOG=debug LOG_FORMAT=json zoom2drive serve

Stop it with SIGTERM or Ctrl-C: chunks under way end and are checkpointed. A second signal ends it at once;
nothing is lost by that.")]
    Serve,
    /// Show the jobs, and retry or cancel them
    ///
    /// A job archives one recording. These commands work on the database directly, whether the service is running
    /// or not; a running service notices changes within a second.
    #[command(after_long_help = "Examples:
  zoom2drive jobs list --standing parked   what waits for a person, and why
  zoom2drive jobs show 12                  one recording with its files
  zoom2drive jobs retry 12                 go on with it, once mended
  zoom2drive jobs status                   how much is not archived yet")]
    Jobs(jobs::Args),
    /// Show messages to people, and test the channels
    ///
    /// The service reports problems by email (NOTIFY_EMAIL_TO) and by a webhook (NOTIFY_WEBHOOK_URL), if they are
    /// set.
    Messages(messages::Args),
    /// Process a stored event of Zoom again
    ///
    /// Starts the job of the event's recording again from its beginning. Files that are proved on Drive stay there
    /// and are not sent twice. The numbers of events are in the admin API (GET /admin/events) and in the log.
    #[command(after_long_help = "Examples:
  zoom2drive replay 31
  zoom2drive replay 31 --json")]
    Replay(replay::Args),
    /// Archive the recordings of earlier months and years
    ///
    /// Counts Zoom's recordings, prints an estimate, asks for consent, and archives them by the same jobs as the
    /// service. With a service on the same database it only enqueues and watches. It can be stopped at any moment:
    /// the same command continues.
    Backfill(backfill::Args),
    /// Copy the database into a new file, with the service running or not
    ///
    /// For SQLite; PostgreSQL has pg_dump. The copy contains every event that was answered before it began. To
    /// restore it: stop the service, replace the database with the copy, remove the files of the same name that end
    /// in -wal and -shm, and start again.
    #[command(after_long_help = "Examples:
  zoom2drive backup /var/backups/zoom2drive-2026-11-22.db")]
    Backup(backup::Args),
    /// Print each recording's link at Zoom and its files' links at Drive
    ///
    /// One row per archived file: where Zoom showed the recording, topic, host, start, the file's name, type, size
    /// and SHA-256, its link and its folder's link at Drive, and when it was archived. Rows are printed as they are
    /// read. In CSV, a cell that a spreadsheet would treat as a formula begins with an apostrophe.
    #[command(after_long_help = "Examples:
  zoom2drive links > archive.csv
  zoom2drive links --since 2026-03-01       what was archived on that day or later
  zoom2drive links --json > archive.json")]
    Links(links::Args),
    /// Ask Drive whether archived files are still there as they were proved
    ///
    /// Says of each difference what can still be done, and changes nothing. The service asks, too (VERIFY_EVERY).
    #[command(after_long_help = verify::EXAMPLES)]
    Verify(verify::Args),
    /// Take a recording out of Zoom's trash, and archive it again or keep it
    ///
    /// Zoom's trash keeps it for 30 days. Asks first. Needs a scope that nothing else needs; docs/verify.md names it.
    #[command(after_long_help = recover::EXAMPLES)]
    Recover(recover::Args),
    /// Check the rules (RULES_FILE), and apply them to a sample recording
    ///
    /// Rules define which recordings are archived, which of their files, and where to; rules.example.toml explains
    /// them. These commands change nothing and make no network calls.
    Rules(rules::Args),
    /// Print who was at a meeting, and check who is expected
    ///
    /// Reads Zoom's reports; docs/attendance.md explains what is counted.
    Attendance(attendance::Args),
    /// List, make, change and delete meetings at Zoom
    ///
    /// Works with Zoom directly, and needs neither Google nor a database. Times are those of --zone or TIMEZONE. No
    /// command prints a passcode; an invitation and an address to join contain it.
    #[command(after_long_help = "Examples:
  zoom2drive meetings list
  zoom2drive meetings create --topic Choir --start 2026-12-01T19:00 --record cloud
  zoom2drive meetings check --start 2026-12-01T20:00 --minutes 30")]
    Meetings(meetings::Args),
    /// Read the conferences of Google Meet, of one user or of the whole company, and archive them
    ///
    /// Needs nothing of Zoom. A login sees its own conferences; a service account with domain-wide delegation sees those
    /// of each user. Google keeps conferences for 30 days. Meet, calendars and originals are only read; `bring` and
    /// `attendance --write` write into the archive.
    #[command(after_long_help = "Examples:
  zoom2drive meet past --user ewa@example.pl
  zoom2drive meet past --all-users --since 2026-11-01
  zoom2drive meet upcoming --days 7
  zoom2drive meet bring --all-users --dry-run")]
    Meet(meet::Args),
    /// Print every setting with its meaning and its default
    ///
    /// Prints no current value. `doctor` checks the values.
    #[command(after_long_help = "Examples:
  zoom2drive settings
  zoom2drive settings --env > .env          a file to fill in
  zoom2drive settings --markdown            the rows of the table in docs/settings.md")]
    Settings(settings::Args),
    /// Check everything that the service needs, and print how to fix each problem
    ///
    /// Checks the settings, this machine's clock, the database, Zoom's app with its scopes and limits, one
    /// recording and its first bytes, the public address, Google's credentials, the root folder, and uploads one
    /// small file like a recording (then moves it to Drive's trash). A check that cannot run says why; all others
    /// run. Safe beside a running service.
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::Args),
    /// Log in as a person, if there is no service account
    ///
    /// Prints an address to open in a browser, waits for the consent, and writes a file that the service reads as
    /// GOOGLE_APPLICATION_CREDENTIALS. Needs an OAuth client of type Desktop app; docs/install.md says how to
    /// create one, and why its consent screen should not stay in status Testing.
    Login(login::Args),
    /// End a login at Google and remove its file
    ///
    /// A running service continues until Google refuses its token, within the hour, and then pauses.
    Logout(logout::Args),
    /// Ask the running service if it is up (for Docker's HEALTHCHECK)
    ///
    /// Calls /healthz at LISTEN_ADDR. Exits with 0 if the service answers, with 1 if not.
    #[command(after_long_help = "Examples:
  zoom2drive healthcheck && echo up")]
    Healthcheck,
    /// Print a shell's completion script for this command line
    #[command(after_long_help = "Examples:
  zoom2drive completions bash > /etc/bash_completion.d/zoom2drive
  zoom2drive completions zsh > ~/.zfunc/_zoom2drive
  zoom2drive completions fish > ~/.config/fish/completions/zoom2drive.fish")]
    Completions(completions::Args),
    /// Write manual pages, one for each command
    #[command(after_long_help = "Examples:
  zoom2drive man /usr/local/share/man/man1")]
    Man(completions::ManArgs),
    /// Watch three recordings being archived, against a built-in Zoom and Google
    ///
    /// Needs no account, no settings and no network: both run inside this process, on loopback. Connections are cut
    /// and the service is killed half-way on purpose. Exits with 1 if any promise was broken.
    #[cfg(feature = "sandbox")]
    #[command(after_long_help = "Examples:
  zoom2drive demo            1.1 GiB, some seconds
  zoom2drive demo --fast     24 MiB
  zoom2drive demo --keep     leave all of it running, to look around
  zoom2drive demo --browser  watch it on the service's own pages")]
    Demo(demo::Args),
}

/// Errors of commands that have an exit code of their own.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// There is no database at `DATABASE_URL`.
    #[error("there is no database at {0}: is DATABASE_URL right, and has `serve` run before?")]
    NoDatabase(String),
    /// This kind of database has a backup tool of its own.
    #[error("{0}")]
    NoBackup(String),
    /// The arguments are contradictory or incomplete.
    #[error("{0}")]
    Usage(String),
    /// No channel for messages is set.
    #[error("no channel is set: set NOTIFY_EMAIL_TO or NOTIFY_WEBHOOK_URL")]
    NoChannel,
}

/// Runs a command. `out` is standard output, or a test's buffer.
///
/// # Errors
/// For the operator to read; [`exit_code`] returns the exit code.
pub async fn run(command: &Command, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let done = match command {
        Command::Serve => serve::run(reader).await,
        Command::Jobs(args) => jobs::run(args, reader, out).await,
        Command::Messages(args) => messages::run(args, reader, out).await,
        Command::Replay(args) => replay::run(args, reader, out).await,
        Command::Backfill(args) => backfill::run(args, reader, out).await,
        Command::Backup(args) => backup::run(args, reader, out).await,
        Command::Links(args) => links::run(args, reader, out).await,
        Command::Verify(args) => verify::run(args, reader, out).await,
        Command::Recover(args) => recover::run(args, reader, out).await,
        Command::Rules(args) => rules::run(args, reader, out).await,
        Command::Attendance(args) => attendance::run(args, reader, out).await,
        Command::Meetings(args) => meetings::run(args, reader, out).await,
        Command::Meet(args) => meet::run(args, reader, out).await,
        Command::Settings(args) => settings::run(args, out),
        Command::Doctor(args) => doctor::run(args, reader, out).await,
        Command::Login(args) => login::run(args, reader, out).await,
        Command::Logout(args) => logout::run(args, reader, out).await,
        Command::Healthcheck => healthcheck::run(reader, out).await,
        Command::Completions(args) => completions::run(args, out),
        Command::Man(args) => completions::man(args, out),
        #[cfg(feature = "sandbox")]
        Command::Demo(args) => demo::run(args, reader, out).await,
    };
    match done {
        Err(error) if is_closed_pipe(&error) => Ok(ExitCode::SUCCESS),
        done => done,
    }
}

/// `jobs list | head`: the reader has closed the pipe.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let written = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    let kind = written.or_else(|| error.downcast_ref::<serde_json::Error>()?.io_error_kind());
    kind == Some(std::io::ErrorKind::BrokenPipe)
}

/// The exit code for this error: 2 if the settings are wrong, else 1.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    // Only a person can change an address that would expose the password, so a restart does not help.
    let is_exposed = |cause: &(dyn std::error::Error + 'static)| {
        matches!(cause.downcast_ref(), Some(StoreError::Exposed(_)))
    };
    let is_configuration =
        error.is::<ConfigError>() || error.is::<CliError>() || error.chain().any(is_exposed);
    ExitCode::from(if is_configuration { 2 } else { 1 })
}

/// Calls a function with the store that `serve` uses, and closes the store afterwards. The database must exist: a
/// mistyped path must not create an empty one. It is not migrated: a service of another release may be using it.
async fn with_store<T>(
    reader: &mut Reader,
    access: Access,
    work: impl AsyncFnOnce(&Store, &mut Reader) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let address = config::read_database_url(reader)?;
    let store = known_store(&address, access).await?;
    let store = store.ok_or_else(|| CliError::NoDatabase(place_of(&address)))?;
    let done = work(&store, reader).await;
    store.close().await;
    done
}

/// The store without migrations; `None` if there is none.
async fn known_store(address: &Secret, access: Access) -> anyhow::Result<Option<Store>> {
    let path = address.expose().strip_prefix("sqlite://");
    if path.is_some_and(|path| !std::path::Path::new(path).exists()) {
        return Ok(None);
    }
    Ok(Some(store::open_as_it_is(address, access).await.context("cannot open the database")?))
}

/// The path of an SQLite file. Other addresses are not shown, because they may contain a password.
fn place_of(address: &Secret) -> String {
    address.expose().strip_prefix("sqlite://").unwrap_or_default().to_owned()
}

/// Prints JSON in the format of the admin API. Control characters for terminals are escaped, which does not change
/// the meaning.
fn write_json(out: &mut dyn Write, value: &impl serde::Serialize) -> anyhow::Result<()> {
    for line in serde_json::to_string_pretty(value)?.lines() {
        writeln!(out, "{}", escape_untrusted(line))?;
    }
    Ok(())
}
