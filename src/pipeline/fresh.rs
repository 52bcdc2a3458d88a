//! Merges the current listing with facts from earlier events. Pure.
//!
//! A file that events reported and Zoom does not list is still wanted: its own address may work, and if not, people
//! must learn that. Recordings that Zoom recreates sometimes get another id: the old one disappears from the listing,
//! and one of the same kind and start takes its place.

use std::collections::HashSet;

use crate::recording::{FileKey, FileStatus, Recording, RecordingFile};

/// The current state of a recording.
#[derive(Debug, Clone)]
pub(super) struct CurrentRecording {
    /// Every wanted file, listed or not.
    pub recording: Recording,
    /// Wanted files that Zoom's listing does not have.
    pub unlisted: HashSet<FileKey>,
    /// Files with other content than the archived copy, although their listing is unchanged.
    pub remade: HashSet<FileKey>,
}

impl CurrentRecording {
    /// The facts from events alone, without Zoom's API.
    pub fn from_events(recording: &Recording) -> Self {
        Self { recording: recording.clone(), unlisted: HashSet::new(), remade: HashSet::new() }
    }

    /// The facts from events, for a recording of which Zoom no longer lists anything.
    pub fn unlisted(recording: &Recording) -> Self {
        let unlisted = recording.files.iter().map(|file| file.key.clone()).collect();
        Self { recording: recording.clone(), unlisted, remade: HashSet::new() }
    }

    /// A fresh listing with facts that only events have: fields that listings lack, the address of a file that is
    /// listed without one, and files that the listing does not have. An address of the listing is never replaced by
    /// an event's: otherwise anybody who can sign an event would choose the bytes.
    pub fn listed(reported: &Recording, listing: Recording) -> Self {
        let mut recording = reported.clone();
        recording.files.clear();
        recording.merge(listing);
        let may_have_one = |file: &&mut RecordingFile| file.download.is_none() && file.unavailable.is_empty();
        for file in recording.files.iter_mut().filter(may_have_one) {
            let reported = reported.files.iter().find(|reported| reported.key == file.key);
            file.download = reported.and_then(|reported| reported.download.clone());
        }
        let is_listed =
            |reported: &RecordingFile| recording.files.iter().any(|file| file.key == reported.key);
        let unlisted: Vec<RecordingFile> =
            reported.files.iter().filter(|reported| !is_listed(reported)).cloned().collect();
        let keys = unlisted.iter().map(|file| file.key.clone()).collect();
        recording.files.extend(unlisted);
        Self { recording, unlisted: keys, remade: HashSet::new() }
    }
}

/// The listed file that takes the place of one that is no longer listed: of the same kind and start. Only a complete
/// listing is used: while Zoom is processing, a file may still return.
pub(super) fn successor<'a>(gone: &RecordingFile, listing: &'a Recording) -> Option<&'a RecordingFile> {
    let is_complete = listing.files.iter().all(|file| file.status == FileStatus::Completed);
    let is_listed = listing.files.iter().any(|file| file.key == gone.key);
    let mut candidates = listing.files.iter().filter(|file| stands_for(file, gone));
    candidates.next().filter(|_| is_complete && !is_listed)
}

/// Whether both are the same part and view of the recording, under two ids.
pub(super) fn stands_for(file: &RecordingFile, other: &RecordingFile) -> bool {
    let kind = |file: &RecordingFile| {
        (file.file_type.clone(), file.recording_type.clone(), file.participant.clone(), file.start)
    };
    let is_twin = file.shares_name(other);
    file.key != other.key && !is_twin && file.start.is_some() && kind(file) == kind(other)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::recording::listing;

    fn of(files: &[Value]) -> Recording {
        listing::read(&json!({"uuid": "u", "topic": "t", "recording_files": files})).unwrap()
    }

    fn view(id: &str, start: &str) -> Value {
        json!({"id": id, "file_type": "MP4", "recording_type": "gallery_view", "recording_start": start})
    }

    const START: &str = "2026-01-15T10:00:00Z";
    const LATER: &str = "2026-01-15T11:00:00Z";

    #[test]
    fn what_is_not_listed_is_wanted_and_known_as_such() {
        let fresh = CurrentRecording::listed(&of(&[view("old", START)]), of(&[view("new", START)]));
        let keys: Vec<&str> = fresh.recording.files.iter().map(|file| file.key.as_str()).collect();
        assert_eq!(keys, ["new", "old"]);
        assert_eq!(fresh.unlisted, HashSet::from([FileKey::new("old")]));
        assert_eq!(CurrentRecording::unlisted(&fresh.recording).unlisted.len(), 2);
        assert_eq!(CurrentRecording::from_events(&fresh.recording).unlisted.len(), 0);
    }

    #[test]
    fn only_the_same_view_of_the_same_piece_takes_a_place() {
        let gone = &of(&[view("old", START)]).files[0];
        let found = |files: &[Value]| successor(gone, &of(files)).map(|file| file.key.to_string());
        assert_eq!(found(&[view("other", LATER), view("new", START)]).as_deref(), Some("new"));
        assert_eq!(found(&[view("other", LATER)]), None, "another piece");
        assert_eq!(found(&[view("old", START), view("new", START)]), None, "it is still there");
        let chat = json!({"id": "chat", "file_type": "CHAT", "recording_start": START});
        assert_eq!(found(&[chat]), None, "another kind");
        let busy = json!({"id": "busy", "status": "processing", "recording_start": LATER});
        assert_eq!(found(&[view("new", START), busy]), None, "the list is not complete");
        assert_eq!(found(&[]), None);
    }

    #[test]
    fn a_twin_does_not_take_its_twins_place() {
        let chat = |url: &str| json!({"file_type": "CHAT", "recording_start": START, "download_url": url});
        let both = of(&[chat("https://zoom.us/a"), chat("https://zoom.us/b")]);
        let one = of(&[chat("https://zoom.us/a")]).keyed_like(&both.files);
        assert!(both.files.iter().all(|file| successor(file, &one).is_none()));
    }
}
