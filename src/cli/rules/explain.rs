//! The effect of the rules on a recording, in the printed form.

use serde::Serialize;

use crate::attendance::Output;
use crate::config::RulesInUse;
use crate::jobs::meeting_file::folder_link;
use crate::jobs::{FileRecord, FileState};
use crate::recording::names::{Level, Naming, TakenNames};
use crate::recording::{Recording, RecordingFile};
use crate::rules::Decision;

/// The result for a recording.
#[derive(Debug, Serialize)]
pub(super) struct Explanation {
    /// Null if there are no rules.
    pub rules_file: Option<String>,
    /// The number of the stored job, if one was given.
    pub job: Option<i64>,
    /// True if nothing of it is archived.
    pub skipped: bool,
    /// The reason, with the rule's line; null unless it is skipped.
    pub reason: Option<String>,
    /// Null if it is skipped.
    #[serde(rename = "where")]
    pub place: Option<DestinationExplained>,
    pub files: Vec<FileExplained>,
}

/// Destination of a recording.
#[derive(Debug, Serialize)]
pub(super) struct DestinationExplained {
    /// The line of the `[[where]]` that applies; null if the settings alone decide.
    pub line: Option<usize>,
    /// The root's Drive id; null for `DRIVE_FOLDER_ID`.
    pub root: Option<String>,
    /// Below the root.
    pub folder: String,
    /// The folder if another host has the short name already; null if names already distinguish hosts.
    pub folder_if_taken: Option<String>,
    /// The folder of the job's files that are on Drive already; null if there are none.
    pub stays_in: Option<String>,
    /// `sheet`, `csv` or `no`; null if `ATTENDANCE` decides.
    pub attendance: Option<&'static str>,
    /// How many people the roster expects; null without a roster.
    pub expected: Option<usize>,
}

/// Result for a file.
#[derive(Debug, Serialize)]
pub(super) struct FileExplained {
    /// `MP4`, for example.
    #[serde(rename = "type")]
    pub file_type: String,
    /// Zoom's name of the view; may be empty.
    pub view: String,
    /// Why it is skipped; null if it is not.
    pub reason: Option<String>,
    /// Its name in Drive.
    pub name: String,
    /// True if it is archived already: then it stays, whatever the rules say now.
    pub is_on_drive: bool,
}

/// Applies the rules. `records` are the files that are planned already.
pub(super) fn explain(
    in_use: &RulesInUse,
    recording: &Recording,
    records: &[FileRecord],
    job: Option<i64>,
) -> Explanation {
    let decision = in_use.rules.decide(recording);
    let naming = decision.place.naming(&in_use.naming);
    let mut taken = TakenNames::default();
    let files =
        recording.files.iter().map(|file| told(file, &decision, &naming, recording, records, &mut taken));
    let files = files.collect();
    Explanation {
        rules_file: in_use.path.as_ref().map(|path| path.display().to_string()),
        job,
        skipped: decision.skip.is_some(),
        reason: decision.skip.as_ref().map(ToString::to_string),
        place: decision.skip.is_none().then(|| place(&decision, &naming.folders(recording), records)),
        files,
    }
}

fn place(decision: &Decision, levels: &[Level], records: &[FileRecord]) -> DestinationExplained {
    let joined = |name: fn(&Level) -> &str| levels.iter().map(name).collect::<Vec<_>>().join("/");
    let full = |level: &Level| -> bool { level.whose.is_some() };
    let planned = records.iter().rfind(|record| !record.folder_id.is_empty());
    DestinationExplained {
        line: decision.place.line,
        root: decision.place.folder_id.clone(),
        folder: joined(|level| &level.name),
        folder_if_taken: levels
            .iter()
            .any(full)
            .then(|| joined(|level| level.whose.as_ref().map_or(&level.name, |whose| &whose.full_name)))
            .filter(|_| planned.is_none()),
        stays_in: planned.map(|record| folder_link(&record.folder_id)),
        attendance: decision.place.attendance.map(Output::name),
        expected: decision.place.roster.as_ref().map(|roster| roster.entries.len()),
    }
}

fn told(
    file: &RecordingFile,
    decision: &Decision,
    naming: &Naming,
    recording: &Recording,
    records: &[FileRecord],
    taken: &mut TakenNames,
) -> FileExplained {
    let known = records.iter().rfind(|record| record.key == file.key);
    let is_on_drive = known
        .is_some_and(|record| matches!(record.state, FileState::Transferred(_) | FileState::Verified(_)));
    let name = match known.filter(|record| !record.folder_id.is_empty()) {
        Some(record) => record.name.clone(),
        None => naming.file(recording, file, 1, taken),
    };
    let reason = decision.skips(&file.key).filter(|_| !is_on_drive).map(ToString::to_string);
    if reason.is_none() {
        taken.insert(&name);
    }
    FileExplained {
        file_type: file.file_type.clone(),
        view: file.recording_type.clone(),
        reason,
        name,
        is_on_drive,
    }
}
