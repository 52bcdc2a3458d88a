//! A file or folder, and the permissions on it.

use std::collections::BTreeMap;

use bytes::Bytes;

use super::digests::{Checksums, Digests};
use super::originals::Original;

/// A file or folder as Drive knows it.
#[derive(Clone, Debug, Default)]
#[expect(missing_docs, reason = "the names are Drive's own")]
pub struct DriveFile {
    pub id: String,
    pub name: String,
    pub mime_type: String,
    pub parents: Vec<String>,
    pub size: u64,
    pub sha256: String,
    pub sha1: String,
    pub md5: String,
    pub app_properties: BTreeMap<String, String>,
    pub properties: BTreeMap<String, String>,
    pub created_time: Option<String>,
    pub modified_time: Option<String>,
    pub description: Option<String>,
    /// Trashed itself, or inside a trashed folder.
    pub trashed: bool,
    pub is_folder: bool,
    /// Target of a shortcut.
    pub shortcut_target: Option<String>,
}

/// The account of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Who {
    /// The service account: content manager of the shared drive, owner of nothing.
    Service,
    /// The human: manager of the shared drive, owner of a My Drive.
    Human,
    /// Another user of the Workspace, by the place in its list: owner of a My Drive, no member of the shared drive.
    User(usize),
}

/// The account of a request, and whether the request sets `supportsAllDrives`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    pub(super) who: Who,
    pub(super) all_drives: bool,
}

/// One thing in Drive.
pub(super) struct Entry {
    /// Here `trashed` means: this one itself.
    pub(super) file: DriveFile,
    /// Items on a shared drive have no owner.
    pub(super) owner: Option<Who>,
    pub(super) may_add: bool,
    /// Whether it was made by way of the API: `drive.file` opens nothing else.
    pub(super) by_app: bool,
    /// Its position in the order of creation, for the delayed search index.
    pub(super) sequence: u64,
    pub(super) content: Option<Bytes>,
    /// Set for a file that Meet has made.
    pub(super) original: Option<Original>,
}

/// The bytes of a new file.
pub(super) struct Blob {
    pub(super) size: u64,
    pub(super) checksums: Checksums,
    pub(super) content: Option<Bytes>,
}

impl Blob {
    pub(super) fn empty() -> Self {
        Self { size: 0, checksums: Digests::new().finish(), content: Some(Bytes::new()) }
    }
}

impl Entry {
    /// May the caller put this into the trash? On a shared drive a content manager may, elsewhere the owner.
    pub(super) fn may_trash(&self, who: Who) -> bool {
        self.owner.is_none_or(|owner| owner == who)
    }

    /// Whether the caller may delete this permanently. On a shared drive only a manager may.
    pub(super) fn may_delete(&self, who: Who) -> bool {
        self.owner.unwrap_or(Who::Human) == who
    }
}
