//! Values that must not be seen: tokens, keys, download URLs, upload sessions.
//!
//! Their `Debug` and `Display` hide them, so that no log line, error or panic can give them away. Reading
//! one takes a call named `expose`, which is easy to look for.

pub mod keyring;

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};
use url::Url;

/// A new random token: 128 bits, which nobody can guess and no two calls return, as hexadecimal digits.
pub fn random_token() -> String {
    hex::encode(rand::random::<[u8; 16]>())
}

/// The same of twice the length: 256 bits, for a value that opens a session by itself.
pub fn random_long_token() -> Secret {
    Secret::new(hex::encode(rand::random::<[u8; 32]>()))
}

/// A token, key or passcode.
#[derive(Clone, Deserialize)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the text in; it is wiped from memory when dropped.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself. Only for the request or the row that it belongs in.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl Secret {
    /// For `#[serde(serialize_with)]` on a row that is written to the store, and nowhere else.
    ///
    /// # Errors
    /// As the serializer's.
    pub fn expose_for_storage<S: Serializer>(
        secret: &Option<Self>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        secret.as_ref().map(Secret::expose).serialize(serializer)
    }
}

impl PartialEq for Secret {
    /// For change detection, not for authentication: it does not run in constant time.
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[secret]")
    }
}

/// A URL that is a credential by itself: it is enough to read the recording or to write the upload.
/// Shown as its scheme and host only.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct SecretUrl(String);

impl SecretUrl {
    /// Takes the URL in as it came; whether it may be called is decided where it is called.
    pub fn new(url: impl Into<String>) -> Self {
        Self(url.into())
    }

    /// The whole URL. Only for the request or the row that it belongs in.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// For `#[serde(serialize_with)]` on a row that is written to the store, and nowhere else.
    ///
    /// # Errors
    /// As the serializer's.
    pub fn expose_for_storage<S: Serializer>(url: &Self, serializer: S) -> Result<S::Ok, S::Error> {
        url.0.serialize(serializer)
    }
}

impl fmt::Debug for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for SecretUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Url::parse(&self.0) {
            Ok(url) => write!(f, "{}://{}/[secret]", url.scheme(), url.host_str().unwrap_or("?")),
            Err(_) => f.write_str("[secret url]"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_debug_nor_display_shows_a_secret() {
        let token = Secret::new("hunter2");
        let url = SecretUrl::new("https://user:pw@us02web.zoom.us/rec/download/abc?access_token=hunter2");
        let shown = format!("{token} {token:?} {url} {url:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("abc") && !shown.contains("pw"), "{shown}");
        assert!(shown.contains("https://us02web.zoom.us/"), "{shown}");
        assert_eq!(token.expose(), "hunter2");
    }
}
