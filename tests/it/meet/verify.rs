//! Copies of what Meet has recorded are verified like all others; their originals need no recovery.

use zoom2drive::sandbox::google::DriveFile;

use super::bring::{NAME, company, copies};
use super::*;

fn pdf(world: &World) -> DriveFile {
    let found = copies(world, NAME).into_values().find(|file| file.name.ends_with(".pdf"));
    found.expect("an export")
}

#[tokio::test]
async fn exports_are_compared_with_what_was_sent() {
    let world = company(&[("AFTER_ARCHIVE", "trash")]).await;
    run(&world, &["bring", "--user", EWA]).await.assert(0, "archived  ");
    let verify =
        async |arguments: &[&str]| command::run(&world, &[], &[&["verify"], arguments].concat()).await;
    verify(&[]).await.assert(0, "3 file(s) are on Drive as they were proved.");
    let file = pdf(&world);
    world.sandbox.google.change_content(&file.id, b"somebody has edited this");
    let ran = verify(&["--job", "1"]).await;
    ran.assert(1, &format!("changed     job 1: {}", file.name));
    ran.assert(1, "zoom2drive jobs retry 1 (the original is in its organiser's Drive)");
    world.sandbox.google.remove(&file.id);
    verify(&[]).await.assert(1, "1 missing.");
    let refused = command::run(&world, &[], &["recover", "1", "--archive-again", "--yes"]).await;
    refused.assert(1, "it is a recording of Google Meet, whose original stays in its organiser's Drive");
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}
