//! Uploads, counted against the daily limit that the settings give and against the one that Google keeps to itself.

use std::sync::PoisonError;

use tracing::info;

use super::transfer::Finished;
use super::{Failure, Pipeline};
use crate::jobs::FileRecord;
use crate::jobs::pause::daily::{self, used};
use crate::jobs::pause::{OutageHint, PauseCause, System};
use crate::store::{Confirmed, Lease};
use crate::telemetry::meters;

impl Pipeline {
    /// Fails when a file of this size would go over the daily limit. Asked before a file is begun: one that
    /// is under way may end.
    pub(super) async fn check_daily_limit(&self, size: u64) -> Result<(), Failure> {
        let Some(limit) = self.google.daily_upload_limit else { return Ok(()) };
        let identity = self.google.identity();
        let (uploaded, now) = (self.store.uploaded(&identity).await?, self.store.now().await?);
        let wait = daily::wait_for_room(&uploaded, size, limit, now);
        if wait.is_zero() {
            if size > limit {
                info!(size, limit, "a file is larger than DAILY_UPLOAD_LIMIT; it is begun all the same");
            }
            return Ok(());
        }
        Err(Failure::Pause {
            system: System::Drive,
            cause: PauseCause::DailyLimit,
            what: format!(
                "{identity} uploaded {} bytes within 24 hours, and the next file has {size}: DAILY_UPLOAD_LIMIT is {limit}",
                used(&uploaded, now)
            ),
            wait: Some(wait),
        })
    }

    /// Stores that the whole file is on Drive, and counts the bytes that Drive has confirmed with it.
    pub(super) async fn save_sent(
        &self,
        lease: &Lease,
        record: &FileRecord,
        Finished { sent, bytes, went_on_from }: &Finished,
    ) -> Result<(), Failure> {
        if *bytes > 0 {
            self.bytes_confirmed(*bytes);
        }
        let identity = self.google.identity();
        let confirmed = Confirmed { identity: &identity, bytes: *bytes, went_on_from: *went_on_from };
        Ok(self.store.mark_transferred(lease, record, sent, &confirmed).await?)
    }

    /// Stores the file's new position, and counts the bytes that Drive has confirmed with it.
    pub(super) async fn save_confirmed(
        &self,
        lease: &Lease,
        record: &FileRecord,
        bytes: u64,
        went_on_from: Option<u64>,
    ) -> Result<(), Failure> {
        if bytes > 0 {
            self.bytes_confirmed(bytes);
        }
        let identity = self.google.identity();
        let confirmed = Confirmed { identity: &identity, bytes, went_on_from };
        Ok(self.store.save_confirmed(lease, record, &record.progress, &confirmed).await?)
    }

    fn bytes_confirmed(&self, bytes: u64) {
        self.vitals.answered(System::Drive);
        self.vitals.answered(System::Media);
        meters::bytes_confirmed(bytes);
        self.refusals.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What a file's failure really is: a rate limit that goes on for long is the daily limit, and a refusal
    /// may be the root's fault rather than the file's.
    pub(super) async fn diagnose(&self, failure: Failure) -> Result<Failure, Failure> {
        match failure {
            Failure::Retry { cause, sign: Some(OutageHint::UploadLimit), after } => {
                let now = self.store.now().await?;
                let mut refusals = self.refusals.lock().unwrap_or_else(PoisonError::into_inner);
                Ok(if refusals.add(now, self.relay.retry_wait) {
                    let what = format!("{cause}, for so long that it must be the daily upload limit");
                    Failure::Pause { system: System::Drive, cause: PauseCause::DailyLimit, what, wait: None }
                } else {
                    Failure::Retry { cause, after, sign: Some(OutageHint::UploadLimit) }
                })
            }
            Failure::Park { .. } => match self.check_root().await {
                Err(pause @ Failure::Pause { .. }) => Ok(pause),
                Ok(_) | Err(_) => Ok(failure),
            },
            failure => Ok(failure),
        }
    }
}
