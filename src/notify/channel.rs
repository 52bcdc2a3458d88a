//! A way to tell people, and what came of trying it.

use std::time::Duration;

use super::NotifyError;
use super::gmail::GmailChannel;
use super::smtp::SmtpChannel;
use super::webhook::WebhookChannel;
use crate::config::{EmailConfig, GoogleConfig, MailBy, WebhookConfig};
use crate::jobs::messages::post::Email;

/// A channel that has not answered after so long has failed.
pub const CHANNEL_WITHIN: Duration = Duration::from_secs(45);

/// Why a letter was not sent. No text holds an address that is a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// It would be refused again: a setting, a scope, an address.
    #[error("{0}")]
    Refused(String),
    /// It may go through later.
    #[error("{what}")]
    Passing {
        /// What happened.
        what: String,
        /// The other side's own wish, if it had one.
        after: Option<Duration>,
    },
}

impl ChannelError {
    /// Something that may pass, and nobody said when.
    pub(super) fn passing(what: impl Into<String>) -> Self {
        Self::Passing { what: what.into(), after: None }
    }
}

/// A way to tell people.
#[derive(Debug)]
pub enum Channel {
    /// By Gmail's API.
    Gmail(GmailChannel),
    /// By a mail server.
    Smtp(SmtpChannel),
    /// By a webhook.
    Webhook(WebhookChannel),
}

impl Channel {
    pub(super) fn email(email: &EmailConfig, google: &GoogleConfig) -> Result<Self, NotifyError> {
        match &email.by {
            MailBy::Gmail { api_url, subject } => {
                let credentials = google.credentials.clone();
                let channel = GmailChannel::new(email, credentials, subject.clone(), api_url.clone())?;
                Ok(Self::Gmail(channel))
            }
            MailBy::Smtp(url) => Ok(Self::Smtp(SmtpChannel::new(email, url)?)),
        }
    }

    pub(super) fn webhook(webhook: &WebhookConfig) -> Result<Self, NotifyError> {
        Ok(Self::Webhook(WebhookChannel::new(webhook)?))
    }

    /// Its name, as stored and shown.
    pub fn name(&self) -> &'static str {
        match self {
            Channel::Gmail(_) => "gmail",
            Channel::Smtp(_) => "smtp",
            Channel::Webhook(_) => "webhook",
        }
    }

    /// Whether it needs the Google credentials.
    pub fn uses_google(&self) -> bool {
        matches!(self, Channel::Gmail(_))
    }

    /// Sends a letter; an answer is waited for so long and no longer.
    ///
    /// # Errors
    /// When it was not sent, as far as that is known.
    pub async fn send(&self, letter: &Email) -> Result<(), ChannelError> {
        let sending = async {
            match self {
                Channel::Gmail(gmail) => gmail.send(letter).await,
                Channel::Smtp(smtp) => smtp.send(letter).await,
                Channel::Webhook(webhook) => webhook.send(letter).await,
            }
        };
        let silent = || ChannelError::passing(format!("no answer within {}s", CHANNEL_WITHIN.as_secs()));
        tokio::time::timeout(CHANNEL_WITHIN, sending).await.unwrap_or_else(|_| Err(silent()))
    }
}
