//! `zoom2drive meet`: the conferences of Google Meet, and who was in them.
//!
//! `scope` has the flags that say whose conferences and which, `ask` asks many users. Every command only reads.

mod archive;
mod ask;
mod attendance;
mod bring;
mod details;
mod find;
mod gap;
mod past;
mod past_view;
mod recordings;
mod scope;
mod show;
mod space;
mod trouble;
mod upcoming;
mod view;

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

pub use bring::Args as BringArgs;
pub use find::MeetReference;
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
    /// List past conferences, and those that are on
    ///
    /// Conferences of one room that are at most 15 minutes apart are one meeting. A title is that of the calendar, if
    /// it may be read. Google keeps a conference for 30 days: the last column has the day on which it is forgotten.
    #[command(after_long_help = past::EXAMPLES)]
    Past(past::Args),
    /// Show one meeting: who was in it, from when to when
    ///
    /// A code means the last meeting in its room, with all its parts. Addresses are those of the directory, if it may be
    /// read; people from outside of the company have none.
    #[command(after_long_help = show::EXAMPLES)]
    Show(show::Args),
    /// List planned meetings, by the calendar
    ///
    /// Each date of a series is a row. Entries without a conference, cancelled ones and declined ones are left out. With
    /// --all-users an entry that is in several calendars is shown once, and private ones without title and guests.
    #[command(after_long_help = upcoming::EXAMPLES)]
    Upcoming(upcoming::Args),
    /// List recordings, transcripts and notes, and if they are archived
    #[command(after_long_help = recordings::EXAMPLES)]
    Recordings(recordings::Args),
    /// Archive recordings, transcripts and notes beside Zoom's
    ///
    /// Each is streamed from the organiser's Drive into the archive, by the same jobs as Zoom's recordings. Documents are
    /// exported as PDF. The originals are only read. With a service on the same database this command only begins the jobs
    /// and watches. It can be stopped at any moment: the same command continues.
    #[command(after_long_help = bring::EXAMPLES)]
    Bring(bring::Args),
    /// Show a room: its id, its code, its link, and the conference that is on
    ///
    /// A code dies when it is unused for a year, and may be given to another room. The id stays.
    #[command(after_long_help = space::EXAMPLES)]
    Space(space::Args),
    /// Print who was in a meeting, from when to when, and who was not
    ///
    /// The same rules as for Zoom: docs/attendance.md explains what is counted. --write puts it into a file on Drive,
    /// so that it stays when Google forgets the conference after 30 days.
    #[command(after_long_help = attendance::EXAMPLES)]
    Attendance(Box<attendance::Args>),
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
        Action::Past(args) => past::run(args, reader, out).await,
        Action::Show(args) => show::run(args, reader, out).await,
        Action::Upcoming(args) => upcoming::run(args, reader, out).await,
        Action::Recordings(args) => recordings::run(args, reader, out).await,
        Action::Bring(args) => bring::run(args, reader, out).await,
        Action::Space(args) => space::run(args, reader, out).await,
        Action::Attendance(args) => attendance::run(args, reader, out).await,
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
