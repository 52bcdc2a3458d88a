//! The sandbox's Zoom and Google, told what to do while they run: for the tests in a browser.
//!
//! `sandbox_control FOLDER` writes `environment` (the service's settings, a line each) to the folder and prints
//! `ready`. Then it reads orders, a JSON object per line, and answers each with a line of JSON: see [`Order`]. It ends
//! with its standard input: with 1 if a rule was broken.

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use zoom2drive::sandbox::Sandbox;
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};

const MIB: u64 = 1024 * 1024;

type Failure = Box<dyn std::error::Error>;

/// What can be asked for.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    /// A recording with a video of `mib` MiB, a chat and an audio track. The answer is Zoom's event.
    Record {
        uuid: String,
        topic: String,
        host: String,
        start: String,
        mib: u64,
        /// The day on which Zoom deletes it.
        deleted_on: Option<String>,
    },
    /// Zoom waits after each 64 KiB of the files of recordings whose uuid contains this text.
    SlowMedia { of: String, millis: u64 },
    /// Google refuses this number of uploads.
    RefuseUploads { reason: String, message: String, times: u32 },
    /// All is well again.
    Clear,
    /// What Drive holds, and which rules were broken.
    Report,
}

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder] = words.as_slice() else {
        eprintln!("usage: sandbox_control FOLDER");
        return Ok(ExitCode::from(2));
    };
    let sandbox = Sandbox::start().await?;
    let folder = Path::new(folder);
    let lines = sandbox.environment(folder)?.into_iter().map(|(name, value)| format!("{name}={value}\n"));
    std::fs::write(folder.join("environment"), lines.collect::<String>())?;
    say("ready")?;
    let sandbox = tokio::task::spawn_blocking(move || {
        for line in std::io::stdin().lock().lines() {
            let order = serde_json::from_str(&line.map_err(|error| error.to_string())?)
                .map_err(|error| error.to_string())?;
            let answer = obey(&sandbox, order);
            say(&answer.to_string()).map_err(|error| error.to_string())?;
        }
        Ok::<Sandbox, String>(sandbox)
    })
    .await??;
    let violations = sandbox.transcript.violations();
    for violation in &violations {
        eprintln!("{violation:?}");
    }
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn obey(sandbox: &Sandbox, order: Order) -> Value {
    match order {
        Order::Record { uuid, topic, host, start, mib, deleted_on } => {
            let (video, audio, chat) = (format!("{uuid}-v"), format!("{uuid}-a"), format!("{uuid}-c"));
            let mut meeting = Meeting::new(&uuid, topic)
                .host(&host)
                .start(&start)
                .file(File::mp4(&video, mib * MIB + 1))
                .file(File::m4a(&audio, MIB / 8))
                .file(File::chat(&chat, 321));
            meeting.auto_delete_date = deleted_on;
            sandbox.zoom.add(meeting);
            let event = sandbox.zoom.event(&uuid, "recording.completed");
            json!({"event": String::from_utf8_lossy(&event)})
        }
        Order::SlowMedia { of, millis } => {
            add(sandbox, Route::ZoomMedia, of, u32::MAX, Fault::MediaSlow(Duration::from_millis(millis)))
        }
        Order::RefuseUploads { reason, message, times } => {
            let answer = Canned::google(403, &reason, &message);
            add(sandbox, Route::UploadStart, String::new(), times, Fault::Answer(answer))
        }
        Order::Clear => {
            sandbox.faults.clear();
            json!({})
        }
        Order::Report => {
            let names = sandbox.google.files().into_iter().filter(|file| !file.trashed).map(|file| file.name);
            let violations = sandbox.transcript.violations();
            json!({"files": names.collect::<Vec<_>>(), "violations": violations})
        }
    }
}

fn add(sandbox: &Sandbox, route: Route, subject: String, times: u32, fault: Fault) -> Value {
    sandbox.faults.add(Rule { route, subject, skip: 0, times, fault });
    json!({})
}

/// One line, at once: who reads it waits for it.
fn say(line: &str) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}")?;
    out.flush()
}
