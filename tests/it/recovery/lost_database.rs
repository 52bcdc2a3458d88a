//! After the database is lost, the copies are found where they are: in folders that people moved, on any page of a
//! list, and only inside the archive.

use zoom2drive::sandbox::faults::{Fault, Route, Rule};
use zoom2drive::sandbox::google::DriveFile;
use zoom2drive::sandbox::zoom::File;

use crate::support::world::{Life, World, usual_meeting};

const UUID: &str = "/UE+cApLTmOc6HZxOLFclQ==";

/// A recording that is archived and whose host reads it, after which the database is lost.
async fn archived(settings: &[(&str, &str)]) -> World {
    let mut world = World::with(&[&[("AFTER_ARCHIVE", "keep")], settings].concat()).await;
    let path = world.folder.path().join("rules.toml");
    std::fs::write(&path, "share_with_host = true\n").unwrap();
    world.settings.insert("RULES_FILE".to_owned(), path.to_str().unwrap().to_owned());
    world.sandbox.zoom.add(usual_meeting(UUID));
    finished(&world).await.stop().await;
    world.lose_database();
    world
}

async fn finished(world: &World) -> Life {
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(world).await;
    life
}

fn meeting_file(world: &World) -> DriveFile {
    let files: Vec<DriveFile> = world.meeting_files().into_values().collect();
    assert_eq!(files.len(), 1, "{files:#?}");
    files.into_iter().next().unwrap()
}

fn home(world: &World) -> String {
    meeting_file(world).parents[0].clone()
}

fn uploads(world: &World) -> usize {
    world.sandbox.transcript.count(Route::UploadStart)
}

#[tokio::test]
async fn a_moved_folder_stays_the_recordings_own() {
    let world = archived(&[]).await;
    let google = &world.sandbox.google;
    let (home, folders, sent) = (home(&world), google.folders().len(), uploads(&world));
    let season = google.add_folder(&google.root_folder(), "Season 2026");
    google.move_to(&home, &season);
    // Its meeting file and a new one, late files, links and shares follow.
    google.remove(&meeting_file(&world).id);
    let life = finished(&world).await;
    assert_eq!(uploads(&world), sent, "something was sent twice");
    assert_eq!(google.folders().len(), folders + 1, "a folder was made beside it");
    assert_eq!(meeting_file(&world).parents.join(" "), home);
    for record in life.files(life.jobs().await[0].id).await {
        assert_eq!(record.folder_id, home);
    }
    world.sandbox.zoom.add_file(UUID, File::transcript("transcript-late", 4_321));
    let event = world.sandbox.zoom.event(UUID, "recording.transcript_completed");
    assert_eq!(world.send(&life, &event).await, 200);
    life.wait_for("the late file", |_| world.archive().len() == 5).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    assert!(
        world.archive().into_values().all(|file| file.parents == [home.clone()]),
        "{:#?}",
        world.archive()
    );
    for file in world.archive().into_values().chain([meeting_file(&world)]) {
        assert_eq!(world.sandbox.google.readers_of(&file.id), ["ann@example.com"], "{}", file.name);
    }
    life.stop().await;
}

#[tokio::test]
async fn copies_in_several_folders_are_all_found_and_most_of_them_decide() {
    let world = archived(&[]).await;
    let google = &world.sandbox.google;
    let (home, sent) = (home(&world), uploads(&world));
    let chats = google.add_folder(&google.root_folder(), "Chats");
    let chat = world.archive().into_values().find(|file| file.name.contains("chat")).unwrap();
    google.move_to(&chat.id, &chats);
    google.remove(&meeting_file(&world).id);
    let life = finished(&world).await;
    assert_eq!(uploads(&world), sent, "something was sent twice");
    assert_eq!(meeting_file(&world).parents.join(" "), home);
    for record in life.files(life.jobs().await[0].id).await {
        let expected = if record.drive_id == chat.id { &chats } else { &home };
        assert_eq!(record.folder_id, *expected);
    }
    // Chats are everybody's: there only the file is given to its host.
    assert_eq!(google.readers_of(&chat.id), ["ann@example.com"]);
    assert!(google.shared_with(&chats).is_empty());
    life.stop().await;
}

#[tokio::test]
async fn copies_outside_of_the_archive_are_left_alone() {
    let world = archived(&[]).await;
    let google = &world.sandbox.google;
    let (home, sent) = (home(&world), uploads(&world));
    let elsewhere = google.add_folder(&google.shared_drive(), "Another archive");
    google.move_to(&home, &elsewhere);
    let life = finished(&world).await;
    let copies = google.files().into_iter().filter(|file| !file.trashed);
    let (inside, outside): (Vec<_>, Vec<_>) = copies.partition(|file| file.parents != [home.clone()]);
    assert_eq!((inside.len(), outside.len(), uploads(&world) - sent), (5, 5, 4));
    assert!(google.shared_with(&elsewhere).is_empty());
    for record in life.files(life.jobs().await[0].id).await {
        assert!(
            inside
                .iter()
                .any(|file| file.id == record.drive_id && file.parents == [record.folder_id.clone()])
        );
    }
    life.stop().await;
}

#[tokio::test]
async fn a_part_of_a_list_is_no_answer() {
    let world = archived(&[]).await;
    let sent = uploads(&world);
    for subject in ["zoomMeeting", "zoom2driveRole", "in parents"] {
        let fault = Fault::Incomplete;
        let rule = Rule { route: Route::DriveList, subject: subject.to_owned(), skip: 0, times: 2, fault };
        world.sandbox.faults.add(rule);
    }
    let life = finished(&world).await;
    world.assert_archived(&[UUID]);
    assert_eq!(uploads(&world), sent, "something was sent twice");
    life.stop().await;
}

#[tokio::test]
async fn every_page_of_a_list_is_read() {
    let world = archived(&[]).await;
    let sent = uploads(&world);
    let invited = world.sandbox.transcript.count(Route::DriveShare);
    world.sandbox.google.set_page_limit(1);
    let life = finished(&world).await;
    world.assert_archived(&[UUID]);
    assert_eq!(uploads(&world), sent, "something was sent twice");
    assert_eq!(world.sandbox.transcript.count(Route::DriveShare), invited, "who has access was not seen");
    life.stop().await;
}

#[tokio::test]
async fn a_list_without_an_end_is_a_failure_and_no_answer() {
    let world = archived(&[]).await;
    let sent = uploads(&world);
    let page = r#"{"kind":"drive#fileList","incompleteSearch":false,"files":[],"nextPageToken":"~!!~0"}"#;
    let answer = zoom2drive::sandbox::faults::Canned::new(200, "application/json", page);
    let fault = Fault::Answer(answer);
    world.sandbox.faults.add(Rule {
        route: Route::DriveList,
        subject: "zoomMeeting".to_owned(),
        skip: 0,
        times: 5,
        fault,
    });
    let life = finished(&world).await;
    world.assert_archived(&[UUID]);
    assert_eq!((uploads(&world), world.sandbox.faults.left()), (sent, 0), "something was sent twice");
    life.stop().await;
}
