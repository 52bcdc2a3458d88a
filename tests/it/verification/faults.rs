//! Drive fails in the middle of a look: what passes is waited out, what stays is told, and nothing unknown is good.

use zoom2drive::sandbox::faults::Canned;

use super::*;

fn refusal(status: u16, reason: &str) -> Fault {
    Fault::Answer(Canned::google(status, reason, "A sandbox says no."))
}

#[tokio::test]
async fn a_failure_that_passes_changes_nothing() {
    let world = archived(&[]).await;
    for (route, times, fault) in [
        (Route::DriveList, 2, refusal(429, "rateLimitExceeded")),
        (Route::DriveList, 3, refusal(500, "backendError")),
        (Route::DriveList, 2, Fault::Answer(Canned::html(502))),
        (Route::DriveList, 1, refusal(403, "userRateLimitExceeded")),
        (Route::DriveList, 1, Fault::Cut),
        (Route::DriveList, 2, Fault::Incomplete),
        (Route::DriveList, 1, refusal(404, "notFound")),
        (Route::DriveList, 1, refusal(400, "invalid")),
        (Route::DriveGet, 2, refusal(503, "backendError")),
    ] {
        world.sandbox.faults.add(rule(route, 0, times, fault.clone()));
        let ran = verify(&world, &[]).await;
        ran.assert(0, "4 file(s) are on Drive as they were proved.");
        assert_eq!(world.sandbox.faults.left(), 0, "{fault:?}");
    }
}

#[tokio::test]
async fn a_list_that_is_behind_loses_nothing() {
    let world = archived(&[]).await;
    archive(&world, "/verify/+BBBBBBBBBBB==").await;
    // The index knows nothing of the second recording.
    world.sandbox.faults.add(rule(Route::DriveList, 0, 9, Fault::Lag));
    verify(&world, &[]).await.assert(0, "8 file(s) are on Drive as they were proved.");
    // One wrong 404 by id is no loss either.
    world.sandbox.google.move_to(&copy(&world, "speaker view").id, &world.sandbox.google.root_folder());
    world.sandbox.faults.add(rule(Route::DriveGet, 1, 1, refusal(404, "notFound")));
    verify(&world, &["--job", "1"]).await;
    assert!(!verify(&world, &["--known"]).await.out.contains("missing"));
}

#[tokio::test]
async fn what_cannot_be_asked_is_told_and_is_not_good() {
    let world = archived(&[]).await;
    for fault in
        [refusal(500, "backendError"), refusal(403, "accessNotConfigured"), refusal(429, "rateLimitExceeded")]
    {
        world.sandbox.faults.add(rule(Route::DriveList, 0, 999, fault));
        let ran = verify(&world, &[]).await;
        ran.assert(1, "NOT VERIFIED: the other files. Drive cannot be asked");
        ran.assert(1, "0 file(s)");
        let json = verify(&world, &["--json"]).await.json();
        assert!(json["complete"] == false && json["error"].is_string(), "{json}");
        world.sandbox.faults.clear();
    }
}

#[tokio::test]
async fn a_root_that_is_gone_is_no_loss_of_every_file() {
    let world = archived(&[]).await;
    let root = world.sandbox.google.root_folder();
    world.sandbox.google.trash(&root);
    for arguments in [&[][..], &["--host", "ann@example.com"]] {
        verify(&world, arguments).await.assert(1, "the archive's root folder DRIVE_FOLDER_ID");
    }
    world.sandbox.google.restore(&root);
    let missing = [("DRIVE_FOLDER_ID", "1AbCdEfGhIjKlMnOpQrStUvWxYz123456")];
    run(&world, &missing, &["verify"]).await.assert(1, "does not exist, or the account has no access");
    verify(&world, &["--known"]).await.assert(1, "Known not to be as they were proved: none.");
}

#[tokio::test]
async fn a_folder_that_is_gone_takes_only_its_own_files() {
    let world = World::with(&[SOON]).await;
    let folders = fill(&world, 30, 2, 1).await;
    world.sandbox.google.remove(&folders[7]);
    let ran = verify(&world, &[]).await;
    ran.assert(1, "60 file(s) were asked about; not as they were proved: 2 missing.");
    ran.assert(1, "job 8: 8-0.mp4");
}

#[tokio::test]
async fn a_query_that_is_too_long_is_asked_in_parts() {
    let world = World::with(&[SOON]).await;
    fill(&world, 30, 2, 1).await;
    world.sandbox.faults.add(rule(Route::DriveList, 0, 2, refusal(400, "invalid")));
    verify(&world, &[]).await.assert(0, "60 file(s) are on Drive as they were proved.");
    // Refused altogether: each file is asked by its id.
    world.sandbox.faults.add(rule(Route::DriveList, 0, 9999, refusal(400, "invalid")));
    verify(&world, &[]).await.assert(0, "60 file(s) are on Drive as they were proved.");
}

#[tokio::test]
async fn a_look_that_ends_half_way_tells_what_it_has_found() {
    let world = World::with(&[SOON]).await;
    let folders = fill(&world, 220, 1, 1).await;
    let mut sorted = folders.clone();
    sorted.sort();
    world.sandbox.google.remove(&sorted[0]);
    // The first batch is of a hundred folders: one list is refused, the second lists the rest.
    world.sandbox.faults.add(rule(Route::DriveList, 2, 999, refusal(500, "backendError")));
    let ran = verify(&world, &[]).await;
    ran.assert(1, "100 file(s) were asked about; not as they were proved: 1 missing.");
    ran.assert(1, "NOT VERIFIED: the other files.");
    verify(&world, &["--known"]).await.assert(1, "1 missing");
}
