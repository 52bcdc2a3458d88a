//! `spreadsheets:batchUpdate`: changes of a spreadsheet's structure, all or nothing.

use std::ops::Range;

use serde_json::{Value, json};

use super::grid::{Stroke, Tab};
use super::{Spreadsheet, invalid, masks, new_id};
use crate::sandbox::faults::Canned;

/// `POST spreadsheets/{id}:batchUpdate`
pub(super) fn apply(book: &mut Spreadsheet, id: &str, body: &[u8]) -> Result<Value, Canned> {
    let request: Value =
        serde_json::from_slice(body).map_err(|_| invalid("Invalid JSON payload received."))?;
    let known = [
        "commentsViewMode",
        "includeSpreadsheetInResponse",
        "requests",
        "responseIncludeGridData",
        "responseRanges",
    ];
    check_names(&request, &known, "")?;
    let requests = request["requests"].as_array().filter(|requests| !requests.is_empty());
    let requests = requests.ok_or_else(|| invalid("Must specify at least one request."))?;
    // Only a copy is changed until all requests are known to be good.
    let (mut changed, mut replies) = (book.clone(), Vec::new());
    for (index, request) in requests.iter().enumerate() {
        let kind =
            request.as_object().filter(|object| object.len() == 1).and_then(|object| object.iter().next());
        let Some((kind, body)) = kind else {
            return Err(invalid(format!("Invalid requests[{index}]: No request set.")));
        };
        let place = format!("requests[{index}].{kind}");
        let reply = match kind.as_str() {
            "updateSheetProperties" => update(&mut changed, body, &place),
            "addSheet" => add(&mut changed, body, &place),
            "repeatCell" => repeat(&mut changed, body, &place),
            "autoResizeDimensions" => auto_resize(&mut changed, body, &place),
            _ => Err(format!("The sandbox does not model {kind}.")),
        };
        let reply = reply.and_then(|reply| changed.check_size().map(|()| reply));
        replies.push(reply.map_err(|why| {
            // A message of the parser names its place by itself.
            if why.starts_with("Invalid") { invalid(why) } else { invalid(format!("Invalid {place}: {why}")) }
        })?);
    }
    *book = changed;
    Ok(json!({"spreadsheetId": id, "replies": replies}))
}

/// Google's parser refuses names that it does not know.
pub(super) fn check_names(value: &Value, known: &[&str], place: &str) -> Result<(), Canned> {
    names(value, known, place).map_err(invalid)
}

fn names(value: &Value, known: &[&str], place: &str) -> Result<(), String> {
    let at = if place.is_empty() { String::new() } else { format!(" at '{place}'") };
    let Some(object) = value.as_object() else {
        return Err(format!("Invalid JSON payload received. No object{at}."));
    };
    match object.keys().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            Err(format!("Invalid JSON payload received. Unknown name \"{name}\"{at}: Cannot find field."))
        }
        None => Ok(()),
    }
}

const PROPERTIES: &[&str] = &[
    "dataSourceSheetProperties",
    "gridProperties",
    "hidden",
    "index",
    "rightToLeft",
    "sheetId",
    "sheetType",
    "tabColor",
    "tabColorStyle",
    "title",
];
const GRID: &[&str] = &[
    "columnCount",
    "columnGroupControlAfter",
    "frozenColumnCount",
    "frozenRowCount",
    "hideGridlines",
    "rowCount",
    "rowGroupControlAfter",
];

fn check_properties(properties: &Value, place: &str) -> Result<(), String> {
    names(properties, PROPERTIES, &format!("{place}.properties"))?;
    match &properties["gridProperties"] {
        Value::Null => Ok(()),
        grid => names(grid, GRID, &format!("{place}.properties.gridProperties")),
    }
}

fn mask(body: &Value) -> Result<Vec<String>, String> {
    let mask = body["fields"].as_str().unwrap_or_default();
    masks::paths(mask).ok_or_else(|| {
        "At least one field must be listed in 'fields'. (Use '*' to indicate all fields.)".to_owned()
    })
}

/// A count of rows or columns; nothing said is zero.
fn count(value: &Value, what: &str) -> Result<usize, String> {
    match value {
        Value::Null => Ok(0),
        value => value
            .as_u64()
            .and_then(|number| usize::try_from(number).ok())
            .ok_or_else(|| format!("Invalid value at '{what}' (TYPE_INT32), {value}")),
    }
}

fn update(book: &mut Spreadsheet, body: &Value, place: &str) -> Result<Value, String> {
    names(body, &["fields", "properties"], place)?;
    let properties = &body["properties"];
    check_properties(properties, place)?;
    let paths = mask(body)?;
    let id = properties["sheetId"].as_i64().unwrap_or(0);
    let other_titles: Vec<String> =
        book.tabs.iter().filter(|tab| tab.id != id).map(|tab| tab.title.clone()).collect();
    let tab = tab_of(book, id)?;
    let (mut rows, mut columns) = (tab.rows, tab.columns);
    for path in &paths {
        let value = masks::at(properties, path);
        match path.as_str() {
            "title" => {
                let title = value.as_str().unwrap_or_default();
                check_title(title, &other_titles)?;
                tab.title = title.to_owned();
            }
            "gridProperties.rowCount" => rows = count(value, path)?,
            "gridProperties.columnCount" => columns = count(value, path)?,
            "gridProperties.frozenRowCount" => tab.frozen_rows = count(value, path)?,
            "gridProperties.frozenColumnCount" => tab.frozen_columns = count(value, path)?,
            _ => return Err(format!("The sandbox does not model the field {path}.")),
        }
    }
    tab.resize(rows, columns);
    check_grid(tab)?;
    Ok(json!({}))
}

fn check_title(title: &str, others: &[String]) -> Result<(), String> {
    if title.is_empty() || title.chars().count() > 100 {
        return Err("The sheet's name must have 1 to 100 characters.".to_owned());
    }
    // Names that differ only in case are equal.
    if others.iter().any(|other| other.to_lowercase() == title.to_lowercase()) {
        return Err(format!("A sheet with the name \"{title}\" already exists. Please enter another name."));
    }
    Ok(())
}

fn check_grid(tab: &Tab) -> Result<(), String> {
    if tab.rows == 0 || tab.columns == 0 {
        return Err("You can't delete all the rows or columns on the sheet.".to_owned());
    }
    if tab.frozen_rows >= tab.rows || tab.frozen_columns >= tab.columns {
        return Err("You can't freeze all visible rows or columns on the sheet.".to_owned());
    }
    Ok(())
}

fn tab_of(book: &mut Spreadsheet, id: i64) -> Result<&mut Tab, String> {
    book.tabs.iter_mut().find(|tab| tab.id == id).ok_or_else(|| format!("No grid with id: {id}"))
}

fn add(book: &mut Spreadsheet, body: &Value, place: &str) -> Result<Value, String> {
    names(body, &["properties"], place)?;
    let properties = &body["properties"];
    check_properties(properties, place)?;
    let id = properties["sheetId"].as_i64().unwrap_or_else(new_id);
    if id < 0 || book.tabs.iter().any(|tab| tab.id == id) {
        return Err(format!("A sheet with the ID {id} already exists."));
    }
    let title = properties["title"].as_str().map_or_else(|| format!("Аркуш{id}"), str::to_owned);
    check_title(&title, &book.tabs.iter().map(|tab| tab.title.clone()).collect::<Vec<_>>())?;
    let grid = &properties["gridProperties"];
    let size = |name: &str, usual: usize| match &grid[name] {
        Value::Null => Ok(usual),
        value => count(value, name),
    };
    let mut tab = Tab::new(id, title, size("rowCount", 1000)?, size("columnCount", 26)?);
    (tab.frozen_rows, tab.frozen_columns) = (size("frozenRowCount", 0)?, size("frozenColumnCount", 0)?);
    check_grid(&tab)?;
    book.tabs.push(tab);
    let index = book.tabs.len() - 1;
    Ok(json!({"addSheet": {"properties": book.tabs[index].json(index)}}))
}

/// Rows and columns of a `GridRange`. An end that is not named is the tab's own.
fn grid_range(tab: &Tab, range: &Value) -> Result<(Range<usize>, Range<usize>), String> {
    let part = |start: &str, end: &str, most: usize, kind: &str| {
        let from = count(&range[start], start)?;
        let to = if range[end].is_null() { most } else { count(&range[end], end)? };
        if to > most {
            return Err(format!("GridRange.{end}[{to}] is after last {kind} in grid[{most}]"));
        }
        if from >= to {
            return Err(format!("GridRange.{start}[{from}] is not before {end}[{to}]"));
        }
        Ok(from..to)
    };
    Ok((
        part("startRowIndex", "endRowIndex", tab.rows, "row")?,
        part("startColumnIndex", "endColumnIndex", tab.columns, "column")?,
    ))
}

fn repeat(book: &mut Spreadsheet, body: &Value, place: &str) -> Result<Value, String> {
    names(body, &["cell", "fields", "range"], place)?;
    let range = &body["range"];
    let parts = ["endColumnIndex", "endRowIndex", "sheetId", "startColumnIndex", "startRowIndex"];
    names(range, &parts, &format!("{place}.range"))?;
    let paths = mask(body)?;
    for path in &paths {
        let is_known = ["userEnteredFormat.textFormat.bold", "userEnteredFormat.numberFormat"];
        if !is_known.contains(&path.as_str()) {
            return Err(format!("The sandbox does not model the field {path}."));
        }
    }
    let number = &body["cell"]["userEnteredFormat"]["numberFormat"];
    let kinds = ["TEXT", "NUMBER", "PERCENT", "CURRENCY", "DATE", "TIME", "DATE_TIME", "SCIENTIFIC"];
    if !number.is_null() && !number["type"].as_str().is_some_and(|kind| kinds.contains(&kind)) {
        return Err("NumberFormat.type is required.".to_owned());
    }
    let tab = tab_of(book, range["sheetId"].as_i64().unwrap_or(0))?;
    let (rows, columns) = grid_range(tab, range)?;
    let fields = paths.into_iter().map(|path| {
        let value = masks::at(&body["cell"], &path).clone();
        (path, value)
    });
    let fields = fields.collect();
    tab.strokes.push(Stroke { rows, columns, fields });
    Ok(json!({}))
}

fn auto_resize(book: &mut Spreadsheet, body: &Value, place: &str) -> Result<Value, String> {
    names(body, &["dataSourceSheetDimensions", "dimensions"], place)?;
    let dimensions = &body["dimensions"];
    let parts = ["dimension", "endIndex", "sheetId", "startIndex"];
    names(dimensions, &parts, &format!("{place}.dimensions"))?;
    let tab = tab_of(book, dimensions["sheetId"].as_i64().unwrap_or(0))?;
    if dimensions["dimension"] != "COLUMNS" {
        return Err("The sandbox sizes columns only.".to_owned());
    }
    let start = count(&dimensions["startIndex"], "startIndex")?;
    let end = match &dimensions["endIndex"] {
        Value::Null => tab.columns,
        value => count(value, "endIndex")?,
    };
    if end > tab.columns || start >= end {
        return Err(format!("DimensionRange.endIndex[{end}] is after last column in grid[{}]", tab.columns));
    }
    tab.sized_columns.extend(start..end);
    Ok(json!({}))
}
