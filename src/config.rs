//! Settings: read once, in this one place, from the environment and from `.env`.
//!
//! All faults are reported together, each with the variable, what was expected and an example. Every secret
//! may be given as `NAME_FILE`, a path, instead. Nothing insecure has a default: without a webhook secret
//! the service does not start.

pub mod credentials;
mod reader;
mod values;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use jiff::tz::TimeZone;
use url::Url;

use crate::recording::names::{Naming, Template};
use crate::secret::Secret;

pub use credentials::GoogleCredentials;
pub use reader::{ConfigError, Fault, Reader};
pub use values::{HostRule, is_safe_scheme};

/// Drive keeps uploads in steps of this many bytes, and wants every chunk but the last to be a multiple.
pub const UPLOAD_STEP: u64 = 256 * 1024;

/// Largest chunk: one request of 1 GiB still ends within a token's life on a slow line.
const CHUNK_MAX: u64 = 1024 * 1024 * 1024;

/// Largest window: memory is windows times transfers.
const WINDOW_MAX: u64 = 256 * 1024 * 1024;

/// Most files that may move at the same time.
const TRANSFERS_MAX: u64 = 64;

/// A variable as it is documented in the README and `.env.example`.
#[derive(Debug, Clone, Copy)]
pub struct Variable {
    /// Its name.
    pub name: &'static str,
    /// What it means, in one line.
    pub meaning: &'static str,
    /// What holds when it is not given; empty when nothing does.
    pub default: &'static str,
    /// A value that would be accepted.
    pub example: &'static str,
}

const fn variable(
    name: &'static str,
    default: &'static str,
    example: &'static str,
    meaning: &'static str,
) -> Variable {
    Variable { name, meaning, default, example }
}

/// Every variable that the program reads. `.env.example` and the README are held against this list by a test.
pub const VARIABLES: [Variable; 28] = [
    variable(
        "ZOOM_WEBHOOK_SECRET_TOKEN",
        "",
        "4fv1RkqGQUq5sWbEz6hA5A",
        "Secret Token of the Zoom app, required; several, comma-separated, while rotating",
    ),
    variable(
        "ZOOM_ACCOUNT_ID",
        "",
        "Mt6sv4u0TAyPkwgsL2lxiA",
        "Server-to-Server OAuth app: account; all three ZOOM_* credentials or none",
    ),
    variable("ZOOM_CLIENT_ID", "", "x1yCzABCDEfg23HiJKl4mN", "Server-to-Server OAuth app: client id"),
    variable(
        "ZOOM_CLIENT_SECRET",
        "",
        "abcdefghijklmnopqrstuvwxyz012345",
        "Server-to-Server OAuth app: client secret",
    ),
    variable("ZOOM_API_URL", "https://api.zoom.us/v2", "https://api.zoom.us/v2", "Zoom's API"),
    variable(
        "ZOOM_OAUTH_URL",
        "https://zoom.us/oauth/token",
        "https://zoom.us/oauth/token",
        "Zoom's token endpoint",
    ),
    variable(
        "ZOOM_DOWNLOAD_HOSTS",
        "zoom.us,*.zoom.us,zoomgov.com,*.zoomgov.com",
        "zoom.us,*.zoom.us",
        "Hosts that recordings may come from; plain http only for loopback",
    ),
    variable(
        "GOOGLE_APPLICATION_CREDENTIALS",
        "",
        "/run/secrets/google.json",
        "Path of a service-account key or authorized-user file, required",
    ),
    variable("GOOGLE_SUBJECT", "", "archive@example.com", "User to act for, by domain-wide delegation"),
    variable(
        "GOOGLE_API_URL",
        "https://www.googleapis.com",
        "https://www.googleapis.com",
        "Google's API: Drive and upload",
    ),
    variable(
        "DRIVE_FOLDER_ID",
        "",
        "1AbCdEfGhIjKlMnOpQrStUvWxYz",
        "The archive's root folder, in a shared drive or a My Drive, required",
    ),
    variable(
        "DATABASE_URL",
        "sqlite://data/zoom2drive.db",
        "sqlite:///var/lib/zoom2drive/zoom2drive.db",
        "Where events and jobs are written down",
    ),
    variable("LISTEN_ADDR", "127.0.0.1:8080", "0.0.0.0:8080", "Address to listen on"),
    variable(
        "ADMIN_TOKEN",
        "",
        "a-long-random-text-of-32-characters",
        "Bearer of the admin API; without it the API is off",
    ),
    variable(
        "AFTER_ARCHIVE",
        "keep",
        "trash",
        "What becomes of Zoom's copy once all is proved: keep, trash or delete",
    ),
    variable(
        "SETTLE_FOR",
        "24h",
        "36h",
        "How long to wait for late files (transcripts) before the last look",
    ),
    variable(
        "FOLDER_TEMPLATE",
        "{host}/{year}/{date} {topic}",
        "{year}/{month}/{topic}",
        "Folders below the root",
    ),
    variable(
        "FILE_TEMPLATE",
        "{date} {time} {topic} {view}",
        "{date} {topic} {view} {id}",
        "File names, without extension",
    ),
    variable("TIMEZONE", "UTC", "Europe/Berlin", "Zone of dates and times in names"),
    variable("CHUNK_SIZE", "32MiB", "64MiB", "How often an upload is checkpointed; a multiple of 256KiB"),
    variable("WINDOW_SIZE", "8MiB", "16MiB", "Recent bytes kept per transfer, to send again; bounds memory"),
    variable("TRANSFERS", "4", "2", "Files that move at the same time"),
    variable("IDLE_TIMEOUT", "60s", "90s", "A connection on which nothing moves for so long is given up"),
    variable(
        "RETRY_WAIT",
        "1s",
        "5s",
        "Wait after a first failure; doubled after each further one, up to an hour",
    ),
    variable("LEASE_FOR", "60s", "2m", "How long a job stays claimed without a sign of life"),
    variable("STOP_WITHIN", "20s", "60s", "How long a stop waits for chunks to end before it cuts them"),
    variable("LOG", "info", "zoom2drive=debug,info", "What is logged: a level, or levels by module"),
    variable("LOG_FORMAT", "text", "json", "How it is logged: text or json"),
];

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
}

/// All settings of `serve`.
#[derive(Debug, Clone)]
pub struct Config {
    /// Zoom.
    pub zoom: ZoomConfig,
    /// Google.
    pub google: GoogleConfig,
    /// Where it is written down.
    pub database_url: String,
    /// The service.
    pub service: ServiceConfig,
    /// Names of folders and files.
    pub naming: Naming,
    /// How bytes are moved.
    pub relay: RelayConfig,
}

/// How to log.
#[derive(Debug, Clone)]
pub struct LogConfig {
    /// A filter such as `info` or `zoom2drive=debug,info`.
    pub filter: String,
    /// One line of text per event, or one JSON object.
    pub format: LogFormat,
}

/// The shape of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
    Json,
}

impl Config {
    /// Reads all settings of `serve`.
    ///
    /// # Errors
    /// Every fault found, together.
    pub fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        let zoom = zoom(reader);
        let google = google(reader);
        let service = service(reader);
        let naming = naming(reader);
        let relay = relay(reader);
        let database_url = database_url(reader);
        if let (Some(service), Some(zoom)) = (&service, &zoom)
            && service.after_archive != AfterArchive::Keep
            && zoom.credentials.is_none()
        {
            reader.fault(
                "AFTER_ARCHIVE",
                "needs ZOOM_ACCOUNT_ID, ZOOM_CLIENT_ID and ZOOM_CLIENT_SECRET unless it is `keep`",
            );
        }
        reader.finish()?;
        // Every `None` above has left a fault behind, so `finish` has returned it already.
        match (zoom, google, service, naming, relay) {
            (Some(zoom), Some(google), Some(service), Some(naming), Some(relay)) => {
                Ok(Self { zoom, google, database_url, service, naming, relay })
            }
            _ => Err(ConfigError { faults: Vec::new() }),
        }
    }
}

/// Reads where the store is, for commands that need nothing else.
///
/// # Errors
/// When a `.env` or `NAME_FILE` cannot be read.
pub fn read_database_url(reader: &mut Reader) -> Result<String, ConfigError> {
    let url = database_url(reader);
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
    reader.finish()?;
    Ok(LogConfig { filter, format: format.unwrap_or(LogFormat::Text) })
}

fn zoom(reader: &mut Reader) -> Option<ZoomConfig> {
    let secrets = reader.required_secret("ZOOM_WEBHOOK_SECRET_TOKEN");
    let webhook_secrets: Vec<Secret> = secrets
        .as_ref()
        .map(|secrets| {
            secrets
                .expose()
                .split(',')
                .map(str::trim)
                .filter(|one| !one.is_empty())
                .map(Secret::new)
                .collect()
        })
        .unwrap_or_default();
    if secrets.is_some() && webhook_secrets.is_empty() {
        reader.fault("ZOOM_WEBHOOK_SECRET_TOKEN", "is empty: expected the app's Secret Token");
    }
    let credentials = zoom_credentials(reader);
    let api_url = reader.parsed("ZOOM_API_URL", "an https address", values::base_url);
    let oauth_url = reader.parsed("ZOOM_OAUTH_URL", "an https address", values::base_url);
    let download_hosts =
        reader.parsed("ZOOM_DOWNLOAD_HOSTS", "host names, `*.` allowed in front", values::host_rules);
    Some(ZoomConfig {
        webhook_secrets,
        credentials,
        api_url: api_url?,
        oauth_url: oauth_url?,
        download_hosts: download_hosts?,
    })
}

fn zoom_credentials(reader: &mut Reader) -> Option<ZoomCredentials> {
    let account_id = reader.text("ZOOM_ACCOUNT_ID");
    let client_id = reader.text("ZOOM_CLIENT_ID");
    let client_secret = reader.secret("ZOOM_CLIENT_SECRET");
    let given = [
        ("ZOOM_ACCOUNT_ID", account_id.is_some()),
        ("ZOOM_CLIENT_ID", client_id.is_some()),
        ("ZOOM_CLIENT_SECRET", client_secret.is_some()),
    ];
    if given.iter().any(|(_, given)| *given) {
        for (name, _) in given.iter().filter(|(_, given)| !given) {
            reader.fault(name, "is missing: the three Zoom credentials go together, all or none");
        }
    }
    Some(ZoomCredentials { account_id: account_id?, client_id: client_id?, client_secret: client_secret? })
}

fn google(reader: &mut Reader) -> Option<GoogleConfig> {
    let path: Option<PathBuf> = reader.required("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
    let credentials = path.and_then(|path| match credentials::read(&path) {
        Ok(credentials) => Some(credentials),
        Err(fault) => {
            reader.fault("GOOGLE_APPLICATION_CREDENTIALS", &fault.to_string());
            None
        }
    });
    let subject = reader.text("GOOGLE_SUBJECT");
    if let (Some(GoogleCredentials::AuthorizedUser { .. }), Some(_)) = (&credentials, &subject) {
        reader.fault(
            "GOOGLE_SUBJECT",
            "only goes with a service-account key: an authorized user acts for themselves",
        );
    }
    let api_url = reader.parsed("GOOGLE_API_URL", "an https address", values::base_url);
    let folder_id = reader.required("DRIVE_FOLDER_ID");
    if let Some(id) = folder_id.as_deref().filter(|id| !values::is_drive_id(id)) {
        let hint = if id.contains('/') { ": give only the last part of the folder's address" } else { "" };
        reader.fault("DRIVE_FOLDER_ID", &format!("is no Drive id (letters, digits, - and _){hint}"));
    }
    Some(GoogleConfig { credentials: credentials?, subject, api_url: api_url?, folder_id: folder_id? })
}

fn service(reader: &mut Reader) -> Option<ServiceConfig> {
    let listen_addr = reader.parsed("LISTEN_ADDR", "an address and port", values::socket);
    let admin_token = reader.secret("ADMIN_TOKEN");
    if admin_token.as_ref().is_some_and(|token| token.expose().len() < ADMIN_TOKEN_BYTES_MIN) {
        reader.fault(
            "ADMIN_TOKEN",
            &format!("is too short: expected at least {ADMIN_TOKEN_BYTES_MIN} characters"),
        );
    }
    let after_archive = reader.parsed("AFTER_ARCHIVE", "`keep`, `trash` or `delete`", |text| match text {
        "keep" => Some(AfterArchive::Keep),
        "trash" => Some(AfterArchive::Trash),
        "delete" => Some(AfterArchive::Delete),
        _ => None,
    });
    let settle_for = reader.parsed("SETTLE_FOR", "a duration", values::duration);
    let lease_for = reader.parsed("LEASE_FOR", "a duration of at least one second", |text| {
        values::duration(text).filter(|lease| *lease >= Duration::from_secs(1))
    });
    let stop_within = reader.parsed("STOP_WITHIN", "a duration", values::duration);
    Some(ServiceConfig {
        listen_addr: listen_addr?,
        admin_token,
        after_archive: after_archive?,
        settle_for: settle_for?,
        lease_for: lease_for?,
        stop_within: stop_within?,
    })
}

/// Shortest admin token: below this it could be guessed.
const ADMIN_TOKEN_BYTES_MIN: usize = 16;

fn naming(reader: &mut Reader) -> Option<Naming> {
    let mut template = |name: &'static str| {
        let text = reader.text(name).unwrap_or_default();
        Template::parse(&text).map_err(|error| reader.fault(name, &format!("is no template: {error}"))).ok()
    };
    let folder = template("FOLDER_TEMPLATE");
    let file = template("FILE_TEMPLATE");
    let zone = reader.parsed("TIMEZONE", "a zone of the IANA database", |text| TimeZone::get(text).ok());
    Some(Naming { folder: folder?, file: file?, zone: zone? })
}

fn relay(reader: &mut Reader) -> Option<RelayConfig> {
    let chunk_size = reader.parsed("CHUNK_SIZE", "a multiple of 256KiB, at most 1GiB", |text| {
        values::size(text).filter(|size| (UPLOAD_STEP..=CHUNK_MAX).contains(size) && size % UPLOAD_STEP == 0)
    });
    let window_size = reader.parsed("WINDOW_SIZE", "a size from 512KiB to 256MiB", |text| {
        values::size(text).filter(|size| (2 * UPLOAD_STEP..=WINDOW_MAX).contains(size))
    });
    let transfers = reader.parsed("TRANSFERS", "a number from 1 to 64", |text| {
        text.parse()
            .ok()
            .filter(|count| (1..=TRANSFERS_MAX).contains(count))
            .and_then(|count| usize::try_from(count).ok())
    });
    let idle_timeout = reader.parsed("IDLE_TIMEOUT", "a duration above zero", |text| {
        values::duration(text).filter(|timeout| !timeout.is_zero())
    });
    let retry_wait = reader.parsed("RETRY_WAIT", "a duration above zero, at most 1h", |text| {
        values::duration(text).filter(|wait| !wait.is_zero() && *wait <= Duration::from_secs(3600))
    });
    Some(RelayConfig {
        chunk_size: chunk_size?,
        window_size: window_size?,
        transfers: transfers?,
        idle_timeout: idle_timeout?,
        retry_wait: retry_wait?,
    })
}

fn database_url(reader: &mut Reader) -> String {
    let url = reader.text("DATABASE_URL").unwrap_or_default();
    if url.strip_prefix("sqlite://").is_none_or(str::is_empty) {
        reader.fault("DATABASE_URL", "expected sqlite:// and a path");
    }
    url
}

#[cfg(test)]
mod tests;
