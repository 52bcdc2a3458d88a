//! The demo's meeting at Google Meet: `meet bring` archives it beside Zoom's, and its originals stay as they are.

use std::collections::BTreeMap;
use std::io::{self, Write};

use anyhow::ensure;
use jiff::{SignedDuration, Timestamp};

use super::script::Scale;
use crate::cli::meet::{self, Action, Args, BringArgs, ScopeArgs, WhoArgs};
use crate::cli::table::plain;
use crate::config::Reader;
use crate::jobs::amounts::data_size;
use crate::sandbox::Sandbox;
use crate::sandbox::google::{Artifact, Conference, DriveFile, Event, User};

/// Whose meeting it was.
const HOST: &str = "ewa@theatre.example";

/// The code of its room.
const CODE: &str = "abc-mnop-xyz";

/// The name of the conference.
const NAME: &str = "conferenceRecords/demo-standup";

/// A copy of one of Meet's files.
#[derive(Debug, Clone)]
pub(super) struct MeetCopy {
    /// Folders and name.
    pub path: String,
    pub size: u64,
    /// True for a video whose size and SHA-256 are those of the original; an export has no checksum to compare.
    pub is_equal: bool,
    pub is_export: bool,
}

/// What is in Drive of the conference.
#[derive(Debug, Clone, Default)]
pub(super) struct Brought {
    pub copies: Vec<MeetCopy>,
    /// Paths of everything that belongs to it: copies, originals and `meeting.json`.
    pub paths: Vec<String>,
    /// Number of originals that are still where Meet has put them.
    pub originals: usize,
}

/// Lets a conference end a day and a half ago, with a recording and a transcript.
pub(super) fn hold(sandbox: &Sandbox, scale: Scale) {
    sandbox.google.add_user(User::new(HOST, "Ewa Nowak"));
    let start = Timestamp::now().saturating_add(SignedDuration::from_hours(-36)).unwrap_or_default();
    let end = start.saturating_add(SignedDuration::from_mins(20)).unwrap_or(start);
    sandbox.google.add_event(Event::new(HOST, "Stand-up", start, end).meet(CODE));
    let video = Artifact::recording("Stand-up.mp4", scale.small());
    let transcript = Artifact::transcript("Stand-up (transcript)", "Ewa: good morning\n");
    let conference = Conference::new(HOST, CODE, start).id("demo-standup").ended(end);
    sandbox.google.add_conference(conference.artifact(video).artifact(transcript));
}

/// Runs `zoom2drive meet bring`.
///
/// # Errors
/// When it fails.
pub(super) async fn bring(settings: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let who = WhoArgs { user: vec![HOST.to_owned()], all_users: false };
    let scope = ScopeArgs { who, ..ScopeArgs::default() };
    let args = Args { action: Action::Bring(BringArgs { scope, ..BringArgs::default() }) };
    let mut out = Vec::new();
    let code = meet::run(&args, &mut Reader::from_pairs(settings.clone()), &mut out).await?;
    let text = String::from_utf8_lossy(&out).into_owned();
    ensure!(code == std::process::ExitCode::SUCCESS, "meet bring: {text}");
    Ok(text.lines().last().unwrap_or_default().to_owned())
}

/// Collects what is in Drive.
pub(super) fn brought(sandbox: &Sandbox) -> Brought {
    let google = &sandbox.google;
    let files: Vec<DriveFile> = google.files().into_iter().filter(|file| !file.trashed).collect();
    let ids = google.original_files(NAME);
    let originals: Vec<&DriveFile> = files.iter().filter(|file| ids.contains(&file.id)).collect();
    let property = |file: &DriveFile, name: &str| file.app_properties.get(name).cloned().unwrap_or_default();
    let own: Vec<&DriveFile> = files.iter().filter(|file| property(file, "zoomMeeting") == NAME).collect();
    let copies = own.iter().filter_map(|copy| {
        let source = property(copy, "zoom2driveSource");
        let original = originals.iter().find(|original| original.id == source)?;
        Some(MeetCopy {
            path: google.path_of(&copy.id),
            size: copy.size,
            is_equal: copy.size == original.size && copy.sha256 == original.sha256,
            is_export: original.mime_type != "video/mp4",
        })
    });
    Brought {
        copies: copies.collect(),
        paths: own.iter().chain(&originals).map(|file| google.path_of(&file.id)).collect(),
        originals: originals.len(),
    }
}

/// What is wrong; empty if both files are there once and the originals as well.
pub(super) fn judge(brought: &Brought) -> Vec<String> {
    let mut broken = Vec::new();
    let count = |is_export| brought.copies.iter().filter(|copy| copy.is_export == is_export).count();
    if (count(false), count(true)) != (1, 1) {
        broken.push(format!(
            "the meeting at Meet: expected a video and a document, found {:?}",
            brought.copies
        ));
    }
    if brought.copies.iter().any(|copy| !copy.is_export && !copy.is_equal) {
        broken.push("the meeting at Meet: the copy of the video differs".to_owned());
    }
    if brought.originals != 2 {
        broken.push(format!("the meeting at Meet: {} of 2 originals are left", brought.originals));
    }
    broken
}

/// Prints the copies.
pub(super) fn write(out: &mut dyn Write, brought: &Brought) -> io::Result<()> {
    writeln!(out, "\nFrom Google Meet (✓ where size and SHA-256 equal the original's; it is only read)")?;
    for copy in &brought.copies {
        let (mark, note) = match (copy.is_export, copy.is_equal) {
            (true, _) => (' ', "  exported; nothing to prove it by"),
            (false, true) => ('✓', ""),
            (false, false) => ('✗', ""),
        };
        writeln!(out, "    {mark} {:>10}  {}{note}", data_size(copy.size), plain(&copy.path))?;
    }
    Ok(())
}
