//! Starts the service's parts, and stops them in order.
//!
//! On a stop: webhooks are answered with 503 (Zoom sends them again), no job is claimed, running chunks end and are
//! checkpointed, leases are released, the last answers go out, the store closes. Each step has a time limit.

mod acts;
mod bodies;
mod budget;
mod connections;
mod embedded_worker;
mod handed;
mod paths;
mod server;
mod stream;

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

pub use embedded_worker::EmbeddedWorker;
pub use server::serve;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tower_http::catch_panic::CatchPanicLayer;
use tracing::{info, warn};

use crate::admin::access::{Tokens, WrongTokens};
use crate::admin::{self, AdminState};
use crate::config::{AfterArchive, Config, ProxyLogin};
use crate::dashboard::hosts::HostsCache;
use crate::dashboard::proxy::TrustedProxy;
use crate::dashboard::{self, Dashboard, Sources};
use crate::health::machine::disk_free;
use crate::health::metrics::MetricsState;
use crate::health::{self, HealthState};
use crate::housekeeping::Housekeeper;
use crate::http::ClientError;
use crate::jobs::Sweeping;
use crate::jobs::messages::conditions::Limits;
use crate::live::Moving;
use crate::notify::{self, Notifier, NotifyError};
use crate::pipeline::Pipeline;
use crate::recover::Recovery;
use crate::rotation::{Rotation, Unusable};
use crate::store::{self, Store, StoreError};
use crate::sweep::Sweeper;
use crate::sweep::meet::MeetSweeper;
use crate::telemetry::meters;
use crate::verification::{Rounds, Verifier};
use crate::webhook::{self, WebhookState};
use crate::worker::Worker;
use acts::Acts;

/// Interval at which measured times are moved into their buckets, so that memory holds a few hundred numbers at
/// most.
const SUM_UP_EVERY: Duration = Duration::from_secs(5);

/// Why the service cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("cannot open the store: {0}")]
    Store(#[from] StoreError),
    /// The address is in use, or may not be used.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// `LISTEN_ADDR`.
        address: SocketAddr,
        source: io::Error,
    },
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The notification channels cannot be set up.
    #[error(transparent)]
    Notify(#[from] NotifyError),
}

/// The whole service, ready to run.
pub struct App {
    listener: TcpListener,
    routes: Router,
    worker: Worker,
    sweeper: Option<Sweeper>,
    meet_sweeper: Option<MeetSweeper>,
    verification: Option<Rounds>,
    housekeeper: Housekeeper,
    rotation: Rotation,
    notifier: Notifier,
    store: Store,
    head_timeout: Duration,
    stopping: CancellationToken,
}

impl App {
    /// Opens the store and the listening address.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn start(config: &Config) -> Result<Self, StartError> {
        let store = store::open_when_up(&config.database_url).await?;
        Self::with_store(config, store).await
    }

    /// Like [`Self::start`], with an open store.
    ///
    /// # Errors
    /// See [`StartError`].
    pub async fn with_store(config: &Config, store: Store) -> Result<Self, StartError> {
        let freed = store.begin_work().await?;
        if freed > 0 {
            info!("{freed} job(s) were running when an earlier process ended; they continue now");
        }
        let address = config.service.listen_addr;
        let listener =
            TcpListener::bind(address).await.map_err(|source| StartError::Listen { address, source })?;
        let pipeline = Pipeline::new(store.clone(), config)?;
        let sweeper = Sweeper::new(store.clone(), pipeline.zoom(), config);
        let meet_sweeper = MeetSweeper::new(store.clone(), config)?;
        let verifier = Arc::new(Verifier::new(store.clone(), config)?);
        let verification = Rounds::new(store.clone(), verifier.clone(), config);
        let acts = Acts { verifier, recovery: Recovery::new(store.clone(), pipeline.zoom()) };
        let housekeeper = Housekeeper::new(store.clone(), config);
        let unusable = Unusable::new(BTreeMap::new());
        let rotation = Rotation::new(store.clone(), config, unusable.clone());
        let refused = Arc::new(AtomicU64::new(0));
        let notifier = Notifier::new(store.clone(), config, refused.clone(), unusable)?;
        let moving = pipeline.moving();
        let worker = Worker::new(store.clone(), pipeline, config);
        let stopping = CancellationToken::new();
        let sources = sources(config, moving, &worker, &notifier);
        let routes = routes(config, &store, &worker, sources, refused, &stopping, acts);
        let head_timeout = config.service.head_timeout;
        Ok(Self {
            listener,
            routes,
            worker,
            sweeper,
            meet_sweeper,
            verification,
            housekeeper,
            rotation,
            notifier,
            store,
            head_timeout,
            stopping,
        })
    }

    /// The address that the service listens on.
    ///
    /// # Errors
    /// When the system does not report it.
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// When notified, the service checks at once for replaced secret files.
    pub fn reload_signal(&self) -> Arc<Notify> {
        self.rotation.reload_signal()
    }

    /// Serves and works until `stop` is cancelled, then stops in order.
    pub async fn run(self, stop: CancellationToken) {
        let closing = CancellationToken::new();
        let serving =
            tokio::spawn(server::serve(self.listener, self.routes, self.head_timeout, closing.clone()));
        let working = tokio::spawn(self.worker.run(self.stopping.clone()));
        let sweeping = self.sweeper.map(|sweeper| tokio::spawn(sweeper.run(self.stopping.clone())));
        let looking = self.meet_sweeper.map(|sweeper| tokio::spawn(sweeper.run(self.stopping.clone())));
        let verifying = self.verification.map(|rounds| tokio::spawn(rounds.run(self.stopping.clone())));
        let keeping = tokio::spawn(self.housekeeper.run(self.stopping.clone()));
        let counting = tokio::spawn(self.stopping.clone().run_until_cancelled_owned(count()));
        let rotating = tokio::spawn(self.rotation.run(self.stopping.clone()));
        let notifying = tokio::spawn(self.notifier.run(self.stopping.clone()));
        stop.cancelled().await;
        info!("stopping: no new events, no new jobs; running chunks are finished");
        self.stopping.cancel();
        if let Err(error) = working.await {
            warn!(%error, "the worker failed");
        }
        if let Some(sweeping) = sweeping
            && let Err(error) = sweeping.await
        {
            warn!(%error, "the sweep failed");
        }
        if let Some(looking) = looking
            && let Err(error) = looking.await
        {
            warn!(%error, "the look at Google Meet failed");
        }
        if let Some(verifying) = verifying
            && let Err(error) = verifying.await
        {
            warn!(%error, "the verification failed");
        }
        if let Err(error) = keeping.await {
            warn!(%error, "the housekeeping failed");
        }
        if let Err(error) = counting.await {
            warn!(%error, "the metrics task failed");
        }
        if let Err(error) = rotating.await {
            warn!(%error, "the check for replaced secrets failed");
        }
        if let Err(error) = notifying.await {
            warn!(%error, "the notifier failed");
        }
        closing.cancel();
        if let Err(error) = serving.await {
            warn!(%error, "the server failed");
        }
        self.store.close().await;
        info!("stopped");
    }
}

/// Measured times are kept one by one until they are summed up. Without scrapes, this task does it.
async fn count() {
    let Some(handle) = meters::start() else { return };
    loop {
        tokio::time::sleep(SUM_UP_EVERY).await;
        handle.run_upkeep();
    }
}

fn routes(
    config: &Config,
    store: &Store,
    worker: &Worker,
    sources: Sources,
    refused: Arc<AtomicU64>,
    stopping: &CancellationToken,
    acts: Acts,
) -> Router {
    let alive = worker.alive();
    let mut routes = webhook::router(WebhookState {
        secrets: config.zoom.webhook_secrets.clone(),
        store: store.clone(),
        refused,
        stopping: stopping.clone(),
    })
    .merge(health::router(HealthState {
        store: store.clone(),
        workers_alive: Arc::new(move || alive.load(Ordering::Relaxed)),
    }))
    .merge(health::metrics::router(MetricsState::new(
        store.clone(),
        config.sweeping(),
        config.database_file(),
    )));
    let service = &config.service;
    let tokens = Tokens { admin: service.admin_token.clone(), viewer: service.viewer_token.clone() };
    let proxy = service.proxy_login.as_ref().and_then(trusted_proxy);
    let wrong_tokens = WrongTokens::new(store.clone());
    if tokens.is_any() {
        routes = routes.merge(admin::router(AdminState {
            tokens: tokens.clone(),
            store: store.clone(),
            sweeping: config.sweeping(),
            wrong_tokens: wrong_tokens.clone(),
        }));
    }
    if tokens.is_any() || proxy.is_some() {
        routes = routes.merge(dashboard::router(Dashboard {
            tokens,
            proxy,
            store: store.clone(),
            sweeping: config.sweeping(),
            wrong_tokens,
            zone: config.naming.zone.clone(),
            daily_upload_limit: config.google.daily_upload_limit,
            storage_price: config.zoom.storage_price.clone(),
            hosts: HostsCache::default(),
            doctor: handed::doctor(config, stopping),
            settings: handed::settings(config),
            database: handed::database(config.database_file().as_deref()),
            machine: handed::machine(config),
            sources,
            stopping: stopping.clone(),
            outgoing: Arc::new(acts),
        }));
    }
    routes.layer(CatchPanicLayer::new())
}

/// What the first page shows besides the store: what this process does, and what its watcher of problems sees.
fn sources(config: &Config, moving: Moving, worker: &Worker, notifier: &Notifier) -> Sources {
    let (alive, database) = (worker.alive(), config.database_file());
    Sources {
        moving,
        is_alive: Arc::new(move || alive.load(Ordering::Relaxed)),
        local: notifier.local(),
        limits: Limits { backlog_age: config.notify.backlog_age, silence: config.notify.silence },
        meet_every: config.meet_every(),
        verifies: !config.service.verify_every.is_zero(),
        settle_for: config.service.settle_for,
        daily_limit: config.google.daily_upload_limit,
        disk_free: Arc::new(move || database.as_deref().and_then(disk_free)),
    }
}

fn trusted_proxy(login: &ProxyLogin) -> Option<TrustedProxy> {
    TrustedProxy::new(&login.user_header, login.secret.clone(), login.admins.clone())
}

/// Logs the important settings at the start, so that a wrong one is visible in the first lines.
pub fn announce(config: &Config, address: SocketAddr) {
    let zoom_copy = match config.service.after_archive {
        AfterArchive::Keep => "kept",
        AfterArchive::Trash => "trashed",
        AfterArchive::Delete => "deleted for good",
    };
    info!(%address, root = %config.google.folder_id, "listening on {address}; Zoom's copies are {zoom_copy} once proved");
    if config.zoom.credentials.is_none() {
        info!(
            "no Zoom API credentials: archiving by events alone, and late files only if Zoom announces them"
        );
    }
    match config.sweeping() {
        Sweeping::Every(_) => {}
        Sweeping::Off => {
            info!("SWEEP_EVERY=0s: the sweep is off, so recordings without an event are not found")
        }
        Sweeping::NoCredentials => {
            info!("no Zoom API credentials: the sweep is off, so recordings without an event are not found")
        }
    }
    let service = &config.service;
    match (&service.admin_token, &service.viewer_token, &service.proxy_login) {
        (None, None, None) => info!("no ADMIN_TOKEN: the admin API and the dashboard are off"),
        (None, _, Some(login)) if !login.admins.is_empty() => {}
        (None, ..) => info!("no ADMIN_TOKEN: the admin API and the dashboard are only for looking"),
        (Some(_), ..) => {}
    }
    notify::announce(config);
}
