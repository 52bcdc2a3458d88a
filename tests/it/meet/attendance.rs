//! Who was in a meeting of Google Meet: the same rows and the same sheet as for Zoom, complete or not at all.

mod beside;
mod calendar;
mod choice;
mod failures;
mod golden;
mod write;

use clap::Parser;
use jiff::Timestamp;
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::google::{Conference, Participant, Spreadsheet, User};

use crate::support::world::World;

const EWA: &str = "ewa@example.pl";
const JAN: &str = "jan@example.pl";
const CODE: &str = "abc-mnop-xyz";

/// A company of two, and an administrator whom the directory answers.
struct Stage {
    world: World,
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
        Self::with(&[]).await
    }

    /// With these settings. There are none of Zoom.
    async fn with(settings: &[(&str, &str)]) -> Self {
        let mut stage = Self::serving(settings).await;
        stage.world.settings.retain(|name, _| !name.starts_with("ZOOM_"));
        stage
    }

    /// With all settings of the service.
    async fn serving(settings: &[(&str, &str)]) -> Self {
        let all: Vec<(&str, &str)> =
            [("TIMEZONE", "Europe/Warsaw")].iter().chain(settings).copied().collect();
        let mut world = World::with(&all).await;
        let google = &world.sandbox.google;
        world.settings.insert("GOOGLE_ADMIN_SUBJECT".to_owned(), google.owner_email().to_owned());
        google.set_meet_now(at("2026-03-03T00:00:00Z"));
        google.add_user(User::new(EWA, "Ewa Nowak").id("1111"));
        google.add_user(User::new(JAN, "Jan Kowalski").id("3333"));
        Self { world }
    }

    fn add(&self, conference: Conference) -> String {
        self.world.sandbox.google.add_conference(conference)
    }

    async fn run(&self, arguments: &[&str]) -> Done {
        self.command("attendance", arguments).await
    }

    /// Another command about Meet.
    async fn command(&self, action: &str, arguments: &[&str]) -> Done {
        let cli = match Cli::try_parse_from(["zoom2drive", "meet", action].iter().chain(arguments)) {
            Ok(cli) => cli,
            Err(error) => {
                let code = error.exit_code().try_into().unwrap();
                return Done { code, out: String::new(), error: error.to_string() };
            }
        };
        let mut reader = Reader::from_pairs(self.world.settings.clone());
        let mut out = Vec::new();
        let (code, error) = match cli::run(&cli.command, &mut reader, &mut out).await {
            Ok(code) => (code, String::new()),
            Err(error) => (cli::exit_code(&error), cli::describe(&error)),
        };
        let code = (0..=2).find(|number| std::process::ExitCode::from(*number) == code).unwrap();
        Done { code, out: String::from_utf8(out).unwrap(), error }
    }

    /// A command of Ewa's that must succeed.
    async fn good(&self, arguments: &[&str]) -> String {
        let done = self.run(&[arguments, &["--user", EWA]].concat()).await;
        assert_eq!(done.code, 0, "{arguments:?}: {done:?}\n{}", self.world.calls());
        done.out
    }

    /// A command of Ewa's that must fail with this code and print nothing but its error.
    async fn bad(&self, arguments: &[&str], code: u8) -> String {
        let done = self.run(&[arguments, &["--user", EWA]].concat()).await;
        assert_eq!((done.code, done.out.as_str()), (code, ""), "{arguments:?}: {done:?}");
        done.error
    }

    /// The only sheet.
    fn sheet(&self) -> (String, Spreadsheet) {
        let files: Vec<_> = self.world.attendance_files().into_values().collect();
        assert_eq!(files.len(), 1, "{files:#?}");
        (files[0].id.clone(), self.world.sandbox.google.spreadsheet(&files[0].id).unwrap())
    }

    /// Calls of Meet whose subject contains this fail for good.
    fn fail(&self, subject: &str, answer: Canned) {
        let (subject, fault) = (subject.to_owned(), Fault::Answer(answer));
        self.world.sandbox.faults.add(Rule { route: Route::Meet, subject, skip: 0, times: 100, fault });
    }

    /// Nothing was asked that Google would not accept.
    fn assert_good(&self) {
        assert_eq!(self.world.sandbox.transcript.violations(), Vec::<String>::new());
    }
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

/// A time on 2 March 2026.
fn on(text: &str) -> Timestamp {
    at(&format!("2026-03-02T{text}Z"))
}

/// An hour in Ewa's room, of nobody yet.
fn hour(id: &str) -> Conference {
    Conference::new(EWA, CODE, on("18:00:00")).id(id).space("A").ended(on("19:00:00"))
}

/// The hour with Ewa and a guest.
fn two_people(id: &str) -> Conference {
    hour(id)
        .participant(Participant::user(EWA, "Ewa Nowak").session(on("18:00:00"), on("19:00:00")))
        .participant(Participant::anonymous("Gosc").session(on("18:10:00"), on("18:40:00")))
}
