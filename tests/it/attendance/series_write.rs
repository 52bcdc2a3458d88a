//! `attendance series --write`: one file for a number and its days, whatever happens.

use std::collections::BTreeMap;

use clap::Parser;
use serde_json::{Value, json};
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;
use zoom2drive::sandbox::faults::{Fault, Route, Rule};
use zoom2drive::sandbox::google::Content;
use zoom2drive::sandbox::zoom::{Attendee, Look};

use super::Done;
use super::series::{NUMBER, THIRD, cells, meetings};
use super::sheet::{FORMULA, only_sheet};
use crate::support::world::{LIMIT, World};

const MARCH: [&str; 5] = [NUMBER, "--since", "2026-03-01", "--until", "2026-03-31"];
const NAME: &str = "2026-03-01 to 2026-03-31 Bible study – attendance";

async fn world(settings: &[(&str, &str)]) -> World {
    let world = World::with(&[&[("TIMEZONE", "Europe/Kyiv")], settings].concat()).await;
    meetings().into_iter().for_each(|meeting| world.sandbox.zoom.add(meeting));
    world
}

/// Writes the series of March with the world's settings.
async fn run(world: &World, flags: &[&str]) -> Done {
    with(&world.settings, &[&MARCH[..], &["--write"], flags].concat()).await
}

async fn with(settings: &BTreeMap<String, String>, arguments: &[&str]) -> Done {
    let all = ["zoom2drive", "attendance", "series"].iter().chain(arguments);
    let cli = match Cli::try_parse_from(all) {
        Ok(cli) => cli,
        Err(error) => {
            let code = error.exit_code().try_into().unwrap();
            return Done { code, out: String::new(), error: error.to_string() };
        }
    };
    let (mut reader, mut out) = (Reader::from_pairs(settings.clone()), Vec::new());
    let (code, error) = match cli::run(&cli.command, &mut reader, &mut out).await {
        Ok(code) => (code, String::new()),
        Err(error) => (cli::exit_code(&error), cli::describe(&error)),
    };
    let code = (0..=2).find(|number| std::process::ExitCode::from(*number) == code).unwrap();
    Done { code, out: String::from_utf8(out).unwrap(), error }
}

async fn good(world: &World, flags: &[&str]) -> String {
    let done = run(world, flags).await;
    assert_eq!((done.code, done.error.as_str()), (0, ""), "{flags:?}: {done:?}\n{}", world.calls());
    done.out
}

fn link(id: &str) -> String {
    format!("https://docs.google.com/spreadsheets/d/{id}/edit")
}

fn fault(world: &World, route: Route, subject: &str, fault: Fault, times: u32) {
    world.sandbox.faults.add(Rule { route, subject: subject.to_owned(), skip: 0, times, fault });
}

fn assert_no_violation(world: &World) {
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn the_table_is_written_once_and_again_only_when_asked() {
    let world = world(&[]).await;
    world.sandbox.zoom.add_attendee(THIRD, Attendee::new(FORMULA, ""));
    let told: Value = serde_json::from_str(&good(&world, &["--json"]).await).unwrap();
    let (id, book) = only_sheet(&world);
    let first = json!({"link": link(&id), "number": 85_746_065_432_u64, "since": "2026-03-01",
        "until": "2026-03-31", "people": 3, "is_new": true, "has_changed": false});
    assert_eq!(told, first);
    assert_eq!(world.sandbox.google.path_of(&id), NAME);
    let [tab] = &book.tabs[..] else { panic!("{:?}", book.tabs.len()) };
    let head = ["Name", "E-mail", "Id", "Attended", "Of", "Share", "2026-03-02", "2026-03-09", "2026-03-16"];
    assert_eq!(
        (tab.title.as_str(), tab.frozen_rows, &tab.table()[0]),
        ("Series", 1, &head.map(Value::from).to_vec())
    );
    let anna = json!(["Anna Koval", "anna@example.org", "", 2, 3, 0.667, 60, "", 30]);
    let table = tab.table();
    assert!(table.contains(anna.as_array().unwrap()), "{table:?}");
    assert!(table.iter().any(|row| row[0] == FORMULA), "a formula stays a text: {table:?}");
    let bold = |row| tab.format(row, 8, "userEnteredFormat.textFormat.bold");
    assert_eq!((bold(0), bold(1)), (Some(&json!(true)), None));
    assert_eq!(tab.format(2, 5, "userEnteredFormat.numberFormat").unwrap()["pattern"], "0.0%");

    let mark = Content::Text("excused".to_owned());
    world.sandbox.google.edit_spreadsheet(&id, |book| {
        book.tabs[0].cells.insert((1, 7), mark);
    });
    assert_eq!(good(&world, &[]).await, format!("{}  was there\n3 there, 3 days\n", link(&id)));
    world.sandbox.zoom.add_attendee(THIRD, Attendee::new("Olena", ""));
    let said = good(&world, &[]).await;
    assert!(said.contains("was there") && said.contains("facts have changed"), "{said}");
    assert_eq!(only_sheet(&world).1.tabs[0].table()[1][7], "excused");
    let said = good(&world, &["--again"]).await;
    assert_eq!(said, format!("{}  written\n4 there, 3 days\n", link(&id)));
    let (again, book) = only_sheet(&world);
    assert_eq!((again, book.tabs[0].rows), (id.clone(), 5));
    assert_ne!(book.tabs[0].table()[1][7], "excused");
    assert_no_violation(&world);
}

#[tokio::test]
async fn a_lost_answer_and_a_refusal_anywhere_leave_one_file() {
    let calls = [
        (Route::DriveCreate, "attendance"),
        (Route::SheetsGet, ""),
        (Route::SheetsUpdate, ""),
        (Route::SheetsWrite, ""),
    ];
    for (route, subject) in calls {
        let world = world(&[]).await;
        fault(&world, route, subject, Fault::CutAfter, 1);
        good(&world, &[]).await;
        assert_eq!((world.sandbox.faults.left(), only_sheet(&world).1.tabs[0].rows), (0, 3), "{route:?}");
        assert_no_violation(&world);
    }
    // The command fails for good, or is killed while it waits; the next one goes on.
    for (route, subject) in calls {
        for is_killed in [false, true] {
            let world = world(&[]).await;
            let (what, times) = if is_killed { (Fault::Stall, 1) } else { (Fault::Cut, 30) };
            fault(&world, route, subject, what, times);
            if is_killed {
                let is_there = || world.sandbox.faults.left() == 0;
                tokio::select! {
                    done = run(&world, &[]) => panic!("{route:?}: {done:?}"),
                    was_there = world.sandbox.transcript.wait_until(LIMIT, is_there) =>
                        assert!(was_there, "{route:?}"),
                }
                let busy = run(&world, &[]).await;
                assert!(busy.code == 1 && busy.error.contains("is writing it"), "{route:?}: {busy:?}");
                world.sql("UPDATE attendance_sheets SET claimed_until = 0").await;
            } else {
                assert_eq!(run(&world, &[]).await.code, 1, "{route:?}");
                world.sandbox.faults.clear();
            }
            good(&world, &[]).await;
            assert_eq!(only_sheet(&world).1.tabs[0].rows, 3, "{route:?}");
            assert_no_violation(&world);
        }
    }
}

#[tokio::test]
async fn a_plain_file_in_a_folder_without_addresses() {
    let world = world(&[("ATTENDANCE", "csv"), ("ATTENDANCE_EMAILS", "no")]).await;
    world.sandbox.zoom.add_attendee(THIRD, Attendee::new("=1+1", "one@example.org"));
    let folder = world.sandbox.google.add_folder(&world.sandbox.google.root_folder(), "Lists");
    good(&world, &["--folder", &folder]).await;
    let (path, file) = world.attendance_files().into_iter().next().unwrap();
    assert_eq!(path, format!("Lists/{NAME}.csv"));
    let content = world.sandbox.google.content_of(&file.id).unwrap();
    let table = cells(&String::from_utf8(content).unwrap());
    assert_eq!((table.len(), &table[1][..2]), (4, &["'=1+1".to_owned(), String::new()][..]));
    assert!(!table.concat().concat().contains('@'), "{table:?}");
    // A file that is there keeps its place and its link.
    world.sandbox.zoom.add_attendee(THIRD, Attendee::new("Olena", ""));
    let said = good(&world, &["--again"]).await;
    assert!(said.contains(&file.id) && said.contains("written"), "{said}");
    assert_eq!(world.attendance_files().into_keys().collect::<Vec<_>>(), [path]);
    assert_no_violation(&world);
}

#[tokio::test]
async fn a_wide_series_has_columns_beyond_z_and_its_own_days_its_own_file() {
    let world = world(&[]).await;
    for day in 1..=28 {
        let meeting = super::hour(&format!("uuidOfFebruaryMeet{day:02}AA=="))
            .start(&format!("2026-02-{day:02}T18:00:00Z"));
        let there = |name| {
            let (from, to) = (format!("2026-02-{day:02}T18:00:00Z"), format!("2026-02-{day:02}T19:00:00Z"));
            Attendee::new(name, "").during(&from, &to)
        };
        world.sandbox.zoom.add(meeting.attendee(there("Anna")).attendee(there("Borys")));
    }
    let february = [NUMBER, "--since", "2026-02-01", "--until", "2026-02-28", "--write", "--no-email"];
    let done = with(&world.settings, &february).await;
    assert_eq!(done.code, 0, "{done:?}");
    let (_, book) = only_sheet(&world);
    assert_eq!((book.tabs[0].columns, &book.tabs[0].table()[1][33]), (34, &json!(60)));
    good(&world, &[]).await;
    assert_eq!(world.attendance_files().len(), 2);
    assert_no_violation(&world);
}

#[tokio::test]
async fn a_series_that_is_not_whole_is_written_only_when_asked() {
    let world = world(&[]).await;
    let uncounted = || world.sandbox.zoom.set_attendance(THIRD, |lists| lists.looks = [Look::Missing].into());
    uncounted();
    let done = run(&world, &[]).await;
    assert_eq!((done.code, done.out.as_str()), (1, ""), "{done:?}");
    assert!(done.error.contains("2026-03-16 20:00") && done.error.contains("--partial"), "{done:?}");
    assert!(world.attendance_files().is_empty());
    uncounted();
    let done = run(&world, &["--partial"]).await;
    assert!(
        done.code == 1 && done.out.contains("written") && done.out.contains("note: 2026-03-16"),
        "{done:?}"
    );
    assert_eq!(only_sheet(&world).1.tabs[0].table()[1][8], "?");
    assert!(good(&world, &[]).await.contains("facts have changed"));
    good(&world, &["--again"]).await;
    assert_eq!(only_sheet(&world).1.tabs[0].table()[1][8], 30);
    assert_no_violation(&world);
}

#[tokio::test]
async fn wrong_input_writes_nothing() {
    let world = world(&[]).await;
    let bad: [(&[&str], u8, &str); 9] = [
        (&[NUMBER, "--since", "2026-03-01", "--folder", "x"], 2, "--write"),
        (&[NUMBER, "--since", "2026-03-01", "--again"], 2, "--write"),
        (&[NUMBER, "--since", "2026-03-01", "--write", "--csv"], 2, "cannot be used with"),
        (&[NUMBER, "--write"], 2, "--since"),
        (&[NUMBER, "--since", "2026-02-30", "--write"], 2, "2026-02-30"),
        (&[NUMBER, "--since", "2026-03-02", "--until", "2026-03-01", "--write"], 2, "is later than"),
        (&[THIRD, "--since", "2026-03-01", "--write"], 2, "a uuid is one instance only"),
        (&[NUMBER, "--since", "2026-04-01", "--until", "2026-04-30", "--write"], 1, "no ended meeting"),
        (
            &[NUMBER, "--since", "2026-03-01", "--until", "2026-03-31", "--write", "--folder", "nowhere"],
            1,
            "nowhere",
        ),
    ];
    for (arguments, code, told) in bad {
        let done = with(&world.settings, arguments).await;
        assert_eq!((done.code, done.out.as_str()), (code, ""), "{arguments:?}: {done:?}");
        assert!(done.error.contains(told), "{arguments:?}: {done:?}");
    }
    // Without --write Zoom's settings are enough; with it Google's are missed before anybody is asked.
    let mut settings = world.settings.clone();
    settings.remove("DRIVE_FOLDER_ID");
    assert_eq!(with(&settings, &MARCH).await.code, 0);
    let calls = world.sandbox.transcript.count(Route::ZoomReport);
    let done = with(&settings, &[&MARCH[..], &["--write"]].concat()).await;
    assert!(done.code == 2 && done.error.contains("DRIVE_FOLDER_ID"), "{done:?}");
    assert_eq!(world.sandbox.transcript.count(Route::ZoomReport), calls);
    assert!(world.attendance_files().is_empty());
    good(&world, &[]).await;
}
