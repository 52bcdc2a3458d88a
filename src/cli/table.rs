//! Aligned plain text for terminals.

use std::io::{self, Write};

use crate::untrusted::is_control;

/// Widest cell, in characters: a long topic must not push the other columns off the screen.
const CELL_CHARS_MAX: usize = 48;

/// Between two columns.
const GAP: &str = "  ";

/// Rows under a heading. Each column is as wide as its widest cell.
#[derive(Debug)]
pub(super) struct Table {
    rows: Vec<Vec<String>>,
    /// The column whose cells are never cut: names that a person copies.
    whole: Option<usize>,
}

impl Table {
    /// A table with these headings.
    pub(super) fn new(headings: &[&str]) -> Self {
        Self { rows: vec![headings.iter().map(|heading| (*heading).to_owned()).collect()], whole: None }
    }

    /// Never cuts the cells of the column with this heading.
    pub(super) fn whole(mut self, heading: &str) -> Self {
        self.whole = self.rows.first().and_then(|row| row.iter().position(|known| known == heading));
        self
    }

    /// Adds a row.
    pub(super) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        let whole = self.whole;
        let shown = |(column, cell): (usize, String)| match plain(&cell) {
            cell if whole == Some(column) => cell,
            cell => shorten(&cell),
        };
        self.rows.push(cells.into_iter().enumerate().map(shown).collect());
    }

    /// Writes all rows.
    pub(super) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for row in &self.rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            writeln!(out, "{}", cells.collect::<Vec<_>>().join(GAP).trim_end())?;
        }
        Ok(())
    }
}

/// Makes text from outside safe: it cannot move the cursor, colour the terminal or reverse the reading direction.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if is_control(c) { ' ' } else { c }).collect()
}

fn shorten(text: &str) -> String {
    if text.chars().count() <= CELL_CHARS_MAX {
        return text.to_owned();
    }
    text.chars().take(CELL_CHARS_MAX - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_copied_is_never_cut() {
        let mut table = Table::new(&["topic", "name"]).whole("name");
        table.row(["a".repeat(60), "b".repeat(60)]);
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert!(text.contains(&"b".repeat(60)) && !text.contains(&"a".repeat(60)), "{text}");
    }

    #[test]
    fn columns_align_and_control_characters_are_gone() {
        let mut table = Table::new(&["id", "topic", "x"]);
        table.row(["1".into(), "a\u{1b}[31mb\u{202e}c".into(), "y".into()]);
        table.row(["200".into(), "ü".repeat(60), String::new()]);
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], format!("id   topic{}  x", " ".repeat(43)));
        assert!(lines[1].starts_with("1    a [31mb c ") && lines[1].ends_with("  y"), "{text}");
        assert_eq!(lines[2], format!("200  {}…", "ü".repeat(47)));
    }
}
