//! Text from outside, made safe to show: no character of it can end a log line, forge another one, colour a
//! terminal or turn the reading direction round.
//!
//! A topic, a meeting's uuid, a server's error message: all of them end in logs and tables, some by way of
//! several errors that quote each other. So it is not left to those who log; every line passes here.

use std::fmt::{self, Write as _};
use std::io;

use tracing_subscriber::field::MakeExt;
use tracing_subscriber::fmt::FormatFields;
use tracing_subscriber::fmt::format::{self, Writer};

use crate::untrusted::escape_untrusted;

/// Writes an event's message and fields as text, each escaped. Colours come from elsewhere (the level, the
/// time), so that they need not be told from those that somebody sent.
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

/// Takes whole lines and passes them on escaped. For JSON: its strings may hold what moves a terminal
/// (DEL, C1, direction marks), and outside of strings no such character can stand.
#[derive(Debug)]
pub(super) struct Lines<W>(pub(super) W);

impl<W: io::Write> io::Write for Lines<W> {
    /// The subscriber writes every event whole, with one line end.
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
