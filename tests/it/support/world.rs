//! What the stories share: a sandbox, a database, and the real program in between, in lives that can end
//! badly and begin again.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use zoom2drive::app::App;
use zoom2drive::config::{Config, Reader};
use zoom2drive::jobs::{FileRecord, Job, JobId, Standing};
use zoom2drive::sandbox::Sandbox;
use zoom2drive::sandbox::faults::Route;
use zoom2drive::sandbox::google::DriveFile;
use zoom2drive::sandbox::transcript::Call;
use zoom2drive::sandbox::zoom::{File, Meeting, Standing as AtZoom};
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

    /// Everything on Drive that is not in the trash and no meeting file, by path. Two files of one path are a
    /// fault, whatever they are.
    pub fn archive(&self) -> BTreeMap<String, DriveFile> {
        let mut archive = self.present();
        archive.retain(|_, file| role(file).is_none());
        archive
    }

    /// The files that tell what is known of recordings, by path.
    pub fn meeting_files(&self) -> BTreeMap<String, DriveFile> {
        let mut archive = self.present();
        archive.retain(|_, file| role(file) == Some("meeting"));
        archive
    }

    /// The files that tell who was at a meeting, by path.
    pub fn attendance_files(&self) -> BTreeMap<String, DriveFile> {
        let mut archive = self.present();
        archive.retain(|_, file| role(file) == Some("attendance"));
        archive
    }

    fn present(&self) -> BTreeMap<String, DriveFile> {
        let google = &self.sandbox.google;
        let mut archive = BTreeMap::new();
        for file in google.files().into_iter().filter(|file| !file.trashed) {
            let path = google.path_of(&file.id);
            assert!(archive.insert(path.clone(), file).is_none(), "two files are called {path}");
        }
        archive
    }

    /// One meeting file, read as JSON.
    pub fn read_meeting_file(&self, file: &DriveFile) -> serde_json::Value {
        let content = self.sandbox.google.content_of(&file.id).unwrap();
        serde_json::from_slice(&content).unwrap_or_else(|error| panic!("{}: {error}", file.name))
    }

    /// Exactly one file tells of this recording, of all its files, and tells the truth.
    fn assert_told(&self, uuid: &str) {
        let told: Vec<DriveFile> = self
            .meeting_files()
            .into_values()
            .filter(|file| file.app_properties.get("zoomMeeting").map(String::as_str) == Some(uuid))
            .collect();
        assert_eq!(told.len(), 1, "{uuid}: {told:#?}");
        let page = self.read_meeting_file(&told[0]);
        assert_eq!(page["meeting"]["uuid"], uuid);
        let archive = self.archive();
        let mut copies: Vec<&DriveFile> = archive
            .values()
            .filter(|file| file.app_properties.get("zoomMeeting").map(String::as_str) == Some(uuid))
            .collect();
        let of = |page: &serde_json::Value| page["files"].as_array().unwrap().clone();
        for file in of(&page) {
            let copy = copies.iter().position(|copy| file["drive_id"] == *copy.id);
            let copy = copies.remove(copy.unwrap_or_else(|| panic!("{uuid}: {file} is not on Drive")));
            assert_eq!((&file["sha256"], &file["size"]), (&copy.sha256.clone().into(), &copy.size.into()));
            assert_eq!(copy.parents, told[0].parents, "{uuid}: the meeting file lies elsewhere");
        }
        assert!(copies.is_empty(), "{uuid}: nothing tells of {copies:#?}");
    }

    /// The promises that hold at every moment, whatever happened.
    pub fn assert_promises(&self, uuid: &str) {
        assert_eq!(self.sandbox.transcript.violations(), Vec::<String>::new());
        let state = self.sandbox.zoom.recording(uuid).unwrap();
        for file in &state.files {
            let copies: Vec<DriveFile> =
                self.copies_of(uuid, file.id.as_deref().unwrap_or_default(), file.is_participant_audio);
            let good = copies
                .iter()
                .filter(|copy| copy.sha256 == file.content.sha256() && copy.size == file.content.size())
                .count();
            assert!(good <= 1, "{uuid}: {:?} is there {good} times", file.id);
            if state.standing != AtZoom::Present || file.standing != AtZoom::Present {
                assert_eq!(good, 1, "{uuid}: {:?} was trashed at Zoom without a good copy", file.id);
            }
            if self.is_put_away(uuid) && file.standing == state.standing {
                let whose = "no byte of what was put away may be known from an event's address only";
                assert!(file.is_read_as_listed, "{uuid}: {:?}: {whose}\n{}", file.id, self.calls());
            }
        }
        let is_given_away =
            |call: &Call| call.request.contains("/webhook_download/") && call.token == "the account's token";
        let given = self.sandbox.transcript.calls().into_iter().find(is_given_away);
        assert!(given.is_none(), "the account's token went to an event's address: {given:?}");
    }

    /// Whether the program, and not a person, has put this recording away at Zoom.
    fn is_put_away(&self, uuid: &str) -> bool {
        let calls = self.sandbox.transcript.calls();
        calls.iter().any(|call| {
            call.route == Route::ZoomTrash && call.subject.contains(uuid) && call.answer.contains("204")
        })
    }

    /// The copies of one Zoom file that Drive shows, by our private properties.
    pub fn copies_of(&self, uuid: &str, file_id: &str, is_participant: bool) -> Vec<DriveFile> {
        let key = if is_participant { format!("participant:{file_id}") } else { file_id.to_owned() };
        let mut files = self.sandbox.google.files();
        files.retain(|file| {
            let property = |name: &str| file.app_properties.get(name).map(String::as_str);
            !file.trashed
                && property("zoomMeeting") == Some(uuid)
                && property("zoomFile") == Some(key.as_str())
        });
        files
    }

    /// The whole promise, once a job is finished: every file is there, once, byte for byte, nothing else is,
    /// and Zoom's copy is in the trash.
    pub fn assert_archived(&self, uuids: &[&str]) {
        let mut expected = 0;
        for uuid in uuids {
            self.assert_promises(uuid);
            let state = self.sandbox.zoom.recording(uuid).unwrap();
            for file in &state.files {
                let copies =
                    self.copies_of(uuid, file.id.as_deref().unwrap_or_default(), file.is_participant_audio);
                assert_eq!(copies.len(), 1, "{uuid} {:?}", file.id);
                assert_eq!(copies[0].sha256, file.content.sha256(), "{uuid} {:?}", file.id);
                assert_eq!(copies[0].size, file.content.size(), "{uuid} {:?}", file.id);
                expected += 1;
            }
            match self.settings["AFTER_ARCHIVE"].as_str() {
                "trash" => assert_eq!(state.standing, AtZoom::Trashed, "{uuid} is not in Zoom's trash"),
                "delete" => assert_eq!(state.standing, AtZoom::Deleted, "{uuid} is still at Zoom"),
                _ => {}
            }
        }
        assert_eq!(self.archive().len(), expected, "{:#?}", self.archive().keys());
        let is_explained = self.settings.get("MEETING_FILE").is_none_or(|setting| setting == "yes");
        for uuid in uuids.iter().filter(|_| is_explained) {
            self.assert_told(uuid);
        }
        assert_eq!(self.meeting_files().len(), if is_explained { uuids.len() } else { 0 });
        let mut folders = self.sandbox.google.folders();
        folders.retain(|folder| folder.app_properties.contains_key("zoom2driveFolder"));
        let mut paths: Vec<String> =
            folders.iter().map(|folder| self.sandbox.google.path_of(&folder.id)).collect();
        paths.sort();
        paths.dedup();
        assert_eq!(paths.len(), folders.len(), "twin folders: {paths:?}");
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

/// What a file is that is no copy, but tells something of a recording.
fn role(file: &DriveFile) -> Option<&str> {
    file.app_properties.get("zoom2driveRole").map(String::as_str)
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
