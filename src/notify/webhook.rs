//! The channel by a webhook: of a chat, or any other.
//!
//! A topic must not mention everyone in a chat or make a link, so special characters are escaped or removed.
//! Sources: Slack's "Formatting text" (`&`, `<`, `>` are escaped), Google Chat's "Format messages" (`<users/all>`
//! mentions everyone), Teams' Adaptive Cards (a `TextRun` has no markdown, a `TextBlock` does).

use std::time::SystemTime;

use jiff::Timestamp;
use reqwest::{Client, StatusCode, header};
use serde_json::{Value, json};

use super::NotifyError;
use super::channel::{CHANNEL_WITHIN, ChannelError};
use crate::config::{WebhookConfig, WebhookKind};
use crate::http::{self, retry_after};
use crate::jobs::messages::post::Email;

/// Longest text, in characters: Google Chat accepts 4,096.
const CHAT_CHARS_MAX: usize = 3500;

/// Longest part of a refusal that is quoted, in characters.
const SAID_CHARS_MAX: usize = 200;

/// The channel by a webhook.
#[derive(Debug)]
pub struct WebhookChannel {
    webhook: WebhookConfig,
    client: Client,
}

impl WebhookChannel {
    pub(super) fn new(webhook: &WebhookConfig) -> Result<Self, NotifyError> {
        Ok(Self { webhook: webhook.clone(), client: http::client(Some(CHANNEL_WITHIN))? })
    }

    pub(super) async fn send(&self, letter: &Email) -> Result<(), ChannelError> {
        let request = self
            .client
            .post(self.webhook.url.expose())
            .header(header::CONTENT_TYPE, "application/json")
            .body(body(self.webhook.kind, letter).to_string());
        // The error does not contain the address.
        let passing =
            |error: &reqwest::Error| ChannelError::passing(format!("the webhook: {}", http::describe(error)));
        let response = request.send().await.map_err(|error| passing(&error))?;
        let status = response.status();
        let after = retry_after::read(response.headers(), SystemTime::now());
        if status.is_success() {
            return Ok(());
        }
        let said = http::read_at_most(response, http::ERROR_BYTES_MAX).await.unwrap_or_default();
        let said: String = String::from_utf8_lossy(&said).chars().take(SAID_CHARS_MAX).collect();
        let what = format!("the webhook answered {status} {said:?}");
        let passes = status.is_server_error()
            || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT);
        Err(if passes { ChannelError::Passing { what, after } } else { ChannelError::Refused(what) })
    }
}

/// The body of the request.
fn body(kind: WebhookKind, letter: &Email) -> Value {
    let whole = || {
        let text = format!("{}\n\n{}", letter.subject, letter.text.trim_end());
        text.chars().take(CHAT_CHARS_MAX).collect::<String>()
    };
    match kind {
        WebhookKind::Slack => {
            json!({"text": whole().replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")})
        }
        WebhookKind::GoogleChat => json!({"text": whole().replace('<', "‹").replace('>', "›")}),
        WebhookKind::Teams => {
            let run = |text: &str, weight: &str| json!({"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, "weight": weight}]});
            let lines = whole();
            let (head, rest) = lines.split_once("\n\n").unwrap_or((&lines, ""));
            let blocks: Vec<Value> = std::iter::once(run(head, "Bolder"))
                .chain(rest.lines().filter(|line| !line.is_empty()).map(|line| run(line, "Default")))
                .collect();
            let card = json!({"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard",
                "version": "1.4", "body": blocks});
            json!({"type": "message", "attachments": [
                {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": null, "content": card}]})
        }
        WebhookKind::Json => json!({
            "service": "zoom2drive",
            "id": letter.id,
            "level": letter.level.name(),
            "cause": letter.cause,
            "thread": letter.thread,
            "subject": letter.subject,
            "text": letter.text,
            "count": letter.count,
            "created_at": Timestamp::from_millisecond(letter.created_at).map(|at| at.to_string()).ok(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobs::messages::Level;

    fn letter(text: &str) -> Email {
        Email {
            id: 7,
            cause: "parked x".into(),
            thread: "parked x".into(),
            level: Level::Error,
            avoids_google: false,
            subject: "Job 7 waits for a person: <!channel> & co".into(),
            text: text.into(),
            created_at: 0,
            count: 1,
        }
    }

    #[test]
    fn a_topic_calls_nobody_and_makes_no_link() {
        let letter = letter("[click](https://evil.example)\n\n<users/all>\n");
        let slack = body(WebhookKind::Slack, &letter)["text"].as_str().unwrap().to_owned();
        assert!(slack.contains("&lt;!channel&gt; &amp; co") && !slack.contains('<'), "{slack}");
        let chat = body(WebhookKind::GoogleChat, &letter)["text"].as_str().unwrap().to_owned();
        assert!(chat.contains("‹users/all›") && !chat.contains('<'), "{chat}");
        let teams = body(WebhookKind::Teams, &letter);
        let blocks = teams["attachments"][0]["content"]["body"].as_array().unwrap();
        assert!(blocks.len() == 3 && blocks.iter().all(|block| block["type"] == "RichTextBlock"), "{teams}");
        assert_eq!(body(WebhookKind::Json, &letter)["text"], letter.text.as_str());
    }

    #[test]
    fn a_chat_gets_no_more_than_it_takes() {
        let text = body(WebhookKind::GoogleChat, &letter(&"ü".repeat(20_000)));
        assert_eq!(text["text"].as_str().unwrap().chars().count(), CHAT_CHARS_MAX);
    }
}
