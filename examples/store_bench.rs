//! How long the store takes for what it does all the time, among a hundred thousand finished jobs and ten
//! thousand that wait: `cargo run --release --example store_bench`, with the address of an empty PostgreSQL
//! database behind `--` for that one.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;
use sha2::{Digest, Sha256};
use sqlx::{Connection, PgConnection, SqliteConnection};
use zoom2drive::jobs::shelf::{ShelfCursor, ShelfState, words};
use zoom2drive::jobs::{JobId, Standing};
use zoom2drive::recording::{Recording, listing};
use zoom2drive::secret::Secret;
use zoom2drive::store::shelf::ShelfFilter;
use zoom2drive::store::{self, Claim, JobFilter, NewEvent, RunEnd, Store, StoreError};

/// Runs of each call.
const RUNS: usize = 300;

/// Jobs in the filling.
const JOBS: u64 = 110_000;

const LEASE: Duration = Duration::from_secs(60);

const SAMPLE: &str = "CREATE TEMPORARY TABLE sample (recording TEXT, file TEXT, body TEXT)";
const SAMPLED: &str = "INSERT INTO sample VALUES ($1, $2, $3)";

type Failure = Box<dyn std::error::Error>;

/// As large as Zoom's own: two files, addresses and a token of usual length.
fn recording(uuid: &str) -> Result<Recording, Failure> {
    let file = |id: &str| {
        json!({"id": id, "file_type": "MP4", "file_extension": "MP4", "file_size": 1_000_000,
            "recording_type": "shared_screen_with_speaker_view", "recording_start": "2026-03-01T18:30:00Z",
            "download_url": format!("https://zoom.us/rec/download/{}", "x".repeat(120))})
    };
    let object = json!({"uuid": uuid, "id": 7, "topic": "A play", "host_email": "ann@example.com",
        "recording_files": [file("a"), file("b")]});
    let recording = listing::read(&object).map_err(|_| "no recording")?;
    Ok(recording.named_by_event(Some(&Secret::new("t".repeat(300)))))
}

fn sample() -> Result<[String; 3], Failure> {
    let recording = serde_json::to_value(recording("sample")?)?;
    Ok([recording.to_string(), recording["files"][0].to_string(), "{}".repeat(1_000)])
}

async fn timed<F>(name: &str, mut call: impl FnMut(usize) -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    let mut times = Vec::new();
    for run in 0..RUNS {
        let begun = Instant::now();
        call(run).await?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "  {name:<34} median {:>7.2} ms, slowest of {RUNS} {:>7.2} ms",
        millis(times[RUNS / 2]),
        millis(times[RUNS - 1])
    );
    Ok(())
}

async fn accept(store: &Store, run: usize) -> Result<(), Failure> {
    let body = format!("{run} {}", "{}".repeat(1_000)).into_bytes();
    let event = NewEvent {
        name: "recording.completed".to_owned(),
        body_sha256: hex::encode(Sha256::digest(&body)),
        body,
        recording: Some(recording(&format!("new-{run}"))?),
        changes: Vec::new(),
        note: String::new(),
    };
    store.accept(&event).await?;
    Ok(())
}

async fn work(store: &Store) -> Result<(), Failure> {
    let Claim::Leased(_, lease) = store.claim(LEASE).await? else { return Err("nothing was due".into()) };
    let ending =
        RunEnd { standing: Standing::Parked, attempts: 0, wait: Duration::ZERO, reason: String::new() };
    store.finish(&lease, &ending).await?;
    Ok(())
}

async fn all(store: Store) -> Result<(), Failure> {
    let store = &store;
    timed("webhook: accept an event", |run| accept(store, run)).await?;
    timed("claim a job and end its run", |_| work(store)).await?;
    timed("look for work when none is due", |_| async {
        store.claim(LEASE).await.map(drop).map_err(Into::into)
    })
    .await?;
    timed("is anything paused", |_| async { store.admission(LEASE).await.map(drop).map_err(Into::into) })
        .await?;
    timed("a page of jobs", |_| async {
        store.jobs(JobFilter::default()).await.map(drop).map_err(Into::into)
    })
    .await?;
    let parked = JobFilter { standing: Some(Standing::Parked), before: None };
    timed("a page of parked jobs", |_| async { store.jobs(parked).await.map(drop).map_err(Into::into) })
        .await?;
    timed("a page of events", |_| async { store.events(None).await.map(drop).map_err(Into::into) }).await?;
    timed("what is not archived yet", |_| async { store.backlog().await.map(drop).map_err(Into::into) })
        .await?;
    timed("the names in a folder", |run| async move {
        store.names_in(&format!("folder-{run}")).await.map(drop).map_err(Into::into)
    })
    .await?;
    shelf(store).await?;
    let day = Duration::from_secs(24 * 3600);
    timed("housekeeping: delete 100 events", |_| async {
        store.forget_events(90 * day, 100).await.map(drop).map_err(Into::into)
    })
    .await?;
    timed("housekeeping: wipe 100 jobs", |_| async {
        store.wipe_secrets(day, 100).await.map(drop).map_err(Into::into)
    })
    .await
}

/// What the pages of the dashboard read.
async fn shelf(store: &Store) -> Result<(), Failure> {
    let deep = ShelfCursor { sort_at: 1_000_000 + i64::try_from(JOBS)? - 50_000, job: JobId(i64::MAX) };
    let nothing = words("nowhere dean").unwrap_or_default();
    let searches = [
        ("the newest recordings", ShelfFilter::default()),
        ("page 1,000 of the recordings", ShelfFilter { before: Some(deep), ..ShelfFilter::default() }),
        ("recordings that need a person", in_state(ShelfState::NeedsYou)),
        ("a search of two words without a hit", ShelfFilter { words: nothing, ..ShelfFilter::default() }),
    ];
    for (name, filter) in &searches {
        timed(name, |_| async { store.shelf(filter).await.map(drop).map_err(Into::into) }).await?;
    }
    let host = Some("host-7@uni.example".to_owned());
    let of_host = ShelfFilter { host, ..ShelfFilter::default() };
    timed("a host's newest recordings", |_| async {
        store.shelf(&of_host).await.map(drop).map_err(Into::into)
    })
    .await?;
    timed("sums of 350 hosts", |_| async { store.hosts().await.map(drop).map_err(Into::into) }).await?;
    timed("recordings and bytes in all", |_| async {
        store.shelf_counts(1).await.map(drop).map_err(Into::into)
    })
    .await?;
    timed("the story of a recording", |run| async move {
        store.story(JobId(i64::try_from(run)? + 1)).await.map(drop).map_err(Into::into)
    })
    .await?;
    timed("the newest proofs", |_| async { store.proofs(5).await.map(drop).map_err(Into::into) }).await?;
    timed("files on their way", |_| async { store.moving().await.map(drop).map_err(Into::into) }).await
}

fn in_state(state: ShelfState) -> ShelfFilter {
    ShelfFilter { state: Some(state), ..ShelfFilter::default() }
}

async fn sqlite(folder: &Path) -> Result<(), Failure> {
    let path = folder.join("bench.db");
    let address = Secret::new(format!("sqlite://{}", path.display()));
    store::open(&address).await?.close().await;
    let mut filling = SqliteConnection::connect(address.expose()).await?;
    let [recording, file, body] = sample()?;
    sqlx::raw_sql(SAMPLE).execute(&mut filling).await?;
    sqlx::query(SAMPLED).bind(recording).bind(file).bind(body).execute(&mut filling).await?;
    let fill = format!("BEGIN; {} COMMIT;", include_str!("../tests/it/data/fill-sqlite.sql"));
    sqlx::raw_sql(sqlx::AssertSqlSafe(fill)).execute(&mut filling).await?;
    let events: i64 = sqlx::query_scalar("SELECT sum(pgsize) FROM dbstat WHERE name LIKE '%events%'")
        .fetch_one(&mut filling)
        .await
        .unwrap_or(0);
    filling.close().await?;
    let bytes = std::fs::metadata(&path)?.len();
    println!(
        "SQLite: {} MiB, {} bytes per job with two files; events apart, {} MiB",
        bytes >> 20,
        (bytes - u64::try_from(events)?) / JOBS,
        events >> 20
    );
    let begun = Instant::now();
    let opened = store::open(&address).await?;
    opened.begin_work().await?;
    println!("  start, with the look through the file: {:.2} s", begun.elapsed().as_secs_f64());
    let begun = Instant::now();
    opened.backup(&folder.join("copy.db")).await?;
    println!("  backup, looked through: {:.2} s", begun.elapsed().as_secs_f64());
    all(opened).await
}

async fn postgres(address: &str) -> Result<(), Failure> {
    let opened = store::open(&Secret::new(address)).await?;
    let mut filling = PgConnection::connect(address).await?;
    let [recording, file, body] = sample()?;
    sqlx::raw_sql(SAMPLE).execute(&mut filling).await?;
    sqlx::query(SAMPLED).bind(recording).bind(file).bind(body).execute(&mut filling).await?;
    sqlx::raw_sql(include_str!("../tests/it/data/fill-postgres.sql")).execute(&mut filling).await?;
    println!("PostgreSQL:");
    all(opened).await
}

#[tokio::main(worker_threads = 1)]
async fn main() -> Result<(), Failure> {
    match std::env::args().nth(1) {
        Some(address) => postgres(&address).await,
        None => {
            sqlite(tempfile::tempdir().map_err(|error| StoreError::Refused(error.to_string()))?.path()).await
        }
    }
}
