//! Scans a file's bytes as they pass, to find out if the file has any content. Pure.
//!
//! Zoom sometimes lists a transcript as completed and still answers with an empty body, or with a header only, for
//! a while. Such a body is valid and ends properly, but it is not the file. The scan's memory does not grow with
//! the file.

use serde_json::Value;

use super::Medium;

/// Most bytes of a JSON file that are kept for parsing, without white space. A longer file has content.
const JSON_KEPT_MAX: usize = 4 * 1024;

/// Most bytes of a line that are kept. A cue's times are in the first 30.
const LINE_KEPT_MAX: usize = 256;

/// Result of a scan of the whole body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Body {
    pub size: u64,
    /// True if there is no content: no byte, or, depending on the format, no cue, no value, or only white space.
    pub is_empty: bool,
}

/// A scan in progress.
#[derive(Debug, Clone)]
pub struct Scan {
    size: u64,
    seen: ScanState,
}

#[derive(Debug, Clone)]
enum ScanState {
    /// Any byte is content.
    Media,
    /// Any other text: true once it has a character that is not white space.
    Text {
        has_content: bool,
    },
    Json(Json),
    Vtt(Vtt),
}

/// The bytes without white space; `None` once there are too many.
#[derive(Debug, Clone)]
struct Json(Option<Vec<u8>>);

/// A transcript, line by line.
#[derive(Debug, Clone, Default)]
struct Vtt {
    line: Vec<u8>,
    /// True within a block that is not a cue: a comment, a style sheet, a region.
    is_aside: bool,
    has_cue: bool,
}

impl Scan {
    /// Starts a scan of a file in this format.
    pub fn new(medium: Medium) -> Self {
        let seen = match medium {
            Medium::Video | Medium::Audio => ScanState::Media,
            Medium::Json => ScanState::Json(Json(Some(Vec::new()))),
            Medium::Vtt => ScanState::Vtt(Vtt::default()),
            Medium::Other => ScanState::Text { has_content: false },
        };
        Self { size: 0, seen }
    }

    /// Scans the next bytes.
    pub fn absorb(&mut self, bytes: &[u8]) {
        self.size = self.size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        match &mut self.seen {
            ScanState::Media => {}
            ScanState::Text { has_content } => *has_content = *has_content || !bytes.iter().all(is_blank),
            ScanState::Json(json) => json.absorb(bytes),
            ScanState::Vtt(vtt) => vtt.absorb(bytes),
        }
    }

    /// Ends the scan after the last byte.
    pub fn end(mut self) -> Body {
        let is_empty = match &mut self.seen {
            ScanState::Media => false,
            ScanState::Text { has_content } => !*has_content,
            ScanState::Json(json) => json.is_empty(),
            ScanState::Vtt(vtt) => {
                vtt.end_line();
                !vtt.has_cue
            }
        };
        Body { size: self.size, is_empty: is_empty || self.size == 0 }
    }
}

impl Json {
    fn absorb(&mut self, bytes: &[u8]) {
        let Some(kept) = &mut self.0 else { return };
        kept.extend(bytes.iter().filter(|byte| !is_blank(byte)).take(JSON_KEPT_MAX + 1));
        if kept.len() > JSON_KEPT_MAX {
            self.0 = None;
        }
    }

    fn is_empty(&self) -> bool {
        let Some(kept) = &self.0 else { return false };
        kept.is_empty() || serde_json::from_slice(kept).is_ok_and(|value: Value| holds_nothing(&value))
    }
}

/// True if it contains no value at any depth.
fn holds_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.iter().all(holds_nothing),
        Value::Object(fields) => fields.values().all(holds_nothing),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

impl Vtt {
    fn absorb(&mut self, bytes: &[u8]) {
        if self.has_cue {
            return;
        }
        for byte in bytes {
            if matches!(byte, b'\n' | b'\r') {
                self.end_line();
            } else if self.line.len() < LINE_KEPT_MAX {
                self.line.push(*byte);
            }
        }
    }

    /// A cue is a line with two times (WebVTT, 4.1): `00:00:01.000 --> 00:00:04.000`.
    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = line.strip_prefix(MARK).unwrap_or(&line).trim_ascii();
        let has_arrow = line.windows(3).any(|window| window == b"-->");
        if line.is_empty() {
            self.is_aside = false;
        } else if [&b"NOTE"[..], b"STYLE", b"REGION"].iter().any(|word| line.starts_with(word)) {
            self.is_aside = true;
        } else if has_arrow && !self.is_aside && line.first().is_some_and(u8::is_ascii_digit) {
            self.has_cue = true;
        }
    }
}

/// A byte order mark in UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// White space, zeros, and the bytes of byte order marks: they are no content.
fn is_blank(byte: &u8) -> bool {
    byte.is_ascii_whitespace() || matches!(byte, 0 | 0x0B | 0xEF | 0xBB | 0xBF | 0xFE | 0xFF)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_empty(medium: Medium, bytes: &[u8]) -> bool {
        let mut scan = Scan::new(medium);
        scan.absorb(bytes);
        scan.end().is_empty
    }

    #[test]
    fn what_holds_nothing_is_seen_by_its_kind() {
        for bytes in ["", " \r\n\t ", "\u{feff}", "\u{feff} \n", "\0\0\0\0"] {
            for medium in [Medium::Vtt, Medium::Json, Medium::Other] {
                assert!(is_empty(medium, bytes.as_bytes()), "{medium:?} {bytes:?}");
            }
        }
        for json in [
            "{}",
            "[]",
            " [ ] ",
            "null",
            "\"\"",
            "{\"timeline\":[]}",
            "[{},null,[\"\"]]",
            "\u{feff}{}\n",
            "{ \"a\" : \" \" }",
        ] {
            assert!(is_empty(Medium::Json, json.as_bytes()), "{json}");
        }
        for vtt in [
            "WEBVTT",
            "\u{feff}WEBVTT\r\n\r\n",
            "WEBVTT - made by Zoom\n\nNOTE nobody spoke\n\nNOTE\n00:01 was quiet\n2 of 3\n",
            "WEBVTT\n\nSTYLE\n::cue { color: red }\n\n",
            "WEBVTT\n\n1\n\n2\n",
            "WEBVTT\n\nNOTE\n00:00:00.000 --> 00:00:01.000\nremoved\n",
            "WEBVTT\n\nAnn --> Bob\n",
        ] {
            assert!(is_empty(Medium::Vtt, vtt.as_bytes()), "{vtt}");
        }
    }

    #[test]
    fn what_holds_something_is_not_empty() {
        for json in ["{\"a\":1}", "[false]", "\"x\"", "0", "{\"a\":[{\"b\":\"c\"}]}", "{\"a\":", "["] {
            assert!(!is_empty(Medium::Json, json.as_bytes()), "{json}");
        }
        assert!(
            !is_empty(Medium::Json, format!("[{}]", "[],".repeat(3_000)).as_bytes()),
            "too long to be nothing"
        );
        for vtt in [
            "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nHello\n",
            "\u{feff}WEBVTT\r\n\r\n1\r\n00:01.000 --> 00:04.000\r\nHello",
            "WEBVTT\n\nNOTE a comment\n\n00:00:01.000 --> 00:00:04.000",
            "WEBVTT\r\r00:00:01.000 --> 00:00:04.000\rHello",
        ] {
            assert!(!is_empty(Medium::Vtt, vtt.as_bytes()), "{vtt}");
        }
        assert!(!is_empty(Medium::Other, b" \n."));
        assert!(!is_empty(Medium::Other, "é".as_bytes()));
        for medium in [Medium::Video, Medium::Audio] {
            assert!(is_empty(medium, b"") && !is_empty(medium, b"\0"));
        }
    }

    proptest! {
        #[test]
        fn it_does_not_matter_in_what_pieces_bytes_come(text in "(WEBVTT|NOTE|\\{|\\}|\\[|\"|[0-9]|-->| |\n|\r){0,40}", size in 1_usize..7) {
            for medium in [Medium::Vtt, Medium::Json, Medium::Other, Medium::Video] {
                let mut scan = Scan::new(medium);
                text.as_bytes().chunks(size).for_each(|piece| scan.absorb(piece));
                let body = scan.end();
                prop_assert_eq!(body.is_empty, is_empty(medium, text.as_bytes()));
                prop_assert_eq!(body.size, text.len() as u64);
            }
        }
    }
}
