//! Signals: stop, and reload the secret files.

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The meaning of a signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StopSignal {
    /// Stop: SIGTERM, SIGINT.
    Stop,
    /// Check the secret files: SIGHUP.
    Look,
}

/// Registered for the whole run, so that a second signal is not lost while the first is handled.
pub(super) struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Option<Signal>,
}

impl Signals {
    /// Registers the signals that stop a command. A closed terminal ends it, like any other command.
    pub(super) fn listen() -> anyhow::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("cannot listen for SIGINT")?,
            hangup: None,
        })
    }

    /// Registers SIGHUP as well: for a service, which has no terminal.
    pub(super) fn listen_for_all() -> anyhow::Result<Self> {
        let hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
        Ok(Self { hangup: Some(hangup), ..Self::listen()? })
    }

    /// Waits for the next signal.
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

    /// Waits for a signal to stop.
    pub(super) async fn stop(&mut self) {
        while self.next().await != StopSignal::Stop {}
    }
}
