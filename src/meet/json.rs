//! Reads fields of Google's answers.

use jiff::Timestamp;
use serde_json::Value;

/// A text; empty if it is missing.
pub(super) fn text(answer: &Value, field: &str) -> String {
    answer[field].as_str().unwrap_or_default().to_owned()
}

/// An instant, with a fraction of up to nine digits; `None` if it is missing.
pub(super) fn time(answer: &Value, field: &str) -> Option<Timestamp> {
    answer[field].as_str()?.parse().ok()
}
