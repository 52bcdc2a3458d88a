//! What became of a file with one meeting's attendance, in lines or as JSON.

use std::io::Write;

use serde::Serialize;

use super::put::Outcome;
use crate::attendance::{Counts, Sheet};
use crate::cli::write_json;
use crate::recording::Source;
use crate::untrusted::escape_untrusted;

#[derive(Serialize)]
struct View<'a> {
    /// Zoom's instance.
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<&'a str>,
    /// Meet's record, the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    record: Option<&'a str>,
    link: &'a str,
    people: usize,
    expected: Option<usize>,
    absent: Option<usize>,
    /// If this run wrote it; else it was there.
    is_new: bool,
    /// If it holds other facts than the service tells now.
    has_changed: bool,
}

/// A file that was put.
pub(in crate::cli) struct Written<'a> {
    /// The uuid of a meeting, or the name of a record.
    pub id: &'a str,
    pub sheet: &'a Sheet,
    pub outcome: &'a Outcome,
    pub notes: &'a [String],
}

impl Written<'_> {
    /// Prints it.
    ///
    /// # Errors
    /// When `out` cannot be written.
    pub fn print(&self, out: &mut dyn Write, json: bool) -> anyhow::Result<()> {
        let Counts { people, expected, absent } = self.sheet.counts;
        let outcome = self.outcome;
        if json {
            let of = |source| Some(self.id).filter(|_| outcome.source == source);
            let view = View {
                uuid: of(Source::Zoom),
                record: of(Source::Meet),
                link: &outcome.link,
                people,
                expected,
                absent: expected.map(|_| absent),
                is_new: outcome.is_new,
                has_changed: outcome.has_changed,
            };
            return write_json(out, &view);
        }
        writeln!(out, "{}", outcome.told())?;
        let expected = expected.map(|count| format!(", {count} expected, {absent} absent"));
        writeln!(out, "{people} there{}", expected.unwrap_or_default())?;
        for note in self.notes {
            writeln!(out, "note: {}", escape_untrusted(note))?;
        }
        Ok(())
    }
}
