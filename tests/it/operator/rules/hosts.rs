//! Rules about hosts follow Zoom's own word: an event cannot choose which of them apply.

use zoom2drive::jobs::Standing;
use zoom2drive::sandbox::zoom::Standing as AtZoom;

use super::{UUID, job_of, world};
use crate::support::world::{Life, World, usual_meeting};

const COMPLETED: &str = "recording.completed";

async fn told(world: &World, fields: &[(&str, &str)]) -> Life {
    world.sandbox.zoom.add(usual_meeting(UUID));
    world.sandbox.zoom.add_user("skipped@example.com", "active");
    let life = world.live().await;
    let event = world.forged(UUID, COMPLETED, fields);
    assert_eq!(world.send(&life, &event).await, 200);
    life
}

#[tokio::test]
async fn an_event_cannot_have_a_recording_left_out() {
    let skipped_id = usual_meeting(UUID).host("skipped@example.com").host_id;
    for rules in [
        "[skip]\nhosts = ['skipped@*']\n",
        "[only]\nhosts = ['ann@example.com']\n",
        "other_hosts = 'skip'\n[[where]]\nhosts = ['ann@*']\nfolder_template = '{host}/x'\n",
    ] {
        let world = world(rules).await;
        let life = told(&world, &[("host_email", "skipped@example.com"), ("host_id", &skipped_id)]).await;
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

#[tokio::test]
async fn an_event_cannot_choose_where_a_recording_goes() {
    let world = world("[[where]]\nhosts = ['skipped@*']\nfolder_template = 'public/{topic}'\n").await;
    let life = told(&world, &[("host_email", "skipped@example.com")]).await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    assert!(world.archive().keys().all(|path| path.contains("ann@example.com") && !path.contains("public")));
    life.stop().await;
}

#[tokio::test]
async fn a_host_whom_zoom_does_not_name_is_neither_left_out_nor_misplaced() {
    let world = world("[skip]\nhosts = ['skipped@*']\n").await;
    let hidden = ["user:read:list_users:admin", "user:read:user:admin"];
    let account = "cloud_recording:read:list_account_recordings:admin";
    hidden.into_iter().chain([account]).for_each(|scope| world.sandbox.zoom.remove_scope(scope));
    let life = told(&world, &[("host_email", "skipped@example.com")]).await;
    life.wait_for("a reason", |jobs| {
        jobs.iter().any(|job| job.reason.contains("user:read:list_users:admin"))
    })
    .await;
    let job = job_of(&life, UUID).await;
    assert!(matches!(job.standing, Standing::Active | Standing::Parked), "{}", job.reason);
    assert_eq!(world.archive().len(), 0);
    assert_eq!(world.sandbox.zoom.recording(UUID).unwrap().standing, AtZoom::Present);
    life.stop().await;
    // With the scope it goes on by itself, and rules know the host.
    let all = zoom2drive::sandbox::zoom::Zoom::all_scopes();
    world.sandbox.zoom.set_scopes(&all.iter().map(String::as_str).collect::<Vec<_>>());
    let life = world.live().await;
    life.finish_with(&world, |_parked| {}).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}
