//! How much of a line the relay uses: the real program moves large files over a line of limited speed, to a Drive that
//! takes its time to answer.
//!
//! `cargo build --release && cargo run --release --example relay_bench -- RATE ANSWER FILES MIB [NAME=VALUE...]`: `RATE` in
//! MB/s both ways (0 for no limit), `ANSWER` in ms for each upload request, then the number of files and the MiB of each.
//! Further words are settings of the service. Files of more than one run at the same time. The line is strict: while
//! nothing is sent it makes up for nothing. Prints one line of JSON.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;
use zoom2drive::sandbox::Sandbox;
use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::zoom::{File, Meeting};

const MIB: u64 = 1024 * 1024;
const UUID: &str = "large/files/AAAAAAAAAA==";
/// Longest that a run may take.
const LIMIT: Duration = Duration::from_secs(1800);
/// Clock ticks in a second, as Linux counts a process' time.
const TICKS: f64 = 100.0;

type Failure = Box<dyn std::error::Error>;

/// The program; ends with this.
struct Service(Child);

impl Drop for Service {
    fn drop(&mut self) {
        let _is_gone = self.0.kill();
        let _is_waited_for = self.0.wait();
    }
}

struct Run {
    rate: u64,
    answer: Duration,
    files: u64,
    size: u64,
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let [rate, answer, files, mib, settings @ ..] = words.as_slice() else {
        return Err("usage: relay_bench RATE ANSWER FILES MIB [NAME=VALUE...]".into());
    };
    let run = Run {
        rate: rate.parse::<u64>()? * 1_000_000,
        answer: Duration::from_millis(answer.parse()?),
        files: files.parse()?,
        size: mib.parse::<u64>()? * MIB,
    };
    let folder = tempfile::tempdir()?;
    let sandbox = Sandbox::start().await?;
    sandbox.zoom.line().limit(run.rate, Duration::ZERO);
    sandbox.google.line().limit(run.rate, run.answer);
    let videos = (1..=run.files).map(|number| File::mp4(&format!("video-{number}"), run.size));
    sandbox.zoom.add(videos.fold(Meeting::new(UUID, "Opening night"), Meeting::file));
    let service = start(&sandbox, folder.path(), settings)?;
    let url = listening(&sandbox, folder.path()).await?;
    let idle = read(&service, "status", "VmRSS:");
    let written = read(&service, "io", "write_bytes:");
    let begun = Instant::now();
    let body = sandbox.zoom.event(UUID, "recording.completed");
    sandbox.zoom.deliver(&format!("{url}/webhooks/zoom"), &body).await?;
    let first = wait_until(|| sandbox.google.bytes_received() > 0, begun).await?;
    let complete = || {
        let copies = sandbox.google.files().into_iter().filter(|file| file.size == run.size && !file.trashed);
        copies.count() as u64 == run.files
    };
    let last = wait_until(complete, begun).await?;
    let written = read(&service, "io", "write_bytes:").saturating_sub(written);
    report(&run, &sandbox, &service, (first, last), (idle, written));
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "figures for people")]
fn report(
    run: &Run,
    sandbox: &Sandbox,
    service: &Service,
    times: (Duration, Duration),
    (idle, written): (u64, u64),
) {
    let bytes = run.files * run.size;
    let gib = bytes as f64 / (1024.0 * MIB as f64);
    let time = (times.1 - times.0).as_secs_f64();
    let share = if run.rate == 0 { 0.0 } else { bytes as f64 / run.rate as f64 / time };
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", service.0.id())).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: f64 = after_name.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    let mebibytes = |kibibytes: u64| kibibytes as f64 / 1024.0;
    println!(
        "{}",
        json!({
            "seconds": round(time), "before_the_first_byte": round(times.0.as_secs_f64()),
            "MiB_per_second": round(bytes as f64 / MIB as f64 / time), "share_of_line_percent": round(share * 100.0),
            "requests": sandbox.transcript.count(Route::UploadChunk),
            "read_per_byte": round(sandbox.zoom.bytes_sent() as f64 / bytes as f64),
            "cpu_seconds_per_GiB": round(ticks / TICKS / gib),
            "idle_MiB": round(mebibytes(idle)), "peak_MiB": round(mebibytes(read(service, "status", "VmHWM:"))),
            "peak_without_program_MiB": round(mebibytes(
                read(service, "status", "VmHWM:").saturating_sub(read(service, "status", "RssFile:")))),
            "disk_MiB_per_GiB": round(written as f64 / MIB as f64 / gib),
        })
    );
}

fn round(figure: f64) -> f64 {
    (figure * 1000.0).round() / 1000.0
}

fn start(sandbox: &Sandbox, folder: &Path, settings: &[String]) -> Result<Service, Failure> {
    let program: PathBuf =
        std::env::current_exe()?.ancestors().nth(2).ok_or("no folder of the program")?.join("zoom2drive");
    let log = std::fs::File::create(folder.join("log"))?;
    let own = settings.iter().filter_map(|setting| setting.split_once('='));
    let child = Command::new(program)
        .arg("serve")
        .env_clear()
        .envs(sandbox.environment(folder)?)
        .env("AFTER_ARCHIVE", "keep")
        .envs(own)
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(log.try_clone()?)
        .stderr(log)
        .spawn()?;
    Ok(Service(child))
}

/// The service's address, once its log names it.
async fn listening(sandbox: &Sandbox, folder: &Path) -> Result<String, Failure> {
    let begun = Instant::now();
    let mut url = None;
    let address = || {
        let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
        let port =
            log.split("127.0.0.1:").skip(1).map(|rest| rest.split(|c: char| !c.is_ascii_digit()).next());
        port.flatten().map(|port| format!("http://127.0.0.1:{port}")).find(|url| {
            !sandbox.google.url().contains(url.as_str()) && !sandbox.zoom.api_url().contains(url.as_str())
        })
    };
    wait_until(
        || {
            url = address();
            url.is_some()
        },
        begun,
    )
    .await?;
    url.ok_or_else(|| "no address".into())
}

async fn wait_until(mut condition: impl FnMut() -> bool, begun: Instant) -> Result<Duration, Failure> {
    while !condition() {
        if begun.elapsed() > LIMIT {
            return Err("it takes too long".into());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    Ok(begun.elapsed())
}

/// A number that the system keeps about the process.
fn read(service: &Service, file: &str, field: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{}/{file}", service.0.id())).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix(field)).unwrap_or_default();
    line.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or_default()
}
