//! What people do: harmless acts at once, the others after a page that says what will happen. Every act is in the
//! audit trail, and no GET changes anything.

use jiff::civil::date;
use zoom2drive::jobs::{JobId, Standing};

use super::filled::{accept, archive, moving, park, play, still};
use crate::support::world::Life;

const START: &str = "2026-03-01T18:30:00Z";

/// The trail without log-ins: who, action, target, outcome; the oldest first.
async fn trail(life: &Life) -> Vec<[String; 4]> {
    let mut trail = life.store.audit(None).await.unwrap();
    trail.reverse();
    let entries = trail.into_iter().map(|record| record.entry).filter(|entry| entry.action != "log in");
    entries.map(|entry| [entry.who, entry.action, entry.target, entry.outcome]).collect()
}

async fn standing(life: &Life, id: JobId) -> Standing {
    life.store.job(id).await.unwrap().standing
}

#[tokio::test]
async fn a_retry_is_done_at_once_and_recorded() {
    let (_world, life, browser) = still(&[]).await;
    let id = park(&life.store, play("u", "Hamlet", "ann@x.org", START), "no role").await;
    let answer = browser.post(&format!("/dashboard/recordings/{id}/retry"), &[]).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, &*format!("/dashboard/recordings/{id}?done=retried"))
    );
    assert_eq!(standing(&life, id).await, Standing::Active);
    let page = browser.get(answer.location()).await;
    assert!(page.text().contains("It is tried again now."), "{}", page.text());
    let told = "Ann (so named), dashboard session 1, from 127.0.0.1: retry, done";
    assert_eq!(page.text().matches(told).count(), 1, "{}", page.text());
    assert!(!page.text().contains("retried by a person"), "told once: {}", page.text());
    let who = "Ann (so named), dashboard session 1, from 127.0.0.1";
    let expected =
        ["begun", "done"].map(|outcome| [who, "retry", &format!("job {id}"), outcome].map(str::to_owned));
    assert_eq!(trail(&life).await, expected);
}

#[tokio::test]
async fn calling_off_says_before_what_is_lost() {
    let (_world, life, browser) = still(&[]).await;
    let mut recording = play("u", "Hamlet", "ann@x.org", START);
    recording.auto_delete_date = Some(date(2026, 4, 1));
    let id = accept(&life.store, recording).await;
    let address = format!("/dashboard/recordings/{id}/cancel");
    let page = browser.get(&address).await;
    assert!(page.text().contains("Zoom deletes this on 2026-04-01; nobody will copy it."), "{}", page.text());
    assert!(page.text().contains("Nothing of it is on Drive"), "{}", page.text());
    assert_eq!(standing(&life, id).await, Standing::Active, "a look changes nothing");
    let answer = browser.post(&address, &[]).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, &*format!("/dashboard/recordings/{id}?done=called-off"))
    );
    assert_eq!(standing(&life, id).await, Standing::Cancelled);
    let text = browser.get(answer.location()).await.text();
    assert!(
        text.contains("✕ called off") && text.contains("It is called off. Retry lets it go on."),
        "{text}"
    );
    let again = browser.post(&address, &[]).await;
    assert_eq!(again.status, 409);
    assert!(again.text().contains("It is called off already."), "{}", again.text());
    assert_eq!(browser.get(&address).await.status, 409);
    assert_eq!(trail(&life).await.len(), 2);
}

#[tokio::test]
async fn what_is_done_cannot_be_called_off() {
    let (_world, life, browser) = still(&[]).await;
    let id = archive(&life.store, play("u", "Hamlet", "ann@x.org", START)).await;
    let answer = browser.post(&format!("/dashboard/recordings/{id}/cancel"), &[]).await;
    assert_eq!(answer.status, 409);
    assert!(answer.text().contains("Not possible now") && answer.text().contains("It is done"));
    assert_eq!(standing(&life, id).await, Standing::Finished);
    assert!(trail(&life).await.is_empty(), "what is not begun is not recorded");
}

#[tokio::test]
async fn a_recording_begins_again_from_its_newest_event() {
    let (world, life, browser) = still(&[]).await;
    let (id, lease) = moving(&life.store, play("u", "Hamlet", "ann@x.org", START)).await;
    let address = format!("/dashboard/recordings/{id}/replay");
    let page = browser.get(&address).await;
    assert!(page.text().contains("from its newest event, number 1"), "{}", page.text());
    let answer = browser.post(&address, &[]).await;
    assert_eq!(
        (answer.status, answer.location()),
        (303, &*format!("/dashboard/recordings/{id}?done=begun-again"))
    );
    assert!(life.store.heartbeat(&lease, std::time::Duration::from_secs(9)).await.is_err(), "the run ends");
    assert_eq!(trail(&life).await[1][1..], ["replay", "event 1", "done"].map(str::to_owned));
    world.sql("UPDATE events SET body = x'7b7d'").await;
    let refused = browser.post(&address, &[]).await;
    assert_eq!(refused.status, 409, "{}", refused.text());
    world.sql("DELETE FROM events").await;
    for refused in [browser.get(&address).await, browser.post(&address, &[]).await] {
        assert_eq!(refused.status, 409);
        assert!(refused.text().contains("No event of it is kept any longer"), "{}", refused.text());
    }
}

#[tokio::test]
async fn recordings_with_one_reason_are_retried_together() {
    let (_world, life, browser) = still(&[]).await;
    let store = &life.store;
    let mut ids = Vec::new();
    for index in 0..12 {
        let recording = play(&format!("u{index}"), &format!("Play {index}."), "ann@x.org", START);
        ids.push(park(store, recording, &format!("no role on folder {index}")).await);
    }
    let other = park(store, play("other", "Lear", "ann@x.org", START), "the file is gone").await;
    let alike = store.parked_groups(1).await.unwrap()[0].alike.clone();
    let page = browser.get(&format!("/dashboard/retry-parked?alike={alike}")).await;
    let text = page.text();
    for part in ["Retry these 12 recordings", "no role on folder 0", "Play 0., ann@x.org", "and 2 more"] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    assert!(!text.contains("Play 11.") && !text.contains("Lear"));
    let answer = browser.post("/dashboard/retry-parked", &[("alike", &alike)]).await;
    assert_eq!((answer.status, answer.location()), (303, "/dashboard?done=retried-alike"));
    for id in ids {
        assert_eq!(standing(&life, id).await, Standing::Active);
    }
    assert_eq!(standing(&life, other).await, Standing::Parked);
    assert_eq!(
        trail(&life).await[1][1..],
        ["retry", &format!("parked jobs alike {alike}"), "done"].map(str::to_owned)
    );
    let again = browser.post("/dashboard/retry-parked", &[("alike", &alike)]).await;
    assert_eq!(again.status, 409, "{}", again.text());
    for (path, status) in [("", 400), ("?alike=nothing", 409), ("?alike=a&x=1", 400)] {
        assert_eq!(browser.get(&format!("/dashboard/retry-parked{path}")).await.status, status, "{path}");
    }
    assert!(browser.post("/dashboard/retry-parked", &[("other", "x")]).await.status >= 400);
}

#[tokio::test]
async fn a_paused_system_is_tried_at_once() {
    let (_world, life, browser) = still(&[]).await;
    let before = life.store.pauses().await.unwrap()[0].probe_at;
    let answer = browser.post("/dashboard/pauses/drive/probe", &[]).await;
    assert_eq!((answer.status, answer.location()), (303, "/dashboard?done=probed"));
    assert!(life.store.pauses().await.unwrap()[0].probe_at < before);
    assert_eq!(trail(&life).await[1][1..], ["probe", "drive", "done"].map(str::to_owned));
    assert_eq!(browser.post("/dashboard/pauses/dropbox/probe", &[]).await.status, 404);
    assert_eq!(browser.get("/dashboard/pauses/drive/probe").await.status, 405);
}

#[tokio::test]
async fn nothing_is_done_for_another_site_or_without_a_recording() {
    let (_world, life, browser) = still(&[]).await;
    let id = park(&life.store, play("u", "Hamlet", "ann@x.org", START), "no role").await;
    let paths = ["retry", "cancel", "replay"].map(|act| format!("/dashboard/recordings/{id}/{act}"));
    let group = ["/dashboard/retry-parked", "/dashboard/pauses/drive/probe"].map(str::to_owned);
    for path in paths.iter().chain(&group) {
        let request = browser.client.post(format!("{}{path}", browser.url));
        let request = request.header("sec-fetch-site", "cross-site").header("origin", "https://evil.example");
        assert_eq!(browser.send(request).await.status, 403, "{path}");
    }
    for act in ["retry", "cancel", "replay"] {
        for number in ["999", "x"] {
            let answer = browser.post(&format!("/dashboard/recordings/{number}/{act}"), &[]).await;
            assert_eq!(answer.status, 404, "{number}/{act}");
        }
    }
    for act in ["retry", "cancel", "replay"] {
        let answer = browser.post(&format!("/dashboard/recordings/{id}/{act}?really=no"), &[]).await;
        assert_eq!(answer.status, 400, "{act}");
    }
    assert_eq!(standing(&life, id).await, Standing::Parked);
    assert!(trail(&life).await.is_empty());
}

#[tokio::test]
async fn no_look_changes_anything() {
    let (_world, life, browser) = still(&[]).await;
    let id = park(&life.store, play("u", "Hamlet", "ann@x.org", START), "no role").await;
    let alike = life.store.parked_groups(1).await.unwrap()[0].alike.clone();
    let writes = crate::dashboard::count_writes(&life.store);
    let mut paths = vec![
        "/dashboard/recordings".to_owned(),
        "/dashboard/recordings?q=hamlet&state=needs-you".to_owned(),
        format!("/dashboard/recordings/{id}"),
        format!("/dashboard/retry-parked?alike={alike}"),
        "/dashboard/pauses/drive/probe".to_owned(),
    ];
    paths.extend(["retry", "cancel", "replay"].map(|act| format!("/dashboard/recordings/{id}/{act}")));
    for path in &paths {
        browser.get(path).await;
        let head = browser.client.head(format!("{}{path}", browser.url));
        browser.send(head).await;
    }
    assert_eq!(writes.now(), Vec::<&str>::new());
    browser.post(&format!("/dashboard/recordings/{id}/retry"), &[]).await;
    assert_eq!(writes.now(), ["write_audit", "change_job", "write_audit"]);
}
