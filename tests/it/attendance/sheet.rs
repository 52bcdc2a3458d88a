//! The sheet beside a recording: its cells, its looks, and the link to it.

use serde_json::{Value, json};
use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::google::Spreadsheet;
use zoom2drive::sandbox::zoom::{Attendee, File, Look, Meeting};

use crate::support::steps::{DAY_LATER, settled_into_waiting};
use crate::support::world::{Life, World, usual_meeting};

pub const UUID: &str = "/class+1//AAAAAAAAAA==";

/// What somebody calls themselves.
pub const FORMULA: &str = r#"=HYPERLINK("https://evil.example","click")"#;

/// A class of three, from 18:30 to 19:30.
pub fn class(uuid: &str) -> Meeting {
    let mut meeting = usual_meeting(uuid);
    let there = |name, email, from: &str, to: &str| {
        Attendee::new(name, email).during(&format!("2026-03-01T{from}:00Z"), &format!("2026-03-01T{to}:00Z"))
    };
    meeting.attendance = vec![
        there("Ann Host", "ann@example.com", "18:30", "19:30"),
        there("Borys", "borys@example.org", "18:45", "19:30"),
        there(FORMULA, "", "18:30", "19:00"),
    ];
    meeting
}

/// The only sheet, and what is in it.
pub fn only_sheet(world: &World) -> (String, Spreadsheet) {
    let files: Vec<_> = world.attendance_files().into_values().collect();
    assert_eq!(files.len(), 1, "{files:#?}\n{}", world.calls());
    (files[0].id.clone(), world.sandbox.google.spreadsheet(&files[0].id).unwrap())
}

/// What the only meeting file tells of it.
pub fn told(world: &World) -> Value {
    let files: Vec<_> = world.meeting_files().into_values().collect();
    assert_eq!(files.len(), 1);
    world.read_meeting_file(&files[0])["attendance"].clone()
}

/// The note on a meeting's attendance.
pub async fn note(life: &Life) -> String {
    let known = life.store.attendance_sheet(UUID).await.unwrap();
    known.map(|known| known.note).unwrap_or_default()
}

/// Archives a meeting, to the end.
pub async fn archived(world: &World, meeting: Meeting) -> Life {
    world.sandbox.zoom.add(meeting);
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(world).await;
    life
}

fn about_attendance(world: &World) -> usize {
    let routes = [
        Route::ZoomReport,
        Route::ZoomPastMeeting,
        Route::ZoomOther,
        Route::SheetsGet,
        Route::SheetsUpdate,
        Route::SheetsWrite,
        Route::SheetsRead,
    ];
    routes.iter().map(|route| world.sandbox.transcript.count(*route)).sum()
}

#[tokio::test]
async fn a_sheet_stands_beside_the_recording_with_every_cell_as_it_is() {
    let world = World::with(&[("ATTENDANCE", "sheet"), ("TIMEZONE", "Europe/Kyiv")]).await;
    let life = archived(&world, class(UUID)).await;
    world.assert_archived(&[UUID]);
    let (id, book) = only_sheet(&world);
    let path = world.sandbox.google.path_of(&id);
    assert!(path.ends_with("/2026-03-01 Rehearsal – attendance"), "{path}");
    let video = world.archive().into_keys().next().unwrap();
    assert_eq!(path.rsplit_once('/').unwrap().0, video.rsplit_once('/').unwrap().0, "in the same folder");

    let titles: Vec<&str> = book.tabs.iter().map(|tab| tab.title.as_str()).collect();
    assert_eq!(titles, ["Attendance", "Joins", "Meeting"]);
    let people = &book.tabs[0];
    let table = people.table();
    assert_eq!(table[0][..4], ["Name", "E-mail", "Id", "Status"].map(Value::from));
    let names: Vec<&Value> = table[1..].iter().map(|row| &row[0]).collect();
    assert_eq!(names, [FORMULA, "Ann Host", "Borys"]);
    let borys = json!([
        "Borys",
        "borys@example.org",
        "",
        "present",
        "2026-03-01 20:45:00",
        "2026-03-01 21:30:00",
        45,
        0.75,
        1,
        0,
        0
    ]);
    assert_eq!(Value::from(table[3].clone()), borys);
    // A head that stays, percentages, and nothing beyond.
    assert_eq!((people.rows, people.columns, people.frozen_rows), (4, 12, 1));
    let bold = |row| people.format(row, 11, "userEnteredFormat.textFormat.bold");
    assert_eq!((bold(0), bold(1)), (Some(&json!(true)), None));
    let share = people.format(3, 7, "userEnteredFormat.numberFormat").unwrap();
    assert_eq!(share["pattern"], "0.0%");
    assert!(people.sized_columns.iter().copied().eq(0..12));
    let joins = book.tabs[1].table();
    assert_eq!(
        (joins.len(), &joins[3][2], &joins[3][6]),
        (4, &json!("2026-03-01T20:45:00+02:00"), &json!(4))
    );
    let facts = book.tabs[2].table();
    assert!(facts.contains(&vec![json!("UUID"), json!(UUID)]), "{facts:?}");
    assert!(facts.contains(&vec![json!("People"), json!(3)]), "{facts:?}");

    let link = format!("https://docs.google.com/spreadsheets/d/{id}/edit");
    assert_eq!(told(&world), json!({"link": link, "people": 3}));
    assert_eq!(note(&life).await, "");
    life.stop().await;
}

#[tokio::test]
async fn what_is_written_costs_no_call_more() {
    let world = World::with(&[("ATTENDANCE", "sheet"), ("SETTLE_FOR", "1h")]).await;
    world.sandbox.zoom.add(class(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    settled_into_waiting(&life).await;
    let (calls, updates) = (about_attendance(&world), world.sandbox.transcript.count(Route::UploadSmall));
    assert!(calls > 0);
    assert_eq!(updates, 2, "the meeting file is written, and once more with the link");
    for _look in 0..2 {
        let id = life.jobs().await[0].id;
        life.store.retry(id).await.unwrap();
        life.wait_for("a look", |jobs| {
            jobs[0].next_attempt_at > 0 && !jobs[0].leased && jobs[0].reason.contains("late files")
        })
        .await;
    }
    world.sql(DAY_LATER).await;
    life.finish(&world).await;
    assert_eq!(about_attendance(&world), calls);
    assert_eq!(world.sandbox.transcript.count(Route::UploadSmall), updates);
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn nothing_is_written_or_asked_unless_it_is_wanted() {
    let world = World::new().await;
    let life = archived(&world, class(UUID)).await;
    assert_eq!((world.attendance_files().len(), about_attendance(&world)), (0, 0));
    assert_eq!(told(&world), Value::Null);
    assert!(life.store.attendance_sheet(UUID).await.unwrap().is_none());
    life.stop().await;
}

#[tokio::test]
async fn a_plain_file_needs_no_sheets_api() {
    let world = World::with(&[("ATTENDANCE", "csv")]).await;
    world.sandbox.google.set_sheets_enabled(false);
    let life = archived(&world, class(UUID)).await;
    world.assert_archived(&[UUID]);
    let file = world.attendance_files().into_values().next().unwrap();
    assert!(file.name.ends_with(" – attendance.csv") && file.mime_type == "text/csv", "{file:?}");
    let text = String::from_utf8(world.sandbox.google.content_of(&file.id).unwrap()).unwrap();
    assert!(text.starts_with("Name,E-mail,Id,Status,"), "{text}");
    // Whatever opens it: no cell is a formula.
    assert!(text.contains("'=HYPERLINK"), "{text}");
    assert_eq!(told(&world)["link"], format!("https://drive.google.com/file/d/{}/view", file.id));
    life.stop().await;
}

/// What each look finds, and how many sheets there are after it. The last look is the one after the window.
async fn after_each_look(looks: &[Look], count: Option<usize>) -> (World, Life, Vec<usize>) {
    let world = World::with(&[("ATTENDANCE", "sheet"), ("SETTLE_FOR", "1h")]).await;
    world.sandbox.zoom.add(class(UUID));
    world.sandbox.zoom.set_attendance(UUID, |attendance| {
        attendance.looks.extend(looks.iter().copied());
        attendance.count = count;
    });
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    settled_into_waiting(&life).await;
    let mut sheets = vec![world.attendance_files().len()];
    for look in 1..looks.len() {
        if look + 1 == looks.len() {
            world.sql(DAY_LATER).await;
            life.finish(&world).await;
        } else {
            let asked = world.sandbox.transcript.count(Route::ZoomReport);
            life.store.retry(life.jobs().await[0].id).await.unwrap();
            let transcript = &world.sandbox.transcript;
            let is_asked = || transcript.count(Route::ZoomReport) > asked;
            assert!(
                transcript.wait_until(std::time::Duration::from_secs(20), is_asked).await,
                "{:?} {}\n{}",
                life.summary().await,
                note(&life).await,
                world.calls()
            );
            settled_into_waiting(&life).await;
        }
        sheets.push(world.attendance_files().len());
    }
    world.assert_promises(UUID);
    (world, life, sheets)
}

#[tokio::test]
async fn it_is_written_when_zoom_has_counted() {
    for looks in [
        [Look::Missing, Look::Missing, Look::Complete],
        [Look::NoDurations, Look::Empty, Look::Complete],
        [Look::Cut(2), Look::NoLeave(1), Look::Complete],
    ] {
        let (world, life, sheets) = after_each_look(&looks, None).await;
        assert_eq!(sheets, [0, 0, 1], "{looks:?}");
        let (_, book) = only_sheet(&world);
        assert_eq!(book.tabs[0].table().len(), 4);
        assert_eq!(note(&life).await, "", "{looks:?}");
        life.stop().await;
    }
}

#[tokio::test]
async fn the_last_look_writes_what_there_is() {
    let (world, life, sheets) =
        after_each_look(&[Look::NoLeave(1), Look::NoLeave(1), Look::NoLeave(1), Look::NoLeave(1)], None)
            .await;
    assert_eq!(sheets[..3], [0, 0, 0]);
    let (_, book) = only_sheet(&world);
    let table = book.tabs[0].table();
    assert!(table.iter().flatten().any(|cell| cell == "no leave time"), "{table:?}");
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn pages_that_do_not_add_up_are_never_written() {
    let (world, life, sheets) = after_each_look(&[Look::Cut(2), Look::Cut(2), Look::Cut(2)], None).await;
    assert_eq!(sheets, [0, 0, 0]);
    let note = note(&life).await;
    assert!(note.contains("Zoom's pages do not add up (told 3, got 2)"), "{note}");
    assert_eq!(told(&world), Value::Null);
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_host_who_was_alone_has_a_number_and_no_sheet() {
    let looks = [Look::Missing, Look::Missing, Look::Missing];
    let (world, life, sheets) = after_each_look(&looks, Some(1)).await;
    assert_eq!(sheets, [0, 0, 0]);
    assert_eq!(told(&world), json!({"people": 1}));
    assert!(note(&life).await.contains("nobody but the host"));
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_sheet_stays_as_it_is_when_the_facts_change() {
    let world = World::with(&[("ATTENDANCE", "sheet"), ("SETTLE_FOR", "1h")]).await;
    world.sandbox.zoom.add(class(UUID));
    world.sandbox.zoom.set_attendance(UUID, |attendance| attendance.count = Some(0));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    settled_into_waiting(&life).await;
    let (id, _) = only_sheet(&world);
    // Somebody marks who was excused.
    world.sandbox.google.edit_spreadsheet(&id, |book| {
        let excused = zoom2drive::sandbox::google::Content::Text("excused".to_owned());
        book.tabs[0].cells.insert((1, 3), excused);
    });
    world.sandbox.zoom.add_attendee(UUID, Attendee::new("Late", ""));
    world.sandbox.zoom.add_file(UUID, File::transcript("transcript-late", 4_321));
    let event = world.sandbox.zoom.event(UUID, "recording.transcript_completed");
    assert_eq!(world.send(&life, &event).await, 200);
    life.wait_for("a note", |jobs| jobs.iter().all(|job| !job.leased)).await;
    let copied = || world.archive().len() == 5;
    assert!(world.sandbox.transcript.wait_until(std::time::Duration::from_secs(20), copied).await);
    settled_into_waiting(&life).await;
    let (_, book) = only_sheet(&world);
    assert_eq!(book.tabs[0].table()[1][3], "excused");
    assert_eq!(book.tabs[0].table().len(), 4);
    let note = note(&life).await;
    assert!(note.contains("have changed since") && note.contains("--again"), "{note}");
    life.stop().await;
}

#[tokio::test]
async fn a_lost_database_makes_no_second_sheet() {
    let world = World::with(&[("ATTENDANCE", "sheet"), ("AFTER_ARCHIVE", "keep")]).await;
    archived(&world, class(UUID)).await.stop().await;
    let (before, _) = only_sheet(&world);
    world.lose_database();
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    assert_eq!(only_sheet(&world).0, before);
    assert!(told(&world)["link"].as_str().unwrap().contains(&before));
    life.stop().await;
}
