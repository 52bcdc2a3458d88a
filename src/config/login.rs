//! Settings of `login` and `logout`: far fewer than the service's.

use std::path::PathBuf;

use url::Url;

use super::{ConfigError, Reader, values};

/// Default file of a login.
const LOGIN_FILE: &str = "google-user.json";

/// The settings of `login` and `logout`.
#[derive(Debug)]
pub struct LoginConfig {
    /// The credential file that the service uses, or would use.
    pub file: PathBuf,
    /// True if the settings name the file: then a new login in it is the service's identity at once.
    pub is_in_use: bool,
    /// True if the service should act for another user, which only a service account can.
    pub has_subject: bool,
    /// The API's base address, without a slash at its end.
    pub api_url: Url,
    /// True if a browser can open a window.
    pub has_display: bool,
}

impl LoginConfig {
    /// Reads the settings; none is required.
    ///
    /// # Errors
    /// When `GOOGLE_API_URL` is not an address, or a `.env` or `NAME_FILE` cannot be read.
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
