//! What `login` and `logout` need of the settings: much less than the service.

use std::path::PathBuf;

use url::Url;

use super::{ConfigError, Reader, values};

/// Where a login is written when no setting names a file.
const LOGIN_FILE: &str = "google-user.json";

/// The settings of `login` and `logout`.
#[derive(Debug)]
pub struct LoginConfig {
    /// The credential file that the service uses, or would use.
    pub file: PathBuf,
    /// Whether the settings name it: then a login into it is the service's identity at once.
    pub is_in_use: bool,
    /// Whether the service is told to act for somebody else, which only a key can.
    pub has_subject: bool,
    /// The API's base address, without a slash at its end.
    pub api_url: Url,
    /// Whether a browser could show itself.
    pub has_display: bool,
}

impl LoginConfig {
    /// Reads what there is; nothing is required.
    ///
    /// # Errors
    /// When `GOOGLE_API_URL` is no address, or a `.env` or `NAME_FILE` cannot be read.
    pub fn read(reader: &mut Reader) -> Result<Self, ConfigError> {
        let named = reader.text("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
        let api_url = reader.parsed("GOOGLE_API_URL", "an https address", values::base_url);
        let api_url = reader.finish_with(api_url)?;
        Ok(Self {
            is_in_use: named.is_some(),
            file: named.unwrap_or_else(|| LOGIN_FILE.into()),
            has_subject: reader.is_given("GOOGLE_SUBJECT"),
            api_url,
            has_display: cfg!(target_os = "macos")
                || reader.is_given("DISPLAY")
                || reader.is_given("WAYLAND_DISPLAY"),
        })
    }
}
