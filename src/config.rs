//! Settings: read once, in this one place, from the environment and from `.env`.
//!
//! All faults are reported together, each with the variable, what was expected and an example. Every secret
//! may be given as `NAME_FILE`, a path, instead. Nothing insecure has a default: without a webhook secret
//! the service does not start.

mod commands;
pub mod credentials;
mod env_file;
mod error;
mod log;
mod login;
mod notify;
mod parts;
mod reader;
mod reread;
mod rules_file;
mod sections;
mod text;
mod trust;
mod values;
mod variables;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use url::Url;

use crate::jobs::Sweeping;
use crate::live::Live;
use crate::recording::names::Naming;
use crate::rules::Rules;
use crate::secret::Secret;
use crate::secret::keyring::Keyring;

pub use commands::{
    RulesInUse, ZoomAccess, read_database_url, read_listen_addr, read_rules, read_sweeping, read_zoom_access,
    sweeping,
};
pub use credentials::GoogleCredentials;
pub use error::{ConfigError, SettingError};
pub use log::{LogConfig, LogFiles, LogFormat, read_log};
pub use login::LoginConfig;
pub use notify::{EmailConfig, MailBy, NotifyConfig, WebhookConfig, WebhookKind};
pub use parts::Parts;
pub use reader::Reader;
pub use reread::{Replaceable, Replacement, reread};
pub use rules_file::read_rules_file;
pub use values::{HostRule, duration, is_loopback, is_safe_scheme};
pub use variables::{SECTIONS, Secrecy, Section, VARIABLES, Variable};

/// Drive keeps uploads in steps of this many bytes, and wants every chunk but the last to be a multiple.
pub const UPLOAD_STEP: u64 = 256 * 1024;

/// Server-to-Server OAuth credentials for Zoom's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZoomCredentials {
    /// The account.
    pub account_id: String,
    /// The app's client id.
    pub client_id: String,
    /// The app's client secret.
    pub client_secret: Secret,
}

/// What becomes of Zoom's copy once everything is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AfterArchive {
    /// It stays.
    Keep,
    /// It goes to Zoom's trash, where it can be had back for 30 days.
    Trash,
    /// It is deleted for good.
    Delete,
}

/// What the account pays for: Zoom's rate limits follow from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ZoomPlan {
    /// Free.
    Free,
    /// Pro.
    Pro,
    /// Business, Education, Enterprise and above.
    Business,
}

/// Everything about Zoom.
#[derive(Debug, Clone)]
pub struct ZoomConfig {
    /// Secret Tokens that a webhook may be signed with; never empty for a service that takes any.
    pub webhook_secrets: Live<Keyring>,
    /// API credentials; without them the event's own file list and token must do.
    pub credentials: Option<Live<ZoomCredentials>>,
    /// The API's base address, without a slash at its end.
    pub api_url: Url,
    /// The token endpoint.
    pub oauth_url: Url,
    /// Hosts that bytes may come from.
    pub download_hosts: Vec<HostRule>,
    /// What the account pays for.
    pub plan: ZoomPlan,
}

impl ZoomConfig {
    /// Whether there are credentials for the API.
    pub fn can_be_asked(&self) -> bool {
        self.credentials.is_some()
    }
}

/// Everything about Google.
#[derive(Debug, Clone)]
pub struct GoogleConfig {
    /// Who we are.
    pub credentials: Live<GoogleCredentials>,
    /// Whom we act for.
    pub subject: Option<String>,
    /// The API's base address, without a slash at its end.
    pub api_url: Url,
    /// The archive's root.
    pub folder_id: String,
    /// Bytes that this identity may upload within 24 hours; none for no limit.
    pub daily_upload_limit: Option<u64>,
}

impl GoogleConfig {
    /// Whose uploads Google counts together: the person we act for, else the account itself. Not secret.
    pub fn identity(&self) -> String {
        match (&self.subject, &*self.credentials.now()) {
            (Some(subject), _) => subject.clone(),
            (None, GoogleCredentials::ServiceAccount { client_email, .. }) => client_email.clone(),
            // The file does not name the person; the client stands for them.
            (None, GoogleCredentials::AuthorizedUser { client_id, .. }) => client_id.clone(),
        }
    }
}

/// How bytes are moved.
#[derive(Debug, Clone, Copy)]
pub struct RelayConfig {
    /// Bytes per upload request: how often we checkpoint.
    pub chunk_size: u64,
    /// Recent bytes kept per transfer.
    pub window_size: u64,
    /// Files that move at the same time.
    pub transfers: usize,
    /// A connection on which nothing moves for so long is given up.
    pub idle_timeout: Duration,
    /// Wait after a first failure; doubled after each further one.
    pub retry_wait: Duration,
}

/// How the service behaves.
#[derive(Debug, Clone)]
pub struct ServiceConfig {
    /// Where to listen.
    pub listen_addr: SocketAddr,
    /// How Zoom reaches us, if it is known; without a slash at its end.
    pub public_url: Option<Url>,
    /// How long a client may take to send a request's head, idle, or leave an answer unread.
    pub head_timeout: Duration,
    /// Bearer of the admin API; off without it.
    pub admin_token: Option<Live<Secret>>,
    /// What becomes of Zoom's copy.
    pub after_archive: AfterArchive,
    /// The late-file window, from the first event on.
    pub settle_for: Duration,
    /// Whether a file beside each recording's files tells what is known of it.
    pub meeting_file: bool,
    /// How long a claim holds without a heartbeat.
    pub lease_for: Duration,
    /// How long a stop waits before it cuts what is under way.
    pub stop_within: Duration,
    /// How long after a sweep's end the next one begins; zero for none.
    pub sweep_every: Duration,
    /// How far back a sweep looks.
    pub sweep_back: Duration,
    /// How long events are kept once their jobs are done; `None` for ever.
    pub keep_events: Option<Duration>,
    /// How often files with secrets are looked at for a change; zero for only when told to.
    pub rotate_every: Duration,
}

/// All settings of `serve`.
#[derive(Debug, Clone)]
pub struct Config {
    /// Zoom.
    pub zoom: ZoomConfig,
    /// Google.
    pub google: GoogleConfig,
    /// Where it is written down.
    pub database_url: Secret,
    /// The service.
    pub service: ServiceConfig,
    /// Names of folders and files.
    pub naming: Naming,
    /// How bytes are moved.
    pub relay: RelayConfig,
    /// What is archived, and where to. Clones of the settings share it.
    pub rules: Live<Rules>,
    /// How people are told.
    pub notify: NotifyConfig,
    /// Where all this was read, to read parts of it again.
    pub source: Reader,
}

impl Config {
    /// Reads all settings of `serve`.
    ///
    /// # Errors
    /// Every fault found, together.
    pub fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        let Parts { zoom, google, service, naming, relay, notify, rules, database_url, .. } =
            Parts::gather(reader);
        let read = zoom.zip(google).zip(service).zip(naming).zip(relay).zip(notify);
        let (((((zoom, google), service), naming), relay), notify) = reader.finish_with(read)?;
        let (rules, source) = (Live::new(rules), reader.clone());
        Ok(Self { zoom, google, database_url, service, naming, relay, rules, notify, source })
    }

    /// The database's file, if it is SQLite's.
    pub fn database_file(&self) -> Option<PathBuf> {
        self.database_url.expose().strip_prefix("sqlite://").map(PathBuf::from)
    }

    /// Whether and how often Zoom is swept.
    pub fn sweeping(&self) -> Sweeping {
        sweeping(self.service.sweep_every, self.zoom.credentials.is_some())
    }
}

#[cfg(test)]
mod tests;
