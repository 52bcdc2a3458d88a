//! What is known of a meeting's attendance: a link and numbers, no names.

use serde::Serialize;

use crate::jobs::meeting_file::{file_link, spreadsheet_link};
use crate::store::AttendanceSheet;

/// The attendance of a job's meeting.
#[derive(Debug, Clone, Serialize)]
pub struct AttendanceView {
    /// The file in Drive; null until it is written.
    pub link: Option<String>,
    /// Who was there; null until it is counted.
    pub people: Option<i64>,
    /// Who was expected; null without a roster.
    pub expected: Option<i64>,
    /// Who was expected and not there; null without a roster.
    pub absent: Option<i64>,
    /// Why there is no file, or what is to be known of it; mostly empty.
    pub note: String,
}

impl AttendanceView {
    /// What is known, without the digest and the folder.
    pub fn new(known: &AttendanceSheet) -> Self {
        let file = known.file.as_ref().filter(|_| !known.digest.is_empty());
        let counts = known.counts.unwrap_or_default();
        Self {
            link: file.map(|file| match file.form.as_str() {
                "csv" => file_link(&file.drive_id),
                _ => spreadsheet_link(&file.drive_id),
            }),
            people: known.counts.map(|counts| counts.people),
            expected: counts.expected,
            absent: counts.absent,
            note: known.note.clone(),
        }
    }
}
