//! What `zoom2drive verify` takes for a hundred thousand files: time, calls, and peak memory of its process, once with
//! ten files to a folder and once with all files in one: `cargo build --release`, then
//! `cargo run --release --example verify_bench`. The program is the real one beside this example, on SQLite; the Drive
//! that it asks is the sandbox's, in this process.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Parser;
use sqlx::{Connection, SqliteConnection};
use zoom2drive::recording::listing;
use zoom2drive::sandbox::Sandbox;
use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::google::DriveFile;
use zoom2drive::secret::Secret;
use zoom2drive::store;

type Failure = Box<dyn std::error::Error>;

#[derive(Parser)]
struct Options {
    #[arg(long, default_value_t = 100_000)]
    files: usize,
    /// The program; by default the one beside this example.
    #[arg(long)]
    binary: Option<PathBuf>,
}

/// Files of one recording.
const EACH: usize = 2;

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let beside = std::env::current_exe()?.with_file_name("../zoom2drive");
    let binary = options.binary.clone().unwrap_or(beside);
    for (files, together) in [(1_000, 10), (options.files, 10), (options.files, options.files)] {
        measure(&binary, files, together).await?;
    }
    Ok(())
}

/// Verifies this number of files, `together` of them in one folder.
async fn measure(binary: &Path, files: usize, together: usize) -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let sandbox = Sandbox::start().await?;
    let settings = sandbox.environment(folder.path())?;
    let address = settings.iter().find(|(name, _)| name == "DATABASE_URL").ok_or("no database")?.1.clone();
    store::open(&Secret::new(address.clone())).await?.close().await;
    fill(&sandbox, &address, files, together).await?;
    let begun = Instant::now();
    let mut command = Command::new(binary);
    command.arg("verify").env_clear().envs(settings).current_dir(folder.path());
    let mut program = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn()?;
    let id = program.id();
    let mut peak = 0;
    let status = loop {
        // The peak only grows: the last value before the end counts.
        peak = peak_kilobytes(id).unwrap_or(peak);
        if let Some(status) = program.try_wait()? {
            break status;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    };
    let said = program.wait_with_output()?.stdout;
    if !status.success() {
        return Err(format!("{status}: {}", String::from_utf8_lossy(&said)).into());
    }
    println!(
        "{files:>7} files, {together:>6} to a folder: {:>6.1} s, {:>5} list pages, {:>4} calls by id, peak {:>5.1} MiB (VmHWM)",
        begun.elapsed().as_secs_f64(),
        sandbox.transcript.count(Route::DriveList),
        sandbox.transcript.count(Route::DriveGet),
        f64::from(peak) / 1024.0,
    );
    Ok(())
}

/// `VmHWM` of a process; `None` once it has ended.
fn peak_kilobytes(process: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}

/// Puts the files on the sandbox's Drive and into the database, as proved long ago.
async fn fill(sandbox: &Sandbox, address: &str, files: usize, together: usize) -> Result<(), Failure> {
    let object = serde_json::json!({"uuid": "sample", "topic": "A lecture", "host_email": "ann@example.com",
        "recording_files": [{"id": "a", "file_type": "MP4", "file_size": 9}]});
    let recording = serde_json::to_value(listing::read(&object).map_err(|_| "no recording")?)?;
    let (whole, file) = (recording.to_string(), recording["files"][0].to_string());
    let mut connection = SqliteConnection::connect(address).await?;
    let mut filling = connection.begin().await?;
    let mut folder = String::new();
    for number in 0..files {
        if number % together == 0 {
            folder = sandbox.google.add_folder(&sandbox.google.root_folder(), &format!("folder {number}"));
        }
        let job = i64::try_from(number / EACH)? + 1;
        if number % EACH == 0 {
            let job_row = sqlx::query(
                "INSERT INTO jobs (id, meeting, recording, stage, standing, next_attempt_at, accepted_at, updated_at,
                   planned_revision) VALUES ($1, $2, $3, 'retired', 'finished', 1, 1, 1, 1)",
            );
            job_row.bind(job).bind(format!("meeting-{job}")).bind(&whole).execute(&mut *filling).await?;
        }
        let name = format!("{number}.mp4");
        let DriveFile { id, size, sha256, .. } = sandbox.google.add_copy(&folder, &name, name.as_bytes());
        let file_row = sqlx::query(
            "INSERT INTO files (job, file_key, version, file, name, folder_id, drive_id, state, size, sha256, proved_at)
               VALUES ($1, $2, 1, $3, $4, $5, $6, 'verified', $7, $8, 1)",
        );
        let file_row = file_row.bind(job).bind(format!("f{number}")).bind(&file).bind(&name).bind(&folder);
        file_row.bind(id).bind(i64::try_from(size)?).bind(sha256).execute(&mut *filling).await?;
    }
    filling.commit().await?;
    Ok(connection.close().await?)
}
