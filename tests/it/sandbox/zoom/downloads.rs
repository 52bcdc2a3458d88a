//! Downloads: who may follow a link, what the media host sends, and every way it goes wrong.

use std::time::Duration;

use futures::StreamExt as _;
use serde_json::Value;
use zoom2drive::sandbox::content::{Content, Kind};
use zoom2drive::sandbox::faults::{Canned, Fault, Route};
use zoom2drive::sandbox::zoom::{File, Meeting};

use super::{ENCODED, Stage, UUID, VIDEO, client};

impl Stage {
    fn content(&self) -> Content {
        self.zoom.recording(UUID).unwrap().files[0].content.clone()
    }

    /// URL of the video and token out of a fresh event.
    fn event_link(&self) -> (String, String) {
        let event: Value = serde_json::from_slice(&self.zoom.event(UUID, "recording.completed")).unwrap();
        let url = &event["payload"]["object"]["recording_files"][0]["download_url"];
        (url.as_str().unwrap().to_owned(), event["download_token"].as_str().unwrap().to_owned())
    }
}

/// All that comes before the body ends, in order (true) or not.
async fn drain(answer: reqwest::Response) -> (Vec<u8>, bool) {
    let (mut bytes, mut stream) = (Vec::new(), answer.bytes_stream());
    while let Some(piece) = stream.next().await {
        match piece {
            Ok(piece) => bytes.extend_from_slice(&piece),
            Err(_) => return (bytes, false),
        }
    }
    (bytes, true)
}

fn header<'a>(answer: &'a reqwest::Response, name: &str) -> &'a str {
    answer.headers().get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn an_events_link_takes_its_token_or_the_apps() {
    let stage = Stage::with_meeting().await;
    let (url, token) = stage.event_link();
    assert!(url.contains("/rec/webhook_download/"), "{url}");
    let first = stage.signed(&url, &token).await;
    assert!(first.starts_with("http://localhost:"), "{first}");
    assert!(first.contains("Policy=") && first.contains("Signature=") && first.contains("Key-Pair-Id="));
    assert_ne!(first, stage.signed(&url, &stage.token().await).await, "each redirect is a fresh one");
    let answer = stage.http.get(&first).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), header(&answer, "content-type")), (200, "video/mp4"));
    assert_eq!(header(&answer, "accept-ranges"), "bytes");
    assert_eq!(answer.content_length(), Some(VIDEO));
    assert_eq!(drain(answer).await.0, stage.content().bytes(0, usize::MAX));
    assert_eq!(stage.zoom.bytes_sent(), VIDEO);
    stage.assert_good();
    let calls = stage.transcript.calls();
    let calls: Vec<String> = calls.iter().map(ToString::to_string).collect();
    assert_eq!(
        calls,
        [
            "ZoomDownload GET /rec/webhook_download/…: 302",
            "ZoomToken POST /oauth/token: 200",
            "ZoomDownload GET /rec/webhook_download/…: 302",
            "ZoomMedia GET /media/GMT20260115-100000_Recording.mp4: 200",
        ]
    );
    assert_eq!(stage.transcript.calls()[3].subject, format!("{UUID} video-1"));
}

#[tokio::test]
async fn what_is_not_good_gets_a_web_page() {
    let stage = Stage::with_meeting().await;
    let (url, token) = stage.event_link();
    let (_, other) = stage.event_link();
    let page = async |url: &str, token: &str| {
        let answer = stage.get(url, token).await;
        assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
        answer.status().as_u16()
    };
    stage.zoom.set_file(UUID, "video-1", |file| file.status = "processing".to_owned());
    assert_eq!(page(&url, &token).await, 404);
    stage.zoom.set_file(UUID, "video-1", |file| file.status = "completed".to_owned());
    stage.zoom.expire_download_tokens();
    assert_eq!(page(&url, &token).await, 200);
    let access = stage.token().await;
    stage.signed(&url, &access).await;
    stage.zoom.remove_file(UUID, "video-1");
    assert_eq!(page(&url, &access).await, 404);
    stage.assert_good();

    let stage_two = Stage::with_meeting().await;
    let (url, _) = stage_two.event_link();
    let (_, second) = stage_two.event_link();
    assert_eq!(stage_two.get(&url, &second).await.status(), 200);
    stage_two.assert_violation("another event");
    assert_eq!(stage_two.get(&url, &other).await.status(), 200);
    stage_two.assert_violation("wrong host");
    assert_eq!(client().get(&url).send().await.unwrap().status(), 200);
    stage_two.assert_violation("without a bearer token");
    let answer = client().get(format!("{url}?access_token=x")).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    stage_two.assert_violation("a token in the address");
}

#[tokio::test]
async fn a_listings_link_takes_its_own_token() {
    let stage = Stage::with_meeting().await;
    let listing = stage.listing().await;
    let url = listing["recording_files"][1]["download_url"].as_str().unwrap();
    let token = listing["download_access_token"].as_str().unwrap();
    stage.signed(url, token).await;
    let path = format!("/meetings/{ENCODED}/recordings?include_fields=download_access_token&ttl=0");
    let (_, dead) = stage.api("GET", &path).await;
    let dead_url = dead["recording_files"][0]["download_url"].as_str().unwrap();
    let answer = stage.get(dead_url, dead["download_access_token"].as_str().unwrap()).await;
    assert_eq!(header(&answer, "content-type"), "text/html; charset=utf-8");
    let plain = stage.api("GET", &format!("/meetings/{ENCODED}/recordings")).await.1;
    assert!(plain.get("download_access_token").is_none());
    let head = stage.http.head(url).bearer_auth(token).send().await.unwrap();
    assert_eq!(head.status(), 302);
    stage.assert_good();
}

#[tokio::test]
async fn the_media_host_wants_the_signature_and_nothing_else() {
    let stage = Stage::with_meeting().await;
    let url = stage.video().await;
    let head = stage.http.head(&url).send().await.unwrap();
    assert_eq!(header(&head, "content-length"), VIDEO.to_string());
    stage.assert_good();
    let here = url.replace("localhost", "127.0.0.1");
    assert_eq!(stage.http.get(&here).send().await.unwrap().status(), 403);
    assert_eq!(stage.http.get(url.replace("Signature=", "Signature=x")).send().await.unwrap().status(), 403);
    stage.zoom.expire_media_links();
    let answer = stage.http.get(&url).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), header(&answer, "content-type")), (403, "text/xml"));
    stage.assert_good();
    let url = stage.video().await;
    assert_eq!(stage.get(&url, &stage.token().await).await.status(), 403);
    stage.assert_violation("media host");
    let zipped = stage.http.get(&url).header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(zipped.status(), 200);
    stage.assert_violation("compressed");
}

#[tokio::test]
async fn ranges_are_served_exactly() {
    let stage = Stage::with_meeting().await;
    let (url, content) = (stage.video().await, stage.content());
    for (range, start, end) in [
        ("bytes=0-", 0, VIDEO),
        ("bytes=70000-", 70_000, VIDEO),
        ("bytes=5-9", 5, 10),
        ("bytes=-7", VIDEO - 7, VIDEO),
    ] {
        let answer = stage.range(&url, range).await;
        assert_eq!(answer.status(), 206);
        assert_eq!(header(&answer, "content-range"), format!("bytes {start}-{}/{VIDEO}", end - 1));
        assert_eq!(answer.content_length(), Some(end - start));
        let length = usize::try_from(end - start).unwrap();
        assert_eq!(drain(answer).await, (content.bytes(start, length).to_vec(), true));
    }
    let answer = stage.range(&url, "bytes=300000-").await;
    assert_eq!((answer.status().as_u16(), header(&answer, "content-range")), (416, "bytes */300000"));
    assert_eq!(stage.range(&url, "lines=1-2").await.status(), 200);

    let etag = header(&stage.range(&url, "bytes=1-2").await, "etag").to_owned();
    assert!(etag.starts_with('"'), "a strong tag");
    let resumed =
        |etag: &str| stage.http.get(&url).header("range", "bytes=9-").header("if-range", etag).send();
    assert_eq!(resumed(&etag).await.unwrap().status(), 206);
    stage.zoom.set_file(UUID, "video-1", |file| file.render_again(VIDEO, 99));
    let answer = resumed(&etag).await.unwrap();
    assert_eq!(answer.status(), 200, "other bytes: from the beginning");
    assert_ne!(header(&answer, "etag"), etag);
    stage.assert_good();
    assert!(stage.transcript.calls().iter().any(|call| call.request.ends_with(".mp4 [bytes=70000-]")));
}

#[tokio::test]
async fn kinds_have_their_types() {
    let stage = Stage::new().await;
    let files =
        [File::m4a("a", 99), File::transcript("t", 99), File::closed_caption("c", 99), File::chat("h", 99)];
    let files =
        files.into_iter().chain([File::timeline("l", 99), File::poll("p", 99), File::thumbnail("j", 99)]);
    stage.zoom.add(files.fold(Meeting::new(UUID, "All kinds"), Meeting::file).file(File::summary("s", 9)));
    let listing = stage.listing().await;
    assert_eq!((&listing["recording_count"], &listing["total_size"]), (&7.into(), &(7 * 99).into()));
    let token = listing["download_access_token"].as_str().unwrap();
    let mut types = Vec::new();
    for file in listing["recording_files"].as_array().unwrap() {
        let url = stage.signed(file["download_url"].as_str().unwrap(), token).await;
        types.push(header(&stage.http.get(&url).send().await.unwrap(), "content-type").to_owned());
    }
    let expected = ["audio/mp4", "application/octet-stream", "text/vtt", "text/plain", "application/json"];
    assert_eq!(types[..5], expected);
    assert_eq!(types[5..], ["text/csv", "image/jpeg", "application/json"]);
}

#[tokio::test]
async fn a_transfer_can_break_in_every_way() {
    let stage = Stage::with_meeting().await;
    let (url, content) = (stage.video().await, stage.content());
    let all = content.bytes(0, usize::MAX).to_vec();
    let with = async |fault, range: &str| {
        stage.fault(Route::ZoomMedia, "video-1", fault);
        stage.range(&url, range).await
    };

    // A cut counts the bytes of this body, wherever it begins.
    let answer = with(Fault::MediaCut(100_000), "bytes=50000-").await;
    assert_eq!(answer.content_length(), Some(250_000));
    assert_eq!(drain(answer).await, (all[50_000..150_000].to_vec(), false));

    let answer = with(Fault::MediaStall(100_000), "bytes=0-").await;
    let stalled = tokio::time::timeout(Duration::from_millis(200), drain(answer)).await;
    assert!(stalled.is_err(), "the connection stays open");

    let answer = with(Fault::MediaShort(1000), "none").await;
    assert_eq!((answer.status().as_u16(), answer.content_length()), (200, Some(1000)));
    assert_eq!(drain(answer).await, (all[..1000].to_vec(), true));
    let answer = with(Fault::MediaShort(1000), "bytes=10-").await;
    assert_eq!(header(&answer, "content-range"), "bytes 10-1009/300000");

    let answer = with(Fault::MediaWrongLength(5), "none").await;
    assert_eq!(answer.content_length(), Some(VIDEO + 5));
    assert_eq!(drain(answer).await, (all.clone(), false));

    let answer = with(Fault::MediaUnsized, "none").await;
    assert_eq!((answer.content_length(), header(&answer, "transfer-encoding")), (None, "chunked"));
    assert_eq!(drain(answer).await, (all.clone(), true));

    let answer = with(Fault::MediaUnmarked, "none").await;
    assert_eq!((answer.content_length(), header(&answer, "transfer-encoding")), (None, ""));
    assert_eq!(drain(answer).await, (all.clone(), true), "nothing but the closed connection tells");

    let answer = with(Fault::MediaNoRange, "bytes=100-").await;
    assert_eq!((answer.status().as_u16(), answer.content_length()), (200, Some(VIDEO)));
    let answer = with(Fault::MediaWrongRange, "bytes=100-").await;
    assert_eq!((answer.status().as_u16(), header(&answer, "content-range")), (206, "bytes 50-299999/300000"));
    assert_eq!(drain(answer).await, (all[50..].to_vec(), true));

    assert_eq!(with(Fault::Answer(Canned::html(200)), "bytes=1-").await.status(), 200);
    let notes: Vec<String> = stage.transcript.calls().iter().map(|call| call.answer.clone()).collect();
    assert!(notes.contains(&"206, MediaCut(100000)".to_owned()), "{notes:?}");
    stage.assert_good();
}

#[tokio::test]
async fn a_file_is_answered_otherwise_until_its_requests_are_used_up() {
    let stage = Stage::with_meeting().await;
    let content = stage.content();
    let (url, token) = stage.event_link();
    stage.zoom.set_file(UUID, "video-1", |file| file.instead = Some((content.cut_to(1_000), 2)));
    // Whatever address a request comes by, an event's or a listing's.
    for signed in [stage.signed(&url, &token).await, stage.video().await] {
        let answer = stage.http.get(&signed).send().await.unwrap();
        assert_eq!(answer.content_length(), Some(1_000));
        assert_eq!(drain(answer).await, (content.bytes(0, 1_000).to_vec(), true));
    }
    let answer = stage.http.get(stage.video().await).send().await.unwrap();
    assert_eq!(answer.content_length(), Some(VIDEO));
    let header_only = Content::literal(Kind::Vtt, "WEBVTT\n\n");
    assert_eq!((header_only.size(), header_only.bytes(3, 100).as_ref()), (8, &b"VTT\n\n"[..]));
    assert_ne!(header_only, Content::literal(Kind::Vtt, "WEBVTT\n\r"));
    stage.assert_good();
}

#[tokio::test]
async fn rows_can_be_listed_the_other_way_round() {
    let stage = Stage::with_meeting().await;
    let ids = || -> Vec<Value> {
        let event: Value = serde_json::from_slice(&stage.zoom.event(UUID, "recording.completed")).unwrap();
        let files = event["payload"]["object"]["recording_files"].as_array().unwrap().clone();
        files.into_iter().map(|file| file["id"].clone()).collect()
    };
    let mut before = ids();
    assert!(before.len() > 1, "one row has no order");
    stage.zoom.set_reversed(UUID, true);
    before.reverse();
    assert_eq!(ids(), before);
}

/// A client that does not read holds the sandbox back: nothing is made that nobody takes.
#[tokio::test]
async fn bodies_are_made_as_they_are_taken() {
    let stage = Stage::new().await;
    let size = 4 << 30;
    stage.zoom.add(Meeting::new(UUID, "Long").file(File::mp4("video-1", size)));
    let url = stage.video().await;
    let answer = stage.http.get(&url).send().await.unwrap();
    assert_eq!(answer.content_length(), Some(size));
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(stage.zoom.bytes_sent() < 64 << 20, "{} bytes were made", stage.zoom.bytes_sent());
    drop(answer);
    let far = stage.range(&url, &format!("bytes={}-", size - 100)).await;
    assert_eq!(drain(far).await.0, Content::bytes(&stage.content(), size - 100, 100));
}

#[test]
fn a_content_of_a_gigabyte_is_cheap_to_make() {
    let content = Content::new(Kind::Mp4, 1 << 30, 7);
    let begin = std::time::Instant::now();
    let mut offset = 0;
    while offset < 64 << 20 {
        offset += content.bytes(offset, 65_536).len() as u64;
    }
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?} for 64 MiB", begin.elapsed());
}
