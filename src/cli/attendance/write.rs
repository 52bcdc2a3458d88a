//! `attendance write`: the same as `show`, into a file on Drive.

use std::io::Write;
use std::process::ExitCode;

use jiff::civil::Date;

use super::count::CountArgs;
use super::place;
use super::put::{Order, put};
use super::show::{self, ReadMeeting};
use super::written::Written;
use crate::attendance;
use crate::config::{Config, Reader};
use crate::meetings::MeetingReference;
use crate::pipeline::attendance::facts;
use crate::pipeline::attendance::target::Target;
use crate::recording::{Origin, Recording, Source};
use crate::store::{self, Store};
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
    let archived = place::archived(store, &read.uuid, args.folder.as_deref()).await?;
    let (recording, folder_id) = archived.unwrap_or_else(|| {
        let folder = args.folder.as_ref().unwrap_or(&config.google.folder_id);
        (unrecorded(read), folder.clone())
    });
    let facts = facts(&recording, &read.attended);
    let hides_emails = read.settings.options.hides_emails;
    let sheet = attendance::sheet(&read.report, &facts, &read.attended.meeting.zone, hides_emails);
    let place = config.rules.now().decide(&recording).place;
    let order = Order {
        source: Source::Zoom,
        target: Target::meeting(&recording, &place.naming(&config.naming)),
        folder_id,
        output: place.attendance.unwrap_or(config.attendance.output),
        again: args.again,
    };
    let outcome = put(&order, (&config.google, &config.relay), store, &sheet).await?;
    let (id, notes) = (read.uuid.as_str(), &read.attended.notes[..]);
    Written { id, sheet: &sheet, outcome: &outcome, notes }.print(out, args.json)?;
    Ok(ExitCode::SUCCESS)
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
