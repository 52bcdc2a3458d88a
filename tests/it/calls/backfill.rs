//! Recordings of a month that a backfill brings.

use std::process::ExitCode;

use super::*;
use crate::operator::backfill::{day, run};

/// With `AFTER_ARCHIVE=trash` and one user.
const TABLE: &[Row] = &[
    (Route::ZoomToken, 1, 0, 0),
    (Route::ZoomUsers, 2, 0, 0),
    (Route::ZoomUserRecordings, 1, 0, 0),
    (Route::ZoomAccountRecordings, 1, 0, 0),
    // The plan, a last look for late files, and the last one before Zoom's copy goes.
    (Route::ZoomRecording, 0, 3, 0),
    (Route::ZoomTrash, 0, 1, 0),
    (Route::ZoomDownload, 0, 0, 1),
    (Route::ZoomMedia, 0, 0, 1),
    (Route::GoogleToken, 1, 0, 0),
    (Route::DriveIds, 1, 0, 0),
    (Route::DriveGet, 0, 1, 3),
    (Route::DriveList, 0, 2, 0),
    (Route::DriveCreate, 2, 2, 0),
    (Route::UploadStart, 0, 0, 1),
    (Route::UploadChunk, 0, 0, 1),
    (Route::UploadSmall, 0, 1, 0),
];

/// The estimate is what was counted, but for the token and the folders of host and year.
#[track_caller]
fn assert_estimated(world: &World, said: &str) {
    let counted = counted(world, 0);
    let zoom = sum(&counted, &["ZoomRecording", "ZoomTrash"]);
    let google = sum(&counted, &["Google", "Drive", "Upload"]) - 3;
    for line in [format!("Zoom gets up to {zoom} calls: "), format!("Google gets about {google} calls: ")] {
        assert!(said.contains(&line), "{line:?} is not in:\n{said}");
    }
}

/// A second run, which finds that all of it is archived.
const NOTHING_NEW: &[Row] = &[
    (Route::ZoomToken, 1, 0, 0),
    (Route::ZoomUsers, 2, 0, 0),
    (Route::ZoomUserRecordings, 1, 0, 0),
    (Route::ZoomAccountRecordings, 1, 0, 0),
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_a_month_that_a_backfill_brings() {
    for (recordings, files) in SIZES {
        let world = World::with(&[("SETTLE_FOR", "24h"), ("AFTER_ARCHIVE", "trash")]).await;
        for number in 0..recordings {
            world.sandbox.zoom.add(meeting(number, files, 20));
        }
        let arguments = ["--from", &day(25), "--yes=trash"];
        let (code, said) = run(&world, &arguments).await;
        assert_eq!(code, ExitCode::SUCCESS, "{said}\n{}", world.calls());
        assert_archived(&world, recordings);
        assert_calls(&world, 0, TABLE, recordings, files);
        assert_estimated(&world, &said);

        let before = world.sandbox.transcript.calls().len();
        let (code, said) = run(&world, &arguments).await;
        assert_eq!(code, ExitCode::SUCCESS, "{said}");
        assert_calls(&world, before, NOTHING_NEW, recordings, files);
    }
}
