//! Reads Zoom's rate limits from the headers of its answers.
//!
//! Zoom documents `X-RateLimit-Category`, `-Type`, `-Limit` and `-Remaining`. All are optional; ordinary answers
//! had only the category.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use reqwest::header::HeaderMap;

/// The rate limit that one answer reports.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limit {
    /// `LIGHT`, `MEDIUM`, `HEAVY` or `RESOURCE-INTENSIVE`, as Zoom writes it.
    pub category: String,
    /// `QPS` or `Daily-limit`; empty when the answer has none.
    pub kind: String,
    /// Allowed calls per second or per day, depending on `kind`.
    pub allowed: Option<u64>,
    /// Remaining calls.
    pub left: Option<u64>,
}

/// The latest limit of each category.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<BTreeMap<String, Limit>>);

impl Limits {
    /// Records an answer's limit, if it has one.
    pub(super) fn note(&self, headers: &HeaderMap) {
        if let Some(limit) = read(headers) {
            self.lock().insert(limit.category.to_ascii_uppercase(), limit);
        }
    }

    /// The limits so far, by category.
    pub(super) fn seen(&self) -> Vec<Limit> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Limit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn read(headers: &HeaderMap) -> Option<Limit> {
    let text = |name: &str| headers.get(name)?.to_str().ok().map(|text| text.trim().to_owned());
    let number = |name: &str| text(name)?.parse().ok();
    Some(Limit {
        category: text("x-ratelimit-category")?,
        kind: text("x-ratelimit-type").unwrap_or_default(),
        allowed: number("x-ratelimit-limit"),
        left: number("x-ratelimit-remaining"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_word_on_each_category_counts() {
        let limits = Limits::default();
        let mut headers = HeaderMap::new();
        limits.note(&headers);
        headers.insert("x-ratelimit-category", "Light".parse().unwrap());
        limits.note(&headers);
        headers.insert("x-ratelimit-type", "Daily-limit".parse().unwrap());
        headers.insert("x-ratelimit-limit", "6000".parse().unwrap());
        headers.insert("x-ratelimit-remaining", "0".parse().unwrap());
        limits.note(&headers);
        let last = Limit {
            category: "Light".into(),
            kind: "Daily-limit".into(),
            allowed: Some(6000),
            left: Some(0),
        };
        assert_eq!(limits.seen(), [last]);
    }
}
