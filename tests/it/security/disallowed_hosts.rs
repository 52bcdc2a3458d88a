//! Addresses on hosts that are not allowed: nothing is sent there, and a person learns at once which host and which
//! setting.

use zoom2drive::jobs::{Job, Standing};
use zoom2drive::sandbox::faults::{Canned, Route};

use crate::support::steps::{LATER, refuse_listing};
use crate::support::world::{Life, World, usual_meeting};

const UUID: &str = "foreign+/A==";

/// The sandbox gives out addresses on the first of these, which lead to the second.
const LINKS: &str = "127.0.0.1";
const MEDIA: &str = "localhost";

async fn parked(life: &Life) -> Job {
    life.wait_for("a parked job", |jobs| jobs.iter().any(|job| job.standing == Standing::Parked)).await;
    life.jobs().await.remove(0)
}

#[tokio::test]
async fn a_foreign_host_calls_for_a_person_at_once_and_is_named_with_its_setting() {
    let none = [("ZOOM_ACCOUNT_ID", ""), ("ZOOM_CLIENT_ID", ""), ("ZOOM_CLIENT_SECRET", "")];
    for (allowed, refused, credentials) in
        [(LINKS, MEDIA, true), (MEDIA, LINKS, true), (LINKS, MEDIA, false), (MEDIA, LINKS, false)]
    {
        let settings: &[(&str, &str)] = if credentials { &[] } else { &none };
        let keep = [("AFTER_ARCHIVE", "keep"), ("ZOOM_DOWNLOAD_HOSTS", allowed)];
        let mut world = World::with(&[&keep, settings].concat()).await;
        world.sandbox.zoom.add(usual_meeting(UUID));
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        let job = parked(&life).await;
        assert!(
            job.reason.contains(&format!("http://{refused}")) && job.reason.contains("ZOOM_DOWNLOAD_HOSTS"),
            "{}",
            job.reason
        );
        assert!(job.attempts <= 1, "{} attempts", job.attempts);
        assert_eq!(world.sandbox.transcript.count(Route::ZoomMedia), 0);
        assert_eq!(world.sandbox.transcript.violations(), Vec::<String>::new());
        life.stop().await;
        world.settings.insert("ZOOM_DOWNLOAD_HOSTS".to_owned(), format!("{LINKS},{MEDIA}"));
        let life = world.live().await;
        life.store.retry(job.id).await.unwrap();
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        life.stop().await;
    }
}

#[tokio::test]
async fn an_events_foreign_address_is_no_matter_where_zoom_lists_another() {
    let world = World::with(&[]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    let mut event = crate::support::steps::event(&world, UUID);
    for file in event["payload"]["object"]["recording_files"].as_array_mut().unwrap() {
        file["download_url"] = "https://cdn.example/rec/webhook_download/x".into();
    }
    assert_eq!(world.send(&life, event.to_string().as_bytes()).await, 200);
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}

#[tokio::test]
async fn a_foreign_address_that_zoom_does_not_list_calls_for_a_person_and_the_rest_is_archived() {
    let world = World::with(&[]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    let life = world.live().await;
    let mut event = crate::support::steps::event(&world, UUID);
    let extra = serde_json::json!({
        "id": "not-listed", "file_type": "MP4", "file_extension": "MP4", "file_size": 7_000, "status": "completed",
        "recording_start": "2026-03-01T18:30:00Z", "download_url": "https://cdn.example/rec/webhook_download/x",
    });
    event["payload"]["object"]["recording_files"].as_array_mut().unwrap().push(extra);
    assert_eq!(world.send(&life, event.to_string().as_bytes()).await, 200);
    let job = parked(&life).await;
    assert!(job.reason.contains("https://cdn.example, which ZOOM_DOWNLOAD_HOSTS"), "{}", job.reason);
    assert!(job.attempts <= 1, "{} attempts", job.attempts);
    assert_eq!(world.archive().len(), 4, "{}", world.calls());
    world.assert_promises(UUID);
    life.stop().await;
}

#[tokio::test]
async fn an_events_foreign_address_is_refused_at_once_while_zoom_lists_nothing() {
    let world = World::with(&[]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    refuse_listing(&world, UUID, Canned::zoom(404, 3301, "La grabación no existe."));
    let life = world.live().await;
    let mut event = crate::support::steps::event(&world, UUID);
    for file in event["payload"]["object"]["recording_files"].as_array_mut().unwrap() {
        file["download_url"] = "https://cdn.example/rec/webhook_download/x".into();
    }
    assert_eq!(world.send(&life, event.to_string().as_bytes()).await, 200);
    life.wait_for("a refusal", |jobs| jobs[0].reason.contains("Trying again")).await;
    world.sql(LATER).await;
    let job = parked(&life).await;
    assert!(job.reason.contains("https://cdn.example, which ZOOM_DOWNLOAD_HOSTS"), "{}", job.reason);
    // Zoom lists it in the end: its own addresses are used.
    world.sandbox.faults.clear();
    life.store.retry(job.id).await.unwrap();
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    life.stop().await;
}
