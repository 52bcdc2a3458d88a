//! Interprets Google's error answers: one table for Drive, its upload server, permissions, Gmail and the token
//! endpoint. Pure.
//!
//! Google has several forms for the same refusal: `error.errors[].reason`, the newer `error.details[].reason`, a
//! bare `status` text, OAuth's `{"error":"invalid_grant"}`, plain text, a web page, or no body at all. All of them
//! are read into one list of words, and the table decides by these. The message decides only where no reason does.

mod table;

use std::time::{Duration, SystemTime};

use reqwest::Response;
use serde_json::Value;

use super::GoogleError;
use crate::http::{self, retry_after};
use crate::jobs::pause::PauseCause;
pub use table::Meaning;
use table::{plain, special};

/// Longest part of an unexplained body that is quoted, in bytes.
const MESSAGE_BYTES_MAX: usize = 300;

/// An error answer, as far as Google explains it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ErrorResponse {
    pub(crate) status: u16,
    /// Google's reason, in its own spelling; empty when the body is not JSON in Google's form.
    pub(crate) reason: String,
    pub(crate) message: String,
    pub(crate) after: Option<Duration>,
    /// Every reason, domain and status text of the body, normalized as in the table.
    words: Vec<String>,
}

impl ErrorResponse {
    /// Reads status, headers and body of an error answer. The body may be JSON, text or a web page.
    pub(crate) async fn read(response: Response) -> Self {
        let status = response.status().as_u16();
        let after = retry_after::read(response.headers(), SystemTime::now());
        let body = http::read_at_most(response, http::ERROR_BYTES_MAX).await.unwrap_or_default();
        Self::parse(status, after, &body)
    }

    pub(crate) fn parse(status: u16, after: Option<Duration>, body: &[u8]) -> Self {
        let answer: Value = serde_json::from_slice(body).unwrap_or_default();
        let error = error_of(&answer);
        let text = |field: &str| error[field].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        // OAuth's form has a text where the others have an object.
        let oauth = error.as_str().map(str::to_owned);
        let said =
            oauth.is_some().then(|| answer["error_description"].as_str().unwrap_or_default().to_owned());
        let errors = fields(&error["errors"], "reason");
        let details = fields(&error["details"], "reason");
        let reasons: Vec<String> =
            oauth.into_iter().chain(errors).chain(details).chain(text("status")).collect();
        let words =
            reasons.iter().chain(&fields(&error["errors"], "domain")).map(|word| plain(word)).collect();
        let message =
            text("message").or(said).or_else(|| fields(&error["errors"], "message").into_iter().next());
        let message = message.unwrap_or_else(|| quoted(body));
        Self {
            status,
            reason: reasons.into_iter().next().unwrap_or_default(),
            message: message.split_whitespace().collect::<Vec<_>>().join(" "),
            after,
            words,
        }
    }

    pub(crate) fn describe(&self) -> String {
        let Self { status, reason, message, .. } = self;
        format!("status {status} {reason} {message}").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// What the answer means: by its status if that is clear, then by the table, then by the message.
    pub(crate) fn meaning(&self) -> Meaning {
        match (self.status, special(&self.words)) {
            (300..400 | 408 | 500.., _) => Meaning::Passing,
            (401, _) => Meaning::Credentials,
            // Drive's upload server answers 410 for a session that is lost for good.
            (410, _) => Meaning::Gone,
            (429, Some(limit @ (Meaning::StorageFull | Meaning::ItemsFull | Meaning::DayUsedUp))) => limit,
            (429, _) => Meaning::Busy,
            (_, Some(meaning)) => meaning,
            (404, None) if !self.words.is_empty() || self.speaks_of(&["file not found"]) => Meaning::NotFound,
            (404, None) => Meaning::Gone,
            (409, None) if self.words.is_empty() || self.names("alreadyexists") => Meaning::IdInUse,
            (400, None) if self.words.is_empty() => Meaning::NotUnderstood,
            (403, None) if self.speaks_of(STORAGE_WORDS) => Meaning::StorageFull,
            // Plain text such as "Request rate higher than configured", and pages of gateways.
            (403, None) if self.words.is_empty() || self.speaks_of(RATE_WORDS) => Meaning::Busy,
            _ => Meaning::Refused,
        }
    }

    /// The meaning after Drive's storage figures were requested. They decide [`Meaning::Quota`].
    pub(crate) fn settled(&self, room: Option<StorageQuota>, bytes: u64) -> Meaning {
        match self.meaning() {
            Meaning::Quota if self.speaks_of(STORAGE_WORDS) => Meaning::StorageFull,
            Meaning::Quota => match room {
                Some(StorageQuota { limit: Some(0), .. }) if self.speaks_of(RATE_WORDS) => Meaning::Busy,
                Some(room) if room.is_full_for(bytes) => Meaning::StorageFull,
                _ => Meaning::Busy,
            },
            meaning => meaning,
        }
    }

    /// Converts it into an error, without Drive's storage figures.
    pub(crate) fn into_error(self) -> GoogleError {
        let meaning = self.settled(None, 0);
        self.into_error_of(meaning)
    }

    /// Converts it into an error with this meaning.
    pub(crate) fn into_error_of(self, meaning: Meaning) -> GoogleError {
        let what = self.describe();
        let after = self.after;
        match meaning {
            Meaning::Passing | Meaning::Gone => GoogleError::Unreachable { what, after },
            Meaning::Busy | Meaning::Quota => {
                // The daily upload limit looks like a rate limit, and comes as 403 with a reason.
                GoogleError::Busy { what, after, may_be_daily: self.status == 403 && !self.words.is_empty() }
            }
            Meaning::Credentials => GoogleError::Credentials(what),
            Meaning::NotFound => GoogleError::NotFound(what),
            Meaning::IdInUse => GoogleError::IdInUse,
            Meaning::StorageFull => GoogleError::Stop { cause: PauseCause::StorageFull, what },
            Meaning::ItemsFull => GoogleError::Stop { cause: PauseCause::ItemsFull, what },
            Meaning::DayUsedUp => GoogleError::Stop { cause: PauseCause::DailyLimit, what },
            Meaning::NotMember => GoogleError::Stop { cause: PauseCause::RootUnusable, what },
            Meaning::Scope | Meaning::Disabled | Meaning::Policy => {
                GoogleError::Stop { cause: PauseCause::MissingScope, what }
            }
            Meaning::Role => GoogleError::Refused(format!(
                "{}. Make the account Content manager of the shared drive (or Editor of the folder)",
                unended(&what)
            )),
            Meaning::TooDeep => GoogleError::Refused(format!(
                "{}. Folders are too deep: FOLDER_TEMPLATE has too many levels",
                unended(&what)
            )),
            Meaning::NotUnderstood | Meaning::Refused => GoogleError::Refused(what),
        }
    }

    /// True if the body has this reason, normalized as in the table.
    pub(crate) fn names(&self, word: &str) -> bool {
        self.words.iter().any(|known| known == word)
    }

    /// The first address of Google's console in the message: where to enable an API.
    pub(crate) fn console_address(&self) -> Option<String> {
        let mut words = self.message.split_whitespace();
        words.find(|word| word.starts_with("https://console.")).map(str::to_owned)
    }

    /// True for a 403 without a reason that does not speak of a rate either. Drive's upload server sends rate limits so;
    /// for APIs that only read, it means that the user may not.
    pub(crate) fn is_bare_denial(&self) -> bool {
        self.status == 403 && self.words.is_empty() && !self.speaks_of(RATE_WORDS)
    }

    fn speaks_of(&self, phrases: &[&str]) -> bool {
        let message = self.message.to_lowercase();
        phrases.iter().any(|phrase| message.contains(phrase))
    }
}

/// Google's phrases for a full Drive.
const STORAGE_WORDS: &[&str] = &["storage quota", "storage limit", "out of storage", "storage is full"];

/// Google's phrases for a rate limit.
const RATE_WORDS: &[&str] =
    &["rate limit", "rate of requests", "request rate", "quota metric", "too many requests", "per minute"];

/// An account's storage limit and usage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StorageQuota {
    /// Bytes; `None` when there is no limit.
    limit: Option<u64>,
    usage: u64,
}

impl StorageQuota {
    /// Reads the answer of `about.get`; `None` when it does not have the figures.
    pub(crate) fn read(about: &Value) -> Option<Self> {
        let quota = about["storageQuota"].as_object()?;
        // 64-bit numbers are JSON strings; a missing field means no limit.
        let number = |name: &str| {
            let value = quota.get(name)?;
            value.as_str().map_or_else(|| value.as_u64(), |text| text.parse().ok())
        };
        Some(Self { limit: number("limit"), usage: number("usage")? })
    }

    /// True if this many more bytes do not fit. For zero bytes: true if no storage is left.
    fn is_full_for(self, bytes: u64) -> bool {
        self.limit.is_some_and(|limit| limit.saturating_sub(self.usage) < bytes.max(1))
    }
}

/// A sentence of Google's, for another one after it.
fn unended(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}

/// The error in an answer: an object, OAuth's code, or null. Some servers wrap either in an array.
fn error_of(answer: &Value) -> &Value {
    let answer = if answer.is_array() { &answer[0] } else { answer };
    let error = &answer["error"];
    if error.is_array() {
        &error[0]
    } else if error.is_null() && (answer["errors"].is_array() || answer["code"].is_number()) {
        answer
    } else {
        error
    }
}

/// One text field of each entry of a list, or of the single entry in its place.
fn fields(list: &Value, name: &str) -> Vec<String> {
    let entries = list.as_array().map_or(std::slice::from_ref(list), Vec::as_slice);
    let texts = entries.iter().filter_map(|entry| entry[name].as_str());
    texts.filter(|text| !text.is_empty()).map(str::to_owned).collect()
}

/// The beginning of a body that is not JSON in Google's form. From a web page only the title is taken: such pages
/// repeat the requested address, and an upload session's address is a secret.
fn quoted(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = text.trim();
    if text.starts_with('<') {
        let title = text.split_once("<title>").and_then(|(_, rest)| rest.split_once("</title>"));
        let title = title.map(|(title, _)| format!(": {}", title.trim())).unwrap_or_default();
        return format!("(a web page{title})");
    }
    let end = (0..=MESSAGE_BYTES_MAX.min(text.len())).rev().find(|at| text.is_char_boundary(*at));
    let beginning = text.get(..end.unwrap_or_default()).unwrap_or_default();
    let is_secret = |word: &&str| word.contains("upload_id") || word.contains("access_token");
    beginning
        .split_whitespace()
        .map(|word| if is_secret(&word) { "[secret]" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests;
