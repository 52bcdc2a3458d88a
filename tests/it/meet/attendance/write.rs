//! `meet attendance --write`: one file, whatever part is named and however often.

use serde_json::json;
use zoom2drive::sandbox::faults::{Fault, Route, Rule};
use zoom2drive::sandbox::google::{Conference, Content, Participant};

use super::{CODE, EWA, Stage, on, two_people};

#[tokio::test]
async fn a_sheet_is_written_once_and_again_only_when_asked() {
    let stage = Stage::new().await;
    let name = stage.add(two_people("h"));
    let said = stage.good(&[CODE, "--write"]).await;
    let (id, _) = stage.sheet();
    let link = format!("https://docs.google.com/spreadsheets/d/{id}/edit");
    assert!(said.starts_with(&format!("{link}  written\n2 there\n")), "{said}");
    let path = stage.world.sandbox.google.path_of(&id);
    assert_eq!(path, format!("2026-03-02 {CODE} – attendance"));
    stage.world.sandbox.google.edit_spreadsheet(&id, |book| {
        book.tabs[0].cells.insert((1, 3), Content::Text("excused".to_owned()));
    });
    let said = stage.good(&[&name, "--write"]).await;
    assert!(said.starts_with(&format!("{link}  was there\n")), "{said}");
    assert_eq!(stage.sheet().1.tabs[0].table()[1][3], "excused");
    stage.world.sandbox.google.edit_conference(&name, |conference| {
        let olena = Participant::anonymous("Olena").session(on("18:00:00"), on("18:30:00"));
        conference.participants.push(olena);
    });
    let said = stage.good(&[&name, "--write"]).await;
    assert!(said.contains("Google Meet's facts have changed"), "{said}");
    let said = stage.good(&[&name, "--write", "--again"]).await;
    assert!(said.starts_with(&format!("{link}  written\n3 there\n")), "{said}");
    assert_eq!(stage.sheet().1.tabs[0].table()[1][3], "present");
    stage.assert_good();
}

#[tokio::test]
async fn one_meeting_of_two_records_has_one_sheet_and_a_part_alone_another() {
    let stage = Stage::new().await;
    stage.add(two_people("first"));
    let (from, to) = (on("19:05:00"), on("19:30:00"));
    let ewa = Participant::user(EWA, "Ewa Nowak").session(from, to);
    stage.add(Conference::new(EWA, CODE, from).id("second").space("A").ended(to).participant(ewa));
    stage.good(&["conferenceRecords/second", "--write"]).await;
    let said = stage.good(&["conferenceRecords/first", "--write"]).await;
    assert!(said.contains("was there\n"), "{said}");
    let (_, book) = stage.sheet();
    let facts = book.tabs[2].table();
    assert!(facts.contains(&vec![json!("Record"), json!("conferenceRecords/first")]), "{facts:?}");
    let remarks = "2 records of the room are counted together; 1 not signed in";
    assert!(facts.contains(&vec![json!("Remarks"), json!(remarks)]), "{facts:?}");
    stage.good(&["conferenceRecords/first", "--apart", "--write"]).await;
    stage.good(&["conferenceRecords/first", "--apart", "--write"]).await;
    assert_eq!(stage.world.attendance_files().len(), 2);
}

#[tokio::test]
async fn a_plain_file_or_another_folder_is_made_where_it_is_wanted() {
    let stage = Stage::with(&[("ATTENDANCE", "csv")]).await;
    stage.add(two_people("h"));
    let google = &stage.world.sandbox.google;
    let folder = google.add_folder(&google.root_folder(), "Lists");
    for _run in 0..2 {
        stage.good(&["conferenceRecords/h", "--write", "--folder", &folder]).await;
    }
    let files = stage.world.attendance_files();
    assert_eq!(files.len(), 1);
    let (path, file) = files.into_iter().next().unwrap();
    assert!(path.ends_with(&format!("Lists/2026-03-02 {CODE} – attendance.csv")), "{path}");
    let text = String::from_utf8(google.content_of(&file.id).unwrap()).unwrap();
    assert!(text.contains("Ewa Nowak,ewa@example.pl,,present,"), "{text}");
}

#[tokio::test]
async fn without_a_folder_nothing_is_written_and_it_is_said_how() {
    let mut stage = Stage::new().await;
    stage.add(two_people("h"));
    stage.world.settings.remove("DRIVE_FOLDER_ID");
    let refused = stage.bad(&["conferenceRecords/h", "--write"], 2).await;
    assert!(refused.contains("--folder"), "{refused}");
    assert!(stage.good(&["conferenceRecords/h"]).await.contains("2 people"));
}

#[tokio::test]
async fn addresses_that_are_kept_out_are_nowhere() {
    let stage = Stage::with(&[("ATTENDANCE_EMAILS", "no")]).await;
    let conference = two_people("h");
    let odd = Participant::anonymous("olena@example.org").session(on("18:00:00"), on("19:00:00"));
    stage.add(conference.participant(odd));
    let said = stage.good(&["conferenceRecords/h", "--json", "--joins"]).await;
    assert!(!said.contains('@') && said.contains("olena"), "{said}");
    stage.good(&["conferenceRecords/h", "--write"]).await;
    let book = stage.sheet().1;
    for tab in &book.tabs {
        assert!(!json!(tab.table()).to_string().contains('@'), "{}", tab.title);
    }
    let database = &stage.world.settings["DATABASE_URL"];
    let bytes = std::fs::read(database.strip_prefix("sqlite://").unwrap()).unwrap();
    assert!(!bytes.windows(12).any(|text| text == b"@example.org" || text == b"@example.pl\0"));
}

/// The calls by which a sheet is written, and how many of each there are.
const CALLS: [(Route, &str, u32); 5] = [
    (Route::DriveList, "attendance", 1),
    (Route::DriveCreate, "attendance", 1),
    (Route::SheetsGet, "", 1),
    (Route::SheetsUpdate, "", 2),
    (Route::SheetsWrite, "", 1),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_answer_at_any_call_and_a_second_run_leave_one_whole_sheet() {
    for (route, subject, count) in CALLS {
        for skip in 0..count {
            for fault in [Fault::CutAfter, Fault::Cut] {
                let stage = Stage::new().await;
                stage.add(two_people("h"));
                let rule = Rule { route, subject: subject.to_owned(), skip, times: 1, fault };
                stage.world.sandbox.faults.add(rule.clone());
                for _run in 0..2 {
                    stage.good(&["conferenceRecords/h", "--write"]).await;
                }
                assert_eq!(stage.world.sandbox.faults.left(), 0, "{rule:?} did not happen");
                let (_, book) = stage.sheet();
                assert_eq!((book.tabs[0].table().len(), book.tabs[2].table().len()), (3, 17), "{rule:?}");
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_is_killed_at_any_call_leaves_one_sheet_to_the_next() {
    for (route, subject, count) in CALLS {
        for skip in 0..count {
            let stage = Stage::new().await;
            stage.add(two_people("h"));
            let rule = Rule { route, subject: subject.to_owned(), skip, times: 1, fault: Fault::Stall };
            stage.world.sandbox.faults.add(rule.clone());
            let arguments = ["conferenceRecords/h", "--write"];
            {
                let run = stage.good(&arguments);
                let happened = stage
                    .world
                    .sandbox
                    .transcript
                    .wait_until(crate::support::world::LIMIT, || stage.world.sandbox.faults.left() == 0);
                tokio::select! {
                    _ = run => panic!("{rule:?} did not happen"),
                    is_there = happened => assert!(is_there, "{rule:?} did not happen"),
                }
            }
            // The claim of the killed command runs out by time.
            stage.world.sql("UPDATE attendance_sheets SET claimed_until = 0").await;
            stage.good(&arguments).await;
            assert_eq!(stage.sheet().1.tabs[0].table().len(), 3, "{rule:?}");
        }
    }
}
