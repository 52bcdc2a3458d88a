//! `/healthz` and `/readyz`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::{Value, json};
use zoom2drive::health::{self, HealthState};

use crate::support::server::{Scratch, TestServer};

async fn get(server: &TestServer, path: &str) -> (u16, Value) {
    let answer = server.client.get(server.url(path)).send().await.unwrap();
    assert_eq!(answer.headers()["cache-control"], "no-store");
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn ready_means_that_the_store_can_be_written_and_the_workers_live() {
    let scratch = Scratch::open().await;
    let alive = Arc::new(AtomicBool::new(true));
    let seen = alive.clone();
    let state = HealthState {
        store: scratch.store.clone(),
        workers_alive: Arc::new(move || seen.load(Ordering::Relaxed)),
    };
    let server = TestServer::open(health::router(state)).await;
    let ready = json!({"status": "ok", "checks": {"store": "ok", "workers": "ok"}, "pauses": 0});
    assert_eq!(get(&server, "/readyz").await, (200, ready));
    alive.store(false, Ordering::Relaxed);
    let no_worker =
        json!({"status": "failing", "checks": {"store": "ok", "workers": "failing"}, "pauses": 0});
    assert_eq!(get(&server, "/readyz").await, (503, no_worker));
    scratch.store.close().await;
    let nothing =
        json!({"status": "failing", "checks": {"store": "failing", "workers": "failing"}, "pauses": null});
    assert_eq!(get(&server, "/readyz").await, (503, nothing));
    // The process is up all the same.
    let up = json!({"status": "ok", "version": env!("CARGO_PKG_VERSION")});
    assert_eq!(get(&server, "/healthz").await, (200, up));
}
