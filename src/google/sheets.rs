//! Google Sheets: one spreadsheet in a folder of Drive, written whole.
//!
//! A spreadsheet is created by Drive: the Sheets API cannot put it into a folder, and refuses service accounts. Its
//! id cannot be reserved, so a private property with a nonce identifies it after an answer that was lost. Every other
//! step can be repeated. Texts are written RAW: a display name such as `=HYPERLINK(...)` stays text. No scope beyond
//! Drive's is needed, but the Sheets API must be enabled in the project.

mod error;
mod structure;

use std::collections::BTreeMap;

use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, RequestBuilder, StatusCode};
use serde_json::{Value, json};

pub use error::SheetError;

use super::drive::{Drive, quoted};
use super::{DriveFile, ErrorResponse, read_json};
use crate::attendance::{Cell, Tab};
use crate::http::segment;

/// Drive's MIME type for spreadsheets.
pub const SPREADSHEET_TYPE: &str = "application/vnd.google-apps.spreadsheet";

/// The private property with the nonce.
pub const NONCE_PROPERTY: &str = "zoom2driveSheet";

/// Most rows that one call writes.
const ROWS_MAX: usize = 5_000;

/// Most bytes of text that one call writes. Google advises against requests of more than 2 MB.
const BYTES_MAX: usize = 1_000_000;

/// A spreadsheet to be created.
#[derive(Debug, Clone)]
pub struct NewSheet {
    pub name: String,
    /// Id of the folder.
    pub parent: String,
    /// Stored before the call, and never used for another spreadsheet.
    pub nonce: String,
    /// More properties that identify it later.
    pub app_properties: BTreeMap<String, String>,
}

/// Client of Sheets, with Drive's identity and tokens.
#[derive(Debug, Clone, Copy)]
pub struct Sheets<'a> {
    drive: &'a Drive,
}

impl Drive {
    /// The client of Sheets for the same identity.
    pub fn sheets(&self) -> Sheets<'_> {
        Sheets { drive: self }
    }
}

impl Sheets<'_> {
    /// Creates an empty spreadsheet and returns its id. After an error that leaves open if it exists, the caller must
    /// look for it with [`Self::find`] before another call.
    ///
    /// # Errors
    /// `NoPlace` for a service account outside of a shared drive.
    pub async fn create(&self, sheet: &NewSheet) -> Result<String, SheetError> {
        let url = self.drive.url("/drive/v3/files");
        let mut properties = sheet.app_properties.clone();
        properties.insert(NONCE_PROPERTY.to_owned(), sheet.nonce.clone());
        let body = json!({"name": sheet.name, "mimeType": SPREADSHEET_TYPE, "parents": [sheet.parent],
            "appProperties": properties});
        let parameters = [("supportsAllDrives", "true"), ("fields", "id")];
        let answer = self.call(|client| client.post(&url).query(&parameters).json(&body)).await?;
        answer["id"]
            .as_str()
            .map(str::to_owned)
            .ok_or_else(|| SheetError::unclear("the answer names no file"))
    }

    /// The files of a type in a folder with these properties that are not in the trash, oldest first. Drive's lists
    /// lag behind: an empty one proves little.
    ///
    /// # Errors
    /// As for every call of Google.
    pub async fn find(
        &self,
        folder: &str,
        mime_type: &str,
        properties: &[(&str, &str)],
    ) -> Result<Vec<DriveFile>, SheetError> {
        let drive_id = self.drive.get(folder).await?.drive_id;
        let properties = properties.iter().map(|(key, value)| {
            format!(" and appProperties has {{ key={} and value={} }}", quoted(key), quoted(value))
        });
        let query = format!(
            "{} in parents and mimeType = {} and trashed = false{}",
            quoted(folder),
            quoted(mime_type),
            properties.collect::<String>()
        );
        let mut found = self.drive.list(&query, drive_id.as_deref()).await?;
        found.sort_by_key(|file| (file.created_time.clone(), file.id.clone()));
        Ok(found)
    }

    /// Writes all tabs. What was in them before is gone.
    ///
    /// # Errors
    /// `Gone` when the spreadsheet does not exist. A part may have been written: the call can be repeated.
    pub async fn write(&self, id: &str, tabs: &[Tab]) -> Result<(), SheetError> {
        let url = self.url(id)?;
        let fields = [("fields", "sheets.properties(sheetId,title,index,gridProperties)")];
        let known = self.call(|client| client.get(&url).query(&fields)).await?;
        let places = structure::places(&known, tabs)?;
        self.post(&format!("{url}:batchUpdate"), &structure::requests(&places, tabs)).await?;
        for data in batches(tabs) {
            let body = json!({"valueInputOption": "RAW", "data": data});
            self.post(&format!("{url}/values:batchUpdate"), &body).await?;
        }
        // Only now there is something that columns can be as wide as.
        self.post(&format!("{url}:batchUpdate"), &structure::widths(&places, tabs)).await
    }

    /// Checks that the API can be used, without a spreadsheet.
    ///
    /// # Errors
    /// `ApiDisabled` when the API is not enabled in the project.
    pub async fn check(&self) -> Result<(), SheetError> {
        let url = self.url("none")?;
        match self.call(|client| client.get(&url).query(&[("fields", "spreadsheetId")])).await {
            Ok(_) | Err(SheetError::Gone(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    fn url(&self, id: &str) -> Result<String, SheetError> {
        let id = segment::encoded(id).map_err(|error| SheetError::Gone(error.to_string()))?;
        let base = self.drive.sheets_api_url.as_str().trim_end_matches('/');
        Ok(format!("{base}/v4/spreadsheets/{id}"))
    }

    async fn post(&self, url: &str, body: &Value) -> Result<(), SheetError> {
        let body = body.to_string();
        let build = |client: &Client| {
            client.post(url).header(CONTENT_TYPE, "application/json; charset=UTF-8").body(body.clone())
        };
        self.call(build).await.map(|_answer| ())
    }

    async fn call(&self, build: impl Fn(&Client) -> RequestBuilder) -> Result<Value, SheetError> {
        let response = self.drive.google.send(build).await?;
        match response.status() {
            StatusCode::OK => Ok(read_json(response).await?),
            _ => Err(SheetError::of(ErrorResponse::read(response).await)),
        }
    }
}

/// The `data` of each call that writes values: a few ranges each, in order.
fn batches(tabs: &[Tab]) -> Vec<Vec<Value>> {
    let (mut batches, mut batch, mut room) = (Vec::new(), Vec::new(), (ROWS_MAX, BYTES_MAX));
    for tab in tabs {
        let mut start = 0;
        while start < tab.rows.len() {
            let end = start + fitting(&tab.rows[start..], &mut room);
            if end == start {
                batches.push(std::mem::take(&mut batch));
                room = (ROWS_MAX, BYTES_MAX);
                continue;
            }
            batch.push(range(tab, start, end));
            start = end;
        }
    }
    batches.push(batch);
    batches
}

/// The number of rows that still fit. In an empty call at least one does.
fn fitting(rows: &[Vec<Cell>], (rows_left, bytes_left): &mut (usize, usize)) -> usize {
    let mut count = 0;
    for row in rows.iter().take(*rows_left) {
        let bytes: usize = row.iter().map(bytes).sum();
        let is_empty = count == 0 && *bytes_left == BYTES_MAX;
        if bytes > *bytes_left && !is_empty {
            break;
        }
        *bytes_left = bytes_left.saturating_sub(bytes);
        count += 1;
    }
    *rows_left -= count;
    count
}

/// About the length of a cell in a request.
fn bytes(cell: &Cell) -> usize {
    match cell {
        Cell::Text(text) => text.len() + 3,
        Cell::Number(_) | Cell::Count(_) => 8,
    }
}

fn range(tab: &Tab, start: usize, end: usize) -> Value {
    let last = structure::letters(structure::columns(tab));
    let rows: Vec<Vec<Value>> =
        tab.rows[start..end].iter().map(|row| row.iter().map(value).collect()).collect();
    json!({"range": format!("{}!A{}:{last}{end}", tab.title, start + 1), "majorDimension": "ROWS", "values": rows})
}

/// A null would leave the cell as it is, so an empty text is sent.
fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Text(text) => json!(text),
        Cell::Number(number) => json!(number),
        Cell::Count(count) => json!(count),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tab(title: &'static str, rows: usize, text: &str) -> Tab {
        let row = vec![Cell::Text(text.to_owned()), Cell::Count(1)];
        Tab { title, rows: vec![row; rows], has_head: true, share_column: None }
    }

    fn ranges(tabs: &[Tab]) -> Vec<Vec<String>> {
        let names = |batch: Vec<Value>| {
            batch.iter().map(|data| data["range"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        batches(tabs).into_iter().map(names).collect()
    }

    #[test]
    fn no_call_writes_more_than_five_thousand_rows() {
        assert_eq!(ranges(&[tab("A", 3, "x"), tab("B", 2, "x")]), [["A!A1:B3", "B!A1:B2"]]);
        assert_eq!(
            ranges(&[tab("A", 5_002, "x"), tab("B", 4_999, "x")]),
            [vec!["A!A1:B5000"], vec!["A!A5001:B5002", "B!A1:B4998"], vec!["B!A4999:B4999"]]
        );
    }

    #[test]
    fn a_wide_tab_has_columns_of_two_letters() {
        let mut wide = tab("A", 1, "x");
        wide.rows[0] = vec![Cell::Count(1); 27];
        assert_eq!(ranges(&[wide]), [["A!A1:AA1"]]);
        assert_eq!(
            [1, 26, 27, 52, 53, 702, 703].map(structure::letters),
            ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
        );
    }

    #[test]
    fn no_call_is_large() {
        let long = "x".repeat(300_000);
        assert_eq!(ranges(&[tab("A", 4, &long)]), [["A!A1:B3"], ["A!A4:B4"]]);
        let longer = "x".repeat(2_000_000);
        assert_eq!(ranges(&[tab("A", 2, &longer)]), [["A!A1:B1"], ["A!A2:B2"]]);
    }

    #[test]
    fn cells_are_sent_as_what_they_are() {
        let cells =
            [Cell::Text("=1".to_owned()), Cell::Text(String::new()), Cell::Number(0.5), Cell::Count(3)];
        assert_eq!(cells.each_ref().map(value), [json!("=1"), json!(""), json!(0.5), json!(3)]);
    }
}
