//! Google's credential files: keys of service accounts, logins, and the client for a login.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::Url;

use super::{text, values};
use crate::secret::Secret;

/// Largest credential file that is read, in bytes. Real ones have about 2,300.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// The service's identity at Google.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum GoogleCredentials {
    /// A service account with a key.
    ServiceAccount {
        client_email: String,
        /// The numeric id for delegation, which people need in the Admin console. Not secret.
        #[serde(default)]
        client_id: String,
        /// Identifies the key among the account's keys.
        #[serde(default)]
        private_key_id: String,
        /// PKCS#8 PEM.
        private_key: Secret,
        /// The endpoint that exchanges an assertion for a token.
        #[serde(default = "google_token_uri")]
        token_uri: String,
    },
    /// A person's login.
    AuthorizedUser {
        /// The OAuth client.
        client_id: String,
        /// Not confidential for desktop clients, treated as if it were.
        client_secret: Secret,
        /// The result of the consent.
        refresh_token: Secret,
        /// The endpoint that exchanges it for an access token.
        #[serde(default = "google_token_uri")]
        token_uri: String,
    },
}

impl GoogleCredentials {
    /// The token endpoint, exactly as in the file: assertions must contain it to the letter.
    pub fn token_uri(&self) -> &str {
        match self {
            Self::ServiceAccount { token_uri, .. } | Self::AuthorizedUser { token_uri, .. } => token_uri,
        }
    }
}

fn google_token_uri() -> String {
    "https://oauth2.googleapis.com/token".to_owned()
}

/// Why a credential file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialsError {
    #[error("names a file that cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// It has another content.
    #[error("names a file that is neither a service-account key nor an authorized-user file (line {line})")]
    NotCredentials {
        /// Position of the error; the text itself may be secret.
        line: usize,
    },
    /// The service would send its credentials to a foreign host.
    #[error("names a file whose endpoints are not Google's (https://*.googleapis.com)")]
    ForeignTokenUri,
    /// It is not an OAuth client.
    #[error("names a file that is not an OAuth client of type Desktop app (line {line})")]
    NotClient {
        /// Position of the error.
        line: usize,
    },
    /// A client of another type: Google would refuse the redirect to this machine.
    #[error("names a client of type Web application: create one of type Desktop app")]
    WebClient,
}

/// An OAuth client of type *Desktop app*, for logins.
#[derive(Debug, Clone, Deserialize)]
pub struct DesktopClient {
    pub client_id: String,
    /// Not confidential for desktop clients, treated as if it were.
    pub client_secret: Secret,
    /// The endpoint where people consent.
    #[serde(default = "google_auth_uri")]
    pub auth_uri: String,
    /// The endpoint that exchanges codes for tokens.
    #[serde(default = "google_token_uri")]
    pub token_uri: String,
}

/// `client_secret.json`: one object under the client's type. Google's other files have none of these types.
#[derive(Deserialize)]
struct ClientFile {
    installed: Option<DesktopClient>,
    web: Option<serde::de::IgnoredAny>,
}

fn google_auth_uri() -> String {
    "https://accounts.google.com/o/oauth2/auth".to_owned()
}

/// The public facts of a credential file, which people need in Google's consoles.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
pub struct Label {
    /// The numeric id for delegation; for a person's login, the OAuth client.
    #[serde(default)]
    pub client_id: String,
    /// The Cloud project. Only key files contain it.
    #[serde(default)]
    pub project_id: String,
}

/// Reads the public facts of a credential file; empty if it cannot be read.
pub fn label(path: &Path) -> Label {
    let text = text::read(path, FILE_BYTES_MAX).ok();
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Reads a credential file.
///
/// # Errors
/// When it cannot be read, has another content, or names a foreign token endpoint.
pub fn read(path: &Path) -> Result<GoogleCredentials, CredentialsError> {
    let credentials: GoogleCredentials =
        read_json(path)?.map_err(|line| CredentialsError::NotCredentials { line })?;
    if is_googles(credentials.token_uri()) { Ok(credentials) } else { Err(CredentialsError::ForeignTokenUri) }
}

/// Reads the file of a Desktop client.
///
/// # Errors
/// When it cannot be read, has another content, or names endpoints that are not Google's.
pub fn read_client(path: &Path) -> Result<DesktopClient, CredentialsError> {
    let file: ClientFile = read_json(path)?.map_err(|line| CredentialsError::NotClient { line })?;
    match file {
        ClientFile { installed: Some(client), .. } => {
            let known = is_googles(&client.auth_uri) && is_googles(&client.token_uri);
            if known { Ok(client) } else { Err(CredentialsError::ForeignTokenUri) }
        }
        ClientFile { web: Some(_), .. } => Err(CredentialsError::WebClient),
        ClientFile { .. } => Err(CredentialsError::NotClient { line: 1 }),
    }
}

/// The outer error: the file cannot be read as text. The inner one: the line that is not valid.
fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Result<T, usize>, CredentialsError> {
    let size = std::fs::metadata(path).map_err(CredentialsError::Unreadable)?.len();
    if size > FILE_BYTES_MAX {
        return Ok(Err(0));
    }
    let text = text::read(path, FILE_BYTES_MAX).map_err(CredentialsError::Unreadable)?;
    Ok(serde_json::from_str(&text).map_err(|error| error.line()))
}

/// True if an endpoint is Google's. Loopback is allowed for tests and the demo: a server there is on this machine
/// already.
fn is_googles(endpoint: &str) -> bool {
    let Ok(url) = Url::parse(endpoint) else { return false };
    let host = url.host_str().unwrap_or_default();
    let is_googles =
        url.scheme() == "https" && (host.ends_with(".googleapis.com") || host == "accounts.google.com");
    is_googles || (url.scheme() == "http" && values::is_safe_scheme(&url))
}

/// How long Google keeps a consent while the consent screen is in status *Testing*.
pub const TESTING_CONSENT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Our own fields in an authorized-user file. Google's libraries ignore them.
#[derive(Deserialize)]
struct Consent {
    zoom2drive_consented_at: Option<Timestamp>,
    #[serde(default)]
    zoom2drive_testing: bool,
    #[serde(default)]
    zoom2drive_scopes: Vec<String>,
}

/// The time when Google ends this file's consent, if the file says that it was given while the consent screen was
/// in Testing.
pub fn consent_ends_at(path: &Path) -> Option<Timestamp> {
    let consent = consent(path)?;
    consent.zoom2drive_consented_at.filter(|_| consent.zoom2drive_testing)?.checked_add(TESTING_CONSENT).ok()
}

/// The scopes of this file's consent; empty if the file does not name them.
pub fn consented_scopes(path: &Path) -> Vec<String> {
    consent(path).map(|consent| consent.zoom2drive_scopes).unwrap_or_default()
}

fn consent(path: &Path) -> Option<Consent> {
    let text = text::read(path, FILE_BYTES_MAX).ok()?;
    serde_json::from_str(&text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_consent_ends_only_where_the_file_says_that_it_was_given_in_testing() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let ends = |text: &str| {
            std::fs::write(file.path(), text).unwrap();
            consent_ends_at(file.path()).map(|at| at.to_string())
        };
        let at = r#""zoom2drive_consented_at":"2026-03-01T10:00:00Z""#;
        assert_eq!(
            ends(&format!("{{{at},\"zoom2drive_testing\":true}}")).as_deref(),
            Some("2026-03-08T10:00:00Z")
        );
        for other in [format!("{{{at}}}"), "{\"zoom2drive_testing\":true}".into(), "{}".into(), "x".into()] {
            assert_eq!(ends(&other), None, "{other}");
        }
    }
}
