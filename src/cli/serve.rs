//! `serve`: runs the service.

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::signals::{Signals, StopSignal};
use crate::app::{self, App};
use crate::config::{self, Config, Reader};
use crate::telemetry;

/// Extra time for a stop, beyond the limits of its parts.
const STOP_GRACE: Duration = Duration::from_secs(10);

/// Runs until SIGTERM or SIGINT. On SIGHUP it checks the secret files for changes. A second signal ends the process
/// at once; nothing is lost, because the next start continues from the last checkpoints.
///
/// # Errors
/// When a setting is wrong, or the store or the listening address cannot be opened.
pub async fn run(reader: &mut Reader) -> anyhow::Result<ExitCode> {
    let log = config::read_log(reader)?;
    telemetry::start(&log).context("cannot write log files in LOG_DIR")?;
    // Started before anything is counted.
    telemetry::meters::start();
    for warning in reader.warnings() {
        warn!("{} {}", warning.name, warning.what);
    }
    let config = Config::read(reader)?;
    // Registered before the first log line: from then on a signal must mean an orderly stop.
    let mut signals = Signals::listen_for_all()?;
    let app = tokio::select! {
        app = App::start(&config) => app?,
        // The start may wait for its database. A stop here leaves nothing that a crash would not leave too.
        () = signals.stop() => return Ok(ExitCode::SUCCESS),
    };
    app::announce(&config, app.local_addr().context("cannot read the listening address")?);
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
            Ok(ended) => ended.context("the service failed")?,
            Err(_) => warn!("the stop took longer than {limit:?}; ending now"),
        },
        () = signals.stop() => {
            warn!("second signal to stop; ending at once");
        }
    }
    Ok(ExitCode::SUCCESS)
}
