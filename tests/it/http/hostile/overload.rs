//! More events than can be stored, each on a connection of its own: every one is answered, with 200 or with 503, and the
//! other doors stay open meanwhile.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::join_all;
use jiff::Timestamp;
use tokio::io::{AsyncWriteExt, BufStream};
use tokio::net::TcpStream;
use zoom2drive::health::{self, HealthState};
use zoom2drive::live::Live;
use zoom2drive::secret::Secret;
use zoom2drive::secret::keyring::Keyring;
use zoom2drive::store::Moment;
use zoom2drive::webhook::{self, PATH, WebhookState, signature};

use super::{CROWD, read_answer};
use crate::support::server::{SECRET, Scratch, TestServer, completed};
use crate::support::world::LIMIT;

/// More than there are places for connections.
const EVENTS: usize = 1500;

/// Opened in a second. A crowd that comes all at once would fill the system's own queue.
const EVENTS_PER_SECOND: f64 = 1000.0;

/// How long the store takes for a transaction.
const SLOW: Duration = Duration::from_millis(200);

fn request(number: usize) -> Vec<u8> {
    let body = completed(&format!("overload/{number}=="), "x").to_string();
    let timestamp = Timestamp::now().as_second().to_string();
    let signature = signature::signature(&Secret::new(SECRET), &timestamp, body.as_bytes());
    format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\nx-zm-request-timestamp: {timestamp}\r\nx-zm-signature: {signature}\r\n\
         content-length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// One answer on a new connection.
async fn ask(address: std::net::SocketAddr, request: &[u8]) -> Option<u16> {
    let mut stream = BufStream::new(TcpStream::connect(address).await.ok()?);
    stream.write_all(request).await.ok()?;
    stream.flush().await.ok()?;
    read_answer(&mut stream).await.map(|(status, _)| status)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_cannot_be_served_is_told_so_and_nobody_is_dropped() {
    let _alone = CROWD.lock().await;
    let scratch = Scratch::open().await;
    scratch.store.hook_commits(Arc::new(|call, moment| {
        Box::pin(async move {
            if (call, moment) == ("accept", Moment::Before) {
                tokio::time::sleep(SLOW).await;
            }
            Ok(())
        })
    }));
    let router = webhook::router(WebhookState {
        secrets: Live::new(Keyring::new(vec![Secret::new(SECRET)])),
        store: scratch.store.clone(),
        refused: Arc::default(),
        stopping: Default::default(),
    })
    .merge(health::router(HealthState { store: scratch.store.clone(), workers_alive: Arc::new(|| true) }));
    let server = TestServer::open(router).await;
    let (address, began) = (server.address, Instant::now());
    let storm = (0..EVENTS).map(|number| {
        tokio::spawn(async move {
            let request = request(number);
            tokio::time::sleep(Duration::from_secs_f64(number as f64 / EVENTS_PER_SECOND)).await;
            ask(address, &request).await
        })
    });
    let storm = tokio::time::timeout(LIMIT, join_all(storm));
    let doors = async {
        let mut slowest = Duration::ZERO;
        while began.elapsed() < Duration::from_secs_f64(EVENTS as f64 / EVENTS_PER_SECOND) {
            let asked = Instant::now();
            let answer = ask(address, b"GET /healthz HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").await;
            assert_eq!(answer, Some(200));
            slowest = slowest.max(asked.elapsed());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        slowest
    };
    let (answers, slowest) = tokio::join!(storm, doors);
    let answers: Vec<Option<u16>> = answers.unwrap().into_iter().map(Result::unwrap).collect();
    let count = |answer| answers.iter().filter(|one| **one == answer).count();
    eprintln!(
        "{} stored, {} told to come again, health after {slowest:?}",
        count(Some(200)),
        count(Some(503))
    );
    assert_eq!(count(None), 0, "closed without an answer");
    assert_eq!(count(Some(200)) + count(Some(503)), EVENTS);
    assert!(count(Some(200)) > 0 && count(Some(503)) > 0, "there was no overload: this proves nothing");
    assert!(slowest < Duration::from_secs(5), "{slowest:?}");
    let stored = scratch.store.backlog().await.unwrap().unarchived;
    assert_eq!(stored, u64::try_from(count(Some(200))).unwrap());
}
