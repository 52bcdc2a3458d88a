//! The resumable protocol, row by row of the facts.

use super::*;

#[tokio::test]
async fn an_upload_in_chunks_ends_in_the_right_checksums_and_is_invisible_before() {
    let drive = drive().await;
    let content = bytes(3 * STEP + 17);
    let total = content.len();
    let session = drive.session("show.mp4", Some(total)).await;
    let first = drive.put(&session, &format!("bytes 0-{}/{total}", 2 * STEP - 1), &content[..2 * STEP]).await;
    assert_eq!((first.status().as_u16(), range(&first)), (308, Some("bytes=0-524287")));
    assert!(drive.google.files().is_empty());
    let last =
        drive.put(&session, &format!("bytes {}-{}/{total}", 2 * STEP, total - 1), &content[2 * STEP..]).await;
    assert_eq!(last.status(), 200);
    let file = body(last).await;
    assert_eq!(file["sha256Checksum"], sha256(&content));
    assert_eq!(file["size"], total.to_string());
    assert!(file.get("name").is_none(), "the fields of the first request are remembered");
    let stored = drive.only_file();
    assert_eq!((stored.size, stored.sha256), (total as u64, sha256(&content)));
    assert_eq!(drive.google.path_of(&stored.id), "show.mp4");
    assert_eq!(drive.google.bytes_received(), total as u64);
    drive.assert_no_violations();
}

#[tokio::test]
async fn one_put_without_content_range_is_a_whole_upload() {
    let drive = drive().await;
    let session = drive.session("notes.txt", None).await;
    let answer = drive.client.put(&session).body("curtain").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(drive.only_file().sha256, sha256(b"curtain"));
    assert_eq!(drive.only_file().md5.len(), 32);
    assert_eq!(drive.only_file().sha1.len(), 40);
    drive.assert_no_violations();
}

/// As foreign clients send small files.
#[tokio::test]
async fn a_multipart_request_holds_metadata_and_bytes() {
    let drive = drive().await;
    let metadata = json!({"name": "poster.jpg", "parents": [drive.google.root_folder()]});
    let head = "--x\r\nContent-Type: application/json\r\n\r\n";
    let text =
        format!("{head}{metadata}\r\n--x\r\nContent-Type: image/jpeg\r\n\r\n\r\n\0--y\r\n\r\n--x--\r\n");
    let send = |text: String| {
        let path = "/upload/drive/v3/files?uploadType=multipart&supportsAllDrives=true&fields=*";
        let kind = ("content-type", "multipart/related; boundary=x");
        drive.call(Method::POST, path).header(kind.0, kind.1).body(text).send()
    };
    let answer = send(text.clone()).await.unwrap();
    assert_eq!(answer.status(), 200);
    let file = body(answer).await;
    assert_eq!((&file["mimeType"], &file["size"]), (&json!("image/jpeg"), &json!("8")));
    assert_eq!(drive.only_file().sha256, sha256(b"\r\n\0--y\r\n"));
    assert_eq!(drive.google.bytes_received(), 8);
    drive.assert_no_violations();
    assert_eq!(send(text.replace("--x--", "")).await.unwrap().status(), 400);
    drive.assert_violation("Malformed multipart body");
}

/// Row 1: a misaligned chunk is rounded down, and the caller who ignores that leaves a gap (row 2).
#[tokio::test]
async fn bytes_are_kept_in_steps_and_a_gap_is_answered_with_503() {
    let drive = drive().await;
    let content = bytes(4 * STEP);
    let total = content.len();
    let session = drive.session("a", Some(total)).await;
    let answer = drive.put(&session, &format!("bytes 0-{}/{total}", STEP + 99), &content[..STEP + 100]).await;
    assert_eq!(range(&answer), Some("bytes=0-262143"));
    drive.assert_violation("not a multiple");
    let from = STEP + 100;
    let gap = drive.put(&session, &format!("bytes {from}-{}/{total}", total - 1), &content[from..]).await;
    assert_eq!(gap.status(), 503);
    assert!(gap.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    let text = "Invalid request.  According to the Content-Range header, the upload offset is 262244 byte(s), \
        which exceeds already uploaded size of 262144 byte(s).";
    assert_eq!(gap.text().await.unwrap(), text);
    drive.assert_violation("exceeds already uploaded");
    let rest = drive.put(&session, &format!("bytes {STEP}-{}/{total}", total - 1), &content[STEP..]).await;
    assert_eq!(rest.status(), 200);
    assert_eq!(drive.only_file().sha256, sha256(&content));
}

/// Row 3.
#[tokio::test]
async fn a_tiny_chunk_that_is_not_the_last_is_refused() {
    let drive = drive().await;
    let session = drive.session("a", None).await;
    let answer = drive.put(&session, "bytes 0-99/1000000", &bytes(100)).await;
    assert_eq!(answer.status(), 400);
    assert!(answer.text().await.unwrap().contains("The received request contained 100 bytes"));
    drive.assert_violation("262144");
}

/// Row 4, and the empty end that works instead.
#[tokio::test]
async fn a_malformed_range_ends_the_session() {
    let drive = drive().await;
    let content = bytes(STEP);
    for malformed in ["bytes 262144-262143/262144", "*/262144", "bytes=0-5/6", "bytes 0-9/5", "bytes +0-5/6"]
    {
        let session = drive.session("a", Some(STEP)).await;
        let answer = drive.put(&session, malformed, &[]).await;
        assert_eq!(answer.status(), 400, "{malformed}");
        assert_eq!(answer.text().await.unwrap(), "Failed to parse Content-Range header.");
        assert_eq!(drive.status(&session, STEP).await.status(), 404);
    }
    let session = drive.session("a", None).await;
    let open = drive.put(&session, "bytes 0-262143/*", &content).await;
    assert_eq!((open.status().as_u16(), range(&open)), (308, Some("bytes=0-262143")));
    assert_eq!(drive.put(&session, "bytes */*", &[]).await.status(), 308);
    // Row 5: only a request with a total ends an upload of unknown length.
    assert_eq!(drive.status(&session, STEP).await.status(), 200);
    assert_eq!(drive.only_file().sha256, sha256(&content));
}

#[tokio::test]
async fn a_status_query_tells_the_offset_and_without_bytes_there_is_no_range() {
    let drive = drive().await;
    let session = drive.session("a", Some(3 * STEP)).await;
    let none = drive.status(&session, 3 * STEP).await;
    assert_eq!((none.status().as_u16(), range(&none)), (308, None));
    drive
        .hang_up(&session, &format!("bytes 0-{}/{}", 3 * STEP - 1, 3 * STEP), 3 * STEP, &bytes(STEP + 5))
        .await;
    let some = drive.status(&session, 3 * STEP).await;
    assert_eq!(range(&some), Some("bytes=0-262143"), "whole steps of a broken request are kept");
    // Row 7: what is held already may come again.
    let again =
        drive.put(&session, &format!("bytes 0-{}/{}", 3 * STEP - 1, 3 * STEP), &bytes(3 * STEP)).await;
    assert_eq!(again.status(), 200);
    assert_eq!(drive.only_file().sha256, sha256(&bytes(3 * STEP)));
    let calls = drive.transcript.calls();
    assert_eq!(calls.last().unwrap().answer, "200 (262144 bytes were held already)");
    drive.assert_no_violations();
}

/// Row 8.
#[tokio::test]
async fn after_the_end_the_session_answers_with_the_file() {
    let drive = drive().await;
    let session = drive.session("a", Some(3)).await;
    let done = body(drive.put(&session, "bytes 0-2/3", b"abc").await).await;
    for _ in 0..2 {
        let again = drive.status(&session, 3).await;
        assert_eq!(again.status(), 200);
        assert_eq!(body(again).await, done);
    }
    let resent = drive.put(&session, "bytes 0-2/3", b"abc").await;
    assert_eq!(resent.status(), 200);
    assert_eq!(drive.google.files().len(), 1);
    drive.assert_no_violations();
}

/// Row 9: parent, permission and quota are looked at only at the end, and then the upload is lost.
#[tokio::test]
async fn a_bad_parent_shows_only_at_the_final_request() {
    let drive = drive().await;
    let root = drive.google.root_folder();
    let path = "/upload/drive/v3/files?uploadType=resumable";
    let metadata = json!({"name": "a", "parents": [root]});
    let session = location(&drive.call(Method::POST, path).json(&metadata).send().await.unwrap());
    drive.assert_violation("supportsAllDrives");
    let answer = drive.put(&session, "bytes 0-2/3", b"abc").await;
    assert_eq!(answer.status(), 404);
    let error = body(answer).await;
    assert_eq!(error["error"]["errors"][0]["reason"], "notFound");
    assert_eq!(error["error"]["message"], format!("File not found: {root}."));
    assert_eq!(drive.status(&session, 3).await.status(), 404);

    let session = drive.session("b", Some(3)).await;
    drive.google.set_can_add_children(&root, false);
    let answer = drive.put(&session, "bytes 0-2/3", b"abc").await;
    assert_eq!(reason(answer).await, (403, "insufficientParentPermissions".to_owned()));

    let metadata = json!({"name": "c", "parents": [drive.google.my_drive_folder()]});
    let session = location(&drive.init(&metadata, Some(3)).await);
    let answer = drive.put(&session, "bytes 0-2/3", b"abc").await;
    assert_eq!(reason(answer).await, (403, "storageQuotaExceeded".to_owned()));
    assert!(drive.google.files().is_empty());
}

#[tokio::test]
async fn the_owner_may_own_bytes_in_my_drive() {
    let mut drive = drive().await;
    drive.token = drive.service_token(Some(drive.google.owner_email())).await;
    let metadata = json!({"name": "c", "parents": [drive.google.my_drive_folder()]});
    let session = location(&drive.init(&metadata, Some(3)).await);
    assert_eq!(drive.put(&session, "bytes 0-2/3", b"abc").await.status(), 200);
    drive.assert_no_violations();
}

#[tokio::test]
async fn an_id_that_is_in_use_is_refused_at_both_ends() {
    let drive = drive().await;
    let id = drive.mint().await;
    let metadata = json!({"id": id, "name": "a", "parents": [drive.google.root_folder()]});
    let early = location(&drive.init(&metadata, Some(3)).await);
    let late = location(&drive.init(&metadata, Some(3)).await);
    assert_eq!(drive.put(&early, "bytes 0-2/3", b"abc").await.status(), 200);
    let taken = drive.put(&late, "bytes 0-2/3", b"abc").await;
    assert_eq!(reason(taken).await, (409, "fileIdInUse".to_owned()));
    assert_eq!(reason(drive.init(&metadata, Some(3)).await).await, (409, "fileIdInUse".to_owned()));
    drive.assert_no_violations();
    let invented = json!({"id": "1invented", "name": "a"});
    assert_eq!(drive.init(&invented, None).await.status(), 400);
    drive.assert_violation("not usable");
}

#[tokio::test]
async fn the_total_is_fixed_by_its_first_mention() {
    let drive = drive().await;
    let session = drive.session("a", Some(2 * STEP)).await;
    let other = drive.put(&session, &format!("bytes 0-{}/{}", STEP - 1, 3 * STEP), &bytes(STEP)).await;
    assert_eq!(other.status(), 400);
    assert!(other.text().await.unwrap().contains("does not match the expected size"));
    drive.assert_violation("does not match the expected size");
}

/// Row 17: PY sends no Content-Range, .NET sends `bytes */0`.
#[tokio::test]
async fn an_empty_file_ends_with_an_empty_put() {
    let drive = drive().await;
    let session = drive.session("a", Some(0)).await;
    assert_eq!(drive.client.put(&session).header("content-length", "0").send().await.unwrap().status(), 200);
    let session = drive.session("b", None).await;
    assert_eq!(drive.status(&session, 0).await.status(), 200);
    assert!(drive.google.files().iter().all(|file| file.size == 0 && file.sha256 == sha256(b"")));
    drive.assert_no_violations();
}

/// Rows 13 and 14.
#[tokio::test]
async fn post_works_too_and_308_can_be_dressed_as_200() {
    let drive = drive().await;
    let session = drive.session("a", None).await;
    let request = drive.client.post(&session).header("content-range", "bytes 0-262143/*");
    let answer = request.header("x-guploader-no-308", "yes").body(bytes(STEP)).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), range(&answer)), (200, Some("bytes=0-262143")));
    assert_eq!(answer.headers()["x-http-status-code-override"], "308");
    drive.assert_no_violations();
}

#[tokio::test]
async fn expired_sessions_and_cancelled_ones_are_gone() {
    let drive = drive().await;
    let session = drive.session("a", Some(3)).await;
    drive.google.expire_sessions();
    let gone = drive.put(&session, "bytes 0-2/3", b"abc").await;
    assert_eq!((gone.status().as_u16(), gone.text().await.unwrap().as_str()), (404, ""));
    let session = drive.session("a", Some(3)).await;
    assert_eq!(drive.client.delete(&session).send().await.unwrap().status().as_u16(), 499);
    assert_eq!(drive.status(&session, 3).await.status(), 404);
    drive.assert_no_violations();
}

#[tokio::test]
async fn a_token_on_a_chunk_must_be_good_and_none_is_good_as_well() {
    let drive = drive().await;
    let session = drive.session("a", Some(3)).await;
    drive.google.expire_tokens();
    let request = drive.client.put(&session).bearer_auth(&drive.token).body("abc");
    assert_eq!(request.send().await.unwrap().status(), 401);
    drive.assert_no_violations();
    let foreign = drive.client.put(&session).bearer_auth("a-zoom-token").body("abc");
    assert_eq!(foreign.send().await.unwrap().status(), 401);
    drive.assert_violation("credential sent to the wrong host");
    assert_eq!(drive.put(&session, "bytes 0-2/3", b"abc").await.status(), 200);
}

#[tokio::test]
async fn chunked_encoding_is_noted() {
    let drive = drive().await;
    let session = drive.session("a", Some(3)).await;
    let parts = futures::stream::iter([Ok::<_, std::io::Error>("ab"), Ok("c")]);
    let request = drive.client.put(&session).header("content-range", "bytes 0-2/3");
    assert_eq!(request.body(reqwest::Body::wrap_stream(parts)).send().await.unwrap().status(), 200);
    drive.assert_violation("chunked transfer encoding");
}

#[tokio::test]
async fn a_body_and_its_range_must_agree() {
    let drive = drive().await;
    let session = drive.session("a", Some(3)).await;
    assert_eq!(drive.put(&session, "bytes 0-2/3", b"ab").await.status(), 400);
    drive.assert_violation("do not agree");
}

#[tokio::test]
async fn the_transcript_shows_no_key_to_the_session() {
    let drive = drive().await;
    let session = drive.session("a", Some(3)).await;
    drive.put(&session, "bytes 0-2/3", b"abc").await;
    let calls = drive.transcript.calls();
    assert!(calls.iter().all(|call| !call.to_string().contains("upload_id")));
    let last = calls.last().unwrap();
    assert_eq!((last.route, last.subject.as_str(), last.answer.as_str()), (Route::UploadChunk, "a", "200"));
    assert!(last.request.ends_with("[bytes 0-2/3]"));
}
