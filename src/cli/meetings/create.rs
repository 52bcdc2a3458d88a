//! `meetings create`: makes a meeting once, and reads it back.

use std::io::Write;
use std::process::ExitCode;

use anyhow::Context;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::settings::{Planned, SettingArgs};
use super::view::{iso, meeting_json, not_compared, slot, span_in_zone};
use super::{Common, Session, usage};
use crate::cli::write_json;
use crate::config::Reader;
use crate::meetings::overlap::Slot;
use crate::meetings::{MeetingDetails, Plan};
use crate::zoom::MeetingError;

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive meetings create --topic 'Bible study' --start 2026-12-01T19:00 --zone Europe/Kyiv
  zoom2drive meetings create --topic Choir --start 2026-12-01T19:00 --minutes 90 --record cloud
  zoom2drive meetings create --topic Choir --start 2026-12-01T19:00 --repeat weekly:tue --times 10
  zoom2drive meetings create --topic Board --start 2026-12-01T19:00+02:00 --dry-run

Exit codes: 0 made, 1 the time is taken, Zoom refuses, or the start differs, 2 wrong usage or settings.";

/// Arguments of `meetings create`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Topic, at most 200 characters
    #[arg(long, value_name = "TEXT")]
    pub topic: String,
    /// Start: 2026-12-01T19:00 in the zone, or with an offset: 2026-12-01T19:00+02:00
    #[arg(long, value_name = "TIME")]
    pub start: String,
    /// Whose meeting, by address or id [default: ZOOM_USER]
    #[arg(long, value_name = "USER")]
    pub user: Option<String>,
    #[command(flatten)]
    pub settings: SettingArgs,
    /// Print what would be sent to Zoom, and make no call
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub common: Common,
}

/// A meeting that Zoom has made.
struct Made {
    number: u64,
    /// True if Zoom's answer was lost, and the meeting was found in the list.
    is_found: bool,
}

/// Runs the command.
pub(super) async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let session = Session::open(reader, &args.common, args.user.as_deref())?;
    let planned = args.settings.plan(Some(&args.topic), Some(&args.start), &session.zone, session.now)?;
    planned.plan.check().map_err(usage)?;
    let slots = slots(&planned.plan, &session)?;
    let body = planned.plan.create_body(&session.zone);
    if args.dry_run {
        write_json(out, &masked(body))?;
        return Ok(ExitCode::SUCCESS);
    }
    let (mut known, mut notes) = (Vec::new(), planned.note.clone());
    if !args.settings.allow_overlap {
        let upcoming = session.upcoming(&session.user).await?;
        let clash = session.clash(&upcoming, &slots, None);
        if !clash.is_free() {
            session.print(out, || clash.json(), |out| clash.write(out))?;
            return Ok(ExitCode::FAILURE);
        }
        known = upcoming.numbers;
        let lines = [notes, not_compared(clash.not_compared)];
        notes = lines.into_iter().flatten().reduce(|one, other| format!("{one}\n{other}"));
    }
    let made = make(&session, body, &known).await?;
    conclude(&session, &made, &planned, slots.len(), notes, out).await
}

/// The times that the meeting takes: all its dates.
pub(super) fn slots(plan: &Plan, session: &Session) -> anyhow::Result<Vec<Slot>> {
    let minutes = u64::from(plan.minutes.unwrap_or(crate::meetings::MINUTES_DEFAULT));
    let Some(start) = plan.start else { return Ok(Vec::new()) };
    let starts = match &plan.recurrence {
        Some(recurrence) => recurrence.dates(start, &session.zone).map_err(usage)?,
        None => vec![start],
    };
    Ok(starts.into_iter().map(|start| Slot::new(start, minutes)).collect())
}

/// The body without its passcode.
fn masked(mut body: Value) -> Value {
    if let Some(code) = body.get_mut("password") {
        *code = json!("(as given)");
    }
    body
}

/// Sends the call once. A lost answer is looked for in the list.
async fn make(session: &Session, body: Value, known: &[u64]) -> anyhow::Result<Made> {
    let sent = Timestamp::now();
    let lost = match session.meetings().create(&session.user, body.clone()).await {
        Ok(meeting) => return Ok(Made { number: meeting.number, is_found: false }),
        Err(error @ MeetingError::Lost(_)) => error,
        Err(refused) => return Err(refused.into()),
    };
    match session.meetings().find_made(&session.user, &body, known, sent).await {
        Ok(Some(meeting)) => Ok(Made { number: meeting.number, is_found: true }),
        Ok(None) | Err(_) => {
            Err(lost).context("unknown if the meeting was made; look with `zoom2drive meetings list` first")
        }
    }
}

/// Reads the meeting back, compares its start, and prints it.
async fn conclude(
    session: &Session,
    made: &Made,
    planned: &Planned,
    dates: usize,
    notes: Option<String>,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let number = made.number;
    let read = session.meetings().get(number, None).await;
    let meeting = read.with_context(|| format!("made {number}, but it cannot be read back"))?;
    let found = first_start(&meeting);
    let is_right = found == planned.plan.start;
    let json = || {
        let mut json = meeting_json(&meeting, &session.zone);
        json["made"] = json!(true);
        json["found_after_lost_answer"] = json!(made.is_found);
        json["start_asked"] = json!(planned.plan.start.map(|start| iso(start, &session.zone)));
        json["start_differs"] = json!(!is_right);
        json["zone_sent"] = json!(planned.plan.zone);
        json
    };
    session.print(out, json, |out| {
        let time = slot(&MeetingDetails { start: found, ..meeting.clone() });
        let time = time.map(|slot| span_in_zone(slot, &session.zone)).unwrap_or_default();
        let dates = if dates > 1 { format!(", {dates} dates") } else { String::new() };
        let join = meeting.join_url.as_ref().map(crate::secret::SecretUrl::expose).unwrap_or_default();
        writeln!(out, "made {number}  {time}{dates}  {join}")?;
        if made.is_found {
            writeln!(out, "Zoom's answer was lost; the meeting was found in the list, and made once")?;
        }
        if let Some(notes) = notes {
            writeln!(out, "{notes}")?;
        }
        Ok(())
    })?;
    if is_right {
        return Ok(ExitCode::SUCCESS);
    }
    let told =
        |start: Option<Timestamp>| start.map_or("no start".to_owned(), |start| iso(start, &session.zone));
    anyhow::bail!(
        "Zoom has another start than was asked for: {} instead of {}; the meeting {number} stays, change or delete it",
        told(found),
        told(planned.plan.start)
    )
}

/// The start of a meeting; of a series, that of its first date.
pub(super) fn first_start(meeting: &MeetingDetails) -> Option<Timestamp> {
    let first = meeting.occurrences.iter().map(|date| date.start).min();
    first.or(meeting.start)
}
