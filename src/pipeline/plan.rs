//! Step 1: chooses the files to archive, and their folder.
//!
//! A webhook is only a hint: with API credentials the recording is listed again, and the rules choose its wanted
//! files. New files get a name, a folder and a Drive id that is reserved and stored before any upload; files that
//! Drive already has are adopted; a file that Zoom has recreated becomes a new version beside the old one.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use tracing::{info, warn};

use super::adopt;
use super::fresh::CurrentRecording;
use super::meeting_file::ROLE_PROPERTY;
use super::merge::{self, AppliedRules};
use super::source::RecordingSource;
use super::{Failure, Pipeline, Run, Step};
use crate::google::{DriveFile, NewFile};
use crate::jobs::{FileRecord, FileState, Job, Restart};
use crate::recording::names::TakenNames;
use crate::recording::{FileStatus, Recording, RecordingFile, Source, names};
use crate::store::{FolderNames, StoreError};
use crate::zoom::ZoomError;

/// The private property with the meeting's UUID.
pub const MEETING_PROPERTY: &str = "zoomMeeting";

/// The private property with the file's key.
pub const FILE_PROPERTY: &str = "zoomFile";

/// The role of a copy of one of Meet's files.
const MEET_ROLE: &str = "meet";

/// The private property with the Drive id of Meet's file.
const ORIGINAL_PROPERTY: &str = "zoom2driveSource";

/// Why nothing can be planned any more.
const FORGOTTEN: &str = "Google keeps conferences 30 days: it no longer says which files there were";

/// Longest wait between two listings while no file is ready.
const PROCESSING_WAIT_MAX: Duration = Duration::from_secs(300);

/// Time that Zoom has to finish a recording before a person must check it.
const PROCESSING_MAX: Duration = Duration::from_secs(3 * 24 * 3600);

/// Number of attempts to choose names when other instances take them at the same moment.
pub(super) const NAMING_TRIES: usize = 5;

impl Pipeline {
    pub(super) async fn plan(&self, job: &Job, run: &Run<'_>) -> Result<Step, Failure> {
        let records = self.store.files(job.id).await?;
        let fresh = self.look(job, &records).await?;
        let files = &fresh.recording.files;
        if !files.is_empty() && !files.iter().any(|file| file.status == FileStatus::Completed) {
            return Err(self.processing(job).await?);
        }
        self.plan_listing(job, run, &records, fresh).await
    }

    /// The current state of the recording, from its source if it can be asked.
    async fn look(&self, job: &Job, records: &[FileRecord]) -> Result<CurrentRecording, Failure> {
        let zoom = match self.source(&job.recording) {
            RecordingSource::Zoom(zoom) => zoom,
            RecordingSource::ZoomEvents => return Ok(CurrentRecording::from_events(&job.recording)),
            RecordingSource::Meet(meet) => {
                return match meet.list(&job.recording).await? {
                    Some(listing) => Ok(CurrentRecording::listed(&job.recording, listing)),
                    None if !job.recording.files.is_empty() => {
                        Ok(CurrentRecording::from_events(&job.recording))
                    }
                    None => Err(Failure::park(FORGOTTEN)),
                };
            }
        };
        match self.list(zoom, &job.recording).await {
            Ok(listing) => Ok(CurrentRecording::listed(&job.recording, listing.recording)),
            // Everything is copied, and Zoom's copy was removed since: no file is missing.
            Err(ZoomError::NoRecording(_)) if !records.is_empty() && records.iter().all(is_done) => {
                Ok(CurrentRecording::unlisted(&job.recording))
            }
            Err(ZoomError::NoRecording(_)) if job.removal().is_some() => remembered(job),
            Err(refusal) if refusal.is_about_this() => self.plan_unlisted(job, refusal).await,
            Err(error) => Err(error.into()),
        }
    }

    async fn processing(&self, job: &Job) -> Result<Failure, Failure> {
        let (age, source) = (self.age(job).await?, job.recording.source());
        if age > PROCESSING_MAX {
            return Ok(Failure::park(format!(
                "{source} has been processing this recording for three days: check it there, then use `jobs retry`"
            )));
        }
        let wait = self.growing_wait(age, PROCESSING_WAIT_MAX);
        Ok(Failure::Wait { cause: format!("{source} is still processing the recording"), wait })
    }

    /// Plans the files of a listing. Later steps call it, too, when their listing has something new.
    pub(super) async fn plan_listing(
        &self,
        job: &Job,
        run: &Run<'_>,
        records: &[FileRecord],
        fresh: CurrentRecording,
    ) -> Result<Step, Failure> {
        let fresh = self.with_host(job, records, fresh).await?;
        // Rules may be replaced at any moment: this plan uses one version of them.
        let decision = self.rules.now().decide(&fresh.recording);
        let naming = decision.place.naming(&self.naming);
        // Held until the plan is stored: two plans at once could use one name twice, or create one folder twice.
        let _one_at_a_time = self.planning.lock().await;
        // A recording that the rules skip as a whole costs no call of Drive.
        let root = match merge::wants_anything(&fresh, &decision) {
            true => Some(self.root_for(&fresh.recording, &decision.place, records).await?),
            false => None,
        };
        self.restore_lost(run, &fresh.recording, records).await?;
        let records = self.files_to_plan(job, run).await?;
        let mut wishes = AppliedRules { decision, naming, folder: String::new() };
        let mut copies = Vec::new();
        if let Some(root) = &root {
            if merge::merge(&fresh, &records, &wishes, TakenNames::default()).iter().any(is_new) {
                copies = self.copies(run, &fresh.recording, root, &wishes.decision.place, &records).await?;
            }
            wishes.folder =
                self.folder_for(&fresh.recording, root, &records, &copies, &wishes.naming).await?;
        }
        let planned = self.store_plan(job, run, &fresh, &records, &wishes, &copies).await?;
        let fresh = fresh.recording;
        let new = planned.len().saturating_sub(records.len());
        info!(job = %job.id, meeting = %fresh.uuid, files = planned.len(), new, "planned {} file(s) of meeting {}", planned.len(), fresh.uuid);
        let unfinished = fresh.files.iter().filter(|file| file.status == FileStatus::Processing).count();
        if unfinished > 0 && self.zoom.is_none() {
            warn!(job = %job.id, meeting = %fresh.uuid, unfinished, "Zoom is still making {unfinished} file(s); without API credentials only another event can tell when they are ready");
        }
        for record in &planned {
            if let FileState::Skipped(reason) = &record.state {
                info!(job = %job.id, file = %record.key, %reason, "skipping {}", record.name);
            }
        }
        Ok(Step::Moved)
    }

    /// Chooses free names, reserves ids, and stores the plan. If another instance plans a file with the same name at
    /// the same moment, it chooses other names.
    async fn store_plan(
        &self,
        job: &Job,
        run: &Run<'_>,
        fresh: &CurrentRecording,
        records: &[FileRecord],
        wishes: &AppliedRules,
        copies: &[DriveFile],
    ) -> Result<Vec<FileRecord>, Failure> {
        for _try in 0..NAMING_TRIES {
            let names = match wishes.folder.as_str() {
                "" => FolderNames { folder_id: String::new(), names: HashSet::new() },
                folder => self.store.names_in(folder).await?,
            };
            let mut planned = merge::merge(fresh, records, wishes, TakenNames::of(&names.names));
            adopt::adopt(&mut planned, copies);
            self.reserve(&mut planned).await?;
            match self.store.plan(run.lease, &fresh.recording, &planned, &names, job.revision).await {
                Err(StoreError::NameTaken) => {}
                stored => return Ok(stored.map(|()| planned)?),
            }
        }
        Err(StoreError::NameTaken.into())
    }

    async fn reserve(&self, planned: &mut [FileRecord]) -> Result<(), Failure> {
        let count = planned.iter().filter(|record| is_new(record)).count();
        if count == 0 {
            return Ok(());
        }
        let mut ids = self.drive.reserve_ids(count).await?;
        for record in planned.iter_mut().filter(|record| is_new(record)) {
            record.drive_id = ids.pop().ok_or_else(|| Failure::retry("Google reserved too few Drive ids"))?;
        }
        Ok(())
    }

    /// Plans verified copies again that somebody has removed from Drive since, or changed: a changed copy stays where
    /// it is, and only if the source still has the file is it archived again beside it.
    async fn restore_lost(
        &self,
        run: &Run<'_>,
        listed: &Recording,
        records: &[FileRecord],
    ) -> Result<(), Failure> {
        for record in records {
            let FileState::Verified(sent) = &record.state else { continue };
            let copy = self.find(&record.drive_id).await?.filter(|copy| !copy.trashed);
            let is_listed = || {
                let is_it = |file: &RecordingFile| file.download.is_some() && record.stands_for(file);
                listed.files.iter().any(is_it)
            };
            let is_changed = |copy: &DriveFile| copy.held().is_some_and(|held| !held.equals(sent));
            let what = match &copy {
                None => "missing",
                Some(copy) if is_changed(copy) && is_listed() => "changed",
                Some(_) => continue,
            };
            let id = self.new_id().await?;
            info!(file = %record.key, "Drive's copy of {} is {what}; the file is archived again", record.name);
            self.store.start_over(run.lease, record, &id, Restart::CopyGone).await?;
        }
        Ok(())
    }

    /// Reserves one more Drive id.
    pub(super) async fn new_id(&self) -> Result<String, Failure> {
        self.drive.reserve_ids(1).await?.pop().ok_or_else(|| Failure::retry("Google reserved no Drive id"))
    }
}

/// The facts from events about a recording that Zoom no longer has: its addresses may still work for a while.
fn remembered(job: &Job) -> Result<CurrentRecording, Failure> {
    let is_ready = job.recording.files.iter().any(|file| file.status == FileStatus::Completed);
    match job.removal() {
        Some(removal) if !is_ready => Err(Failure::park(removal.advice())),
        _ => Ok(CurrentRecording::unlisted(&job.recording)),
    }
}

fn is_done(record: &FileRecord) -> bool {
    matches!(record.state, FileState::Verified(_) | FileState::Skipped(_))
}

pub(super) fn is_new(record: &FileRecord) -> bool {
    record.drive_id.is_empty() && record.state == FileState::Wanted
}

/// The metadata of a file when its upload starts.
pub(super) fn new_file(recording: &Recording, record: &FileRecord) -> NewFile {
    let mut app_properties = BTreeMap::from([
        (MEETING_PROPERTY.to_owned(), recording.uuid.property()),
        (FILE_PROPERTY.to_owned(), record.key.property()),
    ]);
    if recording.source() == Source::Meet {
        app_properties.insert(ROLE_PROPERTY.to_owned(), MEET_ROLE.to_owned());
        app_properties.insert(ORIGINAL_PROPERTY.to_owned(), record.file.id.clone());
    }
    NewFile {
        id: record.drive_id.clone(),
        name: record.name.clone(),
        mime_type: names::mime_type(&record.file).to_owned(),
        parent: record.folder_id.clone(),
        app_properties,
        created_time: record.file.start.or_else(|| recording.happened_at()).map(|start| start.to_string()),
        description: format!(
            "{} recording of {:?}, meeting {}",
            recording.source(),
            recording.topic,
            recording.meeting_id
        ),
    }
}
