//! How a person, or the system, tells a command to stop or to look again.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopSignal {
    /// Stop: SIGTERM, SIGINT.
    Stop,
    /// Look at the files with secrets: SIGHUP.
    Look,
}

/// Listened for without a gap, so that a second one is not lost while the first is heard.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    /// Listens for what stops a command. A terminal that is closed ends it, as any other.
    pub(super) fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?,
            hangup: None,
        })
    }

    /// Listens for SIGHUP as well: for a service, which has no terminal.
    pub(super) fn listen_for_all() -> anyhow::Result<Self> {
        let hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
        Ok(Self { hangup: Some(hangup), ..Self::listen()? })
    }

    /// Waits for the next one.
    pub(super) async fn next(&mut self) -> StopSignal {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.terminate.recv() => StopSignal::Stop,
            _ = self.interrupt.recv() => StopSignal::Stop,
            _ = hangup => StopSignal::Look,
        }
    }

    /// Waits for one that says stop.
    pub(super) async fn stop(&mut self) {
        while self.next().await != StopSignal::Stop {}
    }
}
