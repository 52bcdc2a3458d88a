//! Rules that hold for every page, found in the source: looking changes nothing, and tells nothing without a session.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::Method;
use zoom2drive::config::VARIABLES;
use zoom2drive::housekeeping::HOUSEKEEPING_SINGLETON;
use zoom2drive::store::{CommitHook, Moment};

use super::routes::{Route, routes};
use super::{Browser, opened};
use crate::support::world::{LIMIT, World, usual_meeting};

/// Queries with which a page does more than without.
const QUERIES: [(&str, &str); 9] = [
    ("/dashboard/live", "?of=overview"),
    ("/dashboard/live", "?of=recording:1"),
    ("/dashboard/recordings", "?q=rehearsal&state=all"),
    ("/dashboard/recordings", "?before=1"),
    ("/dashboard/events", "?before=1"),
    ("/dashboard/hosts", "?before=1"),
    ("/dashboard/messages", "?before=1"),
    ("/dashboard/audit", "?before=1"),
    ("/dashboard/login", "?in=1&next=/dashboard/system"),
];

/// Writes of the service itself, whenever it pleases: claims, singletons. Housekeeping is waited for.
const IN_THE_BACKGROUND: [&str; 11] = [
    "claim_job",
    "claim_messages",
    "acquire_singleton",
    "renew_singleton",
    "end_singleton",
    "take_ended",
    "take_probe",
    "free_messages",
    "free_leases",
    "free_probes",
    "change_alert",
];

/// Sends a request, and reads its answer unless it is a stream, which never ends.
async fn ask(browser: &Browser, method: Method, path: &str) -> (u16, String) {
    let request = browser.client.request(method, format!("{}{path}", browser.url));
    let request = if browser.cookie.is_empty() { request } else { request.header("cookie", &browser.cookie) };
    let answer = request.send().await.unwrap();
    let kind = answer.headers().get("content-type").map(|kind| kind.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
    if kind.is_some_and(|kind| kind.starts_with("text/event-stream")) {
        let first = tokio::time::timeout(Duration::from_millis(500), answer.bytes_stream_first()).await;
        return (status, first.unwrap_or_default());
    }
    (status, answer.text().await.unwrap())
}

/// The first bytes of a stream.
trait FirstBytes {
    async fn bytes_stream_first(self) -> String;
}

impl FirstBytes for reqwest::Response {
    async fn bytes_stream_first(mut self) -> String {
        let first = self.chunk().await.unwrap_or_default().unwrap_or_default();
        String::from_utf8_lossy(&first).into_owned()
    }
}

/// Every address that can be looked at.
fn addresses() -> Vec<String> {
    let mut addresses = Vec::new();
    for route in routes().into_iter().filter(|route| route.has_get) {
        let path = route.path();
        let queries = QUERIES.iter().filter(|(of, _)| *of == path).map(|(_, query)| *query);
        addresses.extend(queries.chain([""]).map(|query| format!("{path}{query}")));
        // The same of what does not exist.
        if path.ends_with("/1") || path.contains("/1/") {
            addresses.push(path.replace("/1", "/999"));
        }
    }
    addresses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looking_at_any_page_writes_nothing() {
    let world = World::with(&[("SWEEP_EVERY", "0s")]).await;
    world.sandbox.zoom.add(usual_meeting("looked/at/AAAAAAAAAAAA=="));
    let store = world.open_store().await;
    let writes: Arc<Mutex<Vec<&'static str>>> = Arc::default();
    let noted = writes.clone();
    let hook: CommitHook = Arc::new(move |call, moment| {
        if moment == Moment::Begun {
            noted.lock().unwrap().push(call);
        }
        Box::pin(async { Ok(()) })
    });
    store.hook_commits(hook);
    let life = world.live_on(store).await;
    world.deliver(&life, "looked/at/AAAAAAAAAAAA==").await;
    life.finish(&world).await;
    let browser = Browser::logged_in(&life).await;
    let housekeeping = async {
        while life.store.singleton(HOUSEKEEPING_SINGLETON).await.unwrap().succeeded_at.is_none() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    // The next one comes in an hour.
    tokio::time::timeout(LIMIT, housekeeping).await.unwrap();
    writes.lock().unwrap().clear();
    // What the service writes while nobody looks.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let mut idle: BTreeSet<&str> = std::mem::take(&mut *writes.lock().unwrap()).into_iter().collect();
    idle.extend(IN_THE_BACKGROUND);
    let before =
        (life.store.audit(None).await.unwrap(), life.store.sessions().await.unwrap(), life.jobs().await);
    let nobody = Browser::new(&life.url);
    let mut looked = 0;
    for address in addresses() {
        for method in [Method::GET, Method::HEAD] {
            for who in [&browser, &nobody] {
                let (status, _) = ask(who, method.clone(), &address).await;
                assert!(status < 500, "{method} {address}: {status}");
                let written: Vec<&str> = std::mem::take(&mut *writes.lock().unwrap());
                let written: Vec<&str> = written.into_iter().filter(|call| !idle.contains(call)).collect();
                assert_eq!(written, [""; 0], "{method} {address} writes");
                looked += 1;
            }
        }
    }
    assert!(looked > 30, "{looked}");
    let after =
        (life.store.audit(None).await.unwrap(), life.store.sessions().await.unwrap(), life.jobs().await);
    assert_eq!(after.0, before.0);
    assert_eq!(after.1, before.1);
    assert_eq!(format!("{:?}", after.2), format!("{:?}", before.2));
    // The hook sees writes: this proves something.
    browser.post("/dashboard/logout", &[]).await;
    assert!(writes.lock().unwrap().contains(&"end_session"));
}

#[tokio::test]
async fn without_a_session_all_paths_answer_alike() {
    let world = World::new().await;
    let life = world.live().await;
    let nobody = Browser::new(&life.url);
    let planted = Browser { cookie: format!("z2d={}", "f".repeat(64)), ..Browser::new(&life.url) };
    let inside: Vec<Route> = routes().into_iter().filter(|route| !route.is_for_all()).collect();
    let mut paths: Vec<String> = inside.iter().map(Route::path).collect();
    paths.extend(["/dashboard/nothing", "/dashboard/sessions/1", "/dashboard/.env"].map(str::to_owned));
    for path in paths {
        let is_for_scripts = ["/dashboard/live", "/dashboard/state"].contains(&&*path);
        for browser in [&nobody, &planted] {
            for path in [path.clone(), format!("{path}?x=1")] {
                let answer = browser.get(&path).await;
                let next = if path.contains('.') || path.split('?').next() == Some("/dashboard") {
                    String::new()
                } else {
                    format!("?next={}", path.split('?').next().unwrap())
                };
                let expected = if is_for_scripts {
                    (401, String::new())
                } else {
                    (303, format!("/dashboard/login{next}"))
                };
                assert_eq!((answer.status, answer.location().to_owned()), expected, "{path}");
                assert_eq!(answer.body, "", "{path}");
            }
            let posted = browser.post(&path, &[]).await;
            let expected = if is_for_scripts { (401, "") } else { (303, "/dashboard/login?again=1") };
            assert_eq!((posted.status, posted.location()), expected, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_page_shows_a_secret() {
    let (world, _life, browser) = opened(&[
        ("VIEWER_TOKEN", "hunter2-of-the-viewers"),
        ("DASHBOARD_USER_HEADER", "X-Forwarded-Email"),
        ("DASHBOARD_PROXY_SECRET", "hunter2-of-the-proxy"),
        ("SMTP_URL", "smtps://ann:hunter2-of-the-mail@localhost:1"),
        ("NOTIFY_EMAIL_TO", "ann@example.org"),
        ("NOTIFY_EMAIL_FROM", "z2d@example.org"),
        ("NOTIFY_WEBHOOK_URL", "https://localhost:1/hunter2-of-the-channel"),
    ])
    .await;
    let key = std::fs::read_to_string(&world.settings["GOOGLE_APPLICATION_CREDENTIALS"]).unwrap();
    let key: serde_json::Value = serde_json::from_str(&key).unwrap();
    let mut secrets: Vec<String> = VARIABLES
        .iter()
        // A file's name is no secret.
        .filter(|variable| variable.is_secret() && variable.name != "DATABASE_URL")
        .filter_map(|variable| world.settings.get(variable.name).cloned())
        .collect();
    secrets.push(key["private_key"].as_str().unwrap().lines().nth(1).unwrap().to_owned());
    secrets.extend(["hunter2".to_owned(), browser.cookie.strip_prefix("z2d=").unwrap().to_owned()]);
    assert!(secrets.len() >= 8, "{}", secrets.len());
    for address in addresses() {
        for method in [Method::GET, Method::POST] {
            // Nothing here may end this session.
            if method == Method::POST && address.starts_with("/dashboard/log") {
                continue;
            }
            let (_, body) = ask(&browser, method.clone(), &address).await;
            for secret in &secrets {
                assert!(!body.contains(secret.as_str()), "{method} {address} shows {secret}");
            }
        }
    }
}
