//! Who was at a meeting is told completely or not at all, and nobody's address goes where it is not wanted.
//! It stands beside the recording, once, and the archive never waits for it.

mod forms;
mod input;
mod privacy;
mod reading;
mod refusals;
mod series;
mod series_write;
pub mod sheet;
mod sheet_crash;
mod sheet_refused;
mod whole_run;
mod write;

use clap::Parser;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;
use zoom2drive::sandbox::Sandbox;
use zoom2drive::sandbox::zoom::{Attendee, Meeting};

/// A uuid with everything that goes wrong in a path.
const UUID: &str = "/UE+cApLTmOc6HZxOLFclQ==";
const NUMBER: u64 = 85_746_065_432;

/// A sandbox, and the settings that these commands need: Zoom's only.
struct Stage {
    sandbox: Sandbox,
    settings: Vec<(String, String)>,
}

/// What a command did.
#[derive(Debug)]
struct Done {
    code: u8,
    /// Standard output.
    out: String,
    /// What `main` prints of the error.
    error: String,
}

impl Stage {
    async fn new() -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut settings = sandbox.environment(folder.path()).unwrap();
        settings.retain(|(name, _)| name.starts_with("ZOOM_") && name != "ZOOM_WEBHOOK_SECRET_TOKEN");
        for (name, value) in [("ZOOM_PLAN", "business"), ("TIMEZONE", "Europe/Kyiv")] {
            settings.push((name.to_owned(), value.to_owned()));
        }
        Self { sandbox, settings }
    }

    /// With one meeting.
    async fn with(meeting: Meeting) -> Self {
        let stage = Self::new().await;
        stage.sandbox.zoom.add(meeting);
        stage
    }

    fn set(&mut self, name: &str, value: &str) {
        self.settings.push((name.to_owned(), value.to_owned()));
    }

    async fn run(&self, arguments: &[&str]) -> Done {
        let cli = match Cli::try_parse_from(["zoom2drive", "attendance"].iter().chain(arguments)) {
            Ok(cli) => cli,
            Err(error) => {
                let code = error.exit_code().try_into().unwrap();
                return Done { code, out: String::new(), error: error.to_string() };
            }
        };
        let mut reader = Reader::from_pairs(self.settings.iter().cloned());
        let mut out = Vec::new();
        let (code, error) = match cli::run(&cli.command, &mut reader, &mut out).await {
            Ok(code) => (code, String::new()),
            Err(error) => (cli::exit_code(&error), cli::describe(&error)),
        };
        let code = (0..=2).find(|number| std::process::ExitCode::from(*number) == code).unwrap();
        Done { code, out: String::from_utf8(out).unwrap(), error }
    }

    /// A command that must succeed.
    async fn good(&self, arguments: &[&str]) -> String {
        let done = self.run(arguments).await;
        assert_eq!(done.code, 0, "{arguments:?}: {done:?}");
        done.out
    }

    /// A command that must fail with this code and print nothing but its error.
    async fn bad(&self, arguments: &[&str], code: u8) -> String {
        let done = self.run(arguments).await;
        assert_eq!((done.code, done.out.as_str()), (code, ""), "{arguments:?}: {done:?}");
        done.error
    }

    /// Nothing was asked that Zoom would not accept.
    fn assert_good(&self) {
        assert_eq!(self.sandbox.transcript.violations(), Vec::<String>::new());
    }
}

/// An hour on 2 March 2026, of nobody yet.
fn hour(uuid: &str) -> Meeting {
    let mut meeting = Meeting::new(uuid, "Bible study").start("2026-03-02T18:00:00Z");
    meeting.id = NUMBER;
    meeting.attendance.clear();
    meeting
}

/// The hour with two people.
fn two_people() -> Meeting {
    hour(UUID)
        .attendee(Attendee::new("Anna Koval", "anna@example.org"))
        .attendee(Attendee::new("Borys", "").during("2026-03-02T18:10:00Z", "2026-03-02T18:40:00Z"))
}

/// 612 people, of whom each comes a second later than the one before.
fn crowd() -> Meeting {
    let mut meeting = hour(UUID);
    for number in 1..=612_u32 {
        let join = format!("2026-03-02T18:{:02}:{:02}Z", number / 60, number % 60);
        let email = format!("p{number:03}@example.org");
        let person = Attendee::new(&format!("Person {number:03}"), &email);
        meeting = meeting.attendee(person.during(&join, "2026-03-02T19:00:00Z"));
    }
    meeting
}
