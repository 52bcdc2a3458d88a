//! Links. One to Drive is made from an id, and only of characters that ids have: no text from outside is an address. In
//! an address of ours such a text is a value, and encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::jobs::meeting_file;

/// All but the characters that RFC 3986 calls unreserved.
const RESERVED: AsciiSet = NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A text as a value in an address.
pub(super) fn value(text: &str) -> String {
    utf8_percent_encode(text, &RESERVED).to_string()
}

/// The page of a file in Drive.
pub(super) fn file(id: &str) -> Option<String> {
    is_plain(id).then(|| meeting_file::file_link(id))
}

/// The page of a folder in Drive.
pub(super) fn folder(id: &str) -> Option<String> {
    is_plain(id).then(|| meeting_file::folder_link(id))
}

fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_id_becomes_a_link() {
        assert_eq!(file("1a-B_2").unwrap(), "https://drive.google.com/file/d/1a-B_2/view");
        assert_eq!(folder("1a").unwrap(), "https://drive.google.com/drive/folders/1a");
        for id in ["", "a/b", "javascript:alert(1)", "\u{202e}", "a\"b", "../x", "a?b", "a b"] {
            assert_eq!((file(id), folder(id)), (None, None), "{id}");
        }
    }
}
