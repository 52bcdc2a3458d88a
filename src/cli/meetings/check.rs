//! `meetings check`: tells if a time is free.

use std::io::Write;
use std::process::ExitCode;

use super::{Common, Session, usage};
use crate::config::Reader;
use crate::meetings::overlap::{Except, Slot};
use crate::meetings::{self, MINUTES_DEFAULT, Plan, start};

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive meetings check --start 2026-12-01T20:00 --minutes 30
  zoom2drive meetings check --start 2026-12-01T20:00 --user ann@example.com --except 85746065432

Exit codes: 0 free, 1 taken or Zoom cannot be asked, 2 wrong usage or settings.";

/// Arguments of `meetings check`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Start: 2026-12-01T19:00 in the zone, or with an offset: 2026-12-01T19:00+02:00
    #[arg(long, value_name = "TIME")]
    pub start: String,
    /// Length in minutes, 1 to 1440
    #[arg(long, value_name = "N", default_value_t = MINUTES_DEFAULT)]
    pub minutes: u32,
    /// Whose meetings, by address or id [default: ZOOM_USER]
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// A meeting that does not count: one that is to be moved
    #[arg(long, value_name = "MEETING", value_parser = meetings::number)]
    pub except: Option<u64>,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub(super) async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let session = Session::open(reader, &args.common, args.user.as_deref())?;
    let start = start::instant(&args.start, &session.zone, session.now).map_err(usage)?;
    Plan { minutes: Some(args.minutes), ..Plan::default() }.check().map_err(usage)?;
    let asked = [Slot::new(start, u64::from(args.minutes))];
    let except = args.except.map(|number| Except { number, occurrence: None });
    let clash = session.clash(&session.upcoming(&session.user).await?, &asked, except);
    session.print(out, || clash.json(), |out| clash.write(out))?;
    Ok(if clash.is_free() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
