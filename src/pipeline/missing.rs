//! Handles `notFound` from Drive: the item does not exist yet, no longer exists, or is not visible to us.
//!
//! Drive answers `notFound` for a while about an item that was created a moment ago, in any call that names it: a
//! list, a create, the first and the last request of an upload, a read. So the folder itself is read, and the job
//! waits, until the answer was repeated for minutes ([`absence`](crate::jobs::absence)). Only then is it believed.

use std::sync::PoisonError;
use std::time::Duration;

use tracing::info;

use super::{Failure, Pipeline};
use crate::google::{DriveFile, GoogleError};
use crate::jobs::absence::AbsenceVerdict;
use crate::jobs::meeting_file::{folder_link, home};
use crate::jobs::{Job, JobId};

impl Pipeline {
    /// A file or folder as Drive shows it, also in the trash; `None` once Drive has denied it for minutes.
    pub(super) async fn find(&self, id: &str) -> Result<Option<DriveFile>, Failure> {
        match self.drive.get(id).await {
            Ok(file) => {
                self.is_known(id);
                Ok(Some(file))
            }
            Err(GoogleError::NotFound(said)) => {
                self.wait_for(id, || format!("Drive does not know {id} yet, or no longer ({said})")).await?;
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Handles a `notFound`: fails with a wait until the answer was repeated for minutes.
    pub(super) async fn wait_for(
        &self,
        what: &str,
        cause: impl FnOnce() -> String + Send,
    ) -> Result<(), Failure> {
        let now = self.store.now().await?;
        let belief = {
            let mut absences = self.absences.lock().unwrap_or_else(PoisonError::into_inner);
            absences.missed(what, now, self.relay.retry_wait)
        };
        match belief {
            AbsenceVerdict::Believed => Ok(()),
            AbsenceVerdict::NotYet(wait) => {
                Err(Failure::Wait { cause: cause(), wait: wait.max(SHORTEST_WAIT) })
            }
        }
    }

    /// Records that Drive knows the item.
    pub(super) fn is_known(&self, what: &str) {
        self.absences.lock().unwrap_or_else(PoisonError::into_inner).seen(what);
    }

    /// The effect of a failed step, after a check of the folder that it concerns.
    pub(super) async fn look_into(&self, job: &Job, failure: Failure) -> Failure {
        let Failure::Missing { cause, folder } = failure else { return failure };
        match self.judge_missing(job, cause, folder).await {
            Ok(failure) | Err(failure) => failure,
        }
    }

    /// Records a successful step of this job.
    pub(super) fn step_went_well(&self, job: JobId) {
        self.is_known(&key(job));
    }

    async fn judge_missing(
        &self,
        job: &Job,
        cause: String,
        folder: Option<String>,
    ) -> Result<Failure, Failure> {
        let records = self.store.files(job.id).await?;
        let folder =
            folder.or_else(|| home(&records).map(str::to_owned)).unwrap_or_else(|| self.root.clone());
        if folder == self.root {
            // A root that is missing, in the trash or read-only concerns every job.
            self.check_root().await?;
        }
        let (id, link) = (job.id, folder_link(&folder));
        let Some(found) = self.find(&folder).await? else {
            return Ok(Failure::park(format!(
                "{cause}. Its folder {link} is gone from Drive, or the account has lost access to it: give the account \
                 access again; then, or to archive into a new folder, `jobs retry {id}`"
            )));
        };
        let name = &found.name;
        if found.trashed {
            return Ok(Failure::park(format!(
                "{cause}. Its folder {name:?} ({link}) is in Drive's trash: take it out; then, or to archive into a new \
                 folder, `jobs retry {id}`"
            )));
        }
        if found.can_add_children == Some(false) {
            return Ok(Failure::park(format!(
                "{cause}. The account may not add files to its folder {name:?} ({link}): make it Content manager of the \
                 shared drive (or Editor of the folder), then `jobs retry {id}`"
            )));
        }
        self.wait_for(&key(id), || format!("{cause}. Its folder {name:?} exists; trying again")).await?;
        self.step_went_well(id);
        info!(job = %id, folder, "Drive repeats notFound, although the folder exists");
        Ok(Failure::park(format!(
            "{cause}, for minutes, though its folder {name:?} ({link}) exists. Run `zoom2drive doctor` and check what it reports about the \
             shared drive and of the upload; then `jobs retry {id}`"
        )))
    }
}

/// A zero wait would spin.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// The key under which a job's failed calls are counted together.
fn key(job: JobId) -> String {
    format!("job {job}")
}
