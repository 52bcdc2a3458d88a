//! What Drive says it does not know: not there yet, not there any more, or not ours to see.
//!
//! Drive answers `notFound` for a while about what was made a moment ago, at any call that names it: a list, a create,
//! the opening and the last request of an upload, a look. So the folder itself is looked at, and the job waits, until
//! the answer has been repeated for minutes ([`absence`](crate::jobs::absence)). Only then is it believed.

use std::sync::PoisonError;
use std::time::Duration;

use tracing::info;

use super::{Failure, Pipeline};
use crate::google::{DriveFile, GoogleError};
use crate::jobs::absence::AbsenceVerdict;
use crate::jobs::meeting_file::{folder_link, home};
use crate::jobs::{Job, JobId};

impl Pipeline {
    /// A file or folder as Drive shows it, also from the trash; nothing once Drive has denied it for minutes.
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

    /// Drive does not know something. Fails with a wait until that has been repeated for minutes.
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

    /// Drive knows it.
    pub(super) fn is_known(&self, what: &str) {
        self.absences.lock().unwrap_or_else(PoisonError::into_inner).seen(what);
    }

    /// What a failed step means, once the folder that it is about has been looked at.
    pub(super) async fn look_into(&self, job: &Job, failure: Failure) -> Failure {
        let Failure::Missing { cause, folder } = failure else { return failure };
        match self.judge_missing(job, cause, folder).await {
            Ok(failure) | Err(failure) => failure,
        }
    }

    /// A step of this job went well.
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
            // A root that is gone, in the trash or read-only concerns everybody.
            self.check_root().await?;
        }
        let (id, link) = (job.id, folder_link(&folder));
        let Some(found) = self.find(&folder).await? else {
            return Ok(Failure::park(format!(
                "{cause}. Its folder {link} is gone from Drive, or the account may no longer see it: give the account \
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
        self.wait_for(&key(id), || format!("{cause}. Its folder {name:?} is there; Drive is asked again"))
            .await?;
        self.step_went_well(id);
        info!(job = %id, folder, "Drive goes on saying notFound, though the folder is there");
        Ok(Failure::park(format!(
            "{cause}, for minutes, though its folder {name:?} ({link}) is there. See what `zoom2drive doctor` says of the \
             shared drive and of the upload; then `jobs retry {id}`"
        )))
    }
}

/// A wait that is no wait would spin.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// What a job's failed calls are remembered by, whichever they are.
fn key(job: JobId) -> String {
    format!("job {job}")
}
