//! A row of the list.

use jiff::tz::TimeZone;

use super::super::at_source::at_source;
use super::super::outside::Outside;
use super::super::status::Status;
use super::super::when::{Dated, When};
use crate::jobs::shelf::{HOST_BYTES_MAX, ShelfState, folded_host, host};
use crate::jobs::{FileRecord, Millis, amounts};
use crate::store::shelf::ShelfRow;

/// Longest reason in a row, in characters; the recording's own page has it whole.
const REASON_CHARS_MAX: usize = 140;

/// Longest topic in a row, in characters.
const TOPIC_CHARS_MAX: usize = 120;

/// A row, as the page shows it.
pub(super) struct RowView {
    pub(super) id: i64,
    pub(super) when: When,
    pub(super) topic: Outside,
    pub(super) host: Outside,
    /// Address of the host's recordings.
    pub(super) of_host: String,
    /// `Zoom` or `Google Meet`.
    pub(super) source: String,
    pub(super) status: Status,
    /// Why it needs a person; empty otherwise.
    pub(super) reason: Outside,
    pub(super) on_drive: String,
    pub(super) at_source: Dated,
}

impl RowView {
    pub(super) fn new(row: &ShelfRow, files: &[FileRecord], now: Millis, zone: &TimeZone) -> Self {
        let recording = &row.job.recording;
        let state = row.state();
        let reason = if state == ShelfState::NeedsYou { row.job.reason.as_str() } else { "" };
        let host_of = folded_host(recording);
        Self {
            id: row.job.id.0,
            when: When::minute(row.sort_at, zone),
            topic: Outside::cut(&recording.topic, TOPIC_CHARS_MAX),
            host: Outside::address(host(recording), HOST_BYTES_MAX),
            of_host: if host_of.is_empty() { String::new() } else { super::host_address(&host_of) },
            source: recording.source().to_string(),
            status: Status::of(&row.job, state, files),
            reason: Outside::cut(reason, REASON_CHARS_MAX),
            on_drive: on_drive(row, state),
            at_source: at_source(row, now, zone),
        }
    }
}

/// The files on Drive.
fn on_drive(row: &ShelfRow, state: ShelfState) -> String {
    let listed = row.job.recording.files.len();
    let is_whole = matches!(state, ShelfState::Archived | ShelfState::LateFiles);
    match (row.proved_files, is_whole) {
        (0, _) => "–".to_owned(),
        (1, true) => format!("1 file, {}", amounts::data_size(row.proved_bytes)),
        (files, true) => format!("{files} files, {}", amounts::data_size(row.proved_bytes)),
        (files, false) => {
            format!("{files} of {} files", listed.max(usize::try_from(files).unwrap_or(listed)))
        }
    }
}
