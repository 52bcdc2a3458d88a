//! `meetings update`: changes what is given, and reads it back.

use std::io::Write;
use std::process::ExitCode;

use anyhow::{Context, bail};
use jiff::Timestamp;
use serde_json::json;

use super::create::{first_start, slots};
use super::settings::SettingArgs;
use super::view::{iso, meeting_json, not_compared, slot, span_in_zone};
use super::{Common, Session, usage};
use crate::config::Reader;
use crate::meetings::overlap::{Except, Slot};
use crate::meetings::{self, MeetingDetails, MeetingType, Occurrence, OccurrenceStatus, Plan};

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive meetings update 85746065432 --start 2026-12-01T19:30 --minutes 60
  zoom2drive meetings update 85746065432 --record cloud --waiting-room
  zoom2drive meetings update 85746065432 --occurrence 1764612000000 --start 2026-12-01T20:00
  zoom2drive meetings update 85746065432 --start 2026-12-07T19:00 --repeat weekly:mon --times 8

Exit codes: 0 changed, 1 the time is taken, Zoom refuses, or the result differs, 2 wrong usage or settings.";

/// Arguments of `meetings update`.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The meeting's number, or a link of Zoom's
    #[arg(value_name = "MEETING", value_parser = meetings::number)]
    pub meeting: u64,
    /// Only this date of a meeting that repeats
    #[arg(long, value_name = "ID")]
    pub occurrence: Option<String>,
    /// Topic, at most 200 characters
    #[arg(long, value_name = "TEXT")]
    pub topic: Option<String>,
    /// Start: 2026-12-01T19:00 in the zone, or with an offset: 2026-12-01T19:00+02:00
    #[arg(long, value_name = "TIME")]
    pub start: Option<String>,
    #[command(flatten)]
    pub settings: SettingArgs,
    #[command(flatten)]
    pub common: Common,
}

/// Runs the command.
pub(super) async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let session = Session::open(reader, &args.common, None)?;
    let planned =
        args.settings.plan(args.topic.as_deref(), args.start.as_deref(), &session.zone, session.now)?;
    let plan = &planned.plan;
    plan.check_change(args.occurrence.is_some()).map_err(usage)?;
    if plan.recurrence.is_some() && plan.start.is_none() {
        return Err(usage("--repeat needs --start: Zoom changes the dates of a series only together").into());
    }
    slots(plan, &session)?;
    let before = session.meetings().get(args.meeting, None).await?;
    let date = args.occurrence.as_deref().map(|id| available(&before, id)).transpose()?;
    check_kind(&before, plan, date.is_some())?;
    let mut notes = planned.note.clone();
    let asked = asked(&before, plan, date, &session)?;
    if !asked.is_empty() && !args.settings.allow_overlap {
        let except = Except { number: args.meeting, occurrence: args.occurrence.as_deref() };
        let host = [&before.host_id, &before.host_email].into_iter().find(|host| !host.is_empty());
        let upcoming = session.upcoming(host.unwrap_or(&session.user)).await?;
        let clash = session.clash(&upcoming, &asked, Some(except));
        if !clash.is_free() {
            session.print(out, || clash.json(), |out| clash.write(out))?;
            return Ok(ExitCode::FAILURE);
        }
        notes = notes.or(not_compared(clash.not_compared));
    }
    let body = plan.update_body(&session.zone);
    session.meetings().update(args.meeting, args.occurrence.as_deref(), body).await?;
    conclude(&session, args, plan, notes, out).await
}

/// The date of this id, if it takes place.
fn available<'m>(meeting: &'m MeetingDetails, id: &str) -> anyhow::Result<&'m Occurrence> {
    match meeting.occurrence(id) {
        Some(date) if date.status == OccurrenceStatus::Available => Ok(date),
        Some(_) => bail!("the occurrence {id} of {} was deleted", meeting.number),
        None => bail!("the meeting {} has no occurrence {id}", meeting.number),
    }
}

/// Refuses what Zoom would ignore without a word.
fn check_kind(meeting: &MeetingDetails, plan: &Plan, is_date: bool) -> anyhow::Result<()> {
    let number = meeting.number;
    let is_series = meeting.kind == MeetingType::Recurring;
    if plan.recurrence.is_some() && !is_series {
        bail!("the meeting {number} does not repeat: make a new one with --repeat, and delete this one");
    }
    if plan.start.is_some() && is_series && !is_date && plan.recurrence.is_none() {
        bail!(
            "the meeting {number} repeats: give --repeat to move all of it, or --occurrence ID for one date"
        );
    }
    let is_timeless = matches!(meeting.kind, MeetingType::NoFixedTime | MeetingType::PersonalRoom);
    if is_timeless && (plan.start.is_some() || plan.minutes.is_some()) {
        bail!("the meeting {number} has no fixed time, so neither --start nor --minutes changes it");
    }
    Ok(())
}

/// The times that are new: none if neither start nor length changes.
fn asked(
    before: &MeetingDetails,
    plan: &Plan,
    date: Option<&Occurrence>,
    session: &Session,
) -> anyhow::Result<Vec<Slot>> {
    if plan.start.is_none() && plan.minutes.is_none() {
        return Ok(Vec::new());
    }
    let minutes = plan.minutes.map(u64::from);
    if plan.recurrence.is_some() {
        let minutes = plan.minutes.or_else(|| u32::try_from(before.minutes?).ok());
        return slots(&Plan { minutes, ..plan.clone() }, session);
    }
    let dates: Vec<(Timestamp, Option<u64>)> = match date {
        Some(date) => vec![(plan.start.unwrap_or(date.start), Some(date.minutes))],
        None if before.occurrences.is_empty() => {
            let start = plan.start.or(before.start);
            start.map(|start| (start, before.minutes)).into_iter().collect()
        }
        None => {
            let to_come = before
                .occurrences
                .iter()
                .filter(|date| date.status == OccurrenceStatus::Available && date.start > session.now);
            to_come.map(|date| (date.start, Some(date.minutes))).collect()
        }
    };
    let slot = |(start, old): (Timestamp, Option<u64>)| Slot::new(start, minutes.or(old).unwrap_or_default());
    Ok(dates.into_iter().map(slot).collect())
}

/// Reads the meeting back, compares start and length, and prints it.
async fn conclude(
    session: &Session,
    args: &Args,
    plan: &Plan,
    notes: Option<String>,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let number = args.meeting;
    let read = session.meetings().get(number, None).await;
    let mut after = read.with_context(|| format!("changed {number}, but it cannot be read back"))?;
    match &args.occurrence {
        Some(id) => {
            // A date that has moved may have another id.
            let moved = |date: &&Occurrence| Some(date.start) == plan.start;
            let date = after.occurrence(id).or_else(|| after.occurrences.iter().find(moved)).cloned();
            after.start = date.as_ref().map(|date| date.start);
            after.minutes = date.map(|date| date.minutes);
        }
        // Dates that are over stay in Zoom's answer.
        None if plan.recurrence.is_some() => {
            let has_first = after.occurrences.iter().any(|date| Some(date.start) == plan.start);
            after.start = if has_first { plan.start } else { first_start(&after) };
        }
        None => {}
    }
    let is_right = plan.start.is_none_or(|start| after.start == Some(start))
        && plan.minutes.is_none_or(|minutes| after.minutes == Some(u64::from(minutes)));
    let json = || {
        let mut json = meeting_json(&after, &session.zone);
        json["changed"] = json!(true);
        json["differs"] = json!(!is_right);
        json
    };
    session.print(out, json, |out| {
        let time = slot(&after).map(|slot| format!("  {}", span_in_zone(slot, &session.zone)));
        let topic = crate::cli::table::plain(&after.topic);
        writeln!(out, "changed {number} {topic}{}", time.unwrap_or_default())?;
        if let Some(notes) = notes {
            writeln!(out, "{notes}")?;
        }
        Ok(())
    })?;
    if is_right {
        return Ok(ExitCode::SUCCESS);
    }
    let shown = |start: Option<Timestamp>, minutes: Option<u64>| {
        let start = start.map_or("no start".to_owned(), |start| iso(start, &session.zone));
        format!("{start}, {} minutes", minutes.unwrap_or_default())
    };
    let wanted = shown(plan.start.or(after.start), plan.minutes.map(u64::from).or(after.minutes));
    bail!(
        "Zoom has not taken the change of {number} over: {} instead of {wanted}",
        shown(after.start, after.minutes)
    )
}
