//! Serves the sandbox's Google to clients that others wrote.
//!
//! Prints one line of JSON (`url`, folders, keys), serves until its standard input is closed, then prints
//! what went on as JSON. It ends with 1 if a rule was broken. `--lenient` forgives what Google tolerates;
//! `--faults` answers 503 to the third chunk, and keeps half of the fifth, of every file whose name
//! contains `faults`.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tokio_util::sync::CancellationToken;
use zoom2drive::sandbox::faults::{Canned, Fault, Faults, Route, Rule};
use zoom2drive::sandbox::google::{Artifact, Conference, Event, Google, Participant, User};
use zoom2drive::sandbox::transcript::Transcript;

/// An ordinary user of the Workspace.
const USER: &str = "ewa@theatre.example";

type Failure = Box<dyn std::error::Error>;

#[tokio::main]
async fn main() -> Result<ExitCode, Failure> {
    let options: Vec<String> = std::env::args().skip(1).collect();
    let (faults, transcript) = (Arc::new(Faults::default()), Arc::new(Transcript::default()));
    let google = Google::start(faults.clone(), transcript.clone(), CancellationToken::new()).await?;
    for option in &options {
        match option.as_str() {
            "--lenient" => google.be_lenient(),
            "--faults" => misbehave(&faults),
            other => {
                eprintln!("unknown option {other}");
                return Ok(ExitCode::from(2));
            }
        }
    }
    found_company(&google)?;
    let card = json!({
        "url": google.url(),
        "admin": google.owner_email(),
        "user": USER,
        "root_folder": google.root_folder(),
        "my_drive_folder": google.my_drive_folder(),
        "shared_drive": google.shared_drive(),
        "service_account_key": google.service_account_key(),
        "authorized_user": google.authorized_user(),
    });
    say(&card)?;
    tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new())).await??;
    let calls: Vec<String> = transcript.calls().iter().map(ToString::to_string).collect();
    let files: Vec<_> = google
        .files()
        .into_iter()
        .filter(|file| google.original_content(&file.id).is_none())
        .map(|file| {
            json!({"path": google.path_of(&file.id), "size": file.size, "sha256": file.sha256,
                "trashed": file.trashed})
        })
        .collect();
    let violations = transcript.violations();
    say(&json!({"violations": violations, "files": files, "calls": calls}))?;
    Ok(if violations.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A user with a conference of an hour ago, its files, and a weekly event. The first page of each list is empty.
fn found_company(google: &Google) -> Result<(), Failure> {
    google.add_user(User::new(USER, "Ewa Nowak"));
    google.add_user(User::new("old@theatre.example", "Old Hand").suspended());
    let start = Timestamp::now() - SignedDuration::from_hours(1);
    let after = |minutes| start + SignedDuration::from_mins(minutes);
    let ewa = Participant::user(USER, "Ewa Nowak").session(start, after(10)).session(after(20), after(30));
    let conference = Conference::new(USER, "abc-mnop-xyz", start).ended(after(30)).participant(ewa);
    let conference = conference
        .participant(Participant::anonymous("Guest").session(after(5), after(30)))
        .artifact(Artifact::recording("Rehearsal.mp4", 1_000_000))
        .artifact(Artifact::notes("Rehearsal (notes)", "All is well.\n"));
    google.add_conference(conference);
    let (from, to) = ("2026-01-05T09:00:00Z".parse()?, "2026-01-05T10:00:00Z".parse()?);
    google.add_event(Event::new(USER, "Rehearsal", from, to).meet("abc-mnop-xyz").every(7, 10));
    google.set_empty_pages(true);
    Ok(())
}

fn misbehave(faults: &Faults) {
    let subject = "faults".to_owned();
    let error = Fault::Answer(Canned::google(503, "backendError", "Backend Error"));
    for (skip, fault) in [(2, error), (3, Fault::KeepOnly(128 * 1024))] {
        let rule = Rule { route: Route::UploadChunk, subject: subject.clone(), skip, times: 1, fault };
        faults.add(rule);
    }
}

/// One line, at once: who reads it waits for it.
fn say(value: &serde_json::Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()
}
