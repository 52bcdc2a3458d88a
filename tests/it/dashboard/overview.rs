//! The first page: its sentence is never better than what is known, and it says what to do.

use std::time::Duration;

use zoom2drive::jobs::pause::{PauseCause, System};
use zoom2drive::store::pauses::NewPause;

use super::{Answer, Browser, opened};
use crate::support::steps::days_ago;
use crate::support::world::{LIMIT, Life, usual_meeting};

const UUID: &str = "/overview/AAAAAAAA==";

const OFTEN: (&str, &str) = ("SWEEP_EVERY", "150ms");

const KEEP: (&str, &str) = ("AFTER_ARCHIVE", "keep");

/// Loads the page until its text has this.
async fn until(browser: &Browser, part: &str) -> Answer {
    let deadline = tokio::time::Instant::now() + LIMIT;
    loop {
        let page = browser.get("/dashboard").await;
        if page.text().contains(part) {
            return page;
        }
        assert!(tokio::time::Instant::now() < deadline, "{part} is not in:\n{}", page.text());
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// The class of the state, and the title of the tab.
fn state(page: &Answer) -> (String, String) {
    let between = |before: &str, after: &str| {
        let rest = page.body.split_once(before).map_or("", |(_, rest)| rest);
        rest.split(after).next().unwrap_or_default().to_owned()
    };
    (between("state-box ", "\""), between("<title>", "</title>"))
}

/// A day as the sentence writes it.
fn day(days: i64) -> String {
    let day: jiff::civil::Date = days_ago(days)[..10].parse().unwrap();
    let this_year = days_ago(0)[..4] == days_ago(days)[..4];
    day.strftime(if this_year { "%-d %B" } else { "%-d %B %Y" }).to_string()
}

async fn pause(life: &Life, cause: PauseCause, message: &str) {
    let (system, wait) = (System::Drive, Duration::from_secs(3600));
    let message = cause.message(system, message);
    life.store.begin_pause(&NewPause { system, cause, message, wait, relapse_wait: wait }).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_sweep_the_page_says_that_nobody_knows() {
    let (_world, life, browser) = opened(&[("SWEEP_EVERY", "0s")]).await;
    let page = browser.get("/dashboard").await;
    assert_eq!(page.status, 200);
    let (class, title) = state(&page);
    assert!(class == "unknown" && title.starts_with("? ") && title.contains(" Not known"), "{class} {title}");
    let text = page.text();
    assert!(text.contains("nobody asks it for the rest") && text.contains("Set SWEEP_EVERY"), "{text}");
    assert!(!text.contains("Every recording") && !text.contains("0 recording"), "{text}");
    assert!(page.body.contains("unknown.svg?v="), "{}", page.body);
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_archived_is_told_with_its_day_and_its_proof() {
    let (world, life, browser) = opened(&[OFTEN, KEEP]).await;
    let mut meeting = usual_meeting(UUID).start(&days_ago(1));
    meeting.topic = "<b>Hamlet</b>\u{202e}".to_owned();
    world.sandbox.zoom.add(meeting);
    life.finish(&world).await;
    let page = until(&browser, &format!("Every recording since {} is safe on Google Drive.", day(3))).await;
    let (class, title) = state(&page);
    assert!(class == "well" && title.starts_with("\u{2713} ") && title.contains(" All archived"), "{title}");
    let text = page.text();
    for part in ["equal at both ends", "Nothing moves. Last proof", "1 in all", "Zoom was asked", "in 24 h"] {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    assert!(page.body.contains("https://drive.google.com/file/d/"), "{}", page.body);
    assert!(page.body.contains("&#60;b&#62;Hamlet") && !page.body.contains("<b>Hamlet"), "{}", page.body);
    assert!(page.body.contains("\\u202e") && !page.body.contains('\u{202e}'));
    assert!(page.body.len() < 30_000, "{}", page.body.len());
    // A gap in the sweeps: another day, and the command that closes the gap.
    world
        .sql("UPDATE turns SET looked_at = looked_at - 691200000, covered_from = covered_from - 691200000")
        .await;
    let page = until(&browser, "Nobody has looked for recordings from").await;
    assert!(page.text().contains(&format!("since {}", day(3))), "{}", page.text());
    assert!(page.text().contains("zoom2drive backfill --from"), "{}", page.text());
    // What people called off is not safe.
    world.sql("UPDATE jobs SET standing = 'cancelled'").await;
    life.stop().await;
    let life = world.live().await;
    let browser = Browser::logged_in(&life).await;
    let page = until(&browser, "Every wanted recording since").await;
    assert!(page.text().contains("1 called off since then."), "{}", page.text());
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_needs_somebody_leads_with_its_words_and_its_button() {
    let (world, life, browser) = opened(&[OFTEN, KEEP]).await;
    world.sandbox.zoom.add(usual_meeting(UUID).start(&days_ago(1)));
    life.finish(&world).await;
    until(&browser, "Every recording since").await;
    world
        .sql("UPDATE jobs SET standing = 'parked', reason = 'No role on it. Share it as Content manager.', alike = 'ab12'")
        .await;
    let page = until(&browser, "1 thing needs you.").await;
    let (class, title) = state(&page);
    assert!(class == "attention" && title.starts_with("! ") && title.contains(" 1 needs you"), "{title}");
    assert!(
        page.text().contains("1 recording waits for you.")
            && page.text().contains("Share it as Content manager.")
    );
    assert!(page.body.contains("action=\"/dashboard/recordings/1/retry\""), "{}", page.body);
    pause(&life, PauseCause::StorageFull, "storage is full").await;
    let page = until(&browser, "2 things need you.").await;
    let text = page.text();
    assert!(
        text.contains("Google Drive is paused: storage full.") && text.contains("Make room in Google Drive"),
        "{text}"
    );
    assert!(page.body.contains("action=\"/dashboard/pauses/drive/probe\""), "{}", page.body);
    // Without their reasons in the list, too, and with a sweep that fails: then that is a line of it.
    world.sql("UPDATE turns SET succeeded_at = 1, tried_at = 9999999999999 WHERE name = 'sweep'").await;
    let page = until(&browser, "Nobody can say at the moment whether a recording is missing.").await;
    assert_eq!(state(&page).0, "attention");
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_that_ends_by_itself_is_no_alarm() {
    let (_world, life, browser) = opened(&[OFTEN]).await;
    until(&browser, "Every recording since").await;
    pause(&life, PauseCause::DailyLimit, "no more bytes today").await;
    let page = until(&browser, "goes on by itself").await;
    assert_eq!(state(&page).0, "working");
    assert!(!page.text().contains("Every recording"), "{}", page.text());
    life.stop().await;
}

#[tokio::test]
async fn the_overview_refuses_addresses_that_it_does_not_know() {
    let (_world, life, browser) = opened(&[]).await;
    for path in ["/dashboard?done=nonsense", "/dashboard?what=1"] {
        assert_eq!(browser.get(path).await.status, 400, "{path}");
    }
    assert!(browser.get("/dashboard?done=probed").await.text().contains("It is tried now"));
    life.stop().await;
}
