//! Google's token and the recording's bytes go to the origin of `GOOGLE_API_URL`, wherever an answer points.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use zoom2drive::jobs::Standing;
use zoom2drive::sandbox::faults::{Canned, Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};

use crate::support::world::World;

const UUID: &str = "sessions/+uuid==";
const SIZE: u64 = 900_000;

/// A server that is not Google's: it answers everything as an upload that is complete, and counts who calls.
struct Stranger {
    url: String,
    calls: Arc<AtomicUsize>,
}

impl Stranger {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = calls.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    let mut head = [0_u8; 4096];
                    let _what_it_says = stream.read(&mut head).await;
                    let _it_may_be_gone =
                        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
                });
            }
        });
        Self { url, calls }
    }

    fn assert_unknown(&self) {
        assert_eq!(self.calls.load(Ordering::SeqCst), 0, "something was sent to a stranger");
    }
}

async fn world() -> World {
    let world = World::with(&[]).await;
    world
        .sandbox
        .zoom
        .add(Meeting::new(UUID, "Sessions").host("ann@example.com").file(File::mp4("video-1", SIZE)));
    world
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_elsewhere_gets_neither_token_nor_bytes() {
    let stranger = Stranger::new().await;
    let session = format!("{}/upload/drive/v3/files?upload_id=hunter2", stranger.url);
    let opened = Canned::new(200, "text/html", "").header("location", &session);
    let moved =
        Canned::new(308, "text/html", "").header("range", "bytes=0-262143").header("location", &session);
    for (route, skip, answer) in [
        (Route::UploadStart, 0, opened),
        (Route::UploadChunk, 0, moved.clone()),
        (Route::UploadStatus, 0, moved),
    ] {
        let world = world().await;
        if route == Route::UploadStatus {
            world.sandbox.faults.once(Route::UploadChunk, Fault::CutAfter);
        }
        let fault = Fault::Answer(answer);
        world.sandbox.faults.add(Rule { route, subject: String::new(), skip, times: 1, fault });
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        life.wait_for("parking", |jobs| jobs.iter().any(|job| job.standing == Standing::Parked)).await;
        let job = life.jobs().await.remove(0);
        assert!(
            job.reason.contains(&stranger.url) && job.reason.contains("GOOGLE_API_URL"),
            "{route:?}: {}",
            job.reason
        );
        assert!(!job.reason.contains("hunter2"), "{}", job.reason);
        stranger.assert_unknown();
        life.store.retry(job.id).await.unwrap();
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        stranger.assert_unknown();
        life.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_was_stored_for_another_address_is_left() {
    let stranger = Stranger::new().await;
    let world = world().await;
    world.sandbox.faults.add(Rule {
        route: Route::UploadChunk,
        subject: String::new(),
        skip: 1,
        times: 1,
        fault: Fault::Stall,
    });
    let life = world.live().await;
    world.deliver(&life, UUID).await;
    life.wait_for("a stall", |_| world.sandbox.transcript.count(Route::UploadChunk) > 1).await;
    life.crash();
    world.expire_leases().await;
    world.sql(leak(format!("UPDATE files SET session = '{}/upload?upload_id=x'", stranger.url))).await;
    let life = world.live().await;
    life.finish(&world).await;
    world.assert_archived(&[UUID]);
    stranger.assert_unknown();
    life.stop().await;
}

/// `World::sql` takes statements that are written down in the test.
fn leak(statement: String) -> &'static str {
    statement.leak()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_of_google_follows_a_redirect() {
    let stranger = Stranger::new().await;
    for status in [301, 302, 303, 307, 308] {
        let world = world().await;
        let place = format!("{}/elsewhere", stranger.url);
        let redirect = Canned::new(status, "text/html", "moved").header("location", &place);
        let mut routes = vec![
            Route::GoogleToken,
            Route::DriveGet,
            Route::DriveIds,
            Route::DriveList,
            Route::DriveCreate,
            Route::UploadStart,
            Route::UploadSmall,
        ];
        // To a chunk 308 means something else, and names a session.
        if status != 308 {
            routes.push(Route::UploadChunk);
        }
        for route in routes {
            world.sandbox.faults.once(route, Fault::Answer(redirect.clone()));
        }
        let life = world.live().await;
        world.deliver(&life, UUID).await;
        life.finish(&world).await;
        world.assert_archived(&[UUID]);
        assert_eq!(world.sandbox.faults.left(), 0);
        stranger.assert_unknown();
        life.stop().await;
    }
}
