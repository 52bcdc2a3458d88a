//! What the stories share: a sandbox, a database, and the real program in between, in lives that can end
//! badly and begin again.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use zoom2drive::app::App;
use zoom2drive::config::{Config, Reader};
use zoom2drive::jobs::{FileRecord, Job, JobId, Standing};
use zoom2drive::sandbox::Sandbox;
use zoom2drive::sandbox::zoom::{File, Meeting};
use zoom2drive::store::{self, JobFilter, Store};

use crate::support::postgres;

/// Longest that anything is waited for. Never reached when all is well.
pub const LIMIT: Duration = Duration::from_secs(60);

/// Settings that make waits short; sizes small enough for several chunks per file.
const QUICK: [(&str, &str); 12] = [
    ("SETTLE_FOR", "0s"),
    ("RETRY_WAIT", "5ms"),
    ("CHUNK_SIZE", "512KiB"),
    // Stories count requests. Those about large ones set it.
    ("REQUEST_SIZE", "fixed"),
    ("WINDOW_SIZE", "512KiB"),
    ("IDLE_TIMEOUT", "2s"),
    ("LEASE_FOR", "4s"),
    ("STOP_WITHIN", "5s"),
    ("ZOOM_PLAN", "business"),
    ("SWEEP_EVERY", "0s"),
    ("VERIFY_EVERY", "0s"),
    ("ADMIN_TOKEN", "an-admin-token-for-tests"),
];

/// A number from the environment: seeds and counts, to replay a run or to make it longer.
pub fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// The seed that `Z2D_SEED` names, or any; told, so that a failure can be replayed.
pub fn seed() -> u64 {
    let seed = number("Z2D_SEED").unwrap_or_else(|| rand::random_range(0..1_000_000));
    eprintln!("to replay this: Z2D_SEED={seed}");
    seed
}

/// What the program writes things down in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    /// All that this machine has.
    pub async fn here() -> Vec<Self> {
        match postgres::fresh_database().await {
            Some(_) => vec![Self::Sqlite, Self::Postgres],
            None => vec![Self::Sqlite],
        }
    }
}

/// A sandbox and a database that outlive the program's lives.
pub struct World {
    pub sandbox: Sandbox,
    /// Holds the key file and the database; goes when the world does.
    pub folder: tempfile::TempDir,
    pub settings: BTreeMap<String, String>,
}

/// A runtime that may be dropped anywhere, and then takes its tasks with it.
struct OwnRuntime(Option<tokio::runtime::Runtime>);

impl OwnRuntime {
    fn new() -> Self {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        Self(Some(builder.worker_threads(2).enable_all().build().unwrap()))
    }

    fn spawn<T: Send + 'static>(
        &self,
        task: impl Future<Output = T> + Send + 'static,
    ) -> tokio::task::JoinHandle<T> {
        self.0.as_ref().unwrap().spawn(task)
    }
}

impl Drop for OwnRuntime {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}

/// One life of the program, in this process.
pub struct Life {
    pub url: String,
    pub store: Store,
    stop: CancellationToken,
    /// A runtime of its own, so that a crash can take every task with it.
    _runtime: OwnRuntime,
    running: Option<tokio::task::JoinHandle<()>>,
}

impl World {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    /// With these settings over the quick ones; an empty value takes a setting away.
    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(Engine::Sqlite, settings).await
    }

    /// The same on a database of this kind.
    pub async fn on(engine: Engine, settings: &[(&str, &str)]) -> Self {
        let sandbox = Sandbox::start().await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        let mut all: BTreeMap<String, String> =
            sandbox.environment(folder.path()).unwrap().into_iter().collect();
        if engine == Engine::Postgres {
            all.insert("DATABASE_URL".to_owned(), postgres::fresh_database().await.unwrap());
        }
        for (name, value) in QUICK.iter().chain(settings) {
            all.insert((*name).to_owned(), (*value).to_owned());
        }
        Self { sandbox, folder, settings: all }
    }

    /// Takes the database away on a server that is everybody's: a thousand of them fill a disk.
    pub async fn end(self) {
        let address = &self.settings["DATABASE_URL"];
        if address.starts_with("postgres") {
            postgres::drop_database(address).await;
        }
    }

    pub fn config(&self) -> Config {
        Config::read(&mut Reader::from_pairs(self.settings.clone())).unwrap()
    }

    pub async fn open_store(&self) -> Store {
        store::open(&self.config().database_url).await.unwrap()
    }

    /// Starts the program.
    pub async fn live(&self) -> Life {
        let store = self.open_store().await;
        self.live_on(store).await
    }

    /// Starts the program on a store of the test's making.
    pub async fn live_on(&self, store: Store) -> Life {
        let runtime = OwnRuntime::new();
        let stop = CancellationToken::new();
        let (config, handed, stopping) = (self.config(), store.clone(), stop.clone());
        let started = runtime.spawn(async move {
            let app = App::with_store(&config, handed).await.unwrap();
            (app.local_addr().unwrap(), tokio::spawn(app.run(stopping)))
        });
        let (address, running) = started.await.unwrap();
        Life { url: format!("http://{address}"), store, stop, _runtime: runtime, running: Some(running) }
    }

    /// Lets the leases of lives that ended run out, as time would.
    pub async fn expire_leases(&self) {
        self.sql("UPDATE jobs SET lease_until = 0 WHERE lease_until IS NOT NULL").await;
    }

    /// Takes the SQLite database away, between two lives.
    pub fn lose_database(&self) {
        for name in ["zoom2drive.db", "zoom2drive.db-wal", "zoom2drive.db-shm"] {
            let path = self.folder.path().join(name);
            if path.exists() {
                std::fs::remove_file(path).unwrap();
            }
        }
    }

    /// Changes the database behind the program's back.
    pub async fn sql(&self, statement: &'static str) {
        let address = &self.settings["DATABASE_URL"];
        if address.starts_with("postgres") {
            return postgres::execute(address, statement).await;
        }
        let options =
            sqlx::sqlite::SqliteConnectOptions::new().filename(self.folder.path().join("zoom2drive.db"));
        let mut connection = sqlx::ConnectOptions::connect(&options.busy_timeout(LIMIT)).await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap();
        sqlx::Connection::close(connection).await.unwrap();
    }

    /// Lets a day and an hour pass for what readings at Zoom have shown.
    pub async fn a_day_passes(&self) {
        self.sql(
            "UPDATE files SET proved_at = proved_at - 90000000, empty_since = empty_since - 90000000,
               odd_since = odd_since - 90000000",
        )
        .await;
    }

    /// Delivers Zoom's `recording.completed` for a meeting and demands a 200.
    pub async fn deliver(&self, life: &Life, uuid: &str) {
        let body = self.sandbox.zoom.event(uuid, "recording.completed");
        assert_eq!(self.send(life, &body).await, 200);
    }

    /// An event about a meeting as somebody forges it who has the webhook secret: fields of its `object` are others.
    pub fn forged(&self, uuid: &str, name: &str, fields: &[(&str, &str)]) -> Vec<u8> {
        let mut event: serde_json::Value =
            serde_json::from_slice(&self.sandbox.zoom.event(uuid, name)).unwrap();
        for (field, value) in fields {
            event["payload"]["object"][*field] = (*value).into();
        }
        event.to_string().into_bytes()
    }

    pub async fn send(&self, life: &Life, body: &[u8]) -> u16 {
        self.sandbox.zoom.deliver(&format!("{}/webhooks/zoom", life.url), body).await.unwrap()
    }
}

impl Life {
    /// Waits until every job is finished. Whatever waits for a later time is hurried, as if the time had come.
    pub async fn finish(&self, world: &World) {
        self.finish_with(world, |job| panic!("job {} is parked: {}", job.id, job.reason)).await;
    }

    /// As `finish`; a parked job is handed to `parked`, and is active again afterwards.
    pub async fn finish_with(&self, world: &World, mut parked: impl FnMut(&Job)) {
        let deadline = tokio::time::Instant::now() + LIMIT;
        loop {
            let jobs = self.jobs().await;
            if !jobs.is_empty() && jobs.iter().all(|job| job.standing == Standing::Finished) {
                return;
            }
            for job in &jobs {
                if job.standing == Standing::Parked {
                    parked(job);
                    self.store.retry(job.id).await.unwrap();
                }
                // What is to be read once more at some distance is hurried as well.
                if job.standing == Standing::Active && !job.leased && job.reason.contains("waiting to read") {
                    world.a_day_passes().await;
                }
                if job.standing == Standing::Active
                    && !job.leased
                    && job.next_attempt_at > self.store.now().await.unwrap()
                {
                    self.store.retry(job.id).await.unwrap();
                }
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "not finished in time: {:#?}\n{}",
                self.summary().await,
                world.calls()
            );
            world.sandbox.transcript.wait_until(Duration::from_millis(50), || false).await;
        }
    }

    pub async fn jobs(&self) -> Vec<Job> {
        self.store.jobs(JobFilter::default()).await.unwrap()
    }

    pub async fn files(&self, job: JobId) -> Vec<FileRecord> {
        self.store.files(job).await.unwrap()
    }

    /// The jobs in a line each, for failures.
    pub async fn summary(&self) -> Vec<String> {
        let jobs = self.jobs().await;
        jobs.iter().map(|job| format!("{} {} {} {:?}", job.id, job.stage, job.standing, job.reason)).collect()
    }

    /// Waits for a job to come to a condition.
    pub async fn wait_for(&self, what: &str, mut condition: impl FnMut(&[Job]) -> bool) {
        let deadline = tokio::time::Instant::now() + LIMIT;
        while !condition(&self.jobs().await) {
            assert!(
                tokio::time::Instant::now() < deadline,
                "{what} did not happen: {:#?}",
                self.summary().await
            );
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Ends the life in order.
    pub async fn stop(mut self) {
        self.stop.cancel();
        if let Some(running) = self.running.take() {
            tokio::time::timeout(LIMIT, running).await.expect("the program did not stop").unwrap();
        }
    }

    /// Ends the life at once, as a power cut would: every task is dropped where it stands.
    pub fn crash(self) {
        drop(self);
    }
}

impl World {
    /// The transcript as text, for failures.
    pub fn calls(&self) -> String {
        self.sandbox.transcript.calls().iter().map(|call| format!("{call}\n")).collect()
    }
}

/// A meeting with a video, an audio file, a chat and a timeline, about 3 MB.
pub fn usual_meeting(uuid: &str) -> Meeting {
    let id = |name: &str| format!("{name}-{uuid}");
    Meeting::new(uuid, "Rehearsal")
        .host("ann@example.com")
        .start("2026-03-01T18:30:00Z")
        .file(File::mp4(&id("video"), 2_000_000))
        .file(File::m4a(&id("audio"), 700_001))
        .file(File::chat(&id("chat"), 321))
        .file(File::timeline(&id("timeline"), 4_000))
}
