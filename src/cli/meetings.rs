//! `zoom2drive meetings`: lists, makes, changes and deletes meetings at Zoom.
//!
//! `settings` has the flags of a meeting, `busy` finds meetings at the same time, `view` prints. Everything that can be
//! wrong without Zoom is refused before the first call.

mod busy;
mod change;
mod check;
mod create;
mod delete;
mod list;
mod settings;
mod show;
mod view;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{CliError, write_json};
use crate::config::{self, Reader};
use crate::http;
use crate::meetings::start;
use crate::zoom::{Meetings, Zoom};

/// An answer of Zoom's that stalls for this time has failed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Longest wait after a first failure: somebody waits for the command.
const WAIT_MAX: Duration = Duration::from_secs(1);

/// Arguments of `meetings`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub action: Action,
}

/// Subcommands of `meetings`.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// List a user's meetings
    ///
    /// Zoom lists meetings that are scheduled and have not expired. A meeting that repeats is one row; --occurrences
    /// shows each of its dates.
    #[command(after_long_help = list::EXAMPLES)]
    List(list::Args),
    /// Show one meeting with its dates
    #[command(after_long_help = show::EXAMPLES)]
    Show(show::Args),
    /// Print the text that invites people to a meeting
    ///
    /// The text is Zoom's, and contains the passcode.
    #[command(after_long_help = show::INVITATION_EXAMPLES)]
    Invitation(show::InvitationArgs),
    /// Make a meeting
    ///
    /// Refuses a time that another meeting of the user takes, unless --allow-overlap is given. Afterwards the meeting is
    /// read back and its start compared. If Zoom's answer is lost, the meeting is looked for and never made twice.
    #[command(after_long_help = create::EXAMPLES)]
    Create(create::Args),
    /// Change a meeting: only what is given changes
    ///
    /// The start of a series changes together with its repetition; one date of it changes by --occurrence.
    #[command(after_long_help = change::EXAMPLES)]
    Update(change::Args),
    /// Delete a meeting
    ///
    /// A meeting that repeats is deleted whole by --series, or one date of it by --occurrence.
    #[command(after_long_help = delete::EXAMPLES)]
    Delete(delete::Args),
    /// Tell if a time is free
    ///
    /// Compares with the user's meetings that are still to come. Exits with 0 if the time is free, with 1 if it is taken
    /// or Zoom cannot be asked.
    #[command(after_long_help = check::EXAMPLES)]
    Check(check::Args),
}

/// The flags of every command.
#[derive(Debug, clap::Args)]
pub struct Common {
    /// The zone in which times are read and written, such as Europe/Kyiv [default: TIMEZONE]
    #[arg(long, value_name = "ZONE")]
    pub zone: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

/// Runs the command.
///
/// # Errors
/// When the settings or arguments are wrong, Zoom cannot be reached, or refuses.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match &args.action {
        Action::List(args) => list::run(args, reader, out).await,
        Action::Show(args) => show::run(args, reader, out).await,
        Action::Invitation(args) => show::invitation(args, reader, out).await,
        Action::Create(args) => create::run(args, reader, out).await,
        Action::Update(args) => change::run(args, reader, out).await,
        Action::Delete(args) => delete::run(args, reader, out).await,
        Action::Check(args) => check::run(args, reader, out).await,
    }
}

/// One run of a command: the connection, and how times are read and written.
struct Session {
    zoom: Zoom,
    wait: Duration,
    user: String,
    zone: TimeZone,
    now: Timestamp,
    is_json: bool,
}

impl Session {
    /// Reads the settings; a flag replaces its setting. Makes no call.
    fn open(reader: &mut Reader, common: &Common, user: Option<&str>) -> anyhow::Result<Self> {
        let access = config::read_meetings_access(reader)?;
        let zone = match &common.zone {
            Some(name) => start::zone(name).map_err(usage)?,
            None => access.zone,
        };
        let zoom = Zoom::new(http::client(Some(IDLE_TIMEOUT))?, &access.zoom);
        let zoom = zoom.ok_or_else(|| usage("ZOOM_ACCOUNT_ID is missing"))?;
        let user = user.map_or(access.zoom.user, str::to_owned);
        let (wait, now) = (access.retry_wait.min(WAIT_MAX), Timestamp::now());
        Ok(Self { zoom, wait, user, zone, now, is_json: common.json })
    }

    fn meetings(&self) -> Meetings<'_> {
        self.zoom.meetings(self.wait)
    }

    /// Prints a value as JSON, or a text.
    fn print(
        &self,
        out: &mut dyn Write,
        json: impl FnOnce() -> serde_json::Value,
        text: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if self.is_json { write_json(out, &json()) } else { text(out) }
    }
}

/// A mistake in the arguments: exit code 2.
fn usage(error: impl std::fmt::Display) -> CliError {
    CliError::Usage(error.to_string())
}
