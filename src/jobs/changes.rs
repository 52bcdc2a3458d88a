//! What people do to a recording at Zoom, as events tell: trash, delete, recover, rename. Pure.
//!
//! All of it is a hint: events come late, twice and in any order, and the echo of our own trashing looks like
//! a person's. Zoom's listing decides what is there. [`Removals`] only explains why a file cannot be had, and
//! [`ZoomCopy`] remembers that a person wanted a copy back which we had put away.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Millis, Reaction, Stage, Standing};
use crate::recording::{FileKey, MeetingUuid, RecordingFile};

/// What one event says happened to one recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The recording.
    pub meeting: MeetingUuid,
    /// By Zoom's clock (`event_ts`); 0 if the event does not say. Of two changes the newer one holds.
    pub at: Millis,
    /// What happened.
    pub kind: ChangeKind,
}

/// What happened to a recording.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ChangeKind {
    /// Files went, came back, or both; the whole recording when none is named.
    Moved(FileLocation, Vec<FileKey>),
    /// It has another topic.
    Renamed(String),
}

/// Where a file is, by the newest event about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FileLocation {
    /// In Zoom's trash, for 30 days.
    Trash,
    /// Nowhere: deleted for good.
    Nowhere,
    /// Back in its place.
    Cloud,
}

/// Why something cannot be had at Zoom any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Removal {
    /// A person put it into the trash.
    Trashed,
    /// A person deleted it for good.
    Deleted,
    /// We put the recording away, and a file came after that.
    PutAway,
}

impl Removal {
    /// For a job's reason: what happened, and what a person can do about it.
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

    /// The same in a few words, for a file that is left out while others are archived.
    pub fn in_short(self) -> &'static str {
        match self {
            Removal::Trashed => "a person trashed it at Zoom before it was archived",
            Removal::Deleted => "a person deleted it at Zoom before it was archived",
            Removal::PutAway => "it came after the recording was put away at Zoom",
        }
    }
}

/// What has become of Zoom's copy, as far as we had a hand in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ZoomCopy {
    /// We have not touched it.
    #[default]
    Untouched,
    /// All was proved, and it is trashed or deleted.
    PutAway,
    /// A person recovered what we had put away. It is never put away again by itself.
    Recovered,
}

impl ZoomCopy {
    /// All of them.
    pub const ALL: [ZoomCopy; 3] = [ZoomCopy::Untouched, ZoomCopy::PutAway, ZoomCopy::Recovered];

    /// The name, as stored.
    pub fn name(self) -> &'static str {
        match self {
            ZoomCopy::Untouched => "untouched",
            ZoomCopy::PutAway => "put-away",
            ZoomCopy::Recovered => "recovered",
        }
    }

    /// Reads a stored name back.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|copy| copy.name() == name)
    }

    /// What a finished job says about it; mostly nothing.
    pub fn note(self) -> &'static str {
        match self {
            ZoomCopy::Untouched | ZoomCopy::PutAway => "",
            ZoomCopy::Recovered => "archived; recovered at Zoom by a person; kept",
        }
    }

    /// After this change.
    pub fn after(self, change: &ChangeKind) -> Self {
        match (self, change) {
            (ZoomCopy::PutAway, ChangeKind::Moved(FileLocation::Cloud, _)) => ZoomCopy::Recovered,
            (copy, _) => copy,
        }
    }
}

/// What events told about files that went and came back, the newest word on each.
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
    /// Takes in a change. Whatever order changes come in, the newest word on each file stays.
    /// Whether this one is the newest about anything.
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

    /// What happened to a file that Zoom does not list, if anybody told.
    pub fn of(&self, file: &RecordingFile) -> Option<Removal> {
        let by_name = [file.key.as_str(), file.id.as_str()].map(|name| self.files.get(name));
        // Told of by itself as well as with the whole recording: the newer word; both at once: the file's own.
        let words = [self.whole.as_ref()].into_iter().chain(by_name).flatten();
        words.max_by_key(|word| word.at).and_then(|word| removal(word.place))
    }

    /// What happened to a recording of which Zoom lists nothing, if anybody told.
    pub fn of_all(&self) -> Option<Removal> {
        let newest = |words: &mut dyn Iterator<Item = &NewestEvent>| {
            words.max_by_key(|word| word.at).map(|word| (word.at, word.place))
        };
        let whole = self.whole.map(|word| (word.at, word.place));
        let file = newest(&mut self.files.values().filter(|word| word.place != FileLocation::Cloud));
        // A recovery of the whole ends what was told before; one of single files leaves the others away.
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

/// Decides what a change means for a job.
pub fn reaction_to(kind: &ChangeKind, standing: Standing, stage: Stage) -> Reaction {
    let is_copied = stage >= Stage::Verified;
    match (kind, standing) {
        (ChangeKind::Renamed(_), _) | (_, Standing::Cancelled | Standing::Finished) => Reaction::Note,
        // It may be there again.
        (ChangeKind::Moved(FileLocation::Cloud, _), Standing::Parked) => Reaction::Wake,
        // What is not copied yet is tried at once: addresses that still work may not for long.
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
            // Each at a time of its own, as Zoom's clock has them.
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
