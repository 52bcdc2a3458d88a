//! Whatever `LOG` says, and whatever goes wrong: no secret reaches the log.

use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};

use crate::support::program::Program;
use crate::support::world::{World, usual_meeting};

const UUIDS: [&str; 3] = ["/first/AAAAAAAAAAAAAAA==", "second/AAAAAAAAAAAAAAA==", "third/AAAAAAAAAAAAAAAA=="];

/// A fault for each kind of answer that quotes something: refusals, pages, broken bodies, strange redirects.
fn faults() -> Vec<(Route, u32, Fault)> {
    let elsewhere =
        Canned::new(302, "text/html", "").header("location", "http://files.example/x?access_token=hunter2");
    let answer = |canned: Canned| Fault::Answer(canned);
    vec![
        (Route::ZoomToken, 0, answer(Canned::html(500))),
        (
            Route::GoogleToken,
            0,
            answer(Canned::new(500, "application/json", "{\"error\":\"internal_failure\"}")),
        ),
        (Route::ZoomRecording, 0, answer(Canned::zoom(401, 124, "Invalid access token."))),
        (Route::ZoomRecording, 2, answer(Canned::html(200))),
        (Route::ZoomDownload, 0, answer(Canned::html(200))),
        (Route::ZoomDownload, 1, answer(elsewhere)),
        (Route::ZoomDownload, 3, answer(Canned::html(401))),
        (Route::ZoomDownload, 5, Fault::Cut),
        (Route::ZoomMedia, 0, Fault::MediaCut(300_000)),
        (Route::ZoomMedia, 1, answer(Canned::html(200))),
        (Route::ZoomMedia, 3, Fault::MediaWrongLength(10)),
        (Route::ZoomMedia, 4, answer(Canned::html(403))),
        (Route::DriveGet, 1, answer(Canned::google(500, "backendError", "Backend Error"))),
        (Route::DriveIds, 1, answer(Canned::google(401, "authError", "Invalid Credentials"))),
        (Route::DriveList, 0, Fault::Cut),
        (Route::UploadStart, 1, answer(Canned::google(503, "backendError", "Backend Error"))),
        (Route::UploadChunk, 1, Fault::CutWithin(300_000)),
        (Route::UploadChunk, 3, answer(Canned::google(500, "backendError", "Backend Error"))),
        (Route::UploadChunk, 5, answer(Canned::google(401, "authError", "Invalid Credentials"))),
        (Route::UploadChunk, 7, Fault::Forget(404)),
        (Route::UploadChunk, 9, Fault::Moved),
        (Route::UploadStatus, 1, answer(Canned::html(502))),
        (Route::ZoomTrash, 0, answer(Canned::zoom(500, 500, "Internal"))),
    ]
}

/// The secrets that somebody chose, and some in the shapes in which they travel.
fn chosen(world: &World) -> Vec<String> {
    let zoom = &world.sandbox.zoom;
    let key = world.sandbox.google.service_account_key();
    let pem = key["private_key"].as_str().unwrap().to_owned();
    let lines = pem.lines().filter(|line| !line.starts_with("-----") && line.len() > 20);
    let own = [
        zoom.webhook_secret(),
        zoom.client_secret(),
        world.settings["ADMIN_TOKEN"].as_str(),
        // Whoever has one of these has a login: a JWT, Basic credentials, a bearer in any shape.
        "eyJ",
        "Basic c2",
        "Bearer ",
        "PRIVATE KEY",
        // The passcodes of the sandbox's meetings, and the token of the foreign address.
        "pa$$",
        "yNYIS408EJygs7rE5vVsJwXIz4",
        "hunter2",
        "Signature=",
        "upload_id=",
        "access_token=",
    ];
    own.into_iter().chain(lines).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_logged_at_any_level_whatever_happens() {
    let world = World::with(&[("LOG", "trace"), ("CHUNK_SIZE", "256KiB"), ("IDLE_TIMEOUT", "5s")]).await;
    for (route, skip, fault) in faults() {
        world.sandbox.faults.add(Rule { route, subject: String::new(), skip, times: 1, fault });
    }
    let mut program = Program::serve(&world).await;
    for (turn, uuid) in UUIDS.iter().enumerate() {
        world.sandbox.zoom.add(usual_meeting(uuid).start(&format!("2026-03-01T1{turn}:30:00Z")));
        world.deliver_to(&program, uuid).await;
        // Forged and stale ones, and a challenge, say something in the log as well.
        assert_eq!(world.post_forged(&program).await, 401);
        let challenge = world.sandbox.zoom.validation_event("a-plain-token-of-the-challenge");
        assert_eq!(world.post(&program, &challenge).await, Some(200));
    }
    world.trashed_or_helped(&program).await;
    program.terminate();
    program.ended().await;
    let text = program.text();
    world.assert_archived(&UUIDS);

    for word in ["TRACE", "DEBUG", "event accepted", "verified", "trying again"] {
        assert!(text.contains(word), "this log proves nothing: no {word}");
    }
    let issued = world.sandbox.zoom.handed_out().into_iter().chain(world.sandbox.google.handed_out());
    let issued: Vec<String> = issued.collect();
    assert!(issued.len() > 40, "only {} secrets to look for", issued.len());
    for secret in chosen(&world).iter().chain(&issued) {
        if let Some(line) = text.lines().find(|line| line.contains(secret.as_str())) {
            panic!("{secret:?} was logged:\n{line}");
        }
    }
}

impl World {
    /// A webhook with a signature that is none.
    async fn post_forged(&self, program: &Program) -> u16 {
        let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
        let request = client
            .post(format!("{}/webhooks/zoom", program.url))
            .header("x-zm-request-timestamp", "1700000000")
            .header("x-zm-signature", "v0=00")
            .body("{\"event\":\"recording.completed\"}");
        request.send().await.unwrap().status().as_u16()
    }

    /// Waits for the end of the story; a job that waits for long, or for a person, is helped on.
    async fn trashed_or_helped(&self, program: &Program) {
        let store = self.open_store().await;
        let deadline = tokio::time::Instant::now() + crate::support::world::LIMIT;
        while !self.are_trashed(&UUIDS) {
            assert!(tokio::time::Instant::now() < deadline, "{}\n{}", self.calls(), program.text());
            let limit = std::time::Duration::from_millis(200);
            self.sandbox.transcript.wait_until(limit, || self.are_trashed(&UUIDS)).await;
            for job in store.jobs(Default::default()).await.unwrap() {
                let is_late = job.next_attempt_at > store.now().await.unwrap() + 500;
                if !job.leased && (is_late || job.standing == zoom2drive::jobs::Standing::Parked) {
                    store.retry(job.id).await.unwrap();
                }
            }
        }
        store.close().await;
    }
}
