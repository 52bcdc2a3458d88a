//! Makes text from outside safe to print: no character of it can end a log line, forge another one, control a
//! terminal or reverse the reading direction.
//!
//! Topics, uuids and servers' error messages appear in logs and tables, some of them inside several errors that
//! quote each other. So the escaping is not left to the callers; every line passes through here.

use std::fmt::{self, Write as _};
use std::io;

use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{self, Writer};

use crate::untrusted::escape_untrusted;

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
        self.0.write_str(&escape_untrusted(text))
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
        self.0.write_all(format!("{}{end}", escape_untrusted(line)).as_bytes())?;
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
    use crate::untrusted::is_control;

    proptest! {
        #[test]
        fn no_line_of_json_is_broken_or_changed_in_meaning(text in any::<String>()) {
            let line = format!("{}\n", serde_json::json!({"message": text}));
            let mut written = Vec::new();
            io::Write::write_all(&mut Lines(&mut written), line.as_bytes()).unwrap();
            let written = String::from_utf8(written).unwrap();
            prop_assert!(!written.trim_end_matches('\n').contains(is_control));
            let read: serde_json::Value = serde_json::from_str(&written).unwrap();
            prop_assert_eq!(read["message"].as_str(), Some(&*text));
        }
    }
}
