//! Events on pages: what came in and what it led to, and beginning again with one.

use serde_json::json;

use super::{HOSTILE, opened};
use crate::support::world::usual_meeting;

const UUID: &str = "events/+page/AAAAAA==";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_is_shown_without_its_body_and_begins_again_after_a_question() {
    let (world, life, browser) = opened(&[]).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    let list = browser.get("/dashboard/events").await;
    list.assert_shows(&["recording.completed", "sent by Zoom", "recording 1", "1 event shown"]);
    let event = browser.get("/dashboard/events/1").await;
    event.assert_shows(&["recording.completed", UUID, "recording 1", "Its body is not shown", "Begin again"]);
    for secret in world.sandbox.zoom.handed_out() {
        assert!(!event.body.contains(&secret) && !list.body.contains(&secret));
    }
    // Asking changes nothing.
    let question = browser.get("/dashboard/events/1/replay").await;
    question.assert_shows(&["archived again from the beginning", "Files that are proved stay"]);
    let trail = life.store.audit(None).await.unwrap().len();
    let done = browser.post("/dashboard/events/1/replay", &[]).await;
    assert_eq!((done.status, done.location()), (303, "/dashboard/recordings/1?done=replayed"));
    let lines = life.store.audit(None).await.unwrap();
    assert_eq!(lines.len(), trail + 2);
    let entry = &lines[0].entry;
    assert_eq!((&*entry.action, &*entry.target, &*entry.outcome), ("replay", "event 1", "done"));
    assert!(entry.who.starts_with("Ann (so named), dashboard session 1"), "{}", entry.who);
    life.finish(&world).await;
    world.assert_promises(UUID);
}

#[tokio::test]
async fn an_event_without_a_recording_is_refused_and_hostile_names_are_text() {
    let (world, life, browser) = opened(&[]).await;
    let body = json!({"event": HOSTILE, "event_ts": 1_772_562_605_000_u64, "payload": {"object": {"uuid": HOSTILE}}});
    assert_eq!(world.send(&life, body.to_string().as_bytes()).await, 200);
    for path in ["/dashboard/events", "/dashboard/events/1", "/dashboard/events/1/replay"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, 200);
        page.assert_harmless();
    }
    let refused = browser.post("/dashboard/events/1/replay", &[]).await;
    assert_eq!(refused.status, 409);
    refused.assert_shows(&["Nothing was done", "cannot be replayed"]);
    assert!(!refused.body.contains("<script"));
}

#[tokio::test]
async fn a_long_list_goes_on_where_it_ended() {
    let (world, _life, browser) = opened(&[]).await;
    world
        .sql(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 120)
               INSERT INTO events (name, received_at, body, body_sha256, note)
               SELECT 'event.number_' || n, n * 60000, x'00', 'digest ' || n, '' FROM numbers",
        )
        .await;
    let first = browser.get("/dashboard/events").await;
    first.assert_shows(&["event.number_120", "event.number_71", "50 events shown", "Older"]);
    assert!(!first.text().contains("event.number_70 ") && !first.text().contains("Newest"));
    assert!(first.body.contains(r#"href="/dashboard/events?before=71""#), "{}", first.body);
    let last = browser.get("/dashboard/events?before=21").await;
    last.assert_shows(&["event.number_20", "event.number_1 ", "20 events shown", "Newest"]);
    assert!(!last.text().contains("Older"));
    browser.get("/dashboard/events?before=1").await.assert_shows(&["No event has arrived before these"]);
    assert!(first.body.len() < 50 * 1024, "{} bytes", first.body.len());
}

#[tokio::test]
async fn unknown_addresses_are_refused() {
    let (_world, _life, browser) = opened(&[]).await;
    for (path, status) in [
        ("/dashboard/events?after=1", 400),
        ("/dashboard/events?before=x", 400),
        ("/dashboard/events?before=", 400),
        ("/dashboard/events/1?before=1", 400),
        ("/dashboard/events/999", 404),
        ("/dashboard/events/x", 404),
        ("/dashboard/events/-1", 404),
        ("/dashboard/events/99999999999999999999", 404),
        ("/dashboard/messages?state=lost", 400),
        ("/dashboard/messages?what=1", 400),
        ("/dashboard/hosts?after=a", 400),
        ("/dashboard/audit?before=a", 400),
        ("/dashboard/system?done=<script>", 400),
        ("/dashboard/system?x=1", 400),
        ("/dashboard/settings?x=1", 400),
        ("/dashboard/doctor?x=1", 400),
    ] {
        let page = browser.get(path).await;
        assert_eq!(page.status, status, "{path}: {}", page.body);
        assert!(!page.body.contains("<script"), "{path}");
    }
}
