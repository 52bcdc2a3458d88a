//! `meetings delete`: a meeting, a series, or one date of it.

use std::io::{BufRead, IsTerminal, Write};
use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;

use super::view::{slot, span_in_zone};
use super::{Common, Session, usage};
use crate::cli::table::plain;
use crate::config::Reader;
use crate::meetings::overlap::Slot;
use crate::meetings::{self, MeetingDetails, MeetingType, OccurrenceStatus};
use crate::zoom::Told;

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive meetings delete 85746065432
  zoom2drive meetings delete 85746065432 --occurrence 1764612000000 --yes
  zoom2drive meetings delete 85746065432 --series --yes --tell-host";

/// Arguments of `meetings delete`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The meeting's number, or a link of Zoom's
    #[arg(value_name = "MEETING", value_parser = meetings::number)]
    pub meeting: u64,
    /// Only this date of a meeting that repeats
    #[arg(long, value_name = "ID", conflicts_with = "series")]
    pub occurrence: Option<String>,
    /// All dates of a meeting that repeats
    #[arg(long)]
    pub series: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Zoom tells the host and the alternative hosts by email
    #[arg(long)]
    pub tell_host: bool,
    /// Zoom tells the registrants by email
    #[arg(long)]
    pub tell_registrants: bool,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub(super) async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let session = Session::open(reader, &args.common, None)?;
    let can_be_asked = std::io::stdin().is_terminal() && !session.is_json;
    if !args.yes && !can_be_asked {
        return Err(usage("nobody can be asked here: add --yes").into());
    }
    let meeting = session.meetings().get(args.meeting, None).await?;
    let what = target(&meeting, args, &session)?;
    if !args.yes && !is_agreed(&what, out, &mut std::io::stdin().lock())? {
        writeln!(out, "nothing was deleted")?;
        return Ok(ExitCode::FAILURE);
    }
    let told = Told { host: args.tell_host, registrants: args.tell_registrants };
    session.meetings().delete(args.meeting, args.occurrence.as_deref(), told).await?;
    let json = || json!({"id": args.meeting, "occurrence": args.occurrence, "deleted": true});
    session.print(out, json, |out| Ok(writeln!(out, "deleted {what}")?))?;
    Ok(ExitCode::SUCCESS)
}

/// What is deleted, in words. Without its id nothing of a series is.
fn target(meeting: &MeetingDetails, args: &Args, session: &Session) -> anyhow::Result<String> {
    let name = format!("{} {}", meeting.number, plain(&meeting.topic));
    if let Some(id) = &args.occurrence {
        return match meeting.occurrence(id) {
            None => bail!("the meeting {} has no occurrence {id}", meeting.number),
            Some(date) if date.status == OccurrenceStatus::Deleted => {
                bail!("the occurrence {id} of {} is deleted already", meeting.number)
            }
            Some(date) => {
                let time = span_in_zone(Slot::new(date.start, date.minutes), &session.zone);
                Ok(format!("{name}, {time}"))
            }
        };
    }
    if meeting.kind == MeetingType::Recurring {
        let takes_place =
            meeting.occurrences.iter().filter(|date| date.status == OccurrenceStatus::Available);
        let dates = takes_place.filter(|date| date.start > session.now).count();
        if !args.series {
            let ask = "give --series to delete all of it, or --occurrence ID for one date";
            return Err(usage(format!("{name} repeats, with {dates} dates to come: {ask}")).into());
        }
        return Ok(format!("{name}, the whole series, {dates} dates to come"));
    }
    let time = slot(meeting).map(|slot| format!(", {}", span_in_zone(slot, &session.zone)));
    Ok(format!("{name}{}", time.unwrap_or_default()))
}

/// Asks at the terminal. Only a clear yes deletes.
fn is_agreed(what: &str, out: &mut dyn Write, input: &mut dyn BufRead) -> std::io::Result<bool> {
    write!(out, "Delete {what}? [y/N] ")?;
    out.flush()?;
    let mut answer = String::new();
    input.read_line(&mut answer)?;
    Ok(["y", "yes"].iter().any(|yes| answer.trim().eq_ignore_ascii_case(yes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clear_yes_deletes() {
        for (answer, goes) in [("y\n", true), ("YES\n", true), ("\n", false), ("", false), ("yo\n", false)] {
            let mut asked = Vec::new();
            assert_eq!(
                is_agreed("81 Choir", &mut asked, &mut answer.as_bytes()).unwrap(),
                goes,
                "{answer:?}"
            );
            assert_eq!(asked, b"Delete 81 Choir? [y/N] ");
        }
    }
}
