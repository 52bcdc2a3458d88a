//! `serve`: the service itself.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::signals::{Signals, StopSignal};
use crate::app::{self, App};
use crate::config::{self, Config, Reader};
use crate::telemetry;

/// A stop that takes so much longer than its parts may is cut off.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// Runs until SIGTERM or SIGINT; SIGHUP has the files with secrets looked at. A second signal ends the process at
/// once; nothing is lost by that, the next start goes on from the last checkpoints.
///
/// # Errors
/// Every fault in the settings; a store or an address that cannot be opened.
pub async fn run(reader: &mut Reader) -> anyhow::Result<ExitCode> {
    let log = config::read_log(reader)?;
    telemetry::start(&log).context("cannot write log files in LOG_DIR")?;
    // Begun before anything is counted.
    telemetry::meters::start();
    for warning in reader.warnings() {
        warn!("{} {}", warning.name, warning.what);
    }
    let config = Config::read(reader)?;
    // Before anything is announced: from the first line on a signal must mean an orderly stop.
    let mut signals = Signals::listen_for_all()?;
    let app = tokio::select! {
        app = App::start(&config) => app?,
        // It may wait for its database. Nothing was begun that a crash would not leave as well.
        () = signals.stop() => return Ok(ExitCode::SUCCESS),
    };
    app::announce(&config, app.local_addr().context("cannot tell the listening address")?);
    let stop = CancellationToken::new();
    let reload_signal = app.reload_signal();
    let running = tokio::spawn(app.run(stop.clone()));
    while signals.next().await == StopSignal::Look {
        reload_signal.notify_one();
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
