//! A sweep that finds recordings, and one that finds nothing new.

use super::*;
use crate::sweep::swept;

/// One sweep for each life of the program.
const ONCE: (&str, &str) = ("SWEEP_EVERY", "24h");

/// With `AFTER_ARCHIVE=keep` and one user. Zoom is listed for the plan and in a last look.
const TABLE: &[Row] = &[
    (Route::ZoomToken, 1, 0, 0),
    (Route::ZoomUsers, 2, 0, 0),
    (Route::ZoomUserRecordings, 1, 0, 0),
    (Route::ZoomAccountRecordings, 1, 0, 0),
    (Route::ZoomRecording, 0, 2, 0),
    (Route::ZoomDownload, 0, 0, 1),
    (Route::ZoomMedia, 0, 0, 1),
    (Route::GoogleToken, 1, 0, 0),
    (Route::DriveIds, 1, 0, 0),
    (Route::DriveGet, 0, 1, 2),
    (Route::DriveList, 0, 2, 0),
    (Route::DriveCreate, 2, 2, 0),
    (Route::UploadStart, 0, 0, 1),
    (Route::UploadChunk, 0, 0, 1),
    (Route::UploadSmall, 0, 1, 0),
];

/// Three users and 40 days, which are two windows. Recordings and files cost nothing.
const NOTHING_NEW: &[Row] = &[
    (Route::ZoomToken, 1, 0, 0),
    (Route::ZoomUsers, 2, 0, 0),
    (Route::ZoomUserRecordings, 3 * 2, 0, 0),
    (Route::ZoomAccountRecordings, 2, 0, 0),
];

#[tokio::test]
async fn of_recordings_that_a_sweep_finds() {
    for (recordings, files) in SIZES {
        let world = World::with(&[ONCE, ("AFTER_ARCHIVE", "keep")]).await;
        for number in 0..recordings {
            world.sandbox.zoom.add(meeting(number, files, 1));
        }
        let life = world.live().await;
        swept(&life).await;
        life.finish(&world).await;
        assert_archived(&world, recordings);
        assert_calls(&world, 0, TABLE, recordings, files);
        life.stop().await;
    }
}

#[tokio::test]
async fn of_a_sweep_that_finds_nothing_new() {
    let world = World::with(&[ONCE, ("AFTER_ARCHIVE", "keep"), ("SWEEP_BACK", "40d")]).await;
    for user in ["bob@example.com", "eve@example.com"] {
        world.sandbox.zoom.add_user(user, "active");
    }
    for number in 0..3 {
        world.sandbox.zoom.add(meeting(number, 4, 1));
    }
    let life = world.live().await;
    swept(&life).await;
    life.finish(&world).await;
    life.stop().await;
    let before = world.sandbox.transcript.calls().len();
    world.sql("DELETE FROM turns").await;
    let life = world.live().await;
    swept(&life).await;
    life.stop().await;
    assert_calls(&world, before, NOTHING_NEW, 3, 4);
}
