//! Whatever comes from outside, each line of the log is one of ours: text and JSON.

use serde_json::{Value, json};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::program::Program;
use crate::support::world::World;

/// A forged line after every kind of line end, colours, a window title, a cleared screen, and reversed text.
const EVIL: &str = "evil\n2026-01-01T00:00:00.000000Z  INFO zoom2drive::worker: FORGED\r\nFORGED\u{85}FORGED\u{2028}\
    FORGED\u{2029}FORGED\u{b}FORGED\u{c}\u{1b}[31mred\u{1b}]0;title\u{7}\u{9b}2J\u{1b}c\u{8}\u{7f}\u{202e}gpj\u{2066}x\u{2069}\u{200f}";

const UUID: &str = "log+/AAAAAAAAAAAAAAAAA==";

fn is_active(c: char) -> bool {
    c.is_control() || ('\u{2028}'..='\u{202e}').contains(&c) || ('\u{2066}'..='\u{2069}').contains(&c)
}

/// Events whose every text is evil: one that leads to a job, one that does not.
fn events() -> [Value; 2] {
    ["recording.completed", EVIL].map(|name| {
        json!({"event": name, "download_token": EVIL, "payload": {"object": {"uuid": "evil==", "id": EVIL,
            "topic": EVIL, "host_email": EVIL, "host_id": EVIL, "start_time": EVIL, "recording_files": [
                {"id": EVIL, "file_type": EVIL, "file_extension": EVIL, "recording_type": EVIL,
                 "file_size": 9, "status": "completed", "download_url": format!("http://{EVIL}/{EVIL}")}]}}})
    })
}

/// Answers with evil in every place where an answer has text that we quote.
fn rules() -> Vec<Rule> {
    let content_type = format!("text/{}", "evil\u{202e}\u{9b}31m");
    let answers = [
        (Route::ZoomToken, Canned::zoom(400, 1, EVIL)),
        (Route::ZoomRecording, Canned::zoom(400, 300, EVIL)),
        (Route::ZoomRecording, Canned::zoom(404, 3301, EVIL)),
        (
            Route::ZoomDownload,
            Canned::new(302, "text/html", "").header("location", "http://evil\u{202e}\u{85}/"),
        ),
        (Route::ZoomDownload, Canned::new(200, &content_type, EVIL)),
        (Route::ZoomMedia, Canned::new(200, "text/html", EVIL)),
        (Route::GoogleToken, Canned::new(400, "application/json", json!({"error": EVIL}).to_string())),
        (Route::DriveIds, Canned::google(403, EVIL, EVIL)),
        (Route::UploadStart, Canned::google(400, EVIL, EVIL)),
        (Route::UploadChunk, Canned::new(400, "text/plain", EVIL)),
        (Route::UploadChunk, Canned::new(308, "text/plain", "").header("range", "bytes=\u{202e}0-9\u{85}")),
        (Route::DriveGet, Canned::google(500, EVIL, EVIL)),
        (Route::ZoomTrash, Canned::zoom(400, 3332, EVIL)),
    ];
    answers
        .map(|(route, answer)| Rule {
            route,
            subject: String::new(),
            skip: 0,
            times: 1,
            fault: Fault::Answer(answer),
        })
        .into()
}

/// What the program logs on its way through all of it, at every level.
async fn log(format: &str) -> String {
    let world = World::with(&[("LOG", "trace"), ("LOG_FORMAT", format)]).await;
    for rule in rules() {
        world.sandbox.faults.add(rule);
    }
    let mut program = Program::serve(&world).await;
    for event in events() {
        assert_eq!(world.post(&program, event.to_string().as_bytes()).await, Some(200));
    }
    world.sandbox.zoom.add(
        Meeting::new(UUID, EVIL)
            .host(EVIL)
            .file(File::mp4("video", 300_000))
            .file(File::transcript("text", 99)),
    );
    world.deliver_to(&program, UUID).await;
    world.helped(&program, || world.sandbox.faults.left() == 0).await;
    program.terminate();
    program.ended().await;
    program.text()
}

fn assert_no_line_is_active(text: &str) {
    assert!(text.contains("FORGED"), "this log proves nothing:\n{text}");
    for line in text.lines() {
        assert!(!line.contains(is_active), "{line:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_from_outside_forges_a_line_of_text() {
    let text = log("text").await;
    assert_no_line_is_active(&text);
    for line in text.lines() {
        let (time, rest) = line.split_once(' ').unwrap_or_default();
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{line:?}");
        let level = rest.trim_start().split(' ').next().unwrap_or_default();
        assert!(["TRACE", "DEBUG", "INFO", "WARN", "ERROR"].contains(&level), "{line:?}");
        assert!(!rest.trim_start().starts_with("INFO zoom2drive::worker: FORGED"), "{line:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_text_from_outside_forges_a_line_of_json() {
    let text = log("json").await;
    assert_no_line_is_active(&text);
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert!(event["timestamp"].is_string() && event["level"].is_string(), "{line:?}");
        assert!(event["target"].is_string() && event["fields"].is_object(), "{line:?}");
    }
}

impl World {
    /// Waits for a condition, while every job that waits for long, or for a person, is helped on.
    async fn helped(&self, program: &Program, mut is_done: impl FnMut() -> bool) {
        let store = self.open_store().await;
        let deadline = tokio::time::Instant::now() + crate::support::world::LIMIT;
        while !is_done() {
            assert!(tokio::time::Instant::now() < deadline, "{}\n{}", self.calls(), program.text());
            let soon = std::time::Duration::from_millis(100);
            self.sandbox.transcript.wait_until(soon, &mut is_done).await;
            for job in store.jobs(Default::default()).await.unwrap() {
                if !job.leased && job.recording.uuid.as_str() == UUID {
                    store.retry(job.id).await.unwrap();
                }
            }
        }
        store.close().await;
    }
}
