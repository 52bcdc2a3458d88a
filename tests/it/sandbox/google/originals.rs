//! The files that Meet has made: read by those who see them, with the narrow scope, and never changed.

use reqwest::{Method, Response};
use serde_json::json;
use zoom2drive::sandbox::faults::{Fault, Route};
use zoom2drive::sandbox::google::{Artifact, Conference, Participant};

use super::meet::{EWA, JAN, at, company};
use super::{Drive, body, reason, sha256};

const FILES: &str = "https://www.googleapis.com/auth/drive.meet.readonly";
const OWN_FILES: &str = "https://www.googleapis.com/auth/drive.file";

/// Ewa reads; her recording, transcript and notes.
async fn reading() -> (Drive, [String; 3]) {
    let mut drive = company().await;
    drive.act_for(EWA, FILES).await;
    let files = drive.google.original_files("conferenceRecords/first");
    (drive, files.try_into().unwrap())
}

async fn part(drive: &Drive, id: &str, range: &str) -> Response {
    let path = format!("/drive/v3/files/{id}?alt=media");
    drive.call(Method::GET, &path).header("range", range).send().await.unwrap()
}

#[tokio::test]
async fn a_recording_has_checksums_and_is_read_in_ranges() {
    let (drive, [video, ..]) = reading().await;
    let fields = "fields=name,size,sha256Checksum,mimeType,trashed,capabilities(canDownload)";
    let (_, known) = drive.json(&format!("/drive/v3/files/{video}?{fields}")).await;
    let whole = drive.get(&format!("/drive/v3/files/{video}?alt=media")).await;
    assert_eq!(whole.headers()["content-length"], "5242880");
    let bytes = whole.bytes().await.unwrap();
    let expected = json!({"name": "Standup (recording).mp4", "size": "5242880", "sha256Checksum": sha256(&bytes),
        "mimeType": "video/mp4", "trashed": false, "capabilities": {"canDownload": true}});
    assert_eq!(known, expected);
    let answer = part(&drive, &video, "bytes=5242870-").await;
    assert_eq!(answer.status(), 206);
    assert_eq!(answer.headers()["content-range"], "bytes 5242870-5242879/5242880");
    assert_eq!(answer.bytes().await.unwrap(), bytes.slice(5_242_870..));
    assert_eq!(part(&drive, &video, "bytes=5242880-").await.status(), 416);
    drive.once(Route::DriveMedia, Fault::MediaCut(1000));
    let cut = part(&drive, &video, "bytes=100-").await;
    assert!(cut.bytes().await.is_err());
    drive.assert_no_violations();
}

#[tokio::test]
async fn documents_are_exported_in_documented_formats_without_a_length() {
    let (drive, [video, transcript, notes]) = reading().await;
    let (_, known) = drive
        .json(&format!("/drive/v3/files/{transcript}?fields=size,md5Checksum,sha256Checksum,mimeType"))
        .await;
    assert_eq!(known, json!({"mimeType": "application/vnd.google-apps.document"}));
    let text = drive.get(&format!("/drive/v3/files/{transcript}/export?mimeType=text/plain")).await;
    assert_eq!(text.headers()["transfer-encoding"], "chunked");
    assert!(text.headers().get("content-length").is_none());
    assert_eq!(text.text().await.unwrap(), "Ewa: good morning\n");
    let pdf = drive.get(&format!("/drive/v3/files/{notes}/export?mimeType=application/pdf")).await;
    assert!(pdf.bytes().await.unwrap().starts_with(b"%PDF-"));
    drive.assert_no_violations();
    let path = |id: &str, format: &str| format!("/drive/v3/files/{id}/export{format}");
    let refusals = [
        (path(&notes, ""), (400, "required")),
        (path(&notes, "?mimeType=video/mp4"), (400, "badRequest")),
        (path(&video, "?mimeType=text/plain"), (403, "fileNotExportable")),
        (format!("/drive/v3/files/{notes}?alt=media"), (403, "fileNotDownloadable")),
    ];
    for (path, (status, expected)) in refusals {
        assert_eq!(reason(drive.get(&path).await).await, (status, expected.to_owned()), "{path}");
    }
    let long = Artifact::transcript("Long", &"x".repeat(10 * 1024 * 1024 + 1));
    let record = Conference::new(EWA, "ggg-hhhh-iii", at("01:00:00")).ended(at("02:00:00")).artifact(long);
    let files = drive.google.original_files(&drive.google.add_conference(record));
    let refused = drive.get(&path(&files[0], "?mimeType=text/plain")).await;
    assert_eq!(reason(refused).await, (403, "exportSizeLimitExceeded".to_owned()));
}

#[tokio::test]
async fn who_does_not_see_a_file_does_not_find_it() {
    let (mut drive, [video, ..]) = reading().await;
    let path = format!("/drive/v3/files/{video}");
    let other = format!("/drive/v3/files/{}?supportsAllDrives=true", drive.google.root_folder());
    assert_eq!(drive.get(&other).await.status(), 404);
    drive.google.set_can_download(&video, false);
    let (_, known) = drive.json(&format!("{path}?fields=capabilities/canDownload")).await;
    assert_eq!(known, json!({"capabilities": {"canDownload": false}}));
    let refused = drive.get(&format!("{path}?alt=media")).await;
    assert_eq!(reason(refused).await, (403, "cannotDownloadFile".to_owned()));
    drive.google.trash(&video);
    assert_eq!(drive.json(&format!("{path}?fields=trashed")).await.1, json!({"trashed": true}));
    drive.act_for(JAN, FILES).await;
    assert_eq!(drive.get(&path).await.status(), 404);
    drive.act_for(EWA, OWN_FILES).await;
    assert_eq!(drive.get(&path).await.status(), 404);
    drive.act_for(EWA, FILES).await;
    drive.google.remove(&video);
    assert_eq!(drive.get(&path).await.status(), 404);
    drive.token = drive.service_token(None).await;
    assert_eq!(drive.get(&path).await.status(), 404);
    drive.assert_no_violations();
}

#[tokio::test]
async fn a_file_may_be_shared_and_its_bytes_may_differ_from_its_checksum() {
    let (mut drive, [video, ..]) = reading().await;
    let path = format!("/drive/v3/files/{video}");
    let about = drive.get("/drive/v3/about?fields=user(emailAddress)").await;
    assert_eq!(about.status(), 403, "the narrow scope does not tell whose it is");
    drive.google.share_original(&video, JAN);
    drive.act_for(JAN, FILES).await;
    let (_, known) = drive.json(&format!("{path}?fields=sha256Checksum,ownedByMe")).await;
    assert_eq!(known["ownedByMe"], false);
    drive.google.spoil_original(&video);
    let bytes = drive.get(&format!("{path}?alt=media")).await.bytes().await.unwrap();
    assert_eq!(bytes.len(), 5_242_880);
    assert_ne!(known["sha256Checksum"], sha256(&bytes));
}

#[tokio::test]
async fn a_search_with_the_narrow_scope_finds_only_what_meet_has_made() {
    let (drive, [video, ..]) = reading().await;
    let (_, found) = drive.json("/drive/v3/files?q=mimeType='video/mp4'&fields=files(id)").await;
    assert_eq!(found, json!({"files": [{"id": video}]}));
}

#[tokio::test]
async fn a_change_of_an_original_is_a_broken_rule() {
    let (mut drive, [video, ..]) = reading().await;
    drive.act_for(EWA, "https://www.googleapis.com/auth/drive").await;
    let path = format!("/drive/v3/files/{video}");
    assert_eq!(drive.get(&path).await.status(), 200);
    drive.assert_no_violations();
    let renamed = drive.call(Method::PATCH, &path).json(&json!({"name": "mine"})).send().await.unwrap();
    assert_eq!(renamed.status(), 200);
    assert_eq!(drive.call(Method::DELETE, &path).send().await.unwrap().status(), 204);
    let copied = drive.call(Method::POST, &format!("{path}/copy")).send().await.unwrap();
    assert_eq!(copied.status(), 404);
    assert_eq!(drive.transcript.violations().len(), 3);
    drive.assert_violation("only GET may reach an original of Meet");
}

#[tokio::test]
async fn files_of_an_organiser_elsewhere_are_elsewhere() {
    let (mut drive, _) = reading().await;
    let record =
        Conference::new("boss@elsewhere.example", "jjj-kkkk-lll", at("03:00:00")).ended(at("04:00:00"));
    let record = record.participant(Participant::user(EWA, "Ewa").session(at("03:00:00"), at("04:00:00")));
    let name = drive.google.add_conference(record.artifact(Artifact::recording("theirs.mp4", 100)));
    drive.act_for(EWA, super::workspace::MEET).await;
    let (_, page) = drive.json(&format!("/v2/{name}/recordings")).await;
    let id = page["recordings"][0]["driveDestination"]["file"].as_str().unwrap().to_owned();
    drive.act_for(EWA, FILES).await;
    assert_eq!(drive.get(&format!("/drive/v3/files/{id}")).await.status(), 404);
    assert_eq!(
        body(drive.get("/drive/v3/files?fields=files(name)").await).await["files"].as_array().unwrap().len(),
        3
    );
}
