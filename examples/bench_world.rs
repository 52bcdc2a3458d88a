//! The sandbox's Zoom and Google for `bench/run`: under the names of a proxy with TLS, and told what to do and asked what
//! it saw while others move files.
//!
//! `bench_world FOLDER ZOOM MEDIA GOOGLE`: the last three are the addresses (`https://name`) under which the proxy shows
//! Zoom, its media host and Google. It writes `environment` (the service's settings, a line each) and `google-key.json` to
//! the folder and prints a line of JSON with the ports that the proxy has to know. Then it reads orders, a JSON object per
//! line, and answers each with a line of JSON: see [`Order`]. It ends with its standard input.

use std::io::{BufRead as _, Write as _};
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use zoom2drive::sandbox::Sandbox;
use zoom2drive::sandbox::faults::{Fault, Route, Rule};
use zoom2drive::sandbox::zoom::{File, Meeting};

/// Longest wait for anything.
const LIMIT: Duration = Duration::from_secs(900);

type Failure = Box<dyn std::error::Error>;

/// What can be asked for.
#[derive(Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Order {
    /// A recording of this number of videos of this size.
    Record { uuid: String, files: u64, bytes: u64 },
    /// The line both ways (0 for no limit), and the time until an upload request is answered.
    Line { bytes_per_second: u64, answer_millis: u64 },
    /// The next download ends after this number of bytes.
    Cut { bytes: u64 },
    /// From here on is counted.
    Count {},
    /// Zoom's event about a recording, signed, to the service at this address.
    Deliver { uuid: String, to: String },
    /// Answers when Drive has received this number of bytes more.
    Received { bytes: u64 },
    /// Answers when a download begins, after now.
    Moves {},
    /// Answers when Drive holds this number of files of this size more, with what was seen until then.
    Complete { files: u64, bytes: u64 },
    /// Which rules were broken.
    Violations {},
}

/// The counters when counting began.
#[derive(Default)]
struct Mark {
    sent: u64,
    received: u64,
    files: usize,
    requests: usize,
    first_byte: Arc<OnceLock<Instant>>,
}

struct World {
    sandbox: Arc<Sandbox>,
    mark: Mark,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [folder, zoom, media, google] = words.as_slice() else {
        return Err("usage: bench_world FOLDER ZOOM MEDIA GOOGLE".into());
    };
    let sandbox = Arc::new(Sandbox::start().await?);
    // Before they take the proxy's names.
    let ports = json!({"zoom": port(&sandbox.zoom.api_url())?, "google": port(&sandbox.google.url())?});
    sandbox.zoom.appear_as(zoom, media);
    sandbox.google.appear_as(google);
    sandbox.google.be_lenient();
    let folder = Path::new(folder);
    let lines = sandbox.environment(folder)?.into_iter().map(|(name, value)| format!("{name}={value}\n"));
    std::fs::write(folder.join("environment"), lines.collect::<String>())?;
    say(&ports)?;

    let (sender, mut orders) = mpsc::unbounded_channel();
    // A thread of its own: reading standard input cannot be cancelled.
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(true) = line.map(|line| sender.send(line).is_ok()) else { return };
        }
    });
    let mut world = World { sandbox, mark: Mark::default() };
    let mut next = orders.recv().await;
    while let Some(line) = next.take() {
        let answer = match serde_json::from_str(&line) {
            // A further order ends the wait for what will not come.
            Ok(order) => tokio::select! {
                answer = world.obey(order) => answer,
                another = orders.recv() => {
                    next = another;
                    Err("given up".into())
                }
            },
            Err(error) => Err(error.into()),
        };
        say(&answer.unwrap_or_else(|error| json!({"error": error.to_string()})))?;
        if next.is_none() {
            next = orders.recv().await;
        }
    }
    Ok(())
}

impl World {
    async fn obey(&mut self, order: Order) -> Result<Value, Failure> {
        let sandbox = &self.sandbox;
        match order {
            Order::Record { uuid, files, bytes } => {
                let videos = (1..=files).map(|number| File::mp4(&format!("{uuid}-{number}"), bytes));
                sandbox.zoom.add(videos.fold(Meeting::new(&uuid, format!("Bench {uuid}")), Meeting::file));
            }
            Order::Line { bytes_per_second, answer_millis } => {
                sandbox.zoom.line().limit(bytes_per_second, Duration::ZERO);
                sandbox.google.line().limit(bytes_per_second, Duration::from_millis(answer_millis));
            }
            Order::Cut { bytes } => {
                let fault = Fault::MediaCut(bytes);
                let rule = Rule { route: Route::ZoomMedia, subject: String::new(), skip: 0, times: 1, fault };
                sandbox.faults.add(rule);
            }
            Order::Count {} => self.mark = self.count(),
            Order::Deliver { uuid, to } => {
                let event = sandbox.zoom.event(&uuid, "recording.completed");
                let status = sandbox.zoom.deliver(&to, &event).await?;
                return Ok(json!({"status": status}));
            }
            Order::Received { bytes } => {
                let enough = self.mark.received + bytes;
                self.wait("bytes at Drive", || sandbox.google.bytes_received() >= enough).await?;
            }
            Order::Moves {} => {
                let before = sandbox.transcript.count(Route::ZoomMedia);
                let has_begun = || sandbox.transcript.count(Route::ZoomMedia) > before;
                self.wait("a download", has_begun).await?;
            }
            Order::Complete { files, bytes } => return self.complete(files, bytes).await,
            Order::Violations {} => return Ok(json!({"violations": sandbox.transcript.violations()})),
        }
        Ok(json!({}))
    }

    /// The counters as they are now. The time of the first byte is noted when it comes.
    fn count(&self) -> Mark {
        let sandbox = self.sandbox.clone();
        let mark = Mark {
            sent: sandbox.zoom.bytes_sent(),
            received: sandbox.google.bytes_received(),
            files: sandbox.google.files().len(),
            requests: sandbox.transcript.calls().len(),
            first_byte: Arc::default(),
        };
        let (sent, first_byte) = (mark.sent, mark.first_byte.clone());
        tokio::spawn(async move {
            if sandbox.transcript.wait_until(LIMIT, || sandbox.zoom.bytes_sent() > sent).await {
                first_byte.get_or_init(Instant::now);
            }
        });
        mark
    }

    async fn complete(&self, files: u64, bytes: u64) -> Result<Value, Failure> {
        let (sandbox, mark) = (&self.sandbox, &self.mark);
        let enough = mark.received + files * bytes;
        let are_all_there = || {
            // The list is long to make: it is looked at when all bytes have come.
            sandbox.google.bytes_received() >= enough && {
                let files_now = sandbox.google.files();
                let new =
                    files_now.iter().skip(mark.files).filter(|file| file.size == bytes && !file.trashed);
                new.count() as u64 >= files
            }
        };
        self.wait("the files on Drive", are_all_there).await?;
        let first_byte = mark.first_byte.get().ok_or("files without a byte from Zoom")?;
        Ok(json!({
            "seconds": first_byte.elapsed().as_secs_f64(),
            "sent": sandbox.zoom.bytes_sent() - mark.sent,
            "received": sandbox.google.bytes_received() - mark.received,
            "calls": sandbox.transcript.calls().len() - mark.requests,
        }))
    }

    async fn wait(&self, what: &str, condition: impl FnMut() -> bool) -> Result<(), Failure> {
        let is_there = self.sandbox.transcript.wait_until(LIMIT, condition).await;
        if is_there { Ok(()) } else { Err(format!("waited too long for {what}").into()) }
    }
}

fn port(url: &str) -> Result<u16, Failure> {
    let authority = url.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
    Ok(authority.rsplit(':').next().unwrap_or_default().parse()?)
}

/// One line, at once: who reads it waits for it.
fn say(value: &Value) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{value}")?;
    out.flush()
}
