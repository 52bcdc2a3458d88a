//! Settings of messages to people: recipients, channels, occasions. A fault is recorded, and its setting is `None`.

use std::path::PathBuf;
use std::time::Duration;

use lettre::Address;
use url::Url;

use super::{GoogleConfig, GoogleCredentials, Reader, values};
use crate::jobs::messages::Archived;
use crate::secret::{Secret, SecretUrl};

/// Settings of messages to people.
#[derive(Debug, Clone)]
pub struct NotifyConfig {
    /// Email, the first channel.
    pub email: Option<EmailConfig>,
    /// A webhook, of a chat or any other. The second channel, and the first when the problem is at Google.
    pub webhook: Option<WebhookConfig>,
    /// If and when archived recordings are reported.
    pub archived: Archived,
    /// Age of the oldest unarchived recording that is reported; `None` for never.
    pub backlog_age: Option<Duration>,
    /// Time without events that is reported; `None` for never.
    pub silence: Option<Duration>,
    /// The file that may contain the end of Google's consent.
    pub credentials_file: Option<PathBuf>,
}

impl NotifyConfig {
    /// True if there is any channel.
    pub fn is_on(&self) -> bool {
        self.email.is_some() || self.webhook.is_some()
    }
}

/// Recipients and sender of emails.
#[derive(Debug, Clone)]
pub struct EmailConfig {
    /// At least one.
    pub to: Vec<Address>,
    pub from: Address,
    pub by: MailBy,
}

/// The way to send emails.
#[derive(Debug, Clone)]
pub enum MailBy {
    /// Gmail's API, with the credentials for Drive.
    Gmail {
        /// Its base address, without a slash at its end.
        api_url: Url,
        /// The mailbox that sends, by domain-wide delegation; `None` for a person's own.
        subject: Option<String>,
    },
    /// A mail server: `smtps://user:password@host:465`.
    Smtp(Secret),
}

/// Target of a webhook.
#[derive(Debug, Clone)]
pub struct WebhookConfig {
    /// A credential: anyone who has it can write there.
    pub url: SecretUrl,
    pub kind: WebhookKind,
}

/// The format that a webhook accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WebhookKind {
    /// Slack's incoming webhooks.
    Slack,
    /// A webhook of a Google Chat space.
    GoogleChat,
    /// Microsoft Teams: a workflow that accepts an Adaptive Card.
    Teams,
    /// Every field, as JSON.
    Json,
}

impl WebhookKind {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "slack" => Self::Slack,
            "google_chat" => Self::GoogleChat,
            "teams" => Self::Teams,
            "json" => Self::Json,
            _ => return None,
        })
    }

    /// The format of a known host.
    fn of_host(host: &str) -> Self {
        let is_below = |domain: &str| host.strip_suffix(domain).is_some_and(|sub| sub.ends_with('.'));
        match host {
            "hooks.slack.com" | "hooks.slack-gov.com" => Self::Slack,
            "chat.googleapis.com" => Self::GoogleChat,
            _ if ["webhook.office.com", "logic.azure.com", "powerplatform.com"].into_iter().any(is_below) => {
                Self::Teams
            }
            _ => Self::Json,
        }
    }
}

pub(super) fn notify(reader: &mut Reader, google: Option<&GoogleConfig>) -> Option<NotifyConfig> {
    let email = email(reader, google);
    let webhook = webhook(reader);
    let archived = reader.parsed("NOTIFY_ARCHIVED", "`off`, `each` or `daily`", |text| match text {
        "off" => Some(Archived::Off),
        "each" => Some(Archived::Each),
        "daily" => Some(Archived::Daily),
        _ => None,
    });
    let backlog_age = reader.parsed("NOTIFY_BACKLOG_AGE", "a duration", values::duration);
    let silence = reader.parsed("NOTIFY_SILENCE", "a duration", values::duration);
    let unless_zero = |limit: Duration| Some(limit).filter(|limit| !limit.is_zero());
    Some(NotifyConfig {
        email,
        webhook,
        archived: archived?,
        backlog_age: unless_zero(backlog_age?),
        silence: unless_zero(silence?),
        credentials_file: reader.text("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from),
    })
}

fn email(reader: &mut Reader, google: Option<&GoogleConfig>) -> Option<EmailConfig> {
    let to = reader.parsed("NOTIFY_EMAIL_TO", "an e-mail address, or several with commas", addresses);
    let from = reader.parsed("NOTIFY_EMAIL_FROM", "an e-mail address", |text| text.parse::<Address>().ok());
    let smtp = reader.secret("SMTP_URL");
    let api_url = reader.parsed("GMAIL_API_URL", "an https address", values::base_url);
    let subject =
        reader.parsed("NOTIFY_GOOGLE_SUBJECT", "an e-mail address", |text| text.parse::<Address>().ok());
    let to = to?;
    if let Some(url) = smtp {
        if !is_safe_smtp(&url) {
            reader.fault(
                "SMTP_URL",
                "is not an smtps:// address, or smtp:// with ?tls=required; without TLS only to this machine",
            );
        }
        if from.is_none() {
            reader.fault("NOTIFY_EMAIL_FROM", "is missing: a mail server requires a sender");
        }
        return Some(EmailConfig { to, from: from?, by: MailBy::Smtp(url) });
    }
    let google = google?;
    let is_person = matches!(*google.credentials.now(), GoogleCredentials::AuthorizedUser { .. });
    let subject = subject.map(|subject| subject.to_string()).or_else(|| google.subject.clone());
    match (is_person, &subject) {
        (true, Some(_)) => reader.fault(
            "NOTIFY_GOOGLE_SUBJECT",
            "needs a service-account key: a person's login sends from its own mailbox",
        ),
        (false, None) => reader.fault(
            "NOTIFY_EMAIL_TO",
            "needs NOTIFY_GOOGLE_SUBJECT or SMTP_URL: a service account has no mailbox of its own",
        ),
        _ => {}
    }
    // Gmail replaces a sender's address that does not belong to the account.
    let from = from.or_else(|| subject.as_ref()?.parse().ok()).or_else(|| to.first().cloned())?;
    Some(EmailConfig { to, from, by: MailBy::Gmail { api_url: api_url?, subject } })
}

fn addresses(text: &str) -> Option<Vec<Address>> {
    let all = text.split(',').map(|one| one.trim().parse().ok()).collect::<Option<Vec<Address>>>()?;
    (!all.is_empty()).then_some(all)
}

/// True if the password and the email are encrypted, or stay on this machine. `tls=opportunistic` is not safe: an
/// attacker in between can switch it off.
fn is_safe_smtp(url: &Secret) -> bool {
    let Ok(url) = Url::parse(url.expose()) else { return false };
    let Some(host) = url.host_str().filter(|host| !host.is_empty()) else { return false };
    let tls = url.query_pairs().find(|(name, _)| name == "tls").map(|(_, value)| value.into_owned());
    match (url.scheme(), tls.as_deref()) {
        ("smtps", _) | ("smtp", Some("required")) => true,
        ("smtp", None) => values::is_loopback(host),
        _ => false,
    }
}

fn webhook(reader: &mut Reader) -> Option<WebhookConfig> {
    let kind = reader.parsed(
        "NOTIFY_WEBHOOK_KIND",
        "`slack`, `google_chat`, `teams` or `json`",
        WebhookKind::from_name,
    );
    let text = reader.secret("NOTIFY_WEBHOOK_URL")?;
    let Some(url) = Url::parse(text.expose()).ok().filter(values::is_safe_scheme) else {
        reader.fault("NOTIFY_WEBHOOK_URL", "is not an https address");
        return None;
    };
    let kind = kind.unwrap_or_else(|| WebhookKind::of_host(url.host_str().unwrap_or_default()));
    Some(WebhookConfig { url: SecretUrl::new(text.expose()), kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_webhook_is_known_by_its_host() {
        let kinds =
            ["hooks.slack.com", "chat.googleapis.com", "a.webhook.office.com", "evil-webhook.office.com.x"]
                .map(WebhookKind::of_host);
        assert_eq!(
            kinds,
            [WebhookKind::Slack, WebhookKind::GoogleChat, WebhookKind::Teams, WebhookKind::Json]
        );
    }

    #[test]
    fn mail_travels_encrypted_or_not_at_all() {
        let is_safe = |url: &str| is_safe_smtp(&Secret::new(url));
        assert!(
            is_safe("smtps://u:p@mail.example.com:465")
                && is_safe("smtp://mail.example.com:587?tls=required")
        );
        assert!(is_safe("smtp://127.0.0.1:25") && is_safe("smtp://localhost"));
        for url in
            ["smtp://mail.example.com", "smtp://mail.example.com?tls=opportunistic", "https://x", "smtp:", ""]
        {
            assert!(!is_safe(url), "{url}");
        }
    }
}
