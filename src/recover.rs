//! Takes a recording out of Zoom's trash, for an operator who asks for it: because its copy on Drive is lost, or to
//! keep it at Zoom. Nothing does this by itself.

use std::sync::Arc;

use crate::jobs::verification::{Original, day, original};
use crate::jobs::{Job, JobId, Millis, Removal, ZoomCopy};
use crate::recording::Source;
use crate::store::{Store, StoreError};
use crate::zoom::{RecoverAnswer, Zoom, ZoomError};

/// What happens once Zoom has the recording again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    /// Files that are not on Drive as they were proved are archived again.
    ArchiveAgain,
    /// Nothing: the recording stays at Zoom.
    Keep,
}

/// Why a recording is not taken out of the trash.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// It is not in the trash, or Zoom refuses.
    #[error("job {0} cannot be recovered: {1}")]
    Refused(JobId, String),
    /// Zoom does not answer.
    #[error(transparent)]
    Zoom(#[from] ZoomError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is known before anything is done.
#[derive(Debug, Clone)]
pub struct Offer {
    pub job: Job,
    /// Until when Zoom's trash keeps it, if that is known.
    pub until: Option<Millis>,
}

impl Offer {
    /// What will happen, in words.
    pub fn effect(&self, afterwards: Afterwards) -> String {
        let until = self.until.map(|until| format!(", which has it until {}", day(until)));
        let then = match afterwards {
            Afterwards::ArchiveAgain => {
                "Files that are not on Drive as they were proved are then archived again"
            }
            Afterwards::Keep => "The archive stays as it is",
        };
        format!(
            "Zoom takes the whole recording out of its trash{}. {then}, and Zoom keeps the recording until a person trashes it.",
            until.unwrap_or_default()
        )
    }
}

/// Takes recordings out of Zoom's trash.
#[derive(Clone)]
pub struct Recovery {
    store: Store,
    /// `None` without API credentials.
    zoom: Option<Arc<Zoom>>,
}

impl std::fmt::Debug for Recovery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Recovery").finish_non_exhaustive()
    }
}

impl Recovery {
    /// On this store, with this client of Zoom's API.
    pub fn new(store: Store, zoom: Option<Arc<Zoom>>) -> Self {
        Self { store, zoom }
    }

    /// Whether a recording can be in Zoom's trash, as far as the service knows. Changes and asks nothing.
    ///
    /// # Errors
    /// `Refused` with the reason if it cannot.
    pub async fn offer(&self, id: JobId) -> Result<Offer, RecoverError> {
        let job = self.store.job(id).await?;
        let until = self.store.zoom_trash_until(id).await?;
        match refusal(&job, until, self.store.now().await?) {
            Some(why) => Err(RecoverError::Refused(id, why)),
            None => Ok(Offer { job, until }),
        }
    }

    /// Takes it out of the trash. If Zoom lists it already, only the archive's part is left to do.
    ///
    /// # Errors
    /// `Refused` with the reason. Then nothing has changed.
    pub async fn recover(&self, id: JobId, afterwards: Afterwards) -> Result<(), RecoverError> {
        let Offer { job, .. } = self.offer(id).await?;
        let refused = |why: String| Err(RecoverError::Refused(id, why));
        let Some(zoom) = &self.zoom else {
            return refused("there are no Zoom API credentials (ZOOM_ACCOUNT_ID and the others)".to_owned());
        };
        match zoom.recording(&job.recording.uuid).await {
            Ok(_) => {}
            Err(error) if error.is_about_this() => {
                match zoom.recover_from_trash(&job.recording.uuid).await? {
                    RecoverAnswer::Done => {}
                    RecoverAnswer::Denied(why) => return refused(why),
                    RecoverAnswer::NotInTrash => {
                        return refused(
                            "Zoom's trash does not have it: it keeps a recording for 30 days, and a person may have emptied it"
                                .to_owned(),
                        );
                    }
                }
            }
            Err(error) => return Err(error.into()),
        }
        self.store.recovered(id, afterwards == Afterwards::ArchiveAgain).await?;
        tracing::info!(job = %id, ?afterwards, "taken out of Zoom's trash");
        Ok(())
    }
}

/// Why this recording cannot be in Zoom's trash.
fn refusal(job: &Job, trash_until: Option<Millis>, now: Millis) -> Option<String> {
    let id = job.id;
    if job.recording.source() == Source::Meet {
        return Some(format!(
            "it is a recording of Google Meet, whose original stays in its organiser's Drive: `jobs retry {id}` archives it again"
        ));
    }
    if job.leased {
        return Some("a worker has the job at this moment: try again when it is done".to_owned());
    }
    match original(job, trash_until, now) {
        Original::InTrash(_) | Original::MaybeInTrash => None,
        Original::Gone if trash_until == Some(0) => {
            Some("Zoom's copy was deleted for good (AFTER_ARCHIVE=delete)".to_owned())
        }
        Original::Gone => {
            let until = trash_until.map(|until| format!(" (until {})", day(until))).unwrap_or_default();
            Some(format!("Zoom's trash kept it for 30 days{until}, and these are over"))
        }
        // A person may have put it there.
        _ if matches!(job.removal(), Some(Removal::Trashed | Removal::Deleted)) => None,
        _ if job.zoom_copy == ZoomCopy::Recovered => {
            Some(format!("it was recovered already, and Zoom has it: `jobs retry {id}` archives it again"))
        }
        _ => Some(format!(
            "as far as is known it was never put into Zoom's trash: `jobs retry {id}` archives it again from Zoom"
        )),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jobs::{Removals, Stage, Standing};
    use crate::recording::listing;

    fn job(zoom_copy: ZoomCopy) -> Job {
        Job {
            id: JobId(7),
            recording: listing::read(&json!({"uuid": "u", "recording_files": []})).unwrap(),
            stage: Stage::Retired,
            standing: Standing::Finished,
            reason: String::new(),
            attempts: 0,
            next_attempt_at: 0,
            accepted_at: 0,
            updated_at: 0,
            revision: 1,
            planned_revision: 1,
            leased: false,
            removals: Removals::default(),
            zoom_copy,
            backfilled: false,
        }
    }

    #[test]
    fn only_what_may_be_in_the_trash_is_offered() {
        let put_away = job(ZoomCopy::PutAway);
        assert_eq!(refusal(&put_away, Some(9), 8), None);
        assert_eq!(refusal(&put_away, None, 8), None);
        for (job, until, now, says) in [
            (put_away.clone(), Some(9), 9, "these are over"),
            (put_away.clone(), Some(0), 9, "deleted for good"),
            (job(ZoomCopy::Untouched), None, 9, "never put into Zoom's trash"),
            (job(ZoomCopy::Recovered), None, 9, "recovered already"),
            (Job { leased: true, ..put_away }, Some(9), 8, "a worker has the job"),
        ] {
            let why = refusal(&job, until, now).unwrap_or_default();
            assert!(why.contains(says), "{why}");
        }
    }
}
