//! A storm of signed webhooks against the real program, at a fixed rate whatever the answers: how long each waited, how
//! each was answered, and whether each 200 is in the database after `kill -9`.
//!
//! ```text
//! cargo build --release
//! cargo run --release --example webhook_bench -- --rate 2000 --seconds 8 --connections 64
//! ```
//!
//! `--connections 0` opens a connection for each event. `--database postgres://...` names an empty database; without it
//! there is a new SQLite file in the folder for temporary files. `--binary` names another build of the program. Zoom's
//! and Google's addresses lead nowhere, so the worker pauses; with `--moving 4` they lead to the sandbox, and four files
//! move meanwhile, over a line of 100 MB/s each way. The times begin when an event is due, not when a connection is free
//! for it. `--json` adds a line for programs.

#[path = "webhook_bench/moving.rs"]
mod moving;
#[path = "webhook_bench/report.rs"]
mod report;

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::time::Duration;

use clap::Parser;
use jiff::Timestamp;
use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection, SqliteConnection};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::Handle;
use tokio::task::LocalSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use zoom2drive::sandbox::Sandbox;
use zoom2drive::secret::Secret;
use zoom2drive::webhook::{PATH, signature};

/// A client that waits longer has given up.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Time from the start of the program to its first line about the address.
const START_WITHIN: Duration = Duration::from_secs(20);

/// Between two looks at the other doors.
const LOOK_EVERY: Duration = Duration::from_millis(100);

const ADMIN_TOKEN: &str = "an-admin-token-for-the-bench";

type Failure = Box<dyn std::error::Error>;

#[derive(Parser)]
struct Options {
    /// Events per second.
    #[arg(long, default_value_t = 2000)]
    rate: u32,
    #[arg(long, default_value_t = 8)]
    seconds: u32,
    /// Connections that stay open; 0 for a new one for each event.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// An empty PostgreSQL database.
    #[arg(long)]
    database: Option<String>,
    /// Files that move meanwhile.
    #[arg(long, default_value_t = 0)]
    moving: u64,
    /// Ends with the figures in one line of JSON.
    #[arg(long)]
    json: bool,
    /// The program; by default the one beside this example.
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// One event: its request, and the digest by which the database knows it.
struct Event {
    request: Vec<u8>,
    sha256: String,
}

/// How an event was answered, and after how long.
struct Outcome {
    answer: Answer,
    took: Duration,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Answer {
    Status(u16),
    /// The connection ended without an answer.
    Closed,
    Late,
}

/// As large as a usual one: two files, addresses and a token of usual length.
fn event(secret: &Secret, number: u32, is_last: bool) -> Event {
    let file = |id: &str| {
        json!({"id": format!("{id}-{number}"), "file_type": "MP4", "file_extension": "MP4", "file_size": 1_000_000,
            "recording_type": "shared_screen_with_speaker_view", "recording_start": "2026-03-01T18:30:00Z",
            "status": "completed", "download_url": format!("https://zoom.us/rec/download/{}", "x".repeat(120)),
            "play_url": format!("https://zoom.us/rec/play/{}", "x".repeat(120))})
    };
    let body = json!({"event": "recording.completed", "event_ts": 1_772_000_000_000_u64 + u64::from(number),
        "payload": {"account_id": "bench", "object": {"uuid": format!("bench/{number}=="), "id": number,
            "topic": "A play", "host_email": "ann@example.com", "start_time": "2026-03-01T18:30:00Z",
            "duration": 60, "recording_files": [file("a"), file("b")]}},
        "download_token": "t".repeat(300)})
    .to_string();
    let timestamp = Timestamp::now().as_second().to_string();
    let signed = signature::signature(secret, &timestamp, body.as_bytes());
    let connection = if is_last { "close" } else { "keep-alive" };
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: bench\r\ncontent-type: application/json\r\nconnection: {connection}\r\n\
         x-zm-request-timestamp: {timestamp}\r\nx-zm-signature: {signed}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    let sha256 = hex::encode(Sha256::digest(body.as_bytes()));
    Event { request: [head.into_bytes(), body.into_bytes()].concat(), sha256 }
}

/// The program under test. It is killed when this is dropped.
struct Program(Child, String);

impl Program {
    async fn start(binary: &Path, settings: Vec<(String, String)>, log: PathBuf) -> Result<Self, Failure> {
        let file = std::fs::File::create(&log)?;
        let mut command = Command::new(binary);
        command.arg("serve").env_clear().envs(settings).stdin(Stdio::null());
        command.stdout(file.try_clone()?).stderr(file);
        let mut program =
            Self(command.spawn().map_err(|error| format!("{}: {error}", binary.display()))?, String::new());
        let began = Instant::now();
        while began.elapsed() < START_WITHIN {
            let said = std::fs::read_to_string(&log)?;
            if let Some((address, _)) =
                said.split_once("listening on ").and_then(|(_, rest)| rest.split_once(';'))
            {
                program.1 = address.to_owned();
                return Ok(program);
            }
            sleep(Duration::from_millis(20)).await;
        }
        Err(std::fs::read_to_string(&log)?.into())
    }

    /// What the process has used: CPU time in seconds, and its peak memory.
    fn usage(&self) -> String {
        let proc =
            |name: &str| std::fs::read_to_string(format!("/proc/{}/{name}", self.0.id())).unwrap_or_default();
        let stat = proc("stat");
        let ticks = stat.rsplit_once(") ").map(|(_, rest)| rest).unwrap_or_default().split(' ');
        let ticks: u64 = ticks.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        let status = proc("status");
        let peak = status.lines().find(|line| line.starts_with("VmHWM")).unwrap_or_default();
        format!("{:.1} s of CPU, {}", ticks as f64 / 100.0, peak.replace('\t', " "))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SIGKILL: what counts is what is on disk by now.
        let _ended_already = self.0.kill();
        let _ended_already = self.0.wait();
    }
}

/// Sends a request and reads one answer; `None` if the connection ends before it.
async fn exchange(stream: &mut TcpStream, request: &[u8]) -> Option<(u16, bool)> {
    let sent = stream.write_all(request).await;
    let mut said = Vec::with_capacity(512);
    let end = loop {
        if let Some(at) = said.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut said).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&said[..end]).to_ascii_lowercase();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let length =
        head.split_once("content-length: ").and_then(|(_, rest)| rest.split_once('\r')).map(|(n, _)| n);
    let length: usize = length.and_then(|text| text.parse().ok()).unwrap_or(0);
    while said.len() < end + length {
        if stream.read_buf(&mut said).await.ok()? == 0 {
            return None;
        }
    }
    Some((status, sent.is_err() || head.contains("connection: close")))
}

/// Sends one event, on the connection that is kept or on a new one.
async fn deliver(address: &str, kept: &mut Option<TcpStream>, request: &[u8]) -> Answer {
    let exchanging = async {
        let mut stream = match kept.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(address).await.ok()?;
                stream.set_nodelay(true).ok()?;
                stream
            }
        };
        let (status, is_last) = exchange(&mut stream, request).await?;
        *kept = (!is_last).then_some(stream);
        Some(status)
    };
    match timeout(ANSWER_WITHIN, exchanging).await {
        Ok(Some(status)) => Answer::Status(status),
        Ok(None) => Answer::Closed,
        Err(_late) => Answer::Late,
    }
}

/// Sends every event when it is due.
async fn storm(options: &Options, address: &str, events: Rc<Vec<Event>>) -> Vec<Option<Outcome>> {
    let outcomes: Rc<RefCell<Vec<Option<Outcome>>>> =
        Rc::new(RefCell::new(events.iter().map(|_| None).collect()));
    let (next, begin) = (Rc::new(Cell::new(0)), Instant::now() + Duration::from_millis(200));
    let (rate, is_kept) = (options.rate, options.connections > 0);
    let senders = if is_kept { options.connections } else { events.len() };
    let senders: Vec<_> = (0..senders)
        .map(|_| {
            let (events, outcomes, next) = (events.clone(), outcomes.clone(), next.clone());
            let address = address.to_owned();
            tokio::task::spawn_local(async move {
                let mut stream = None;
                loop {
                    let number = next.get();
                    let Some(event) = events.get(number) else { return };
                    next.set(number + 1);
                    let due = begin + Duration::from_secs_f64(number as f64 / f64::from(rate));
                    sleep_until(due).await;
                    let answer = deliver(&address, &mut stream, &event.request).await;
                    outcomes.borrow_mut()[number] = Some(Outcome { answer, took: due.elapsed() });
                    if !is_kept {
                        return;
                    }
                }
            })
        })
        .collect();
    for sender in senders {
        let _panicked = sender.await;
    }
    outcomes.take()
}

/// Asks at another door again and again; counts the failures and keeps the longest time.
async fn look(address: String, path: &'static str, seen: Rc<RefCell<BTreeMap<&'static str, Door>>>) {
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: bench\r\nauthorization: Bearer {ADMIN_TOKEN}\r\nconnection: close\r\n\r\n"
    );
    loop {
        sleep(LOOK_EVERY).await;
        let began = Instant::now();
        let answer = deliver(&address, &mut None, request.as_bytes()).await;
        let mut seen = seen.borrow_mut();
        let door = seen.entry(path).or_default();
        door.asked += 1;
        door.failed += usize::from(answer != Answer::Status(200));
        door.slowest = door.slowest.max(began.elapsed());
    }
}

#[derive(Default)]
struct Door {
    asked: usize,
    failed: usize,
    slowest: Duration,
}

/// The digests of all events that the database holds.
async fn stored(address: &str) -> Result<Vec<String>, Failure> {
    let digests = "SELECT body_sha256 FROM events";
    if address.starts_with("postgres") {
        let mut connection = PgConnection::connect(address).await?;
        return Ok(sqlx::query_scalar(digests).fetch_all(&mut connection).await?);
    }
    let mut connection = SqliteConnection::connect(address).await?;
    Ok(sqlx::query_scalar(digests).fetch_all(&mut connection).await?)
}

async fn run(options: Options, world: Handle) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let sandbox = world.spawn(Sandbox::start()).await??;
    let mut settings: BTreeMap<String, String> = sandbox.environment(folder.path())?.into_iter().collect();
    moving::addresses(options.moving, &mut settings);
    settings.insert("ADMIN_TOKEN".to_owned(), ADMIN_TOKEN.to_owned());
    if let Some(database) = &options.database {
        settings.insert("DATABASE_URL".to_owned(), database.clone());
    }
    let address = settings["DATABASE_URL"].clone();
    let beside = std::env::current_exe()?;
    let beside = beside.ancestors().nth(2).ok_or("no folder")?.join("zoom2drive");
    let binary = options.binary.clone().unwrap_or(beside);
    let program = Program::start(&binary, settings.into_iter().collect(), folder.path().join("log")).await?;

    let secret = Secret::new(sandbox.zoom.webhook_secret());
    let count = options.rate * options.seconds;
    let is_last = options.connections == 0;
    let events: Rc<Vec<Event>> = Rc::new((0..count).map(|number| event(&secret, number, is_last)).collect());
    let seen = Rc::new(RefCell::new(BTreeMap::new()));
    moving::begin(options.moving, &sandbox, &program.1).await?;
    let (begun, moved) = (Instant::now(), sandbox.google.bytes_received());
    for path in ["/healthz", "/readyz", "/admin/jobs"] {
        tokio::task::spawn_local(look(program.1.clone(), path, seen.clone()));
    }
    let outcomes = storm(&options, &program.1, events.clone()).await;
    let (seconds, moved) = (begun.elapsed().as_secs_f64(), sandbox.google.bytes_received() - moved);
    println!(
        "{} events at {}/s, {} bytes each, {} on {}: {}",
        count,
        options.rate,
        events[0].request.len(),
        if is_last {
            "a connection for each".to_owned()
        } else {
            format!("{} connections", options.connections)
        },
        if address.starts_with("postgres") { "PostgreSQL" } else { "SQLite" },
        program.usage()
    );
    drop(program);
    let (answers, doors) = (report::answers(&outcomes), report::doors(&seen.borrow()));
    if options.moving > 0 {
        println!("  {} files meanwhile: {:.1} MB/s", options.moving, moved as f64 / 1e6 / seconds);
    }
    let stored: std::collections::HashSet<String> = stored(&address).await?.into_iter().collect();
    let promised: Vec<&Event> = events
        .iter()
        .zip(&outcomes)
        .filter(|(_, outcome)| outcome.as_ref().is_some_and(|one| one.answer == Answer::Status(200)))
        .map(|(event, _)| event)
        .collect();
    let lost = promised.iter().filter(|event| !stored.contains(&event.sha256)).count();
    println!("  after kill -9: {} answered 200, {lost} of them not in the database", promised.len());
    if options.json {
        let figures =
            json!({"events": count, "answers": answers, "doors": doors, "moved": moved, "seconds": seconds});
        println!("{figures}");
    }
    if lost > 0 { Err("an event that was answered with 200 is lost".into()) } else { Ok(()) }
}

fn main() -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    // Zoom and Google have threads of their own: what they do must not delay the events.
    let world = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let local = LocalSet::new();
    local.block_on(&runtime, run(Options::parse(), world.handle().clone()))
}
