//! Step 4: late files. Transcripts, summaries and captions come minutes to hours after the recording.
//!
//! Zoom is asked again at growing intervals until the window has passed; only a last look that finds nothing
//! new settles the recording. The window counts from the first event, so that a late archive need not wait; for
//! what a backfill brought in, from the meeting's end: years later only the last look is left.

use std::time::Duration;

use super::listing::{Settlement, compare};
use super::refused::awaits_listing;
use super::source::RecordingSource;
use super::{Failure, Pipeline, Run, Step};
use crate::jobs::{FileRecord, FileState, Job, Stage};
use crate::zoom::ZoomError;

/// When to look during the window, as parts of it: with 24 hours, after one, six and all of them.
const LOOKS: [(u32, u32); 3] = [(1, 24), (1, 4), (1, 1)];

/// Longest wait between two looks while a listed file is still being processed and the window has passed.
const PROCESSING_WAIT_MAX: Duration = Duration::from_secs(1800);

impl Pipeline {
    pub(super) async fn settle(&self, job: &Job, run: &Run<'_>) -> Result<Step, Failure> {
        if let Some(reason) = self.rules.now().decide(&job.recording).skip {
            let records = self.store.files(job.id).await?;
            if records.iter().all(|record| matches!(record.state, FileState::Skipped(_))) {
                // Late files would be skipped as well; events and the sweep tell of them all the same.
                return Ok(Step::Finished(format!("skipped: {reason}")));
            }
        }
        // Everything that is known so far is proved: people need not wait for late files to read of it.
        self.write_meeting_file(job, run).await?;
        self.share(job, run).await?;
        let age = self.since(job.window_began()).await?;
        let next = next_look(age, self.settle_for);
        self.attend(job, run, next.is_none()).await?;
        let is_first_wait = next == LOOKS.first().map(|look| part(*look, self.settle_for));
        if !is_first_wait {
            let records = self.store.files(job.id).await?;
            match self.look_for_late_files(job, &records).await? {
                Settlement::New(fresh) => return self.plan_listing(job, run, &records, *fresh).await,
                Settlement::Processing if next.is_none() => {
                    return Err(Failure::Wait {
                        cause: "Zoom is still processing a late file".to_owned(),
                        wait: self.growing_wait(age, PROCESSING_WAIT_MAX),
                    });
                }
                Settlement::Refused(refusal) if next.is_none() => {
                    return Err(self.await_listing(job, &refusal).await?);
                }
                Settlement::Same(listing) => {
                    let is_last = next.is_none();
                    if let Some(fresh) = self.read_again(job, run, *listing, &records, is_last).await? {
                        return self.plan_listing(job, run, &records, fresh).await;
                    }
                }
                Settlement::Processing | Settlement::Refused(_) | Settlement::Nothing => {}
            }
        }
        match next {
            Some(next) => Err(Failure::Wait {
                cause: "waiting for late files".to_owned(),
                wait: next.saturating_sub(age),
            }),
            None => {
                self.store.advance(run.lease, Stage::Verified, Stage::Settled).await?;
                Ok(Step::Moved)
            }
        }
    }

    async fn look_for_late_files(&self, job: &Job, records: &[FileRecord]) -> Result<Settlement, Failure> {
        let zoom = match self.source(&job.recording) {
            RecordingSource::Zoom(zoom) => zoom,
            // Only events tell of late files, and they have been planned.
            RecordingSource::ZoomEvents => return Ok(Settlement::Nothing),
            RecordingSource::Meet(meet) => {
                let Some(listing) = meet.list(&job.recording).await? else { return Ok(Settlement::Nothing) };
                return Ok(match compare(&job.recording, listing, records) {
                    // Checksums prove its files: no second reading is needed.
                    Settlement::Same(_) => Settlement::Nothing,
                    settlement => settlement,
                });
            }
        };
        match self.list(zoom, &job.recording).await {
            Ok(listing) => Ok(compare(&job.recording, listing.recording, records)),
            Err(refusal) if refusal.is_about_this() && awaits_listing(job, records) => {
                Ok(Settlement::Refused(refusal))
            }
            // Gone from Zoom, and every file is verified: there is nothing left to wait for.
            Err(ZoomError::NoRecording(_)) => Ok(Settlement::Nothing),
            Err(error) => Err(error.into()),
        }
    }
}

/// The age at which to look next; none when the window has passed.
fn next_look(age: Duration, window: Duration) -> Option<Duration> {
    LOOKS.into_iter().map(|look| part(look, window)).find(|at| *at > age)
}

fn part((numerator, denominator): (u32, u32), window: Duration) -> Duration {
    window / denominator * numerator
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_spread_over_the_window_and_then_end() {
        let day = Duration::from_secs(24 * 3600);
        let hours = |age: u64| next_look(Duration::from_secs(age * 3600), day).map(|at| at.as_secs() / 3600);
        assert_eq!(
            [0, 1, 5, 6, 23, 24, 99].map(hours),
            [Some(1), Some(6), Some(6), Some(24), Some(24), None, None]
        );
        assert_eq!(next_look(Duration::ZERO, Duration::ZERO), None);
    }
}
