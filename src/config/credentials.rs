//! Google's credential files, as Google hands them out: keys, logins, and the client that logs people in.

use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use url::Url;

use super::{text, values};
use crate::secret::Secret;

/// Largest credential file that is read, in bytes. Real ones have about 2,300.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Who we are towards Google.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum GoogleCredentials {
    /// A robot account with a key of its own.
    ServiceAccount {
        /// Its address.
        client_email: String,
        /// Names the key among the account's keys.
        #[serde(default)]
        private_key_id: String,
        /// PKCS#8 PEM.
        private_key: Secret,
        /// Where the assertion is exchanged for a token.
        #[serde(default = "google_token_uri")]
        token_uri: String,
    },
    /// A person who has consented once.
    AuthorizedUser {
        /// The OAuth client.
        client_id: String,
        /// Not confidential for desktop clients, treated as if it were.
        client_secret: Secret,
        /// What the consent left us.
        refresh_token: Secret,
        /// Where it is exchanged for a token.
        #[serde(default = "google_token_uri")]
        token_uri: String,
    },
}

impl GoogleCredentials {
    /// Where tokens come from, just as the file writes it: assertions must name it to the letter.
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
    /// It cannot be read.
    #[error("names a file that cannot be read: {0}")]
    Unreadable(std::io::Error),
    /// It is something else.
    #[error("names a file that is neither a service-account key nor an authorized-user file (line {line})")]
    NotCredentials {
        /// Where reading failed; the text itself may be secret.
        line: usize,
    },
    /// It would send our credentials to a stranger.
    #[error("names a file whose endpoints are not Google's (https://*.googleapis.com)")]
    ForeignTokenUri,
    /// It is no OAuth client.
    #[error("names a file that is no OAuth client of type Desktop app (line {line})")]
    NotClient {
        /// Where reading failed.
        line: usize,
    },
    /// A client of another type: Google would refuse the redirect to this machine.
    #[error("names a client of type Web application: make one of type Desktop app")]
    WebClient,
}

/// An OAuth client of type *Desktop app*, which logs people in.
#[derive(Debug, Clone, Deserialize)]
pub struct DesktopClient {
    /// Names it.
    pub client_id: String,
    /// Not confidential for desktop clients, treated as if it were.
    pub client_secret: Secret,
    /// Where people consent.
    #[serde(default = "google_auth_uri")]
    pub auth_uri: String,
    /// Where codes become tokens.
    #[serde(default = "google_token_uri")]
    pub token_uri: String,
}

/// `client_secret.json`: one object under the client's type. Other files of Google's have none of them.
#[derive(Deserialize)]
struct ClientFile {
    installed: Option<DesktopClient>,
    web: Option<serde::de::IgnoredAny>,
}

fn google_auth_uri() -> String {
    "https://accounts.google.com/o/oauth2/auth".to_owned()
}

/// What a credential file says of itself beside its secrets: what people need to find it in Google's consoles.
#[derive(Debug, Clone, Default, Deserialize, PartialEq, Eq)]
pub struct Label {
    /// The numeric id that delegation goes by; of an authorized user, the OAuth client.
    #[serde(default)]
    pub client_id: String,
    /// The Cloud project; only key files name it.
    #[serde(default)]
    pub project_id: String,
}

/// Reads what a credential file says of itself; nothing where it cannot be read.
pub fn label(path: &Path) -> Label {
    let text = text::read(path, FILE_BYTES_MAX).ok();
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Reads a credential file.
///
/// # Errors
/// When it cannot be read, is something else, or names a foreign token endpoint.
pub fn read(path: &Path) -> Result<GoogleCredentials, CredentialsError> {
    let credentials: GoogleCredentials =
        read_json(path)?.map_err(|line| CredentialsError::NotCredentials { line })?;
    if is_googles(credentials.token_uri()) { Ok(credentials) } else { Err(CredentialsError::ForeignTokenUri) }
}

/// Reads the file of a Desktop client.
///
/// # Errors
/// When it cannot be read, is something else, or names endpoints that are not Google's.
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

/// The outer error: there is no text. The inner one: the line that is something else.
fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<Result<T, usize>, CredentialsError> {
    let size = std::fs::metadata(path).map_err(CredentialsError::Unreadable)?.len();
    if size > FILE_BYTES_MAX {
        return Ok(Err(0));
    }
    let text = text::read(path, FILE_BYTES_MAX).map_err(CredentialsError::Unreadable)?;
    Ok(serde_json::from_str(&text).map_err(|error| error.line()))
}

/// Whether an endpoint is Google's. Loopback is for tests and the demo: whoever listens there is on this
/// machine already.
fn is_googles(endpoint: &str) -> bool {
    let Ok(url) = Url::parse(endpoint) else { return false };
    let host = url.host_str().unwrap_or_default();
    let is_googles =
        url.scheme() == "https" && (host.ends_with(".googleapis.com") || host == "accounts.google.com");
    is_googles || (url.scheme() == "http" && values::is_safe_scheme(&url))
}

/// How long Google keeps a consent while the consent screen is in status *Testing*.
pub const TESTING_CONSENT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What an authorized-user file may say of itself; Google's libraries pass over it.
#[derive(Deserialize)]
struct Consent {
    zoom2drive_consented_at: Option<Timestamp>,
    #[serde(default)]
    zoom2drive_testing: bool,
}

/// When Google ends the consent that this file holds, if the file says so: it was given while the consent
/// screen was in Testing.
pub fn consent_ends_at(path: &Path) -> Option<Timestamp> {
    let text = text::read(path, FILE_BYTES_MAX).ok()?;
    let consent: Consent = serde_json::from_str(&text).ok()?;
    consent.zoom2drive_consented_at.filter(|_| consent.zoom2drive_testing)?.checked_add(TESTING_CONSENT).ok()
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
