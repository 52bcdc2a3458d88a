//! Settings: read once, in this one place, from the environment and from `.env`.
//!
//! All faults are reported together, each with the variable, what was expected and an example. Every secret
//! may be given as `NAME_FILE`, a path, instead. Nothing insecure has a default: without a webhook secret
//! the service does not start.

pub mod credentials;
mod reader;
mod rules_file;
mod sections;
mod values;
mod variables;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use url::Url;

use crate::jobs::Sweeping;
use crate::live::Live;
use crate::recording::names::Naming;
use crate::rules::Rules;
use crate::secret::Secret;

pub use credentials::GoogleCredentials;
pub use reader::{ConfigError, Fault, Reader};
pub use rules_file::read_rules_file;
pub use values::{HostRule, is_loopback, is_safe_scheme};
pub use variables::{VARIABLES, Variable};

/// Drive keeps uploads in steps of this many bytes, and wants every chunk but the last to be a multiple.
pub const UPLOAD_STEP: u64 = 256 * 1024;

/// Longest that log files may be kept: ten years. More is a slip of the pen.
const LOG_DAYS_MAX: usize = 3650;

/// Server-to-Server OAuth credentials for Zoom's API.
#[derive(Debug, Clone)]
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
    /// Secret Tokens that a webhook may be signed with; never empty.
    pub webhook_secrets: Vec<Secret>,
    /// API credentials; without them the event's own file list and token must do.
    pub credentials: Option<ZoomCredentials>,
    /// The API's base address, without a slash at its end.
    pub api_url: Url,
    /// The token endpoint.
    pub oauth_url: Url,
    /// Hosts that bytes may come from.
    pub download_hosts: Vec<HostRule>,
    /// What the account pays for.
    pub plan: ZoomPlan,
}

/// Everything about Google.
#[derive(Debug, Clone)]
pub struct GoogleConfig {
    /// Who we are.
    pub credentials: GoogleCredentials,
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
    pub fn identity(&self) -> &str {
        match (&self.subject, &self.credentials) {
            (Some(subject), _) => subject,
            (None, GoogleCredentials::ServiceAccount { client_email, .. }) => client_email,
            // The file does not name the person; the client stands for them.
            (None, GoogleCredentials::AuthorizedUser { client_id, .. }) => client_id,
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
    pub admin_token: Option<Secret>,
    /// What becomes of Zoom's copy.
    pub after_archive: AfterArchive,
    /// The late-file window, from the first event on.
    pub settle_for: Duration,
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
    /// Where the rules were read from; none if there are none.
    pub rules_file: Option<PathBuf>,
}

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
}

/// The shape of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

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
}

impl Parts {
    /// Reads every section, and gives the faults that were found beside them.
    pub fn read(reader: &mut Reader) -> (Self, Vec<Fault>) {
        let parts = Self::gather(reader);
        let faults = reader.finish().err().map(|error| error.faults).unwrap_or_default();
        (parts, faults)
    }

    fn gather(reader: &mut Reader) -> Self {
        let zoom = sections::zoom(reader);
        let google = sections::google(reader);
        let google_key = reader.text("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
        let service = sections::service(reader);
        let naming = sections::naming(reader);
        let relay = sections::relay(reader);
        let (rules, rules_file) = rules_file::rules(reader);
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
        Self { zoom, google, google_key, database_url, service, naming, relay }
    }
}

impl Config {
    /// Reads all settings of `serve`.
    ///
    /// # Errors
    /// Every fault found, together.
    pub fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        let Parts { zoom, google, service, naming, relay, database_url, .. } = Parts::gather(reader);
        reader.finish()?;
        // Every `None` above has left a fault behind, so `finish` has returned it already.
        match (zoom, google, service, naming, relay) {
            (Some(zoom), Some(google), Some(service), Some(naming), Some(relay)) => {
                let rules = Live::new(rules);
                Ok(Self { zoom, google, database_url, service, naming, relay, rules, rules_file })
            }
            _ => Err(ConfigError { faults: Vec::new() }),
        }
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

/// Whether Zoom is swept every so often; zero is never.
pub fn sweeping(every: Duration, has_credentials: bool) -> Sweeping {
    match (every.is_zero(), has_credentials) {
        (true, _) => Sweeping::Off,
        (false, false) => Sweeping::NoCredentials,
        (false, true) => Sweeping::Every(every),
    }
}

/// Reads whether Zoom is swept, for commands that show what is known of it.
///
/// # Errors
/// When `SWEEP_EVERY` is no duration or the credentials are incomplete.
pub fn read_sweeping(reader: &mut Reader) -> Result<Sweeping, ConfigError> {
    let every = sections::sweep_every(reader);
    let credentials = sections::zoom_credentials(reader);
    reader.finish()?;
    Ok(sweeping(every.unwrap_or_default(), credentials.is_some()))
}

/// Reads the rules and how things are named, for commands that explain them. `file` stands in for `RULES_FILE`.
///
/// # Errors
/// Every fault found, together.
pub fn read_rules(reader: &mut Reader, file: Option<&Path>) -> Result<RulesInUse, ConfigError> {
    let (rules, path) = match file {
        Some(file) => (rules_file::rules_of(reader, file), Some(file.to_owned())),
        None => rules_file::rules(reader),
    };
    let naming = sections::naming(reader);
    reader.finish()?;
    let naming = naming.ok_or(ConfigError { faults: Vec::new() })?;
    Ok(RulesInUse { rules, path, naming })
}

/// Rules, and what else decides where a recording goes.
#[derive(Debug, Clone)]
pub struct RulesInUse {
    /// What is archived, and where to.
    pub rules: Rules,
    /// The file that they stand in; none if there are none.
    pub path: Option<PathBuf>,
    /// Names of folders and files where rules say nothing.
    pub naming: Naming,
}

/// Reads where the store is, for commands that need nothing else.
///
/// # Errors
/// When a `.env` or `NAME_FILE` cannot be read.
pub fn read_database_url(reader: &mut Reader) -> Result<Secret, ConfigError> {
    let url = sections::database_url(reader);
    reader.finish().map(|()| url)
}

/// Reads where the service listens, for `healthcheck`.
///
/// # Errors
/// When the address is none.
pub fn read_listen_addr(reader: &mut Reader) -> Result<SocketAddr, ConfigError> {
    let addr = reader.parsed("LISTEN_ADDR", "an address and port", values::socket);
    reader.finish()?;
    addr.ok_or(ConfigError { faults: Vec::new() })
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
    reader.finish()?;
    let files = folder.zip(days).map(|(folder, days)| LogFiles { folder, days });
    let colours = !reader.is_given("NO_COLOR");
    Ok(LogConfig { filter, format: format.unwrap_or(LogFormat::Text), colours, files })
}

#[cfg(test)]
mod tests;
