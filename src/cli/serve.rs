//! `serve`: the service itself.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use crate::app::{self, App};
use crate::config::{self, Config, Reader};
use crate::telemetry;

/// A stop that takes so much longer than its parts may is cut off.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// Runs until SIGTERM or SIGINT; SIGHUP has the files with secrets looked at. A second signal ends the process at once; nothing is lost by that, the
/// next start goes on from the last checkpoints.
///
/// # Errors
/// Every fault in the settings; a store or an address that cannot be opened.
pub async fn run(reader: &mut Reader) -> anyhow::Result<ExitCode> {
    let log = config::read_log(reader)?;
    telemetry::start(&log).context("cannot write log files in LOG_DIR")?;
    // Begun before anything is counted.
    telemetry::meters::start();
    let config = Config::read(reader)?;
    // Before anything is announced: from the first line on a signal must mean an orderly stop.
    let mut signals = Signals::listen()?;
    let app = App::start(&config).await?;
    app::announce(&config, app.local_addr().context("cannot tell the listening address")?);
    let stop = CancellationToken::new();
    let knock = app.knock();
    let running = tokio::spawn(app.run(stop.clone()));
    while signals.next().await == Told::Look {
        knock.notify_one();
    }
    stop.cancel();
    let limit = config.service.stop_within + STOP_GRACE;
    tokio::select! {
        ended = tokio::time::timeout(limit, running) => match ended {
            Ok(ended) => ended.context("the service ended badly")?,
            Err(_) => warn!("the stop took longer than {limit:?}; leaving"),
        },
        () = signals.stop() => {
            warn!("told to stop a second time; leaving at once");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// What a signal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Told {
    /// Stop: SIGTERM, SIGINT.
    Stop,
    /// Look at the files with secrets: SIGHUP.
    Look,
}

/// Listened for without a gap, so that a second one is not lost while the first is heard.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?,
            hangup: signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?,
        })
    }

    async fn next(&mut self) -> Told {
        tokio::select! {
            _ = self.terminate.recv() => Told::Stop,
            _ = self.interrupt.recv() => Told::Stop,
            _ = self.hangup.recv() => Told::Look,
        }
    }

    /// A stop; while stopping there is nothing to look at any more.
    async fn stop(&mut self) {
        while self.next().await != Told::Stop {}
    }
}
