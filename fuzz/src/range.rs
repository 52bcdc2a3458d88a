//! What Drive says it holds, and what part of a file Zoom says it sends.
#![no_main]

use libfuzzer_sys::fuzz_target;
use zoom2drive::download::content_range;
use zoom2drive::google::upload::held;

fuzz_target!(|text: &str| {
    if let Some(bytes) = held(text) {
        assert!(bytes > 0);
        assert_eq!(held(&format!("bytes=0-{}", bytes - 1)), Some(bytes));
        assert!(text.trim().trim_start_matches("bytes=").starts_with("0-"), "a range that is not absolute");
        let digits = text.trim().rsplit('-').next().unwrap_or_default();
        assert_eq!(digits.parse(), Ok(bytes - 1));
    }
    if let Some((start, total)) = content_range(text) {
        assert!(total.is_none_or(|total| start < total));
        let total = total.map_or("*".to_owned(), |total| total.to_string());
        let again = content_range(&format!("bytes {start}-{start}/{total}"));
        assert_eq!(again.map(|(start, _)| start), Some(start));
        let is_plain = |c: char| c.is_ascii_digit() || matches!(c, '-' | '/' | '*') || c.is_whitespace();
        let rest = text.trim().strip_prefix("bytes").expect("no other unit");
        assert!(rest.chars().all(is_plain), "more than a range: {text:?}");
    }
});
