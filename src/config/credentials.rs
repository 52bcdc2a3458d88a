//! Google's credential files, as Google hands them out.

use std::path::Path;

use serde::Deserialize;
use url::Url;

use super::values;
use crate::secret::Secret;

/// Largest credential file that is read, in bytes. Real ones have about 2,300.
const FILE_BYTES_MAX: u64 = 64 * 1024;

/// Who we are towards Google.
#[derive(Debug, Clone, Deserialize)]
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
    /// It would send our assertion to a stranger.
    #[error("names a file whose token_uri is not Google's (https://*.googleapis.com)")]
    ForeignTokenUri,
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
    let is_small = std::fs::metadata(path).is_ok_and(|file| file.len() <= FILE_BYTES_MAX);
    let text = is_small.then(|| std::fs::read_to_string(path).ok()).flatten();
    text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()
}

/// Reads a credential file.
///
/// # Errors
/// When it cannot be read, is something else, or names a foreign token endpoint.
pub fn read(path: &Path) -> Result<GoogleCredentials, CredentialsError> {
    let size = std::fs::metadata(path).map_err(CredentialsError::Unreadable)?.len();
    if size > FILE_BYTES_MAX {
        return Err(CredentialsError::NotCredentials { line: 0 });
    }
    let text = std::fs::read_to_string(path).map_err(CredentialsError::Unreadable)?;
    let credentials: GoogleCredentials = serde_json::from_str(&text)
        .map_err(|error| CredentialsError::NotCredentials { line: error.line() })?;
    let token_uri = Url::parse(credentials.token_uri()).map_err(|_| CredentialsError::ForeignTokenUri)?;
    let host = token_uri.host_str().unwrap_or_default();
    let is_googles =
        token_uri.scheme() == "https" && (host.ends_with(".googleapis.com") || host == "accounts.google.com");
    // Loopback, for tests and the demo: whoever listens there is on this machine already.
    let is_local = token_uri.scheme() == "http" && values::is_safe_scheme(&token_uri);
    if is_googles || is_local { Ok(credentials) } else { Err(CredentialsError::ForeignTokenUri) }
}
