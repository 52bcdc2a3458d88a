//! People hear of trouble before users do.
//!
//! What is to be told stands in the store, written by the transaction that it tells of. The `sender` takes it
//! from there and tries one channel after the other: [`channel`], with `gmail` and `smtp` for `mail` and
//! `webhook` for chats. The `watcher` looks for trouble that no transaction knows of: what waits for too long,
//! what does not come, what is about to be lost. Nothing here ever holds up a job.

pub mod channel;
mod gmail;
pub mod mail;
mod sender;
mod smtp;
mod watcher;
mod webhook;

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::SystemTime;

use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::config::Config;
use crate::http::ClientError;
use crate::jobs::messages::post::Email;
use crate::jobs::messages::{Level, NotifyPolicy};
use crate::rotation::Unusable;
use crate::store::Store;
use channel::Channel;
use sender::Sender;
use watcher::Watcher;

/// Why people cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    /// TLS cannot be set up.
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The mail server's address cannot be used.
    #[error("SMTP_URL cannot be used: {0}")]
    Smtp(String),
}

/// Tells people.
pub struct Notifier {
    /// Without a channel there is none.
    sender: Option<Sender>,
    watcher: Watcher,
}

impl Notifier {
    /// For these settings, on this store, which writes messages from now on if there is any way to send them.
    /// `refused` counts webhooks whose signature was wrong, `unusable` holds new values that are not taken.
    ///
    /// # Errors
    /// When a channel cannot be set up.
    pub fn new(
        store: Store,
        config: &Config,
        refused: Arc<AtomicU64>,
        unusable: Unusable,
    ) -> Result<Self, NotifyError> {
        let channels = channels(config)?;
        store.set_notify_policy(NotifyPolicy {
            is_on: !channels.is_empty(),
            archived: config.notify.archived,
        });
        let watcher = Watcher::new(store.clone(), config, refused, unusable);
        let sender = (!channels.is_empty()).then(|| Sender::new(store, channels, config.relay.retry_wait));
        Ok(Self { sender, watcher })
    }

    /// Watches and sends until `stopping`.
    pub async fn run(self, stopping: CancellationToken) {
        let watching = tokio::spawn(self.watcher.run(stopping.clone()));
        if let Some(sender) = self.sender {
            sender.run(stopping).await;
        }
        if let Err(error) = watching.await {
            warn!(%error, "the watch for trouble ended badly");
        }
    }
}

/// The ways that the settings give, in the order in which they are tried.
///
/// # Errors
/// When one of them cannot be set up.
pub fn channels(config: &Config) -> Result<Vec<Channel>, NotifyError> {
    let mut channels = Vec::new();
    if let Some(email) = &config.notify.email {
        channels.push(Channel::email(email, &config.google)?);
    }
    if let Some(webhook) = &config.notify.webhook {
        channels.push(Channel::webhook(webhook)?);
    }
    Ok(channels)
}

/// A letter that says only that it came.
pub fn test_letter() -> Email {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Email {
        id: 0,
        cause: "test".to_owned(),
        thread: "test".to_owned(),
        level: Level::Info,
        avoids_google: false,
        subject: "A test message".to_owned(),
        text: "It was asked for by `zoom2drive messages test`. You hear of trouble by this way.\n".to_owned(),
        created_at: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
        count: 1,
    }
}

/// Tells, once at the start, how people hear of trouble.
pub fn announce(config: &Config) {
    if !config.notify.is_on() {
        info!("no NOTIFY_EMAIL_TO and no NOTIFY_WEBHOOK_URL: nobody hears of trouble but who reads the log");
    }
}
