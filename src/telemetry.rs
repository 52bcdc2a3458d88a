//! Logs and metrics. A log line is one event with identifiers as fields. It contains no secret, and no character
//! that could forge another line or control a terminal. [`meters`] contains the metrics.

pub mod burst;
mod files;
pub mod meters;
pub mod plain;
pub mod stopwatch;

use std::fs::File;
use std::io::{self, IsTerminal};
use std::sync::Arc;

use tracing::Subscriber;
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer, Registry};

use crate::config::{LogConfig, LogFormat};
use files::LogFolder;
use plain::Lines;

type LogLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Starts logging for the whole process, to standard output and to daily files if the settings name a folder. An
/// invalid filter falls back to `info`; a second call changes nothing.
///
/// # Errors
/// When the folder of the log files cannot be created or written.
pub fn start(config: &LogConfig) -> io::Result<()> {
    // Journals and files would keep the escape codes of colours.
    let colours = config.colours && io::stdout().is_terminal();
    let mut layers = vec![layer(config.format, colours, io::stdout)];
    if let Some(files) = &config.files {
        layers.push(layer(config.format, false, LogFolder::open(files)?));
    }
    start_layers(config, layers);
    Ok(())
}

/// Like [`start`], to standard error: for a command whose standard output is its result.
pub fn start_beside(config: &LogConfig) {
    let colours = config.colours && io::stderr().is_terminal();
    start_layers(config, vec![layer(config.format, colours, io::stderr)]);
}

/// Like [`start`], to a file: for a command whose display would be broken by log lines.
pub fn start_in_file(config: &LogConfig, file: File) {
    start_layers(config, vec![layer(config.format, false, Arc::new(file))]);
}

/// Like [`start`], to the command's own writer, which keeps lines and bars apart.
pub fn start_by<W: io::Write + 'static>(config: &LogConfig, writer: impl Fn() -> W + Send + Sync + 'static) {
    let colours = config.colours && io::stderr().is_terminal();
    start_layers(config, vec![layer(config.format, colours, writer)]);
}

fn start_layers(config: &LogConfig, layers: Vec<LogLayer>) {
    let filter = EnvFilter::try_new(&config.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    if tracing_subscriber::registry().with(layers).with(filter).try_init().is_err() {
        tracing::debug!("logging was started before");
    }
}

fn layer<S, W>(format: LogFormat, colours: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    let lines = fmt::layer().with_ansi(colours);
    match format {
        LogFormat::Text => lines.fmt_fields(plain::fields()).with_writer(writer).boxed(),
        LogFormat::Json => lines.json().with_writer(Escaped(writer)).boxed(),
    }
}

/// A writer that escapes its lines, see [`Lines`].
struct Escaped<W>(W);

impl<'w, W: MakeWriter<'w>> MakeWriter<'w> for Escaped<W> {
    type Writer = Lines<W::Writer>;

    fn make_writer(&'w self) -> Self::Writer {
        Lines(self.0.make_writer())
    }
}
