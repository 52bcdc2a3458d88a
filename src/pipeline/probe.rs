//! The probe: whether a paused system answers again, asked before a job is worked on.

use super::{Failure, Pipeline};
use crate::jobs::Job;
use crate::jobs::pause::System;

impl Pipeline {
    /// Checks with one call, which a job needs anyway, that a system answers and accepts our credentials. Only a
    /// download can show whether downloads work.
    ///
    /// # Errors
    /// The failure that a job would meet.
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
}
