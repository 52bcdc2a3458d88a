//! The service's work without its doors: for a command that archives by the same jobs where no service runs.

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::StartError;
use crate::config::Config;
use crate::pipeline::Pipeline;
use crate::store::Store;
use crate::worker::Worker;

/// A worker that runs beside a command.
pub struct EmbeddedWorker {
    working: JoinHandle<()>,
    stopping: CancellationToken,
}

impl EmbeddedWorker {
    /// Begins to work on this store, as `serve` would.
    ///
    /// # Errors
    /// When the store cannot be worked on, or TLS not be set up.
    pub async fn start(config: &Config, store: Store) -> Result<Self, StartError> {
        store.begin_work().await?;
        let pipeline = Pipeline::new(store.clone(), config)?;
        let worker = Worker::new(store, pipeline, config);
        let stopping = CancellationToken::new();
        Ok(Self { working: tokio::spawn(worker.run(stopping.clone())), stopping })
    }

    /// Stops in order: no new jobs; chunks under way end and are checkpointed; leases are given back.
    pub async fn stop(self) {
        self.stopping.cancel();
        if let Err(error) = self.working.await {
            warn!(%error, "the worker ended badly");
        }
    }
}
