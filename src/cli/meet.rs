//! `zoom2drive meet`: the conferences of Google Meet, and who was in them.
//!
//! `scope` has the flags that say whose conferences and which, `ask` asks many users. Every command only reads.

mod ask;
mod scope;
mod space;

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::{CliError, write_json};
use crate::config::{self, MeetAccess, Reader};
use crate::google::{Calendar, Directory, GoogleUsers, Meet};
use crate::http;
use crate::meetings::start;

pub(crate) use ask::{AT_ONCE, ask_all};
pub use scope::{ScopeArgs, WhoArgs};

/// An answer of Google's that stalls for this time has failed.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Arguments of `meet`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub action: Action,
}

/// Subcommands of `meet`.
#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Show a room: its id, its code, its link, and the conference that is on
    ///
    /// A code dies when it is unused for a year, and may be given to another room. The id stays.
    #[command(after_long_help = space::EXAMPLES)]
    Space(space::Args),
}

/// The flags of every command.
#[derive(Debug, Clone, Default, clap::Args)]
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
/// When the settings or arguments are wrong, Google cannot be reached, or refuses.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match &args.action {
        Action::Space(args) => space::run(args, reader, out).await,
    }
}

/// One run of a command: the clients, and how times are read and written.
pub(crate) struct Session {
    pub access: MeetAccess,
    pub users: Arc<GoogleUsers>,
    pub meet: Meet,
    pub directory: Directory,
    pub calendar: Calendar,
    pub zone: TimeZone,
    pub now: Timestamp,
    pub is_json: bool,
}

impl Session {
    /// Reads the settings; a flag replaces its setting. Makes no call.
    pub(crate) fn open(reader: &mut Reader, common: &Common) -> anyhow::Result<Self> {
        let access = config::read_meet_access(reader)?;
        let zone = match &common.zone {
            Some(name) => start::zone(name).map_err(usage)?,
            None => access.zone.clone(),
        };
        let users = Arc::new(GoogleUsers::new(http::client(Some(IDLE_TIMEOUT))?, &access.google));
        Ok(Self {
            meet: Meet::new(users.clone(), &access.google),
            directory: Directory::new(users.clone(), &access.google),
            calendar: Calendar::new(users.clone(), &access.google),
            users,
            access,
            zone,
            now: Timestamp::now(),
            is_json: common.json,
        })
    }

    /// Prints a value as JSON, or a text.
    pub(crate) fn print(
        &self,
        out: &mut dyn Write,
        json: impl FnOnce() -> serde_json::Value,
        text: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
    ) -> anyhow::Result<()> {
        if self.is_json { write_json(out, &json()) } else { text(out) }
    }
}

/// A mistake in the arguments: exit code 2.
pub(crate) fn usage(error: impl std::fmt::Display) -> CliError {
    CliError::Usage(error.to_string())
}
