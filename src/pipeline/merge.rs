//! Merges a listing and the rules with the existing plan. Pure.

use super::fresh::{CurrentRecording, stands_for};
use crate::jobs::{FileRecord, FileState, Provenance, UploadProgress};
use crate::recording::names::{Naming, TakenNames};
use crate::recording::{FileStatus, RecordingFile};
use crate::rules::{Decision, Reason};

/// Why a planned file is skipped.
const REPLACED: &str = "Zoom made it again before it was copied; the newer version is archived";

/// The wanted files of a recording, and their folder.
#[derive(Debug)]
pub(super) struct AppliedRules {
    /// The decision of the rules.
    pub decision: Decision,
    /// How new files are named.
    pub naming: Naming,
    /// Drive id of their folder; empty when nothing is wanted.
    pub folder: String,
}

/// Whether the rules want any of the ready files.
pub(super) fn wants_anything(fresh: &CurrentRecording, decision: &Decision) -> bool {
    let is_ready = |file: &&RecordingFile| file.status == FileStatus::Completed;
    let has_files = !fresh.recording.files.is_empty();
    let mut ready = fresh.recording.files.iter().filter(is_ready);
    ready.any(|file| decision.skips(&file.key).is_none()) || (!has_files && decision.skip.is_none())
}

/// The records for a listing: known ones with fresh addresses, new ones without an id. Names in `taken` are those in
/// the folder. Files that are on Drive stay as they are, whatever the rules say now.
pub(super) fn merge(
    fresh: &CurrentRecording,
    records: &[FileRecord],
    wishes: &AppliedRules,
    mut taken: TakenNames,
) -> Vec<FileRecord> {
    let mut planned = records.to_vec();
    for file in fresh.recording.files.iter().filter(|file| file.status == FileStatus::Completed) {
        let skip = wishes.decision.skips(&file.key);
        // Under another id it is a separate file for Zoom; for people it is the next version.
        let is_before =
            |record: &&FileRecord| fresh.unlisted.contains(&record.key) && stands_for(file, &record.file);
        let before = records.iter().filter(is_before).map(|record| record.version).sum::<u32>();
        let name = |version: u32, taken: &TakenNames| {
            wishes.naming.file(&fresh.recording, file, version + before, taken)
        };
        // Several may match: one that was contradicted, that a person removed from Drive, and that is no longer
        // wanted. Of versions with the same listing the newest counts.
        let standing = planned.iter_mut().filter(|record| record.stands_for(file));
        let known = standing.max_by_key(|record| record.version);
        if let Some(known) = known.filter(|known| !is_remade(fresh, known)) {
            known.state = state_now(known, file, skip, fresh);
            // A size that was listed once still determines the file's length.
            let listed_size = file.listed_size().or(known.file.listed_size()).or(file.size);
            known.file = RecordingFile { size: listed_size, ..file.clone() };
            if known.state == FileState::Wanted && known.folder_id.is_empty() {
                known.name = name(known.version, &taken);
                known.folder_id.clone_from(&wishes.folder);
                taken.insert(&known.name);
            }
            let version = known.version;
            drop_other_versions(&mut planned, file, version);
            continue;
        }
        let versions = planned.iter().filter(|record| record.key == file.key).map(|record| record.version);
        let version = versions.max().unwrap_or(0) + 1;
        drop_other_versions(&mut planned, file, version);
        let mut record = FileRecord {
            key: file.key.clone(),
            version,
            file: file.clone(),
            // A file that a rule skips is in no folder: it needs no name until it is wanted.
            name: name(version, &TakenNames::default()),
            folder_id: String::new(),
            drive_id: String::new(),
            state: wanted_or_skipped(file, skip),
            progress: UploadProgress::default(),
            mismatches: 0,
            restarts: 0,
            proved_at: None,
            provenance: Provenance::default(),
            readings: Default::default(),
        };
        if skip.is_none() {
            record.name = name(version, &taken);
            record.folder_id.clone_from(&wishes.folder);
            taken.insert(&record.name);
        }
        planned.push(record);
    }
    planned
}

/// Whether Zoom has other content for this version than the archived copy.
fn is_remade(fresh: &CurrentRecording, known: &FileRecord) -> bool {
    fresh.remade.contains(&known.key) && matches!(known.state, FileState::Verified(_))
}

/// Files on Drive stay there. Others follow the rules, unless another reason prevented the copy and still does.
fn state_now(
    known: &FileRecord,
    file: &RecordingFile,
    skip: Option<&Reason>,
    fresh: &CurrentRecording,
) -> FileState {
    let had_address = known.file.download.is_some();
    // It had no address, another file took its place, or a rule skipped it: each of these may have changed.
    let is_back = !fresh.unlisted.contains(&file.key) || !had_address || known.is_left_out_by_rule();
    match (&known.state, skip) {
        (FileState::Skipped(_), _) if is_back => wanted_or_skipped(file, skip),
        (FileState::Wanted, Some(reason)) => FileState::Skipped(reason.to_string()),
        (state, _) => state.clone(),
    }
}

/// Versions that Zoom no longer has cannot be copied; copied ones stay.
fn drop_other_versions(planned: &mut [FileRecord], file: &RecordingFile, version: u32) {
    let is_other = |record: &&mut FileRecord| record.key == file.key && record.version != version;
    for other in planned.iter_mut().filter(is_other).filter(|other| other.state == FileState::Wanted) {
        other.state = FileState::Skipped(REPLACED.to_owned());
    }
}

fn wanted_or_skipped(file: &RecordingFile, skip: Option<&Reason>) -> FileState {
    match (skip, &file.download) {
        (Some(reason), _) => FileState::Skipped(reason.to_string()),
        (None, Some(_)) => FileState::Wanted,
        (None, None) if !file.unavailable.is_empty() => FileState::Skipped(file.unavailable.clone()),
        (None, None) => {
            FileState::Skipped("Zoom gives no download address (recorded on premises?)".to_owned())
        }
    }
}
