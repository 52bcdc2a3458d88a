//! Gmail, as far as mail is sent by it: `POST /gmail/v1/users/me/messages/send`, and what was sent.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use base64::engine::{DecodePaddingMode, general_purpose};
use serde_json::{Value, json};

use super::entry::Who;
use super::state::random;
use super::{Google, errors};
use crate::sandbox::faults::Canned;

/// base64url, with or without padding: Google takes both.
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A mail that Gmail has sent.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The mailbox that it was sent from.
    pub account: String,
    /// As it was given: RFC 5322.
    pub raw: Vec<u8>,
    headers: Vec<(String, String)>,
    body: String,
}

impl Mail {
    /// Reads a message; nothing if it is none.
    pub fn parse(account: &str, raw: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(raw).ok()?;
        let (head, body) = text.split_once("\r\n\r\n")?;
        // A line that begins with a blank continues the one before.
        let unfolded = head.replace("\r\n ", " ").replace("\r\n\t", " ");
        let header = |line: &str| {
            let (name, value) = line.split_once(':')?;
            let is_name = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_graphic());
            is_name.then(|| (name.to_ascii_lowercase(), words(value.trim())))
        };
        let headers = unfolded.split("\r\n").map(header).collect::<Option<Vec<_>>>()?;
        let mut mail = Self { account: account.to_owned(), raw: raw.to_vec(), headers, body: String::new() };
        mail.body = match mail.header("content-transfer-encoding").to_ascii_lowercase().as_str() {
            "base64" => String::from_utf8(STANDARD.decode(body.replace("\r\n", "")).ok()?).ok()?,
            "quoted-printable" => String::from_utf8(unquoted(&body.replace("=\r\n", ""))?).ok()?,
            _ => body.to_owned(),
        };
        mail.body = mail.body.replace("\r\n", "\n");
        Some(mail)
    }

    /// A header's text, decoded; empty when there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// Number of occurrences of a header.
    pub fn count(&self, name: &str) -> usize {
        self.headers.iter().filter(|(known, _)| known == name).count()
    }

    /// The text, decoded.
    pub fn body(&self) -> &str {
        &self.body
    }
}

/// Words of RFC 2047: `=?utf-8?b?...?=`. Blanks between two of them do not count.
fn words(value: &str) -> String {
    let (mut text, mut was_word) = (String::new(), false);
    for part in value.split(' ') {
        let decoded = part.strip_prefix("=?").and_then(|rest| rest.strip_suffix("?=")).and_then(word);
        let joins = was_word && decoded.is_some();
        if !text.is_empty() && !joins {
            text.push(' ');
        }
        was_word = decoded.is_some();
        text.push_str(decoded.as_deref().unwrap_or(part));
    }
    text
}

fn word(inside: &str) -> Option<String> {
    let mut parts = inside.splitn(3, '?');
    let (charset, kind, text) = (parts.next()?, parts.next()?, parts.next()?);
    let bytes = match kind {
        "b" | "B" => general_purpose::STANDARD.decode(text).ok()?,
        "q" | "Q" => unquoted(&text.replace('_', " "))?,
        _ => return None,
    };
    charset.eq_ignore_ascii_case("utf-8").then(|| String::from_utf8(bytes).ok())?
}

/// `=C3=BC` back to bytes.
fn unquoted(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let [first, after @ ..] = rest {
        if *first == b'=' {
            let hex = std::str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(hex, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    Some(bytes)
}

impl Google {
    /// All sent mails, oldest first.
    pub fn mails(&self) -> Vec<Mail> {
        self.lock_mails().clone()
    }

    /// `POST /gmail/v1/users/me/messages/send`
    pub(super) fn send_mail(&self, who: Who, body: &[u8]) -> Result<Canned, Canned> {
        let account = match who {
            Who::Human | Who::User(_) => self.address_of(who),
            // A service account has no mailbox; it must impersonate a user who has one.
            Who::Service => {
                return Err(errors::refuse(400, "failedPrecondition", "Precondition check failed."));
            }
        };
        let message: Value = serde_json::from_slice(body).unwrap_or_default();
        let raw = message["raw"].as_str().unwrap_or_default();
        if raw.is_empty() {
            let message =
                "'raw' RFC822 payload message string or uploading message via /upload/* URL required";
            return Err(errors::refuse(400, "invalidArgument", message));
        }
        let Ok(raw) = URL_SAFE.decode(raw) else {
            return Err(errors::refuse(400, "badRequest", "Invalid value at 'message.raw' (TYPE_BYTES)"));
        };
        let Some(mail) = Mail::parse(&account, &raw).filter(|mail| mail.count("from") == 1) else {
            return Err(errors::refuse(400, "invalidArgument", "Invalid message"));
        };
        if mail.header("to").is_empty() {
            return Err(errors::refuse(400, "invalidArgument", "Recipient address required"));
        }
        self.lock_mails().push(mail);
        self.transcript.changed();
        let id = random("19", 14);
        Ok(errors::json_answer(200, &json!({"id": id, "threadId": id, "labelIds": ["SENT"]})))
    }
}
