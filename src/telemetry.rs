//! Logs: one line per event on standard error, with identifiers as fields, no secret in any, and nothing in
//! it that a sender could forge a line or colour a terminal with.

pub mod plain;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::sync::Arc;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};

use crate::config::{LogConfig, LogFormat};
use plain::Lines;

/// Starts logging for the whole process. A filter that cannot be read falls back to `info`; a second call
/// changes nothing.
pub fn start(config: &LogConfig) {
    // Journals and files would keep the colours' escape codes.
    start_into(config, io::stderr().is_terminal(), io::stderr);
}

/// The same, into a file: for a command whose display would be torn apart by log lines.
pub fn start_in_file(config: &LogConfig, file: File) {
    let file = Arc::new(file);
    start_into(config, false, move || file.clone());
}

/// The same, by way of a writer of the command's own: one that keeps lines and bars apart.
pub fn start_by<W: io::Write + 'static>(config: &LogConfig, writer: impl Fn() -> W + Send + Sync + 'static) {
    start_into(config, io::stderr().is_terminal(), writer);
}

fn start_into<W: io::Write + 'static>(
    config: &LogConfig,
    with_colours: bool,
    writer: impl Fn() -> W + Send + Sync + 'static,
) {
    let builder = tracing_subscriber::fmt().with_env_filter(filter(config)).with_ansi(with_colours);
    note(match config.format {
        LogFormat::Text => builder.fmt_fields(plain::fields()).with_writer(writer).finish().try_init(),
        LogFormat::Json => builder.json().with_writer(move || Lines(writer())).finish().try_init(),
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
