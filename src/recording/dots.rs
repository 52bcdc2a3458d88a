//! Texts that would lead a request to another path than the one that it is meant for.

/// Whether a text holds a dot segment, however it is spelled: `..`, `a/../b`, `%2e%2e`, `%252e.`. Servers decode
/// what they are sent, some of them more than once. No uuid has one: they are base64.
pub(super) fn leads_away(text: &str) -> bool {
    let mut text = text.to_ascii_lowercase();
    // Each round takes one layer of encoding away, and makes the text shorter.
    loop {
        let decoded = text.replace("%25", "%").replace("%2e", ".").replace("%2f", "/").replace("%5c", "\\");
        if decoded == text {
            break;
        }
        text = decoded;
    }
    text.split(['/', '\\']).any(|part| !part.is_empty() && part.bytes().all(|byte| byte == b'.'))
}
