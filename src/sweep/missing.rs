//! Decides if a listed recording is missing in the archive. Pure, with the same rule as for events.

use crate::jobs::{self, FileRecord, Job, Reaction, Stage, Standing};
use crate::recording::{FileStatus, Recording, RecordingFile};

/// True if the listing has a file to archive that the job, if there is one, does not know.
///
/// A file in processing does not count, and a missing file means nothing: this listing never contains participants'
/// audio.
pub fn is_missing(known: Option<(&Job, &[FileRecord])>, listed: &Recording) -> bool {
    let is_ready = |file: &RecordingFile| file.status == FileStatus::Completed;
    let mut ready = listed.clone();
    ready.files.retain(is_ready);
    let Some((job, records)) = known else { return !ready.files.is_empty() };
    let ready = ready.keyed_like(&job.recording.files);
    let planned = records.iter().filter(|record| !record.may_come_back()).map(|record| &record.file);
    let told = job.recording.files.iter().filter(|file| is_ready(file));
    let known: Vec<RecordingFile> = match job.standing {
        Standing::Cancelled => return false,
        // The plan is still to come, and requests a fresh listing.
        Standing::Active if job.stage == Stage::Received => return false,
        Standing::Active | Standing::Finished => planned.cloned().collect(),
        // The known files have not helped a parked job. Only new ones may.
        Standing::Parked => planned.chain(told).cloned().collect(),
    };
    jobs::reaction(Standing::Finished, job.stage, 0, &known, &ready) == Reaction::Wake
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::jobs::{FileState, JobId, Provenance, UploadProgress};
    use crate::recording::listing;

    fn listed(files: &Value) -> Recording {
        listing::read(&json!({"uuid": "u", "recording_files": files})).unwrap()
    }

    fn video(size: u64) -> Value {
        json!({"id": "a", "file_type": "MP4", "file_size": size})
    }

    fn job(standing: Standing, stage: Stage, recording: Recording) -> Job {
        Job {
            id: JobId(1),
            recording,
            stage,
            standing,
            reason: String::new(),
            attempts: 0,
            next_attempt_at: 0,
            accepted_at: 0,
            updated_at: 0,
            revision: 1,
            planned_revision: 1,
            leased: false,
            removals: Default::default(),
            zoom_copy: Default::default(),
            backfilled: false,
        }
    }

    fn records(recording: &Recording) -> Vec<FileRecord> {
        let record = |file: &RecordingFile| FileRecord {
            key: file.key.clone(),
            version: 1,
            file: file.clone(),
            name: String::new(),
            folder_id: String::new(),
            drive_id: String::new(),
            state: FileState::Wanted,
            progress: UploadProgress::default(),
            mismatches: 0,
            restarts: 0,
            proved_at: None,
            provenance: Provenance::default(),
            readings: Default::default(),
        };
        recording.files.iter().map(record).collect()
    }

    #[test]
    fn a_recording_without_a_job_is_missing_as_soon_as_a_file_is_ready() {
        let busy = json!({"id": "b", "file_type": "", "status": "processing", "file_size": 0});
        assert!(is_missing(None, &listed(&json!([video(9), busy]))));
        assert!(!is_missing(None, &listed(&json!([busy]))));
        assert!(!is_missing(None, &listed(&json!([]))));
    }

    #[test]
    fn a_job_misses_only_what_is_not_planned() {
        let planned = listed(&json!([video(9), {"id": "b", "file_type": "CHAT"}]));
        let files = records(&planned);
        for standing in [Standing::Active, Standing::Finished, Standing::Parked] {
            let job = job(standing, Stage::Verified, planned.clone());
            let is_missing = |files_now: Value| is_missing(Some((&job, &files)), &listed(&files_now));
            assert!(!is_missing(json!([video(9)])), "{standing}: absence means nothing");
            assert!(!is_missing(json!([video(9), {"id": "c", "status": "processing", "file_size": 0}])));
            assert!(
                is_missing(json!([video(9), {"id": "c", "file_type": "TRANSCRIPT"}])),
                "{standing}: late"
            );
            assert!(is_missing(json!([video(10)])), "{standing}: another version");
        }
    }

    #[test]
    fn what_is_called_off_or_about_to_be_planned_is_left_alone() {
        let known = listed(&json!([]));
        let news = listed(&json!([video(9)]));
        assert!(!is_missing(Some((&job(Standing::Cancelled, Stage::Planned, known.clone()), &[])), &news));
        assert!(!is_missing(Some((&job(Standing::Active, Stage::Received, known), &[])), &news));
    }

    #[test]
    fn a_parked_job_is_not_woken_by_what_it_was_told_of_before() {
        let told = listed(&json!([video(9)]));
        let job = job(Standing::Parked, Stage::Received, told.clone());
        assert!(!is_missing(Some((&job, &[])), &told));
        assert!(is_missing(Some((&job, &[])), &listed(&json!([video(9), {"id": "c", "file_type": "CC"}]))));
    }
}
