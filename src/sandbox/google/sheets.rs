//! Sheets v4, as far as a table is written and read: spreadsheets, their tabs, and the values in them.
//!
//! A spreadsheet is a file of Drive; what is in it is kept here. `requests` changes its structure, all or nothing;
//! `values` writes and reads cells; `grid` is a tab.

mod grid;
mod masks;
mod ranges;
mod refusals;
mod requests;
mod values;

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

pub use grid::{Content, Tab};

use super::entry::{Caller, Who};
use super::fields::{Selection, Shape};
use super::http::{Ask, Reply};
use super::metadata::Draft;
use super::state::{SPREADSHEET, random};
use super::{Google, errors};
use crate::sandbox::faults::{Canned, Route};
use Shape::{Leaf, Object, Open};
use refusals::{disabled, invalid, not_found, refuse, too_many};

/// The path of all spreadsheets.
const SPREADSHEETS: &str = "/v4/spreadsheets";
/// The name of a new spreadsheet's only tab, in the language of its owner.
const FIRST_TITLE: &str = "Аркуш1";
/// Reads, and writes, of one user in a minute.
const CALLS_PER_MINUTE: usize = 60;
const MINUTE: Duration = Duration::from_secs(60);
/// Cells of one spreadsheet.
const CELLS_MAX: usize = 10_000_000;

const GRID: Shape = Object(&[
    ("columnCount", Leaf),
    ("columnGroupControlAfter", Leaf),
    ("frozenColumnCount", Leaf),
    ("frozenRowCount", Leaf),
    ("hideGridlines", Leaf),
    ("rowCount", Leaf),
    ("rowGroupControlAfter", Leaf),
]);
const PROPERTIES: Shape = Object(&[
    ("dataSourceSheetProperties", Open),
    ("gridProperties", GRID),
    ("hidden", Leaf),
    ("index", Leaf),
    ("rightToLeft", Leaf),
    ("sheetId", Leaf),
    ("sheetType", Leaf),
    ("tabColor", Open),
    ("tabColorStyle", Open),
    ("title", Leaf),
]);
const SPREADSHEET_SHAPE: Shape = Object(&[
    ("properties", Open),
    ("sheets", Object(&[("properties", PROPERTIES)])),
    ("spreadsheetId", Leaf),
    ("spreadsheetUrl", Leaf),
]);

/// What is asked of a spreadsheet.
pub(super) enum Operation {
    Create,
    Get(String),
    Update(String),
    Write(String),
    /// A spreadsheet and a range.
    Read(String, String),
}

impl Operation {
    pub(super) fn parse(method: &str, path: &str) -> Option<Self> {
        let rest = path.strip_prefix(SPREADSHEETS)?;
        if rest.is_empty() {
            return (method == "POST").then_some(Self::Create);
        }
        let rest = rest.strip_prefix('/')?;
        match (method, rest.split_once('/')) {
            ("GET", None) => Some(Self::Get(rest.to_owned())),
            ("POST", None) => rest.strip_suffix(":batchUpdate").map(|id| Self::Update(id.to_owned())),
            ("POST", Some((id, "values:batchUpdate"))) => Some(Self::Write(id.to_owned())),
            ("GET", Some((id, tail))) => {
                let range = tail.strip_prefix("values/").filter(|range| !range.contains('/'))?;
                let range = percent_encoding::percent_decode_str(range).decode_utf8().ok()?;
                Some(Self::Read(id.to_owned(), range.into_owned()))
            }
            _ => None,
        }
    }

    pub(super) fn route(&self) -> Route {
        match self {
            Self::Create | Self::Update(_) => Route::SheetsUpdate,
            Self::Get(_) => Route::SheetsGet,
            Self::Write(_) => Route::SheetsWrite,
            Self::Read(..) => Route::SheetsRead,
        }
    }

    pub(super) fn id(&self) -> &str {
        match self {
            Self::Create => "",
            Self::Get(id) | Self::Update(id) | Self::Write(id) | Self::Read(id, _) => id,
        }
    }

    fn is_read(&self) -> bool {
        matches!(self, Self::Get(_) | Self::Read(..))
    }

    /// The parameters that Google documents for it.
    fn documented(&self) -> &'static [&'static str] {
        match self {
            Self::Get(_) => &["commentsViewMode", "excludeTablesInBandedRanges", "includeGridData", "ranges"],
            Self::Read(..) => &["dateTimeRenderOption", "majorDimension", "valueRenderOption"],
            Self::Create | Self::Update(_) | Self::Write(_) => &[],
        }
    }
}

/// What is in one spreadsheet.
#[derive(Debug, Clone)]
pub struct Spreadsheet {
    /// Its tabs in their order; never empty.
    pub tabs: Vec<Tab>,
}

impl Spreadsheet {
    fn new() -> Self {
        Self { tabs: vec![Tab::new(0, FIRST_TITLE.to_owned(), 1000, 26)] }
    }

    /// The tab with this title.
    pub fn tab(&self, title: &str) -> Option<&Tab> {
        self.tabs.iter().find(|tab| tab.title == title)
    }

    fn check_size(&self) -> Result<(), String> {
        let cells: usize = self.tabs.iter().map(|tab| tab.rows * tab.columns).sum();
        if cells > CELLS_MAX {
            return Err(format!(
                "This action would increase the number of cells in the workbook above the limit of {CELLS_MAX} cells."
            ));
        }
        Ok(())
    }

    fn json(&self, id: &str, name: &str) -> Value {
        let sheets = self.tabs.iter().enumerate().map(|(index, tab)| json!({"properties": tab.json(index)}));
        json!({
            "spreadsheetId": id,
            "spreadsheetUrl": format!("https://docs.google.com/spreadsheets/d/{id}/edit"),
            "properties": {"title": name, "locale": "uk_UA", "autoRecalc": "ON_CHANGE", "timeZone": "Europe/Kiev"},
            "sheets": sheets.collect::<Vec<_>>(),
        })
    }
}

/// All spreadsheets, and how the API behaves.
pub(super) struct Sheets {
    contents: HashMap<String, Spreadsheet>,
    is_disabled: bool,
    per_minute: usize,
    reads: VecDeque<Instant>,
    writes: VecDeque<Instant>,
}

impl Default for Sheets {
    fn default() -> Self {
        Self {
            contents: HashMap::new(),
            is_disabled: false,
            per_minute: CALLS_PER_MINUTE,
            reads: VecDeque::new(),
            writes: VecDeque::new(),
        }
    }
}

impl Sheets {
    fn check_rate(&mut self, is_read: bool) -> Result<(), Canned> {
        let calls = if is_read { &mut self.reads } else { &mut self.writes };
        let now = Instant::now();
        while calls.front().is_some_and(|first| now.duration_since(*first) >= MINUTE) {
            calls.pop_front();
        }
        if calls.len() >= self.per_minute {
            return Err(too_many(if is_read { "Read" } else { "Write" }));
        }
        calls.push_back(now);
        Ok(())
    }
}

impl Google {
    /// What is in a spreadsheet; nothing if there is none with this id.
    pub fn spreadsheet(&self, id: &str) -> Option<Spreadsheet> {
        let is_one = self.state().entries.get(id).is_some_and(|entry| entry.file.mime_type == SPREADSHEET);
        is_one.then(|| self.sheets().contents.get(id).cloned().unwrap_or_else(Spreadsheet::new))
    }

    /// Changes what is in a spreadsheet, as a person would.
    pub fn edit_spreadsheet(&self, id: &str, edit: impl FnOnce(&mut Spreadsheet)) {
        edit(self.sheets().contents.entry(id.to_owned()).or_insert_with(Spreadsheet::new));
        self.transcript.changed();
    }

    /// Makes a spreadsheet in the shared drive, as a person would, and gives its id.
    pub fn add_spreadsheet(&self, name: &str) -> String {
        self.add_to_drive(name, SPREADSHEET, None)
    }

    /// Enables the Sheets API in the project, or disables it.
    pub fn set_sheets_enabled(&self, is_enabled: bool) {
        self.sheets().is_disabled = !is_enabled;
    }

    /// Sets the reads, and the writes, that one user has in a minute (60 by default).
    pub fn set_sheets_per_minute(&self, calls: usize) {
        self.sheets().per_minute = calls;
    }

    /// Answers one call of the Sheets API.
    pub(super) fn sheets_call(
        &self,
        operation: &Operation,
        ask: &Ask,
        who: Who,
        only_own: bool,
    ) -> Result<Reply, Canned> {
        self.check_params(ask, operation.documented());
        let mut sheets = self.sheets();
        if sheets.is_disabled {
            return Err(disabled());
        }
        sheets.check_rate(operation.is_read())?;
        if matches!(operation, Operation::Create) {
            drop(sheets);
            return self.create_spreadsheet(ask, who);
        }
        let id = operation.id();
        let name = self.find_spreadsheet(id, who, only_own)?;
        let book = sheets.contents.entry(id.to_owned()).or_insert_with(Spreadsheet::new);
        let answer = match operation {
            Operation::Create => return Err(not_found()),
            Operation::Get(_) => {
                if ask.params.flag("includeGridData")? {
                    self.broken("the sandbox shows cells by values.get only");
                    return Err(errors::text(501, "The sandbox does not model includeGridData."));
                }
                return select(ask, &book.json(id, &name));
            }
            Operation::Update(_) => requests::apply(book, id, &ask.body)?,
            Operation::Write(_) => values::write(book, id, &ask.body)?,
            Operation::Read(_, range) => values::read(book, range, &ask.params)?,
        };
        Ok(errors::json_answer(200, &answer).into())
    }

    /// The name of a spreadsheet that the caller can see.
    fn find_spreadsheet(&self, id: &str, who: Who, only_own: bool) -> Result<String, Canned> {
        let state = self.state();
        let entry = state.find(Caller { who, all_drives: true }, id).map_err(|_| not_found())?;
        if only_own && !entry.by_app {
            return Err(not_found());
        }
        if entry.file.mime_type != SPREADSHEET {
            let message = "This operation is not supported for this document";
            return Err(refuse(400, "FAILED_PRECONDITION", message));
        }
        Ok(entry.file.name.clone())
    }

    /// `POST spreadsheets`: there is no folder to put it into, so a service account has no place for it.
    fn create_spreadsheet(&self, ask: &Ask, who: Who) -> Result<Reply, Canned> {
        if who == Who::Service {
            return Err(refuse(403, "PERMISSION_DENIED", "The caller does not have permission"));
        }
        let body: Value = serde_json::from_slice(&ask.body).unwrap_or_default();
        let name = body["properties"]["title"].as_str().unwrap_or("Таблиця без назви").to_owned();
        let mime_type = Some(SPREADSHEET.to_owned());
        let draft = Draft { name: Some(name.clone()), mime_type, ..Draft::default() };
        let id = self.state().create(Caller { who, all_drives: true }, &draft, None)?;
        select(ask, &Spreadsheet::new().json(&id, &name))
    }
}

fn select(ask: &Ask, answer: &Value) -> Result<Reply, Canned> {
    // This API also takes dots where Drive takes slashes only.
    let wanted = ask.params.fields().unwrap_or("*").replace('.', "/");
    let fields = Selection::parse(&wanted, &SPREADSHEET_SHAPE)?;
    Ok(errors::json_answer(200, &fields.of(answer)).into())
}

/// A new id, for tabs that the caller gives none.
fn new_id() -> i64 {
    random("", 6).bytes().fold(0, |sum, byte| sum * 61 % 1_000_000_007 + i64::from(byte))
}
