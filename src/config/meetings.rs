//! The settings of `zoom2drive meetings`.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::{ConfigError, Reader, ZoomConfig, sections};

/// What the commands about meetings need: nothing of Google, no webhooks, no database.
#[derive(Debug, Clone)]
pub struct MeetingsAccess {
    /// With API credentials, and without webhook secrets.
    pub zoom: ZoomConfig,
    /// Wait after a first failure; doubled after each further one.
    pub retry_wait: Duration,
    /// The zone in which times are read and written.
    pub zone: TimeZone,
}

/// Reads the settings.
///
/// # Errors
/// When the API credentials are missing, or another setting of Zoom is not valid.
pub fn read_meetings_access(reader: &mut Reader) -> Result<MeetingsAccess, ConfigError> {
    let zoom = sections::zoom_api(reader, Vec::new());
    let retry_wait = sections::retry_wait(reader);
    let zone = sections::time_zone(reader);
    if let Some(zoom) = &zoom
        && !zoom.can_be_asked()
        // If only some of the three are missing, there is a fault already.
        && reader.text("ZOOM_CLIENT_ID").is_none()
    {
        reader.fault(
            "ZOOM_ACCOUNT_ID",
            "is missing: meetings are scheduled with ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET",
        );
    }
    let ((zoom, retry_wait), zone) = reader.finish_with(zoom.zip(retry_wait).zip(zone))?;
    Ok(MeetingsAccess { zoom, retry_wait, zone })
}
