//! `meetings show` and `meetings invitation`: one meeting.

use std::io::Write;
use std::process::ExitCode;

use anyhow::bail;
use serde_json::json;

use super::view::{meeting_json, slot, span_in_zone, status};
use super::{Common, Session};
use crate::cli::table::{Table, plain};
use crate::config::Reader;
use crate::meetings::{self, MeetingDetails, start};
use crate::secret::SecretUrl;
use crate::untrusted::escape_untrusted;

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive meetings show 85746065432
  zoom2drive meetings show 'https://us02web.zoom.us/j/85746065432?pwd=abc' --json
  zoom2drive meetings show 85746065432 --start-url   prints a secret";

pub(super) const INVITATION_EXAMPLES: &str = "\
Examples:
  zoom2drive meetings invitation 85746065432";

/// Arguments of `meetings show`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The meeting's number, or a link of Zoom's
    #[arg(value_name = "MEETING", value_parser = meetings::number)]
    pub meeting: u64,
    /// Only this date of a meeting that repeats
    #[arg(long, value_name = "ID")]
    pub occurrence: Option<String>,
    /// Print the address that starts the meeting as its host, without a password
    #[arg(long)]
    pub start_url: bool,
    #[command(flatten)]
    pub common: Common,
}

/// Arguments of `meetings invitation`.
#[derive(Debug, clap::Args)]
pub struct InvitationArgs {
    /// The meeting's number, or a link of Zoom's
    #[arg(value_name = "MEETING", value_parser = meetings::number)]
    pub meeting: u64,
    #[command(flatten)]
    pub common: Common,
}

/// Runs `meetings show`.
pub(super) async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let session = Session::open(reader, &args.common, None)?;
    let mut meeting = session.meetings().get(args.meeting, None).await?;
    if let Some(id) = &args.occurrence {
        let Some(date) = meeting.occurrence(id).cloned() else {
            bail!("the meeting {} has no occurrence {id}", args.meeting);
        };
        meeting.start = Some(date.start);
        meeting.minutes = Some(date.minutes);
        meeting.occurrences = vec![date];
    }
    let start_url = meeting.start_url.as_ref().filter(|_| args.start_url);
    let json = || {
        let mut json = meeting_json(&meeting, &session.zone);
        if let Some(url) = start_url {
            json["start_url"] = json!(url.expose());
        }
        json
    };
    session.print(out, json, |out| write(&meeting, start_url, &session, out))?;
    Ok(ExitCode::SUCCESS)
}

fn write(
    meeting: &MeetingDetails,
    start_url: Option<&SecretUrl>,
    session: &Session,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let yes_no = |flag: Option<bool>| flag.map(|flag| if flag { "yes" } else { "no" }.to_owned());
    let exposed = |url: &SecretUrl| url.expose().to_owned();
    let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let host = text(&meeting.host_email).or_else(|| text(&meeting.host_id));
    let rows = [
        ("topic", text(&meeting.topic)),
        ("type", text(meeting.kind.name())),
        ("status", text(&meeting.status)),
        ("host", host),
        ("time", slot(meeting).map(|slot| span_in_zone(slot, &session.zone))),
        ("zone at Zoom", text(&meeting.zone)),
        ("agenda", text(&meeting.agenda)),
        ("recording", text(&meeting.recording)),
        ("waiting room", yes_no(meeting.waiting_room)),
        ("join before host", yes_no(meeting.join_before_host)),
        ("join", meeting.join_url.as_ref().map(exposed)),
        ("start as host", start_url.map(exposed)),
    ];
    writeln!(out, "{:18}{}", "meeting", meeting.number)?;
    for (name, value) in rows {
        if let Some(value) = value {
            writeln!(out, "{name:18}{}", plain(&value))?;
        }
    }
    if meeting.occurrences.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let mut table = Table::new(&["OCCURRENCE", "START", "MINUTES", "STATUS"]);
    for date in &meeting.occurrences {
        let start = start::shown(date.start, &session.zone);
        table.row([date.id.clone(), start, date.minutes.to_string(), status(date).to_owned()]);
    }
    Ok(table.write(out)?)
}

/// Runs `meetings invitation`.
pub(super) async fn invitation(
    args: &InvitationArgs,
    reader: &mut Reader,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let session = Session::open(reader, &args.common, None)?;
    let text = session.meetings().invitation(args.meeting).await?;
    session.print(
        out,
        || json!({"id": args.meeting, "invitation": text.expose()}),
        |out| {
            for line in text.expose().lines() {
                writeln!(out, "{}", escape_untrusted(line))?;
            }
            Ok(())
        },
    )?;
    Ok(ExitCode::SUCCESS)
}
