//! `attendance write`: one file beside the recording, by hand.

use clap::Parser;
use serde_json::{Value, json};
use zoom2drive::cli::{self, Cli};
use zoom2drive::config::Reader;
use zoom2drive::sandbox::google::Content;

use super::sheet::{UUID, archived, class, only_sheet};
use crate::support::world::World;

/// Runs the command with this world's settings; what it prints, or why it fails.
async fn run(world: &World, arguments: &[&str]) -> Result<String, String> {
    let cli = Cli::try_parse_from(["zoom2drive", "attendance", "write"].iter().chain(arguments));
    let cli = cli.map_err(|error| error.to_string())?;
    let mut out = Vec::new();
    let mut reader = Reader::from_pairs(world.settings.clone());
    match cli::run(&cli.command, &mut reader, &mut out).await {
        Ok(_) => Ok(String::from_utf8(out).unwrap()),
        Err(error) => Err(cli::describe(&error)),
    }
}

#[tokio::test]
async fn a_sheet_is_written_beside_the_recording_and_again_only_when_asked() {
    let world = World::new().await;
    let life = archived(&world, class(UUID)).await;
    life.stop().await;
    let said = run(&world, &[UUID, "--json"]).await.unwrap();
    let told: Value = serde_json::from_str(&said).unwrap();
    let (id, book) = only_sheet(&world);
    let link = format!("https://docs.google.com/spreadsheets/d/{id}/edit");
    let first = json!({"uuid": UUID, "link": link, "people": 3, "expected": null, "absent": null, "is_new": true,
        "has_changed": false});
    assert_eq!(told, first);
    assert_eq!(book.tabs[0].table().len(), 4);
    let folder = world.archive().into_values().next().unwrap().parents;
    assert_eq!(world.attendance_files().into_values().next().unwrap().parents, folder);

    let mark = |text: &str| {
        let text = Content::Text(text.to_owned());
        world.sandbox.google.edit_spreadsheet(&id, |book| {
            book.tabs[0].cells.insert((1, 3), text);
        });
    };
    mark("excused");
    let said = run(&world, &[UUID]).await.unwrap();
    assert!(said.starts_with(&format!("{link}  was there\n3 there")), "{said}");
    assert_eq!(only_sheet(&world).1.tabs[0].table()[1][3], "excused");
    world.sandbox.zoom.add_attendee(UUID, zoom2drive::sandbox::zoom::Attendee::new("Olena", ""));
    let said = run(&world, &[UUID]).await.unwrap();
    assert!(said.contains("facts have changed"), "{said}");
    let said = run(&world, &[UUID, "--again"]).await.unwrap();
    assert!(said.starts_with(&format!("{link}  written\n4 there")), "{said}");
    let (again, book) = only_sheet(&world);
    assert_eq!((again, book.tabs[0].rows, &book.tabs[0].table()[1][3]), (id.clone(), 5, &json!("present")));

    // Somebody has deleted it: only --again makes another one.
    world.sandbox.google.trash(&id);
    run(&world, &[UUID]).await.unwrap();
    assert!(world.attendance_files().is_empty());
    run(&world, &[UUID, "--again"]).await.unwrap();
    assert_ne!(only_sheet(&world).0, id);
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_meeting_without_a_recording_has_a_sheet_where_it_is_wanted() {
    let world = World::new().await;
    let mut meeting = class("unrecorded==");
    meeting.files.clear();
    world.sandbox.zoom.add(meeting);
    let folder = world.sandbox.google.add_folder(&world.sandbox.google.root_folder(), "Lists");
    run(&world, &["unrecorded==", "--folder", &folder]).await.unwrap();
    let (id, _) = only_sheet(&world);
    assert_eq!(world.sandbox.google.path_of(&id), "Lists/2026-03-01 Rehearsal – attendance");
    let life = archived(&world, class(UUID)).await;
    let refused = run(&world, &[UUID, "--folder", &folder]).await.unwrap_err();
    assert!(refused.contains("leave --folder out"), "{refused}");
    life.stop().await;
}

#[tokio::test]
async fn the_service_and_a_command_write_one_sheet() {
    let world = World::with(&[("ATTENDANCE", "sheet")]).await;
    let life = archived(&world, class(UUID)).await;
    let (id, _) = only_sheet(&world);
    let said = run(&world, &[UUID]).await.unwrap();
    assert!(said.contains(&id) && said.contains("was there"), "{said}");
    // While one writes, the other does not.
    let hold = std::time::Duration::from_secs(60);
    let claim = life.store.claim_attendance(None, UUID, hold).await.unwrap().unwrap();
    let busy = run(&world, &[UUID, "--again"]).await.unwrap_err();
    assert!(busy.contains("is writing it"), "{busy}");
    life.store.release_attendance(&claim, "").await.unwrap();
    assert_eq!(only_sheet(&world).0, id);
    life.stop().await;
}
