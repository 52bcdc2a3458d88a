//! Participants' addresses during a whole run of the compiled program: they are in the file, if they are wanted, and
//! nowhere else.

use std::path::Path;

use serde_json::Value;
use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::zoom::{Attendee, Meeting};

use super::sheet::{UUID, class};
use crate::support::program::Program;
use crate::support::world::World;

/// A domain that nothing but participants and the roster uses.
const DOMAIN: &str = "people.example";

/// Addresses where they belong, and where people write them too: in names and ids.
const ROSTER: &str = "name,email,id,aliases\n\
    Borys Lysenko,borys@people.example,7,\n\
    Olena,olena@people.example;o@people.example,olena.id@people.example,olena2@people.example\n\
    petro@people.example,,,\n";

/// A roster that is refused: its head is a person, or its people are there twice.
const BAD_ROSTERS: [&str; 4] = [
    "Borys Lysenko,borys@people.example\n",
    "name,email\nBorys,borys@people.example\nOlena,borys@people.example\n",
    "name,id\nBorys,borys@people.example\nOlena,borys@people.example\n",
    "name,email\nBorys Lysenko,borys of borys@people.example\n",
];

/// The rules name the roster; its faults are logged when it changes.
const RULES: &str = "[[where]]\ntopics = ['*']\nroster = 'class.csv'\n";

fn meeting() -> Meeting {
    let there =
        |name, email| Attendee::new(name, email).during("2026-03-01T18:30:00Z", "2026-03-01T19:30:00Z");
    let mut meeting = class(UUID);
    meeting.attendance = vec![
        there("Ann Host", "ann.host@people.example"),
        there("Borys Lysenko", "Borys@People.example"),
        there("B. L.", "borys@people.example"),
        there("galyna@people.example", ""),
        there("Ivan <ivan@people.example>", "ivan@people.example"),
        there("oksana\u{ff20}people.example", ""),
    ];
    meeting
}

/// A text of the run, and the place where people find it.
type Found = (String, String);

/// Archives the meeting with every log line there is. Returns all that is left of it.
async fn run(form: &str, emails: &str) -> Vec<Found> {
    let settings =
        [("LOG", "trace"), ("ATTENDANCE", form), ("ATTENDANCE_EMAILS", emails), ("AFTER_ARCHIVE", "keep")];
    let mut world = World::with(&settings).await;
    let roster = world.folder.path().join("class.csv");
    std::fs::write(&roster, ROSTER).unwrap();
    let rules = world.folder.path().join("rules.toml");
    std::fs::write(&rules, RULES).unwrap();
    world.settings.insert("RULES_FILE".to_owned(), rules.display().to_string());
    world.sandbox.zoom.add(meeting());

    let program = Program::serve(&world).await;
    world.deliver_to(&program, UUID).await;
    world.all_finished(&program, &[UUID]).await;
    let mut found = on_drive(&world);
    for path in ["/metrics", "/admin/jobs", "/admin/jobs/1", "/admin/audit", "/admin/status"] {
        found.push((path.to_owned(), fetched(&world, &program, path).await));
    }
    found.extend(in_folder(world.folder.path()));
    for arguments in [&["jobs", "show", "1", "--json"][..], &["jobs", "list"], &["links"]] {
        let mut command = Program::spawn(&world, arguments, &[]);
        command.ended().await;
        found.push((arguments.join(" "), command.text()));
    }
    for bad in BAD_ROSTERS {
        let lines = program.lines();
        std::fs::write(&roster, bad).unwrap();
        program.signal("HUP");
        let refused = || program.text().lines().skip(lines).any(|line| line.contains("cannot be used"));
        assert!(program.wait_until(refused).await, "{bad}: {}", program.text());
    }
    program.terminate();
    let mut program = program;
    assert_eq!(program.ended().await.code(), Some(0));
    found.push(("log".to_owned(), program.text()));
    found.extend(in_folder(world.folder.path()));
    world.assert_archived(&[UUID]);
    assert!(world.sandbox.transcript.count(Route::ZoomReport) > 0);
    found
}

/// What is on Drive: all that is known of each file, and the content of those that the program has written.
fn on_drive(world: &World) -> Vec<Found> {
    let google = &world.sandbox.google;
    let text = |id: &str| String::from_utf8(google.content_of(id).unwrap()).unwrap();
    let mut found =
        vec![("Drive's list".to_owned(), format!("{:#?} {:#?}", google.files(), google.folders()))];
    for file in world.meeting_files().values() {
        found.push(("meeting.json".to_owned(), text(&file.id)));
    }
    for file in world.attendance_files().values() {
        let Some(book) = google.spreadsheet(&file.id) else {
            found.push(("attendance".to_owned(), text(&file.id)));
            continue;
        };
        for tab in &book.tabs {
            let cells: Vec<String> = tab.table().iter().flatten().map(Value::to_string).collect();
            found.push((format!("attendance, {}", tab.title), cells.join("\n")));
        }
    }
    found
}

async fn fetched(world: &World, program: &Program, path: &str) -> String {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let request = client.get(format!("{}{path}", program.url)).bearer_auth(&world.settings["ADMIN_TOKEN"]);
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.text().await.unwrap()
}

/// The files of the program: its database and what belongs to it.
fn in_folder(folder: &Path) -> Vec<Found> {
    let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    let ours = files.filter(|path| path.is_file() && !path.ends_with("class.csv"));
    let text = |path: &Path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    ours.map(|path| (path.file_name().unwrap().display().to_string(), text(&path))).collect()
}

/// The places of a text.
fn places<'f>(found: &'f [Found], sought: &str) -> Vec<&'f str> {
    let has_it = |(_, text): &&Found| text.to_lowercase().contains(sought);
    found.iter().filter(has_it).map(|(place, _)| place.as_str()).collect()
}

/// The search looked at what it should look at.
fn assert_searched(found: &[Found]) {
    for (place, word) in [
        ("log", "TRACE"),
        ("log", "wrote the attendance"),
        ("zoom2drive.db", "SQLite format 3"),
        ("meeting.json", "attendance"),
        ("jobs show 1 --json", "Rehearsal"),
        ("/admin/jobs/1", "Rehearsal"),
        ("/metrics", "zoom2drive_attendance_total{result=\"written\"} 1"),
    ] {
        let is_there = found.iter().any(|(name, text)| name == place && text.contains(word));
        assert!(is_there, "no {word:?} in {place}");
    }
    // Names are in the file, and nowhere else.
    let named = places(found, "lysenko");
    assert!(!named.is_empty() && named.iter().all(|place| place.starts_with("attendance")), "{named:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_that_are_not_wanted_are_nowhere() {
    for form in ["sheet", "csv"] {
        let found = run(form, "no").await;
        assert_searched(&found);
        assert_eq!(places(&found, DOMAIN), Vec::<&str>::new(), "{form}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn addresses_that_are_wanted_are_in_the_file_only() {
    let found = run("sheet", "yes").await;
    assert_searched(&found);
    assert_eq!(places(&found, DOMAIN), ["attendance, Attendance", "attendance, Joins"]);
    let found = run("csv", "yes").await;
    assert_searched(&found);
    assert_eq!(places(&found, DOMAIN), ["attendance"]);
}
