//! How old a recording is for us, and how long to wait at that age.

use std::time::Duration;

use super::{Failure, Pipeline};
use crate::jobs::{self, Job, Millis};

impl Pipeline {
    /// How long ago the recording's first event came.
    pub(super) async fn age(&self, job: &Job) -> Result<Duration, Failure> {
        self.since(job.accepted_at).await
    }

    /// How long ago a time was, by the store's clock.
    pub(super) async fn since(&self, then: Millis) -> Result<Duration, Failure> {
        Ok(jobs::age(then, self.store.now().await?))
    }

    /// Half of what was waited so far: often at first, seldom later.
    pub(super) fn growing_wait(&self, age: Duration, most: Duration) -> Duration {
        (age / 2).max(self.relay.retry_wait).min(most)
    }
}
