//! `zoom2drive rules check|test`: checks the rules, and applies them to a sample recording. Makes no network calls,
//! and changes nothing.

mod explain;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;
use serde_json::json;

use super::table::plain;
use super::{with_store, write_json};
use crate::config::{self, ConfigError, Reader};
use crate::jobs::JobId;
use crate::recording::{MeetingKind, Recording, listing};
use crate::rules::Rules;
use crate::store::{Access, Store};
use explain::{DestinationExplained, Explanation, explain};

/// Default start of the sample recording, so that names show how dates look.
const SAMPLE_START: &str = "2026-11-22T19:30:00Z";

/// Default files of the sample recording: those of most recordings, with Zoom's view of each.
const SAMPLE_FILES: [&str; 6] = [
    "MP4:shared_screen_with_speaker_view",
    "M4A:audio_only",
    "M4A:audio_only_each_participant",
    "TRANSCRIPT:audio_transcript",
    "CHAT:chat_file",
    "TIMELINE:timeline",
];

/// Arguments of `rules`.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    pub action: Action,
    /// Read this file instead of the one in RULES_FILE
    #[arg(long, value_name = "PATH", global = true)]
    pub file: Option<PathBuf>,
    /// Print JSON
    #[arg(long, global = true)]
    pub json: bool,
}

/// Subcommands of `rules`.
#[derive(Debug, Subcommand)]
pub enum Action {
    /// Check the rules, and print every fault in them
    #[command(after_help = "Examples:
  zoom2drive rules check
  zoom2drive rules check --file new-rules.toml

Exit codes: 0 the rules are good, 2 they are not, or there are none.")]
    Check,
    /// Print the result for a recording: archived or skipped, by which rule, and the name of each file
    #[command(after_help = "Examples:
  zoom2drive rules test --host ann@example.org --topic \"[REC] Act 1\"
  zoom2drive rules test --host ann@example.org --topic Talk --duration-minutes 3 --file-type MP4 --file-type CHAT
  zoom2drive rules test --job 12 --file new-rules.toml

Exit codes: 0 it was said, also when the recording is skipped; 1 something failed; 2 usage or settings.")]
    Test(RecordingArg),
}

/// The sample recording.
#[derive(Debug, clap::Args)]
pub struct RecordingArg {
    /// The host's email address
    #[arg(long, required_unless_present = "job")]
    pub host: Option<String>,
    /// The meeting's topic
    #[arg(long, default_value = "")]
    pub topic: String,
    /// The number of the meeting
    #[arg(long, default_value = "")]
    pub meeting_id: String,
    /// The recording's duration; without it, no rule about durations skips the recording
    #[arg(long)]
    pub duration_minutes: Option<u64>,
    /// meeting, webinar or upload
    #[arg(long, default_value = "meeting", value_parser = kind)]
    pub meeting_type: MeetingKind,
    /// The start, as 2026-11-22T19:30:00Z
    #[arg(long, default_value = SAMPLE_START)]
    pub start: jiff::Timestamp,
    /// A file of the recording: MP4, or with its view MP4:gallery_view. May be given several times; without it, the
    /// files that most recordings have
    #[arg(long, value_name = "TYPE[:VIEW]")]
    pub file_type: Vec<String>,
    /// Use the recording of a stored job instead, as Zoom last described it
    #[arg(
        long,
        value_name = "ID",
        conflicts_with_all = ["host", "topic", "meeting_id", "duration_minutes", "meeting_type", "start", "file_type"]
    )]
    pub job: Option<i64>,
}

fn kind(name: &str) -> Result<MeetingKind, String> {
    let expected = || format!("expected one of: {}", MeetingKind::ALL.map(MeetingKind::name).join(", "));
    MeetingKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(expected)
}

/// Runs one subcommand.
///
/// # Errors
/// When rules or settings have faults, or there is no such job.
pub async fn run(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    match &args.action {
        Action::Check => check(args, reader, out),
        Action::Test(asked) => {
            let in_use = config::read_rules(reader, args.file.as_deref())?;
            let explanation = match asked.job {
                Some(id) => {
                    let reading = async |store: &Store, _: &mut Reader| {
                        Ok((store.job(JobId(id)).await?, store.files(JobId(id)).await?))
                    };
                    let (job, files) = with_store(reader, Access::Read, reading).await?;
                    explain(&in_use, &job.recording, &files, Some(id))
                }
                None => explain(&in_use, &recording(asked)?, &[], None),
            };
            if args.json {
                write_json(out, &explanation)?
            } else {
                write_explanation(out, &explanation)?
            }
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Output of `rules check --json`.
#[derive(Debug, Serialize)]
struct Checked {
    file: String,
    good: bool,
    /// Each with its file and line, in the order of lines.
    faults: Vec<String>,
    /// The effect of valid rules with the current settings.
    #[serde(skip_serializing_if = "Option::is_none")]
    sharing: Option<&'static str>,
}

/// The effect of the sharing rules. An address that only an event names never gets access.
fn sharing(rules: &Rules, can_ask_zoom: bool) -> Option<&'static str> {
    Some(match (rules.shares(), can_ask_zoom, rules.has_share_domains()) {
        (false, ..) => return None,
        (true, true, false) => "Hosts are given access by the address that Zoom's own API names.",
        (true, true, true) => {
            "Hosts are given access by the address that Zoom's own API names, if its domain is in share_domains."
        }
        (true, false, true) => {
            "Without ZOOM_* credentials only events name hosts: anyone who can sign an event can name any address in share_domains."
        }
        (true, false, false) => {
            "NOTHING IS SHARED: without ZOOM_* credentials only events name hosts, and share_domains does not say which \
             addresses may be given access."
        }
    })
}

fn check(args: &Args, reader: &mut Reader, out: &mut dyn Write) -> anyhow::Result<ExitCode> {
    let named = match &args.file {
        Some(file) => Some(file.clone()),
        None => reader.required("RULES_FILE").map(PathBuf::from),
    };
    reader.finish()?;
    let path = named.unwrap_or_default();
    let read = config::read_rules_file(&path);
    let can_ask_zoom = reader.text("ZOOM_ACCOUNT_ID").is_some();
    let sharing = read.as_ref().ok().and_then(|rules| sharing(rules, can_ask_zoom));
    let faults = read.err().unwrap_or_default();
    let file = path.display().to_string();
    let good = faults.is_empty();
    if args.json {
        let faults = faults.iter().map(|fault| format!("{} {}", fault.name, fault.what)).collect();
        write_json(out, &Checked { file, good, faults, sharing })?;
        return Ok(ExitCode::from(if good { 0 } else { 2 }));
    }
    ConfigError::if_any(faults)?;
    writeln!(out, "{} is good.", plain(&file))?;
    if let Some(sharing) = sharing {
        writeln!(out, "{sharing}")?;
    }
    Ok(ExitCode::SUCCESS)
}

/// The recording of the arguments, in the form that Zoom would list.
fn recording(asked: &RecordingArg) -> anyhow::Result<Recording> {
    let samples = SAMPLE_FILES.map(str::to_owned);
    let named = if asked.file_type.is_empty() { &samples[..] } else { &asked.file_type[..] };
    let file = |(number, text): (usize, &String)| {
        let (file_type, view) = text.split_once(':').unwrap_or((text, ""));
        json!({"id": number, "file_type": file_type, "recording_type": view, "recording_start": asked.start.to_string(),
            "download_url": "https://zoom.us/"})
    };
    let files: Vec<_> = named.iter().enumerate().map(file).collect();
    let mut recording = listing::read(&json!({"uuid": "test", "id": asked.meeting_id, "topic": asked.topic,
        "host_email": asked.host, "start_time": asked.start.to_string(), "duration": asked.duration_minutes,
        "recording_files": files}))?;
    recording.kind = Some(asked.meeting_type);
    Ok(recording)
}

fn write_explanation(out: &mut dyn Write, told: &Explanation) -> anyhow::Result<()> {
    match &told.rules_file {
        Some(file) => writeln!(out, "By the rules in {}:", plain(file))?,
        None => writeln!(out, "There is no RULES_FILE: everything is archived.")?,
    }
    if let Some(reason) = &told.reason {
        writeln!(out, "SKIPPED: {}", plain(reason))?;
    } else {
        let left_out = told.files.iter().filter(|file| file.reason.is_some()).count();
        let but = if left_out > 0 { format!(", except {left_out} file(s)") } else { String::new() };
        writeln!(out, "ARCHIVED{but}:")?;
    }
    if let Some(place) = &told.place {
        let rule = place.line.map(|line| format!(" (rules, line {line})")).unwrap_or_default();
        match &place.stays_in {
            Some(folder) => writeln!(out, "  folder    stays where its first files went: {}", plain(folder))?,
            None => {
                let root = place.root.as_deref().unwrap_or("DRIVE_FOLDER_ID");
                writeln!(out, "  root      {}{rule}", plain(root))?;
                writeln!(out, "  folder    {}", plain(&place.folder))?;
            }
        }
        if let Some(other) = &place.folder_if_taken {
            writeln!(out, "            or, if another host has that name: {}", plain(other))?;
        }
        write_attendance(out, place)?;
    }
    for file in &told.files {
        let kind = format!("{} {}", file.file_type, file.view);
        let (state, what) = match (&file.reason, file.is_on_drive) {
            (_, true) => ("on Drive", format!("{} (it stays)", file.name)),
            (Some(reason), false) => ("skipped", format!("{}: {reason}", kind.trim())),
            (None, false) => ("archived", file.name.clone()),
        };
        writeln!(out, "  {state:<10}{}", plain(&what))?;
    }
    if let Some(job) = told.job {
        writeln!(out, "`zoom2drive jobs retry {job}` plans it again, by the rules of the service.")?;
    }
    Ok(())
}

fn write_attendance(out: &mut dyn Write, place: &DestinationExplained) -> anyhow::Result<()> {
    if place.attendance.is_none() && place.expected.is_none() {
        return Ok(());
    }
    let form = place.attendance.unwrap_or("by ATTENDANCE");
    let expected = place.expected.map(|people| format!(", {people} expected")).unwrap_or_default();
    writeln!(out, "  attendance {form}{expected}")?;
    Ok(())
}
