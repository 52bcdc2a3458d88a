//! Finds or creates the folders of the archive, without duplicates.
//!
//! Drive allows any number of folders with one name, and its lists lag behind. So a folder's id is reserved and
//! stored under its path before the folder is created, folders are created one at a time, and each has its path as a
//! private property, by which it is found again if the database is lost. A path begins with its root: rules may name
//! several.
//!
//! If a folder's name does not identify its host, the first host gets the short name, and other hosts get a name with
//! their address. The store has the owner, and the folder itself, too.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};
use tracing::info;

use super::root::Root;
use super::{Failure, Pipeline};
use crate::google::drive::{FOLDER_TYPE, quoted};
use crate::google::{DriveFile, GoogleError, NewFile};
use crate::jobs::FileRecord;
use crate::jobs::meeting_file::home;
use crate::recording::names::{FolderHost, Level, same_key};

/// The private property with the hash of a folder's path below the root.
const PATH_PROPERTY: &str = "zoom2driveFolder";

/// The private property with the folder's host, if the name alone does not identify it.
const HOST_PROPERTY: &str = "zoom2driveHost";

impl Pipeline {
    /// The folder of this recording's files. It is decided once: when the recording is renamed, its host's address
    /// changes, or rules change, late files still join the others. `None` if it no longer exists.
    pub(super) async fn folder_of(&self, records: &[FileRecord]) -> Result<Option<DriveFile>, Failure> {
        let Some(folder) = home(records) else { return Ok(None) };
        Ok(self.find(folder).await?.filter(|folder| !folder.trashed))
    }

    /// The Drive id of the folder at these levels below the root. The caller holds the planning lock.
    pub(super) async fn folder(&self, root: &Root, levels: &[Level]) -> Result<String, Failure> {
        let mut parent = FolderId { id: root.id.clone(), is_empty: false };
        let (mut path, mut spelled) = (root.id.clone(), root.id.clone());
        for level in levels {
            let above = Parent { folder: &parent, path: &path, spelled: &spelled };
            let name = self.name_of(root, &above, level).await?;
            let path_here = self.path_of(&path, &name).await?;
            let spelled_here = format!("{spelled}/{name}");
            let host = level.whose.as_ref();
            let spot =
                FolderSpec { root, parent: &parent, name, path: &path_here, spelled: &spelled_here, host };
            parent = self.one_folder(&spot).await?;
            (path, spelled) = (path_here, spelled_here);
        }
        Ok(parent.id)
    }

    /// The path under which the store knows a folder. Names that a desktop treats as equal are one folder; only paths
    /// that an earlier release stored keep their own spelling.
    async fn path_of(&self, above: &str, name: &str) -> Result<String, Failure> {
        let (spelled, same) = (format!("{above}/{name}"), format!("{above}/{}", same_key(name)));
        let is_stored = spelled != same
            && (self.store.folder(&spelled).await?.is_some()
                || self.store.name_owner(&spelled).await?.is_some());
        Ok(if is_stored { spelled } else { same })
    }

    /// The level's short name, or the full one if another host has the short one.
    async fn name_of(&self, root: &Root, above: &Parent<'_>, level: &Level) -> Result<String, Failure> {
        let Some(whose) = &level.whose else { return Ok(level.name.clone()) };
        let path = self.path_of(above.path, &level.name).await?;
        let owner = match self.store.name_owner(&path).await? {
            Some(owner) => owner,
            None => {
                // The store may be lost. Then the folder itself names its host, unless an earlier release created it.
                let spelled = format!("{}/{}", above.spelled, level.name);
                let named = self.named(root, above.folder, &level.name, [&path, &spelled]).await?;
                let owner = named.iter().find_map(|folder| folder.app_properties.get(HOST_PROPERTY));
                self.store.own_name(&path, owner.unwrap_or(&whose.host)).await?
            }
        };
        Ok(if owner == whose.host { level.name.clone() } else { whose.full_name.clone() })
    }

    /// The Drive id of the folder at these levels, as far as the store knows it; nothing is searched or created.
    pub(super) async fn known_folder(&self, root: &str, levels: &[Level]) -> Result<Option<String>, Failure> {
        let mut path = root.to_owned();
        for level in levels {
            let Some(below) = self.known_path(&path, level).await? else { return Ok(None) };
            path = below;
        }
        Ok(self.store.folder(&path).await?.map(|folder| folder.drive_id))
    }

    /// The path of a level below another one, as far as the store knows it.
    pub(super) async fn known_path(&self, above: &str, level: &Level) -> Result<Option<String>, Failure> {
        let path = self.path_of(above, &level.name).await?;
        let Some(whose) = &level.whose else { return Ok(Some(path)) };
        Ok(match self.store.name_owner(&path).await? {
            Some(owner) if owner == whose.host => Some(path),
            Some(_) => Some(self.path_of(above, &whose.full_name).await?),
            None => None,
        })
    }

    async fn one_folder(&self, spot: &FolderSpec<'_>) -> Result<FolderId, Failure> {
        let path = spot.path;
        let filled = |id: String| FolderId { id, is_empty: false };
        if let Some(known) = self.store.folder(path).await? {
            if !known.made {
                return self.make(spot, &known.drive_id).await.map(filled);
            }
            if spot.root.has_seen(path) {
                return Ok(filled(known.drive_id));
            }
            match self.find(&known.drive_id).await? {
                Some(folder) if !folder.trashed => return Ok(filled(known.drive_id)),
                // A person has moved it to the trash: the archive continues in a new one.
                _ => self.store.forget_folder(path, &known.drive_id).await?,
            }
        }
        // A folder that an earlier database had, or that a person created with this name.
        let named = self.named(spot.root, spot.parent, &spot.name, [path, spot.spelled]).await?;
        if let Some(existing) = named.into_iter().next() {
            let record = self.store.reserve_folder(path, &existing.id).await?;
            self.store.folder_made(path, &record.drive_id).await?;
            return Ok(filled(record.drive_id));
        }
        let id = self.new_id().await?;
        let record = self.store.reserve_folder(path, &id).await?;
        // Another instance may have reserved one in the meantime, and have filled it.
        let is_empty = record.drive_id == id;
        Ok(FolderId { id: self.make(spot, &record.drive_id).await?, is_empty })
    }

    async fn make(&self, spot: &FolderSpec<'_>, id: &str) -> Result<String, Failure> {
        let FolderSpec { name, path, .. } = spot;
        let mut app_properties = BTreeMap::from([(PATH_PROPERTY.to_owned(), path_property(path))]);
        app_properties.extend(spot.host.map(|whose| (HOST_PROPERTY.to_owned(), whose.host.clone())));
        let folder = NewFile {
            id: id.to_owned(),
            name: name.clone(),
            mime_type: FOLDER_TYPE.to_owned(),
            parent: spot.parent.id.clone(),
            app_properties,
            created_time: None,
            description: String::new(),
        };
        match self.drive.create(&folder).await {
            Ok(()) => {}
            // Drive does not know the reserved id as reserved, for example after a change of account.
            Err(error @ GoogleError::Refused(_)) => {
                self.store.forget_folder(path, id).await?;
                return Err(error.into());
            }
            Err(error) => return Err(Failure::from(error).in_folder(&spot.parent.id)),
        }
        self.store.folder_made(path, id).await?;
        info!(folder = id, "created folder {name:?}");
        Ok(id.to_owned())
    }

    /// The folders with this name, and ours with a name that a desktop treats as equal: ours first, then the oldest,
    /// so that every run picks the same one. `paths` are the possible paths of a folder of ours.
    async fn named(
        &self,
        root: &Root,
        parent: &FolderId,
        name: &str,
        paths: [&str; 2],
    ) -> Result<Vec<DriveFile>, Failure> {
        if parent.is_empty {
            return Ok(Vec::new());
        }
        let parent = &parent.id;
        let marks = paths.map(path_property);
        let query = format!(
            "{} in parents and (name = {} or appProperties has {{ key={} and value={} }}) and mimeType = {} and trashed = false",
            quoted(parent),
            quoted(name),
            quoted(PATH_PROPERTY),
            quoted(&marks[0]),
            quoted(FOLDER_TYPE)
        );
        let found = self.drive.list(&query, root.drive_id.as_deref()).await;
        let mut found = found.map_err(|error| Failure::from(error).in_folder(parent))?;
        let ours = |folder: &DriveFile| {
            folder.app_properties.get(PATH_PROPERTY).is_some_and(|checkpoint| marks.contains(checkpoint))
        };
        found.sort_by_key(|folder| (!ours(folder), folder.created_time.clone(), folder.id.clone()));
        Ok(found)
    }
}

/// A folder that exists.
struct FolderId {
    id: String,
    /// It was created a moment ago: there is nothing in it to be found.
    is_empty: bool,
}

/// The parent of a level.
struct Parent<'a> {
    folder: &'a FolderId,
    path: &'a str,
    spelled: &'a str,
}

/// The place of one folder.
struct FolderSpec<'a> {
    root: &'a Root,
    parent: &'a FolderId,
    name: String,
    /// From the root's id to its own name, as the store knows it.
    path: &'a str,
    /// The same, with all names as they are.
    spelled: &'a str,
    host: Option<&'a FolderHost>,
}

/// A path of any length as the value of a property.
fn path_property(path: &str) -> String {
    hex::encode(Sha256::digest(path.as_bytes()))
}
