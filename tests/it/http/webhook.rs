//! The webhook intake over real HTTP, with a real store behind it: what it takes, what it refuses, and that
//! 200 means that the event is on disk.

use std::time::Duration;

use bytes::Bytes;
use futures::{StreamExt, stream};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use zoom2drive::jobs::EventId;
use zoom2drive::recording::Recording;
use zoom2drive::secret::Secret;
use zoom2drive::webhook::signature::{self, Refusal, Signed};
use zoom2drive::webhook::{BODY_BYTES_MAX, payload};

use crate::support::server::{Intake, SECRET, completed};

/// The two requests that Zoom itself once signed: body, timestamp, signature.
const GOLDEN: [(&[u8], &str, &str); 2] = [
    (
        include_bytes!("../data/09-golden-signed-url_validation.json"),
        "1720705455",
        "v0=93a1a675965ceb9c5a50c5dfb31f20e50f763be37a54ef74cd2d16a1a8e5c0d6",
    ),
    (
        include_bytes!("../data/10-golden-signed-meeting.started-emoji-escapes.json"),
        "1720707175",
        "v0=1a14e79349318fa1bead50ebbd3c185ae078e182d3bbd30ab8010fcb7f4357c7",
    ),
];

/// What a sample has to do with the job of the recording that all of them are about.
#[derive(Clone, Copy, PartialEq)]
enum Told {
    Archives,
    Changes,
    Nothing,
}
use Told::{Archives, Changes, Nothing};

/// Zoom's documented samples.
const SAMPLES: [(&[u8], Told); 13] = [
    (include_bytes!("../data/20-official-recording.completed.json"), Archives),
    (include_bytes!("../data/21-official-recording.transcript_completed.json"), Archives),
    (include_bytes!("../data/22-official-recording.trashed.json"), Changes),
    (include_bytes!("../data/23-official-recording.deleted.json"), Changes),
    (include_bytes!("../data/24-official-recording.recovered.json"), Archives),
    (include_bytes!("../data/25-official-recording.renamed.json"), Changes),
    (include_bytes!("../data/26-official-recording.started.json"), Nothing),
    (include_bytes!("../data/27-official-recording.stopped.json"), Nothing),
    (include_bytes!("../data/30-official-recording.batch_trashed.json"), Nothing),
    (include_bytes!("../data/31-official-recording.batch_deleted.json"), Changes),
    (include_bytes!("../data/39-official-meeting.ended.json"), Nothing),
    (include_bytes!("../data/42-official-meeting.summary_completed.json"), Nothing),
    (include_bytes!("../data/44-official-webinar.ended.json"), Nothing),
];

#[test]
fn zooms_own_signatures_are_verified_over_the_raw_bytes() {
    let secrets = [Secret::new("another"), Secret::new(SECRET)];
    for (body, timestamp, signature) in GOLDEN {
        let now = Timestamp::from_second(timestamp.parse::<i64>().unwrap() + 15).unwrap();
        let signed = Signed { timestamp, signature };
        assert_eq!(signed.verify(body, &secrets, now).map(Secret::expose), Ok(SECRET));
        assert_eq!(signed.verify(body, &secrets[..1], now), Err(Refusal::Signature));
        assert_eq!(signed.verify(body, &secrets, Timestamp::now()), Err(Refusal::Stale));
    }
    // Parsed and written again, the second body has other bytes: the signature no longer fits.
    let (body, timestamp, signature) = GOLDEN[1];
    let rewritten = serde_json::to_vec(&serde_json::from_slice::<Value>(body).unwrap()).unwrap();
    let now = Timestamp::from_second(timestamp.parse().unwrap()).unwrap();
    let signed = Signed { timestamp, signature };
    assert_eq!(signed.verify(&rewritten, &secrets, now), Err(Refusal::Signature));
}

#[tokio::test]
async fn a_signed_challenge_is_answered_and_not_stored() {
    let intake = Intake::open(&["newer secret", SECRET]).await;
    let answer = intake.signed(SECRET, GOLDEN[0].0, 0).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.headers()["content-type"], "application/json");
    let expected = include_str!("../data/09-golden-signed-url_validation.expected-response.json");
    let expected: Value = serde_json::from_str(expected).unwrap();
    assert_eq!(answer.json::<Value>().await.unwrap(), expected);
    assert_eq!(intake.event_count().await, 0);
}

#[tokio::test]
async fn a_challenge_cannot_be_used_to_have_an_event_signed() {
    let intake = Intake::open(&[SECRET]).await;
    let unsigned = intake.request().body(GOLDEN[0].0).send().await.unwrap();
    assert_eq!(unsigned.status(), 401);
    for token in [json!(""), json!("x".repeat(129)), json!("v0:1720705455:{}"), json!(null), json!({})] {
        let body = json!({"event": "endpoint.url_validation", "payload": {"plainToken": token}});
        let answer = intake.signed(SECRET, body.to_string().as_bytes(), 0).send().await.unwrap();
        assert_eq!(answer.status(), 400);
        assert!(!answer.text().await.unwrap().contains("encryptedToken"));
    }
    assert_eq!(intake.event_count().await, 0);
}

#[tokio::test]
async fn every_documented_sample_is_accepted() {
    let intake = Intake::open(&[SECRET]).await;
    for (count, (body, told)) in SAMPLES.into_iter().enumerate() {
        assert_eq!(intake.send(body).await, 200);
        let newest = intake.scratch.store.events(None).await.unwrap().remove(0);
        assert_eq!(newest.job.is_some(), told != Nothing, "{}", newest.name);
        assert_eq!(newest.note.is_empty(), told == Archives, "{}", newest.name);
        let (_, stored) = intake.scratch.store.event(newest.id).await.unwrap();
        assert_replayable(body, &stored);
        assert_eq!(intake.event_count().await, count + 1);
    }
    // All samples are about the same meeting.
    let jobs = intake.scratch.store.jobs(Default::default()).await.unwrap();
    assert_eq!(jobs.len(), 1);
    let token = jobs[0].recording.files[0].download.as_ref().unwrap().token.as_ref().unwrap();
    assert!(token.expose().starts_with("abJhbGci"));
}

/// What is stored of a body says the same as the body, and holds neither its passcodes nor its links for people.
fn assert_replayable(body: &[u8], stored: &[u8]) {
    let (raw, kept) = (payload::read(body).unwrap(), payload::read(stored).unwrap());
    let facts = |event: payload::Event| {
        let recording = event.recording.map(|recording| Recording { share_url: String::new(), ..recording });
        (event.name, event.meeting, recording, event.changes, event.note)
    };
    assert_eq!(facts(kept), facts(raw));
    let (raw, stored): (Value, _) = (serde_json::from_slice(body).unwrap(), String::from_utf8_lossy(stored));
    let object = &raw["payload"]["object"];
    let files = ["recording_files", "participant_audio_files"];
    let files = files.iter().filter_map(|name| object[*name].as_array()).flatten();
    let plays = files.map(|file| &file["play_url"]);
    let opening = ["password", "recording_play_passcode", "share_url"].map(|name| &object[name]);
    for secret in opening.into_iter().chain(plays).filter_map(Value::as_str).filter(|text| !text.is_empty()) {
        // Zoom's samples give all addresses the same host.
        assert!(!stored.contains(&format!("\"{secret}\"")), "{secret} is in {stored}");
    }
}

#[tokio::test]
async fn what_is_not_signed_by_zoom_is_refused_without_a_hint() {
    let intake = Intake::open(&[SECRET]).await;
    let body = completed("u==", "x").to_string();
    let now = Timestamp::now().as_second().to_string();
    let good = signature::signature(&Secret::new(SECRET), &now, body.as_bytes());
    let request = || intake.request().body(body.clone());
    let forged = [
        request(),
        request().header("x-zm-signature", &good),
        request().header("x-zm-request-timestamp", &now),
        request().header("x-zm-request-timestamp", "soon").header("x-zm-signature", &good),
        request().header("x-zm-request-timestamp", &now).header("x-zm-signature", good.to_uppercase()),
        request().header("x-zm-request-timestamp", &now).header("x-zm-signature", &good[..66]),
        request()
            .header("x-zm-request-timestamp", &now)
            .header("x-zm-request-timestamp", &now)
            .header("x-zm-signature", &good),
        intake.signed("another secret", body.as_bytes(), 0),
        intake.signed(SECRET, body.as_bytes(), 0).body(body.replace("A play", "A ploy")),
        intake.signed(SECRET, body.as_bytes(), -330),
        intake.signed(SECRET, body.as_bytes(), 330),
    ];
    for request in forged {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 401);
        assert_eq!(answer.text().await.unwrap(), "");
    }
    assert_eq!(intake.event_count().await, 0);
    for seconds_off in [-270, 270] {
        assert_eq!(intake.signed(SECRET, body.as_bytes(), seconds_off).send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn two_secrets_are_good_while_one_replaces_the_other() {
    let intake = Intake::open(&["old", "new"]).await;
    for (secret, status) in [("old", 200), ("new", 200), ("older", 401)] {
        let body = completed(secret, "x").to_string();
        assert_eq!(intake.signed(secret, body.as_bytes(), 0).send().await.unwrap().status(), status);
        let challenge = br#"{"event":"endpoint.url_validation","payload":{"plainToken":"abc"}}"#;
        let answer = intake.signed(secret, challenge, 0).send().await.unwrap();
        assert_eq!(answer.status(), status);
        if status == 200 {
            let expected = signature::encrypted_token(&Secret::new(secret), "abc");
            assert_eq!(answer.json::<Value>().await.unwrap()["encryptedToken"], expected);
        }
    }
    assert_eq!(intake.job_count().await, 2);
}

#[tokio::test]
async fn a_repeated_event_is_taken_once() {
    let intake = Intake::open(&[SECRET]).await;
    let first = completed("u==", "one").to_string();
    for _ in 0..3 {
        let answer = intake.signed(SECRET, first.as_bytes(), 0).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "{}"));
    }
    assert_eq!((intake.event_count().await, intake.job_count().await), (1, 1));

    // Zoom was seen to send the same meeting twice at once, with other addresses and tokens.
    let again: Vec<String> = (0..8).map(|n| completed("u==", &n.to_string()).to_string()).collect();
    let sent = futures::future::join_all(again.iter().map(|body| intake.send(body))).await;
    assert!(sent.iter().all(|status| *status == 200));
    assert_eq!((intake.event_count().await, intake.job_count().await), (9, 1));
    let job = intake.scratch.store.jobs(Default::default()).await.unwrap().remove(0);
    assert_eq!(job.recording.files.len(), 1);
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused() {
    let intake = Intake::open(&[SECRET]).await;
    let filler = " ".repeat(BODY_BYTES_MAX);
    let body = completed("u==", "x").to_string();
    let largest = format!("{body}{}", &filler[body.len()..]);
    assert_eq!(largest.len(), BODY_BYTES_MAX);
    let too_large = format!("{largest} ");

    assert_eq!(intake.send(&too_large).await, 413);
    // Without a length: in chunks.
    let chunks =
        || stream::iter([too_large.clone()]).map(|chunk| Ok::<_, std::io::Error>(Bytes::from(chunk)));
    let chunked = intake.signed(SECRET, too_large.as_bytes(), 0).body(reqwest::Body::wrap_stream(chunks()));
    assert_eq!(chunked.send().await.unwrap().status(), 413);
    // Longer than what is read and thrown away.
    let endless = || {
        let pieces = stream::repeat_with(|| Ok::<_, std::io::Error>(Bytes::from_static(&[b' '; 65536])));
        reqwest::Body::wrap_stream(pieces)
    };
    if let Ok(answer) = intake.signed(SECRET, b"", 0).body(endless()).send().await {
        assert_eq!(answer.status(), 413);
    }
    if let Ok(answer) = intake.request().body(endless()).send().await {
        assert_eq!(answer.status(), 401);
    }
    assert_eq!(intake.event_count().await, 0);
    assert_eq!(intake.send(&largest).await, 200);
}

/// The two headers of a request that was signed now, as lines, for a body that is another one.
fn plausible_headers() -> String {
    let now = Timestamp::now().as_second().to_string();
    let signature = signature::signature(&Secret::new("another"), &now, b"");
    format!("x-zm-request-timestamp: {now}\r\nx-zm-signature: {signature}\r\n")
}

/// Sends bytes, and reads until the connection ends. The request must ask for that.
async fn said(intake: &Intake, request: &[u8]) -> String {
    let mut stream = tokio::net::TcpStream::connect(intake.server.address).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn the_answer_to_a_large_body_comes_before_the_connection_closes() {
    let intake = Intake::open(&[SECRET]).await;
    // More than both sockets' buffers hold: if nobody took it in, the sender would be cut off.
    let body = vec![b' '; 7 * BODY_BYTES_MAX];
    for (headers, status) in [(plausible_headers(), 413), (String::new(), 401)] {
        let head = format!(
            "POST /webhooks/zoom HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n",
            body.len()
        );
        let answer = said(&intake, &[head.as_bytes(), &body].concat()).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
}

#[tokio::test]
async fn what_the_head_alone_can_show_is_answered_before_a_body_comes() {
    let intake = Intake::open(&[SECRET]).await;
    let plausible = plausible_headers();
    let (timestamp, signature) = plausible.split_once("\r\n").unwrap();
    let stale = "x-zm-request-timestamp: 1720705455";
    let framing = [
        "Content-Length: 5000",
        "Transfer-Encoding: chunked",
        "Expect: 100-continue\r\nContent-Length: 5000",
    ];
    for framing in framing {
        let heads = [
            (String::new(), 401),
            (format!("{timestamp}\r\n"), 401),
            (format!("{timestamp}\r\nx-zm-signature: v0=0a\r\n"), 401),
            (format!("{stale}\r\n{signature}"), 401),
        ];
        for (headers, status) in heads {
            let head = format!(
                "POST /webhooks/zoom HTTP/1.1\r\nHost: x\r\n{headers}{framing}\r\nConnection: close\r\n\r\n"
            );
            let answer = said(&intake, head.as_bytes()).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{head}: {answer}");
        }
    }
    let head = format!(
        "POST /webhooks/zoom HTTP/1.1\r\nHost: x\r\n{plausible}Content-Length: {}\r\nConnection: close\r\n\r\n",
        u64::MAX / 4
    );
    let answer = said(&intake, head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
    // Whoever asks first whether the body is wanted is told so, if it may be.
    let body = completed("u==", "x").to_string();
    let now = Timestamp::now().as_second().to_string();
    let signature = signature::signature(&Secret::new(SECRET), &now, body.as_bytes());
    let head = format!(
        "POST /webhooks/zoom HTTP/1.1\r\nHost: x\r\nx-zm-request-timestamp: {now}\r\nx-zm-signature: {signature}\r\n\
         Expect: 100-continue\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let mut stream = tokio::net::TcpStream::connect(intake.server.address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut wanted = [0; 12];
    stream.read_exact(&mut wanted).await.unwrap();
    assert_eq!(&wanted, b"HTTP/1.1 100");
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.contains("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn of_requests_one_behind_the_other_only_the_first_that_is_refused_is_answered() {
    let intake = Intake::open(&[SECRET]).await;
    for headers in [plausible_headers(), String::new()] {
        let request =
            format!("POST /webhooks/zoom HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: 2\r\n\r\n{{}}");
        let answer = said(&intake, request.repeat(3).as_bytes()).await;
        assert_eq!(answer.matches("HTTP/1.1 401 ").count(), 1, "{answer}");
        assert!(answer.to_lowercase().contains("connection: close"), "{answer}");
    }
    // What Zoom sends keeps its connection.
    let answer = intake.signed(SECRET, b"{}", 0).send().await.unwrap();
    assert!(answer.status() == 200 && !answer.headers().contains_key("connection"), "{answer:?}");
}

#[tokio::test]
async fn a_head_beyond_its_limit_is_refused() {
    let intake = Intake::open(&[SECRET]).await;
    let long = |bytes: usize| intake.signed(SECRET, b"{}", 0).header("x-long", "y".repeat(bytes)).send();
    assert_eq!(long(12_000).await.unwrap().status(), 200);
    assert_eq!(long(17_000).await.unwrap().status(), 431);
}

#[tokio::test]
async fn signed_events_that_are_none_of_ours_are_recorded_with_a_note() {
    let intake = Intake::open(&[SECRET]).await;
    let bodies = [
        r#"{"event":"user.created","payload":{"object":{"id":"x"}}}"#,
        r#"{"event":"recording.completed","payload":{"object":{"id":1}}}"#,
        r#"{"event":"recording.completed"}"#,
        r#"{"event":"recording.completed","payload":{"object":{"uuid":"a\u0000b"}}}"#,
        // These would lead a call to another path of Zoom's API.
        r#"{"event":"recording.completed","payload":{"object":{"uuid":".."}}}"#,
        r#"{"event":"recording.completed","payload":{"object":{"uuid":"x/../../users"}}}"#,
        r#"{"event":"recording.completed","payload":{"object":{"uuid":"%2E%2e"}}}"#,
        r#"{"payload":{}}"#,
        "[]",
        "[{\"event\":\"recording.completed\"}]",
        "7",
        "null",
        "{}",
    ];
    for body in bodies {
        assert_eq!(intake.send(body).await, 200, "{body}");
        let newest = intake.scratch.store.events(None).await.unwrap().remove(0);
        assert!(newest.job.is_none() && !newest.note.is_empty(), "{body}");
    }
    assert_eq!((intake.event_count().await, intake.job_count().await), (bodies.len(), 0));
}

#[tokio::test]
async fn signed_rubbish_is_refused_and_not_stored() {
    let intake = Intake::open(&[SECRET]).await;
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    let bodies: [&[u8]; 6] =
        [b"", b"not json", b"{\"event\":", b"{\"event\":\"\xff\xfe\"}", deep.as_bytes(), b"\xef\xbb\xbf"];
    for body in bodies {
        let answer = intake.signed(SECRET, body, 0).send().await.unwrap();
        assert_eq!(answer.status(), 400);
        assert!(answer.text().await.unwrap().contains("not JSON"));
    }
    assert_eq!(intake.event_count().await, 0);
    // The last of two equal keys counts, as in JavaScript.
    let twice =
        r#"{"event":"meeting.ended","event":"recording.completed","payload":{"object":{"uuid":"u"}}}"#;
    assert_eq!(intake.send(twice).await, 200);
    assert_eq!(intake.job_count().await, 1);
}

#[tokio::test]
async fn other_methods_and_paths_are_not_served() {
    let intake = Intake::open(&[SECRET]).await;
    let (client, url) = (&intake.server.client, intake.server.url("/webhooks/zoom"));
    for request in [client.get(&url), client.put(&url), client.delete(&url), client.head(&url)] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 405);
        assert_eq!(answer.headers()["allow"], "POST");
    }
    assert_eq!(client.post(format!("{url}/")).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn zoom_is_asked_to_come_again_when_the_store_fails() {
    let intake = Intake::open(&[SECRET]).await;
    intake.scratch.store.close().await;
    let answer = intake.signed(SECRET, completed("u==", "x").to_string().as_bytes(), 0).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(answer.text().await.unwrap(), "", "the database's own words stay in the log");
    let again = intake.scratch.open_again().await;
    assert!(again.events(None).await.unwrap().is_empty());
}

#[tokio::test]
async fn zoom_is_asked_to_come_again_when_the_store_is_slow_and_nothing_is_doubled() {
    use sqlx::Connection;
    let intake = Intake::open(&[SECRET]).await;
    let path = intake.scratch.path();
    let mut other = sqlx::SqliteConnection::connect(&format!("sqlite://{}", path.display())).await.unwrap();
    sqlx::query("BEGIN IMMEDIATE").execute(&mut other).await.unwrap();
    let body = completed("u==", "x").to_string();
    let answered = tokio::time::timeout(Duration::from_secs(3), intake.send(&body)).await;
    assert_eq!(answered, Ok(503), "within the three seconds that Zoom waits");
    sqlx::query("ROLLBACK").execute(&mut other).await.unwrap();
    assert_eq!(intake.send(&body).await, 200);
    assert_eq!((intake.event_count().await, intake.job_count().await), (1, 1));
}

#[tokio::test]
async fn while_stopping_zoom_is_asked_to_come_again() {
    let intake = Intake::open(&[SECRET]).await;
    intake.stopping.cancel();
    let body = completed("u==", "x").to_string();
    let answer = intake.signed(SECRET, body.as_bytes(), 0).send().await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(answer.headers().contains_key("retry-after"));
    assert_eq!(intake.event_count().await, 0);
}

#[tokio::test]
async fn what_is_stored_reads_back_as_the_same_recording() {
    let intake = Intake::open(&[SECRET]).await;
    let body = completed("/a+b//==", "mark").to_string();
    assert_eq!(intake.send(&body).await, 200);
    let (event, stored) = intake.scratch.store.event(EventId(1)).await.unwrap();
    assert_eq!(event.meeting.as_deref(), Some("/a+b//=="));
    let job = intake.scratch.store.job(event.job.unwrap()).await.unwrap();
    assert_eq!(Some(job.recording), payload::read(&stored).unwrap().recording);
}

#[tokio::test]
async fn the_log_names_the_event_and_no_secret() {
    let log = crate::support::server::Log::start();
    let intake = Intake::open(&[SECRET]).await;
    let body = completed("u==", "mark").to_string();
    assert_eq!(intake.send(&body).await, 200);
    assert_eq!(intake.send(&body).await, 200);
    assert_eq!(intake.signed("another", body.as_bytes(), 0).send().await.unwrap().status(), 401);
    intake.scratch.store.close().await;
    assert_eq!(intake.send(completed("v==", "mark").to_string()).await, 503);
    let text = log.text();
    for part in
        ["recording.completed", "u==", "event=1", "job=1", "repeated=false", "repeated=true", "none of the"]
    {
        assert!(text.contains(part), "{part} is not in:\n{text}");
    }
    for secret in ["mark", SECRET, "client-id", "v0=", "A play", "ann@"] {
        assert!(!text.contains(secret), "{secret} is in:\n{text}");
    }
}
