//! The structure of a spreadsheet: its tabs, their sizes, and how they look. Pure.

use serde_json::{Value, json};

use super::SheetError;
use crate::attendance::Tab;

/// The ids of the second tab and those after it. The first one's is Google's.
const FIRST_ID: i64 = 1001;

/// Where a tab is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    id: i64,
    /// If it is there already.
    exists: bool,
}

/// The place of each tab. The first tab of a new spreadsheet has a name in its owner's language, so it is known by
/// its position.
pub(super) fn places(known: &Value, tabs: &[Tab]) -> Result<Vec<Place>, SheetError> {
    let known: Vec<(i64, &str)> = known["sheets"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|sheet| &sheet["properties"])
        // Zeros may be left out.
        .map(|properties| {
            (properties["sheetId"].as_i64().unwrap_or(0), properties["title"].as_str().unwrap_or(""))
        })
        .collect();
    let others: Vec<i64> = (FIRST_ID..).take(tabs.len().saturating_sub(1)).collect();
    let mut candidates = known.iter().filter(|(id, _)| !others.contains(id));
    let named = candidates.clone().find(|(_, title)| tabs.first().is_some_and(|tab| tab.title == *title));
    let Some((first, _)) = named.or_else(|| candidates.next()) else {
        return Err(SheetError::Gone("its first tab was removed".to_owned()));
    };
    let other = |id: &i64| Place { id: *id, exists: known.iter().any(|(known, _)| known == id) };
    Ok(std::iter::once(Place { id: *first, exists: true }).chain(others.iter().map(other)).collect())
}

/// Columns of a tab.
pub(super) fn columns(tab: &Tab) -> usize {
    tab.rows.first().map_or(1, Vec::len).max(1)
}

/// The name of a column, counted from 1: A to Z, then AA.
pub(super) fn letters(column: usize) -> String {
    let (mut letters, mut rest) = (Vec::new(), column);
    while rest > 0 {
        letters.push(b'A' + u8::try_from((rest - 1) % 26).unwrap_or(0));
        rest = (rest - 1) / 26;
    }
    letters.iter().rev().copied().map(char::from).collect()
}

/// The requests that give each tab its name, its size and its looks. Rows and columns beyond the size are gone.
pub(super) fn requests(places: &[Place], tabs: &[Tab]) -> Value {
    let mut requests = Vec::new();
    for (index, (place, tab)) in places.iter().zip(tabs).enumerate() {
        let (frozen, columns) = (usize::from(tab.has_head), columns(tab));
        // Not all rows may be frozen.
        let rows = tab.rows.len().max(frozen + 1);
        let grid = json!({"rowCount": rows, "columnCount": columns, "frozenRowCount": frozen});
        if place.exists {
            let properties = json!({"sheetId": place.id, "title": tab.title, "gridProperties": grid});
            let fields =
                "title,gridProperties.rowCount,gridProperties.columnCount,gridProperties.frozenRowCount";
            requests.push(json!({"updateSheetProperties": {"properties": properties, "fields": fields}}));
        } else {
            let properties =
                json!({"sheetId": place.id, "title": tab.title, "index": index, "gridProperties": grid});
            requests.push(json!({"addSheet": {"properties": properties}}));
        }
        // The names: of the columns in the first row, or of the facts in the first column.
        let head = if tab.has_head { (0..1, 0..columns) } else { (0..rows, 0..1) };
        let bold = json!({"userEnteredFormat": {"textFormat": {"bold": true}}});
        requests.push(repeat(place, head, &bold, "userEnteredFormat.textFormat.bold"));
        if let Some(column) = tab.share_column {
            let percent =
                json!({"userEnteredFormat": {"numberFormat": {"type": "PERCENT", "pattern": "0.0%"}}});
            let below = (frozen..rows, column..column + 1);
            requests.push(repeat(place, below, &percent, "userEnteredFormat.numberFormat"));
        }
    }
    json!({ "requests": requests })
}

/// The requests that make all columns as wide as their content.
pub(super) fn widths(places: &[Place], tabs: &[Tab]) -> Value {
    let requests: Vec<Value> = places
        .iter()
        .zip(tabs)
        .map(|(place, tab)| {
            let dimensions = json!({"sheetId": place.id, "dimension": "COLUMNS", "startIndex": 0,
                "endIndex": columns(tab)});
            json!({"autoResizeDimensions": {"dimensions": dimensions}})
        })
        .collect();
    json!({ "requests": requests })
}

fn repeat(
    place: &Place,
    (rows, columns): (std::ops::Range<usize>, std::ops::Range<usize>),
    cell: &Value,
    fields: &str,
) -> Value {
    let range = json!({"sheetId": place.id, "startRowIndex": rows.start, "endRowIndex": rows.end,
        "startColumnIndex": columns.start, "endColumnIndex": columns.end});
    json!({"repeatCell": {"range": range, "cell": cell, "fields": fields}})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::attendance::Cell;

    fn tabs() -> [Tab; 3] {
        ["Attendance", "Joins", "Meeting"].map(|title| Tab {
            title,
            rows: vec![vec![Cell::Count(1), Cell::Count(2)]],
            has_head: title != "Meeting",
            share_column: None,
        })
    }

    fn known(tabs: &[(i64, &str)]) -> Value {
        let sheet = |(id, title): &(i64, &str)| json!({"properties": {"sheetId": id, "title": title}});
        json!({"sheets": tabs.iter().map(sheet).collect::<Vec<_>>()})
    }

    #[test]
    fn the_first_tab_is_renamed_and_the_others_are_added_once() {
        let place = |id, exists| Place { id, exists };
        let found = places(&known(&[(0, "Аркуш1")]), &tabs()).unwrap();
        assert_eq!(found, [place(0, true), place(1001, false), place(1002, false)]);
        // People may have moved the tabs, and added their own.
        let moved = known(&[(1002, "Meeting"), (7, "Notes"), (0, "Attendance"), (1001, "Joins")]);
        assert_eq!(places(&moved, &tabs()).unwrap(), [place(0, true), place(1001, true), place(1002, true)]);
        assert!(places(&known(&[(1001, "Joins")]), &tabs()).is_err());
    }

    #[test]
    fn a_frozen_head_is_never_the_only_row() {
        let places = places(&known(&[(0, "Sheet1")]), &tabs()).unwrap();
        let requests = requests(&places, &tabs());
        let grid = requests.pointer("/requests/0/updateSheetProperties/properties/gridProperties").unwrap();
        assert_eq!(*grid, json!({"rowCount": 2, "columnCount": 2, "frozenRowCount": 1}));
    }
}
