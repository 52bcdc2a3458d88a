//! Every way to misbehave, each once.

use std::time::Duration;

use zoom2drive::sandbox::faults::{Canned, Rule};

use super::*;

const TOTAL: usize = 3 * STEP;

fn all() -> String {
    format!("bytes 0-{}/{TOTAL}", TOTAL - 1)
}

async fn held(drive: &Drive, session: &str) -> Option<String> {
    range(&drive.status(session, TOTAL).await).map(str::to_owned)
}

#[tokio::test]
async fn an_answer_in_advance_keeps_nothing_and_one_afterwards_keeps_all() {
    let drive = drive().await;
    let session = drive.session("a", Some(TOTAL)).await;
    drive.once(Route::UploadChunk, Fault::Answer(Canned::html(502)));
    assert_eq!(drive.put(&session, &all(), &bytes(TOTAL)).await.status(), 502);
    assert_eq!(held(&drive, &session).await, None);
    drive.once(Route::UploadChunk, Fault::AnswerAfter(Canned::google(503, "backendError", "Oops")));
    assert_eq!(drive.put(&session, &all(), &bytes(TOTAL)).await.status(), 503);
    assert_eq!(drive.status(&session, TOTAL).await.status(), 200);
    assert_eq!(drive.only_file().sha256, sha256(&bytes(TOTAL)));
    drive.assert_no_violations();
}

#[tokio::test]
async fn connections_are_cut_before_within_and_after() {
    let drive = drive().await;
    let session = drive.session("a", Some(TOTAL)).await;
    drive.once(Route::UploadChunk, Fault::Cut);
    drive.try_put(&session, &all(), &bytes(TOTAL)).await.unwrap_err();
    assert_eq!(held(&drive, &session).await, None);
    drive.once(Route::UploadChunk, Fault::CutWithin(STEP as u64 + 7));
    drive.try_put(&session, &all(), &bytes(TOTAL)).await.unwrap_err();
    assert_eq!(held(&drive, &session).await.as_deref(), Some("bytes=0-262143"));
    drive.once(Route::UploadChunk, Fault::CutAfter);
    drive.try_put(&session, &all(), &bytes(TOTAL)).await.unwrap_err();
    assert_eq!(drive.status(&session, TOTAL).await.status(), 200);
    assert_eq!(drive.only_file().sha256, sha256(&bytes(TOTAL)));
    drive.assert_no_violations();
}

#[tokio::test]
async fn less_is_kept_than_was_sent() {
    let drive = drive().await;
    let session = drive.session("a", Some(TOTAL)).await;
    drive.once(Route::UploadChunk, Fault::KeepOnly(2 * STEP as u64 + 5));
    let short = drive.put(&session, &all(), &bytes(TOTAL)).await;
    assert_eq!((short.status().as_u16(), range(&short)), (308, Some("bytes=0-524287")));
    let rest = &bytes(TOTAL)[2 * STEP..];
    drive.once(Route::UploadChunk, Fault::KeepOnly(u64::MAX));
    let none = drive.put(&session, &format!("bytes {}-{}/{TOTAL}", 2 * STEP, TOTAL - 1), rest).await;
    assert_eq!((none.status().as_u16(), range(&none)), (308, Some("bytes=0-524287")), "never all of it");
    let last = drive.put(&session, &format!("bytes {}-{}/{TOTAL}", 2 * STEP, TOTAL - 1), rest).await;
    assert_eq!(last.status(), 200);
    assert_eq!(drive.only_file().sha256, sha256(&bytes(TOTAL)));
}

#[tokio::test]
async fn ranges_are_left_out_or_bare() {
    let drive = drive().await;
    let session = drive.session("a", Some(TOTAL)).await;
    drive.once(Route::UploadChunk, Fault::NoRange);
    let first = drive.put(&session, &format!("bytes 0-{}/{TOTAL}", STEP - 1), &bytes(STEP)).await;
    assert_eq!((first.status().as_u16(), range(&first)), (308, None));
    drive.once(Route::UploadStatus, Fault::BareRange);
    assert_eq!(held(&drive, &session).await.as_deref(), Some("0-262143"));
    assert_eq!(held(&drive, &session).await.as_deref(), Some("bytes=0-262143"));
}

#[tokio::test]
async fn a_session_moves_and_the_old_address_works_once_more() {
    let drive = drive().await;
    let session = drive.session("a", Some(TOTAL)).await;
    drive.once(Route::UploadStatus, Fault::Moved);
    let answer = drive.status(&session, TOTAL).await;
    let moved = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_ne!(moved, session);
    let first = drive.put(&session, &format!("bytes 0-{}/{TOTAL}", STEP - 1), &bytes(STEP)).await;
    assert_eq!(first.status(), 308);
    assert_eq!(drive.status(&session, TOTAL).await.status(), 404);
    assert_eq!(held(&drive, &moved).await.as_deref(), Some("bytes=0-262143"));
}

#[tokio::test]
async fn a_session_is_forgotten() {
    let drive = drive().await;
    let session = drive.session("a", Some(TOTAL)).await;
    drive.once(Route::UploadChunk, Fault::Forget(410));
    let gone = drive.put(&session, &all(), &bytes(TOTAL)).await;
    assert_eq!((gone.status().as_u16(), gone.text().await.unwrap().as_str()), (410, ""));
    assert_eq!(drive.status(&session, TOTAL).await.status(), 404);
}

#[tokio::test]
async fn a_file_is_created_corrupt_or_shown_without_checksums() {
    let drive = drive().await;
    drive.once(Route::UploadChunk, Fault::Created);
    let session = drive.session("a", Some(TOTAL)).await;
    assert_eq!(drive.put(&session, &all(), &bytes(TOTAL)).await.status(), 201);

    drive.once(Route::UploadChunk, Fault::Corrupt);
    let session = drive.session("b", Some(TOTAL)).await;
    let file = body(drive.put(&session, &all(), &bytes(TOTAL)).await).await;
    assert_ne!(file["sha256Checksum"], sha256(&bytes(TOTAL)));
    let path = format!("/drive/v3/files/{}?alt=media&supportsAllDrives=true", file["id"].as_str().unwrap());
    let media = drive.get(&path).await.bytes().await.unwrap();
    assert_eq!(file["sha256Checksum"], sha256(&media), "the corrupt bytes are what Drive holds");

    drive.once(Route::UploadChunk, Fault::NoChecksum);
    let session = drive.session("c", Some(TOTAL)).await;
    let file = body(drive.put(&session, &all(), &bytes(TOTAL)).await).await;
    assert!(file.get("sha256Checksum").is_none() && file.get("md5Checksum").is_none());
    assert_eq!(file["size"], TOTAL.to_string());
    let path = format!(
        "/drive/v3/files/{}?supportsAllDrives=true&fields=sha256Checksum",
        file["id"].as_str().unwrap()
    );
    drive.once(Route::DriveGet, Fault::NoChecksum);
    assert_eq!(body(drive.get(&path).await).await, json!({}));
    assert_eq!(body(drive.get(&path).await).await["sha256Checksum"], sha256(&bytes(TOTAL)));
    drive.assert_no_violations();
}

#[tokio::test]
async fn a_search_lags_behind() {
    let drive = drive().await;
    let root = drive.google.root_folder();
    let q = format!("'{root}' in parents");
    drive.folder("old", &root).await;
    assert_eq!(drive.list(&q).await, ["old"]);
    drive.folder("new", &root).await;
    let rule = Rule { route: Route::DriveList, subject: root, skip: 0, times: 2, fault: Fault::Lag };
    drive.faults.add(rule);
    assert_eq!(drive.list(&q).await, ["old"]);
    assert_eq!(drive.list(&q).await, ["old"]);
    assert_eq!(drive.list(&q).await, ["new", "old"]);
}

#[tokio::test]
async fn other_calls_are_refused_cut_and_stalled() {
    let drive = drive().await;
    let limited = Canned::google(429, "rateLimitExceeded", "Slow").header("retry-after", "7");
    drive.once(Route::DriveIds, Fault::Answer(limited));
    let answer = drive.get("/drive/v3/files/generateIds").await;
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (429, "7"));

    // A create whose answer is lost has happened nevertheless.
    let id = drive.mint().await;
    drive.once(Route::DriveCreate, Fault::CutAfter);
    let folder =
        json!({"id": id, "name": "host", "mimeType": FOLDER, "parents": [drive.google.root_folder()]});
    let request = drive.call(Method::POST, "/drive/v3/files?supportsAllDrives=true").json(&folder);
    request.send().await.unwrap_err();
    assert_eq!(reason(drive.create(&folder).await).await, (409, "fileIdInUse".to_owned()));

    drive.once(Route::GoogleToken, Fault::Stall);
    let assertion = drive.assertion(|_| ());
    let is_stalled = || drive.transcript.calls().last().is_some_and(|call| call.answer == "stall");
    tokio::select! {
        _ = drive.grant(&assertion) => panic!("it was answered"),
        seen = drive.transcript.wait_until(Duration::from_secs(20), is_stalled) => assert!(seen),
    }
    drive.assert_no_violations();
}

/// A request that hangs does not stand in the way of the next one.
#[tokio::test]
async fn a_stalled_chunk_keeps_nothing_and_blocks_nobody() {
    let drive = drive().await;
    let session = drive.session("a", Some(TOTAL)).await;
    drive.once(Route::UploadChunk, Fault::Stall);
    let content = bytes(TOTAL);
    let range = all();
    let put = drive.put(&session, &range, &content);
    assert!(tokio::time::timeout(Duration::from_millis(50), put).await.is_err());
    assert_eq!(held(&drive, &session).await, None);
    assert_eq!(drive.put(&session, &all(), &content).await.status(), 200);
}

/// Faults can be aimed at one file by its id or its name.
#[tokio::test]
async fn a_rule_names_a_file() {
    let drive = drive().await;
    let rule = |subject: &str, status| Rule {
        route: Route::UploadChunk,
        subject: subject.to_owned(),
        skip: 0,
        times: 1,
        fault: Fault::Answer(Canned::html(status)),
    };
    let id = drive.mint().await;
    drive.faults.add(rule(&id, 500));
    drive.faults.add(rule("b.mp4", 502));
    let metadata = json!({"id": id, "name": "a.mp4", "parents": [drive.google.root_folder()]});
    let a = location(&drive.init(&metadata, Some(3)).await);
    let b = drive.session("b.mp4", Some(3)).await;
    assert_eq!(drive.put(&b, "bytes 0-2/3", b"abc").await.status(), 502);
    assert_eq!(drive.put(&a, "bytes 0-2/3", b"abc").await.status(), 500);
    assert_eq!(drive.put(&a, "bytes 0-2/3", b"abc").await.status(), 200);
    let last = drive.transcript.calls().pop().unwrap();
    assert_eq!(last.subject, format!("{id} a.mp4"));
}
