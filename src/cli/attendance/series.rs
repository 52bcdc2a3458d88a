//! `attendance series`: who came to which meeting of a number.

use std::io::Write;
use std::process::ExitCode;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use super::connect::{self, explain};
use super::count::CountArgs;
use super::{csv, series_view, series_write};
use crate::attendance::{Cell, Completeness, Instance, Meeting, Roster, Window, series};
use crate::cli::CliError;
use crate::config::{self, AttendanceConfig, Reader};
use crate::meetings::MeetingReference;
use crate::zoom::{BatchError, Kind, PastInstance, Schedule, Zoom, ZoomError};

/// What `attendance series` takes.
#[derive(Debug, Clone, clap::Args)]
pub struct SeriesArgs {
    /// The meeting's number, or a zoom.us link with it
    #[arg(allow_hyphen_values = true)]
    pub meeting: MeetingReference,
    /// First day, such as 2026-03-01; Zoom keeps reports for a year
    #[arg(long, value_name = "DAY")]
    pub since: Date,
    /// Last day [default: today]
    #[arg(long, value_name = "DAY")]
    pub until: Option<Date>,
    /// Print CSV
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    /// Write the table into a spreadsheet on Drive, or with ATTENDANCE=csv into a plain file
    ///
    /// There is one for a number and these days. It is written once: a second run changes nothing without --again.
    #[arg(long, conflicts_with = "csv")]
    pub write: bool,
    /// Drive id of the folder for a new file [default: DRIVE_FOLDER_ID]
    #[arg(long, value_name = "ID", requires = "write")]
    pub folder: Option<String>,
    /// Write it again over what is there, also over what people have written into it; its link stays
    #[arg(long, requires = "write")]
    pub again: bool,
    #[command(flatten)]
    pub count: CountArgs,
}

/// The meetings of a number, and who came to which.
pub(super) struct SeriesTable {
    pub number: u64,
    pub topic: String,
    pub days: (Date, Date),
    pub zone: TimeZone,
    /// The head, and a row for each person.
    pub table: Vec<Vec<Cell>>,
    /// The instances, and if their rows are known.
    pub instances: Vec<(PastInstance, bool)>,
    pub notes: Vec<String>,
    /// A later run may know more.
    pub is_whole: bool,
}

impl SeriesTable {
    /// Tells if a later run may know more.
    pub fn exit_code(&self) -> ExitCode {
        if self.is_whole { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// Prints or writes the table.
///
/// # Errors
/// When the settings are wrong, the number is not known, or Zoom refuses.
pub(super) async fn run(
    args: &SeriesArgs,
    reader: &mut Reader,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    if args.write {
        return series_write::run(args, reader, out).await;
    }
    let series = read(args, reader).await?;
    let (head, people) =
        series.table.split_first().map_or((&[][..], &[][..]), |(head, rows)| (&head[..], rows));
    match (args.csv, args.json) {
        (true, _) => {
            let head: Vec<String> = head.iter().map(csv::written).collect();
            csv::write(out, &head.iter().map(String::as_str).collect::<Vec<_>>(), people)?;
        }
        (_, true) => series_view::write_json(out, &series)?,
        _ => series_view::write_table(out, &series)?,
    }
    Ok(series.exit_code())
}

/// Reads every instance of these days.
///
/// # Errors
/// See [`run`].
pub(super) async fn read(args: &SeriesArgs, reader: &mut Reader) -> anyhow::Result<SeriesTable> {
    let MeetingReference::Number(number) = args.meeting else {
        let told = "a series is of a meeting's number: a uuid is one instance only, see `attendance show`";
        return Err(CliError::Usage(told.to_owned()).into());
    };
    let access = config::read_attendance_access(reader)?;
    let settings = args.count.over(access.attendance);
    let zone = args.count.zone.clone().unwrap_or(access.zone);
    let until = args.until.unwrap_or_else(|| Zoned::new(Timestamp::now(), zone.clone()).date());
    if args.since > until {
        let told = format!("--since {} is later than --until {until}", args.since);
        return Err(CliError::Usage(told).into());
    }
    let roster = args.count.read_roster()?;
    let zoom = connect::zoom(&access.zoom)?;
    let instances = match zoom.instances_on(number, args.since, until, &zone).await {
        Err(BatchError::NoMeeting) => Vec::new(),
        listed => listed.map_err(explain)?,
    };
    if instances.is_empty() {
        let days = format!("{} to {until}", args.since);
        anyhow::bail!("Zoom knows no ended meeting of this number from {days}: {number}");
    }
    let mut reading = Reading {
        zoom: &zoom,
        zone: zone.clone(),
        schedule: Schedule::for_window(settings.options.window),
        completeness: args.count.completeness(),
        topic: String::new(),
        notes: Vec::new(),
        is_whole: true,
    };
    let mut known = Vec::new();
    for instance in &instances {
        known.push(reading.instance(instance, &settings).await?);
    }
    Ok(table(reading, number, (args.since, until), instances, &known, roster.as_ref(), &settings))
}

fn table(
    reading: Reading<'_>,
    number: u64,
    days: (Date, Date),
    instances: Vec<PastInstance>,
    known: &[Instance],
    roster: Option<&Roster>,
    settings: &AttendanceConfig,
) -> SeriesTable {
    let Reading { zone, topic, notes, is_whole, .. } = reading;
    let table = series(known, roster, &settings.options, &zone);
    let hidden = |text: String| {
        if settings.options.hides_emails { crate::attendance::without_address(&text) } else { text }
    };
    let instances = instances.into_iter().zip(known).map(|(past, known)| (past, known.rows.is_some()));
    let instances = instances.collect();
    SeriesTable { number, topic: hidden(topic), days, zone, table, instances, notes, is_whole }
}

/// Reads one instance after the other.
struct Reading<'z> {
    zoom: &'z Zoom,
    zone: TimeZone,
    schedule: Schedule,
    completeness: Completeness,
    topic: String,
    notes: Vec<String>,
    is_whole: bool,
}

impl Reading<'_> {
    async fn instance(
        &mut self,
        instance: &PastInstance,
        settings: &AttendanceConfig,
    ) -> anyhow::Result<Instance> {
        let (start, zone) = (instance.start, self.zone.clone());
        let read =
            self.zoom.attended(&instance.uuid, Kind::Unknown, &zone, &mut self.schedule, self.completeness);
        let error = match read.await {
            Ok(attended) => {
                attended.notes.iter().for_each(|note| self.note(start, note));
                if let Some(past) = attended.past {
                    self.topic = past.topic;
                }
                let rows = attended.batch.rows.into_iter().filter(|row| !settings.ignores(&row.name));
                return Ok(Instance { meeting: attended.meeting, start, rows: Some(rows.collect()) });
            }
            Err(error) => error,
        };
        // A refusal of one instance leaves the others; one of all ends the command.
        let is_about_this =
            !matches!(error, BatchError::Zoom(_) | BatchError::MissingScope(_) | BatchError::NoPlan(_))
                || matches!(&error, BatchError::Zoom(ZoomError::Refused(_)));
        if !is_about_this {
            return Err(explain(error));
        }
        self.note(start, &error.to_string());
        self.is_whole &= !error.is_passing();
        // Nobody came: that is known.
        let was_alone = matches!(error, BatchError::OnlyHost);
        let actual = Some(Window { start, end: start });
        let meeting = Meeting { actual, scheduled: None, zone };
        Ok(Instance { meeting, start, rows: was_alone.then(Vec::new) })
    }

    fn note(&mut self, start: Timestamp, what: &str) {
        let start = Zoned::new(start, self.zone.clone()).strftime("%Y-%m-%d %H:%M");
        self.notes.push(format!("{start}: {what}"));
    }
}
