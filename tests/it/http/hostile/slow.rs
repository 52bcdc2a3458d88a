//! Clients that take their time: heads without end, bodies that drip, idlers, answers that nobody reads. Each
//! is cut, and none keeps Zoom waiting.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use zoom2drive::webhook::PATH;

use super::{CROWD, plausible, signed_headers};
use crate::support::program::Program;
use crate::support::world::{LIMIT, World, usual_meeting};

/// More than the program takes at the same time (512), and than this process may have files open, or less.
const CONNECTIONS: usize = 520;

const UUID: &str = "slow/clients/AAAAAAAAA==";

async fn connect(program: &Program) -> TcpStream {
    TcpStream::connect(program.url.strip_prefix("http://").unwrap()).await.unwrap()
}

/// Waits for the program to close this connection, and gives what it said before.
async fn closed(mut stream: TcpStream) -> String {
    let mut said = Vec::new();
    let read = tokio::time::timeout(LIMIT, stream.read_to_end(&mut said)).await;
    // A reset is an end as well.
    let _ = read.expect("the connection was left open");
    String::from_utf8_lossy(&said).into_owned()
}

/// One byte every now and then, until nobody takes it.
async fn drip(stream: TcpStream, byte: &[u8]) -> String {
    let (mut from, mut to) = stream.into_split();
    let dripping = async {
        while to.write_all(byte).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let mut said = Vec::new();
    let reading = async {
        let _ = from.read_to_end(&mut said).await;
    };
    tokio::time::timeout(LIMIT, async {
        tokio::select! {
            () = dripping => {}
            () = reading => {}
        }
    })
    .await
    .expect("the connection was left open");
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_slow_is_cut() {
    let world = World::with(&[("HEAD_TIMEOUT", "500ms")]).await;
    let program = Program::serve(&world).await;
    let silent = async { closed(connect(&program).await).await };
    let endless_head = async {
        let mut stream = connect(&program).await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nx: ").await.unwrap();
        drip(stream, b"x").await
    };
    let dripping_body = async {
        let mut stream = connect(&program).await;
        stream.write_all(&plausible(PATH, "content-length: 100000")).await.unwrap();
        drip(stream, b"[").await
    };
    let idle = async {
        let mut stream = connect(&program).await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        closed(stream).await
    };
    let deaf = async {
        let mut stream = connect(&program).await;
        let many = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n".repeat(1000);
        // Until nobody takes more questions, because nobody takes the answers, and then until it is cut.
        let asking = async { while stream.write_all(&many).await.is_ok() {} };
        tokio::time::timeout(LIMIT, asking).await.expect("the connection was left open");
    };
    let (silent, head, body, idle, ()) = tokio::join!(silent, endless_head, dripping_body, idle, deaf);
    assert_eq!(silent, "");
    assert!(head.is_empty() || head.starts_with("HTTP/1.1 408"), "{head}");
    // Not 4xx: Zoom would never send it again.
    assert!(body.starts_with("HTTP/1.1 503"), "{body}");
    assert!(idle.starts_with("HTTP/1.1 200"), "{idle}");

    world.sandbox.zoom.add(usual_meeting(UUID));
    world.deliver_to(&program, UUID).await;
    world.archived(program, &[UUID]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_gets_through_when_every_place_is_taken_by_those_who_wait() {
    let _alone = CROWD.lock().await;
    // Nobody is cut by time here.
    let world = World::with(&[("HEAD_TIMEOUT", "1h")]).await;
    let program = Program::serve(&world).await;
    let mut crowd = Vec::new();
    let awaited = plausible(PATH, "content-length: 9");
    for number in 0..CONNECTIONS {
        let mut stream = connect(&program).await;
        // By turns: nothing at all, a head without end, a request and then nothing, a body that never comes.
        let said: &[u8] = match number % 4 {
            0 => b"",
            1 => b"POST /webhooks/zoom HTTP/1.1\r\nx: ",
            2 => b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n",
            _ => &awaited,
        };
        // The first ones may be gone already.
        let _ = stream.write_all(said).await;
        crowd.push(stream);
    }
    world.sandbox.zoom.add(usual_meeting(UUID));
    let body = world.sandbox.zoom.event(UUID, "recording.completed");
    let mut request = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\n{}connection: close\r\ncontent-length: {}\r\n\r\n",
        signed_headers(&world, &body),
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(&body);
    let mut zoom = connect(&program).await;
    zoom.write_all(&request).await.unwrap();
    let answer = closed(zoom).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
    world.trashed(&program, &[UUID]).await;
    // Those who came last are still there: only as many went as had to.
    let mut last = crowd.pop().unwrap();
    let more = tokio::time::timeout(Duration::from_millis(1), last.read_u8()).await;
    assert!(more.is_err(), "{more:?}");
    drop(crowd);
    drop(last);
    world.finished(program, &[UUID]).await;
}
