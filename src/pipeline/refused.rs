//! Handles recordings that an event reported and that Zoom's API refuses to list.
//!
//! For a while after the event this is common, and passes. The event's own addresses work in the meantime, but not
//! for ever: its token is valid for 24 hours. So the listing is requested first, at growing intervals; after
//! [`EVENT_AFTER`] the event's addresses are used instead. Copies from them are no proof: the listing is requested
//! further, for at least [`ASKED_FOR`], and when it comes the copies are compared with it (`confirm`). If it never
//! comes, a person is notified.

use std::time::Duration;

use tracing::warn;

use super::fresh::CurrentRecording;
use super::{Failure, Pipeline};
use crate::jobs::{FileRecord, FileState, Job, Provenance, ZoomCopy, retry};
use crate::recording::{FileStatus, Origin, Recording, RecordingFile};
use crate::zoom::ZoomError;

/// Time after the event from which its addresses are used, if Zoom still refuses to list the recording. Late listings
/// usually come within minutes, and a copy from the event's address costs a second reading. But there must be enough
/// of the token's 24 hours left for retries. A first wait (`RETRY_WAIT`) shorter than a second, as in tests, shortens
/// it in proportion.
const EVENT_AFTER: Duration = Duration::from_secs(15 * 60);

/// Minimum time after the event for which the listing is requested, once the files are archived, even if the
/// late-file window is shorter. Zoom was observed to list recordings hours late.
const ASKED_FOR: Duration = Duration::from_secs(24 * 3600);

/// Longest wait between two requests for the listing after the files are archived.
const LATER_WAIT_MAX: Duration = Duration::from_secs(3600);

/// The next action for an archived recording that Zoom refuses to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RefusedAction {
    /// Request the listing again after this time.
    Ask(Duration),
    /// Notify a person.
    Tell,
}

/// Whether an event's addresses are used, `age` after it. `unit` is the wait after a first failure.
fn may_use_event(age: Duration, unit: Duration) -> bool {
    age >= retry::scaled(EVENT_AFTER, unit)
}

/// The next action after everything is copied, `age` after the event, with a late-file window of `window`. Each wait
/// is half the age: short at first, longer later.
fn after_copying(age: Duration, window: Duration, unit: Duration) -> RefusedAction {
    let end = window.max(retry::scaled(ASKED_FOR, unit));
    if age >= end {
        return RefusedAction::Tell;
    }
    RefusedAction::Ask((age / 2).max(unit).min(LATER_WAIT_MAX).min(end - age))
}

impl Pipeline {
    /// Plans a recording that Zoom refuses to list, from events, once that is allowed.
    pub(super) async fn plan_unlisted(
        &self,
        job: &Job,
        refusal: ZoomError,
    ) -> Result<CurrentRecording, Failure> {
        if !job.recording.files.iter().any(is_usable) {
            return Err(refusal.into());
        }
        if !may_use_event(self.age(job).await?, self.relay.retry_wait) {
            return Err(Failure::retry(format!(
                "{refusal}. Trying again; if Zoom keeps refusing, the event's own addresses are used"
            )));
        }
        warn!(job = %job.id, meeting = %job.recording.uuid, %refusal, "archiving from the event's addresses: Zoom does not list the recording");
        Ok(CurrentRecording::from_events(&job.recording))
    }

    /// Handles a refused listing of a recording whose copies came from an event's addresses: waits, or parks the job.
    pub(super) async fn await_listing(&self, job: &Job, refusal: &ZoomError) -> Result<Failure, Failure> {
        let age = self.age(job).await?;
        Ok(match after_copying(age, self.settle_for, self.relay.retry_wait) {
            RefusedAction::Ask(wait) => {
                Failure::Wait { cause: format!("archived; waiting for Zoom to list it ({refusal})"), wait }
            }
            RefusedAction::Tell => Failure::park(never_listed(job, refusal)),
        })
    }
}

/// Whether copies of this recording must be compared with a listing that may still come. An event that reports its
/// removal changes nothing: it may be as false as the address.
pub(super) fn awaits_listing(job: &Job, records: &[FileRecord]) -> bool {
    // For contradicted copies the listing's bytes are still to be archived, or a person is still to be notified.
    let is_doubtful = |record: &FileRecord| {
        matches!(record.state, FileState::Verified(_))
            && matches!(record.provenance, Provenance::Event | Provenance::Contradicted)
    };
    job.zoom_copy == ZoomCopy::Untouched && records.iter().any(is_doubtful)
}

/// Whether a file can be read without a new listing.
fn is_usable(file: &RecordingFile) -> bool {
    let opens = |download: &crate::recording::Download| {
        download.origin == Origin::Listing || download.token.is_some()
    };
    file.status == FileStatus::Completed && file.download.as_ref().is_some_and(opens)
}

fn never_listed(job: &Job, refusal: &ZoomError) -> String {
    let Recording { host_id, .. } = &job.recording;
    format!(
        "archived from the addresses of Zoom's event, and Zoom's API has never listed the recording, so the copies could \
         not be compared with it; Zoom's copy is kept ({refusal}). Check in Zoom's portal whether the recording is \
         there, and whether its host ({host_id:?}) belongs to the account of ZOOM_ACCOUNT_ID (sub-accounts do not). \
         `jobs retry {id}` asks again; `jobs cancel {id}` leaves it as it is",
        id = job.id
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SECOND: Duration = Duration::from_secs(1);
    /// Validity of an event's token.
    const TOKEN: Duration = Duration::from_secs(24 * 3600);

    #[test]
    fn the_events_addresses_are_used_long_before_its_token_dies() {
        // The worker's slowest waits after repeated refusals.
        let (mut at, mut attempts) = (Duration::ZERO, 0);
        while !may_use_event(at, SECOND) {
            at += retry::wait(SECOND, attempts, None, 1.0);
            attempts += 1;
        }
        assert!(at < TOKEN / 12, "{at:?}");
        assert!((8..retry::ATTEMPTS_MAX / 2).contains(&attempts), "{attempts}");
        let longest = SECOND * 100;
        assert!(may_use_event(EVENT_AFTER, longest), "a longer unit makes nothing later");
    }

    #[test]
    fn the_listing_is_asked_for_over_a_day_and_over_the_whole_window() {
        for (window, expected) in [(0, 24), (24, 24), (72, 72)] {
            let window = Duration::from_secs(window * 3600);
            let (mut at, mut requests) = (EVENT_AFTER, 0);
            while let RefusedAction::Ask(wait) = after_copying(at, window, SECOND) {
                at += wait;
                requests += 1;
                assert!(requests < 120);
            }
            assert_eq!(at, Duration::from_secs(expected * 3600));
        }
    }

    proptest! {
        #[test]
        fn every_wait_has_an_end(age in 0..200_000_u64, unit in 1..10_000_u64) {
            let (age, unit) = (Duration::from_secs(age), Duration::from_millis(unit));
            match after_copying(age, TOKEN, unit) {
                RefusedAction::Ask(wait) => prop_assert!(wait <= LATER_WAIT_MAX && wait > Duration::ZERO),
                RefusedAction::Tell => prop_assert!(age >= TOKEN),
            }
        }
    }
}
