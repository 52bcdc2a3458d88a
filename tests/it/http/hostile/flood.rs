//! Five hundred slow senders at a time, without the secret: however they send, the process stays small, and Zoom's
//! calls get through.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::JoinSet;
use zoom2drive::webhook::{BODY_BYTES_MAX, PATH};

use super::{CROWD, memory, plausible};
use crate::support::program::Program;
use crate::support::world::{LIMIT, World, usual_meeting};

const SENDERS: usize = 500;

/// What memory may grow by, whatever they send.
const GROWTH: u64 = 64 * 1024 * 1024;

/// A write that makes no progress for this long has filled what the program and the system take.
const STALLED: Duration = Duration::from_millis(300);

/// Between two bytes of a sender that has sent its part, and before one that was cut comes back.
const DRIP: Duration = Duration::from_millis(250);

/// A body in chunks of this size, without its end.
fn chunked(size: usize, count: usize) -> Vec<u8> {
    let chunk = [format!("{size:x}\r\n").into_bytes(), vec![b' '; size], b"\r\n".to_vec()].concat();
    chunk.repeat(count)
}

/// What each sender sends at once, by the kind of flood. None of it is ever complete.
fn floods() -> Vec<(&'static str, Vec<u8>)> {
    let body = |path: &str, announced: usize, sent: usize| {
        let head = plausible(path, &format!("content-length: {announced}"));
        [head, vec![b' '; sent]].concat()
    };
    let in_chunks = |chunks: Vec<u8>| [plausible(PATH, "transfer-encoding: chunked"), chunks].concat();
    let unsigned = format!("POST {PATH} HTTP/1.1\r\nhost: x\r\ncontent-length: {BODY_BYTES_MAX}\r\n\r\n");
    let many_lines: String = (0..5000).map(|n| format!("x-{n}: {n}\r\n")).collect();
    vec![
        (
            "one long line of a head",
            format!("POST {PATH} HTTP/1.1\r\nx: {}", "x".repeat(384_000)).into_bytes(),
        ),
        ("many lines of a head", format!("POST {PATH} HTTP/1.1\r\n{many_lines}").into_bytes()),
        ("an endless request line", vec![b'/'; 384_000]),
        ("the largest body but for a byte", body(PATH, BODY_BYTES_MAX, BODY_BYTES_MAX - 1)),
        ("a megabyte but for a byte", body(PATH, 1024 * 1024, 1024 * 1024 - 1)),
        ("a small body that never ends", body(PATH, 6000, 5000)),
        ("an announced terabyte", body(PATH, 1 << 40, 1024 * 1024)),
        ("a megabyte in chunks", in_chunks(chunked(64 * 1024, 16))),
        ("a body in chunks of a byte", in_chunks(chunked(1, 200_000))),
        ("endless trailers", in_chunks(format!("0\r\n{many_lines}").into_bytes())),
        ("an unsigned body", [unsigned.into_bytes(), vec![b' '; BODY_BYTES_MAX - 1]].concat()),
        ("small requests, one behind the other", body(PATH, 2, 2).repeat(20)),
        ("bodies for the admin API", body("/admin/jobs/1/retry", 1024 * 1024, 1024 * 1024 - 1)),
        ("bodies for no path at all", body("/nowhere", 1024 * 1024, 1024 * 1024 - 1)),
    ]
}

/// Sends and then drips, again and again, until it is dropped. `sent` is raised after the first part.
async fn send_slowly(address: String, said: Arc<Vec<u8>>, sent: Arc<(AtomicUsize, Notify)>) {
    let mut is_first = true;
    loop {
        let Ok(mut stream) = TcpStream::connect(&address).await else {
            tokio::time::sleep(DRIP).await;
            continue;
        };
        let mut rest = &said[..];
        while let Ok(Ok(written)) = tokio::time::timeout(STALLED, stream.write(rest)).await {
            rest = &rest[written..];
            if rest.is_empty() {
                break;
            }
        }
        if std::mem::take(&mut is_first) {
            sent.0.fetch_add(1, Ordering::SeqCst);
            sent.1.notify_one();
        }
        tokio::time::sleep(DRIP).await;
        while let Ok(Ok(1)) = tokio::time::timeout(STALLED, stream.write(b" ")).await {
            tokio::time::sleep(DRIP).await;
        }
    }
}

/// Starts all of them, and returns when each has sent its first part, or as much as is taken.
async fn all_at_once(program: &Program, said: Vec<u8>) -> JoinSet<()> {
    let address = program.url.strip_prefix("http://").unwrap().to_owned();
    let (said, sent) = (Arc::new(said), Arc::new((AtomicUsize::new(0), Notify::new())));
    let mut senders = JoinSet::new();
    for _ in 0..SENDERS {
        senders.spawn(send_slowly(address.clone(), said.clone(), sent.clone()));
    }
    let all_sent = async {
        while sent.0.load(Ordering::SeqCst) < SENDERS {
            sent.1.notified().await;
        }
    };
    tokio::time::timeout(LIMIT, all_sent).await.expect("the senders could not send");
    senders
}

/// Sends an event as Zoom does: again if it is answered 503, or not in time. Gives how often it was answered so.
async fn deliver(world: &World, program: &Program, body: &[u8]) -> usize {
    let (began, mut refused) = (Instant::now(), 0);
    loop {
        match world.post(program, body).await {
            Some(200) => return refused,
            Some(503) => refused += 1,
            // A machine that is busy with other tests.
            None => {}
            answer => panic!("{answer:?}: {}", program.text()),
        }
        assert!(began.elapsed() < LIMIT, "{}", program.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_slow_senders_take_little_memory_and_keep_nobody_out() {
    let _alone = CROWD.lock().await;
    let world = World::with(&[]).await;
    let program = Program::serve(&world).await;
    let before = memory(&program, "VmRSS");
    let (mut uuids, mut refused) = (Vec::new(), 0);
    for (number, (name, said)) in floods().into_iter().enumerate() {
        let senders = all_at_once(&program, said).await;
        let began = Instant::now();
        let uuid = format!("flooded/{number}==");
        world.sandbox.zoom.add(usual_meeting(&uuid));
        let mut event = world.sandbox.zoom.event(&uuid, "recording.completed");
        refused += deliver(&world, &program, &event).await;
        // One with more files than anybody has seen, too.
        event.resize(100_000, b' ');
        refused += deliver(&world, &program, &event).await;
        let (took, now, peak) = (began.elapsed(), memory(&program, "VmRSS"), memory(&program, "VmHWM"));
        eprintln!("{name}: two events in {took:?}, {} KiB, at most {} KiB", now / 1024, peak / 1024);
        assert!(peak < before + GROWTH, "{name}: {before} {now} {peak}");
        drop(senders);
        uuids.push(uuid);
    }
    let text = program.text();
    let slow = text.lines().filter(|line| line.contains("event not stored in time")).count();
    assert!(refused <= slow, "{refused} times no room for an event of Zoom's: {text}");
    assert!(text.contains("no memory for the body"), "the budget was not used up: this proves nothing");
    assert!(!text.contains("panic"), "{text}");
    let uuids: Vec<&str> = uuids.iter().map(String::as_str).collect();
    world.trashed(&program, &uuids).await;
    world.finished(program, &uuids).await;
}
