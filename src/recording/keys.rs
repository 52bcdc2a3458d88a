//! Gives every listed file a key of its own, equal in every listing.
//!
//! The key is Zoom's file id, or the file's description if there is no id. Neither is always unique: two
//! participants' audio files had the same id, and old chats have no id at all. Files with the same id or
//! description are distinguished by type, then by size, end and address; if all are equal, they are numbered. The
//! download address is not part of a key, because an event and a listing have different addresses for one file.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{FileKey, FileStatus, Recording, RecordingFile};

/// A file's key before its siblings are compared: Zoom's id, or else the description. Participant audio gets a key
/// of its own, because in Zoom's own samples it has the id of another file.
pub(super) fn base(file: &RecordingFile) -> String {
    let identity = if file.id.is_empty() { described(file) } else { file.id.clone() };
    if file.participant.is_some() { format!("participant:{identity}") } else { identity }
}

/// Identifies a file without an id.
fn described(file: &RecordingFile) -> String {
    let start = file.start.map(|start| start.to_string()).unwrap_or_default();
    let participant = file.participant.as_deref().unwrap_or_default();
    format!("{}:{}:{start}:{participant}", file.file_type, file.recording_type)
}

impl Recording {
    /// Gives the files the keys of the `known` files that they match. The keys of a first listing follow from it
    /// alone; later listings may have another order, fewer files, or facts that were missing.
    pub fn keyed_like(mut self, known: &[RecordingFile]) -> Self {
        assign(&mut self.files, known);
        self
    }

    /// True if another listed file may be the same as this one: they share an id or a description, and their listed
    /// sizes do not distinguish them. Two listings may swap their keys.
    pub fn is_ambiguous(&self, file: &RecordingFile) -> bool {
        let name = base(file);
        let mut twins = self.files.iter().filter(|other| other.key != file.key && base(other) == name);
        twins.any(|twin| known_sizes(file, twin).is_none_or(|(own, other)| own == other))
    }

    /// The files that may be the same as this one, itself first. Only itself if nothing is ambiguous.
    pub fn twins<'a>(&'a self, file: &'a RecordingFile) -> Vec<&'a RecordingFile> {
        let name = base(file);
        let is_twin = |other: &&RecordingFile| other.key != file.key && base(other) == name;
        let others = self.files.iter().filter(|_| self.is_ambiguous(file));
        let twins = others.filter(is_twin).filter(|other| self.is_ambiguous(other));
        std::iter::once(file).chain(twins).collect()
    }
}

impl RecordingFile {
    /// True if both have the same id or description.
    pub fn shares_name(&self, other: &RecordingFile) -> bool {
        base(self) == base(other)
    }
}

/// Gives every file its key. No two files get the same key, and no file gets the key of a known file that it cannot
/// be.
pub(super) fn assign(files: &mut [RecordingFile], known: &[RecordingFile]) {
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (index, file) in files.iter().enumerate() {
        groups.entry(base(file)).or_default().push(index);
    }
    let mut known_groups: HashMap<String, Vec<&RecordingFile>> = HashMap::new();
    for file in known {
        known_groups.entry(base(file)).or_default().push(file);
    }
    let bases: HashSet<String> = groups.keys().cloned().collect();
    let mut taken: HashSet<String> = known.iter().map(|file| file.key.as_str().to_owned()).collect();
    let mut numbers: HashMap<String, u64> = HashMap::new();
    for (base, mut members) in groups {
        let twins = known_groups.remove(&base).unwrap_or_default();
        members.sort_by(|a, b| order(&files[*a]).cmp(&order(&files[*b])));
        let rest = recognise(files, members, &twins);
        let mut holder = twins.iter().find(|twin| twin.key.as_str() == base).map(|twin| described(twin));
        for index in rest {
            let own = described(&files[index]);
            let key = if holder.is_none() && !taken.contains(&base) {
                holder = Some(own);
                base.clone()
            } else {
                let stem = if holder.as_ref() == Some(&own) { base.clone() } else { format!("{base}:{own}") };
                unused(&stem, &mut numbers, |key| taken.contains(key) || bases.contains(key))
            };
            taken.insert(key.clone());
            files[index].key = FileKey::new(key);
        }
    }
}

/// The first unused of `stem`, `stem#2`, `stem#3` ... `numbers` contains the last number of each stem.
fn unused(stem: &str, numbers: &mut HashMap<String, u64>, is_taken: impl Fn(&str) -> bool) -> String {
    let number = numbers.entry(stem.to_owned()).or_insert(0);
    loop {
        *number += 1;
        let name = if *number == 1 { stem.to_owned() } else { format!("{stem}#{number}") };
        if !is_taken(&name) {
            return name;
        }
    }
}

/// Matches the files of a group with known files, the most certain first, and returns the others.
fn recognise(files: &mut [RecordingFile], members: Vec<usize>, known: &[&RecordingFile]) -> Vec<usize> {
    let is_single = members.len() == 1 && known.len() == 1;
    let mut rest = members;
    let mut free: Vec<&RecordingFile> = known.to_vec();
    for certainty in (1..=SURE).rev() {
        rest.retain(|index| {
            let found = free.iter().position(|twin| likeness(&files[*index], twin, is_single) == certainty);
            let Some(found) = found else { return true };
            files[*index].key = free.remove(found).key.clone();
            false
        });
        if free.is_empty() {
            break;
        }
    }
    rest
}

/// The highest [`likeness`].
const SURE: u8 = 6;

/// The certainty that both are one file; 0 when they cannot be. A missing fact contradicts nothing.
fn likeness(file: &RecordingFile, known: &RecordingFile, is_single: bool) -> u8 {
    let sizes = known_sizes(file, known);
    let is_same_size = sizes.is_some_and(|(own, other)| own == other);
    if !is_compatible(file, known) {
        // The only file with its id, and not of another length: it was renamed.
        return u8::from(is_single && sizes.is_none_or(|(own, other)| own == other));
    }
    let addresses = file.download.as_ref().zip(known.download.as_ref());
    let is_same_address = addresses.is_some_and(|(own, other)| own.url == other.url);
    let ends = file.end.zip(known.end);
    let is_other_end = ends.is_some_and(|(own, other)| own != other);
    match () {
        () if is_same_address => SURE,
        () if is_other_end => 1,
        () if is_same_size && ends.is_some() => 5,
        () if is_same_size => 4,
        () if sizes.is_none() => 3,
        () => 2,
    }
}

/// True if both may have the same content.
fn is_compatible(one: &RecordingFile, other: &RecordingFile) -> bool {
    let agree = |one: &str, other: &str| one.is_empty() || other.is_empty() || one == other;
    agree(&one.file_type, &other.file_type)
        && agree(&one.recording_type, &other.recording_type)
        && one
            .participant
            .as_deref()
            .zip(other.participant.as_deref())
            .is_none_or(|(one, other)| agree(one, other))
        && one.start.zip(other.start).is_none_or(|(one, other)| one == other)
}

/// Both sizes, if both are listed.
fn known_sizes(one: &RecordingFile, other: &RecordingFile) -> Option<(u64, u64)> {
    one.listed_size().zip(other.listed_size())
}

/// The order in which files with one id get their keys, independent of the listing's order: ready files first, then
/// by description, size and end.
fn order(file: &RecordingFile) -> impl Ord + use<> {
    let size = file.listed_size().unwrap_or(u64::MAX);
    (file.status == FileStatus::Processing, described(file), size, file.end, file.extension.clone())
}

#[cfg(test)]
mod tests;
