//! The class of the demo's lecture: who was expected, who came, and the spreadsheet that the service made of it.

use std::io::{self, Write};
use std::path::Path;

use serde_json::Value;

use super::script::LECTURE;
use crate::cli::table::Table;
use crate::sandbox::Sandbox;
use crate::sandbox::zoom::Attendee;

/// Names of the rules' file and of the roster in the demo's folder.
pub(super) const FILES: [&str; 2] = ["rules.toml", "class.csv"];

const RULES: &str = r#"[[where]]
topics = ["Lecture*"]
attendance = "sheet"
roster = "class.csv"
"#;

const ROSTER: &str = "name,email
Ben Light,ben@example.com
Clara Novak,clara@example.com
Dmytro Hnatiuk,
Ella Roth,ella@example.com
";

/// What the sheet must say of each person, in its order.
pub(super) const EXPECTED: [(&str, &str); 5] = [
    ("Ben Light", "present"),
    ("Clara Novak", "left early"),
    ("Dmytro Hnatiuk", "late"),
    ("Ella Roth", "absent"),
    (FORMULA, "not listed"),
];

/// A display name that would be a link to somewhere if a spreadsheet took it for a formula.
const FORMULA: &str = "=HYPERLINK(\"https://example.org\",\"me\")";

/// The columns of the sheet that are shown, with their headings here.
const COLUMNS: [(&str, &str); 7] = [
    ("Name", "NAME"),
    ("Status", "STATUS"),
    ("First join", "FIRST JOIN"),
    ("Last leave", "LAST LEAVE"),
    ("Minutes", "MINUTES"),
    ("Share", "SHARE"),
    ("Remarks", "REMARKS"),
];

/// A spreadsheet in Drive, as it is there.
#[derive(Debug, Clone, Default)]
pub(super) struct SheetInDrive {
    /// Folders and name.
    pub path: String,
    /// Its first tab, with the head.
    pub rows: Vec<Vec<Value>>,
}

/// Writes the rules and the roster, and returns the path of the rules.
pub(super) fn write_files(folder: &Path) -> io::Result<String> {
    for (name, text) in FILES.into_iter().zip([RULES, ROSTER]) {
        std::fs::write(folder.join(name), text)?;
    }
    Ok(folder.join(FILES[0]).display().to_string())
}

/// Everybody who was in the lecture, which lasts from 09:15 to 10:15 UTC.
pub(super) fn attendees() -> Vec<Attendee> {
    let at = |minute: &str| format!("2026-03-02T{minute}:00Z");
    let from_to =
        |name: &str, email: &str, from: &str, to: &str| Attendee::new(name, email).during(&at(from), &at(to));
    vec![
        from_to("Ben Light", "ben@example.com", "09:15", "10:15"),
        from_to("Clara Novak", "clara@example.com", "09:15", "09:50"),
        // Her second device adds nothing.
        from_to("Clara's iPad", "clara@example.com", "09:20", "09:48"),
        from_to("Dmytro Hnatiuk", "", "09:32", "09:40"),
        from_to("Dmytro Hnatiuk", "", "09:45", "10:15"),
        from_to(FORMULA, "", "09:16", "10:15"),
        from_to("Ben's Notetaker", "", "09:15", "10:15"),
    ]
}

/// All spreadsheets with attendance in Drive.
pub(super) fn sheets(sandbox: &Sandbox) -> Vec<SheetInDrive> {
    let is_attendance = |role: Option<&String>| role.is_some_and(|role| role == "attendance");
    let files = sandbox.google.files().into_iter();
    let files =
        files.filter(|file| !file.trashed && is_attendance(file.app_properties.get("zoom2driveRole")));
    let shown = files.map(|file| SheetInDrive {
        path: sandbox.google.path_of(&file.id),
        rows: sandbox.google.spreadsheet(&file.id).map(|sheet| sheet.tabs[0].table()).unwrap_or_default(),
    });
    shown.collect()
}

/// What is wrong with the sheets; empty if there is one and it says what it must.
pub(super) fn judge(sheets: &[SheetInDrive]) -> Vec<String> {
    let [sheet] = sheets else {
        return vec![format!("{}: it has {} attendance sheets, not one", LECTURE.topic, sheets.len())];
    };
    let (name, status) = (sheet.column("Name"), sheet.column("Status"));
    let found: Vec<(&str, &str)> =
        sheet.rows.iter().skip(1).map(|row| (text(row, name), text(row, status))).collect();
    if found == EXPECTED {
        return Vec::new();
    }
    vec![format!("{}: the attendance sheet says {found:?}, not {EXPECTED:?}", LECTURE.topic)]
}

/// Prints the sheets as they are in Drive.
pub(super) fn write(out: &mut dyn Write, sheets: &[SheetInDrive]) -> io::Result<()> {
    writeln!(out, "\nWho was at the lecture: the spreadsheet beside its recording")?;
    for sheet in sheets {
        let columns: Vec<Option<usize>> = COLUMNS.iter().map(|(title, _)| sheet.column(title)).collect();
        let mut table = Table::new(&COLUMNS.map(|(_, heading)| heading));
        for row in sheet.rows.iter().skip(1) {
            table.row(columns.iter().zip(COLUMNS).map(|(column, (title, _))| cell(row, *column, title)));
        }
        let mut text = Vec::new();
        table.write(&mut text)?;
        for line in String::from_utf8_lossy(&text).lines() {
            writeln!(out, "  {line}")?;
        }
    }
    Ok(())
}

impl SheetInDrive {
    fn column(&self, title: &str) -> Option<usize> {
        self.rows.first()?.iter().position(|cell| cell == title)
    }
}

fn text(row: &[Value], column: Option<usize>) -> &str {
    column.and_then(|column| row.get(column)).and_then(Value::as_str).unwrap_or_default()
}

fn cell(row: &[Value], column: Option<usize>, title: &str) -> String {
    match column.and_then(|column| row.get(column)) {
        None => String::new(),
        Some(Value::String(text)) => text.clone(),
        // As the sheet's own format shows it.
        Some(share) if title == "Share" => format!("{:.1}%", share.as_f64().unwrap_or_default() * 100.0),
        Some(other) => other.to_string(),
    }
}
