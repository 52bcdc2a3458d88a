//! The root folder of the archive, or of the recordings that a rule sends elsewhere: checked before anything is created
//! in it.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::{Failure, Pipeline};
use crate::google::drive::FOLDER_TYPE;
use crate::google::{DriveFile, GoogleError};
use crate::jobs::FileRecord;
use crate::jobs::meeting_file::home;
use crate::jobs::pause::{PauseCause, System};
use crate::recording::Recording;
use crate::recording::names::Level;
use crate::rules::Destination;

/// Number of `notFound` answers in a row before a root folder counts as missing.
const ROOT_ANSWERS: u32 = 3;

/// The root of a recording's folders.
#[derive(Debug)]
pub(super) struct Root {
    pub(super) id: String,
    /// The shared drive that contains it, if any.
    pub(super) drive_id: Option<String>,
    /// The path of a folder below it that Drive has just shown; empty without one.
    seen: String,
}

impl From<DriveFile> for Root {
    fn from(root: DriveFile) -> Self {
        Self { id: root.id, drive_id: root.drive_id, seen: String::new() }
    }
}

impl Root {
    /// Whether Drive has just shown this folder, or one below it.
    pub(super) fn has_seen(&self, path: &str) -> bool {
        self.seen.strip_prefix(path).is_some_and(|below| below.is_empty() || below.starts_with('/'))
    }
}

impl Pipeline {
    /// Checks the root before anything is created in it: a wrong folder or a wrong role would otherwise fail only at
    /// the last request of an upload, after 20 GB.
    pub(super) async fn check_root(&self) -> Result<DriveFile, Failure> {
        self.look_at_root(&self.root).await?.map_err(|fault| {
            let what = format!("DRIVE_FOLDER_ID {} {fault}", self.root);
            Failure::pause(System::Drive, PauseCause::RootUnusable, what)
        })
    }

    /// The root that the rules name for a recording, or the default root. A root that cannot be used stops only the
    /// recordings that belong there.
    pub(super) async fn root_of(&self, place: &Destination) -> Result<DriveFile, Failure> {
        let Some(id) = place.folder_id.as_ref().filter(|id| **id != self.root) else {
            return self.check_root().await;
        };
        let line = place.line.unwrap_or_default();
        self.look_at_root(id)
            .await?
            .map_err(|fault| Failure::park(format!("folder_id {id} (rules, line {line}) {fault}")))
    }

    /// The folder that identifies the shared drive to search: the root, or the recording's own folder if it is
    /// elsewhere. The root itself is looked at only if no known folder below it says the same.
    pub(super) async fn root_for(
        &self,
        recording: &Recording,
        place: &Destination,
        records: &[FileRecord],
    ) -> Result<Root, Failure> {
        if place.folder_id.is_some()
            && let Some(folder) = self.folder_of(records).await?
        {
            return Ok(folder.into());
        }
        if home(records).is_none() {
            let id = place.folder_id.as_ref().unwrap_or(&self.root);
            let levels = place.naming(&self.naming).folders(recording);
            if let Some(root) = self.root_by_folder(id, &levels).await? {
                return Ok(root);
            }
        }
        Ok(self.root_of(place).await?.into())
    }

    /// Looks at the deepest folder at these levels that the store knows, instead of the root and each folder in
    /// between: Drive calls a folder trashed if one above it is, and says of each whether files may be added. `None`
    /// if there is none, or if anything about it is not as it should be: then the root tells more.
    async fn root_by_folder(&self, root: &str, levels: &[Level]) -> Result<Option<Root>, Failure> {
        let mut deepest = None;
        let mut path = root.to_owned();
        for level in levels {
            let Some(below) = self.known_path(&path, level).await? else { break };
            let Some(folder) = self.store.folder(&below).await?.filter(|folder| folder.made) else { break };
            path = below;
            deepest = Some(folder.drive_id);
        }
        let Some(id) = deepest else { return Ok(None) };
        match self.drive.get(&id).await {
            // A folder that was moved to another drive says nothing about the root's.
            Ok(folder) if is_usable(&folder) && self.root_drives.has(root, &folder.drive_id) => {
                self.is_known(&id);
                self.vitals.answered(System::Drive);
                Ok(Some(Root { id: root.to_owned(), drive_id: folder.drive_id, seen: path }))
            }
            _ => Ok(None),
        }
    }

    async fn look_at_root(&self, id: &str) -> Result<Result<DriveFile, String>, Failure> {
        let root = match self.ask_for_root(id).await {
            Ok(root) => root,
            Err(GoogleError::NotFound(_)) => {
                return Ok(Err("does not exist, or the account has no access to it".to_owned()));
            }
            Err(GoogleError::Refused(why)) => return Ok(Err(format!("is refused: {why}"))),
            Err(error) => return Err(error.into()),
        };
        if is_usable(&root) {
            self.root_drives.set(id, root.drive_id.clone());
            self.vitals.answered(System::Drive);
            return Ok(Ok(root));
        }
        let fault = if root.mime_type != FOLDER_TYPE {
            "is not a folder (a shortcut to a folder is not enough)"
        } else if root.trashed {
            "is in the trash"
        } else {
            "is read-only for the account"
        };
        Ok(Err(format!("({}) {fault}", root.name)))
    }

    /// A single `notFound` is not enough: it would stop every job.
    async fn ask_for_root(&self, id: &str) -> Result<DriveFile, GoogleError> {
        let mut wait = self.relay.retry_wait;
        for _answer in 1..ROOT_ANSWERS {
            match self.drive.get(id).await {
                Err(GoogleError::NotFound(_)) => tokio::time::sleep(wait).await,
                answer => return answer,
            }
            wait *= 2;
        }
        self.drive.get(id).await
    }
}

/// The shared drives of the roots that were found usable, or `None` for those in a My Drive.
#[derive(Debug, Default)]
pub(super) struct RootDrives(Mutex<HashMap<String, Option<String>>>);

impl RootDrives {
    /// Whether this root is in this drive, as far as is known.
    fn has(&self, root: &str, drive_id: &Option<String>) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(root) == Some(drive_id)
    }

    fn set(&self, root: &str, drive_id: Option<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(root.to_owned(), drive_id);
    }
}

/// Whether files may be put into it.
fn is_usable(folder: &DriveFile) -> bool {
    folder.mime_type == FOLDER_TYPE && !folder.trashed && folder.can_add_children != Some(false)
}
