//! `meet attendance`: who was in a meeting of Google Meet.
//!
//! `find` looks for the meeting that is meant, `write` puts the report into a file on Drive. What is counted, and how
//! it is shown, is the same as for Zoom.

mod find;
mod write;

use std::io::Write;
use std::process::ExitCode;

use jiff::civil::Date;

use super::{Common, MeetReference, Session, WhoArgs};
use crate::attendance::{Report, WindowChoice, report, without_address};
use crate::cli::CliError;
use crate::cli::attendance::count::CountArgs;
use crate::cli::attendance::form::FormArgs;
use crate::cli::attendance::shown::{Ids, Shown};
use crate::config::{AttendanceConfig, Reader};
use crate::google::{Attendances, AttendedSitting};
use crate::meet::ConferenceName;
use find::Found;

pub(super) const EXAMPLES: &str = "\
Examples:
  zoom2drive meet attendance abc-mnop-xyz
  zoom2drive meet attendance abc-mnop-xyz --day 2026-11-02 --roster class.csv --late-after 10m
  zoom2drive meet attendance conferenceRecords/b4a5c6d7 --user ewa@example.pl --joins --json
  zoom2drive meet attendance https://meet.google.com/abc-mnop-xyz --all-users --write";

/// What the sheet and the lists call the source of the rows.
const SOURCE: &str = "Google Meet";

/// Arguments of `meet attendance`.
#[derive(Debug, Clone, clap::Args)]
pub struct Args {
    /// The meeting: the name of its record, or the code or link of its room
    ///
    /// A code means the last meeting in the room that has ended, or the one of --day.
    #[arg(value_name = "RECORD|CODE")]
    pub meeting: MeetReference,
    /// The day of the meeting, such as 2026-11-02
    #[arg(long, value_name = "DAY")]
    pub day: Option<Date>,
    #[command(flatten)]
    pub who: WhoArgs,
    /// Count one record alone; else records of one room that are at most 15 minutes apart are one meeting
    #[arg(long)]
    pub apart: bool,
    #[command(flatten)]
    pub form: FormArgs,
    /// Write it into a file on Drive, beside the recording if that is archived
    ///
    /// A spreadsheet, or with ATTENDANCE=csv a plain file. It is written once: a second run changes nothing without
    /// --again. It needs the database of the service.
    #[arg(long, conflicts_with_all = ["csv", "joins"])]
    pub write: bool,
    /// Drive id of the folder, if the meeting's recording is not archived [default: DRIVE_FOLDER_ID]
    #[arg(long, value_name = "ID", requires = "write")]
    pub folder: Option<String>,
    /// Write it again over what is there, also over what people have marked in it; its link stays
    #[arg(long, requires = "write")]
    pub again: bool,
    #[command(flatten)]
    pub count: CountArgs,
}

/// One meeting, and what its rows come to.
struct ReadMeeting {
    found: Found,
    attended: AttendedSitting,
    report: Report,
    /// The settings, with the flags in their place.
    settings: AttendanceConfig,
    topic: String,
    /// The organiser's address, if the calendar tells it.
    organizer: String,
    /// What holds for the meeting.
    notes: Vec<String>,
    /// What holds for this run only.
    passing: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// When the settings are wrong, the meeting is not found or has not ended, or Google refuses.
pub(super) async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    if args.day.is_some() && matches!(args.meeting, MeetReference::Record(_)) {
        let told = "--day goes with a room's code: a record is one meeting already";
        return Err(CliError::Usage(told.to_owned()).into());
    }
    let place = if args.write { Some(write::Place::read(reader)?) } else { None };
    let read = read(args, reader, out).await?;
    match place {
        Some(place) => write::run(args, &place, &read, out).await?,
        None => args.form.write(out, &shown(&read, &read.all_notes()))?,
    }
    read.end(args, out)
}

/// Finds the meeting, reads who was there, and counts. `out` gets the meetings if somebody must choose.
///
/// # Errors
/// See [`run`].
async fn read(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ReadMeeting> {
    let mut session = Session::open(reader, &Common { zone: None, json: args.form.json })?;
    if let Some(zone) = &args.count.zone {
        session.zone = zone.clone();
    }
    let settings = args.count.over(session.access.attendance.clone());
    let roster = args.count.read_roster()?;
    let found = find::find(args, &session, out).await?;
    let Session { meet, directory, calendar, access, zone, now, .. } = session;
    let user = found.sitting.seen_by().first().map_or(String::new(), ToString::to_string);
    let attendances = Attendances::new(meet, directory.or_as(&user), calendar, access.google.meet.retry_wait);
    let wanted = args.count.completeness();
    let mut attended = attendances.read(&found.sitting, found.code.as_ref(), (&zone, now), wanted).await?;
    if settings.options.window == WindowChoice::Scheduled && attended.meeting.scheduled.is_none() {
        anyhow::bail!("no calendar entry of this meeting is known: take --window actual");
    }
    let (mut notes, mut passing) =
        (std::mem::take(&mut attended.notes), std::mem::take(&mut attended.passing));
    let parts = found.sitting.parts.len();
    if parts > 1 {
        notes.push(format!("{parts} records of the room are counted together"));
    }
    passing.extend(found.notes.iter().cloned());
    let is_ignored = |name: &str| settings.ignores(name);
    let report = report(&attended.rows, &attended.meeting, roster.as_ref(), &settings.options, is_ignored);
    let (mut topic, mut organizer) = title(&attended, args.who.all_users);
    if settings.options.hides_emails {
        let hidden = [&mut topic, &mut organizer].into_iter().chain(&mut notes).chain(&mut passing);
        hidden.for_each(|text| *text = without_address(text));
    }
    Ok(ReadMeeting { found, attended, report, settings, topic, organizer, notes, passing })
}

/// The title and the organiser of the calendar entry. Other people's private entries are nobody's business.
fn title(attended: &AttendedSitting, is_company: bool) -> (String, String) {
    let Some(event) = &attended.event else { return (String::new(), String::new()) };
    let title = match (event.is_private && is_company, event.title.trim()) {
        (true, _) => "(private)",
        (false, "") => "(no title)",
        (false, title) => title,
    };
    (title.to_owned(), event.organizer.clone())
}

impl ReadMeeting {
    /// Everything that readers should know, the users who could not be asked included.
    fn all_notes(&self) -> Vec<String> {
        self.notes.iter().chain(&self.passing).cloned().collect()
    }

    /// The name of the first record.
    fn record(&self) -> &ConferenceName {
        self.found.first()
    }

    /// The exit code; 1 if a user could not be asked.
    fn end(&self, args: &Args, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
        let Some(failures) = self.found.failures() else { return Ok(ExitCode::SUCCESS) };
        let failures = if self.settings.options.hides_emails { without_address(&failures) } else { failures };
        // CSV and JSON are for programs: standard output has nothing else.
        if args.form.csv || args.form.json {
            anyhow::bail!(failures);
        }
        writeln!(out, "{}", crate::cli::table::plain(&failures))?;
        Ok(ExitCode::FAILURE)
    }
}

fn shown<'a>(read: &'a ReadMeeting, notes: &'a [String]) -> Shown<'a> {
    let ReadMeeting { found, attended, report, topic, organizer, .. } = read;
    let code = attended.code.as_ref().map(ToString::to_string);
    let parts = &found.sitting.parts;
    Shown {
        name: code.clone().unwrap_or_else(|| read.record().to_string()),
        ids: Ids::Meet {
            record: read.record().to_string(),
            code,
            space: found.sitting.space().map(ToString::to_string),
            records: parts.iter().map(|part| part.conference.name.to_string()).collect(),
        },
        topic: topic.clone(),
        host: organizer.clone(),
        source: SOURCE.to_owned(),
        zone: &attended.meeting.zone,
        report,
        notes,
    }
}
