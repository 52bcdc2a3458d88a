//! Detects texts that would lead a request to another path than the intended one.

/// True if a text contains a dot segment in any spelling: `..`, `a/../b`, `%2e%2e`, `%252e.`. Servers decode paths,
/// some of them more than once. Uuids are base64, so no real one contains a dot.
pub(super) fn leads_away(text: &str) -> bool {
    let mut text = text.to_ascii_lowercase();
    // Each round decodes one layer, and makes the text shorter.
    loop {
        let decoded = text.replace("%25", "%").replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\");
        if decoded == text {
            break;
        }
        text = decoded;
    }
    text.split(['/', '\\']).any(|part| !part.is_empty() && part.bytes().all(|byte| byte == b'.'))
}
