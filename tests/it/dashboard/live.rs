//! News of an open page: what a stream sends, how many there are, and how each ends.

use std::time::Duration;

use futures::StreamExt;
use zoom2drive::jobs::pause::{PauseCause, System};
use zoom2drive::store::pauses::NewPause;

use super::{Browser, opened};
use crate::support::steps::days_ago;
use crate::support::world::{LIMIT, usual_meeting};

/// An open stream.
struct Stream {
    answer: reqwest::Response,
    text: String,
}

impl Stream {
    async fn open(browser: &Browser, of: &str) -> Self {
        let request = browser.client.get(format!("{}/dashboard/live?of={of}", browser.url));
        let answer = request.header("cookie", &browser.cookie).send().await.unwrap();
        Self { answer, text: String::new() }
    }

    /// Reads until this has arrived; false if the stream ended before.
    async fn until(&mut self, part: &str) -> bool {
        let reading = async {
            while !self.text.contains(part) {
                match self.answer.chunk().await {
                    Ok(Some(bytes)) => self.text.push_str(&String::from_utf8_lossy(&bytes)),
                    Ok(None) | Err(_) => return false,
                }
            }
            true
        };
        tokio::time::timeout(LIMIT, reading).await.expect("nothing came")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_sends_each_part_at_once_and_then_what_is_news() {
    let (world, life, browser) = opened(&[("SWEEP_EVERY", "150ms"), ("AFTER_ARCHIVE", "keep")]).await;
    let mut stream = Stream::open(&browser, "overview").await;
    assert_eq!(stream.answer.status(), 200);
    for (name, value) in [
        ("content-type", "text/event-stream"),
        ("cache-control", "no-store"),
        ("x-accel-buffering", "no"),
        ("x-content-type-options", "nosniff"),
    ] {
        assert_eq!(stream.answer.headers()[name], value, "{name}");
    }
    for id in ["state", "todo", "moving", "proofs", "day"] {
        assert!(stream.until(&format!("id=\"{id}\"")).await, "{id}");
    }
    assert!(stream.text.starts_with("retry: ") && stream.text.contains("event: part\n"), "{}", stream.text);
    assert!(!stream.text.contains("equal at both ends"));
    let mut meeting = usual_meeting("/live/AAAA==").start(&days_ago(1));
    meeting.topic = "<script>x</script>".to_owned();
    world.sandbox.zoom.add(meeting);
    assert!(stream.until("equal at both ends").await);
    assert!(!stream.text.contains("<script"), "{}", stream.text);
    let wait = Duration::from_secs(3600);
    let (system, cause, message) = (System::Drive, PauseCause::StorageFull, "full".to_owned());
    life.store.begin_pause(&NewPause { system, cause, message, wait, relapse_wait: wait }).await.unwrap();
    assert!(stream.until("1 thing needs you.").await);
    assert!(stream.until("action=\"/dashboard/pauses/drive/probe\"").await);
    // A hidden tab asks for its icon alone.
    let tab = browser.get("/dashboard/state").await;
    let tab: serde_json::Value = serde_json::from_str(&tab.body).unwrap();
    assert_eq!(tab["title"], "! 1 needs you");
    assert!(tab["icon"].as_str().unwrap().starts_with("/dashboard/assets/attention.svg?v="), "{tab}");
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_room_for_some_streams_and_a_stop_ends_them_at_once() {
    let (_world, life, browser) = opened(&[]).await;
    for of in ["", "nonsense", "recording:x", "recording:7&what=1"] {
        assert_eq!(Stream::open(&browser, of).await.answer.status(), 400, "{of}");
    }
    assert_eq!(Stream::open(&browser, "recording:7").await.answer.status(), 404);
    let mut streams = Vec::new();
    for _ in 0..64 {
        let mut stream = Stream::open(&browser, "overview").await;
        assert!(stream.until("id=\"day\"").await);
        streams.push(stream);
    }
    assert_eq!(Stream::open(&browser, "overview").await.answer.status(), 503);
    // One that leaves makes room.
    streams.pop();
    let deadline = tokio::time::Instant::now() + LIMIT;
    while Stream::open(&browser, "overview").await.answer.status() == 503 {
        assert!(tokio::time::Instant::now() < deadline, "there is no room");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let began = tokio::time::Instant::now();
    let (_, ended) = tokio::join!(
        life.stop(),
        futures::stream::iter(streams)
            .map(|mut stream| async move { stream.until("this never comes").await })
            .buffer_unordered(64)
            .collect::<Vec<bool>>()
    );
    assert!(ended.len() == 63 && ended.iter().all(|came| !came));
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_script_is_small_and_never_cached_under_another_content() {
    let (_world, life, browser) = opened(&[]).await;
    let page = browser.get("/dashboard").await;
    let address = page.body.split("<script src=\"").nth(1).unwrap().split('"').next().unwrap();
    let script = browser.get(address).await;
    assert_eq!(script.headers["cache-control"], "public, max-age=31536000, immutable");
    assert_eq!(script.headers["content-type"], "text/javascript; charset=utf-8");
    assert!(script.body.len() <= 5 * 1024, "{}", script.body.len());
    for forbidden in ["eval", "innerHTML = html", "document.write", "localStorage", ".style"] {
        assert!(!script.body.contains(forbidden), "{forbidden}");
    }
    let style = page.body.split("rel=\"stylesheet\" href=\"").nth(1).unwrap().split('"').next().unwrap();
    assert!(browser.get(style).await.body.len() <= 12 * 1024);
    life.stop().await;
}
