//! Reads text from editors and clipboards: with a byte order mark, in UTF-16, with invisible characters. Characters
//! that can only be an accident are removed; others are reported.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::trust;

/// Why bytes are not usable text. Never quotes them, because they may be secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NotText {
    /// Some Windows editors and shells write it.
    #[error("it is written in UTF-16: save it as UTF-8")]
    Utf16,
    /// Rare.
    #[error("it is written in UTF-32: save it as UTF-8")]
    Utf32,
    /// No text contains one.
    #[error("it contains a NUL byte: it is not text, or not written in UTF-8")]
    Nul,
    /// Mostly an older encoding.
    #[error("it is not written in UTF-8 (line {line}): save it as UTF-8")]
    OtherEncoding {
        /// Counted from 1.
        line: usize,
    },
}

/// Some editors put it in front of UTF-8.
const UTF8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// Decodes text, and removes a byte order mark.
pub(super) fn decode(bytes: &[u8]) -> Result<String, NotText> {
    // The mark of little-endian UTF-32 begins like that of UTF-16.
    if bytes.starts_with(b"\xFF\xFE\0\0") || bytes.starts_with(b"\0\0\xFE\xFF") {
        return Err(NotText::Utf32);
    }
    if bytes.starts_with(b"\xFF\xFE") || bytes.starts_with(b"\xFE\xFF") {
        return Err(NotText::Utf16);
    }
    if bytes.contains(&0) {
        return Err(if looks_like_utf16(bytes) { NotText::Utf16 } else { NotText::Nul });
    }
    let bytes = bytes.strip_prefix(UTF8_MARK).unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        NotText::OtherEncoding { line: 1 + before.iter().filter(|byte| **byte == b'\n').count() }
    })?;
    Ok(text.to_owned())
}

/// Detects UTF-16 without a mark: in settings, nearly every second byte is NUL, and none of the others.
fn looks_like_utf16(bytes: &[u8]) -> bool {
    let nuls = |first: usize| bytes.iter().skip(first).step_by(2).filter(|byte| **byte == 0).count();
    let (even, odd) = (nuls(0), nuls(1));
    even.min(odd) == 0 && even.max(odd) * 4 >= bytes.len()
}

/// Reads a file of at most `bytes_max` bytes that a setting names.
pub(super) fn read(path: &Path, bytes_max: u64) -> io::Result<String> {
    let refused = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    trust::check_named(path).map_err(|distrust| refused(distrust.to_string()))?;
    let mut bytes = Vec::new();
    File::open(path)?.take(bytes_max + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > bytes_max {
        return Err(refused(format!("it has more than {bytes_max} bytes")));
    }
    decode(&bytes).map_err(|error| refused(error.to_string()))
}

/// True for an invisible character that no value is meant to contain. The space is not among them.
fn is_hidden(c: char) -> bool {
    let is_odd_space = c.is_whitespace() && c != ' ';
    c.is_control() || is_odd_space || is_ignorable(c)
}

/// Unicode's default-ignorable characters, and blanks that are not white space in its tables.
fn is_ignorable(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}')
        || matches!(c, '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}')
        || matches!(c, '\u{2060}'..='\u{206F}' | '\u{2800}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}')
        || matches!(c, '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}')
        || matches!(c, '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// The value without visible or invisible blanks around it: line ends, no-break spaces, byte order marks.
pub(super) fn trimmed(value: &str) -> &str {
    value.trim_matches(|c| c == ' ' || is_hidden(c))
}

/// The reason why a secret or an id cannot be intended; `None` if it can. Never quotes it.
pub(super) fn slip(value: &str) -> Option<String> {
    if let Some(hidden) = value.chars().find(|c| is_hidden(*c)) {
        let code = u32::from(hidden);
        return Some(format!("contains an invisible character (U+{code:04X}): copy or type it again"));
    }
    is_quoted(value)
        .then(|| "has quotation marks around it, which count as a part of it: remove them".to_owned())
}

fn is_quoted(value: &str) -> bool {
    const PAIRS: [(char, char); 7] =
        [('"', '"'), ('\'', '\''), ('`', '`'), ('“', '”'), ('„', '“'), ('‘', '’'), ('«', '»')];
    let mut chars = value.chars();
    let ends = chars.next().zip(chars.next_back());
    ends.is_some_and(|ends| PAIRS.contains(&ends))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn utf16(text: &str, order: fn(u16) -> [u8; 2], mark: &[u8]) -> Vec<u8> {
        mark.iter().copied().chain(text.encode_utf16().flat_map(order)).collect()
    }

    #[test]
    fn a_mark_is_taken_away_and_other_encodings_are_named() {
        let text = "ZOOM_CLIENT_SECRET=abc\r\n";
        assert_eq!(decode(text.as_bytes()).as_deref(), Ok(text));
        assert_eq!(decode(format!("\u{feff}{text}").as_bytes()).as_deref(), Ok(text));
        assert_eq!(decode(b"").as_deref(), Ok(""));
        let le: fn(u16) -> [u8; 2] = u16::to_le_bytes;
        let be: fn(u16) -> [u8; 2] = u16::to_be_bytes;
        for (order, mark) in [(le, &b"\xFF\xFE"[..]), (be, b"\xFE\xFF"), (le, b""), (be, b"")] {
            for text in [text, "x", "Schlüssel=ü"] {
                assert_eq!(decode(&utf16(text, order, mark)), Err(NotText::Utf16), "{text:?} {mark:?}");
            }
        }
        assert_eq!(decode(b"\xFF\xFE\0\0a\0\0\0"), Err(NotText::Utf32));
        assert_eq!(decode(b"abcdefg\0\0"), Err(NotText::Nul));
        assert_eq!(decode(b"one\nZ\xFCrich"), Err(NotText::OtherEncoding { line: 2 }));
    }

    #[test]
    fn what_surrounds_a_value_goes_and_what_is_hidden_in_it_is_found() {
        for around in ["\u{feff}", "\r\n", "\u{a0}", " \u{200b}\t", "\u{2060}\u{3000}", "\n\n", "\u{85}"] {
            assert_eq!(trimmed(&format!("{around}a b{around}")), "a b", "{around:?}");
        }
        assert_eq!(slip("a b-c_Ü"), None);
        for hidden in ["\u{feff}", "\n", "\u{a0}", "\u{200b}", "\u{7f}", "\u{ad}", "\u{202e}", "\u{2028}"] {
            let said = slip(&format!("hunter{hidden}2")).unwrap();
            assert!(said.contains("U+") && !said.contains("hunter"), "{said}");
        }
        for quoted in ["\"hunter2\"", "'hunter2'", "“hunter2”", "`hunter2`"] {
            assert!(slip(quoted).is_some_and(|said| !said.contains("hunter")), "{quoted}");
        }
        assert_eq!((slip("\"a"), slip("it's"), slip("\"")), (None, None, None));
    }

    proptest! {
        #[test]
        fn whatever_is_saved_as_utf16_is_never_taken_for_text(text in "[ -~\u{e0}-\u{ff}\n]{1,40}", big: bool) {
            let bytes = utf16(&text, if big { u16::to_be_bytes } else { u16::to_le_bytes }, b"");
            prop_assert_eq!(decode(&bytes), Err(NotText::Utf16));
        }

        #[test]
        fn what_is_written_in_utf8_is_read(text in "[^\u{0}\u{feff}][^\u{0}]{0,40}") {
            prop_assert_eq!(decode(text.as_bytes()), Ok(text.clone()));
            prop_assert_eq!(decode(format!("\u{feff}{text}").as_bytes()), Ok(text));
        }
    }
}
