//! The channel by a mail server.

use std::fmt;
use std::time::Duration;

use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::NotifyError;
use super::channel::ChannelError;
use super::mail::mail;
use crate::config::EmailConfig;
use crate::jobs::messages::post::Email;
use crate::secret::Secret;

/// Time limit for one answer of the server.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// The channel by SMTP. Each email has a connection of its own, because emails are rare.
pub struct SmtpChannel {
    email: EmailConfig,
    server: AsyncSmtpTransport<Tokio1Executor>,
}

impl fmt::Debug for SmtpChannel {
    /// The server's settings contain the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpChannel").field("email", &self.email).finish_non_exhaustive()
    }
}

impl SmtpChannel {
    pub(super) fn new(email: &EmailConfig, url: &Secret) -> Result<Self, NotifyError> {
        let server = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose())
            .map_err(|error| NotifyError::Smtp(error.to_string()))?
            .timeout(Some(ANSWER_WITHIN))
            .build();
        Ok(Self { email: email.clone(), server })
    }

    pub(super) async fn send(&self, letter: &Email) -> Result<(), ChannelError> {
        let mail = mail(letter, &self.email)?;
        self.server.send(mail).await.map(drop).map_err(|error| {
            let what = format!("the mail server: {error}");
            if error.is_permanent() { ChannelError::Refused(what) } else { ChannelError::passing(what) }
        })
    }
}
