//! One tab: its size, its cells, and how they look.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use serde_json::{Value, json};

/// What is in a cell. An empty one is in no map.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Text.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Flag(bool),
    /// A formula, with the `=`.
    Formula(String),
}

impl Content {
    /// What the cell holds, once a formula is computed.
    pub fn value(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Flag(flag) => json!(flag),
            // Sheets has one kind of numbers, and writes those without a fraction as integers.
            Self::Number(number) if number.fract() == 0.0 && number.abs() < 1e15 => json!(*number as i64),
            Self::Number(number) => json!(number),
            Self::Formula(formula) => json!(computed(formula)),
        }
    }
}

/// A formula's value. The sandbox knows the one with which people lure others.
fn computed(formula: &str) -> &str {
    let arguments = formula.strip_prefix("=HYPERLINK(").and_then(|rest| rest.strip_suffix(')'));
    let label = arguments.and_then(|arguments| arguments.rsplit('"').nth(1));
    label.unwrap_or("#NAME?")
}

/// Formats of a part of a tab, by the paths of their fields.
#[derive(Debug, Clone)]
pub(super) struct Stroke {
    pub(super) rows: Range<usize>,
    pub(super) columns: Range<usize>,
    pub(super) fields: Vec<(String, Value)>,
}

/// One tab of a spreadsheet.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the names explain the fields")]
pub struct Tab {
    pub id: i64,
    pub title: String,
    pub rows: usize,
    pub columns: usize,
    pub frozen_rows: usize,
    pub frozen_columns: usize,
    /// By row and column, both from 0.
    pub cells: BTreeMap<(usize, usize), Content>,
    /// Columns that were made as wide as their content.
    pub sized_columns: BTreeSet<usize>,
    pub(super) strokes: Vec<Stroke>,
}

impl Tab {
    pub(super) fn new(id: i64, title: String, rows: usize, columns: usize) -> Self {
        Self {
            id,
            title,
            rows,
            columns,
            frozen_rows: 0,
            frozen_columns: 0,
            cells: BTreeMap::new(),
            sized_columns: BTreeSet::new(),
            strokes: Vec::new(),
        }
    }

    /// Every row up to the last one with content, each up to its last cell with content.
    pub fn table(&self) -> Vec<Vec<Value>> {
        self.shown(0..self.rows, 0..self.columns, Content::value)
    }

    pub(super) fn shown(
        &self,
        rows: Range<usize>,
        columns: Range<usize>,
        show: impl Fn(&Content) -> Value,
    ) -> Vec<Vec<Value>> {
        let cell = |row: usize, column: usize| self.cells.get(&(row, column));
        let is_filled = |row: &usize| columns.clone().any(|column| cell(*row, column).is_some());
        let last = rows.clone().rev().find(is_filled);
        let line = |row: usize| {
            let end = columns.clone().rev().find(|column| cell(row, *column).is_some());
            let filled = columns.start..end.map_or(columns.start, |end| end + 1);
            filled.map(|column| cell(row, column).map_or_else(|| json!(""), &show)).collect()
        };
        (rows.start..last.map_or(rows.start, |last| last + 1)).map(line).collect()
    }

    /// The value of a format's field at a cell, for example `userEnteredFormat.textFormat.bold`.
    pub fn format(&self, row: usize, column: usize, path: &str) -> Option<&Value> {
        let holds = |stroke: &&Stroke| stroke.rows.contains(&row) && stroke.columns.contains(&column);
        let mut strokes = self.strokes.iter().rev().filter(holds);
        strokes
            .find_map(|stroke| stroke.fields.iter().find(|(known, _)| known == path))
            .map(|(_, value)| value)
    }

    /// Sets the size; what lies outside is gone.
    pub(super) fn resize(&mut self, rows: usize, columns: usize) {
        (self.rows, self.columns) = (rows, columns);
        self.cells.retain(|(row, column), _| *row < rows && *column < columns);
    }

    pub(super) fn json(&self, index: usize) -> Value {
        let mut grid = json!({"rowCount": self.rows, "columnCount": self.columns});
        // Zeros are left out.
        if self.frozen_rows > 0 {
            grid["frozenRowCount"] = json!(self.frozen_rows);
        }
        if self.frozen_columns > 0 {
            grid["frozenColumnCount"] = json!(self.frozen_columns);
        }
        json!({"sheetId": self.id, "title": self.title, "index": index, "sheetType": "GRID", "gridProperties": grid})
    }
}
