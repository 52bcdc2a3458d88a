//! Settings of the log.

use std::path::PathBuf;

use super::{ConfigError, Reader, values};

/// Most days of log files: ten years. A larger number is a mistake.
const LOG_DAYS_MAX: usize = 3650;

/// Smallest total size of log files, in bytes: enough for a day of ordinary work.
const LOG_SIZE_MIN: u64 = 1024 * 1024;

/// Settings of the log.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// A filter such as `info` or `zoom2drive=debug,info`.
    pub filter: String,
    pub format: LogFormat,
    /// True if colours are allowed in terminals (no `NO_COLOR`).
    pub colours: bool,
    /// Daily files beside standard output, if wanted.
    pub files: Option<LogFiles>,
}

/// Log files, one a day.
#[derive(Debug, Clone)]
pub struct LogFiles {
    /// A folder of their own, because old log files in it are deleted.
    pub folder: PathBuf,
    /// Days that are kept, including today.
    pub days: usize,
    /// Most bytes of all files together.
    pub bytes_max: u64,
}

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One line of text per event.
    Text,
    /// One JSON object per event.
    Json,
}

/// Reads the settings of the log.
///
/// # Errors
/// When a value is not valid.
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
