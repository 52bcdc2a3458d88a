//! A store in a folder of its own, a router on real loopback HTTP, and the log lines of a test.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing_subscriber::Registry;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use zoom2drive::app;
use zoom2drive::live::Live;
use zoom2drive::secret::Secret;
use zoom2drive::secret::keyring::Keyring;
use zoom2drive::store::{self, Store};

use crate::support::postgres;
use zoom2drive::webhook::{self, WebhookState, signature};

/// Zoom's secret in these tests.
pub const SECRET: &str = "4fv1RkqGQUq5sWbEz6hA5A";

/// How long a client may take to send a head.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// A store that is gone when this is dropped.
pub struct Scratch {
    pub store: Store,
    /// Where the database is.
    pub address: Secret,
    folder: tempfile::TempDir,
}

impl Scratch {
    pub async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite://{}", folder.path().join("test.db").display());
        Self::open_at(&address, folder).await
    }

    /// The same on PostgreSQL; nothing if this machine has none.
    pub async fn open_on_postgres() -> Option<Self> {
        let address = postgres::fresh_database().await?;
        Some(Self::open_at(&address, tempfile::tempdir().unwrap()).await)
    }

    async fn open_at(address: &str, folder: tempfile::TempDir) -> Self {
        let address = Secret::new(address);
        let store = store::open(&address).await.unwrap();
        Self { store, address, folder }
    }

    pub fn path(&self) -> PathBuf {
        self.folder.path().join("test.db")
    }

    /// The same database again, as another process would open it.
    pub async fn open_again(&self) -> Store {
        store::open(&self.address).await.unwrap()
    }
}

/// A router that is served as the service serves it, until this is dropped.
pub struct TestServer {
    pub address: SocketAddr,
    pub client: reqwest::Client,
    _server: AbortOnDropHandle<()>,
}

impl TestServer {
    pub async fn open(router: axum::Router) -> Self {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = app::serve(listener, router, HEAD_TIMEOUT, CancellationToken::new());
        Self {
            address,
            client: reqwest::Client::builder().no_proxy().build().unwrap(),
            _server: AbortOnDropHandle::new(tokio::spawn(serving)),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// A webhook intake over a store of its own.
pub struct Intake {
    pub scratch: Scratch,
    pub stopping: CancellationToken,
    pub server: TestServer,
}

impl Intake {
    pub async fn open(secrets: &[&str]) -> Self {
        let scratch = Scratch::open().await;
        let stopping = CancellationToken::new();
        let router = webhook::router(WebhookState {
            secrets: Live::new(Keyring::new(secrets.iter().map(|text| Secret::new(*text)).collect())),
            store: scratch.store.clone(),
            refused: Arc::default(),
            stopping: stopping.clone(),
        });
        Self { scratch, stopping, server: TestServer::open(router).await }
    }

    pub fn request(&self) -> reqwest::RequestBuilder {
        self.server.client.post(self.server.url(webhook::PATH))
    }

    /// A request whose headers fit the body, sent as if so many seconds from now.
    pub fn signed(&self, secret: &str, body: &[u8], seconds_off: i64) -> reqwest::RequestBuilder {
        let timestamp = (Timestamp::now().as_second() + seconds_off).to_string();
        let signature = signature::signature(&Secret::new(secret), &timestamp, body);
        self.request()
            .header("x-zm-request-timestamp", timestamp)
            .header("x-zm-signature", signature)
            .header("clientid", "client-id-that-is-never-logged")
            .body(body.to_vec())
    }

    /// Sends a body as Zoom would; gives the status.
    pub async fn send(&self, body: impl AsRef<[u8]>) -> u16 {
        self.signed(SECRET, body.as_ref(), 0).send().await.unwrap().status().as_u16()
    }

    /// Sends a body and gives the numbers of all jobs.
    pub async fn job_count(&self) -> usize {
        self.scratch.store.jobs(Default::default()).await.unwrap().len()
    }

    pub async fn event_count(&self) -> usize {
        self.scratch.store.events(None).await.unwrap().len()
    }
}

/// A `recording.completed` with one file, whose addresses and token hold `mark`.
pub fn completed(uuid: &str, mark: &str) -> Value {
    json!({
        "event": "recording.completed",
        "event_ts": 1_626_230_691_572_i64,
        "payload": {"account_id": "a", "object": {
            "id": 123, "uuid": uuid, "topic": "A play", "host_email": "ann@example.com",
            "password": format!("passcode-{mark}"), "recording_play_passcode": format!("play-{mark}"),
            "start_time": "2021-07-13T21:44:51Z", "duration": 60,
            "recording_files": [{"id": "file-1", "file_type": "MP4", "file_extension": "MP4", "file_size": 9,
                "recording_start": "2021-07-13T21:44:51Z", "status": "completed",
                "download_url": format!("https://zoom.us/rec/download/{mark}")}]}},
        "download_token": format!("token-{mark}"),
    })
}

/// What this thread logs, as text, until it is dropped. The tests' runtimes and servers have one thread.
///
/// There is one subscriber for all threads, which writes to the log of the thread that it is called on. With a subscriber
/// for each thread, an event that first occurs on another thread would be taken for one that nobody wants.
pub struct Log {
    written: Written,
}

type Written = Arc<std::sync::Mutex<Vec<u8>>>;

thread_local! {
    static WRITTEN: std::cell::RefCell<Option<Written>> = const { std::cell::RefCell::new(None) };
}

static SUBSCRIBER: std::sync::Once = std::sync::Once::new();

impl Log {
    /// Makes the tests' subscriber the one of this process. A command that runs in a test would otherwise put its own
    /// there, and no test could read a log.
    pub fn install() {
        SUBSCRIBER.call_once(|| {
            let is_read = |_: &tracing::Metadata<'_>, _: &Context<'_, Registry>| {
                WRITTEN.try_with(|written| written.borrow().is_some()).unwrap_or(false)
            };
            let text = tracing_subscriber::fmt::layer().with_ansi(false).with_writer(|| Sink);
            let layer = text.with_filter(dynamic_filter_fn(is_read));
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
        });
    }

    pub fn start() -> Self {
        Self::install();
        let written = Written::default();
        WRITTEN.set(Some(written.clone()));
        Self { written }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.written.lock().unwrap().clone()).unwrap()
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        WRITTEN.set(None);
    }
}

/// The log of this thread, if it has one.
struct Sink;

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        WRITTEN.with_borrow(|written| {
            written.iter().for_each(|written| written.lock().unwrap().extend_from_slice(bytes));
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
