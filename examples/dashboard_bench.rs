//! How long the pages take, and how large they are, among a hundred and ten thousand recordings:
//! `cargo run --release --example dashboard_bench`; `-- --database postgres://...` names an empty PostgreSQL database. The
//! service, its pages and its webhook are the real ones, over HTTP on loopback.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use clap::Parser;
use futures::StreamExt;
use futures::future::join_all;
use reqwest::Client;
use reqwest::redirect::Policy;
use sqlx::{Connection, PgConnection, SqliteConnection};
use tokio_util::sync::CancellationToken;
use zoom2drive::app::App;
use zoom2drive::config::{Config, Reader};
use zoom2drive::recording::listing;
use zoom2drive::sandbox::Sandbox;
use zoom2drive::sandbox::zoom::{File, Meeting};
use zoom2drive::store;

/// Requests for each page.
const RUNS: usize = 100;

/// Viewers and searches while webhooks are timed.
const VIEWERS: usize = 20;
const SEARCHES: usize = 5;

/// Webhooks that are timed.
const WEBHOOKS: usize = 200;

/// Pages of the list that are turned over before the last one is timed.
const PAGES: usize = 1_000;

const TOKEN: &str = "a-token-for-the-benchmark";

/// Largest page, in bytes.
const HTML_BYTES_MAX: usize = 30 * 1024;

type Failure = Box<dyn std::error::Error>;

#[derive(Parser)]
struct Options {
    /// An empty PostgreSQL database; without it a new SQLite file.
    #[arg(long)]
    database: Option<String>,
}

/// The service's pages, as a browser that is logged in sees them.
struct Pages {
    client: Client,
    url: String,
    cookie: String,
}

impl Pages {
    async fn open(url: String) -> Result<Self, Failure> {
        let client = Client::builder().redirect(Policy::none()).build()?;
        let form = [("name", "Ann"), ("token", TOKEN)];
        let answer = client.post(format!("{url}/dashboard/login")).form(&form).send().await?;
        let cookie = answer.headers().get("set-cookie").ok_or("no session")?.to_str()?;
        let cookie = cookie.split(';').next().unwrap_or_default().to_owned();
        Ok(Self { client, url, cookie })
    }

    async fn get(&self, path: &str) -> Result<String, Failure> {
        let request = self.client.get(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        let answer = request.send().await?;
        let status = answer.status();
        let body = answer.text().await?;
        if status.is_success() { Ok(body) } else { Err(format!("{path}: {status}\n{body}").into()) }
    }

    /// Times a page, and compares its 95th percentile with the budget.
    async fn time(&self, what: &str, path: &str, budget: Duration) -> Result<(), Failure> {
        let (mut times, mut bytes) = (Vec::new(), 0);
        for _ in 0..RUNS {
            let begun = Instant::now();
            bytes = self.get(path).await?.len();
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let (p50, p95, max) = (times[RUNS / 2], times[RUNS * 95 / 100], times[RUNS - 1]);
        let verdict = match (p95 <= budget, bytes <= HTML_BYTES_MAX) {
            (true, true) => "",
            (false, _) => "  OVER ITS TIME",
            (true, false) => "  TOO LARGE",
        };
        println!(
            "  {what:<38} p50 {:>6.1}  p95 {:>6.1} of {:>4.0}  max {:>6.1} ms  {:>6.1} KB{verdict}",
            millis(p50),
            millis(p95),
            millis(budget),
            millis(max),
            kilobytes(bytes)
        );
        Ok(())
    }

    /// The address of the older page, if there is one.
    fn older(page: &str) -> Option<String> {
        let links = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next());
        let mut links = links.filter(|link| link.contains("before="));
        links.next().map(|link| link.replace("&#38;", "&").replace("&amp;", "&"))
    }
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn kilobytes(bytes: usize) -> f64 {
    bytes as f64 / 1024.0
}

/// Fills the tables of an opened database.
async fn fill(address: &str) -> Result<(), Failure> {
    const SAMPLE: &str = "CREATE TEMPORARY TABLE sample (recording TEXT, file TEXT, body TEXT)";
    const SAMPLED: &str = "INSERT INTO sample VALUES ($1, $2, $3)";
    let file = serde_json::json!({"id": "a", "file_type": "MP4", "file_extension": "MP4", "file_size": 1_000_000,
        "recording_type": "shared_screen_with_speaker_view", "recording_start": "2026-03-01T18:30:00Z",
        "download_url": format!("https://zoom.us/rec/download/{}", "x".repeat(120))});
    let object = serde_json::json!({"uuid": "sample", "id": 7, "topic": "A lecture", "host_email": "ann@example.com",
        "start_time": "2026-03-01T18:30:00Z", "duration": 90, "recording_files": [file]});
    let recording = serde_json::to_value(listing::read(&object).map_err(|_| "no recording")?)?;
    let (whole, file) = (recording.to_string(), recording["files"][0].to_string());
    if address.starts_with("postgres") {
        let mut filling = PgConnection::connect(address).await?;
        sqlx::raw_sql(SAMPLE).execute(&mut filling).await?;
        sqlx::query(SAMPLED).bind(whole).bind(file).bind("{}").execute(&mut filling).await?;
        sqlx::raw_sql(include_str!("../tests/it/data/fill-postgres.sql")).execute(&mut filling).await?;
        return Ok(filling.close().await?);
    }
    let mut filling = SqliteConnection::connect(address).await?;
    sqlx::raw_sql(SAMPLE).execute(&mut filling).await?;
    sqlx::query(SAMPLED).bind(whole).bind(file).bind("{}").execute(&mut filling).await?;
    let fill = format!("BEGIN; {} COMMIT;", include_str!("../tests/it/data/fill-sqlite.sql"));
    sqlx::raw_sql(sqlx::AssertSqlSafe(fill)).execute(&mut filling).await?;
    Ok(filling.close().await?)
}

async fn pages(pages: &Pages) -> Result<(), Failure> {
    let ms = Duration::from_millis;
    let list = "/dashboard/recordings";
    pages.time("overview", "/dashboard", ms(40)).await?;
    pages.time("recordings, the first page", list, ms(50)).await?;
    let mut far = list.to_owned();
    for _ in 0..PAGES {
        far = Pages::older(&pages.get(&far).await?).ok_or("the list has too few pages")?;
    }
    pages.time(&format!("recordings, page {PAGES}"), &far, ms(50)).await?;
    pages.time("recordings that need you", &format!("{list}?state=needs-you"), ms(50)).await?;
    pages.time("a search for a host", &format!("{list}?q=host-7%40uni"), ms(50)).await?;
    pages.time("a search without a hit", &format!("{list}?q=nothing+like+it"), ms(100)).await?;
    pages.time("one recording", &format!("{list}/77"), ms(40)).await?;
    pages.time("hosts (kept for 60 s)", "/dashboard/hosts", ms(150)).await?;
    pages.time("events", "/dashboard/events", ms(50)).await?;
    pages.time("messages", "/dashboard/messages", ms(50)).await?;
    pages.time("system", "/dashboard/system", ms(50)).await?;
    pages.time("settings", "/dashboard/settings", ms(50)).await
}

/// Times webhooks while people watch and search.
async fn webhooks(pages: &Pages, sandbox: &Sandbox) -> Result<(), Failure> {
    let stop = CancellationToken::new();
    let watching = (0..VIEWERS).map(|_| async {
        let request = pages.client.get(format!("{}/dashboard/live?of=overview", pages.url));
        let answer = request.header("cookie", &pages.cookie).send().await;
        let Ok(answer) = answer else { return };
        let mut frames = answer.bytes_stream();
        while stop.run_until_cancelled(frames.next()).await.is_some_and(|frame| frame.is_some()) {}
    });
    let searching = (0..SEARCHES).map(|_| async {
        while !stop.is_cancelled() {
            // The answer is not what is measured here.
            let _answer = pages.get("/dashboard/recordings?q=nothing+like+it").await;
        }
    });
    let timing = async {
        let url = format!("{}/webhooks/zoom", pages.url);
        let mut times = Vec::new();
        for number in 0..WEBHOOKS {
            let uuid = format!("bench+{number}/AAAAAAAAAAAA==");
            sandbox.zoom.add(Meeting::new(&uuid, "A lecture").file(File::mp4(&format!("v-{number}"), 1_000)));
            let event = sandbox.zoom.event(&uuid, "recording.completed");
            let begun = Instant::now();
            let status = sandbox.zoom.deliver(&url, &event).await;
            times.push((begun.elapsed(), status));
        }
        stop.cancel();
        times
    };
    let (mut times, ..) = tokio::join!(timing, join_all(watching), join_all(searching));
    times.sort_unstable_by_key(|(time, _)| *time);
    let stored = times.iter().filter(|(_, status)| matches!(status, Ok(200))).count();
    println!(
        "  webhook, {VIEWERS} watch and {SEARCHES} search      p50 {:>6.1}  p99 {:>6.1} of  250  max {:>6.1} ms  {stored} of {WEBHOOKS} stored",
        millis(times[WEBHOOKS / 2].0),
        millis(times[WEBHOOKS * 99 / 100].0),
        millis(times[WEBHOOKS - 1].0),
    );
    Ok(())
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Failure> {
    let options = Options::parse();
    let folder = tempfile::tempdir()?;
    let sandbox = Sandbox::start().await?;
    let mut settings: BTreeMap<String, String> = sandbox.environment(folder.path())?.into_iter().collect();
    let own =
        [("ADMIN_TOKEN", TOKEN), ("SWEEP_EVERY", "0s"), ("VERIFY_EVERY", "0s"), ("AFTER_ARCHIVE", "keep")];
    settings.extend(own.map(|(name, value)| (name.to_owned(), value.to_owned())));
    if let Some(address) = options.database {
        settings.insert("DATABASE_URL".to_owned(), address);
    }
    let config = Config::read(&mut Reader::from_pairs(settings))?;
    let address = config.database_url.expose().to_owned();
    store::open(&config.database_url).await?.close().await;
    fill(&address).await?;
    println!("{}", if address.starts_with("postgres") { "PostgreSQL" } else { "SQLite" });

    let app = App::start(&config).await?;
    let (url, stop) = (format!("http://{}", app.local_addr()?), CancellationToken::new());
    let running = tokio::spawn(app.run(stop.clone()));
    let view = Pages::open(url).await?;
    let measured = async {
        pages(&view).await?;
        webhooks(&view, &sandbox).await
    };
    let measured = measured.await;
    stop.cancel();
    running.await?;
    measured
}
