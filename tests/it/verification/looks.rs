//! `zoom2drive verify`: which copies are equal, which differ, and the remedy for each.

use zoom2drive::jobs::JobId;

use super::*;

#[tokio::test]
async fn an_archive_that_is_whole_costs_one_list() {
    let world = archived(&[]).await;
    let (lists, gets) = (count(&world, Route::DriveList), count(&world, Route::DriveGet));
    verify(&world, &[]).await.assert(0, "4 file(s) are on Drive as they were proved.");
    assert_eq!(count(&world, Route::DriveList) - lists, 1);
    assert_eq!(count(&world, Route::DriveGet) - gets, 1, "the root");
    verify(&world, &["--json"]).await.assert(0, "\"complete\": true");
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_archive_without_files_is_no_good_news() {
    let world = World::new().await;
    world.open_store().await.close().await;
    verify(&world, &[]).await.assert(0, "No archived file is meant.");
}

/// Breaks one copy, looks, mends it, looks again.
async fn found_and_mended(
    fault: &str,
    says: &str,
    break_it: impl Fn(&World, &DriveFile),
    mend: impl Fn(&World, &DriveFile),
) {
    let world = archived(&[]).await;
    let file = copy(&world, "speaker view");
    break_it(&world, &file);
    for arguments in [&[][..], &["--job", "1"]] {
        let ran = verify(&world, arguments).await;
        ran.assert(1, &format!("{fault:<11} job 1: {}", file.name));
        ran.assert(1, says);
        ran.assert(1, &format!("1 {fault}."));
    }
    let json = verify(&world, &["--json"]).await.json();
    assert_eq!((&json["files"], &json["complete"]), (&4.into(), &true.into()));
    let wrong = &json["wrong"][0];
    assert!(wrong["fault"] == fault && wrong["job"] == 1 && wrong["file"] == file.name.as_str(), "{json}");
    assert!(
        wrong["drive_link"].as_str().unwrap().contains(&file.id)
            && json["wrong"].as_array().unwrap().len() == 1
    );
    // It is known without asking, too.
    let lists = count(&world, Route::DriveList);
    verify(&world, &["--known"]).await.assert(1, fault);
    assert_eq!(count(&world, Route::DriveList), lists);
    run(&world, &[], &["jobs", "status"]).await.assert(0, &format!("1 {fault}"));
    mend(&world, &file);
    verify(&world, &[]).await.assert(0, "4 file(s) are on Drive as they were proved.");
    let status = run(&world, &[], &["jobs", "status"]).await;
    assert!(!status.out.contains(fault), "{}", status.out);
    assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_trashed_copy_is_found() {
    let break_it = |world: &World, file: &DriveFile| world.sandbox.google.trash(&file.id);
    let mend = |world: &World, file: &DriveFile| world.sandbox.google.restore(&file.id);
    found_and_mended("trashed", "take it out of Drive's trash", break_it, mend).await;
}

#[tokio::test]
async fn a_copy_below_a_trashed_folder_is_found() {
    let world = archived(&[]).await;
    let folder = copy(&world, "speaker view").parents[0].clone();
    world.sandbox.google.trash(&folder);
    verify(&world, &[]).await.assert(1, "4 trashed.");
    world.sandbox.google.restore(&folder);
    verify(&world, &[]).await.assert(0, "4 file(s) are on Drive");
}

#[tokio::test]
async fn a_changed_copy_is_found() {
    let world = archived(&[]).await;
    let file = copy(&world, "speaker view");
    // The same length: only the digest tells.
    world.sandbox.google.change_content(&file.id, &vec![7; usize::try_from(file.size).unwrap()]);
    verify(&world, &[]).await.assert(1, "restore the old version in Drive");
    world.sandbox.google.change_content(&file.id, b"cut");
    verify(&world, &[]).await.assert(1, "Drive: 3 bytes, SHA-256");
}

#[tokio::test]
async fn a_moved_copy_is_found_and_its_place_is_told() {
    let elsewhere = |world: &World| world.sandbox.google.root_folder();
    let break_it =
        |world: &World, file: &DriveFile| world.sandbox.google.move_to(&file.id, &elsewhere(world));
    let mend = |world: &World, file: &DriveFile| world.sandbox.google.move_to(&file.id, &file.parents[0]);
    found_and_mended("moved", "it is now in https://drive.google.com/drive/folders/", break_it, mend).await;
}

#[tokio::test]
async fn a_copy_without_a_checksum_is_not_good() {
    let world = archived(&[]).await;
    world.sandbox.faults.add(rule(Route::DriveList, 0, 99, Fault::NoChecksum));
    // A list that says too little confirms nothing, and each file is asked by its id.
    verify(&world, &[]).await.assert(0, "4 file(s) are on Drive");
    world.sandbox.faults.add(rule(Route::DriveGet, 0, 99, Fault::NoChecksum));
    verify(&world, &["--job", "1"]).await.assert(1, "4 unreadable.");
}

#[tokio::test]
async fn a_missing_copy_says_until_when_zooms_trash_has_it() {
    let world = archived(&[]).await;
    world.sandbox.google.remove(&copy(&world, "speaker view").id);
    verify(&world, &[]).await.assert(1, "zoom2drive recover 1 --archive-again (Zoom's trash has it until 20");
    world.sql("UPDATE jobs SET put_away_at = 0").await;
    verify(&world, &[]).await.assert(1, "Zoom's trash may still have it");
    world.sql("UPDATE jobs SET put_away_at = 1").await;
    verify(&world, &["--known"]).await.assert(1, "gone: neither Zoom nor its trash has it any more");
    world.sql("UPDATE jobs SET zoom_copy = 'untouched'").await;
    verify(&world, &["--known"]).await.assert(1, "zoom2drive jobs retry 1 (Zoom still has it)");
}

#[tokio::test]
async fn what_is_deleted_for_good_at_zoom_is_said_to_be_gone() {
    let world = archived(&[("AFTER_ARCHIVE", "delete")]).await;
    world.sandbox.google.remove(&copy(&world, "speaker view").id);
    verify(&world, &[]).await.assert(1, "gone: neither Zoom nor its trash");
}

#[tokio::test]
async fn a_part_of_the_archive_can_be_asked_for() {
    let world = archived(&[]).await;
    let other = "/verify/+BBBBBBBBBBB==";
    world.sandbox.zoom.add(usual_meeting(other).host("Bob@example.com"));
    let life = world.live().await;
    world.deliver(&life, other).await;
    life.finish(&world).await;
    life.stop().await;
    for (arguments, files) in [
        (&["--host", "ANN@example.com"][..], 4),
        (&["--host", "bob@example.com"], 4),
        (&["--since", "2026-01-01"], 8),
        (&["--job", "2"], 4),
        (&[], 8),
    ] {
        verify(&world, arguments).await.assert(0, &format!("{files} file(s) are on Drive"));
    }
    for nothing in [&["--host", "eve@example.com"][..], &["--since", "2999-01-01"]] {
        verify(&world, nothing).await.assert(0, "No archived file is meant.");
    }
    // What is wrong elsewhere stays known.
    world.sandbox.google.trash(&copy(&world, "speaker view").id);
    verify(&world, &[]).await.assert(1, "1 trashed.");
    let is_anns = run(&world, &[], &["verify", "--host", "ann@example.com"]).await.code == 1;
    let whole = if is_anns { "bob@example.com" } else { "ann@example.com" };
    verify(&world, &["--host", whole]).await.assert(0, "4 file(s) are on Drive");
    verify(&world, &["--known"]).await.assert(1, "1 trashed.");
    verify(&world, &["--job", "9"]).await.assert(1, "job 9");
    verify(&world, &["--job", "1", "--host", "a"]).await.assert(2, "cannot be used with");
}

#[tokio::test]
async fn what_was_archived_again_is_no_finding_any_more() {
    let world = archived(&[("AFTER_ARCHIVE", "keep")]).await;
    let file = copy(&world, "speaker view");
    world.sandbox.google.remove(&file.id);
    verify(&world, &[]).await.assert(1, "zoom2drive jobs retry 1");
    let life = world.live().await;
    life.store.retry(JobId(1)).await.unwrap();
    life.finish(&world).await;
    assert_ne!(copy(&world, "speaker view").id, file.id);
    assert!(life.store.verify_findings(None).await.unwrap().is_empty());
    life.stop().await;
    verify(&world, &[]).await.assert(0, "4 file(s) are on Drive");
}

#[tokio::test]
async fn a_changed_copy_is_archived_again_beside_what_a_person_made_of_it() {
    let world = archived(&[("AFTER_ARCHIVE", "keep")]).await;
    let file = copy(&world, "speaker view");
    world.sandbox.google.change_content(&file.id, b"cut");
    verify(&world, &[]).await.assert(1, "1 changed.");
    let life = world.live().await;
    life.store.retry(JobId(1)).await.unwrap();
    life.finish(&world).await;
    life.stop().await;
    let files = world.sandbox.google.files();
    let of_name = files.iter().filter(|one| one.name == file.name && !one.trashed);
    let sizes: Vec<u64> = of_name.map(|one| one.size).collect();
    assert!(sizes.len() == 2 && sizes.contains(&3) && sizes.contains(&file.size), "{sizes:?}");
    verify(&world, &[]).await.assert(0, "4 file(s) are on Drive");
}
