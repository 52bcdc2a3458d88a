//! The story: a signed webhook in, a proved archive out.

use zoom2drive::sandbox::faults::Route;

use crate::support::world::{World, usual_meeting};

const UUID: &str = "/UE+cApLTmOc6HZxOLFclQ==";

#[tokio::test]
async fn a_signed_webhook_becomes_a_proved_archive() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    let paths: Vec<String> = world.archive().into_keys().collect();
    assert_eq!(
        paths,
        [
            "ann@example.com/2026/2026-03-01 Rehearsal/2026-03-01 18.30 Rehearsal audio only.m4a",
            "ann@example.com/2026/2026-03-01 Rehearsal/2026-03-01 18.30 Rehearsal chat file.txt",
            "ann@example.com/2026/2026-03-01 Rehearsal/2026-03-01 18.30 Rehearsal shared screen with speaker view.mp4",
            "ann@example.com/2026/2026-03-01 Rehearsal/2026-03-01 18.30 Rehearsal timeline.json",
        ]
    );
    assert_eq!(world.sandbox.transcript.count(Route::ZoomTrash), 1);
    // Nothing comes between the last look at Zoom and the trashing: what appears meanwhile would go too.
    let calls = world.sandbox.transcript.calls();
    let trash = calls.iter().position(|call| call.route == Route::ZoomTrash).unwrap();
    assert_eq!(calls[trash - 1].route, Route::ZoomRecording, "{}", world.calls());
    life.stop().await;
}
