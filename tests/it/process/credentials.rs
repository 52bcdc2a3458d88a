//! Each way to authenticate at Zoom and Google archives, or says what is missing.

use zoom2drive::jobs::Standing;
use zoom2drive::sandbox::zoom::Standing as AtZoom;
use zoom2drive::store::JobFilter;

use crate::support::program::Program;
use crate::support::world::{World, usual_meeting};

const UUID: &str = "who/are/we/AAAAAAAAAAA==";

/// A world whose archive is in the person's own My Drive.
async fn in_my_drive() -> World {
    let mut world = World::new().await;
    let folder = world.sandbox.google.my_drive_folder();
    world.settings.insert("DRIVE_FOLDER_ID".to_owned(), folder);
    world.sandbox.zoom.add(usual_meeting(UUID));
    world
}

async fn archives(world: &World) {
    let program = Program::serve(world).await;
    world.deliver_to(&program, UUID).await;
    world.archived(program, &[UUID]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_has_consented_archives_into_my_drive() {
    let mut world = in_my_drive().await;
    let file = world.folder.path().join("person.json");
    std::fs::write(&file, world.sandbox.google.authorized_user().to_string()).unwrap();
    world.settings.insert("GOOGLE_APPLICATION_CREDENTIALS".to_owned(), file.display().to_string());
    archives(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_person_who_has_consented_archives_into_a_shared_drive() {
    let mut world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let file = world.folder.path().join("person.json");
    std::fs::write(&file, world.sandbox.google.authorized_user().to_string()).unwrap();
    world.settings.insert("GOOGLE_APPLICATION_CREDENTIALS".to_owned(), file.display().to_string());
    archives(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_account_that_acts_for_a_person_archives_into_my_drive() {
    let mut world = in_my_drive().await;
    let owner = world.sandbox.google.owner_email().to_owned();
    world.settings.insert("GOOGLE_SUBJECT".to_owned(), owner);
    archives(&world).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_account_of_its_own_cannot_store_in_my_drive_and_says_what_to_do() {
    let world = in_my_drive().await;
    let program = Program::serve(&world).await;
    world.deliver_to(&program, UUID).await;
    assert!(program.wait_for_line("waiting for the pause to end").await, "{}", program.text());
    assert!(program.wait_for_line("drive is paused (storage-full)").await, "{}", program.text());
    program.stop().await;

    let store = world.open_store().await;
    let jobs = store.jobs(JobFilter::default()).await.unwrap();
    let [job] = &jobs[..] else { panic!("{jobs:?}") };
    assert_eq!((job.standing, job.attempts), (Standing::Active, 0), "{}", job.reason);
    for word in ["paused", "shared drive", "GOOGLE_SUBJECT"] {
        assert!(job.reason.contains(word), "{word} is not in: {}", job.reason);
    }
    store.close().await;
    assert_eq!(world.sandbox.zoom.recording(UUID).unwrap().standing, AtZoom::Present);
    world.assert_promises(UUID);
    assert!(world.archive().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_api_credentials_the_event_alone_is_enough() {
    let none = [("ZOOM_ACCOUNT_ID", ""), ("ZOOM_CLIENT_ID", ""), ("ZOOM_CLIENT_SECRET", "")];
    let world = World::with(&[&none[..], &[("AFTER_ARCHIVE", "keep")]].concat()).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let program = Program::serve(&world).await;
    world.deliver_to(&program, UUID).await;
    world.finished(program, &[UUID]).await;
    assert_eq!(world.sandbox.zoom.recording(UUID).unwrap().standing, AtZoom::Present);
    let is_api = |line: &str| line.contains("/v2/") || line.contains("/oauth/");
    assert!(!world.sandbox.transcript.calls().iter().any(|call| is_api(&call.request)), "{}", world.calls());
}
