//! Makes text from outside safe to print: no character of it can end a log line, forge another one, control a
//! terminal or reverse the reading direction.
//!
//! Topics, uuids and servers' error messages appear in logs and tables, some of them inside several errors that
//! quote each other. So the escaping is not left to the callers; every line passes through here.

use std::borrow::Cow;
use std::fmt::{self, Write as _};
use std::io;

use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{self, Writer};

/// True if a character controls the output: control characters (line ends, escape codes, C1), Unicode's line and
/// paragraph separators, and the marks that reverse the reading direction.
pub fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{061C}' | '\u{200E}' | '\u{200F}')
        || matches!(c, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

/// Escapes each of these characters as `\u001b`, in JSON's notation.
pub fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_active(c) {
            // All of these characters have at most four hex digits. Writing into a String cannot fail.
            let _ = write!(safe, "\\u{:04x}", u32::from(c));
        } else {
            safe.push(c);
        }
    }
    Cow::Owned(safe)
}

/// Formats an event's message and fields as text, each escaped. Colours are added elsewhere (the level, the time),
/// so they differ from those that a sender included.
pub(super) fn fields() -> impl for<'w> FormatFields<'w> + Send + Sync + 'static {
    format::debug_fn(|writer, field, value| {
        let mut safe = Escaping(writer);
        match field.name() {
            "message" => write!(safe, "{value:?}"),
            name => write!(safe, "{name}={value:?}"),
        }
    })
    .delimited(" ")
}

struct Escaping<'a, 'w>(&'a mut Writer<'w>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0.write_str(&escaped(text))
    }
}

/// Escapes whole lines. For JSON: its strings may contain characters that control a terminal (DEL, C1, direction
/// marks), and outside of strings no such character can be.
#[derive(Debug)]
pub(super) struct Lines<W>(pub(super) W);

impl<W: io::Write> io::Write for Lines<W> {
    /// The subscriber writes every event in one call, with one line end.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let (line, end) = text.strip_suffix('\n').map_or((&*text, ""), |line| (line, "\n"));
        self.0.write_all(format!("{}{end}", escaped(line)).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_read_stays_and_what_acts_is_spelled_out() {
        assert_eq!(escaped("Probe «Ωμέγα» 🎭 שלום"), "Probe «Ωμέγα» 🎭 שלום");
        assert_eq!(escaped("a\r\n\tb\u{1b}[31m\u{7f}"), "a\\u000d\\u000a\\u0009b\\u001b[31m\\u007f");
        assert_eq!(escaped("\u{85}\u{9b}\u{2028}\u{202e}\u{2069}"), "\\u0085\\u009b\\u2028\\u202e\\u2069");
    }

    proptest! {
        #[test]
        fn no_line_of_json_is_broken_or_changed_in_meaning(text in any::<String>()) {
            let line = format!("{}\n", serde_json::json!({"message": text}));
            let mut written = Vec::new();
            io::Write::write_all(&mut Lines(&mut written), line.as_bytes()).unwrap();
            let written = String::from_utf8(written).unwrap();
            prop_assert!(!written.trim_end_matches('\n').contains(is_active));
            let read: serde_json::Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(read["message"].as_str(), Some(&*text));
        }
    }
}
