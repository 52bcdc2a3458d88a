//! A door for operators: one file per command.
//!
//! Exit codes: 0 done, 1 something failed, 2 usage or configuration.

pub mod attendance;
pub mod backfill;
pub mod backup;
mod cell;
pub mod completions;
#[cfg(feature = "sandbox")]
pub mod demo;
pub mod doctor;
mod figures;
pub mod healthcheck;
pub mod jobs;
pub mod links;
pub mod login;
pub mod logout;
pub mod messages;
pub mod replay;
pub mod rules;
pub mod serve;
pub mod settings;
mod signals;
mod status;
mod style;
mod table;
mod user;

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use clap::{Parser, Subcommand};

use crate::config::{self, ConfigError, Reader};
use crate::secret::Secret;
use crate::store::{self, Access, Store, StoreError};
use crate::telemetry::plain::escaped;

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
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Take Zoom's webhooks and archive recordings until stopped
    ///
    /// Listens on LISTEN_ADDR; put a proxy with HTTPS in front of it and give Zoom the address
    /// https://YOUR-HOST/webhooks/zoom.
    #[command(after_long_help = "Examples:
  zoom2drive serve                       settings from the environment and from .env
  LOG=debug LOG_FORMAT=json zoom2drive serve

Stop it with SIGTERM or Ctrl-C: chunks under way end and are checkpointed. A second signal ends it at once;
nothing is lost by that.")]
    Serve,
    /// See what became of each recording, and help those that are stuck
    ///
    /// A job is one recording's way into the archive. These commands work on the database directly, whether
    /// the service is running or not; a running service notices within a second.
    #[command(after_long_help = "Examples:
  zoom2drive jobs list --standing parked   what waits for a person, and why
  zoom2drive jobs show 12                  one recording with its files
  zoom2drive jobs retry 12                 go on with it, once mended
  zoom2drive jobs status                   how much is not archived yet")]
    Jobs(jobs::Args),
    /// See what people were told, and whether messages get through
    ///
    /// People hear of trouble by e-mail (NOTIFY_EMAIL_TO) and by a webhook (NOTIFY_WEBHOOK_URL), if they are
    /// set.
    Messages(messages::Args),
    /// Begin an event again from what Zoom once sent
    ///
    /// Makes the job of the event's recording due again from its beginning. What is proved to be on Drive
    /// stays there and is not sent twice. The numbers of events are in the admin API (GET /admin/events)
    /// and in the log.
    #[command(after_long_help = "Examples:
  zoom2drive replay 31
  zoom2drive replay 31 --json")]
    Replay(replay::Args),
    /// Bring over the recordings of months and years before
    ///
    /// Counts what Zoom holds, tells what it will take, asks, and archives it by the same jobs as the service.
    /// With a service on the same database it only enqueues and watches. It may be stopped at any moment: the
    /// same command again goes on.
    Backfill(backfill::Args),
    /// Copy the database into a new file, with the service running or not
    ///
    /// For SQLite; PostgreSQL has pg_dump. The copy holds every event that was answered before it began. To
    /// restore it: stop the service, put the copy in the database's place, without the files of the same
    /// name that end in -wal and -shm, and start again.
    #[command(after_long_help = "Examples:
  zoom2drive backup /var/backups/zoom2drive-2026-11-22.db")]
    Backup(backup::Args),
    /// Print which link at Zoom became which link at Drive
    ///
    /// One row per archived file: where Zoom showed the recording, topic, host, start, the file's name, type, size
    /// and SHA-256, its link and its folder's link at Drive, and when it was archived. Rows are printed as they
    /// are read, however many there are. In CSV a cell that a spreadsheet would take for a formula begins with an
    /// apostrophe.
    #[command(after_long_help = "Examples:
  zoom2drive links > archive.csv
  zoom2drive links --since 2026-03-01       what was archived on that day or later
  zoom2drive links --json > archive.json")]
    Links(links::Args),
    /// Check the rules (RULES_FILE), and see what they mean for a recording
    ///
    /// Rules say which recordings are archived, which of their files, and where to; rules.example.toml explains
    /// them. These commands change nothing and ask nobody.
    Rules(rules::Args),
    /// Say who was expected at a meeting, and who was there
    Attendance(attendance::Args),
    /// Print every setting: what it means, and what holds without it
    ///
    /// Shows no value that is set. `doctor` says what is wrong with those.
    #[command(after_long_help = "Examples:
  zoom2drive settings
  zoom2drive settings --env > .env          a file to fill in
  zoom2drive settings --markdown            the rows of the table in docs/settings.md")]
    Settings(settings::Args),
    /// Try everything that the service needs, and say how to mend what is wrong
    ///
    /// Looks at the settings, this machine's clock, the database, Zoom's app with its scopes and limits, one
    /// recording and its first bytes, the public address, Google's credentials, the root folder, and sends one
    /// small file the way of all recordings (it goes into Drive's trash afterwards). What cannot be tried says
    /// why; all else is tried. Safe beside a running service.
    #[command(after_help = doctor::EXAMPLES)]
    Doctor(doctor::Args),
    /// Log in as a person, for those who have no service account
    ///
    /// Prints an address to open in a browser, waits for the consent, and writes a file that the service reads
    /// as GOOGLE_APPLICATION_CREDENTIALS. Needs an OAuth client of type Desktop app; docs/install.md says how to
    /// make one, and why its consent screen should not stay in status Testing.
    Login(login::Args),
    /// End a login at Google and remove its file
    ///
    /// The service goes on with what it holds until Google refuses it, within the hour, and then pauses.
    Logout(logout::Args),
    /// Ask the running service whether it is up (for Docker's HEALTHCHECK)
    ///
    /// Calls /healthz at LISTEN_ADDR. Exits with 0 if the service answers, with 1 if not.
    #[command(after_long_help = "Examples:
  zoom2drive healthcheck && echo up")]
    Healthcheck,
    /// Print what a shell needs to complete this command line
    #[command(after_long_help = "Examples:
  zoom2drive completions bash > /etc/bash_completion.d/zoom2drive
  zoom2drive completions zsh > ~/.zfunc/_zoom2drive
  zoom2drive completions fish > ~/.config/fish/completions/zoom2drive.fish")]
    Completions(completions::Args),
    /// Write manual pages, one for each command
    #[command(after_long_help = "Examples:
  zoom2drive man /usr/local/share/man/man1")]
    Man(completions::ManArgs),
    /// Watch the whole way of three recordings, against a Zoom and a Google of its own
    ///
    /// Needs no account, no settings and no network: both run inside this process, on loopback. Connections
    /// are cut and the service is killed half-way on purpose. Exits with 1 if any promise was broken.
    #[cfg(feature = "sandbox")]
    #[command(after_long_help = "Examples:
  zoom2drive demo            1.1 GiB, some seconds
  zoom2drive demo --fast     24 MiB
  zoom2drive demo --keep     leave all of it running, to look around")]
    Demo(demo::Args),
}

/// Why a command did not do as asked, as far as the exit code is concerned.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    /// There is no database where `DATABASE_URL` points.
    #[error("there is no database at {0}: is DATABASE_URL right, and has `serve` run before?")]
    NoDatabase(String),
    /// This kind of database has a tool of its own.
    #[error("{0}")]
    NoBackup(String),
    /// What was asked for makes no sense, or must be said more clearly.
    #[error("{0}")]
    Usage(String),
    /// There is nobody to tell, and no way to.
    #[error("there is no channel: set NOTIFY_EMAIL_TO or NOTIFY_WEBHOOK_URL")]
    NoChannel,
}

/// Runs a command that needs no service around it. `out` is standard output, or a test's buffer.
///
/// # Errors
/// What the operator should read; [`exit_code`] tells what to exit with.
pub async fn run(command: &Command, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let done = match command {
        Command::Serve => serve::run(reader).await,
        Command::Jobs(args) => jobs::run(args, reader, out).await,
        Command::Messages(args) => messages::run(args, reader, out).await,
        Command::Replay(args) => replay::run(args, reader, out).await,
        Command::Backfill(args) => backfill::run(args, reader, out).await,
        Command::Backup(args) => backup::run(args, reader, out).await,
        Command::Links(args) => links::run(args, reader, out).await,
        Command::Rules(args) => rules::run(args, reader, out).await,
        Command::Attendance(args) => attendance::run(args, out),
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
        // `jobs list | head`: the reader has seen enough.
        Err(error) if is_closed_pipe(&error) => Ok(ExitCode::SUCCESS),
        done => done,
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let written = error.downcast_ref::<std::io::Error>().map(std::io::Error::kind);
    let kind = written.or_else(|| error.downcast_ref::<serde_json::Error>()?.io_error_kind());
    kind == Some(std::io::ErrorKind::BrokenPipe)
}

/// What to exit with after this error: 2 if settings must be mended, else 1.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    // Only a person can change an address that would give the password away: to start again is no use.
    let is_exposed = |cause: &(dyn std::error::Error + 'static)| {
        matches!(cause.downcast_ref(), Some(StoreError::Exposed(_)))
    };
    let is_configuration =
        error.is::<ConfigError>() || error.is::<CliError>() || error.chain().any(is_exposed);
    ExitCode::from(if is_configuration { 2 } else { 1 })
}

/// An error and its causes in one line. Many causes are quoted by what they caused: each is told once.
pub fn describe(error: &anyhow::Error) -> String {
    let mut causes = error.chain().map(ToString::to_string);
    let first = causes.next().unwrap_or_default();
    causes.fold(first, |text, cause| if text.contains(&cause) { text } else { format!("{text}: {cause}") })
}

/// Does something with the store that `serve` uses, and closes it whatever comes of that. It must exist: a mistyped
/// path should not make an empty database. It is taken as it is: a service of another release may be working on it.
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

/// The store as it is, if there is one.
async fn known_store(address: &Secret, access: Access) -> anyhow::Result<Option<Store>> {
    let path = address.expose().strip_prefix("sqlite://");
    if path.is_some_and(|path| !std::path::Path::new(path).exists()) {
        return Ok(None);
    }
    Ok(Some(store::open_as_it_is(address, access).await.context("cannot open the database")?))
}

/// Where an SQLite file should be. Nothing of another address, which may hold a password.
fn place_of(address: &Secret) -> String {
    address.expose().strip_prefix("sqlite://").unwrap_or_default().to_owned()
}

/// Prints the shape that the admin API answers with. JSON may hold what moves a terminal; it is spelled out,
/// which means the same.
fn write_json(out: &mut dyn Write, value: &impl serde::Serialize) -> anyhow::Result<()> {
    for line in serde_json::to_string_pretty(value)?.lines() {
        writeln!(out, "{}", escaped(line))?;
    }
    Ok(())
}
