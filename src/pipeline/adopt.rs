//! Finds copies of a recording that Drive has already, and their folder: the database may be lost, and people move
//! folders.
//!
//! Copies are found by our private properties, wherever they are. A copy is used only inside the archive, below a
//! root that the settings or the rules name: a copy elsewhere may belong to another installation, or may be deleted
//! by somebody who does not know this archive. Such a copy is left alone, and the file is archived again. Inside the
//! archive, the folder of a copy becomes the recording's folder: later files, `meeting.json`, links and shares
//! follow.

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::Ordering;

use tracing::{info, warn};

use super::plan::{FILE_PROPERTY, MEETING_PROPERTY, is_new};
use super::root::Root;
use super::{Failure, Pipeline, Run};
use crate::google::DriveFile;
use crate::google::drive::quoted;
use crate::jobs::meeting_file::most_of;
use crate::jobs::{FileRecord, FileState, Job, Restart};
use crate::recording::Recording;
use crate::recording::names::Naming;
use crate::rules::Destination;

/// Maximum depth of a copy below its root: a shared drive allows 100 levels of folders (Google's guide).
const LEVELS_MAX: usize = 100;

impl Pipeline {
    /// Copies of this recording in the archive that the records do not know, oldest first.
    pub(super) async fn copies(
        &self,
        run: &Run<'_>,
        recording: &Recording,
        root: &Root,
        place: &Destination,
        records: &[FileRecord],
    ) -> Result<Vec<DriveFile>, Failure> {
        let query = format!(
            "appProperties has {{ key={} and value={} }} and trashed = false",
            quoted(MEETING_PROPERTY),
            quoted(&recording.uuid.property())
        );
        let found = self.drive.list(&query, root.drive_id.as_deref()).await;
        let mut found = found.map_err(|error| Failure::from(error).in_folder(&root.id))?;
        run.is_new_to_drive.store(found.is_empty(), Ordering::Relaxed);
        found.retain(|file| file.app_properties.contains_key(FILE_PROPERTY));
        found.retain(|file| records.iter().all(|record| record.drive_id != file.id));
        let roots = [root.id.as_str(), self.root.as_str(), place.folder_id.as_deref().unwrap_or_default()];
        self.only_inside(found, &roots).await
    }

    /// The files that are below one of the roots, oldest first, so that every run picks the same one.
    pub(super) async fn only_inside(
        &self,
        mut files: Vec<DriveFile>,
        roots: &[&str],
    ) -> Result<Vec<DriveFile>, Failure> {
        files.sort_by_key(|file| (file.created_time.clone(), file.id.clone()));
        let mut known: HashMap<String, bool> = HashMap::new();
        let mut inside = Vec::new();
        for file in files {
            let folder = file.parents.first().cloned().unwrap_or_default();
            let is_inside = match known.get(&folder) {
                Some(is_inside) => *is_inside,
                None => self.is_below(&folder, roots).await?,
            };
            known.insert(folder, is_inside);
            if is_inside {
                inside.push(file);
            } else {
                warn!(drive_id = %file.id, "{:?} has this archive's properties but is outside of its folders: it is not used", file.name);
            }
        }
        Ok(inside)
    }

    /// Whether a folder is one of the roots or below one. A folder that we have no access to is below none.
    async fn is_below(&self, folder: &str, roots: &[&str]) -> Result<bool, Failure> {
        let mut at = folder.to_owned();
        for _level in 0..=LEVELS_MAX {
            if at.is_empty() {
                return Ok(false);
            }
            if roots.contains(&at.as_str()) {
                return Ok(true);
            }
            let Some(folder) = self.find(&at).await? else { return Ok(false) };
            at = folder.parents.into_iter().next().unwrap_or_default();
        }
        Ok(false)
    }

    /// The folder for new files of a recording: the recording's own, the one with copies of it, or the one that the
    /// template names. The caller holds the planning lock.
    pub(super) async fn folder_for(
        &self,
        recording: &Recording,
        root: &Root,
        records: &[FileRecord],
        copies: &[DriveFile],
        naming: &Naming,
    ) -> Result<String, Failure> {
        if let Some(folder) = self.folder_of(records).await? {
            return Ok(folder.id);
        }
        let found = most_of(copies.iter().filter_map(|copy| copy.parents.first()).map(String::as_str));
        match found {
            Some(folder) => Ok(folder.to_owned()),
            None => self.folder(root, &naming.folders(recording)).await,
        }
    }

    /// The job's records. Files that are not copied yet and whose folder is missing, or in the trash, get another
    /// folder and another id.
    pub(super) async fn files_to_plan(&self, job: &Job, run: &Run<'_>) -> Result<Vec<FileRecord>, Failure> {
        let records = self.store.files(job.id).await?;
        let is_wanted =
            |record: &&FileRecord| record.state == FileState::Wanted && !record.folder_id.is_empty();
        let folders: BTreeSet<&str> =
            records.iter().filter(is_wanted).map(|record| record.folder_id.as_str()).collect();
        let mut gone = Vec::new();
        for folder in folders {
            if self.find(folder).await?.is_none_or(|folder| folder.trashed) {
                gone.push(folder);
            }
        }
        for record in
            records.iter().filter(is_wanted).filter(|record| gone.contains(&record.folder_id.as_str()))
        {
            info!(file = %record.key, folder = %record.folder_id, "the folder of {} is missing; it gets another one", record.name);
            self.store.start_over(run.lease, record, "", Restart::CopyGone).await?;
        }
        let mut records = self.store.files(job.id).await?;
        // Without an id nothing has started: the plan chooses folder and name.
        for record in records.iter_mut().filter(|record| is_new(record)) {
            record.folder_id.clear();
        }
        Ok(records)
    }
}

/// Assigns existing copies to planned files that have not started. The transfer compares them byte for byte, and
/// sends nothing if they are equal.
pub(super) fn adopt(planned: &mut [FileRecord], copies: &[DriveFile]) {
    let mut left: Vec<&DriveFile> = copies.iter().collect();
    for record in planned.iter_mut().filter(|record| is_new(record)) {
        let is_its_copy = |file: &&DriveFile| {
            let is_its_key = file.app_properties.get(FILE_PROPERTY) == Some(&record.key.property());
            is_its_key && record.file.exact_size().is_none_or(|size| file.size == Some(size))
        };
        let Some(index) = left.iter().position(is_its_copy) else { continue };
        let copy = left.remove(index);
        let Some(folder) = copy.parents.first() else { continue };
        info!(file = %record.key, drive_id = %copy.id, %folder, "Drive has {} already", copy.name);
        record.drive_id.clone_from(&copy.id);
        record.name.clone_from(&copy.name);
        record.folder_id.clone_from(folder);
    }
}
