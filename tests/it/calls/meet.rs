//! Conferences of Google Meet that a command brings. They are of one room and one day, so that they share a folder.

use zoom2drive::sandbox::google::Artifact;

use super::*;
use crate::meet::{EWA, conference, run, world_with};

/// For one user. A conference's recordings, transcripts and notes are listed by the command, for the plan, and in a last
/// look. Of the looks at a file in Drive two are at the original.
const TABLE: &[Row] = &[
    (Route::GoogleToken, 5, 0, 0),
    (Route::Meet, 2, 9, 0),
    (Route::Calendar, 0, 1, 0),
    (Route::DriveMedia, 0, 0, 1),
    (Route::DriveIds, 1, 0, 0),
    (Route::DriveGet, 0, 1, 4),
    (Route::DriveList, 1, 1, 0),
    (Route::DriveCreate, 3, 1, 0),
    (Route::UploadStart, 0, 0, 1),
    (Route::UploadChunk, 0, 0, 1),
    (Route::UploadSmall, 0, 1, 0),
];

#[tokio::test]
async fn of_conferences_of_google_meet() {
    for (conferences, files) in SIZES {
        let world = world_with(&[EWA], &[("SETTLE_FOR", "24h")]).await;
        for number in 0..conferences {
            let (id, ended) = (format!("told-{number}"), format!("10:0{number}:00"));
            let told = conference(&id, EWA, "abc-mnop-xyz", "09:00:00", &ended);
            let told = (0..files).fold(told, |told, file| {
                told.artifact(Artifact::recording(&format!("Video {number}-{file}.mp4"), FILE_BYTES))
            });
            world.sandbox.google.add_conference(told);
        }
        run(&world, &["bring", "--user", EWA]).await.assert(0, "archived");
        assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
        assert_calls(&world, 0, TABLE, conferences, files);
    }
}
