//! What stops everything, seen from the work: the probe before a job, uploads counted against the daily
//! limit, and signs of life for the circuit breaker.

use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use tracing::info;

use super::{Failure, Pipeline};
use crate::jobs::Job;
use crate::jobs::pause::daily::{self, used};
use crate::jobs::pause::{OutageHint, PauseCause, System};
use crate::recording::Recording;
use crate::telemetry::meters;
use crate::zoom::{Listing, Zoom, ZoomError};

/// How often each system has answered well in this life of the program.
#[derive(Debug, Default)]
pub struct HealthyCalls {
    answers: [AtomicU64; System::ALL.len()],
}

impl HealthyCalls {
    fn of(&self, system: System) -> &AtomicU64 {
        let [zoom, media, drive] = &self.answers;
        match system {
            System::Zoom => zoom,
            System::Media => media,
            System::Drive => drive,
        }
    }

    /// So often.
    pub fn answers(&self, system: System) -> u64 {
        self.of(system).load(Ordering::Relaxed)
    }

    /// Once more.
    pub(super) fn answered(&self, system: System) {
        self.of(system).fetch_add(1, Ordering::Relaxed);
    }
}

impl Pipeline {
    /// How often each system has answered well.
    pub fn vitals(&self) -> &HealthyCalls {
        &self.vitals
    }

    /// Sees whether a system lets us in and is there, with one call that a job needs anyway. Downloads are
    /// only seen by downloading.
    ///
    /// # Errors
    /// Just what a job would fail with.
    pub async fn probe(&self, job: &Job, system: System) -> Result<(), Failure> {
        match (system, &self.zoom) {
            (System::Drive, _) => self.check_root().await.map(drop),
            (System::Zoom, Some(zoom)) => match self.list(zoom, &job.recording).await {
                Err(error) if !error.is_about_this() => Err(error.into()),
                _ => Ok(()),
            },
            (System::Zoom, None) | (System::Media, _) => Ok(()),
        }
    }

    /// Lists a recording at Zoom, its files named as they are known.
    pub(super) async fn list(&self, zoom: &Zoom, known: &Recording) -> Result<Listing, ZoomError> {
        let listed = zoom.recording(&known.uuid).await;
        if matches!(listed, Ok(_) | Err(ZoomError::NoRecording(_) | ZoomError::NotListed(_))) {
            self.vitals.answered(System::Zoom);
        }
        listed.map(|listing| Listing { recording: listing.recording.keyed_like(&known.files) })
    }

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

    /// Drive has confirmed so many more bytes.
    pub(super) async fn uploaded(&self, bytes: u64) -> Result<(), Failure> {
        if bytes > 0 {
            self.vitals.answered(System::Drive);
            self.vitals.answered(System::Media);
            meters::bytes_confirmed(bytes);
            self.refusals.lock().unwrap_or_else(PoisonError::into_inner).clear();
            self.store.add_uploaded(&self.google.identity(), bytes).await?;
        }
        Ok(())
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
