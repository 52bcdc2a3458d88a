//! The sandbox's Zoom and Google for a service that somebody else starts: in a container, behind a proxy.
//!
//! `sandbox FOLDER MEETINGS FILES MIB` records so many meetings with so many files of so many MiB each. It writes
//! `environment` (the service's settings, a line each), `event-1.json` and so on (bodies as Zoom would send
//! them) and `validation.json` to the folder, prints `ready`, and serves until its standard input is closed.
//! Then it writes `secrets` (every credential that was handed out) and prints what happened, as JSON. It ends
//! with 1 if a rule was broken, or if Drive does not hold what Zoom had.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::Path;
use std::process::ExitCode;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use zoom2drive::sandbox::Sandbox;
use zoom2drive::sandbox::google::{Artifact, Conference, Event, Participant, User};
use zoom2drive::sandbox::zoom::{File, Meeting, Standing};

const MIB: u64 = 1024 * 1024;
/// The organiser of the conference in Google Meet.
const ORGANISER: &str = "ewa@theatre.example";

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder, meetings, files, mib] = words.as_slice() else {
        eprintln!("usage: sandbox FOLDER MEETINGS FILES MIB");
        return Ok(ExitCode::from(2));
    };
    let (folder, meetings, files, mib) = (Path::new(folder), meetings.parse()?, files.parse()?, mib.parse()?);
    let sandbox = Sandbox::start().await?;
    meet(&sandbox);
    let uuids: Vec<String> = (1..=meetings).map(|number| record(&sandbox, number, files, mib)).collect();
    for (number, uuid) in (1..).zip(&uuids) {
        let event = sandbox.zoom.event(uuid, "recording.completed");
        std::fs::write(folder.join(format!("event-{number}.json")), event)?;
    }
    std::fs::write(folder.join("validation.json"), sandbox.zoom.validation_event("plain-token-of-zoom"))?;
    let lines = sandbox.environment(folder)?.into_iter().map(|(name, value)| format!("{name}={value}\n"));
    std::fs::write(folder.join("environment"), lines.collect::<String>())?;
    say("ready")?;

    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    let secrets = [sandbox.zoom.handed_out(), sandbox.google.handed_out()].concat();
    std::fs::write(folder.join("secrets"), secrets.join("\n"))?;
    report(&sandbox, &uuids)
}

/// A meeting, whose uuid is given back.
fn record(sandbox: &Sandbox, number: u64, files: u64, mib: u64) -> String {
    let uuid = format!("meeting+{number}/AAAAAAAAA==");
    let video = |file| File::mp4(&format!("video-{number}-{file}"), mib * MIB + number);
    let meeting = (1..=files).map(video).fold(Meeting::new(&uuid, format!("Act {number}")), Meeting::file);
    sandbox.zoom.add(meeting);
    uuid
}

/// A conference in Google Meet of an hour ago, with a recording of one MiB, for those who set `GOOGLE_SUBJECT` to its
/// organiser. It is in nobody's way: the program looks at it only when it is asked.
fn meet(sandbox: &Sandbox) {
    let google = &sandbox.google;
    google.add_user(User::new(ORGANISER, "Ewa Nowak"));
    let start = Timestamp::now() - SignedDuration::from_hours(1);
    let end = start + SignedDuration::from_mins(30);
    let conference = Conference::new(ORGANISER, "abc-mnop-xyz", start)
        .ended(end)
        .participant(Participant::user(ORGANISER, "Ewa Nowak").session(start, end))
        .participant(Participant::anonymous("Guest").session(start, end))
        .artifact(Artifact::recording("Act in Meet.mp4", MIB));
    google.add_conference(conference);
    google.add_event(Event::new(ORGANISER, "Act in Meet", start, end).meet("abc-mnop-xyz"));
}

/// Says what was archived, and holds it against what was recorded: digests are counted, wherever they lie.
fn report(sandbox: &Sandbox, uuids: &[String]) -> Result<ExitCode, Failure> {
    let (mut expected, mut stored) = (BTreeMap::<_, u32>::new(), BTreeMap::<_, u32>::new());
    let recordings: Vec<_> = uuids.iter().filter_map(|uuid| sandbox.zoom.recording(uuid)).collect();
    let trashed = recordings.iter().filter(|recording| recording.standing == Standing::Trashed);
    for recording in trashed.clone() {
        for file in &recording.files {
            *expected.entry(file.content.sha256()).or_default() += 1;
        }
    }
    let is_copy = |id: &str| sandbox.google.original_content(id).is_none();
    for file in sandbox.google.files().into_iter().filter(|file| !file.trashed && is_copy(&file.id)) {
        *stored.entry(file.sha256).or_default() += 1;
    }
    let lost = expected.iter().filter(|(digest, count)| stored.get(*digest) != Some(count)).count();
    let violations = sandbox.transcript.violations();
    let report = json!({"trashed": trashed.count(), "stored": stored.values().sum::<u32>(), "lost": lost,
        "violations": violations});
    say(&report.to_string())?;
    Ok(if lost == 0 && violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// One line, at once: who reads it waits for it.
fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
