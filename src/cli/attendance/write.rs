//! `attendance write`: the same as `show`, into a file on Drive.

use std::io::Write;
use std::process::ExitCode;

use jiff::civil::Date;
use serde::Serialize;

use super::count::CountArgs;
use super::put::{Order, Outcome, put};
use super::show::{self, ReadMeeting};
use crate::attendance::{self, Counts, Sheet};
use crate::cli::{CliError, write_json};
use crate::config::{Config, Reader};
use crate::jobs::FileState;
use crate::jobs::meeting_file::home;
use crate::meetings::MeetingReference;
use crate::pipeline::attendance::facts;
use crate::pipeline::attendance::target::Target;
use crate::recording::{Origin, Recording};
use crate::store::{self, Store};
use crate::untrusted::escape_untrusted;
use crate::zoom::PastMeeting;

/// What `attendance write` takes.
#[derive(Debug, Clone, clap::Args)]
pub struct WriteArgs {
    /// The meeting: its number, the uuid of an instance, or a zoom.us link
    ///
    /// A number means its last instance that has ended, or the one of --day.
    #[arg(allow_hyphen_values = true)]
    pub meeting: MeetingReference,
    /// The day of the meeting, such as 2026-03-02
    #[arg(long, value_name = "DAY")]
    pub day: Option<Date>,
    /// Drive id of the folder, if the meeting's recording is not archived [default: DRIVE_FOLDER_ID]
    #[arg(long, value_name = "ID")]
    pub folder: Option<String>,
    /// Write it again over what is there, also over what people have marked in it; its link stays
    #[arg(long)]
    pub again: bool,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub count: CountArgs,
}

#[derive(Serialize)]
struct Written<'a> {
    uuid: &'a str,
    link: &'a str,
    people: usize,
    expected: Option<usize>,
    absent: Option<usize>,
    /// If this run wrote it; else it was there.
    is_new: bool,
    /// If it holds other facts than Zoom tells now.
    has_changed: bool,
}

/// Writes who was there, once.
///
/// # Errors
/// When the settings are wrong, Zoom has not counted yet, or Google refuses.
pub(super) async fn run(
    args: &WriteArgs,
    reader: &mut Reader,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let config = Config::read_with_zoom(reader)?;
    let read = show::read(&args.meeting, args.day, &args.count, reader, out).await?;
    let store = store::open(&config.database_url).await?;
    let written = write(args, &config, &store, &read, out).await;
    store.close().await;
    written
}

async fn write(
    args: &WriteArgs,
    config: &Config,
    store: &Store,
    read: &ReadMeeting,
    out: &mut dyn Write,
) -> anyhow::Result<ExitCode> {
    let (recording, folder_id) = place(args, config, store, read).await?;
    let facts = facts(&recording, &read.attended);
    let hides_emails = read.settings.options.hides_emails;
    let sheet = attendance::sheet(&read.report, &facts, &read.attended.meeting.zone, hides_emails);
    let place = config.rules.now().decide(&recording).place;
    let order = Order {
        target: Target::meeting(&recording, &place.naming(&config.naming)),
        folder_id,
        output: place.attendance.unwrap_or(config.attendance.output),
        again: args.again,
    };
    let outcome = put(&order, config, store, &sheet).await?;
    print(args, read, &sheet, &outcome, out)?;
    Ok(ExitCode::SUCCESS)
}

fn print(
    args: &WriteArgs,
    read: &ReadMeeting,
    sheet: &Sheet,
    outcome: &Outcome,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let (uuid, counts) = (read.uuid.as_str(), sheet.counts);
    if args.json {
        let Outcome { link, is_new, has_changed } = outcome;
        let absent = counts.expected.map(|_| counts.absent);
        let Counts { people, expected, .. } = counts;
        let (is_new, has_changed) = (*is_new, *has_changed);
        return write_json(out, &Written { uuid, link, people, expected, absent, is_new, has_changed });
    }
    writeln!(out, "{}", outcome.told())?;
    let expected = counts.expected.map(|count| format!(", {count} expected, {} absent", counts.absent));
    writeln!(out, "{} there{}", counts.people, expected.unwrap_or_default())?;
    for note in &read.attended.notes {
        writeln!(out, "note: {}", escape_untrusted(note))?;
    }
    Ok(())
}

/// The recording, as the archive knows it or else as Zoom tells of the meeting, and the folder of the file.
async fn place(
    args: &WriteArgs,
    config: &Config,
    store: &Store,
    read: &ReadMeeting,
) -> anyhow::Result<(Recording, String)> {
    let Some(job) = store.job_of(&read.uuid).await? else {
        let folder = args.folder.as_ref().unwrap_or(&config.google.folder_id);
        return Ok((unrecorded(read), folder.clone()));
    };
    let files = store.files(job.id).await?;
    let proved = files.iter().filter(|file| matches!(file.state, FileState::Verified(_)));
    match (home(proved), &args.folder) {
        (Some(_), Some(_)) => {
            let told = "its recording is archived: the file goes beside it, so leave --folder out";
            Err(CliError::Usage(told.to_owned()).into())
        }
        (Some(folder), None) => Ok((job.recording, folder.to_owned())),
        (None, Some(folder)) => Ok((job.recording, folder.clone())),
        (None, None) => anyhow::bail!(
            "its recording is not archived yet (job {}), and the file goes beside it: try again later, or name a \
             folder with --folder",
            job.id
        ),
    }
}

/// A meeting that was not recorded.
fn unrecorded(read: &ReadMeeting) -> Recording {
    let past = read.attended.past.as_ref();
    let text = |text: fn(&PastMeeting) -> String| past.map(text).unwrap_or_default();
    Recording {
        uuid: read.uuid.clone(),
        meeting_id: text(|past| past.number.to_string()),
        topic: text(|past| past.topic.clone()),
        host_id: String::new(),
        host_email: text(|past| past.host_email.clone()),
        host_origin: Origin::Listing,
        start_time: Some(read.report.actual.start),
        duration_minutes: None,
        auto_delete_date: None,
        kind: None,
        share_url: String::new(),
        time_zone: String::new(),
        account_id: String::new(),
        seen_by: Vec::new(),
        files: Vec::new(),
    }
}
