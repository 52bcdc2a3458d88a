//! Changes that people make to a recording at Zoom, as reported by events: trash, delete, recover, rename. Pure.
//!
//! Every event is a hint: events arrive late, twice and in any order, and the event caused by our own trash call
//! looks like a person's. Zoom's listing decides which files exist. [`Removals`] only explains why a file is missing;
//! [`ZoomCopy`] records that a person recovered a copy which the service had removed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Millis, Reaction, Stage, Standing};
use crate::recording::{FileKey, MeetingUuid, RecordingFile};

/// One change to one recording, as reported by an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The changed recording.
    pub meeting: MeetingUuid,
    /// By Zoom's clock (`event_ts`, milliseconds); 0 if the event has none. The newer of two changes wins.
    pub at: Millis,
    /// The change itself.
    pub kind: ChangeKind,
}

/// The kinds of change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// Files were removed, recovered, or both. An empty list means the whole recording.
    Moved(FileLocation, Vec<FileKey>),
    /// The new topic.
    Renamed(String),
}

/// Location of a file according to the newest event about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileLocation {
    /// In Zoom's trash, which keeps it for 30 days.
    Trash,
    /// Deleted permanently.
    Nowhere,
    /// Recovered.
    Cloud,
}

/// Why a file or recording is missing at Zoom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// A person moved it to the trash.
    Trashed,
    /// A person deleted it permanently.
    Deleted,
    /// The service removed the recording before this file arrived.
    PutAway,
}

impl Removal {
    /// For a job's reason: the event, and the steps that a person can take.
    pub fn advice(self) -> &'static str {
        match self {
            Removal::Trashed => {
                "trashed at Zoom by a person before it was archived; recover it in Zoom's trash within 30 days, then it \
                 goes on (without an event: jobs retry)"
            }
            Removal::Deleted => {
                "deleted at Zoom by a person before it was archived; if it is still in Zoom's trash, recover it and use \
                 jobs retry; if not, it cannot be had, and jobs cancel ends this"
            }
            Removal::PutAway => {
                "it came after the archived recording was put away at Zoom; recover the recording in Zoom's trash within \
                 30 days, then it goes on (without an event: jobs retry)"
            }
        }
    }

    /// A short form, for a file that is skipped while others are archived.
    pub fn in_short(self) -> &'static str {
        match self {
            Removal::Trashed => "a person trashed it at Zoom before it was archived",
            Removal::Deleted => "a person deleted it at Zoom before it was archived",
            Removal::PutAway => "it came after the recording was put away at Zoom",
        }
    }
}

/// State of Zoom's copy, as far as the service changed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ZoomCopy {
    /// The service has not changed it.
    #[default]
    Untouched,
    /// Every file was proved, and the service trashed or deleted the copy.
    PutAway,
    /// A person recovered the copy that the service had removed. The service never removes it again by itself.
    Recovered,
}

impl ZoomCopy {
    /// Every variant.
    pub const ALL: [ZoomCopy; 3] = [ZoomCopy::Untouched, ZoomCopy::PutAway, ZoomCopy::Recovered];

    /// The stored name.
    pub fn name(self) -> &'static str {
        match self {
            ZoomCopy::Untouched => "untouched",
            ZoomCopy::PutAway => "put-away",
            ZoomCopy::Recovered => "recovered",
        }
    }

    /// Parses a stored name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|copy| copy.name() == name)
    }

    /// Text for a finished job; empty in most cases.
    pub fn note(self) -> &'static str {
        match self {
            ZoomCopy::Untouched | ZoomCopy::PutAway => "",
            ZoomCopy::Recovered => "archived; recovered at Zoom by a person; kept",
        }
    }

    /// The state after this change.
    pub fn after(self, change: &ChangeKind) -> Self {
        match (self, change) {
            (ZoomCopy::PutAway, ChangeKind::Moved(FileLocation::Cloud, _)) => ZoomCopy::Recovered,
            (copy, _) => copy,
        }
    }
}

/// Files that were removed and recovered, with the newest event about each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removals {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    whole: Option<NewestEvent>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    files: BTreeMap<String, NewestEvent>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct NewestEvent {
    at: Millis,
    place: FileLocation,
}

impl Removals {
    /// Applies a change. The result is the newest event about each file, in whatever order the changes arrive.
    /// Returns whether this change is the newest for any file.
    pub fn record(&mut self, change: &Change) -> bool {
        let ChangeKind::Moved(place, files) = &change.kind else { return false };
        let word = NewestEvent { at: change.at, place: *place };
        let keep_newest = |known: &mut NewestEvent| {
            let is_newest = known.at <= word.at;
            if is_newest {
                *known = word;
            }
            is_newest
        };
        let mut is_newest = files.is_empty() && keep_newest(self.whole.get_or_insert(word));
        for key in files {
            is_newest |= keep_newest(self.files.entry(key.as_str().to_owned()).or_insert(word));
        }
        is_newest
    }

    /// The removal of a file that Zoom does not list, if an event reported one.
    pub fn of(&self, file: &RecordingFile) -> Option<Removal> {
        let by_name = [file.key.as_str(), file.id.as_str()].map(|name| self.files.get(name));
        // Events name a file alone or the whole recording. The newer one wins; at the same time, the file's own.
        let words = [self.whole.as_ref()].into_iter().chain(by_name).flatten();
        words.max_by_key(|word| word.at).and_then(|word| removal(word.place))
    }

    /// The removal of a recording without a listed file, if an event reported one.
    pub fn of_all(&self) -> Option<Removal> {
        let newest = |words: &mut dyn Iterator<Item = &NewestEvent>| {
            words.max_by_key(|word| word.at).map(|word| (word.at, word.place))
        };
        let whole = self.whole.map(|word| (word.at, word.place));
        let file = newest(&mut self.files.values().filter(|word| word.place != FileLocation::Cloud));
        // A recovery of the whole recording cancels earlier removals; a recovery of single files leaves the others
        // removed.
        [whole, file].into_iter().flatten().max_by_key(|(at, _)| *at).and_then(|(_, place)| removal(place))
    }
}

fn removal(place: FileLocation) -> Option<Removal> {
    match place {
        FileLocation::Trash => Some(Removal::Trashed),
        FileLocation::Nowhere => Some(Removal::Deleted),
        FileLocation::Cloud => None,
    }
}

/// Decides how a change affects a job.
pub fn reaction_to(kind: &ChangeKind, standing: Standing, stage: Stage) -> Reaction {
    let is_copied = stage >= Stage::Verified;
    match (kind, standing) {
        (ChangeKind::Renamed(_), _) | (_, Standing::Cancelled | Standing::Finished) => Reaction::Note,
        // The files may be available again.
        (ChangeKind::Moved(FileLocation::Cloud, _), Standing::Parked) => Reaction::Wake,
        // Copy the remaining files at once: download addresses that still work may expire soon.
        (ChangeKind::Moved(..), Standing::Active) if !is_copied => Reaction::Wake,
        (ChangeKind::Moved(..), Standing::Active | Standing::Parked) => Reaction::Note,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::recording::listing;

    fn file(id: &str) -> RecordingFile {
        let object = json!({"uuid": "u", "recording_files": [{"id": id, "file_type": "MP4"}]});
        listing::read(&object).unwrap().files.remove(0)
    }

    fn moved(at: Millis, place: FileLocation, files: &[&str]) -> Change {
        let files = files.iter().map(|id| FileKey::new(*id)).collect();
        Change { meeting: MeetingUuid::new("u").unwrap(), at, kind: ChangeKind::Moved(place, files) }
    }

    fn heard(changes: &[Change]) -> Removals {
        let mut removals = Removals::default();
        for change in changes {
            removals.record(change);
        }
        removals
    }

    #[test]
    fn a_file_is_where_the_newest_event_put_it() {
        let removals =
            heard(&[moved(1, FileLocation::Trash, &["a", "b"]), moved(2, FileLocation::Cloud, &["a"])]);
        assert_eq!((removals.of(&file("a")), removals.of(&file("b"))), (None, Some(Removal::Trashed)));
        assert_eq!((removals.of(&file("c")), removals.of_all()), (None, Some(Removal::Trashed)));
        let removals = heard(&[moved(1, FileLocation::Trash, &[]), moved(2, FileLocation::Nowhere, &["a"])]);
        assert_eq!(removals.of(&file("a")), Some(Removal::Deleted));
        assert_eq!(removals.of(&file("b")), Some(Removal::Trashed));
        let removals = heard(&[moved(1, FileLocation::Trash, &["a"]), moved(2, FileLocation::Cloud, &[])]);
        assert_eq!((removals.of(&file("a")), removals.of_all()), (None, None));
        assert_eq!(heard(&[]).of_all(), None);
    }

    #[test]
    fn participants_audio_is_found_by_zooms_id_too() {
        let object = json!({"uuid": "u", "participant_audio_files": [{"id": "a", "file_type": "M4A", "file_name": "Ann"}]});
        let voice = listing::read(&object).unwrap().files.remove(0);
        assert_eq!(heard(&[moved(1, FileLocation::Nowhere, &["a"])]).of(&voice), Some(Removal::Deleted));
    }

    #[test]
    fn only_what_is_not_archived_is_hurried() {
        let trashed = moved(1, FileLocation::Trash, &[]).kind;
        let recovered = moved(1, FileLocation::Cloud, &[]).kind;
        for stage in Stage::ALL {
            let hurried = if stage < Stage::Verified { Reaction::Wake } else { Reaction::Note };
            assert_eq!(reaction_to(&trashed, Standing::Active, stage), hurried, "{stage}");
            assert_eq!(reaction_to(&trashed, Standing::Parked, stage), Reaction::Note);
            assert_eq!(reaction_to(&recovered, Standing::Parked, stage), Reaction::Wake);
            for standing in [Standing::Cancelled, Standing::Finished] {
                for kind in [&trashed, &recovered] {
                    assert_eq!(reaction_to(kind, standing, stage), Reaction::Note, "{standing} {stage}");
                }
            }
            let renamed = ChangeKind::Renamed("x".to_owned());
            assert_eq!(reaction_to(&renamed, Standing::Active, stage), Reaction::Note);
        }
    }

    #[test]
    fn only_what_we_put_away_can_be_wanted_back() {
        let (gone, back) = (moved(1, FileLocation::Trash, &[]).kind, moved(1, FileLocation::Cloud, &[]).kind);
        assert_eq!(ZoomCopy::PutAway.after(&back), ZoomCopy::Recovered);
        assert_eq!(ZoomCopy::Recovered.after(&gone), ZoomCopy::Recovered);
        assert_eq!(ZoomCopy::Untouched.after(&back), ZoomCopy::Untouched);
        assert_eq!(ZoomCopy::PutAway.after(&gone), ZoomCopy::PutAway, "our own echo");
        for copy in ZoomCopy::ALL {
            assert_eq!(ZoomCopy::from_name(copy.name()), Some(copy));
        }
    }

    fn any_change() -> impl Strategy<Value = Change> {
        let place =
            prop_oneof![Just(FileLocation::Trash), Just(FileLocation::Nowhere), Just(FileLocation::Cloud)];
        let files = prop::sample::subsequence(vec!["a", "b"], 0..=2);
        (place, files).prop_map(|(place, files)| moved(0, place, &files))
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_does_not_matter(changes in prop::collection::vec(any_change(), 0..6), seed in any::<u64>()) {
            // Each change has its own time, as in Zoom's events.
            let mut changes: Vec<Change> =
                changes.into_iter().enumerate().map(|(at, change)| Change { at: at as Millis, ..change }).collect();
            let in_order = heard(&changes);
            changes.sort_by_key(|change| (change.at as u64).wrapping_mul(seed | 1));
            prop_assert_eq!(&heard(&changes), &in_order);
            let text = serde_json::to_string(&in_order).unwrap();
            prop_assert_eq!(serde_json::from_str::<Removals>(&text).unwrap(), in_order);
        }
    }
}
