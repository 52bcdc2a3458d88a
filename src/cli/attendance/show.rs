//! `attendance show`: who was at one meeting.

use std::io::Write;
use std::process::ExitCode;

use jiff::Zoned;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::connect::{self, explain};
use super::count::CountArgs;
use super::form::FormArgs;
use super::shown::Shown;
use crate::attendance::{Report, WindowChoice, report};
use crate::cli::CliError;
use crate::cli::table::Table;
use crate::config::{self, AttendanceConfig, Reader};
use crate::meetings::MeetingReference;
use crate::recording::MeetingUuid;
use crate::zoom::{AttendedMeeting, Found, Kind, PastInstance, Schedule, Zoom};

/// What `attendance show` takes.
#[derive(Debug, Clone, clap::Args)]
pub struct ShowArgs {
    /// The meeting: its number, the uuid of an instance, or a zoom.us link
    ///
    /// A number means its last instance that has ended, or the one of --day.
    #[arg(allow_hyphen_values = true)]
    pub meeting: MeetingReference,
    /// The day of the meeting, such as 2026-03-02
    #[arg(long, value_name = "DAY")]
    pub day: Option<Date>,
    #[command(flatten)]
    pub form: FormArgs,
    #[command(flatten)]
    pub count: CountArgs,
}

/// One meeting, and what its rows come to.
pub(super) struct ReadMeeting {
    pub uuid: MeetingUuid,
    pub attended: AttendedMeeting,
    pub report: Report,
    /// The settings, with the flags in their place.
    pub settings: AttendanceConfig,
}

/// Prints who was there.
///
/// # Errors
/// When the settings are wrong, the meeting is not found, or Zoom has not counted yet.
pub(super) async fn run(
    args: &ShowArgs,
    reader: &mut Reader,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let read = read(&args.meeting, args.day, &args.count, reader, out).await?;
    let ReadMeeting { uuid, attended, report, settings } = &read;
    let shown = Shown::zoom(&args.meeting, uuid, attended, report, settings.options.hides_emails);
    args.form.write(out, &shown)?;
    Ok(ExitCode::SUCCESS)
}

/// Finds a meeting, reads who was there, and counts. `out` gets the instances if somebody must choose.
///
/// # Errors
/// See [`run`].
pub(super) async fn read(
    meeting: &MeetingReference,
    day: Option<Date>,
    count: &CountArgs,
    reader: &mut Reader,
    out: &mut dyn Write,
) -> anyhow::Result<ReadMeeting> {
    check(meeting, day)?;
    let access = config::read_attendance_access(reader)?;
    let settings = count.over(access.attendance);
    let zone = count.zone.clone().unwrap_or(access.zone);
    let roster = count.read_roster()?;
    let zoom = connect::zoom(&access.zoom)?;
    let (uuid, others) = find(&zoom, meeting, day, &zone, out).await?;
    let mut schedule = Schedule::for_window(settings.options.window);
    let read = zoom.attended(&uuid, Kind::Unknown, &zone, &mut schedule, count.completeness()).await;
    let mut attended = read.map_err(explain)?;
    if settings.options.window == WindowChoice::Scheduled && attended.meeting.scheduled.is_none() {
        anyhow::bail!("Zoom has no schedule of this meeting, or not any more: take --window actual");
    }
    if others > 0 {
        let plural = if others == 1 { "meeting" } else { "meetings" };
        attended.notes.push(format!("{others} more {plural} of this number that day: --day lists them"));
    }
    let is_ignored = |name: &str| settings.ignores(name);
    let rows = &attended.batch.rows;
    let report = report(rows, &attended.meeting, roster.as_ref(), &settings.options, is_ignored);
    Ok(ReadMeeting { uuid, attended, report, settings })
}

fn check(meeting: &MeetingReference, day: Option<Date>) -> Result<(), CliError> {
    match (meeting, day) {
        (MeetingReference::Instance(_), Some(_)) => Err(CliError::Usage(
            "--day goes with a meeting's number: a uuid is one instance already".to_owned(),
        )),
        _ => Ok(()),
    }
}

/// The instance that is meant, and how many others there were on its day. Several on one day are listed.
///
/// # Errors
/// When there is none, or somebody must choose.
async fn find(
    zoom: &Zoom,
    meeting: &MeetingReference,
    day: Option<Date>,
    zone: &TimeZone,
    out: &mut dyn Write,
) -> anyhow::Result<(MeetingUuid, usize)> {
    match zoom.find_instance(meeting, day, zone).await.map_err(connect::explain_find)? {
        Found::One { uuid, others } => Ok((uuid, others)),
        Found::Several(instances) => {
            list(out, &instances, zone)?;
            let count = instances.len();
            let told = format!("{count} meetings of {meeting} ended on that day: give the uuid of one");
            Err(CliError::Usage(told).into())
        }
    }
}

fn list(out: &mut dyn Write, instances: &[PastInstance], zone: &TimeZone) -> anyhow::Result<()> {
    let mut table = Table::new(&["START", "UUID"]);
    for instance in instances {
        let start = Zoned::new(instance.start, zone.clone()).strftime("%Y-%m-%d %H:%M").to_string();
        table.row([start, instance.uuid.to_string()]);
    }
    Ok(table.write(out)?)
}
