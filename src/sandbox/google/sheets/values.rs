//! Cells: `values:batchUpdate` and `values.get`.

use serde_json::{Value, json};

use super::grid::{Content, Tab};
use super::ranges::{self, Area};
use super::{Spreadsheet, invalid};
use crate::sandbox::faults::Canned;
use crate::sandbox::google::params::Params;

/// Characters of one cell.
const CELL_CHARS_MAX: usize = 50_000;

/// How written texts are taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Input {
    /// As they are.
    Raw,
    /// As if somebody had typed them.
    UserEntered,
}

/// A cell to be written; no content empties it.
type Write = (usize, (usize, usize), Option<Content>);

/// `POST spreadsheets/{id}/values:batchUpdate`
pub(super) fn write(book: &mut Spreadsheet, id: &str, body: &[u8]) -> Result<Value, Canned> {
    let request: Value =
        serde_json::from_slice(body).map_err(|_| invalid("Invalid JSON payload received."))?;
    let known = [
        "data",
        "includeValuesInResponse",
        "responseDateTimeRenderOption",
        "responseValueRenderOption",
        "valueInputOption",
    ];
    super::requests::check_names(&request, &known, "")?;
    let input = match request["valueInputOption"].as_str() {
        Some("RAW") => Input::Raw,
        Some("USER_ENTERED") => Input::UserEntered,
        _ => return Err(invalid("'valueInputOption' is required but not specified")),
    };
    let (mut writes, mut responses) = (Vec::new(), Vec::new());
    for (index, data) in request["data"].as_array().into_iter().flatten().enumerate() {
        super::requests::check_names(
            data,
            &["majorDimension", "range", "values"],
            &format!("data[{index}]"),
        )?;
        if !matches!(data["majorDimension"].as_str(), None | Some("ROWS")) {
            return Err(invalid("The sandbox writes by rows."));
        }
        let area = Area::parse(book, data["range"].as_str().unwrap_or_default())?;
        let tab = &book.tabs[area.tab];
        let before = writes.len();
        let rows =
            data["values"].as_array().ok_or_else(|| invalid(format!("Invalid data[{index}]: values")))?;
        collect(rows, index, &area, tab, input, &mut writes)?;
        let columns = rows.iter().filter_map(Value::as_array).map(Vec::len).max().unwrap_or(0);
        responses
            .push(json!({"spreadsheetId": id, "updatedRange": area.name(tab), "updatedRows": rows.len(),
            "updatedColumns": columns, "updatedCells": writes.len() - before}));
    }
    let total = writes.len();
    for (tab, at, content) in writes {
        match content {
            Some(content) => book.tabs[tab].cells.insert(at, content),
            None => book.tabs[tab].cells.remove(&at),
        };
    }
    Ok(json!({"spreadsheetId": id, "totalUpdatedCells": total, "responses": responses}))
}

/// Checks one range and its values; nothing is written yet.
fn collect(
    rows: &[Value],
    index: usize,
    area: &Area,
    tab: &Tab,
    input: Input,
    writes: &mut Vec<Write>,
) -> Result<(), Canned> {
    area.check_inside(tab)?;
    let range = area.name(tab);
    for (row, line) in rows.iter().enumerate() {
        let Some(line) = line.as_array() else {
            return Err(invalid(format!(
                "Invalid value at 'data[{index}].values[{row}]' (type.googleapis.com/google.protobuf.ListValue)"
            )));
        };
        for (column, value) in line.iter().enumerate() {
            let at = (area.rows.start + row, area.columns.start + column);
            if at.0 >= area.rows.end && area.is_closed {
                let number = at.0 + 1;
                return Err(invalid(format!(
                    "Requested writing within range [{range}], but tried writing to row [{number}]"
                )));
            }
            if at.1 >= area.columns.end && area.is_closed {
                let name = ranges::letters(at.1);
                return Err(invalid(format!(
                    "Requested writing within range [{range}], but tried writing to column [{name}]"
                )));
            }
            if at.0 >= tab.rows || at.1 >= tab.columns {
                return Err(ranges::outside(&range, tab));
            }
            let content = match value {
                // A null leaves the cell as it is.
                Value::Null => continue,
                Value::Bool(flag) => Some(Content::Flag(*flag)),
                Value::Number(number) => Some(Content::Number(number.as_f64().unwrap_or_default())),
                Value::String(text) => entered(text, input)?,
                Value::Array(_) | Value::Object(_) => {
                    return Err(invalid(format!(
                        "Invalid data[{index}]: Invalid values[{row}][{column}]: struct_value"
                    )));
                }
            };
            writes.push((area.tab, at, content));
        }
    }
    Ok(())
}

fn entered(text: &str, input: Input) -> Result<Option<Content>, Canned> {
    if text.chars().count() > CELL_CHARS_MAX {
        let message = "Your input contains more than the maximum of 50000 characters in a single cell.";
        return Err(invalid(message));
    }
    if text.is_empty() {
        return Ok(None);
    }
    let as_text = || Some(Content::Text(text.to_owned()));
    if input == Input::Raw {
        return Ok(as_text());
    }
    if let Some(hidden) = text.strip_prefix('\'') {
        return Ok(Some(Content::Text(hidden.to_owned())));
    }
    if let Some(number) = text.trim().parse::<f64>().ok().filter(|number| number.is_finite()) {
        return Ok(Some(Content::Number(number)));
    }
    Ok(match text.chars().next() {
        Some('=') => Some(Content::Formula(text.to_owned())),
        Some('+') => Some(Content::Formula(format!("={text}"))),
        _ => as_text(),
    })
}

/// `GET spreadsheets/{id}/values/{range}`
pub(super) fn read(book: &Spreadsheet, range: &str, params: &Params) -> Result<Value, Canned> {
    if !matches!(params.get("majorDimension"), None | Some("ROWS")) {
        return Err(invalid("The sandbox reads by rows."));
    }
    let area = Area::parse(book, range)?;
    let tab = &book.tabs[area.tab];
    if area.rows.start >= tab.rows || area.columns.start >= tab.columns {
        return Err(ranges::outside(&area.name(tab), tab));
    }
    let rows = area.rows.start..area.rows.end.min(tab.rows);
    let columns = area.columns.start..area.columns.end.min(tab.columns);
    let table = match params.get("valueRenderOption") {
        Some("UNFORMATTED_VALUE") => tab.shown(rows.clone(), columns.clone(), Content::value),
        Some("FORMULA") => tab.shown(rows.clone(), columns.clone(), |content| match content {
            Content::Formula(formula) => json!(formula),
            other => other.value(),
        }),
        None | Some("FORMATTED_VALUE") => formatted(tab, &rows, &columns),
        Some(other) => {
            return Err(invalid(format!("Invalid value at 'value_render_option': \"{other}\"")));
        }
    };
    let clipped = Area { rows, columns, ..area };
    let mut answer = json!({"range": clipped.name(tab), "majorDimension": "ROWS"});
    if !table.is_empty() {
        answer["values"] = json!(table);
    }
    Ok(answer)
}

/// As people see it: everything is text.
fn formatted(tab: &Tab, rows: &std::ops::Range<usize>, columns: &std::ops::Range<usize>) -> Vec<Vec<Value>> {
    let mut table = tab.shown(rows.clone(), columns.clone(), Content::value);
    for (row, line) in rows.clone().zip(&mut table) {
        for (column, value) in columns.clone().zip(line) {
            let pattern = tab.format(row, column, "userEnteredFormat.numberFormat");
            let is_percent = pattern.is_some_and(|format| format["pattern"] == "0.0%");
            let text = match &*value {
                Value::String(text) => text.clone(),
                Value::Bool(flag) => flag.to_string().to_uppercase(),
                Value::Number(number) if is_percent => {
                    format!("{:.1}%", number.as_f64().unwrap_or_default() * 100.0)
                }
                other => other.to_string(),
            };
            *value = json!(text);
        }
    }
    table
}
