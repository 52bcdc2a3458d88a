//! Distinguishes a recording from an error page. Pure.
//!
//! For a bad token, a deleted file or an expired link, Zoom may answer 200 with a web page or a piece of JSON. Such
//! content is refused before the first byte goes to Drive.

use crate::recording::{Medium, RecordingFile};

/// Number of bytes that are checked: enough for a byte order mark, white space, and the first word.
pub const HEAD_BYTES: usize = 512;

/// Why the content is not the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotTheFile {
    /// A web page or an error message.
    #[error("{0}")]
    Other(String),
    /// A video or audio without content. No recording is empty; Zoom may have the content later.
    #[error("an empty file came where a {0} should be")]
    Empty(&'static str),
}

/// Checks the content of a file: its content type, its first bytes (up to [`HEAD_BYTES`]) and its length.
///
/// # Errors
/// When the content cannot be this file.
pub fn check(
    file: &RecordingFile,
    content_type: &str,
    head: &[u8],
    total: Option<u64>,
) -> Result<(), NotTheFile> {
    let medium = file.medium();
    check_type(medium, content_type)?;
    let text = without_bom(head).trim_ascii_start();
    if starts_like_markup(text) {
        return refuse("its first bytes are a web page's");
    }
    let is_listed_size = total.is_some() && total == file.size;
    if !is_listed_size && is_error_json(text) {
        return refuse("its first bytes are an error message's");
    }
    let begins_right = match medium {
        Medium::Video if head.is_empty() => return Err(NotTheFile::Empty("video")),
        Medium::Audio if head.is_empty() => return Err(NotTheFile::Empty("audio file")),
        Medium::Video | Medium::Audio => is_mp4(head),
        // No error page is blank. Later, a check of the whole file decides if it is empty.
        Medium::Vtt => text.starts_with(b"WEBVTT") || is_blank(text),
        Medium::Json => is_json(text) || is_blank(text),
        Medium::Other => true,
    };
    // A file that really has an odd shape at Zoom must not be lost. It is accepted if its length is the listed one,
    // to the byte; no error page has that length.
    if begins_right || is_listed_size { Ok(()) } else { refuse("its first bytes are not those of its kind") }
}

/// Checks the rest of a file whose beginning was checked before.
///
/// # Errors
/// When the content type is that of a web page.
pub fn check_resumed(file: &RecordingFile, content_type: &str) -> Result<(), NotTheFile> {
    check_type(file.medium(), content_type)
}

fn refuse(what: &str) -> Result<(), NotTheFile> {
    Err(NotTheFile::Other(format!("something else came instead of the file: {what}")))
}

fn check_type(medium: Medium, content_type: &str) -> Result<(), NotTheFile> {
    let kind = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_page =
        matches!(kind.as_str(), "text/html" | "application/xhtml+xml" | "application/xml" | "text/xml");
    let is_json = kind == "application/json" || kind.ends_with("+json");
    if is_page || (is_json && medium != Medium::Json) {
        return refuse(&format!("its content type is {kind}"));
    }
    Ok(())
}

fn without_bom(head: &[u8]) -> &[u8] {
    head.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(head)
}

fn starts_like_markup(text: &[u8]) -> bool {
    let start = text.get(..text.len().min(14)).unwrap_or_default().to_ascii_lowercase();
    [&b"<!doctype"[..], b"<html", b"<?xml", b"<head", b"<error", b"<body"]
        .iter()
        .any(|mark| start.starts_with(mark))
}

/// Zoom has sent both `{"status":false,"errorCode":...}` and `{"code":124,"message":...}`.
fn is_error_json(text: &[u8]) -> bool {
    let has = |word: &[u8]| text.windows(word.len()).any(|window| window == word);
    text.starts_with(b"{")
        && (has(b"\"errorCode\"") || has(b"\"errorMessage\"") || (has(b"\"code\"") && has(b"\"message\"")))
}

/// An object, a list, or an empty value.
fn is_json(text: &[u8]) -> bool {
    text.starts_with(b"{") || text.starts_with(b"[") || matches!(text.trim_ascii_end(), b"null" | b"\"\"")
}

/// White space is cut off already; zeros count as blank too.
fn is_blank(text: &[u8]) -> bool {
    text.iter().all(|byte| *byte == 0 || byte.is_ascii_whitespace())
}

/// An ISO media file begins with a box: four bytes of length, then the box's name.
fn is_mp4(head: &[u8]) -> bool {
    matches!(head.get(4..8), Some(b"ftyp" | b"styp" | b"moov" | b"mdat" | b"free" | b"skip" | b"wide"))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::recording::listing;

    fn file(kind: &str, size: u64) -> RecordingFile {
        let object =
            json!({"uuid": "u", "recording_files": [{"id": "a", "file_type": kind, "file_size": size}]});
        listing::read(&object).unwrap().files.remove(0)
    }

    const MP4: &[u8] = b"\0\0\0\x20ftypisom";
    const PAGE: &[u8] = b"\n <!DOCTYPE html><html>";
    const FORBIDDEN: &[u8] = br#"{"status":false,"errorCode":3,"errorMessage":"Forbidden"}"#;

    #[test]
    fn recordings_pass() {
        for (kind, content_type, head) in [
            ("MP4", "video/mp4", MP4),
            ("M4A", "application/octet-stream", MP4),
            ("TRANSCRIPT", "text/vtt", b"\xEF\xBB\xBFWEBVTT\n"),
            ("TIMELINE", "application/json", br#"{"timeline":[]}"#),
            ("CHAT", "text/plain; charset=utf-8", b"00:01 Ann: <3 hello"),
            ("WHATEVER", "", b"\x01\x02"),
        ] {
            assert_eq!(check(&file(kind, 99), content_type, head, Some(1000)), Ok(()), "{kind}");
        }
    }

    #[test]
    fn a_text_without_content_is_no_page_and_a_video_without_a_byte_is_none() {
        for kind in ["CHAT", "TRANSCRIPT", "TIMELINE", "TB"] {
            for head in [&b""[..], b" \r\n", b"\xEF\xBB\xBF", b"\0\0"] {
                for listed in [0, 14_321] {
                    assert_eq!(check(&file(kind, listed), "", head, None), Ok(()), "{kind} {head:?}");
                }
            }
        }
        for head in [&b"null"[..], b"\"\"\n", b"{}", b" [ ]"] {
            assert_eq!(check(&file("TIMELINE", 99), "application/json", head, Some(4)), Ok(()), "{head:?}");
        }
        for kind in ["MP4", "M4A"] {
            for (listed, total) in [(99, None), (99, Some(0)), (0, Some(0)), (0, None)] {
                let judged = check(&file(kind, listed), "video/mp4", b"", total);
                assert!(matches!(judged, Err(NotTheFile::Empty(_))), "{kind} {listed} {total:?}");
            }
            assert!(matches!(check(&file(kind, 99), "", b" \n", Some(2)), Err(NotTheFile::Other(_))));
        }
    }

    #[test]
    fn pages_and_messages_do_not() {
        for kind in ["MP4", "M4A", "TRANSCRIPT", "CHAT", "TIMELINE", "SUMMARY", "TB", "CSV", "WHATEVER"] {
            for (content_type, head) in
                [("text/html; charset=utf-8", MP4), ("video/mp4", PAGE), ("", FORBIDDEN)]
            {
                assert!(
                    check(&file(kind, 99), content_type, head, Some(1000)).is_err(),
                    "{kind} {content_type}"
                );
                assert!(check(&file(kind, 99), content_type, head, None).is_err(), "{kind} {content_type}");
            }
        }
        assert!(check(&file("MP4", 99), "application/json", MP4, Some(99)).is_err());
    }

    #[test]
    fn an_odd_beginning_needs_the_listed_length() {
        let odd = b"\x00\x01\x02\x03\x04\x05\x06\x07\x08";
        assert_eq!(check(&file("MP4", 99), "video/mp4", odd, Some(99)), Ok(()));
        assert!(check(&file("MP4", 99), "video/mp4", odd, Some(98)).is_err());
        assert!(check(&file("MP4", 0), "video/mp4", odd, None).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_are_judged(head in proptest::collection::vec(any::<u8>(), 0..HEAD_BYTES), kind in "[A-Z]{0,9}") {
            let _either_is_fine = check(&file(&kind, 5), "video/mp4", &head, Some(5));
        }
    }
}
