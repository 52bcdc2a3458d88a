//! The admin API over real HTTP: who is let in, what is shown, what can be done.

mod audit_trail;

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio_util::sync::CancellationToken;
use zoom2drive::admin::access::{Tokens, WrongTokens};
use zoom2drive::admin::{self, AdminState};
use zoom2drive::health::{self, HealthState};
use zoom2drive::jobs::{
    FileRecord, FileState, Provenance, SWEEP_SINGLETON, SentFile, Standing, Sweeping, UploadProgress,
};
use zoom2drive::live::Live;
use zoom2drive::secret::keyring::Keyring;
use zoom2drive::secret::{Secret, SecretUrl};
use zoom2drive::store::{Accepted, Claim, NewEvent, RunEnd, SingletonClaim};
use zoom2drive::webhook::{self, WebhookState, payload};

use crate::store::no_names;
use crate::support::server::{Intake, Log, SECRET, Scratch, TestServer, completed};

const TOKEN: &str = "an-admin-token-of-some-length";

fn tokens() -> Tokens {
    Tokens { admin: Some(Live::new(Secret::new(TOKEN))), viewer: None }
}

struct Api {
    scratch: Scratch,
    server: TestServer,
}

impl Api {
    async fn open() -> Self {
        let scratch = Scratch::open().await;
        let sweeping = Sweeping::Every(Duration::from_secs(3600));
        let state = AdminState {
            tokens: tokens(),
            wrong_tokens: WrongTokens::new(scratch.store.clone()),
            store: scratch.store.clone(),
            sweeping,
        };
        Self { server: TestServer::open(admin::router(state)).await, scratch }
    }

    async fn call(&self, method: Method, path: &str) -> (u16, Value) {
        let request = self.server.client.request(method, self.server.url(path)).bearer_auth(TOKEN);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["cache-control"], "no-store");
        let status = answer.status();
        let expected = if status.is_success() { "application/json" } else { "application/problem+json" };
        assert_eq!(answer.headers()["content-type"], expected, "{path}");
        let body: Value = answer.json().await.unwrap();
        if !status.is_success() {
            assert_eq!(body["type"], "about:blank");
            assert_eq!(body["status"], status.as_u16());
            assert_eq!(body["title"], status.canonical_reason().unwrap());
            assert!(!body["detail"].as_str().unwrap().is_empty());
        }
        (status.as_u16(), body)
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path).await
    }

    async fn post(&self, path: &str) -> (u16, Value) {
        self.call(Method::POST, path).await
    }

    async fn accept(&self, body: &Value) -> Accepted {
        let body = body.to_string();
        let event = payload::read(body.as_bytes()).unwrap().with_body(body.as_bytes());
        self.scratch.store.accept(&event).await.unwrap()
    }
}

#[tokio::test]
async fn without_the_token_nothing_can_be_learned() {
    let api = Api::open().await;
    let wrong = [
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some(format!("Bearer {TOKEN}x")),
        Some(format!("Bearer {}", &TOKEN[1..])),
        Some(format!("Basic {TOKEN}")),
        Some(TOKEN.to_owned()),
    ];
    for path in
        ["/admin", "/admin/", "/admin/events", "/admin/jobs/1", "/admin/nothing", "/admin/jobs/1/retry"]
    {
        for authorization in &wrong {
            let mut request = api.server.client.get(api.server.url(path));
            if let Some(value) = authorization {
                request = request.header("authorization", value);
            }
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 401, "{path} {authorization:?}");
            assert!(answer.headers()["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
            assert_eq!(answer.headers()["content-type"], "application/problem+json");
            assert_eq!(answer.headers()["cache-control"], "no-store");
        }
    }
    let twice = api.server.client.get(api.server.url("/admin/events")).bearer_auth(TOKEN).bearer_auth(TOKEN);
    assert_eq!(twice.send().await.unwrap().status(), 401);
    let lower = api
        .server
        .client
        .get(api.server.url("/admin/events"))
        .header("authorization", format!("bearer {TOKEN}"));
    assert_eq!(lower.send().await.unwrap().status(), 200, "the scheme's case does not matter");
}

#[tokio::test]
async fn every_error_is_a_problem_document() {
    let api = Api::open().await;
    for path in [
        "/admin/events/7",
        "/admin/jobs/7",
        "/admin/jobs/seven",
        "/admin/jobs/-1",
        "/admin/nothing",
        "/admin",
        "/admin/",
    ] {
        assert_eq!(api.get(path).await.0, 404, "{path}");
    }
    for path in
        ["/admin/events/7/replay", "/admin/jobs/7/retry", "/admin/jobs/7/cancel", "/admin/events/x/replay"]
    {
        assert_eq!(api.post(path).await.0, 404, "{path}");
    }
    for path in
        ["/admin/jobs?standing=odd", "/admin/jobs?before=x", "/admin/events?before=", "/admin/jobs?odd=1"]
    {
        assert_eq!(api.get(path).await.0, 400, "{path}");
    }
    assert_eq!(api.get("/admin/jobs/7/retry").await.0, 405);
    assert_eq!(api.get("/admin/jobs/7/retry/").await.0, 404);
    assert_eq!(api.call(Method::DELETE, "/admin/events").await.0, 405);
    api.scratch.store.close().await;
    let (status, body) = api.get("/admin/events").await;
    assert_eq!((status, body["detail"].as_str()), (503, Some("the store failed; the log says why")));
}

#[tokio::test]
async fn the_doors_stand_side_by_side() {
    let intake = Intake::open(&[SECRET]).await;
    let store = intake.scratch.store.clone();
    let health = HealthState { store: store.clone(), workers_alive: Arc::new(|| true) };
    let hook = WebhookState {
        secrets: Live::new(Keyring::default()),
        store: store.clone(),
        refused: Default::default(),
        stopping: CancellationToken::new(),
    };
    let router = admin::router(AdminState {
        tokens: tokens(),
        wrong_tokens: WrongTokens::new(store.clone()),
        store,
        sweeping: Sweeping::Off,
    })
    .merge(health::router(health))
    .merge(webhook::router(hook));
    let server = TestServer::open(router).await;
    for (path, status) in [
        ("/healthz", 200),
        ("/readyz", 200),
        ("/nothing", 404),
        ("/webhooks/zoom", 405),
        ("/admin/jobs", 401),
        ("/administrator", 404),
    ] {
        let answer = server.client.get(server.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
    }
    // Without any secret, nobody can sign.
    let body = completed("u", "x").to_string();
    let url = server.url("/webhooks/zoom");
    let forged = intake.signed("", body.as_bytes(), 0).build().unwrap();
    let request = server.client.post(url).headers(forged.headers().clone()).body(body);
    assert_eq!(request.send().await.unwrap().status(), 401);
}

#[tokio::test]
async fn events_and_jobs_are_listed_in_pages() {
    let api = Api::open().await;
    assert_eq!(api.get("/admin/jobs").await, (200, json!({"jobs": [], "next_before": null})));
    for n in 0..203 {
        api.accept(&completed(&format!("u{n}"), "x")).await;
    }
    for what in ["events", "jobs"] {
        let (_, first) = api.get(&format!("/admin/{what}")).await;
        assert_eq!((first[what].as_array().unwrap().len(), &first["next_before"]), (200, &json!(4)));
        let (_, second) = api.get(&format!("/admin/{what}?before=4")).await;
        assert_eq!((second[what].as_array().unwrap().len(), &second["next_before"]), (3, &Value::Null));
        assert_eq!(second[what][0]["id"], 3);
    }
    let (_, event) = api.get("/admin/events/1").await;
    assert_eq!(
        (&event["name"], &event["meeting"], &event["job"]),
        (&json!("recording.completed"), &json!("u0"), &json!(1))
    );
    let received: jiff::Timestamp = event["received_at"].as_str().unwrap().parse().unwrap();
    assert!(received.duration_until(jiff::Timestamp::now()).as_secs() < 60);
    assert_eq!(api.get("/admin/jobs?standing=parked").await.1["jobs"], json!([]));
}

#[tokio::test]
async fn a_job_can_be_retried_and_cancelled() {
    let api = Api::open().await;
    let job = api.accept(&completed("u", "x")).await.job.unwrap();
    let (status, cancelled) = api.post(&format!("/admin/jobs/{job}/cancel")).await;
    assert_eq!((status, &cancelled["standing"]), (200, &json!("cancelled")));
    assert_eq!(cancelled["next_attempt_at"], Value::Null);
    let (_, listed) = api.get("/admin/jobs?standing=cancelled").await;
    assert_eq!(listed["jobs"], json!([cancelled]));
    let (status, retried) = api.post(&format!("/admin/jobs/{job}/retry")).await;
    assert_eq!((status, &retried["standing"], &retried["reason"]), (200, &json!("active"), &json!("")));
    assert!(matches!(
        api.scratch.store.claim(std::time::Duration::from_secs(9)).await,
        Ok(Claim::Leased(..))
    ));
    assert_eq!(api.get(&format!("/admin/jobs/{job}")).await.1["running"], true);
}

#[tokio::test]
async fn events_can_be_replayed_whatever_became_of_them() {
    let api = Api::open().await;
    let accepted = api.accept(&completed("u", "x")).await;
    let job = accepted.job.unwrap();
    for standing in [Standing::Finished, Standing::Parked] {
        let claimed = api.scratch.store.claim(std::time::Duration::from_secs(9)).await.unwrap();
        let Claim::Leased(claimed, lease) = claimed else { panic!("{standing}: nothing is due") };
        api.scratch.store.plan(&lease, &claimed.recording, &[], &no_names(), claimed.revision).await.unwrap();
        let ending = RunEnd { standing, attempts: 0, wait: std::time::Duration::ZERO, reason: "r".into() };
        api.scratch.store.finish(&lease, &ending).await.unwrap();
        assert_eq!(api.get(&format!("/admin/jobs/{job}")).await.1["standing"], standing.name());
        let (status, replayed) = api.post(&format!("/admin/events/{}/replay", accepted.event)).await;
        assert_eq!(
            (status, &replayed["event"], &replayed["job"]["id"]),
            (200, &json!(accepted.event.0), &json!(job.0))
        );
        assert_eq!(
            (&replayed["job"]["standing"], &replayed["job"]["stage"]),
            (&json!("active"), &json!("received"))
        );
    }
    let ignored = api.accept(&json!({"event": "meeting.ended", "payload": {"object": {"uuid": "v"}}})).await;
    let (status, problem) = api.post(&format!("/admin/events/{}/replay", ignored.event)).await;
    assert_eq!(status, 422);
    assert!(
        problem["detail"].as_str().unwrap().contains("the event announces no recording to archive"),
        "{problem}"
    );
}

#[tokio::test]
async fn an_event_that_an_older_version_could_not_use_is_read_again() {
    let api = Api::open().await;
    let body = completed("u", "x").to_string().into_bytes();
    let digest = hex::encode(Sha256::digest(&body));
    let name = "recording.completed".to_owned();
    let unread = NewEvent {
        name,
        body,
        body_sha256: digest,
        recording: None,
        changes: Vec::new(),
        note: "odd".into(),
    };
    let event = api.scratch.store.accept(&unread).await.unwrap().event;
    let (status, replayed) = api.post(&format!("/admin/events/{event}/replay")).await;
    assert_eq!((status, &replayed["job"]["meeting"]), (200, &json!("u")));
    assert_eq!(api.get(&format!("/admin/events/{event}")).await.1["job"], replayed["job"]["id"]);
}

#[tokio::test]
async fn no_answer_and_no_log_line_holds_a_secret() {
    let log = Log::start();
    let api = Api::open().await;
    let accepted = api.accept(&completed("u", "hunter2")).await;
    let Ok(Claim::Leased(job, lease)) = api.scratch.store.claim(std::time::Duration::from_secs(9)).await
    else {
        panic!("nothing is due");
    };
    let wanted = FileRecord {
        key: job.recording.files[0].key.clone(),
        version: 1,
        file: job.recording.files[0].clone(),
        name: "A play.mp4".into(),
        folder_id: "folder".into(),
        drive_id: "drive-1".into(),
        state: FileState::Wanted,
        progress: UploadProgress::default(),
        mismatches: 0,
        restarts: 0,
        proved_at: None,
        provenance: Provenance::default(),
        readings: Default::default(),
    };
    let store = &api.scratch.store;
    store.plan(&lease, &job.recording, std::slice::from_ref(&wanted), &no_names(), 1).await.unwrap();
    let session = Some(SecretUrl::new("https://www.googleapis.com/upload?upload_id=hunter2"));
    let progress = UploadProgress { session, total: 9, offset: 5, ..UploadProgress::default() };
    store.save_progress(&lease, &wanted, &progress).await.unwrap();

    let (_, halfway) = api.get("/admin/jobs/1").await;
    let file = &halfway["files"][0];
    assert_eq!((&file["uploaded"], &file["total"], &file["state"]), (&json!(5), &json!(9), &json!("wanted")));
    assert_eq!((&file["drive_id"], &file["link"]), (&json!("drive-1"), &Value::Null));
    let streamed = SentFile { size: 9, sha256: "ab".repeat(32) };
    store.mark_verified(&lease, &wanted, &streamed).await.unwrap();
    let (_, done) = api.get("/admin/jobs/1").await;
    let expected = json!({
        "key": "file-1", "version": 1, "type": "MP4", "recording_type": "", "name": "A play.mp4",
        "state": "verified", "skip_reason": null, "listed_size": 9, "size": 9, "sha256": "ab".repeat(32),
        "drive_id": "drive-1", "link": "https://drive.google.com/file/d/drive-1/view",
        "uploaded": 9, "total": 9, "mismatches": 0, "restarts": 0,
    });
    assert_eq!(done["files"][0], expected);
    assert_eq!(done["host"], "ann@example.com");

    let mut shown = vec![halfway, done, api.get("/admin/jobs").await.1, api.get("/admin/events").await.1];
    shown.push(api.get("/admin/events/1").await.1);
    shown.push(api.post(&format!("/admin/events/{}/replay", accepted.event)).await.1);
    shown.push(api.post("/admin/jobs/1/retry").await.1);
    let all = format!("{shown:?}{}", log.text());
    for secret in ["hunter2", TOKEN, "zoom.us/rec", "passcode", "upload_id"] {
        assert!(!all.contains(secret), "{secret} is in:\n{all}");
    }
}

#[tokio::test]
async fn the_status_is_unknown_until_a_sweep_has_seen_everything() {
    let api = Api::open().await;
    api.accept(&completed("u", "hunter2")).await;
    let (status, unknown) = api.get("/admin/status").await;
    assert_eq!((status, &unknown["unarchived"], &unknown["oldest_at"]), (200, &Value::Null, &Value::Null));
    assert!(unknown["why"].as_str().unwrap().contains("not been swept yet"), "{unknown}");
    assert!(unknown["last_event_at"].is_string() && unknown["parked"] == 0, "{unknown}");

    let store = &api.scratch.store;
    let hour = Duration::from_secs(3600);
    let SingletonClaim::Ours(turn) = store.acquire_singleton(SWEEP_SINGLETON, hour, hour).await.unwrap()
    else {
        panic!()
    };
    store.end_singleton(&turn, true, "all seen").await.unwrap();
    let (_, known) = api.get("/admin/status").await;
    assert_eq!((&known["unarchived"], &known["why"]), (&json!(1), &Value::Null), "{known}");
    assert!(known["oldest_at"].is_string() && known["oldest_age_seconds"].is_u64(), "{known}");
    assert_eq!(known["sweep"]["note"], "all seen");
}
