//! The service's worker without the HTTP server: for a command that archives without a running service.

use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::StartError;
use crate::config::Config;
use crate::pipeline::Pipeline;
use crate::store::Store;
use crate::worker::Worker;
use crate::zoom::Zoom;

/// A worker that runs inside a command.
pub struct EmbeddedWorker {
    working: JoinHandle<()>,
    stopping: CancellationToken,
}

impl EmbeddedWorker {
    /// Starts to work on this store, like `serve`. `zoom`, if given, is the command's own client: they share its token and
    /// its rate limits.
    ///
    /// # Errors
    /// When TLS or another part of the worker cannot be set up.
    pub async fn start(config: &Config, store: Store, zoom: Option<Arc<Zoom>>) -> Result<Self, StartError> {
        store.begin_work(config.service.lease_for).await?;
        let pipeline = Pipeline::new(store.clone(), config)?.sharing(zoom);
        let worker = Worker::new(store, pipeline, config);
        let stopping = CancellationToken::new();
        Ok(Self { working: tokio::spawn(worker.run(stopping.clone())), stopping })
    }

    /// Stops in order: no new jobs; running chunks end and are checkpointed; leases are released.
    pub async fn stop(self) {
        self.stopping.cancel();
        if let Err(error) = self.working.await {
            warn!(%error, "the worker failed");
        }
    }
}
