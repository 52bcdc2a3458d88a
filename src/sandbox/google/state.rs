//! The state of this Google: a shared drive, a human's My Drive, and the permissions in them.

use std::collections::{BTreeMap, HashMap, HashSet};

use bytes::Bytes;
use jiff::Timestamp;
use rand::distr::{Alphanumeric, SampleString};

use super::digests::Checksums;
use super::entry::{Blob, Caller, DriveFile, Entry, Who};
use super::homes::Homes;
use super::metadata::{self, Draft, Properties};
use super::room::{Full, FullAt};
use super::{errors, token};
use crate::sandbox::faults::Canned;

/// The MIME type of a folder.
pub(super) const FOLDER: &str = "application/vnd.google-apps.folder";
/// The MIME type of a shortcut.
pub(super) const SHORTCUT: &str = "application/vnd.google-apps.shortcut";
/// The MIME type of a spreadsheet.
pub(super) const SPREADSHEET: &str = "application/vnd.google-apps.spreadsheet";
const NATIVE: &str = "application/vnd.google-apps.";
const OCTETS: &str = "application/octet-stream";

/// Everything, behind one lock.
pub(super) struct State {
    pub(super) entries: HashMap<String, Entry>,
    pub(super) issued_ids: HashSet<String>,
    /// Permissions, by the id of a file or folder.
    pub(super) invited: HashMap<String, Vec<String>>,
    /// Addresses that no Google account has.
    pub(super) strangers: HashSet<String>,
    /// The last entry that the search index knows.
    pub(super) indexed: u64,
    pub(super) drive: String,
    pub(super) root: String,
    pub(super) mine: String,
    /// Why no more bytes are taken, if so.
    pub(super) full: Option<Full>,
    /// Limit and usage that `about` shows instead of the usual ones.
    pub(super) storage: Option<(u64, u64)>,
    /// Whether the service account is a member of the shared drive.
    pub(super) is_member: bool,
    pub(super) homes: Homes,
    sequence: u64,
}

/// A random name, as long as Google's.
pub(super) fn random(prefix: &str, length: usize) -> String {
    let mut text = prefix.to_owned();
    Alphanumeric.append_string(&mut rand::rng(), &mut text, length);
    text
}

impl State {
    pub(super) fn new() -> Self {
        let mut state = Self {
            entries: HashMap::new(),
            issued_ids: HashSet::new(),
            invited: HashMap::new(),
            strangers: HashSet::new(),
            indexed: 0,
            drive: random("0A", 17),
            root: random("1", 32),
            mine: random("1", 32),
            homes: Homes::default(),
            is_member: true,
            full: None,
            storage: None,
            sequence: 0,
        };
        let [drive, root, mine] = [&state.drive, &state.root, &state.mine].map(Clone::clone);
        state.furnish(&drive, "Drive", None, None);
        state.furnish(&root, "Recordings", Some(&drive), None);
        let human = state.settle(Who::Human, "Ada Lovelace", token::OWNER_EMAIL);
        state.furnish(&mine, "Zoom", Some(&human), Some(Who::Human));
        state.settle(Who::Service, "zoom2drive", token::SERVICE_EMAIL);
        state.indexed = state.sequence;
        state
    }

    pub(super) fn furnish(&mut self, id: &str, name: &str, parent: Option<&str>, owner: Option<Who>) {
        let file = DriveFile {
            id: id.to_owned(),
            name: name.to_owned(),
            mime_type: FOLDER.to_owned(),
            parents: parent.map(str::to_owned).into_iter().collect(),
            created_time: Some(now()),
            modified_time: Some(now()),
            is_folder: true,
            ..DriveFile::default()
        };
        self.insert(file, owner, None);
    }

    pub(super) fn insert(&mut self, file: DriveFile, owner: Option<Who>, content: Option<Bytes>) {
        self.sequence += 1;
        let (sequence, may_add, by_app, original) = (self.sequence, true, false, None);
        let entry = Entry { owner, may_add, sequence, content, by_app, original, file };
        self.entries.insert(entry.file.id.clone(), entry);
    }

    /// The place of the newest entry in the order of creation.
    pub(super) fn newest(&self) -> u64 {
        self.sequence
    }

    /// New ids, which a later create may use.
    pub(super) fn issue_ids(&mut self, count: usize) -> Vec<String> {
        let ids: Vec<String> = (0..count).map(|_| random("1", 32)).collect();
        self.issued_ids.extend(ids.iter().cloned());
        ids
    }

    /// `root` is everybody's own My Drive.
    pub(super) fn resolve<'a>(&'a self, who: Who, id: &'a str) -> &'a str {
        if id == "root" { self.homes.of(who).unwrap_or(id) } else { id }
    }

    /// The entry itself and the folders above it, from the inside out.
    pub(super) fn lineage<'a>(&'a self, id: &'a str) -> impl Iterator<Item = &'a Entry> {
        let above = |entry: &&Entry| self.entries.get(entry.file.parents.first()?);
        std::iter::successors(self.entries.get(id), above)
    }

    /// Whether the item is on the shared drive: it is invisible without `supportsAllDrives`.
    pub(super) fn on_shared_drive(&self, id: &str) -> bool {
        self.entries.get(id).is_some_and(|entry| entry.owner.is_none())
    }

    pub(super) fn sees(&self, who: Who, id: &str) -> bool {
        let Some(entry) = self.entries.get(id) else { return false };
        let below = |folder: &str| self.lineage(id).any(|above| above.file.id == folder);
        if entry.original.as_ref().is_some_and(|original| original.readers.contains(&who)) {
            return true;
        }
        match (entry.owner, who) {
            (owner, Who::User(_)) => owner == Some(who),
            (Some(owner), _) => owner == who || below(&self.mine),
            (None, _) => self.belongs(who) || below(&self.root),
        }
    }

    /// Whether this is a member of the shared drive.
    pub(super) fn belongs(&self, who: Who) -> bool {
        match who {
            Who::Human => true,
            Who::Service => self.is_member,
            Who::User(_) => false,
        }
    }

    pub(super) fn find(&self, caller: Caller, id: &str) -> Result<&Entry, Canned> {
        let id = self.resolve(caller.who, id);
        let hidden = !self.sees(caller.who, id) || (self.on_shared_drive(id) && !caller.all_drives);
        self.entries.get(id).filter(|_| !hidden).ok_or_else(|| errors::not_found(id))
    }

    /// A copy for the outside, with `trashed` as Drive shows it.
    pub(super) fn show(&self, entry: &Entry) -> DriveFile {
        let trashed = self.lineage(&entry.file.id).any(|above| above.file.trashed);
        DriveFile { trashed, ..entry.file.clone() }
    }

    /// Checks that need no parent: an upload's first request makes only these.
    pub(super) fn check_draft(&self, draft: &Draft) -> Result<(), Canned> {
        let native = |kind: &String| kind.starts_with(NATIVE) && kind != FOLDER;
        if let Some(id) = &draft.id {
            if !self.issued_ids.contains(id) || draft.mime_type.as_ref().is_some_and(native) {
                return Err(errors::id_not_usable());
            }
            if self.entries.contains_key(id) {
                return Err(errors::id_in_use());
            }
        }
        match draft.parents.as_deref() {
            Some([_, _, ..]) => Err(errors::invalid_value("parents")),
            _ => Ok(()),
        }
    }

    /// Makes a file or folder. `blob` is absent for a metadata-only create.
    pub(super) fn create(
        &mut self,
        caller: Caller,
        draft: &Draft,
        blob: Option<Blob>,
    ) -> Result<String, Canned> {
        self.check_draft(draft)?;
        let parent = self.check_parent(caller, draft)?;
        let on_drive = self.on_shared_drive(&parent);
        let owner = if on_drive { None } else { Some(caller.who) };
        let mime_type = draft.mime_type.clone().unwrap_or_else(|| OCTETS.to_owned());
        let is_native = mime_type.starts_with(NATIVE);
        // Content that is sent along with a native type is converted, and has no size or checksum then.
        let blob = if is_native { None } else { Some(blob.unwrap_or_else(Blob::empty)) };
        if owner == Some(Who::Service) && blob.as_ref().is_some_and(|blob| blob.size > 0) {
            return Err(errors::no_storage());
        }
        let is_sheet = mime_type == SPREADSHEET;
        if owner == Some(Who::Service) && is_sheet {
            return Err(errors::no_storage());
        }
        if let Some(Full { refusal, .. }) = self.full.as_ref().filter(|_| is_sheet) {
            return Err(refusal.clone());
        }
        if let Some(Full { at: FullAt::End, refusal }) = &self.full
            && blob.as_ref().is_some_and(|blob| blob.size > 0)
        {
            return Err(refusal.clone());
        }
        let id = draft.id.clone().unwrap_or_else(|| random("1", 32));
        let (size, checksums, content) = blob.map_or_else(
            || (0, Checksums::default(), None),
            |blob| (blob.size, blob.checksums, blob.content),
        );
        let mut file = DriveFile {
            id: id.clone(),
            name: draft.name.clone().unwrap_or_else(|| "Untitled".to_owned()),
            is_folder: mime_type == FOLDER,
            mime_type,
            parents: vec![parent],
            size,
            sha256: checksums.sha256,
            sha1: checksums.sha1,
            md5: checksums.md5,
            created_time: draft.created_time.clone().or_else(|| Some(now())),
            modified_time: draft.modified_time.clone().or_else(|| Some(now())),
            description: draft.description.clone(),
            trashed: draft.trashed.unwrap_or(false),
            ..DriveFile::default()
        };
        apply(&mut file.app_properties, &draft.app_properties)?;
        apply(&mut file.properties, &draft.properties)?;
        self.insert(file, owner, content);
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.by_app = true;
        }
        Ok(id)
    }

    fn check_parent(&self, caller: Caller, draft: &Draft) -> Result<String, Canned> {
        let named = draft.parents.as_ref().and_then(|parents| parents.first());
        let parent = self.find(caller, named.map_or("root", String::as_str))?;
        if !parent.file.is_folder {
            return Err(errors::refuse(403, "parentNotAFolder", "The specified parent is not a folder."));
        }
        if !parent.may_add {
            return Err(errors::no_parent_permission());
        }
        Ok(parent.file.id.clone())
    }

    /// Removes an entry and everything below it.
    pub(super) fn remove(&mut self, id: &str) {
        let below: Vec<String> = self
            .entries
            .keys()
            .filter(|known| self.lineage(known).any(|above| above.file.id == id))
            .cloned()
            .collect();
        for id in below {
            self.entries.remove(&id);
        }
    }
}

/// Merges changes into a map of properties.
pub(super) fn apply(to: &mut BTreeMap<String, String>, changes: &Properties) -> Result<(), Canned> {
    for (key, value) in changes {
        match value {
            Some(value) => to.insert(key.clone(), value.clone()),
            None => to.remove(key),
        };
    }
    if to.len() > metadata::PROPERTIES_MAX { Err(metadata::property_limit()) } else { Ok(()) }
}

/// The time as Drive writes it.
pub(super) fn now() -> String {
    format!("{:.3}", Timestamp::now())
}
