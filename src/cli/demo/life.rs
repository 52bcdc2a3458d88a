//! One life of the service, in a runtime of its own, so that a crash can drop every task.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::config::{Config, Reader};

/// Threads of the service.
const THREADS: usize = 2;

/// Time limit for an orderly stop.
const STOP_WITHIN: Duration = Duration::from_secs(30);

/// The service as `serve` runs it, from its start to its end.
pub(super) struct Life {
    /// The address that it listens on.
    pub url: String,
    stop: CancellationToken,
    runtime: Option<Runtime>,
    running: Option<JoinHandle<()>>,
}

impl Life {
    /// Starts the real service with these settings.
    pub(super) async fn start(settings: &BTreeMap<String, String>) -> anyhow::Result<Self> {
        let config = Config::read(&mut Reader::from_pairs(settings.clone()))?;
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
        let stop = CancellationToken::new();
        let mut life = Self { url: String::new(), stop: stop.clone(), runtime: Some(runtime), running: None };
        let starting = life.runtime.as_ref().map(|runtime| {
            runtime.spawn(async move {
                let app = App::start(&config).await?;
                let address = app.local_addr()?;
                anyhow::Ok((address, tokio::spawn(app.run(stop))))
            })
        });
        let started = starting.context("the runtime was made just now")?.await?;
        let (address, running) = started.context("the service does not start")?;
        life.url = format!("http://{address}");
        life.running = Some(running);
        Ok(life)
    }

    /// Ends the life at once, like a power cut: every task is dropped.
    pub(super) fn crash(self) {
        drop(self);
    }

    /// Stops the service in order.
    pub(super) async fn stop(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        match self.running.take() {
            Some(running) => Ok(tokio::time::timeout(STOP_WITHIN, running)
                .await
                .context("the service did not stop in time")??),
            None => Ok(()),
        }
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        // Dropping a runtime waits for it, which is not allowed here; this does not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
