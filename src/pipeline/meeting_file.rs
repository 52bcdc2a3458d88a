//! Writes `meeting.json` beside a recording's files, and keeps it up to date.
//!
//! It is written when every wanted file is proved and before Zoom's copy is removed, and again when the facts change:
//! late files, a new version. Its Drive id is reserved and stored before the file is created, empty at first; a
//! second request adds the content and may be repeated without harm. A private property identifies the file if the
//! database is lost. Changes that people make to it on Drive stand until the facts change: then it is rewritten, or
//! created again if it is missing.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use tracing::info;

use super::plan::{MEETING_PROPERTY, NAMING_TRIES};
use super::{Failure, Pipeline, Run};
use crate::google::drive::quoted;
use crate::google::{DriveFile, GoogleError, NewFile};
use crate::jobs::Job;
use crate::jobs::meeting_file::{MEETING_FILE_TYPE, MeetingFacts, describe};
use crate::recording::names::TakenNames;
use crate::store::{MeetingFile, StoreError};

/// The private property with the purpose of a file that is no copy of one of Zoom's.
pub const ROLE_PROPERTY: &str = "zoom2driveRole";

/// Its value for `meeting.json`.
pub const MEETING_ROLE: &str = "meeting";

/// Its name in messages.
const SHOWN: &str = "the meeting file";

impl Pipeline {
    /// Writes the file if the facts have changed. Otherwise it calls nothing at Drive.
    pub(super) async fn write_meeting_file(&self, job: &Job, run: &Run<'_>) -> Result<(), Failure> {
        if !self.meeting_file {
            return Ok(());
        }
        let records = self.store.files(job.id).await?;
        let attendance = self.known_attendance(job).await?;
        let Some(facts) = describe(&job.recording, &records, attendance.as_ref()) else { return Ok(()) };
        let known = self.store.meeting_file(job.id).await?;
        if known.as_ref().is_some_and(|known| known.digest == facts.digest) {
            return Ok(());
        }
        match self.put_meeting_file(job, run, &facts, known).await {
            Ok(()) => Ok(()),
            Err(failure) => Err(self.diagnose(failure).await?.of_file(SHOWN)),
        }
    }

    async fn put_meeting_file(
        &self,
        job: &Job,
        run: &Run<'_>,
        facts: &MeetingFacts,
        known: Option<MeetingFile>,
    ) -> Result<(), Failure> {
        let file = match known {
            Some(file) if !file.is_made || self.is_there(&file.drive_id).await? => file,
            known => self.reserve_meeting_file(job, run, facts, known).await?,
        };
        if !file.is_made {
            match self.drive.create(&new_meeting_file(job, &file)).await {
                Ok(()) => {}
                // Drive does not know the reserved id as reserved, for example after a change of account.
                Err(error @ GoogleError::Refused(_)) => {
                    self.store.forget_meeting_file(run.lease, &file.drive_id).await?;
                    return Err(error.into());
                }
                Err(error) => return Err(Failure::from(error).in_folder(&file.folder_id)),
            }
        }
        let written = match self.drive.replace_content(&file.drive_id, MEETING_FILE_TYPE, &facts.text).await {
            Ok(written) if !written.trashed => written,
            // It was created a moment ago; another one beside it would be a duplicate.
            Err(GoogleError::NotFound(said)) if self.is_there(&file.drive_id).await? => {
                return Err(Failure::from(GoogleError::NotFound(said)).in_folder(&file.folder_id));
            }
            Ok(_) | Err(GoogleError::NotFound(_)) => {
                self.store.forget_meeting_file(run.lease, &file.drive_id).await?;
                return Err(Failure::retry("somebody removed it while it was being written"));
            }
            Err(error) => return Err(error.into()),
        };
        if written.size != u64::try_from(facts.text.len()).ok() {
            return Err(Failure::retry("Drive has another size than was sent"));
        }
        self.store.meeting_file_written(run.lease, &file.drive_id, &facts.digest).await?;
        info!(job = %job.id, meeting = %job.recording.uuid, drive_id = %file.drive_id, "wrote {:?}", file.name);
        Ok(())
    }

    async fn is_there(&self, id: &str) -> Result<bool, Failure> {
        Ok(self.find(id).await?.is_some_and(|file| !file.trashed))
    }

    /// The existing file in its folder, or an id and a name for a new one.
    async fn reserve_meeting_file(
        &self,
        job: &Job,
        run: &Run<'_>,
        facts: &MeetingFacts,
        gone: Option<MeetingFile>,
    ) -> Result<MeetingFile, Failure> {
        let (mut adopted, mut id) = (None, String::new());
        if gone.is_none() {
            // Where the plan's search has found nothing of the recording, there is no such file either.
            adopted = match run.is_new_to_drive.load(Ordering::Relaxed) {
                true => None,
                false => self.find_meeting_file(job, facts).await?,
            };
        }
        if adopted.is_none() {
            id = self.new_id().await?;
        }
        for _try in 0..NAMING_TRIES {
            let names = self.store.names_in(&facts.folder_id).await?;
            let mut file = MeetingFile {
                drive_id: id.clone(),
                folder_id: facts.folder_id.clone(),
                name: String::new(),
                is_made: false,
                digest: String::new(),
            };
            match &adopted {
                Some(found) => {
                    let folder = found.parents.first().unwrap_or(&file.folder_id).clone();
                    file = MeetingFile {
                        drive_id: found.id.clone(),
                        folder_id: folder,
                        name: found.name.clone(),
                        is_made: true,
                        ..file
                    };
                }
                None => {
                    let mut taken = TakenNames::of(&names.names);
                    // The name of a missing file is free again.
                    if let Some(gone) = gone.as_ref().filter(|gone| gone.folder_id == facts.folder_id) {
                        taken.remove(&gone.name);
                    }
                    let place = self.rules.now().decide(&job.recording).place;
                    file.name = place.naming(&self.naming).meeting_file(&job.recording, &taken);
                }
            }
            match self.store.reserve_meeting_file(run.lease, &file, &names).await {
                Err(StoreError::NameTaken) => {}
                reserved => return Ok(reserved.map(|()| file)?),
            }
        }
        Err(StoreError::NameTaken.into())
    }

    /// The oldest such file of this recording in the archive, so that every run picks the same one.
    async fn find_meeting_file(&self, job: &Job, facts: &MeetingFacts) -> Result<Option<DriveFile>, Failure> {
        let Some(folder) = self.find(&facts.folder_id).await? else { return Ok(None) };
        let query = format!(
            "appProperties has {{ key={} and value={} }} and appProperties has {{ key={} and value={} }} and trashed = false",
            quoted(MEETING_PROPERTY),
            quoted(&job.recording.uuid.property()),
            quoted(ROLE_PROPERTY),
            quoted(MEETING_ROLE),
        );
        let found = self.drive.list(&query, folder.drive_id.as_deref()).await;
        let found = found.map_err(|error| Failure::from(error).in_folder(&facts.folder_id))?;
        let place = self.rules.now().decide(&job.recording).place;
        let roots = [&facts.folder_id, &self.root, place.folder_id.as_ref().unwrap_or(&self.root)];
        let roots = roots.map(String::as_str);
        let inside = self.only_inside(found, &roots).await?;
        Ok(inside.into_iter().next())
    }
}

/// The metadata of the file when it is created, still empty.
fn new_meeting_file(job: &Job, file: &MeetingFile) -> NewFile {
    let recording = &job.recording;
    NewFile {
        id: file.drive_id.clone(),
        name: file.name.clone(),
        mime_type: MEETING_FILE_TYPE.to_owned(),
        parent: file.folder_id.clone(),
        app_properties: BTreeMap::from([
            (MEETING_PROPERTY.to_owned(), recording.uuid.property()),
            (ROLE_PROPERTY.to_owned(), MEETING_ROLE.to_owned()),
        ]),
        created_time: recording.happened_at().map(|start| start.to_string()),
        description: format!(
            "Facts about the {} recording of {:?}, meeting {}",
            recording.source(),
            recording.topic,
            recording.meeting_id
        ),
    }
}
