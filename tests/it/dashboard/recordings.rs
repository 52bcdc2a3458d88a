//! The list of recordings: every state in words, the search, its pages, and what attackers write into it.

use super::filled::{HOSTILE, accept, archive, assert_harmless, claim, ending, moving, park, play, still};
use zoom2drive::jobs::Standing;
use zoom2drive::store::shelf::PAGE_ROWS;

const START: &str = "2026-03-03T18:30:00Z";

#[tokio::test]
async fn every_state_is_shown_in_words() {
    let (_world, life, browser) = still(&[("TIMEZONE", "Europe/Berlin")]).await;
    let store = &life.store;
    archive(store, play("done", "Rehearsal 16", "ann@drama.example", START)).await;
    park(store, play("parked", "Faculty board", "dean@uni.example", START), "no role on the folder").await;
    let (_, _lease) = moving(store, play("moving", "Hamlet, act 2", "ann@drama.example", START)).await;
    accept(store, play("new", "", "", START)).await;
    let (off, _lease) = claim(store).await;
    store.cancel(off.id).await.unwrap();
    accept(store, play("empty", "Left alone", "ann@drama.example", START)).await;
    let (_, lease) = claim(store).await;
    store.finish(&lease, &ending(Standing::Finished, "skipped: not wanted (rules, line 3)")).await.unwrap();
    let page = browser.get("/dashboard/recordings").await;
    assert_eq!(page.status, 200);
    let text = page.text();
    for part in [
        "Tue 2026-03-03 19:30",
        "Rehearsal 16",
        "✓ archived",
        "1 file, 2.0 KiB",
        "in Zoom&#39;s trash until",
        "! needs you",
        "no role on the folder",
        "↻ copying, 42 %",
        "without a topic",
        "✕ called off",
        "– left out",
        "5 shown",
        "Zoom",
        "Recordings",
    ] {
        assert!(text.contains(part), "{part} is missing: {text}");
    }
    assert!(!text.contains("Older") && !text.contains("Newest"));
    assert!(page.body.len() < 30 * 1024, "{}", page.body.len());
    for (state, topic) in [
        ("archived", "Rehearsal 16"),
        ("needs-you", "Faculty board"),
        ("on-the-way", "Hamlet, act 2"),
        ("left-out", "Left alone"),
        ("called-off", "without a topic"),
    ] {
        let text = browser.get(&format!("/dashboard/recordings?state={state}")).await.text();
        assert!(text.contains(topic) && text.contains("1 shown"), "{state}: {text}");
    }
    let none = browser.get("/dashboard/recordings?state=late-files").await.text();
    assert!(none.contains("No recording fits this search."), "{none}");
}

#[tokio::test]
async fn the_form_is_the_address() {
    let (_world, life, browser) = still(&[]).await;
    let store = &life.store;
    accept(store, play("h", "Hamlet, ACT 2", "Ann@drama.example", START)).await;
    accept(store, play("f", "Faculty board", "dean@uni.example", "2026-03-02T10:00:00Z")).await;
    let empty = "?q=&state=&from=&to=&host=";
    for (query, topics) in [
        (empty, &["Hamlet", "Faculty"][..]),
        ("?q=hamlet+ANN", &["Hamlet"]),
        ("?q=uni.example", &["Faculty"]),
        ("?from=2026-03-03&to=2026-03-03", &["Hamlet"]),
        ("?to=2026-03-02", &["Faculty"]),
        ("?host=ann%40drama.example", &["Hamlet"]),
        ("?q=%25", &[]),
        ("?q=nobody", &[]),
    ] {
        let page = browser.get(&format!("/dashboard/recordings{query}")).await;
        assert_eq!(page.status, 200, "{query}");
        for topic in ["Hamlet", "Faculty"] {
            let rows = page.body.split("<tbody").nth(1).unwrap_or_default();
            assert_eq!(rows.contains(topic), topics.contains(&topic), "{query}: {topic}");
        }
    }
    let page = browser.get("/dashboard/recordings?q=%22%3E%3Cscript%3E&state=archived&from=2026-03-01").await;
    assert!(page.body.contains("value=\"&#34;&#62;&#60;script&#62;\""), "{}", page.body);
    assert!(page.body.contains("<option value=\"archived\" selected>"), "{}", page.body);
    assert!(page.body.contains("value=\"2026-03-01\""));
    assert!(page.text().contains("Clear"));
}

#[tokio::test]
async fn what_is_not_understood_is_refused() {
    let (_world, _life, browser) = still(&[]).await;
    for query in [
        "?state=green",
        "?colour=green",
        "?from=yesterday",
        "?to=2026-02-30",
        "?before=7",
        "?before=%3Cb%3E",
        "?alike=zz",
        "?q=a+b+c+d+e",
        "?q=a&q=b",
    ] {
        let page = browser.get(&format!("/dashboard/recordings{query}")).await;
        assert_eq!(page.status, 400, "{query}");
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"));
        assert_harmless(&page.body, query);
    }
}

#[tokio::test]
async fn older_recordings_are_on_the_next_page() {
    let (_world, life, browser) = still(&[]).await;
    for index in 0..=PAGE_ROWS {
        let start = format!("2026-03-03T18:{:02}:00Z", index % 60);
        accept(&life.store, play(&format!("u{index}"), &format!("Play no {index}."), "ann@x.org", &start))
            .await;
    }
    let first = browser.get("/dashboard/recordings?q=play").await;
    assert!(first.text().contains("40 shown") && first.text().contains("Older"));
    assert!(first.text().contains("Play no 40.") && !first.text().contains("Play no 0."));
    assert!(first.body.len() < 30 * 1024, "{}", first.body.len());
    let link = first.body.split("href=\"").find(|part| part.contains("before=")).unwrap();
    let link = link.split('"').next().unwrap().replace("&#38;", "&");
    assert!(link.starts_with("/dashboard/recordings?q=play&before="), "{link}");
    let second = browser.get(&link).await;
    assert!(second.text().contains("Play no 0.") && second.text().contains("1 shown"), "{}", second.text());
    assert!(second.text().contains("Newest") && !second.text().contains("Older"));
}

#[tokio::test]
async fn hostile_texts_stay_texts() {
    let (_world, life, browser) = still(&[]).await;
    park(&life.store, play("u", HOSTILE, HOSTILE, START), HOSTILE).await;
    let page = browser.get("/dashboard/recordings").await;
    assert_harmless(&page.body, "the list");
    assert!(page.body.contains("\\u202e"), "it is spelled out: {}", page.body);
    let mut long = play("l", "", "", START);
    (long.topic, long.host_email) = ("<b>".repeat(1 << 18), "h".repeat(1 << 20));
    accept(&life.store, long).await;
    let page = browser.get("/dashboard/recordings").await;
    assert_eq!(page.status, 200);
    assert!(page.body.len() < 50 * 1024, "{}", page.body.len());
}

#[tokio::test]
async fn recordings_of_an_earlier_release_are_announced_until_they_are_filled_in() {
    let (world, life, browser) = still(&[]).await;
    accept(&life.store, play("old", "An old play", "ann@drama.example", START)).await;
    world.sql("UPDATE jobs SET sort_at = 0").await;
    let text = browser.get("/dashboard/recordings").await.text();
    assert!(text.contains("1 older recordings are not in this list yet"), "{text}");
    assert!(!text.contains("An old play"));
    life.store.shelve_old(100).await.unwrap();
    let text = browser.get("/dashboard/recordings").await.text();
    assert!(text.contains("An old play") && !text.contains("not in this list"), "{text}");
}

#[tokio::test]
async fn a_group_is_shown_with_its_reason() {
    let (_world, life, browser) = still(&[]).await;
    let store = &life.store;
    park(store, play("a", "Hamlet", "ann@x.org", START), "no role on folder 1").await;
    park(store, play("b", "Macbeth", "ann@x.org", START), "no role on folder 2").await;
    park(store, play("c", "Lear", "ann@x.org", START), "the file is gone").await;
    let alike = store.parked_groups(1).await.unwrap()[0].alike.clone();
    let text = browser.get(&format!("/dashboard/recordings?alike={alike}")).await.text();
    assert!(text.contains("Hamlet") && text.contains("Macbeth") && !text.contains("Lear"), "{text}");
    assert!(text.contains("for the same reason as this one: no role on folder"), "{text}");
}
