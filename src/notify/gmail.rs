//! The channel by Gmail's API, from a user's mailbox.

use url::Url;

use super::NotifyError;
use super::channel::{CHANNEL_WITHIN, ChannelError};
use super::mail::mail;
use crate::config::{EmailConfig, GoogleCredentials};
use crate::google::auth::SCOPE_GMAIL_SEND;
use crate::google::{Gmail, GoogleError};
use crate::http;
use crate::jobs::messages::post::Email;
use crate::jobs::pause::PauseCause;
use crate::live::Live;

/// The channel by Gmail's API.
#[derive(Debug)]
pub struct GmailChannel {
    email: EmailConfig,
    gmail: Gmail,
}

impl GmailChannel {
    pub(super) fn new(
        email: &EmailConfig,
        credentials: Live<GoogleCredentials>,
        subject: Option<String>,
        api_url: Url,
    ) -> Result<Self, NotifyError> {
        let client = http::client(Some(CHANNEL_WITHIN))?;
        Ok(Self { email: email.clone(), gmail: Gmail::new(client, credentials, subject, api_url) })
    }

    pub(super) async fn send(&self, letter: &Email) -> Result<(), ChannelError> {
        let mail = mail(letter, &self.email)?;
        self.gmail.send(&mail.formatted()).await.map_err(|error| match error {
            GoogleError::Unreachable { ref after, .. } | GoogleError::Busy { ref after, .. } => {
                ChannelError::Passing { what: error.to_string(), after: *after }
            }
            // A daily limit or full storage; a scope would not help.
            GoogleError::Stop { cause: PauseCause::DailyLimit | PauseCause::StorageFull, .. } => {
                ChannelError::Passing { what: error.to_string(), after: None }
            }
            GoogleError::Stop { ref what, .. } => ChannelError::Refused(format!(
                "{}. Enable the Gmail API in the Cloud console, and grant the scope {SCOPE_GMAIL_SEND}: a person by \
                 `zoom2drive login --client client_secret.json --gmail --force`, with delegation in the Admin console \
                 under Security, API controls, Domain-wide delegation",
                what.trim_end_matches('.')
            )),
            error => ChannelError::Refused(error.to_string()),
        })
    }
}
