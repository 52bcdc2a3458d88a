//! Logs: one line per event on standard error, with identifiers as fields, and no secret in any.

use std::fs::File;
use std::io::IsTerminal;
use std::sync::Mutex;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{LogConfig, LogFormat};

/// Starts logging for the whole process. A filter that cannot be read falls back to `info`; a second call
/// changes nothing.
pub fn start(config: &LogConfig) {
    let mut builder = tracing_subscriber::fmt().with_env_filter(filter(config)).with_writer(std::io::stderr);
    if !std::io::stderr().is_terminal() {
        // Journals and files would keep the colours' escape codes.
        builder = builder.with_ansi(false);
    }
    note(match config.format {
        LogFormat::Text => builder.finish().try_init(),
        LogFormat::Json => builder.json().finish().try_init(),
    });
}

/// The same, into a file: for a command whose display would be torn apart by log lines.
pub fn start_in_file(config: &LogConfig, file: File) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter(config))
        .with_ansi(false)
        .with_writer(Mutex::new(file));
    note(match config.format {
        LogFormat::Text => builder.finish().try_init(),
        LogFormat::Json => builder.json().finish().try_init(),
    });
}

fn filter(config: &LogConfig) -> EnvFilter {
    EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"))
}

fn note(started: Result<(), TryInitError>) {
    if started.is_err() {
        tracing::debug!("logging was started before");
    }
}
