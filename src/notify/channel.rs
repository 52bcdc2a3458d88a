//! Channels for messages to people, and their errors.

use std::time::Duration;

use super::NotifyError;
use super::gmail::GmailChannel;
use super::smtp::SmtpChannel;
use super::webhook::WebhookChannel;
use crate::config::{EmailConfig, GoogleConfig, MailBy, WebhookConfig};
use crate::jobs::messages::post::Email;

/// Time limit for one attempt on a channel.
pub const CHANNEL_WITHIN: Duration = Duration::from_secs(45);

/// Why an email was not sent. The text never contains a secret address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ChannelError {
    /// A repeated attempt would fail as well: a setting, a scope or an address is wrong.
    #[error("{0}")]
    Refused(String),
    /// A later attempt may succeed.
    #[error("{what}")]
    Passing {
        what: String,
        /// The value of `Retry-After`, if the server sent one.
        after: Option<Duration>,
    },
}

impl ChannelError {
    /// A temporary error without a given wait.
    pub(super) fn passing(what: impl Into<String>) -> Self {
        Self::Passing { what: what.into(), after: None }
    }
}

/// A channel for messages to people.
#[derive(Debug)]
pub enum Channel {
    /// Gmail's API.
    Gmail(GmailChannel),
    /// A mail server.
    Smtp(SmtpChannel),
    /// A webhook.
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

    /// Its name, as stored and printed.
    pub fn name(&self) -> &'static str {
        match self {
            Channel::Gmail(_) => "gmail",
            Channel::Smtp(_) => "smtp",
            Channel::Webhook(_) => "webhook",
        }
    }

    /// True if it needs the Google credentials.
    pub fn uses_google(&self) -> bool {
        matches!(self, Channel::Gmail(_))
    }

    /// Sends an email, within the time limit.
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
