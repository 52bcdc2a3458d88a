//! Writes the file beside a recording's files that tells what is known of it, and keeps it true.
//!
//! It is written when everything wanted is proved and before Zoom's copy is put away, and again when there are
//! other facts to tell: late files, a new version. Its Drive id is reserved and stored before it is made, empty at
//! first; what it tells is put in by a second request, which does no harm when it comes twice. A private property
//! finds it again if our memory is lost. What people do to it at Drive stands until there are other facts: then
//! it tells those, and is made anew if it is gone.

use std::collections::BTreeMap;

use tracing::info;

use super::plan::{MEETING_PROPERTY, NAMING_TRIES};
use super::{Failure, Pipeline, Run};
use crate::google::drive::quoted;
use crate::google::{DriveFile, GoogleError, NewFile};
use crate::jobs::Job;
use crate::jobs::meeting_file::{MEETING_FILE_TYPE, MeetingFacts, describe};
use crate::recording::names::TakenNames;
use crate::store::{MeetingFile, StoreError};

/// The private property that says what a file is for, where it is no copy of one of Zoom's.
pub const ROLE_PROPERTY: &str = "zoom2driveRole";

/// What it says of the file that tells what is known.
pub const MEETING_ROLE: &str = "meeting";

/// What it is called in messages.
const SHOWN: &str = "the meeting file";

impl Pipeline {
    /// Sees to it that the file tells what there is to tell. Costs no call while it does.
    pub(super) async fn write_meeting_file(&self, job: &Job, run: &Run<'_>) -> Result<(), Failure> {
        if !self.meeting_file {
            return Ok(());
        }
        let records = self.store.files(job.id).await?;
        let Some(told) = describe(&job.recording, &records) else { return Ok(()) };
        let known = self.store.meeting_file(job.id).await?;
        if known.as_ref().is_some_and(|known| known.digest == told.digest) {
            return Ok(());
        }
        match self.put_meeting_file(job, run, &told, known).await {
            Ok(()) => Ok(()),
            Err(failure) => Err(self.diagnose(failure).await?.of_file(SHOWN)),
        }
    }

    async fn put_meeting_file(
        &self,
        job: &Job,
        run: &Run<'_>,
        told: &MeetingFacts,
        known: Option<MeetingFile>,
    ) -> Result<(), Failure> {
        let file = match known {
            Some(file) if !file.is_made || self.is_there(&file.drive_id).await? => file,
            known => self.reserve_meeting_file(job, run, told, known).await?,
        };
        if !file.is_made {
            match self.drive.create(&new_meeting_file(job, &file)).await {
                Ok(()) => {}
                // A reserved id that Drive does not know as reserved, as after a change of account.
                Err(error @ GoogleError::Refused(_)) => {
                    self.store.forget_meeting_file(run.lease, &file.drive_id).await?;
                    return Err(error.into());
                }
                Err(error) => return Err(Failure::from(error).in_folder(&file.folder_id)),
            }
        }
        let held = match self.drive.replace_content(&file.drive_id, MEETING_FILE_TYPE, &told.text).await {
            Ok(held) if !held.trashed => held,
            // It was made a moment ago, and a second one beside it would be a twin.
            Err(GoogleError::NotFound(said)) if self.is_there(&file.drive_id).await? => {
                return Err(Failure::from(GoogleError::NotFound(said)).in_folder(&file.folder_id));
            }
            Ok(_) | Err(GoogleError::NotFound(_)) => {
                self.store.forget_meeting_file(run.lease, &file.drive_id).await?;
                return Err(Failure::retry("somebody removed it while it was written"));
            }
            Err(error) => return Err(error.into()),
        };
        if held.size != u64::try_from(told.text.len()).ok() {
            return Err(Failure::retry("Drive holds another size than was sent"));
        }
        self.store.meeting_file_written(run.lease, &file.drive_id, &told.digest).await?;
        info!(job = %job.id, meeting = %job.recording.uuid, drive_id = %file.drive_id, "wrote {:?}", file.name);
        Ok(())
    }

    async fn is_there(&self, id: &str) -> Result<bool, Failure> {
        Ok(self.find(id).await?.is_some_and(|file| !file.trashed))
    }

    /// The file that an earlier life of this archive wrote, where it lies, or an id and a name for a new one.
    async fn reserve_meeting_file(
        &self,
        job: &Job,
        run: &Run<'_>,
        told: &MeetingFacts,
        gone: Option<MeetingFile>,
    ) -> Result<MeetingFile, Failure> {
        let (mut adopted, mut id) = (None, String::new());
        if gone.is_none() {
            adopted = self.find_meeting_file(job, told).await?;
        }
        if adopted.is_none() {
            id = self.new_id().await?;
        }
        for _try in 0..NAMING_TRIES {
            let names = self.store.names_in(&told.folder_id).await?;
            let mut file = MeetingFile {
                drive_id: id.clone(),
                folder_id: told.folder_id.clone(),
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
                    // The name of one that is gone is free again.
                    if let Some(gone) = gone.as_ref().filter(|gone| gone.folder_id == told.folder_id) {
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

    /// The oldest in the archive that Drive shows of this recording, so that every run picks the same one.
    async fn find_meeting_file(&self, job: &Job, told: &MeetingFacts) -> Result<Option<DriveFile>, Failure> {
        let Some(folder) = self.find(&told.folder_id).await? else { return Ok(None) };
        let query = format!(
            "appProperties has {{ key={} and value={} }} and appProperties has {{ key={} and value={} }} and trashed = false",
            quoted(MEETING_PROPERTY),
            quoted(&job.recording.uuid.property()),
            quoted(ROLE_PROPERTY),
            quoted(MEETING_ROLE),
        );
        let found = self.drive.list(&query, folder.drive_id.as_deref()).await;
        let found = found.map_err(|error| Failure::from(error).in_folder(&told.folder_id))?;
        let place = self.rules.now().decide(&job.recording).place;
        let roots = [&told.folder_id, &self.root, place.folder_id.as_ref().unwrap_or(&self.root)];
        let roots = roots.map(String::as_str);
        let inside = self.only_inside(found, &roots).await?;
        Ok(inside.into_iter().next())
    }
}

/// What Drive is told of it before it tells anything.
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
            "What is known of the Zoom recording of {:?}, meeting {}",
            recording.topic, recording.meeting_id
        ),
    }
}
