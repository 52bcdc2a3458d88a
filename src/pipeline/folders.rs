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

use super::{Failure, Pipeline};
use crate::google::drive::{FOLDER_TYPE, quoted};
use crate::google::{DriveFile, GoogleError, NewFile};
use crate::jobs::FileRecord;
use crate::jobs::meeting_file::home;
use crate::jobs::pause::{PauseCause, System};
use crate::recording::names::{FolderHost, Level, same_key};
use crate::rules::Destination;

/// The private property with the hash of a folder's path below the root.
const PATH_PROPERTY: &str = "zoom2driveFolder";

/// The private property with the folder's host, if the name alone does not identify it.
const HOST_PROPERTY: &str = "zoom2driveHost";

/// Number of `notFound` answers in a row before a root folder counts as missing.
const ROOT_ANSWERS: u32 = 3;

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
    /// elsewhere.
    pub(super) async fn root_for(
        &self,
        place: &Destination,
        records: &[FileRecord],
    ) -> Result<DriveFile, Failure> {
        if place.folder_id.is_some()
            && let Some(folder) = self.folder_of(records).await?
        {
            return Ok(folder);
        }
        self.root_of(place).await
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
        let fault = if root.mime_type != FOLDER_TYPE {
            "is not a folder (a shortcut to a folder is not enough)"
        } else if root.trashed {
            "is in the trash"
        } else if root.can_add_children == Some(false) {
            "is read-only for the account"
        } else {
            self.vitals.answered(System::Drive);
            return Ok(Ok(root));
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

    /// The folder of this recording's files. It is decided once: when the recording is renamed, its host's address
    /// changes, or rules change, late files still join the others. `None` if it no longer exists.
    pub(super) async fn folder_of(&self, records: &[FileRecord]) -> Result<Option<DriveFile>, Failure> {
        let Some(folder) = home(records) else { return Ok(None) };
        Ok(self.find(folder).await?.filter(|folder| !folder.trashed))
    }

    /// The Drive id of the folder at these levels below the root. The caller holds the planning lock.
    pub(super) async fn folder(&self, root: &DriveFile, levels: &[Level]) -> Result<String, Failure> {
        let mut parent = root.id.clone();
        let (mut path, mut spelled) = (root.id.clone(), root.id.clone());
        for level in levels {
            let above = Parent { parent: &parent, path: &path, spelled: &spelled };
            let name = self.name_of(root, &above, level).await?;
            let path_here = self.path_of(&path, &name).await?;
            let spelled_here = format!("{spelled}/{name}");
            let host = level.whose.as_ref();
            let spot =
                FolderSpec { root, parent: &parent, name, path: &path_here, spelled: &spelled_here, host };
            parent = self.one_folder(&spot).await?;
            (path, spelled) = (path_here, spelled_here);
        }
        Ok(parent)
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
    async fn name_of(&self, root: &DriveFile, above: &Parent<'_>, level: &Level) -> Result<String, Failure> {
        let Some(whose) = &level.whose else { return Ok(level.name.clone()) };
        let path = self.path_of(above.path, &level.name).await?;
        let owner = match self.store.name_owner(&path).await? {
            Some(owner) => owner,
            None => {
                // The store may be lost. Then the folder itself names its host, unless an earlier release created it.
                let spelled = format!("{}/{}", above.spelled, level.name);
                let named = self.named(root, above.parent, &level.name, [&path, &spelled]).await?;
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
            let mut name = &level.name;
            if let Some(whose) = &level.whose {
                match self.store.name_owner(&self.path_of(&path, name).await?).await? {
                    Some(owner) if owner == whose.host => {}
                    Some(_) => name = &whose.full_name,
                    None => return Ok(None),
                }
            }
            path = self.path_of(&path, name).await?;
        }
        Ok(self.store.folder(&path).await?.map(|folder| folder.drive_id))
    }

    async fn one_folder(&self, spot: &FolderSpec<'_>) -> Result<String, Failure> {
        let path = spot.path;
        if let Some(known) = self.store.folder(path).await? {
            if !known.made {
                return self.make(spot, &known.drive_id).await;
            }
            match self.find(&known.drive_id).await? {
                Some(folder) if !folder.trashed => return Ok(known.drive_id),
                // A person has moved it to the trash: the archive continues in a new one.
                _ => self.store.forget_folder(path, &known.drive_id).await?,
            }
        }
        // A folder that an earlier database had, or that a person created with this name.
        let named = self.named(spot.root, spot.parent, &spot.name, [path, spot.spelled]).await?;
        if let Some(existing) = named.into_iter().next() {
            let record = self.store.reserve_folder(path, &existing.id).await?;
            self.store.folder_made(path, &record.drive_id).await?;
            return Ok(record.drive_id);
        }
        let mut reserved = self.drive.reserve_ids(1).await?;
        let id = reserved.pop().ok_or_else(|| Failure::retry("Google reserved no Drive id"))?;
        let record = self.store.reserve_folder(path, &id).await?;
        self.make(spot, &record.drive_id).await
    }

    async fn make(&self, spot: &FolderSpec<'_>, id: &str) -> Result<String, Failure> {
        let FolderSpec { name, path, .. } = spot;
        let mut app_properties = BTreeMap::from([(PATH_PROPERTY.to_owned(), path_property(path))]);
        app_properties.extend(spot.host.map(|whose| (HOST_PROPERTY.to_owned(), whose.host.clone())));
        let folder = NewFile {
            id: id.to_owned(),
            name: name.clone(),
            mime_type: FOLDER_TYPE.to_owned(),
            parent: spot.parent.to_owned(),
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
            Err(error) => return Err(Failure::from(error).in_folder(spot.parent)),
        }
        self.store.folder_made(path, id).await?;
        info!(folder = id, "created folder {name:?}");
        Ok(id.to_owned())
    }

    /// The folders with this name, and ours with a name that a desktop treats as equal: ours first, then the oldest,
    /// so that every run picks the same one. `paths` are the possible paths of a folder of ours.
    async fn named(
        &self,
        root: &DriveFile,
        parent: &str,
        name: &str,
        paths: [&str; 2],
    ) -> Result<Vec<DriveFile>, Failure> {
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

/// The parent of a level.
struct Parent<'a> {
    parent: &'a str,
    path: &'a str,
    spelled: &'a str,
}

/// The place of one folder.
struct FolderSpec<'a> {
    root: &'a DriveFile,
    parent: &'a str,
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
