//! `meetings list`: a user's meetings, one row each.

use std::io::Write;
use std::process::ExitCode;

use jiff::ToSpan;
use jiff::civil::Date;
use serde_json::Value;

use super::view::{meeting_json, occurrence_json, status};
use super::{Common, Session, usage};
use crate::cli::table::Table;
use crate::config::Reader;
use crate::meetings::{MeetingDetails, start};
use crate::zoom::{Days, ListType};

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive meetings list
  zoom2drive meetings list --user ann@example.com --occurrences --zone Asia/Tokyo
  zoom2drive meetings list --type previous --from 2026-10-01 --to 2026-10-31 --json";

/// Most months that Zoom lists at once.
const MONTHS_MAX: i32 = 6;

/// Arguments of `meetings list`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Whose meetings, by address or id [default: ZOOM_USER]
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    /// Which of them
    #[arg(long = "type", value_name = "TYPE", default_value = "upcoming")]
    pub kind: Kind,
    /// First day
    #[arg(long, value_name = "DAY", requires = "to")]
    pub from: Option<Date>,
    /// Last day, at most six months after the first one
    #[arg(long, value_name = "DAY", requires = "from")]
    pub to: Option<Date>,
    /// One row for each date of a meeting that repeats
    #[arg(long)]
    pub occurrences: bool,
    #[command(flatten)]
    pub common: Common,
}

/// Which meetings to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Kind {
    /// Still to come, or on now
    Upcoming,
    /// All that have not expired
    Scheduled,
    /// On now
    Live,
    /// Over
    Previous,
}

/// Runs the command.
pub(super) async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let session = Session::open(reader, &args.common, args.user.as_deref())?;
    let days = args.from.zip(args.to).map(|(from, to)| Days { from, to });
    if let Some(Days { from, to }) = days {
        if from > to {
            return Err(usage(format!("--from {from} is later than --to {to}")).into());
        }
        if from.checked_add(MONTHS_MAX.months()).is_ok_and(|last| to > last) {
            return Err(usage(format!("Zoom lists at most {MONTHS_MAX} months at once")).into());
        }
    }
    let kind = match args.kind {
        Kind::Upcoming => ListType::Upcoming,
        Kind::Scheduled => ListType::Scheduled,
        Kind::Live => ListType::Live,
        Kind::Previous => ListType::Previous,
    };
    let mut listed = session.meetings().list(&session.user, kind, days).await?;
    if args.occurrences {
        listed = session.with_dates(&listed).await?;
    }
    listed.sort_by_key(|meeting| (meeting.start, meeting.number));
    // Zoom may show a series once for each date: number and start together tell rows apart.
    listed.dedup_by_key(|meeting| (meeting.start, meeting.number));
    if session.is_json {
        let rows = listed.iter().map(|meeting| row_json(meeting, &session));
        session.print(out, || rows.collect::<Vec<Value>>().into(), |_| Ok(()))?;
        return Ok(ExitCode::SUCCESS);
    }
    write_table(&listed, &session, out)?;
    Ok(ExitCode::SUCCESS)
}

/// A list has fewer fields than a meeting.
fn row_json(meeting: &MeetingDetails, session: &Session) -> Value {
    let mut json = meeting_json(meeting, &session.zone);
    if let Value::Object(fields) = &mut json {
        for name in ["host", "recording", "waiting_room", "join_before_host", "agenda"] {
            fields.remove(name);
        }
        let dates = meeting.occurrences.iter().map(|date| occurrence_json(date, &session.zone));
        fields.insert("occurrences".to_owned(), dates.collect());
    }
    json
}

fn write_table(listed: &[MeetingDetails], session: &Session, out: &mut dyn Write) -> anyhow::Result<()> {
    if listed.is_empty() {
        writeln!(out, "no meetings")?;
        return Ok(());
    }
    let mut table = Table::new(&["ID", "START", "MINUTES", "TYPE", "TOPIC"]);
    for meeting in listed {
        let mut row = |start: String, minutes: Option<u64>, kind: String| {
            let minutes = minutes.map(|minutes| minutes.to_string()).unwrap_or_default();
            table.row([meeting.number.to_string(), start, minutes, kind, meeting.topic.clone()]);
        };
        if meeting.occurrences.is_empty() {
            let start = meeting.start.map(|at| start::shown(at, &session.zone)).unwrap_or_default();
            row(start, meeting.minutes, meeting.kind.name().to_owned());
        }
        for date in &meeting.occurrences {
            row(
                start::shown(date.start, &session.zone),
                Some(date.minutes),
                format!("date, {}", status(date)),
            );
        }
    }
    table.write(out)?;
    writeln!(out, "Times are those of {}.", start::name(&session.zone))?;
    Ok(())
}
