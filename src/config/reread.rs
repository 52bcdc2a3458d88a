//! What may be replaced while the program runs, read again from where it was read at the start.
//!
//! The files are looked at anew, and the same checks hold. The environment and `.env` are not: they belong to the
//! start.

use super::{ConfigError, GoogleCredentials, Reader, ZoomCredentials, rules_file, sections};
use crate::rules::Rules;
use crate::secret::Secret;

/// Settings that can be replaced while the program runs. One of them may be written in several variables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Replaceable {
    /// What webhooks may be signed with.
    WebhookSecrets,
    /// Who we are at Zoom.
    ZoomCredentials,
    /// Who we are at Google.
    GoogleCredentials,
    /// The bearer of the admin API.
    AdminToken,
    /// What is archived, and where to.
    Rules,
}

/// One of them as it is now.
#[derive(Debug)]
pub enum Replacement {
    /// Never empty.
    WebhookSecrets(Vec<Secret>),
    /// `None` when they were taken away.
    ZoomCredentials(Option<ZoomCredentials>),
    /// The key or login.
    GoogleCredentials(GoogleCredentials),
    /// `None` when it was taken away.
    AdminToken(Option<Secret>),
    /// Rules without a fault.
    Rules(Rules),
}

impl Replaceable {
    /// Which of them this variable is part of.
    pub fn of(variable: &str) -> Option<Self> {
        match variable {
            "ZOOM_WEBHOOK_SECRET_TOKEN" => Some(Self::WebhookSecrets),
            "ZOOM_ACCOUNT_ID" | "ZOOM_CLIENT_ID" | "ZOOM_CLIENT_SECRET" => Some(Self::ZoomCredentials),
            "GOOGLE_APPLICATION_CREDENTIALS" => Some(Self::GoogleCredentials),
            "ADMIN_TOKEN" => Some(Self::AdminToken),
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
        Replaceable::AdminToken => Some(Replacement::AdminToken(sections::admin_token(reader))),
        Replaceable::Rules => Some(Replacement::Rules(rules_file::rules(reader).0)),
    };
    reader.finish_with(read)
}
