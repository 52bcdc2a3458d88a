//! *Ask Drive now* and the recovery from Zoom's trash, by buttons.

use zoom2drive::jobs::{JobId, ZoomCopy};
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::Standing as AtZoom;

use super::{Browser, opened};
use crate::support::world::{Life, World, usual_meeting};

const UUID: &str = "/check/+AAAAAAAAAAAA==";

const CHECK: &str = "/dashboard/recordings/1/check";

const RECOVER: &str = "/dashboard/recordings/1/recover";

async fn archived(settings: &[(&str, &str)]) -> (World, Life, Browser) {
    let (world, life, browser) = opened(&[&[("RETRY_WAIT", "1ms")], settings].concat()).await;
    world.sandbox.zoom.add(usual_meeting(UUID));
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    (world, life, browser)
}

/// The newest line of the audit trail.
async fn trail(life: &Life) -> [String; 4] {
    let entry = life.store.audit(None).await.unwrap().remove(0).entry;
    [entry.who, entry.action, entry.target, entry.outcome]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn drive_is_asked_about_every_file_and_the_page_says_equal_or_not() {
    let (world, life, browser) = archived(&[]).await;
    let page = browser.post(CHECK, &[]).await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.text().contains("Equal: 4 of 4 file(s)"), "{}", page.text());
    let archive = world.archive();
    for file in archive.values() {
        assert!(page.body.contains(&file.sha256) && page.body.contains(&file.id), "{}", page.body);
    }
    let who = "Ann (so named), dashboard session 1, from 127.0.0.1";
    assert_eq!(trail(&life).await, [who, "ask drive", "job 1", "done"]);
    let file = archive.values().next().unwrap();
    world.sandbox.google.trash(&file.id);
    let page = browser.post(CHECK, &[]).await.text();
    assert!(page.contains("Not equal: 3 of 4 file(s)") && page.contains("! trashed"), "{page}");
    assert!(page.contains("take it out of Drive's trash"), "{page}");
    assert_eq!(life.store.verify_findings_of(JobId(1)).await.unwrap().len(), 1);
    world.sandbox.google.restore(&file.id);
    assert!(browser.post(CHECK, &[]).await.text().contains("Equal: 4 of 4"));
    assert!(life.store.verify_findings_of(JobId(1)).await.unwrap().is_empty());
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_asked_is_no_answer() {
    let (world, life, browser) = archived(&[]).await;
    let down = Fault::Answer(Canned::google(500, "backendError", "No."));
    world.sandbox.faults.add(Rule {
        route: Route::DriveGet,
        subject: String::new(),
        skip: 0,
        times: 9999,
        fault: down,
    });
    let page = browser.post(CHECK, &[]).await;
    assert!(page.status == 502 && page.text().contains("Drive cannot be asked"), "{}", page.text());
    assert!(!page.text().contains("Equal"));
    assert!(trail(&life).await[3].starts_with("failed: Drive cannot be asked"));
    for (path, status) in [
        ("/dashboard/recordings/9/check", 404),
        ("/dashboard/recordings/x/check", 404),
        ("/dashboard/recordings/9/recover", 404),
    ] {
        assert_eq!(browser.post(path, &[("then", "keep")]).await.status, status, "{path}");
    }
    assert_eq!(browser.get(CHECK).await.status, 405, "no GET asks anything");
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn text_from_outside_stays_text() {
    let (world, life, browser) = opened(&[]).await;
    let hostile = "<script>alert(1)</script>\u{202e}{{7*7}}";
    let mut meeting = usual_meeting(UUID);
    meeting.topic = hostile.to_owned();
    world.sandbox.zoom.add(meeting);
    world.deliver(&life, UUID).await;
    life.finish(&world).await;
    for page in [browser.post(CHECK, &[]).await, browser.get(RECOVER).await] {
        assert_eq!(page.status, 200, "{}", page.body);
        assert!(!page.body.contains("<script") && !page.body.contains('\u{202e}'), "{}", page.body);
        assert!(page.body.contains("&#60;script"), "{}", page.body);
    }
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_recovery_is_explained_first_and_then_done() {
    let (world, life, browser) = archived(&[]).await;
    let zooms = |world: &World| world.sandbox.zoom.recording(UUID).unwrap().standing;
    let page = browser.get(RECOVER).await;
    assert!(page.status == 200 && page.text().contains("which has it until 20"), "{}", page.text());
    assert!(page.text().contains("archived again") && page.text().contains("The archive stays as it is"));
    assert_eq!(zooms(&world), AtZoom::Trashed, "a GET changes nothing");
    assert_eq!(browser.post(RECOVER, &[]).await.status, 422);
    assert_eq!(browser.post(RECOVER, &[("then", "burn")]).await.status, 400);
    assert_eq!(zooms(&world), AtZoom::Trashed);
    let done = browser.post(RECOVER, &[("then", "keep")]).await;
    assert_eq!((done.status, done.location()), (303, "/dashboard/recordings/1?done=recovered"));
    assert_eq!(zooms(&world), AtZoom::Present);
    assert_eq!(trail(&life).await[1..], ["recover and keep", "job 1", "done"]);
    assert_eq!(life.store.job(JobId(1)).await.unwrap().zoom_copy, ZoomCopy::Recovered);
    for again in [browser.get(RECOVER).await, browser.post(RECOVER, &[("then", "keep")]).await] {
        assert!(again.status == 409 && again.text().contains("it was recovered already"), "{}", again.text());
    }
    life.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_page_itself_and_only_with_a_session_may_ask() {
    let (world, life, browser) = archived(&[]).await;
    for path in [CHECK, RECOVER] {
        let request = browser.client.post(format!("{}{path}", browser.url)).form(&[("then", "keep")]);
        let request = request.header("sec-fetch-site", "cross-site").header("origin", "https://evil.example");
        assert_eq!(browser.send(request).await.status, 403, "{path}");
        let nobody = Browser::new(&life.url);
        assert_eq!(nobody.post(path, &[("then", "keep")]).await.status, 303, "{path}");
    }
    assert_eq!(world.sandbox.zoom.recording(UUID).unwrap().standing, AtZoom::Trashed);
    life.stop().await;
}
