//! Encodes a text from outside as one segment of a path: an id of Drive or of a user at Zoom.
//!
//! A text of dots cannot be encoded: `..`, `%2e%2e` and their mixtures all mean "one level up", and some servers
//! decode an encoded slash first. Such a text would lead a request, with our token, to another path. No real id
//! looks like that.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// Characters that stay unescaped: RFC 3986's unreserved ones.
const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A text that cannot be a path segment.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} would lead to another path, so the call is not made")]
pub struct NoSegment(String);

/// Encodes the text as one path segment.
///
/// # Errors
/// When it is empty, or would lead to another path.
pub fn encoded(text: &str) -> Result<String, NoSegment> {
    let leads_away =
        text.split(['/', '\\']).any(|part| !part.is_empty() && part.bytes().all(|byte| byte == b'.'));
    if text.is_empty() || leads_away {
        return Err(NoSegment(text.to_owned()));
    }
    Ok(utf8_percent_encode(text, UNRESERVED).to_string())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn ids_stay_and_ways_out_are_refused() {
        for (text, segment) in [
            ("1ZyXwVuTsRq_-0", "1ZyXwVuTsRq_-0"),
            ("ann.b@example.com", "ann.b%40example.com"),
            ("a/b?c#d%2e", "a%2Fb%3Fc%23d%252e"),
            ("..a", "..a"),
        ] {
            assert_eq!(encoded(text), Ok(segment.to_owned()));
        }
        for text in ["", ".", "..", "...", "a/..", "../a", "a/./b", "a\\..\\b", "/.."] {
            assert_eq!(encoded(text), Err(NoSegment(text.to_owned())));
        }
    }

    proptest! {
        #[test]
        fn no_text_leaves_its_place(text in "[a.%2eE/\\\\?#@;&\u{e9} -]{0,9}") {
            if let Ok(segment) = encoded(&text) {
                let url = Url::parse(&format!("https://x/files/{segment}/permissions?a=b")).unwrap();
                let segments: Vec<&str> = url.path_segments().unwrap().collect();
                prop_assert_eq!(segments, ["files", segment.as_str(), "permissions"]);
                prop_assert_eq!((url.query(), url.fragment()), (Some("a=b"), None));
                let decoded = percent_encoding::percent_decode_str(&segment).decode_utf8().unwrap();
                prop_assert_eq!(decoded, text);
            }
        }
    }
}
