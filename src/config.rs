//! Settings: read once, only here, from the environment and from `.env`.
//!
//! All faults are reported together, each with the variable, the expected form and an example. Every secret may be
//! given as `NAME_FILE`, a path, instead. No insecure value is a default: without a webhook secret the service does
//! not start.

mod attendance;
mod commands;
pub mod credentials;
mod dashboard;
mod env_file;
mod error;
mod log;
mod login;
mod meet;
mod meet_writing;
mod meetings;
mod notify;
mod parts;
mod reader;
mod reread;
mod rules_file;
mod sections;
mod shown;
mod text;
mod trust;
mod values;
mod variables;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::jobs::Sweeping;
use crate::jobs::amounts::Price;
use crate::live::Live;
use crate::recording::names::Naming;
use crate::rules::Rules;
use crate::secret::Secret;
use crate::secret::keyring::Keyring;

pub use attendance::{AttendanceConfig, globs, percent};
pub use commands::{
    AttendanceAccess, RulesInUse, ZoomAccess, read_attendance_access, read_database_url, read_listen_addr,
    read_rules, read_sweeping, read_zoom_access, sweeping,
};
pub use credentials::GoogleCredentials;
pub use dashboard::ProxyLogin;
pub use error::{ConfigError, SettingError};
pub use log::{LogConfig, LogFiles, LogFormat, read_log};
pub use login::LoginConfig;
pub use meet::{MeetAccess, MeetConfig, is_address, read_meet_access};
pub use meet_writing::{MeetWriting, read_meet_writing};
pub use meetings::{MeetingsAccess, read_meetings_access};
pub use notify::{EmailConfig, MailBy, NotifyConfig, WebhookConfig, WebhookKind};
pub use parts::Parts;
pub use reader::{Origin, Reader};
pub use reread::{Replaceable, Replacement, reread};
pub use rules_file::{read_roster, read_rules_file};
pub use shown::{ShownSetting, shown_settings};
pub use values::{HostRule, duration, is_loopback, is_safe_scheme};
pub use variables::{SECTIONS, Secrecy, Section, VARIABLES, Variable, Visibility};

/// Step size of Drive's uploads, in bytes. Every chunk but the last must be a multiple of it.
pub const UPLOAD_STEP: u64 = 256 * 1024;

/// Server-to-Server OAuth credentials for Zoom's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoomCredentials {
    pub account_id: String,
    pub client_id: String,
    pub client_secret: Secret,
}

/// What to do with Zoom's copy once everything is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterArchive {
    /// Leave it.
    Keep,
    /// Move it to Zoom's trash, from where it can be restored for 30 days.
    Trash,
    /// Delete it for good.
    Delete,
}

/// The account's plan. Zoom's rate limits depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoomPlan {
    Free,
    Pro,
    /// Business, Education, Enterprise and above.
    Business,
}

/// Settings of Zoom.
#[derive(Debug, Clone)]
pub struct ZoomConfig {
    /// Secret Tokens that a webhook may be signed with. Never empty for a service that receives webhooks.
    pub webhook_secrets: Live<Keyring>,
    /// API credentials. Without them the service uses the event's own file list and token.
    pub credentials: Option<Live<ZoomCredentials>>,
    /// The API's base address, without a slash at its end.
    pub api_url: Url,
    /// The token endpoint.
    pub oauth_url: Url,
    /// Hosts that recordings may be downloaded from.
    pub download_hosts: Vec<HostRule>,
    pub plan: ZoomPlan,
    /// Price of its cloud storage, if it is given.
    pub storage_price: Option<Price>,
    /// Whose meetings the commands list and create: an address, an id, or `me`.
    pub user: String,
}

impl ZoomConfig {
    /// True if there are credentials for the API.
    pub fn can_be_asked(&self) -> bool {
        self.credentials.is_some()
    }
}

/// Settings of Google.
#[derive(Debug, Clone)]
pub struct GoogleConfig {
    pub credentials: Live<GoogleCredentials>,
    /// The user that a service account acts for.
    pub subject: Option<String>,
    /// The API's base address, without a slash at its end.
    pub api_url: Url,
    /// The Sheets API's base address, without a slash at its end.
    pub sheets_api_url: Url,
    /// Drive id of the archive's root.
    pub folder_id: String,
    /// Bytes that this identity may upload within 24 hours; `None` for no limit.
    pub daily_upload_limit: Option<u64>,
    pub meet: MeetConfig,
}

impl GoogleConfig {
    /// The identity whose uploads Google counts together: the subject, or else the account itself. Not secret.
    pub fn identity(&self) -> String {
        match (&self.subject, &*self.credentials.now()) {
            (Some(subject), _) => subject.clone(),
            (None, GoogleCredentials::ServiceAccount { client_email, .. }) => client_email.clone(),
            // The file does not name the person, so the client stands for them.
            (None, GoogleCredentials::AuthorizedUser { client_id, .. }) => client_id.clone(),
        }
    }
}

/// Settings of transfers.
#[derive(Debug, Clone, Copy)]
pub struct RelayConfig {
    /// Bytes between two checkpoints; the smallest size of an upload request.
    pub chunk_size: u64,
    /// Whether upload requests grow while waiting for Drive's answers costs time.
    pub adapts_requests: bool,
    /// Recent bytes that are kept per transfer.
    pub window_size: u64,
    /// Files that are transferred at the same time.
    pub transfers: usize,
    /// A connection without progress for this time is closed.
    pub idle_timeout: Duration,
    /// Wait after a first failure; doubled after each further one.
    pub retry_wait: Duration,
}

/// Settings of the service.
#[derive(Debug, Clone)]
pub struct ServiceConfig {
    pub listen_addr: SocketAddr,
    /// The public base address for Zoom, if it is set; without a slash at its end.
    pub public_url: Option<Url>,
    /// Time limit for a request's head, for an idle connection, and for an unread answer.
    pub head_timeout: Duration,
    /// Opens the admin API and the pages, for everything.
    pub admin_token: Option<Live<Secret>>,
    /// The same, only to look.
    pub viewer_token: Option<Live<Secret>>,
    /// A proxy in front of the pages logs people in, if it is set.
    pub proxy_login: Option<ProxyLogin>,
    /// Where people reach the dashboard; without a slash at its end. `None` if there is no dashboard, or no address.
    pub dashboard_url: Option<Url>,
    pub after_archive: AfterArchive,
    /// The window for late files, from the first event on.
    pub settle_for: Duration,
    /// True if a `meeting.json` file with the recording's facts is put beside its files.
    pub meeting_file: bool,
    /// Lifetime of a lease without a renewal.
    pub lease_for: Duration,
    /// Time limit for running chunks at a stop.
    pub stop_within: Duration,
    /// Interval from a sweep's end to the next one; zero for no sweep.
    pub sweep_every: Duration,
    /// Interval from the end of a pass of the verification to the next one; zero for none.
    pub verify_every: Duration,
    /// Age of the oldest recordings that a sweep lists.
    pub sweep_back: Duration,
    /// How long events are kept once their jobs are done; `None` for ever.
    pub keep_events: Option<Duration>,
    /// Interval of the check for changed secret files; zero for SIGHUP only.
    pub rotate_every: Duration,
}

/// All settings of `serve`.
#[derive(Debug, Clone)]
pub struct Config {
    pub zoom: ZoomConfig,
    pub google: GoogleConfig,
    pub database_url: Secret,
    pub service: ServiceConfig,
    /// Names of folders and files.
    pub naming: Naming,
    pub relay: RelayConfig,
    /// Shared by all clones of the settings.
    pub rules: Live<Rules>,
    pub notify: NotifyConfig,
    pub attendance: AttendanceConfig,
    /// The source of the settings, to read parts of them again.
    pub source: Reader,
}

impl Config {
    /// Reads all settings of `serve`.
    ///
    /// # Errors
    /// Every fault, together.
    pub fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        let zoom = sections::zoom(reader);
        Self::read_with(reader, zoom)
    }

    /// Reads all settings of a command that works like `serve` and receives no webhooks.
    ///
    /// # Errors
    /// Every fault, together.
    pub fn read_without_webhooks(reader: &mut Reader) -> Result<Self, ConfigError> {
        let zoom = sections::zoom_api(reader, Vec::new());
        Self::read_with(reader, zoom)
    }

    fn read_with(reader: &mut Reader, zoom: Option<ZoomConfig>) -> Result<Self, ConfigError> {
        let Parts { zoom, google, service, naming, relay, notify, attendance, rules, database_url, .. } =
            Parts::gather(reader, zoom);
        let read = zoom.zip(google).zip(service).zip(naming).zip(relay).zip(notify).zip(attendance);
        let ((((((zoom, google), service), naming), relay), notify), attendance) =
            reader.finish_with(read)?;
        let (rules, source) = (Live::new(rules), reader.clone());
        Ok(Self { zoom, google, database_url, service, naming, relay, rules, notify, attendance, source })
    }

    /// The database's file; `None` for PostgreSQL.
    pub fn database_file(&self) -> Option<PathBuf> {
        self.database_url.expose().strip_prefix("sqlite://").map(PathBuf::from)
    }

    /// How often the service looks at Google Meet; `None` if it does not.
    pub fn meet_every(&self) -> Option<Duration> {
        let every = self.service.sweep_every;
        (self.google.meet.bring && !every.is_zero()).then_some(every)
    }

    /// If and how often the service sweeps.
    pub fn sweeping(&self) -> Sweeping {
        sweeping(self.service.sweep_every, self.zoom.credentials.is_some())
    }
}

#[cfg(test)]
mod tests;
