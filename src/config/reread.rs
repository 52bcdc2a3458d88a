//! Reads replaceable settings again while the program runs, from the same source as at the start.
//!
//! Only files are read again, with the same checks. The environment and `.env` are read only at the start.

use super::{ConfigError, GoogleCredentials, Reader, ZoomCredentials, dashboard, rules_file, sections};
use crate::rules::Rules;
use crate::secret::Secret;

/// Settings that can be replaced while the program runs. One of them may have several variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replaceable {
    WebhookSecrets,
    ZoomCredentials,
    GoogleCredentials,
    AdminToken,
    ViewerToken,
    Rules,
}

/// A new value.
#[derive(Debug)]
pub enum Replacement {
    /// Never empty.
    WebhookSecrets(Vec<Secret>),
    /// `None` when they were removed.
    ZoomCredentials(Option<ZoomCredentials>),
    GoogleCredentials(GoogleCredentials),
    /// `None` when it was removed.
    AdminToken(Option<Secret>),
    /// The same.
    ViewerToken(Option<Secret>),
    Rules(Rules),
}

impl Replaceable {
    /// The replaceable setting of this variable, if it is one.
    pub fn of(variable: &str) -> Option<Self> {
        match variable {
            "ZOOM_WEBHOOK_SECRET_TOKEN" => Some(Self::WebhookSecrets),
            "ZOOM_ACCOUNT_ID" | "ZOOM_CLIENT_ID" | "ZOOM_CLIENT_SECRET" => Some(Self::ZoomCredentials),
            "GOOGLE_APPLICATION_CREDENTIALS" => Some(Self::GoogleCredentials),
            "ADMIN_TOKEN" => Some(Self::AdminToken),
            "VIEWER_TOKEN" => Some(Self::ViewerToken),
            "RULES_FILE" => Some(Self::Rules),
            _ => None,
        }
    }
}

/// Reads one of them again.
///
/// # Errors
/// Every fault in it, as at the start.
pub fn reread(reader: &mut Reader, what: Replaceable) -> Result<Replacement, ConfigError> {
    let read = match what {
        Replaceable::WebhookSecrets => Some(Replacement::WebhookSecrets(sections::webhook_secrets(reader))),
        Replaceable::ZoomCredentials => {
            Some(Replacement::ZoomCredentials(sections::zoom_credentials(reader)))
        }
        Replaceable::GoogleCredentials => {
            sections::google_identity(reader).0.map(Replacement::GoogleCredentials)
        }
        Replaceable::AdminToken => Some(Replacement::AdminToken(dashboard::admin_token(reader))),
        Replaceable::ViewerToken => Some(Replacement::ViewerToken(dashboard::viewer_token(reader))),
        Replaceable::Rules => Some(Replacement::Rules(rules_file::rules(reader).0)),
    };
    reader.finish_with(read)
}
