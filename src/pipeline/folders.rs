//! Finds or makes the folders of the archive, without twins.
//!
//! Drive allows any number of folders with one name, and its lists lag behind. So a folder's id is reserved
//! and stored under its path before the folder is made, folders are made one at a time, and each carries its
//! path as a private property, by which it is found again if our memory is lost.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use tracing::info;

use super::{Failure, Pipeline};
use crate::google::drive::{FOLDER_TYPE, quoted};
use crate::google::{DriveFile, GoogleError, NewFile};
use crate::jobs::FileRecord;
use crate::jobs::pause::{PauseCause, System};

/// The private property that holds the hash of a folder's path below the root.
const PATH_PROPERTY: &str = "zoom2driveFolder";

impl Pipeline {
    /// Looks at the root before anything is made in it: the wrong folder, or the wrong role, would show only
    /// at the last request of an upload, after 20 GB.
    pub(super) async fn check_root(&self) -> Result<DriveFile, Failure> {
        let root = match self.drive.get(&self.root).await {
            Ok(root) => root,
            Err(GoogleError::NotFound(_)) => {
                return Err(self.unusable("does not exist, or the account has no access to it"));
            }
            Err(GoogleError::Refused(why)) => return Err(self.unusable(&format!("is refused: {why}"))),
            Err(error) => return Err(error.into()),
        };
        let fault = if root.mime_type != FOLDER_TYPE {
            "is no folder (a shortcut to one will not do)"
        } else if root.trashed {
            "is in the trash"
        } else if root.can_add_children == Some(false) {
            "is read-only for the account"
        } else {
            self.vitals.answered(System::Drive);
            return Ok(root);
        };
        Err(self.unusable(&format!("({}) {fault}", root.name)))
    }

    fn unusable(&self, fault: &str) -> Failure {
        let what = format!("DRIVE_FOLDER_ID {} {fault}", self.root);
        Failure::pause(System::Drive, PauseCause::RootUnusable, what)
    }

    /// The folder that this recording's files are in. It is decided once: when the recording is renamed, or its
    /// host gets another address, late files still join the others. Nothing if there is none any more.
    pub(super) async fn folder_of(&self, records: &[FileRecord]) -> Result<Option<String>, Failure> {
        let Some(newest) = records.last() else { return Ok(None) };
        match self.drive.get(&newest.folder_id).await {
            Ok(folder) if !folder.trashed => Ok(Some(newest.folder_id.clone())),
            Ok(_) | Err(GoogleError::NotFound(_)) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// The Drive id of the folder at these levels below the root. The caller holds the planning lock.
    pub(super) async fn folder(&self, root: &DriveFile, levels: &[String]) -> Result<String, Failure> {
        let mut parent = root.id.clone();
        let mut path = root.id.clone();
        for name in levels {
            path = format!("{path}/{name}");
            parent = self.one_folder(root, &parent, name, &path).await?;
        }
        Ok(parent)
    }

    async fn one_folder(
        &self,
        root: &DriveFile,
        parent: &str,
        name: &str,
        path: &str,
    ) -> Result<String, Failure> {
        if let Some(known) = self.store.folder(path).await? {
            if !known.made {
                return self.make(parent, name, path, &known.drive_id).await;
            }
            match self.drive.get(&known.drive_id).await {
                Ok(folder) if !folder.trashed => return Ok(known.drive_id),
                // Somebody has put it away: the archive goes on in a new one.
                Ok(_) | Err(GoogleError::NotFound(_)) => {
                    self.store.forget_folder(path, &known.drive_id).await?
                }
                Err(error) => return Err(error.into()),
            }
        }
        if let Some(existing) = self.find(root, parent, name, path).await? {
            let record = self.store.reserve_folder(path, &existing).await?;
            self.store.folder_made(path, &record.drive_id).await?;
            return Ok(record.drive_id);
        }
        let mut reserved = self.drive.reserve_ids(1).await?;
        let id = reserved.pop().ok_or_else(|| Failure::retry("no id was reserved"))?;
        let record = self.store.reserve_folder(path, &id).await?;
        self.make(parent, name, path, &record.drive_id).await
    }

    async fn make(&self, parent: &str, name: &str, path: &str, id: &str) -> Result<String, Failure> {
        let folder = NewFile {
            id: id.to_owned(),
            name: name.to_owned(),
            mime_type: FOLDER_TYPE.to_owned(),
            parent: parent.to_owned(),
            app_properties: BTreeMap::from([(PATH_PROPERTY.to_owned(), path_property(path))]),
            created_time: None,
            description: String::new(),
        };
        match self.drive.create(&folder).await {
            Ok(()) => {}
            // A reserved id that Drive does not know as reserved, as after a change of account.
            Err(error @ GoogleError::Refused(_)) => {
                self.store.forget_folder(path, id).await?;
                return Err(error.into());
            }
            Err(error) => return Err(error.into()),
        }
        self.store.folder_made(path, id).await?;
        info!(folder = id, "made folder {name:?}");
        Ok(id.to_owned())
    }

    /// A folder that an earlier life of this archive made, or that a person made under the same name.
    async fn find(
        &self,
        root: &DriveFile,
        parent: &str,
        name: &str,
        path: &str,
    ) -> Result<Option<String>, Failure> {
        let query = format!(
            "{} in parents and name = {} and mimeType = {} and trashed = false",
            quoted(parent),
            quoted(name),
            quoted(FOLDER_TYPE)
        );
        let mut found = self.drive.list(&query, root.drive_id.as_deref()).await?;
        let ours =
            |folder: &DriveFile| folder.app_properties.get(PATH_PROPERTY) == Some(&path_property(path));
        // Ours first, then the oldest, so that every run picks the same one.
        found.sort_by_key(|folder| (!ours(folder), folder.created_time.clone(), folder.id.clone()));
        Ok(found.into_iter().next().map(|folder| folder.id))
    }
}

/// A path of any length, in what a property can hold.
fn path_property(path: &str) -> String {
    hex::encode(Sha256::digest(path.as_bytes()))
}
