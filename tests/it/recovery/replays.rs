//! Replays, from whatever a job has become: what failed goes on, what succeeded stays as it is.

use std::collections::BTreeMap;

use futures::future::join_all;
use zoom2drive::jobs::Standing;
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};

use crate::support::world::{Life, World, usual_meeting};

const UUID: &str = "replay/+uuid==";

/// The status of a replay, by the admin API.
async fn replay(world: &World, life: &Life, event: u64) -> u16 {
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let request = client.post(format!("{}/admin/events/{event}/replay", life.url));
    request.bearer_auth(&world.settings["ADMIN_TOKEN"]).send().await.unwrap().status().as_u16()
}

/// What was written to Drive so far, by kind of call.
fn writes(world: &World) -> [usize; 5] {
    use Route::*;
    let routes = [UploadStart, UploadChunk, UploadSmall, DriveCreate, DriveUpdate];
    routes.map(|route| world.sandbox.transcript.count(route))
}

/// Everything on Drive: paths, ids, digests.
fn held(world: &World) -> BTreeMap<String, (String, String)> {
    let files = world.archive().into_iter();
    files.map(|(path, file)| (path, (file.id.clone(), file.sha256.clone()))).collect()
}

#[tokio::test]
async fn a_replay_of_a_success_changes_nothing() {
    for after_archive in ["keep", "trash"] {
        let world = World::with(&[("AFTER_ARCHIVE", after_archive)]).await;
        world.sandbox.zoom.add(usual_meeting(UUID));
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        life.finish(&world).await;
        let (before, written) = (held(&world), writes(&world));
        // One, and then many at the same time.
        assert_eq!(replay(&world, &life, 1).await, 200);
        life.finish(&world).await;
        let statuses = join_all((0..8).map(|_| replay(&world, &life, 1))).await;
        assert_eq!(statuses, [200; 8]);
        life.finish(&world).await;
        assert_eq!(writes(&world), written, "{after_archive}\n{}", world.calls());
        assert_eq!(held(&world), before, "{after_archive}");
        let jobs = life.jobs().await;
        assert!(jobs.len() == 1 && jobs[0].standing == Standing::Finished, "{jobs:#?}");
        life.stop().await;
        world.assert_archived(&[UUID]);
    }
}

#[tokio::test]
async fn a_replay_helps_on_what_was_parked_or_cancelled() {
    let world = World::new().await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let refused = Canned::google(400, "invalid", "Bad Request");
    world.sandbox.faults.add(Rule {
        route: Route::UploadStart,
        subject: String::new(),
        skip: 2,
        times: 1,
        fault: Fault::Answer(refused),
    });
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.wait_for("parking", |jobs| jobs.iter().any(|job| job.standing == Standing::Parked)).await;
    assert_eq!(replay(&world, &life, 1).await, 200);
    life.store.cancel(life.jobs().await[0].id).await.unwrap();
    // Two people at the same time.
    let statuses = join_all([replay(&world, &life, 1), replay(&world, &life, 1)]).await;
    assert_eq!(statuses, [200, 200]);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn an_event_of_no_interest_cannot_be_replayed() {
    let world = World::new().await;
    let life = world.live().await;
    assert_eq!(world.send(&life, br#"{"event":"meeting.started","payload":{}}"#).await, 200);
    assert_eq!(replay(&world, &life, 1).await, 422);
    assert_eq!(replay(&world, &life, 2).await, 404);
    assert!(life.jobs().await.is_empty());
    let trail = life.store.audit(None).await.unwrap();
    assert!(trail[2].entry.outcome.starts_with("failed: event 1 cannot be replayed"), "{trail:?}");
    assert!(trail.iter().all(|record| record.entry.who == "admin from 127.0.0.1"), "{trail:?}");
    life.stop().await;
}
