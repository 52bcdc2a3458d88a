//! Parses JSON from Zoom, which strict parsers sometimes reject.

use serde_json::Value;

/// Parses a body.
///
/// # Errors
/// When it is not JSON, even after the repair of Zoom's known fault.
pub fn parse(body: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(body).or_else(|error| serde_json::from_slice(&mend_surrogates(body).ok_or(error)?))
}

/// Zoom escapes emoji as two surrogates (`\ud83d\ude92`). A topic that was cut between them ends in one surrogate,
/// which strict parsers reject; it becomes the replacement character. `None` if there is nothing to repair.
fn mend_surrogates(body: &[u8]) -> Option<Vec<u8>> {
    let mut mended = body.to_vec();
    let mut changed = false;
    let mut at = 0;
    while at < body.len() {
        match (unit(body, at), unit(body, at + 6)) {
            (Some(0xD800..=0xDBFF), Some(0xDC00..=0xDFFF)) => at += 12,
            (Some(0xD800..=0xDFFF), _) => {
                mended[at + 2..at + 6].copy_from_slice(b"fffd");
                changed = true;
                at += 6;
            }
            (Some(_), _) => at += 6,
            // The character after an escaped backslash is skipped.
            (None, _) if body[at] == b'\\' => at += 2,
            (None, _) => at += 1,
        }
    }
    changed.then_some(mended)
}

/// The UTF-16 unit that is escaped at this position, if any.
fn unit(body: &[u8], at: usize) -> Option<u16> {
    let escape = body.get(at..at.checked_add(6)?)?;
    let digits = std::str::from_utf8(escape.strip_prefix(b"\\u")?).ok()?;
    let all_hex = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    all_hex.then(|| u16::from_str_radix(digits, 16).ok()).flatten()
}
