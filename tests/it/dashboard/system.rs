//! The system's page: looks at Zoom, backfills, the machine; sessions that end by a button; the audit trail.

use std::time::Duration;

use zoom2drive::jobs::SWEEP_SINGLETON;
use zoom2drive::store::backfills::AwaitedJob;
use zoom2drive::store::{AuditEntry, SingletonClaim};

use super::{Browser, HOSTILE, TOKEN, opened};
use crate::support::world::{Life, usual_meeting};

const UUID: &str = "system/+page/AAAAAA==";

/// A sweep that ended with this note.
async fn swept(life: &Life, note: &str) {
    let hold = Duration::from_secs(60);
    let claim = life.store.acquire_singleton(SWEEP_SINGLETON, Duration::ZERO, hold).await.unwrap();
    let SingletonClaim::Ours(lease) = claim else { panic!("somebody else sweeps") };
    life.store.note_look(&lease, note, None).await.unwrap();
    life.store.end_singleton(&lease, true, note).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_system_says_what_it_does_and_where() {
    let (world, life, browser) = opened(&[]).await;
    let page = browser.get("/dashboard/system").await;
    page.assert_shows(&[
        "Looks at Zoom Rhythm off: SWEEP_EVERY is 0s Last good one none yet",
        "Backfills None is running",
        "Database SQLite, ",
        "Free on its disk",
        "Memory",
        env!("CARGO_PKG_VERSION"),
        "1 this one Ann may act",
    ]);
    world.sandbox.zoom.add(usual_meeting(UUID));
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    swept(&life, HOSTILE).await;
    let run = life.store.begin_backfill().await.unwrap();
    let job = life.jobs().await[0].id;
    life.store.await_jobs(run, &[AwaitedJob { job, bytes: 3 << 30 }]).await.unwrap();
    let page = browser.get("/dashboard/system").await;
    page.assert_harmless();
    page.assert_shows(&[
        "1 of 1",
        "3.00 GiB of 3.00 GiB",
        "0 %",
        "not known yet: too little has moved",
        "ago",
    ]);
}

#[tokio::test]
async fn a_session_ends_by_a_button_and_its_page_is_closed_at_once() {
    let (_world, life, browser) = opened(&[]).await;
    let mut other = Browser::new(&life.url);
    assert_eq!(other.log_in(HOSTILE, TOKEN).await.status, 303);
    let page = browser.get("/dashboard/system").await;
    // The name was cleaned of what turns the reading direction when it was given.
    page.assert_shows(&["this one", "<script>".replace('<', "&#60;").replace('>', "&#62;").as_str()]);
    assert!(!page.body.contains("<script") && !page.body.contains("<img"), "{}", page.body);
    assert_eq!(other.get("/dashboard/system").await.status, 200);
    let done = browser.post("/dashboard/sessions/2/end", &[]).await;
    assert_eq!((done.status, done.location()), (303, "/dashboard/system?done=ended"));
    browser.get(done.location()).await.assert_shows(&["The session has ended."]);
    assert_eq!(other.get("/dashboard/system").await.status, 303);
    let again = browser.post("/dashboard/sessions/2/end", &[]).await;
    assert_eq!(again.status, 404, "{}", again.body);
    assert_eq!(browser.post("/dashboard/sessions/x/end", &[]).await.status, 404);
    assert_eq!(browser.get("/dashboard/sessions/1/end").await.status, 405);
    let trail = browser.get("/dashboard/audit").await;
    trail.assert_shows(&[
        "end: session 2",
        "done of line",
        "Ann (so named), dashboard session 1, from 127.0.0.1",
    ]);
    trail.assert_shows(&["failed: there is no session 2"]);
}

#[tokio::test]
async fn the_audit_trail_is_text_in_pages() {
    let (_world, life, browser) = opened(&[]).await;
    let hostile = || HOSTILE.to_owned();
    for number in 0..60 {
        let (who, action) = (format!("Ben {number}."), hostile());
        let entry = AuditEntry { who, action, target: hostile(), outcome: hostile(), begun: None };
        life.store.write_audit(&entry).await.unwrap();
    }
    let first = browser.get("/dashboard/audit").await;
    first.assert_harmless();
    first.assert_shows(&["Ben 59.", "Ben 10.", "50 lines shown", "Older"]);
    assert!(!first.text().contains("Ben 9."));
    let second = browser.get("/dashboard/audit?before=13").await;
    second.assert_shows(&["Ben 9.", "Ben 0.", "log in: dashboard", "12 lines shown", "Newest"]);
}

/// A look changes nothing: not one line of the trail, no session, no row.
#[tokio::test]
async fn looking_at_pages_writes_nothing() {
    let (_world, life, browser) = opened(&[]).await;
    let before = (life.store.audit(None).await.unwrap(), life.store.sessions().await.unwrap());
    for path in ["hosts", "events", "messages", "system", "doctor", "settings", "audit", "sessions/1/end"] {
        browser.get(&format!("/dashboard/{path}")).await;
    }
    let after = (life.store.audit(None).await.unwrap(), life.store.sessions().await.unwrap());
    assert_eq!(before, after);
}
