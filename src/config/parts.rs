//! Reads all settings, section by section.

use std::path::PathBuf;

use super::{
    AfterArchive, AttendanceConfig, ConfigError, GoogleConfig, NotifyConfig, Reader, RelayConfig,
    ServiceConfig, SettingError, ZoomConfig, attendance, notify, rules_file, sections,
};
use crate::attendance::Output;
use crate::recording::names::Naming;
use crate::rules::Rules;
use crate::secret::Secret;

/// All settings of `serve`, each section if it is valid: for `doctor`, which continues without the others.
#[derive(Debug)]
pub struct Parts {
    /// The `credentials` are also `None` when they are incomplete; then there is a fault with their name.
    pub zoom: Option<ZoomConfig>,
    pub google: Option<GoogleConfig>,
    /// The path in `GOOGLE_APPLICATION_CREDENTIALS`, even if the file is not valid.
    pub google_key: Option<PathBuf>,
    /// Empty when it is not valid.
    pub database_url: Secret,
    pub service: Option<ServiceConfig>,
    /// Names of folders and files.
    pub naming: Option<Naming>,
    pub relay: Option<RelayConfig>,
    pub notify: Option<NotifyConfig>,
    pub attendance: Option<AttendanceConfig>,
    /// The variable that sets a proxy for outgoing https connections, if any. The clients read it themselves.
    pub proxy: Option<&'static str>,
    /// The default rules when the file is not valid.
    pub rules: Rules,
}

/// Variables that set a proxy for outgoing https connections.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

impl Parts {
    /// Reads every section. Returns the faults beside the sections.
    pub fn read(reader: &mut Reader) -> (Self, Vec<SettingError>) {
        let zoom = sections::zoom(reader);
        let parts = Self::gather(reader, zoom);
        let faults = reader.finish().err().map(ConfigError::into_faults).unwrap_or_default();
        (parts, faults)
    }

    /// The section of Zoom is read before.
    pub(super) fn gather(reader: &mut Reader, zoom: Option<ZoomConfig>) -> Self {
        let google = sections::google(reader);
        let google_key = reader.text("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
        let service = sections::service(reader);
        let naming = sections::naming(reader);
        let relay = sections::relay(reader);
        let notify = notify::notify(reader, google.as_ref());
        let attendance = attendance::attendance(reader);
        let (rules, _) = rules_file::rules(reader);
        let database_url = sections::database_url(reader);
        if let (Some(service), Some(zoom)) = (&service, &zoom)
            && service.after_archive != AfterArchive::Keep
            && zoom.credentials.is_none()
        {
            reader.fault(
                "AFTER_ARCHIVE",
                "needs ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET unless it is `keep`",
            );
        }
        let is_wanted = outputs(attendance.as_ref(), &rules).any(|output| output != Output::No);
        // Without webhooks, and where Meet is brought, Google says who was there.
        let has_meet = google.as_ref().is_some_and(|google| google.meet.bring);
        let lacks_zoom =
            |zoom: &ZoomConfig| !zoom.can_be_asked() && !zoom.webhook_secrets.now().current().is_empty();
        if is_wanted && !has_meet && zoom.as_ref().is_some_and(lacks_zoom) {
            reader.fault(
                "ATTENDANCE",
                "needs ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET unless it is `no`",
            );
        }
        let proxy = PROXIES.into_iter().find(|name| reader.is_given(name));
        Self {
            zoom,
            google,
            google_key,
            database_url,
            service,
            naming,
            relay,
            notify,
            attendance,
            proxy,
            rules,
        }
    }

    /// True if `ATTENDANCE` or a rule writes attendance beside recordings.
    pub fn write_attendance(&self) -> bool {
        outputs(self.attendance.as_ref(), &self.rules).any(|output| output != Output::No)
    }

    /// True if one of them writes spreadsheets.
    pub fn write_sheets(&self) -> bool {
        outputs(self.attendance.as_ref(), &self.rules).any(|output| output == Output::Sheet)
    }
}

/// Every form in which attendance may be written.
fn outputs(attendance: Option<&AttendanceConfig>, rules: &Rules) -> impl Iterator<Item = Output> {
    attendance.map(|attendance| attendance.output).into_iter().chain(rules.attendance())
}
