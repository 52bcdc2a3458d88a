//! How to log.

use std::path::PathBuf;

use super::{ConfigError, Reader, values};

/// Longest that log files may be kept: ten years. More is a slip of the pen.
const LOG_DAYS_MAX: usize = 3650;

/// Least that all log files may take together, in bytes: below it a day of ordinary work would not fit.
const LOG_SIZE_MIN: u64 = 1024 * 1024;

/// How to log.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// A filter such as `info` or `zoom2drive=debug,info`.
    pub filter: String,
    /// One line of text per event, or one JSON object.
    pub format: LogFormat,
    /// Whether terminals may be given colours (no `NO_COLOR`).
    pub colours: bool,
    /// Where daily files are kept besides, and for how many days.
    pub files: Option<LogFiles>,
}

/// Log files, one a day.
#[derive(Debug, Clone)]
pub struct LogFiles {
    /// Their folder: of their own, for what is too old in it is deleted.
    pub folder: PathBuf,
    /// Days that are kept, today included.
    pub days: usize,
    /// What all of them together may take, in bytes.
    pub bytes_max: u64,
}

/// The shape of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

/// Reads how to log.
///
/// # Errors
/// When the format is unknown.
pub fn read_log(reader: &mut Reader) -> Result<LogConfig, ConfigError> {
    let filter = reader.text("LOG").unwrap_or_default();
    let format = reader.parsed("LOG_FORMAT", "`text` or `json`", |text| match text {
        "text" => Some(LogFormat::Text),
        "json" => Some(LogFormat::Json),
        _ => None,
    });
    let folder = reader.text("LOG_DIR").map(PathBuf::from);
    let days = reader.parsed("LOG_DAYS", "a number of days from 1 to 3650", |text| {
        text.parse().ok().filter(|days| (1..=LOG_DAYS_MAX).contains(days))
    });
    let size = reader.parsed("LOG_SIZE", "a size of at least 1MiB", |text| {
        values::size(text).filter(|size| *size >= LOG_SIZE_MIN)
    });
    reader.finish()?;
    let files = folder.zip(days).zip(size);
    let files = files.map(|((folder, days), bytes_max)| LogFiles { folder, days, bytes_max });
    let colours = !reader.is_given("NO_COLOR");
    Ok(LogConfig { filter, format: format.unwrap_or(LogFormat::Text), colours, files })
}
