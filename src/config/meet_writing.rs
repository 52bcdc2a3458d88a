//! The settings of commands that write reports about Google Meet into Drive.

use super::{
    AttendanceConfig, ConfigError, GoogleConfig, Reader, RelayConfig, attendance, rules_file, sections,
};
use crate::recording::names::Naming;
use crate::rules::Rules;
use crate::secret::Secret;

/// What is needed to write a report: nothing of Zoom. The archive's folder may be empty.
#[derive(Debug, Clone)]
pub struct MeetWriting {
    pub google: GoogleConfig,
    pub database_url: Secret,
    /// Names of folders and files.
    pub naming: Naming,
    pub relay: RelayConfig,
    pub rules: Rules,
    pub attendance: AttendanceConfig,
}

/// Reads the settings.
///
/// # Errors
/// Every fault, together.
pub fn read_meet_writing(reader: &mut Reader) -> Result<MeetWriting, ConfigError> {
    let google = sections::google_without_folder(reader);
    let database_url = sections::database_url(reader);
    let naming = sections::naming(reader);
    let relay = sections::relay(reader);
    let attendance = attendance::attendance(reader);
    let (rules, _) = rules_file::rules(reader);
    let read = google.zip(naming).zip(relay).zip(attendance);
    let (((google, naming), relay), attendance) = reader.finish_with(read)?;
    Ok(MeetWriting { google, database_url, naming, relay, rules, attendance })
}
