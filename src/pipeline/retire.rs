//! Step 5: removes or keeps Zoom's copy. The only place that deletes, and only with proof; an original of Google Meet
//! is never touched.
//!
//! Drive is asked again about every file, Zoom is listed again, and only if each listed file is proved is the whole
//! recording trashed, in one request: after the deletion of a single file the addresses of the others stop working.
//! Any doubt keeps the copy.

use std::time::Duration;

use tracing::{info, warn};

use super::listing::{Settlement, compare};
use super::refused::awaits_listing;
use super::{Failure, Pipeline, Run, Step};
use crate::config::AfterArchive;
use crate::jobs::{AllProved, DriveCopy, FileRecord, FileState, Job, Provenance, Stage, Unproved, ZoomCopy};
use crate::recording::{Recording, Source};
use crate::zoom::api::TrashAction;
use crate::zoom::{TrashAnswer, Zoom, ZoomError};

/// Number of "no recording" answers in a row before Zoom's copy counts as gone: the same code also means "being
/// processed".
const GONE_ANSWERS: u32 = 3;

/// Longest wait between two attempts while Zoom says that the recording is not completed.
const NOT_COMPLETED_WAIT_MAX: Duration = Duration::from_secs(3600);

impl Pipeline {
    pub(super) async fn retire(&self, job: &Job, run: &Run<'_>) -> Result<Step, Failure> {
        // After the removal of Zoom's copy this file is the only source of these facts.
        self.write_meeting_file(job, run).await?;
        let records = self.store.files(job.id).await?;
        // What was made with Meet is the organiser's, and stays in their Drive.
        if job.recording.source() == Source::Meet {
            return self.retired(run, ZoomCopy::Untouched).await;
        }
        let action = match self.after_archive {
            AfterArchive::Keep => return self.leave(job, run, &records).await,
            AfterArchive::Trash => TrashAction::Trash,
            AfterArchive::Delete => TrashAction::Delete,
        };
        let Some(zoom) = &self.zoom else {
            // The settings refuse this combination; should it occur, the copy is kept.
            return Ok(Step::Finished("kept at Zoom: no API credentials".to_owned()));
        };
        // Drive first: its answers may take long, and nothing may come between the listing and the trash request.
        let copies = self.ask_drive_again(&records).await?;
        let fresh = match self.look_again(zoom, job, run).await? {
            Ok(fresh) => fresh,
            Err(refusal) if awaits_listing(job, &records) => {
                return Err(self.await_listing(job, &refusal).await?);
            }
            Err(_) => {
                info!(job = %job.id, meeting = %job.recording.uuid, "Zoom's copy is gone already");
                return self.end(job, run, &records, ZoomCopy::PutAway).await;
            }
        };
        if let Settlement::New(fresh) = compare(&job.recording, fresh.clone(), &records) {
            return self.plan_listing(job, run, &records, *fresh).await;
        }
        if job.zoom_copy != ZoomCopy::Untouched {
            // It was removed before and is back: a person wants it there.
            info!(job = %job.id, meeting = %job.recording.uuid, "recovered at Zoom by a person: kept");
            self.retired(run, ZoomCopy::Recovered).await?;
            return Ok(Step::Finished(ZoomCopy::Recovered.note().to_owned()));
        }
        if self.confirm(job, run, &fresh, &records, needs_comparison).await? {
            // Reading took time: check everything again.
            return Ok(Step::Moved);
        }
        match AllProved::compare(&job.recording.uuid, &fresh, &records, &copies) {
            Ok(proof) => self.trash(zoom, job, run, &proof, action).await,
            Err(doubts) if doubts.iter().any(|doubt| matches!(doubt, Unproved::NotReadAgain(_))) => {
                // Archived by a release without readings, or listed differently at the last check: return to that
                // check.
                self.store.advance(run.lease, Stage::Settled, Stage::Planned).await?;
                Ok(Step::Moved)
            }
            Err(doubts) => {
                let wait = self.growing_wait(self.age(job).await?, NOT_COMPLETED_WAIT_MAX);
                keep(job, &doubts, wait)
            }
        }
    }

    /// Keeps Zoom's copy. Copies from an event's address are compared with Zoom's listing all the same: an event is
    /// not trusted for the archive either.
    async fn leave(&self, job: &Job, run: &Run<'_>, records: &[FileRecord]) -> Result<Step, Failure> {
        if let Some(zoom) = self.zoom.as_deref().filter(|_| awaits_listing(job, records)) {
            let fresh = match self.list(zoom, &job.recording).await {
                Ok(listing) => listing.recording,
                Err(refusal) if refusal.is_about_this() => {
                    return Err(self.await_listing(job, &refusal).await?);
                }
                Err(error) => return Err(error.into()),
            };
            if let Settlement::New(fresh) = compare(&job.recording, fresh.clone(), records) {
                return self.plan_listing(job, run, records, *fresh).await;
            }
            if self.confirm(job, run, &fresh, records, |source| source == Provenance::Event).await? {
                return Ok(Step::Moved);
            }
        }
        self.end(job, run, records, job.zoom_copy).await
    }

    /// Ends the job without a change at Zoom. The note mentions copies that were not found to be Zoom's.
    async fn end(
        &self,
        job: &Job,
        run: &Run<'_>,
        records: &[FileRecord],
        copy: ZoomCopy,
    ) -> Result<Step, Failure> {
        let doubts = Unproved::by_origin(records, self.zoom.is_some());
        if doubts.iter().any(|doubt| matches!(doubt, Unproved::Contradicted(_))) {
            return keep(job, &doubts, Duration::ZERO);
        }
        self.retired(run, copy).await?;
        if doubts.is_empty() {
            return Ok(Step::Moved);
        }
        let notes = doubts.iter().map(ToString::to_string).chain([copy.note().to_owned()]);
        let notes: Vec<String> = notes.filter(|note| !note.is_empty()).collect();
        Ok(Step::Finished(notes.join("; ")))
    }

    /// A fresh listing; the inner error when Zoom repeats that there is no recording.
    async fn look_again(
        &self,
        zoom: &Zoom,
        job: &Job,
        run: &Run<'_>,
    ) -> Result<Result<Recording, ZoomError>, Failure> {
        let mut answers = 0;
        loop {
            match self.list(zoom, &job.recording).await {
                Ok(listing) => return Ok(Ok(listing.recording)),
                Err(gone @ ZoomError::NoRecording(_)) => {
                    run.pause(self.relay.retry_wait * 2_u32.pow(answers)).await?;
                    answers += 1;
                    if answers == GONE_ANSWERS {
                        return Ok(Err(gone));
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Drive's current metadata of every copy: a copy that was verified hours ago may have been removed.
    async fn ask_drive_again(&self, records: &[FileRecord]) -> Result<Vec<DriveCopy>, Failure> {
        let mut copies = Vec::new();
        for record in records.iter().filter(|record| matches!(record.state, FileState::Verified(_))) {
            copies.extend(self.held(&record.drive_id).await?);
        }
        Ok(copies)
    }

    async fn trash(
        &self,
        zoom: &Zoom,
        job: &Job,
        run: &Run<'_>,
        proof: &AllProved,
        action: TrashAction,
    ) -> Result<Step, Failure> {
        match zoom.trash(proof, action).await? {
            TrashAnswer::Done => {
                self.store.note_zoom_trash(run.lease, action == TrashAction::Delete).await?;
                info!(job = %job.id, meeting = %proof.uuid(), ?action, "Zoom's copy is removed");
            }
            TrashAnswer::AlreadyGone => {
                info!(job = %job.id, meeting = %proof.uuid(), "Zoom's copy was removed already");
            }
            TrashAnswer::NotCompleted => {
                let cause = "Zoom says that the recording is not completed".to_owned();
                let wait = self.growing_wait(self.age(job).await?, NOT_COMPLETED_WAIT_MAX);
                return Err(Failure::Wait { cause, wait });
            }
            TrashAnswer::Denied(why) => {
                warn!(job = %job.id, meeting = %proof.uuid(), %why, "archived, but Zoom refuses to trash its copy");
                return Ok(Step::Finished(format!(
                    "archived; kept at Zoom, which refuses to trash it ({why}). Check the scope \
                     cloud_recording:delete:meeting_recording:admin and the setting \"The host can delete cloud recordings\""
                )));
            }
        }
        match action {
            TrashAction::Trash => self.retired(run, ZoomCopy::PutAway).await,
            TrashAction::Delete => {
                self.store.deleted_at_zoom(run.lease).await?;
                Ok(Step::Moved)
            }
        }
    }

    async fn retired(&self, run: &Run<'_>, copy: ZoomCopy) -> Result<Step, Failure> {
        self.store.retired(run.lease, copy).await?;
        Ok(Step::Moved)
    }
}

/// Copies that are not known to be Zoom's own are compared before Zoom's copy may be removed; contradicted ones were
/// compared already.
fn needs_comparison(source: Provenance) -> bool {
    !source.is_zooms() && source != Provenance::Contradicted
}

/// The effect of doubts: wait, keep Zoom's copy, or park the job.
fn keep(job: &Job, doubts: &[Unproved], wait: Duration) -> Result<Step, Failure> {
    let reasons = doubts.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
    let is_processing = |doubt: &Unproved| matches!(doubt, Unproved::Processing(_));
    if doubts.iter().any(is_processing) {
        return Err(Failure::Wait { cause: reasons, wait });
    }
    let is_by_choice = |doubt: &Unproved| {
        matches!(
            doubt,
            Unproved::Skipped(_) | Unproved::NoListing | Unproved::OtherLength(_) | Unproved::Changing(_)
        )
    };
    if doubts.iter().all(is_by_choice) {
        info!(job = %job.id, meeting = %job.recording.uuid, why = %reasons, "kept at Zoom");
        return Ok(Step::Finished(format!("kept at Zoom: {reasons}")));
    }
    let is_about_origin = |doubt: &Unproved| {
        matches!(doubt, Unproved::Contradicted(_) | Unproved::Unconfirmed(_) | Unproved::Unlisted(_))
    };
    if doubts.iter().any(is_about_origin) {
        return Err(Failure::park(format!(
            "archived, and kept at Zoom: {reasons}. Check these copies, and whether somebody else may know \
             ZOOM_WEBHOOK_SECRET_TOKEN. Where a newer version lies beside a wrong copy, remove the wrong one from Drive, then \
             `jobs retry {id}`; `jobs cancel {id}` leaves archive and Zoom's copy as they are",
            id = job.id
        )));
    }
    Err(Failure::park(format!(
        "not trashed at Zoom: {reasons}. Check these files; then `jobs retry {}` archives missing ones again",
        job.id
    )))
}
