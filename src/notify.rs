//! Sends messages about problems to people.
//!
//! A message is stored by the transaction that it reports. The `sender` takes it from the store and tries the
//! channels in order: [`channel`], with `gmail` and `smtp` for `mail`, and `webhook` for chats. The `watcher` finds
//! problems without a transaction: jobs that wait too long, events that do not come, recordings that are about to
//! be lost. None of this ever delays a job.

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
use crate::jobs::messages::conditions::LocalSnapshot;
use crate::jobs::messages::post::Email;
use crate::jobs::messages::{Level, NotifyPolicy};
use crate::live::Live;
use crate::rotation::Unusable;
use crate::store::Store;
use channel::Channel;
use sender::Sender;
use watcher::Watcher;

/// Why the channels cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum NotifyError {
    #[error(transparent)]
    Client(#[from] ClientError),
    /// The mail server's address is not valid.
    #[error("SMTP_URL cannot be used: {0}")]
    Smtp(String),
}

/// Watches for problems, and sends messages.
pub struct Notifier {
    /// `None` without a channel.
    sender: Option<Sender>,
    watcher: Watcher,
}

impl Notifier {
    /// Sets up the channels of these settings. From now on the store writes messages, if there is a channel.
    /// `refused` counts webhooks with a wrong signature; `unusable` contains replaced values that are not valid.
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
        let sender = (!channels.is_empty()).then(|| {
            let pages = config
                .service
                .dashboard_url
                .as_ref()
                .map(|url| url.as_str().trim_end_matches('/').to_owned());
            Sender { store, channels, retry_wait: config.relay.retry_wait, pages }
        });
        Ok(Self { sender, watcher })
    }

    /// What this instance sees by itself; a page shows the same problems as the messages.
    pub fn local(&self) -> Live<LocalSnapshot> {
        self.watcher.local()
    }

    /// Watches and sends until `stopping` is cancelled.
    pub async fn run(self, stopping: CancellationToken) {
        let watching = tokio::spawn(self.watcher.run(stopping.clone()));
        if let Some(sender) = self.sender {
            sender.run(stopping).await;
        }
        if let Err(error) = watching.await {
            warn!(%error, "the watcher of problems failed");
        }
    }
}

/// The channels of the settings, in the order of attempts.
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

/// A test message.
pub fn test_letter() -> Email {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    Email {
        id: 0,
        cause: "test".to_owned(),
        thread: "test".to_owned(),
        level: Level::Info,
        avoids_google: false,
        subject: "A test message".to_owned(),
        text: "`zoom2drive messages test` has sent this message. The service reports problems on this channel.\n".to_owned(),
        created_at: i64::try_from(now.as_millis()).unwrap_or(i64::MAX),
        count: 1,
    }
}

/// Logs the channels once at the start.
pub fn announce(config: &Config) {
    if !config.notify.is_on() {
        info!("no NOTIFY_EMAIL_TO and no NOTIFY_WEBHOOK_URL: problems are reported only in the log");
    }
}
