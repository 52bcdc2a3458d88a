//! A Drive that is full, lists in small pages, and files and folders that people move, trash and delete.

use std::sync::atomic::Ordering;

use super::Google;
use super::digests::{Checksums, Digests};
use super::entry::{DriveFile, Who};
use super::state::{FOLDER, random};
use crate::sandbox::faults::Canned;

/// When a full Drive refuses an upload: nobody knows which it is, so both are seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FullAt {
    /// At the request that opens the session.
    Start,
    /// At the last one, after all bytes.
    End,
}

/// A Drive that takes no more bytes.
pub(super) struct Full {
    pub(super) at: FullAt,
    pub(super) refusal: Canned,
}

impl Google {
    /// From now on no bytes are taken: this is answered. `about` shows a storage that is used up.
    pub fn fill(&self, at: FullAt, refusal: Canned) {
        self.state().full = Some(Full { at, refusal });
    }

    /// There is room again.
    pub fn make_room(&self) {
        self.state().full = None;
        self.transcript.changed();
    }

    /// The account's storage, as `about` shows it: limit and usage in bytes.
    pub fn set_storage(&self, limit: u64, usage: u64) {
        self.state().storage = Some((limit, usage));
    }

    /// Limit and usage in bytes.
    pub(super) fn storage(&self, usual_limit: u64) -> (u64, u64) {
        let state = self.state();
        let (limit, usage) = state.storage.unwrap_or((usual_limit, 0));
        (limit, if state.full.is_some() { limit } else { usage })
    }

    /// Refuses what a full Drive refuses at this point.
    pub(super) fn check_room(&self, at: FullAt) -> Result<(), Canned> {
        match &self.state().full {
            Some(full) if full.at == at => Err(full.refusal.clone()),
            _ => Ok(()),
        }
    }

    /// No page of a list has more rows than this, whatever is asked for; Drive may do so.
    pub fn set_page_limit(&self, rows: usize) {
        self.page_limit.store(rows, Ordering::Relaxed);
    }

    pub(super) fn page_limit(&self) -> usize {
        self.page_limit.load(Ordering::Relaxed)
    }

    /// Makes a folder, as a person would, and gives its id.
    pub fn add_folder(&self, parent: &str, name: &str) -> String {
        let id = random("1", 32);
        let mut state = self.state();
        let owner = state.entries.get(parent).and_then(|entry| entry.owner);
        let file = DriveFile {
            id: id.clone(),
            name: name.to_owned(),
            mime_type: FOLDER.to_owned(),
            parents: vec![parent.to_owned()],
            created_time: Some(super::state::now()),
            modified_time: Some(super::state::now()),
            is_folder: true,
            ..DriveFile::default()
        };
        state.insert(file, owner, None);
        id
    }

    /// Puts a file with this content into a folder, as a person would. The content is not kept.
    pub fn add_copy(&self, folder: &str, name: &str, content: &[u8]) -> DriveFile {
        let sums = sums(content);
        let mut state = self.state();
        let owner = state.entries.get(folder).and_then(|entry| entry.owner);
        let file = DriveFile {
            id: random("1", 32),
            name: name.to_owned(),
            mime_type: "video/mp4".to_owned(),
            parents: vec![folder.to_owned()],
            size: content.len() as u64,
            sha256: sums.sha256,
            sha1: sums.sha1,
            md5: sums.md5,
            created_time: Some(super::state::now()),
            modified_time: Some(super::state::now()),
            ..DriveFile::default()
        };
        state.insert(file.clone(), owner, None);
        file
    }

    /// Uploads other content into a file, as a person would.
    pub fn change_content(&self, id: &str, content: &[u8]) {
        let sums = sums(content);
        if let Some(entry) = self.state().entries.get_mut(id) {
            let file = &mut entry.file;
            (file.sha256, file.sha1, file.md5) = (sums.sha256, sums.sha1, sums.md5);
            file.size = content.len() as u64;
            entry.content = None;
        }
        self.transcript.changed();
    }

    /// Moves a file or folder, with all that is in it, as a person would.
    pub fn move_to(&self, id: &str, folder: &str) {
        if let Some(entry) = self.state().entries.get_mut(id) {
            entry.file.parents = vec![folder.to_owned()];
        }
        self.transcript.changed();
    }

    /// The human's own My Drive, which nobody else sees.
    pub fn private_folder(&self) -> String {
        self.state().resolve(Who::Human, "root").to_owned()
    }

    /// Gives or takes the right to add to a folder.
    pub fn set_can_add_children(&self, folder: &str, yes: bool) {
        if let Some(entry) = self.state().entries.get_mut(folder) {
            entry.may_add = yes;
        }
        self.transcript.changed();
    }

    /// Moves something to the trash, as a person would.
    pub fn trash(&self, id: &str) {
        if let Some(entry) = self.state().entries.get_mut(id) {
            entry.file.trashed = true;
        }
        self.transcript.changed();
    }

    /// Takes something out of the trash again.
    pub fn restore(&self, id: &str) {
        if let Some(entry) = self.state().entries.get_mut(id) {
            entry.file.trashed = false;
        }
        self.transcript.changed();
    }

    /// Deletes an item permanently, with everything in it.
    pub fn remove(&self, id: &str) {
        self.state().remove(id);
        self.transcript.changed();
    }
}

fn sums(content: &[u8]) -> Checksums {
    let mut digests = Digests::new();
    digests.update(content);
    digests.finish()
}
