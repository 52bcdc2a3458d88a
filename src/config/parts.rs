//! All settings, read section by section.

use std::path::PathBuf;

use super::{
    AfterArchive, ConfigError, GoogleConfig, NotifyConfig, Reader, RelayConfig, ServiceConfig, SettingError,
    ZoomConfig, notify, rules_file, sections,
};
use crate::recording::names::Naming;
use crate::rules::Rules;
use crate::secret::Secret;

/// All settings of `serve`, as far as each section can be used: for `doctor`, which goes on without the rest.
#[derive(Debug)]
pub struct Parts {
    /// Zoom. Its `credentials` are `None` also when they are incomplete; then there is a fault of that name.
    pub zoom: Option<ZoomConfig>,
    /// Google.
    pub google: Option<GoogleConfig>,
    /// The path in `GOOGLE_APPLICATION_CREDENTIALS`, whether or not the file can be used.
    pub google_key: Option<PathBuf>,
    /// Where it is written down; empty when it cannot be used.
    pub database_url: Secret,
    /// The service.
    pub service: Option<ServiceConfig>,
    /// Names of folders and files.
    pub naming: Option<Naming>,
    /// How bytes are moved.
    pub relay: Option<RelayConfig>,
    /// How people are told.
    pub notify: Option<NotifyConfig>,
    /// The variable that names a proxy for outgoing connections over https, if one does. The clients read it
    /// themselves.
    pub proxy: Option<&'static str>,
    /// What is archived; everything when the rules cannot be read.
    pub rules: Rules,
}

/// Variables by which outgoing connections over https are led to a proxy.
const PROXIES: [&str; 4] = ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"];

impl Parts {
    /// Reads every section, and gives the faults that were found beside them.
    pub fn read(reader: &mut Reader) -> (Self, Vec<SettingError>) {
        let parts = Self::gather(reader);
        let faults = reader.finish().err().map(ConfigError::into_faults).unwrap_or_default();
        (parts, faults)
    }

    pub(super) fn gather(reader: &mut Reader) -> Self {
        let zoom = sections::zoom(reader);
        let google = sections::google(reader);
        let google_key = reader.text("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
        let service = sections::service(reader);
        let naming = sections::naming(reader);
        let relay = sections::relay(reader);
        let notify = notify::notify(reader, google.as_ref());
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
        let proxy = PROXIES.into_iter().find(|name| reader.is_given(name));
        Self { zoom, google, google_key, database_url, service, naming, relay, notify, proxy, rules }
    }
}
