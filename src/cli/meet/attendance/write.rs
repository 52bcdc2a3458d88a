//! `meet attendance --write`: the report, into a file on Drive.

use std::io::Write;

use super::{Args, ReadMeeting, SOURCE};
use crate::attendance::{self, Facts};
use crate::cli::CliError;
use crate::cli::attendance::place;
use crate::cli::attendance::put::{Order, put};
use crate::cli::attendance::written::Written;
use crate::config::{self, MeetWriting, Reader};
use crate::meet::ConferenceFacts;
use crate::pipeline::attendance::target::Target;
use crate::recording::{MeetingUuid, Recording, Source};
use crate::store::{self, Store};

/// Where files are written: the settings, which are read before anybody is asked.
pub(super) struct Place {
    settings: MeetWriting,
}

impl Place {
    /// Reads the settings.
    ///
    /// # Errors
    /// Every fault, together.
    pub(super) fn read(reader: &mut Reader) -> anyhow::Result<Self> {
        Ok(Self { settings: config::read_meet_writing(reader)? })
    }
}

/// Writes who was there, once.
///
/// # Errors
/// When no folder is known, another one is writing it, or Google refuses.
pub(super) async fn run(
    args: &Args,
    place: &Place,
    read: &ReadMeeting,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let store = store::open(&place.settings.database_url).await?;
    let written = write(args, &place.settings, &store, read, out).await;
    store.close().await;
    written
}

async fn write(
    args: &Args,
    settings: &MeetWriting,
    store: &Store,
    read: &ReadMeeting,
    out: &mut dyn Write,
) -> anyhow::Result<()> {
    let parts = uuids(read)?;
    let (recording, folder_id) = match archived(store, &parts, args.folder.as_deref()).await? {
        Some(known) => known,
        None => (unrecorded(read).ok_or_else(too_long)?, folder(args, settings)?),
    };
    let sheet = attendance::sheet(
        &read.report,
        &facts(read, &recording),
        &read.attended.meeting.zone,
        read.settings.options.hides_emails,
    );
    let place = settings.rules.decide(&recording).place;
    let naming = place.naming(&settings.naming);
    let order = Order {
        source: Source::Meet,
        target: match read.found.is_part {
            true => Target::part(&recording, &naming, &parts[0]),
            false => Target::of(&recording, &naming, &key(store, &parts, &recording).await?),
        },
        folder_id,
        output: place.attendance.unwrap_or(settings.attendance.output),
        again: args.again,
    };
    let outcome = put(&order, (&settings.google, &settings.relay), store, &sheet).await?;
    let notes = read.all_notes();
    let id = parts[0].as_str();
    Written { id, sheet: &sheet, outcome: &outcome, notes: &notes }.print(out, args.form.json)
}

/// The names of the meeting's records, as the archive has them.
fn uuids(read: &ReadMeeting) -> anyhow::Result<Vec<MeetingUuid>> {
    let names = read.found.sitting.parts.iter().map(|part| part.conference.name.as_str());
    let uuids: Option<Vec<MeetingUuid>> = names.map(MeetingUuid::of_conference).collect();
    uuids.filter(|uuids| !uuids.is_empty()).ok_or_else(too_long)
}

fn too_long() -> anyhow::Error {
    anyhow::anyhow!("the name of a record is too long")
}

/// The recording of any part, as the archive knows it, and its folder.
async fn archived(
    store: &Store,
    parts: &[MeetingUuid],
    folder: Option<&str>,
) -> anyhow::Result<Option<(Recording, String)>> {
    for uuid in parts {
        if let Some(known) = place::archived(store, uuid, folder).await? {
            return Ok(Some(known));
        }
    }
    Ok(None)
}

/// The record by which the file is remembered: the one for which there is a file, else the archived one. So it is the
/// same file whatever part somebody names, and whenever the recording was archived.
async fn key(store: &Store, parts: &[MeetingUuid], recording: &Recording) -> anyhow::Result<MeetingUuid> {
    for uuid in parts {
        let known = store.attendance_sheet(uuid.as_str()).await?;
        if known.is_some_and(|known| known.file.is_some()) {
            return Ok(uuid.clone());
        }
    }
    Ok(recording.uuid.clone())
}

fn folder(args: &Args, settings: &MeetWriting) -> Result<String, CliError> {
    let known = args.folder.as_ref().or(Some(&settings.google.folder_id)).filter(|id| !id.is_empty());
    let missing = "its recording is not archived: name a folder with --folder, or set DRIVE_FOLDER_ID";
    known.cloned().ok_or_else(|| CliError::Usage(missing.to_owned()))
}

fn facts(read: &ReadMeeting, recording: &Recording) -> Facts {
    Facts {
        topic: recording.topic.clone(),
        number: recording.meeting_id.clone(),
        uuid: read.record().to_string(),
        host: recording.host_email.clone(),
        source: SOURCE.to_owned(),
        remarks: read.notes.clone(),
    }
}

/// A meeting whose recording is not archived. Whoever may read the folder need not be invited to a private entry.
fn unrecorded(read: &ReadMeeting) -> Option<Recording> {
    let is_private =
        read.attended.event.as_ref().is_none_or(|event| event.is_private || event.title.is_empty());
    let facts = ConferenceFacts {
        code: read.attended.code.clone(),
        title: if is_private { String::new() } else { read.topic.clone() },
        organiser: read.organizer.clone(),
        seen_by: Vec::new(),
    };
    Recording::of_conference(&read.found.sitting.parts[0].conference, &facts, Vec::new())
}
