//! Accepts only request paths that have a single meaning.
//!
//! A proxy decides by the path if a request may pass, and this service decides by the path which route answers. If
//! both interpreted a path differently, a request could bypass the proxy: `/admin/../healthz`,
//! `/admin/..%2fhealthz`, `//healthz`. No path of this service needs an encoded character, an empty segment or a
//! dot segment, so such paths are refused.

/// True if a request's path has the same meaning for every server.
pub(super) fn is_plain(path: &str) -> bool {
    let is_plain_byte = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    let Some(relative) = path.strip_prefix('/') else { return false };
    let mut segments = relative.split('/').peekable();
    let mut are_plain = true;
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        // Only the last segment may be empty: `/` and `/admin/`.
        let is_dots = segment.bytes().all(|byte| byte == b'.') && !(segment.is_empty() && is_last);
        are_plain = are_plain && !is_dots && segment.bytes().all(is_plain_byte);
    }
    are_plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_with_a_second_reading_is_refused() {
        for path in
            ["/", "/healthz", "/admin", "/admin/", "/admin/jobs/7/retry", "/a.b", "/.well-known/x", "/a..b"]
        {
            assert!(is_plain(path), "{path}");
        }
        let others = "healthz|*||//|//healthz|/admin//jobs|/admin//|/.|/..|/./|/../|/admin/.|/admin/..|/admin/./jobs|\
            /admin/../healthz|/...|/%2e%2e/healthz|/admin/%2E./x|/admin/..%2fhealthz|/admin/..%5chealthz|/%2fhealthz|\
            /admin/%252e%252e/healthz|/\\healthz|/admin\\..\\healthz|/%6dhealthz|/healthz%00|/healthz;x|/admin;/jobs|\
            /healthz |/h\u{e9}althz|/admin/..;/healthz|/healthz%20|/%c0%ae%c0%ae/healthz|/healthz#x|/a:b@c";
        for path in others.split('|') {
            assert!(!is_plain(path), "{path:?}");
        }
    }
}
