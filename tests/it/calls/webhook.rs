//! A recording that Zoom has announced.

use super::*;
use crate::support::steps::settled_into_waiting;
use crate::support::world::{LIMIT, Life};

/// With `AFTER_ARCHIVE=trash` and `SETTLE_FOR=24h`.
const TABLE: &[Row] = &[
    (Route::ZoomToken, 1, 0, 0),
    (Route::ZoomUsers, 2, 0, 0),
    // The plan, three looks for late files, and the last one before Zoom's copy goes.
    (Route::ZoomRecording, 0, 5, 0),
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

/// Lets time pass for all jobs, and waits until each has looked for late files once more.
async fn look_again(world: &World, life: &Life, statement: &'static str) {
    let lists = || world.sandbox.transcript.count(Route::ZoomRecording);
    let jobs = life.jobs().await;
    let expected = lists() + jobs.len();
    world.sql(statement).await;
    for job in jobs {
        life.store.retry(job.id).await.unwrap();
    }
    let has_looked = world.sandbox.transcript.wait_until(LIMIT, || lists() >= expected).await;
    assert!(has_looked, "{}", world.calls());
    settled_into_waiting(life).await;
}

#[tokio::test]
async fn of_a_recording_that_was_announced() {
    for (recordings, files) in SIZES {
        let world = World::with(&[("SETTLE_FOR", "24h"), ("AFTER_ARCHIVE", "trash")]).await;
        let life = world.live().await;
        for number in 0..recordings {
            world.sandbox.zoom.add(meeting(number, files, 1));
            world.deliver(&life, &uuid(number)).await;
        }
        settled_into_waiting(&life).await;
        // An hour after the event, six hours, and a day.
        look_again(&world, &life, "UPDATE jobs SET accepted_at = accepted_at - 3600000").await;
        look_again(&world, &life, "UPDATE jobs SET accepted_at = accepted_at - 18000000").await;
        world.sql("UPDATE jobs SET accepted_at = accepted_at - 64800000").await;
        life.finish(&world).await;
        assert_archived(&world, recordings);
        assert_calls(&world, 0, TABLE, recordings, files);
        life.stop().await;
    }
}
