//! A1 notation: `Joins!A1:G12`, `'A tab'!B2`, or the name of a tab.

use std::ops::Range;

use super::grid::Tab;
use super::{Spreadsheet, invalid};
use crate::sandbox::faults::Canned;

/// A part of a tab. An open end is the tab's own.
pub(super) struct Area {
    /// The tab's place.
    pub(super) tab: usize,
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
    /// Whether the range names its end: then nothing may be written beyond.
    pub(super) is_closed: bool,
}

impl Area {
    pub(super) fn parse(book: &Spreadsheet, text: &str) -> Result<Self, Canned> {
        let unreadable = || invalid(format!("Unable to parse range: {text}"));
        let (title, cells) = match text.rsplit_once('!') {
            Some((title, cells)) => (Some(title), Some(cells)),
            None if book.tab(&unquoted(text)).is_some() => (Some(text), None),
            None => (None, Some(text)),
        };
        let tab = match title {
            None => 0,
            Some(title) => {
                let title = unquoted(title);
                book.tabs.iter().position(|tab| tab.title == title).ok_or_else(unreadable)?
            }
        };
        let size = &book.tabs[tab];
        let Some(cells) = cells else {
            return Ok(Self { tab, rows: 0..size.rows, columns: 0..size.columns, is_closed: false });
        };
        let (first, last) = match cells.split_once(':') {
            Some((first, last)) => (first, Some(last)),
            None => (cells, None),
        };
        let (row, column) = cell(first).ok_or_else(unreadable)?;
        let (rows, columns) = match last {
            None => (row..row + 1, column..column + 1),
            Some(last) => {
                let (end_row, end_column) = cell(last).ok_or_else(unreadable)?;
                if end_row < row || end_column < column {
                    return Err(unreadable());
                }
                (row..end_row + 1, column..end_column + 1)
            }
        };
        Ok(Self { tab, rows, columns, is_closed: last.is_some() })
    }

    /// Fails if a part of it lies outside of the tab.
    pub(super) fn check_inside(&self, tab: &Tab) -> Result<(), Canned> {
        if self.rows.end <= tab.rows && self.columns.end <= tab.columns {
            return Ok(());
        }
        Err(outside(&self.name(tab), tab))
    }

    /// Its name with the tab.
    pub(super) fn name(&self, tab: &Tab) -> String {
        let (first, last) =
            (name(self.rows.start, self.columns.start), name(self.rows.end - 1, self.columns.end - 1));
        let title = quoted(&tab.title);
        if first == last { format!("{title}!{first}") } else { format!("{title}!{first}:{last}") }
    }
}

pub(super) fn outside(range: &str, tab: &Tab) -> Canned {
    let Tab { rows, columns, .. } = tab;
    invalid(format!("Range ({range}) exceeds grid limits. Max rows: {rows}, max columns: {columns}"))
}

/// `AB12` as row and column from 0.
fn cell(text: &str) -> Option<(usize, usize)> {
    let digits = text.find(|c: char| c.is_ascii_digit())?;
    let (letters, number) = text.split_at(digits);
    if letters.is_empty() || letters.len() > 3 || !letters.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return None;
    }
    let column = letters.bytes().fold(0, |sum, byte| sum * 26 + usize::from(byte - b'A') + 1);
    let row: usize = number.parse().ok()?;
    Some((row.checked_sub(1)?, column - 1))
}

fn name(row: usize, column: usize) -> String {
    format!("{}{}", letters(column), row + 1)
}

/// The name of a column from 0.
pub(super) fn letters(column: usize) -> String {
    let (mut rest, mut letters) = (column + 1, Vec::new());
    while rest > 0 {
        // A remainder of 26 fits into a byte.
        letters.push(b'A' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

fn unquoted(title: &str) -> String {
    match title.strip_prefix('\'').and_then(|title| title.strip_suffix('\'')) {
        Some(inside) => inside.replace("''", "'"),
        None => title.to_owned(),
    }
}

fn quoted(title: &str) -> String {
    let is_plain = title.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_plain { title.to_owned() } else { format!("'{}'", title.replace('\'', "''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_named_and_read() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(column), name);
            assert_eq!(cell(&format!("{name}7")), Some((6, column)));
        }
        for bad in ["", "A", "7", "A0", "a1", "A1B", "AAAA1"] {
            assert_eq!(cell(bad), None, "{bad}");
        }
    }
}
