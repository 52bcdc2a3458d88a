//! Hosts on a page: sums, money, pages in one order, and links to the search.

use zoom2drive::sandbox::zoom::{File, Meeting};

use super::{HOSTILE, opened};
use crate::support::world::usual_meeting;

const UUID: &str = "hosts/+page/AAAAAAA==";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_host_has_sums_and_a_link_to_its_recordings() {
    let settings = [("AFTER_ARCHIVE", "trash"), ("ZOOM_PRICE_PER_GB", "EUR 2000")];
    let (world, life, browser) = opened(&settings).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    let page = browser.get("/dashboard/hosts").await;
    page.assert_shows(&[
        "1, 1 archived, 0 on the way",
        "ann@example.com 1 1 0 0 2.6 MiB 2.6 MiB 2.6 MiB in its trash",
    ]);
    assert!(page.body.contains(r#"href="/dashboard/recordings?q=ann%40example.com""#), "{}", page.body);
    // What is in Zoom's trash is counted there: nothing is saved yet.
    assert!(!page.text().contains("a month less"), "{}", page.text());
    world.sql("UPDATE jobs SET put_away_at = 1").await;
    // The sums are read once a minute.
    assert!(!browser.get("/dashboard/hosts").await.text().contains("a month less"));
    drop(life);
    let life = world.live().await;
    let browser = super::Browser { url: life.url.clone(), ..browser };
    browser.get("/dashboard/hosts").await.assert_shows(&["some EUR 5.40 a month less at Zoom"]);
}

#[tokio::test]
async fn hosts_are_listed_in_one_order_in_pages_of_forty() {
    let (world, _life, browser) = opened(&[]).await;
    world
        .sql(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 70)
               INSERT INTO jobs (meeting, recording, stage, standing, next_attempt_at, accepted_at, updated_at,
                 sort_at, host) SELECT 'm' || n, '{}', 'received', 'cancelled', 1, 1, 1, 1,
                 'host' || substr('0' || n, -2) || '@example.com' FROM numbers",
        )
        .await;
    let first = browser.get("/dashboard/hosts").await;
    first.assert_shows(&["host01@example.com", "host40@example.com", "40 hosts shown", "More"]);
    assert!(!first.text().contains("host41@"));
    let next = "/dashboard/hosts?before=host40%40example.com";
    assert!(first.body.contains(next), "{}", first.body);
    let last = browser.get(next).await;
    last.assert_shows(&["70, 0 archived", "host41@example.com", "host70@example.com", "30 hosts shown"]);
    assert!(!last.text().contains("host40@") && !last.text().contains("More →"));
    assert!(first.body.len() < 30 * 1024, "{} bytes", first.body.len());
}

#[tokio::test]
async fn a_hostile_host_is_text_and_its_link_stays_a_link() {
    let (world, life, browser) = opened(&[]).await;
    world.sandbox.zoom.add(Meeting::new(UUID, "Topic").host("ann@example.com").file(File::chat("c", 3)));
    let body = world.forged(UUID, "recording.completed", &[("host_email", HOSTILE), ("host_id", HOSTILE)]);
    assert_eq!(world.send(&life, &body).await, 200);
    let page = browser.get("/dashboard/hosts").await;
    page.assert_harmless();
    assert!(page.body.contains(r#"href="/dashboard/recordings?q=%3Cscript%3E"#), "{}", page.body);
}
