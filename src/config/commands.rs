//! The settings that single commands need.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::tz::TimeZone;

use super::{
    AttendanceConfig, Config, ConfigError, Reader, ZoomConfig, attendance, rules_file, sections, values,
};
use crate::jobs::Sweeping;
use crate::recording::names::Naming;
use crate::rules::Rules;
use crate::secret::Secret;

/// If and how often the service sweeps; zero means never.
pub fn sweeping(every: Duration, has_credentials: bool) -> Sweeping {
    match (every.is_zero(), has_credentials) {
        (true, _) => Sweeping::Off,
        (false, false) => Sweeping::NoCredentials,
        (false, true) => Sweeping::Every(every),
    }
}

/// Reads if the service sweeps, for commands that print the sweep's figures.
///
/// # Errors
/// When `SWEEP_EVERY` is not a duration, or the credentials are incomplete.
pub fn read_sweeping(reader: &mut Reader) -> Result<Sweeping, ConfigError> {
    let every = sections::sweep_every(reader);
    let credentials = sections::zoom_credentials(reader);
    reader.finish()?;
    Ok(sweeping(every.unwrap_or_default(), credentials.is_some()))
}

/// Reads the rules and the templates of names, for commands that explain them. `file` replaces `RULES_FILE`.
///
/// # Errors
/// Every fault, together.
pub fn read_rules(reader: &mut Reader, file: Option<&Path>) -> Result<RulesInUse, ConfigError> {
    let (rules, path) = match file {
        Some(file) => (rules_file::rules_of(reader, file), Some(file.to_owned())),
        None => rules_file::rules(reader),
    };
    let naming = sections::naming(reader);
    let naming = reader.finish_with(naming)?;
    Ok(RulesInUse { rules, path, naming })
}

/// Rules, and the other settings that decide where a recording goes.
#[derive(Debug, Clone)]
pub struct RulesInUse {
    pub rules: Rules,
    /// The rules' file; `None` if there are no rules.
    pub path: Option<PathBuf>,
    /// Names of folders and files where no rule applies.
    pub naming: Naming,
}

impl Config {
    /// Reads all settings of a command that works like `serve` and also needs Zoom's lists.
    ///
    /// # Errors
    /// Every fault, together, including missing API credentials.
    pub fn read_with_zoom(reader: &mut Reader) -> Result<Self, ConfigError> {
        fault_no_credentials(reader);
        Self::read(reader)
    }
}

/// The settings for Zoom's lists.
#[derive(Debug, Clone)]
pub struct ZoomAccess {
    /// With API credentials, and without webhook secrets.
    pub zoom: ZoomConfig,
    /// Wait after a first failure; doubled after each further one.
    pub retry_wait: Duration,
    pub rules: Rules,
}

/// Reads the settings for commands that only list recordings: nothing of Google, no webhooks.
///
/// # Errors
/// When the API credentials are missing, or another setting of Zoom is not valid.
pub fn read_zoom_access(reader: &mut Reader) -> Result<ZoomAccess, ConfigError> {
    let zoom = sections::zoom_api(reader, Vec::new());
    let retry_wait = sections::retry_wait(reader);
    let (rules, _) = rules_file::rules(reader);
    if let Some(zoom) = &zoom
        && !zoom.can_be_asked()
    {
        fault_no_credentials(reader);
    }
    let (zoom, retry_wait) = reader.finish_with(zoom.zip(retry_wait))?;
    Ok(ZoomAccess { zoom, retry_wait, rules })
}

fn fault_no_credentials(reader: &mut Reader) {
    // If one of the three is missing, there is a fault already.
    let is_any = ["ZOOM_ACCOUNT_ID", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"].map(|name| reader.text(name));
    if is_any.iter().all(Option::is_none) {
        reader.fault("ZOOM_ACCOUNT_ID", "is missing: only Zoom's API lists earlier recordings");
    }
}

/// The settings of the commands that read attendance.
#[derive(Debug, Clone)]
pub struct AttendanceAccess {
    /// With API credentials, and without webhook secrets.
    pub zoom: ZoomConfig,
    /// What is counted, if no flag says otherwise.
    pub attendance: AttendanceConfig,
    /// The zone in which times are written.
    pub zone: TimeZone,
}

/// Reads the settings for commands that read attendance: nothing of Google, no database.
///
/// # Errors
/// When the API credentials are missing, or another setting is not valid.
pub fn read_attendance_access(reader: &mut Reader) -> Result<AttendanceAccess, ConfigError> {
    let zoom = sections::zoom_api(reader, Vec::new());
    let attendance = attendance::attendance(reader);
    let zone = sections::time_zone(reader);
    // If one of the three is missing, there is a fault already.
    if ZOOM_CREDENTIALS.map(|name| reader.text(name)).iter().all(Option::is_none) {
        for name in ZOOM_CREDENTIALS {
            reader.fault(name, "is missing: only Zoom's API says who was at a meeting");
        }
    }
    let ((zoom, attendance), zone) = reader.finish_with(zoom.zip(attendance).zip(zone))?;
    Ok(AttendanceAccess { zoom, attendance, zone })
}

/// The variables of Zoom's API credentials.
const ZOOM_CREDENTIALS: [&str; 3] = ["ZOOM_ACCOUNT_ID", "ZOOM_CLIENT_ID", "ZOOM_CLIENT_SECRET"];

/// Reads the address of the store, for commands that need nothing else.
///
/// # Errors
/// When a `.env` or `NAME_FILE` cannot be read.
pub fn read_database_url(reader: &mut Reader) -> Result<Secret, ConfigError> {
    let url = sections::database_url(reader);
    reader.finish().map(|()| url)
}

/// Reads the listening address, for `healthcheck`.
///
/// # Errors
/// When the address is not valid.
pub fn read_listen_addr(reader: &mut Reader) -> Result<SocketAddr, ConfigError> {
    let addr = reader.parsed("LISTEN_ADDR", "an address and port", values::socket);
    reader.finish_with(addr)
}
