//! What Zoom says of its rate limits in the headers of its answers.
//!
//! Documented are `X-RateLimit-Category`, `-Type`, `-Limit`, `-Remaining`; of ordinary answers only the category
//! was seen. All are optional.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use reqwest::header::HeaderMap;

/// What one answer said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Limit {
    /// `LIGHT`, `MEDIUM`, `HEAVY`, `RESOURCE-INTENSIVE`, as Zoom writes it.
    pub category: String,
    /// `QPS` or `Daily-limit`; empty when not told.
    pub kind: String,
    /// Calls that are allowed: in a second or in a day, by `kind`.
    pub allowed: Option<u64>,
    /// How many of them are left.
    pub left: Option<u64>,
}

/// The last word on each category.
#[derive(Debug, Default)]
pub(super) struct Limits(Mutex<BTreeMap<String, Limit>>);

impl Limits {
    /// Takes in what an answer says, if it says anything.
    pub(super) fn note(&self, headers: &HeaderMap) {
        if let Some(limit) = read(headers) {
            self.lock().insert(limit.category.to_ascii_uppercase(), limit);
        }
    }

    /// What was said so far, by category.
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
