//! What can be wrong with the root folder, and on the way of a file into it.

use zoom2drive::sandbox::faults::{Canned, Fault, Route};

use super::{assert_clean, at_rest, examine};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_that_is_no_folder_for_an_archive_is_named_for_what_it_is() {
    let world = at_rest(&[]).await;
    let google = &world.sandbox.google;
    let root = google.root_folder();
    let (shortcut, file) = (google.add_shortcut(&root), google.add_file("notes.txt"));
    for (id, found, mend) in [
        (
            "nowhere",
            "no access to it",
            "Manage members: add zoom2drive@sandbox-project.iam.gserviceaccount.com",
        ),
        (shortcut.as_str(), "is a shortcut to the folder", &format!("Set DRIVE_FOLDER_ID={root}")),
        (&file, "is a file (text/plain)", "take the last part of its address"),
    ] {
        let examined = examine(&world, &[("DRIVE_FOLDER_ID", id)]).await;
        examined.assert_only_broken(&["drive.root"]);
        examined.assert("drive.root", "broken", found, mend);
        assert_eq!(examined.state("drive.upload"), "not_tried");
    }
    google.trash(&root);
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&["drive.root"]);
    examined.assert("drive.root", "broken", "is in the trash", "Restore");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_role_that_is_too_low_and_a_missing_membership_are_named() {
    let world = at_rest(&[]).await;
    let google = &world.sandbox.google;
    let root = google.root_folder();
    google.set_can_add_children(&root, false);
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&["drive.role"]);
    examined.assert("drive.role", "broken", "may only read the folder", "as Content manager");
    google.set_can_add_children(&root, true);
    google.set_member(false);
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&["drive.member"]);
    examined.assert("drive.member", "broken", "is not a member of its shared drive", "as Content manager");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_service_account_in_a_my_drive_is_told_that_it_has_no_storage() {
    let world = at_rest(&[]).await;
    let google = &world.sandbox.google;
    let mine = google.my_drive_folder();
    let examined = examine(&world, &[("DRIVE_FOLDER_ID", &mine)]).await;
    // Everything before the bytes looks well; only they are refused.
    examined.assert_only_broken(&["drive.storage", "drive.upload"]);
    examined.assert("drive.storage", "broken", "a service account has no storage", "set GOOGLE_SUBJECT");
    examined.assert("drive.upload", "broken", "storageQuotaExceeded", "put the folder into a shared drive");
    assert_eq!(examined.state("drive.cleanup"), "ok");
    // Its owner has storage.
    let owner = [("DRIVE_FOLDER_ID", mine.as_str()), ("GOOGLE_SUBJECT", google.owner_email())];
    let examined = examine(&world, &owner).await;
    examined.assert_only_broken(&[]);
    examined.assert("drive.storage", "ok", "15 of 15 GB are free for ada@theatre.example", "");
    let full = r#"{"user":{"emailAddress":"ada@theatre.example"},"storageQuota":{"limit":"15000000000","usage":"15000000000"}}"#;
    world.sandbox.faults.once(Route::DriveAbout, Fault::Answer(Canned::new(200, "application/json", full)));
    let examined = examine(&world, &owner).await;
    examined.assert_only_broken(&["drive.storage"]);
    examined.assert("drive.storage", "broken", "0 of 15 GB are free", "Buy storage");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_goes_wrong_with_the_test_file_is_told_and_the_file_is_put_away() {
    let world = at_rest(&[]).await;
    let quota =
        Canned::google(403, "storageQuotaExceeded", "The user's Drive storage quota has been exceeded.");
    let items = Canned::google(
        403,
        "teamDriveFileLimitExceeded",
        "The file limit for this shared drive has been exceeded.",
    );
    let daily = Canned::google(403, "userRateLimitExceeded", "User rate limit exceeded.");
    let role = Canned::google(
        403,
        "insufficientParentPermissions",
        "Insufficient permissions for the specified parent.",
    );
    for (route, fault, found, mend) in [
        (Route::UploadStart, Fault::Answer(quota), "storageQuotaExceeded", "shared drive"),
        (Route::UploadChunk, Fault::Answer(items), "teamDriveFileLimitExceeded", "500,000"),
        (Route::UploadStart, Fault::Answer(daily), "750 GB", "Wait"),
        (Route::UploadStart, Fault::Answer(role), "insufficientParentPermissions", "Content manager"),
        (Route::UploadChunk, Fault::Corrupt, "the bytes differ", "TLS-inspecting"),
        (Route::UploadChunk, Fault::Forget(404), "session is gone", "proxy"),
        (Route::UploadChunk, Fault::Cut, "cannot be reached", "appsstatus"),
        (Route::UploadStatus, Fault::Stall, "timed out", "appsstatus"),
        (Route::DriveIds, Fault::Answer(Canned::html(502)), "cannot be reached", "appsstatus"),
    ] {
        world.sandbox.faults.once(route, fault.clone());
        let examined = examine(&world, &[]).await;
        examined.assert_only_broken(&["drive.upload"]);
        examined.assert("drive.upload", "broken", found, mend);
        assert_eq!(world.sandbox.faults.left(), 0, "{fault:?} did not happen");
        assert_clean(&world);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn habits_of_drive_that_are_no_faults_are_lived_with() {
    let world = at_rest(&[]).await;
    for (route, fault) in [
        (Route::UploadChunk, Fault::KeepOnly(0)),
        (Route::UploadChunk, Fault::Moved),
        (Route::UploadChunk, Fault::BareRange),
        (Route::UploadChunk, Fault::NoRange),
        (Route::UploadChunk, Fault::Created),
    ] {
        world.sandbox.faults.once(route, fault);
        let examined = examine(&world, &[]).await;
        examined.assert_only_broken(&[]);
        assert_eq!((examined.state("drive.upload"), examined.state("drive.cleanup")), ("ok", "ok"));
    }
    let calls = world.sandbox.transcript.calls();
    let steps: Vec<Route> = calls.iter().map(|call| call.route).collect();
    let way =
        [Route::UploadStart, Route::UploadChunk, Route::UploadStatus, Route::UploadChunk, Route::DriveGet];
    assert!(steps.windows(way.len()).any(|steps| steps == way), "{steps:?}");
    assert_clean(&world);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_checksum_and_a_file_that_stays_are_warnings() {
    let world = at_rest(&[]).await;
    let name = "zoom2drive doctor";
    world.sandbox.faults.add(zoom2drive::sandbox::faults::Rule {
        route: Route::DriveGet,
        subject: name.to_owned(),
        skip: 0,
        times: 1,
        fault: Fault::NoChecksum,
    });
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&[]);
    examined.assert("drive.upload", "warning", "reports no checksum", "downloads such files");
    let denied =
        Canned::google(403, "insufficientFilePermissions", "The user does not have sufficient permissions.");
    world.sandbox.faults.once(Route::DriveUpdate, Fault::Answer(denied));
    let examined = examine(&world, &[]).await;
    examined.assert_only_broken(&[]);
    examined.assert("drive.cleanup", "warning", "insufficientFilePermissions", "by hand");
}
