//! The calls that a number of recordings takes, and the time for which the rate limits make them last. Pure.
//!
//! `tests/it/calls` counts the calls, and compares them with these figures.

use std::time::Duration;

use super::estimate::Tally;
use crate::config::{AfterArchive, Config};

/// Ids of Drive that are reserved in one call.
const IDS_PER_CALL: u64 = 100;

/// Drive's documented limits for one user of a project: units a minute, for projects since May 2026.
const UNITS_A_MINUTE: u64 = 325_000;

/// The same for older projects: calls a minute, whatever they are.
const CALLS_A_MINUTE: u64 = 12_000;

/// Units of a call that reads metadata, or reserves ids.
const READ_UNITS: u64 = 5;

/// Units of a search.
const LIST_UNITS: u64 = 100;

/// Units of a call that creates or changes something, or begins an upload.
const EDIT_UNITS: u64 = 50;

/// The settings that decide how many calls there are.
#[derive(Debug, Clone, Copy)]
pub struct Habits {
    /// Zoom's copies are removed, which takes two more calls at Zoom, and one more look at each copy.
    pub removes: bool,
    /// A meeting file is written for each recording.
    pub writes_meeting_file: bool,
    /// Bytes of an upload request, if none is larger.
    pub chunk_size: u64,
}

impl Habits {
    /// The habits that these settings say.
    pub fn of(config: &Config) -> Self {
        Self {
            removes: config.service.after_archive != AfterArchive::Keep,
            writes_meeting_file: config.service.meeting_file,
            chunk_size: config.relay.chunk_size,
        }
    }
}

/// Calls of Zoom's API besides the lists and the downloads: the plan's listing, a last look for late files, and for the
/// removal a fresh listing and the deletion.
pub fn of_zoom(left: Tally, habits: Habits) -> u64 {
    left.recordings * if habits.removes { 4 } else { 2 }
}

/// Calls of Drive, by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DriveCalls {
    /// Metadata of folders and files, and reservations of ids.
    reads: u64,
    /// Searches for copies and folders.
    lists: u64,
    /// Folders, beginnings of uploads, and meeting files.
    edits: u64,
    /// Requests with bytes. Whether Google counts units for them is not documented.
    parts: u64,
}

impl DriveCalls {
    /// Each recording in a folder of its own, with which most templates end. The folders above it are not counted.
    pub fn of(left: Tally, habits: Habits) -> Self {
        let Tally { recordings, files, bytes } = left;
        let meeting_files = if habits.writes_meeting_file { recordings } else { 0 };
        let ids = recordings + files + meeting_files;
        // Before the upload, to prove it, and again before Zoom's copy goes.
        let looks = if habits.removes { 3 } else { 2 };
        Self {
            reads: recordings + looks * files + ids.div_ceil(IDS_PER_CALL),
            lists: 2 * recordings,
            // A meeting file is created, and then written.
            edits: recordings + 2 * meeting_files + files,
            parts: (bytes / habits.chunk_size.max(1)).saturating_add(files),
        }
    }

    /// All of them.
    pub fn number(&self) -> u64 {
        [self.lists, self.edits, self.parts].into_iter().fold(self.reads, u64::saturating_add)
    }

    /// The time that the stricter of Drive's two limits makes them take. Google tells nobody which one applies.
    pub fn time(&self) -> Duration {
        let units = READ_UNITS * self.reads + LIST_UNITS * self.lists + EDIT_UNITS * self.edits;
        minutes(units, UNITS_A_MINUTE).max(minutes(self.number(), CALLS_A_MINUTE))
    }
}

fn minutes(number: u64, a_minute: u64) -> Duration {
    Duration::from_millis(number.saturating_mul(60_000) / a_minute)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHUNK: u64 = 32 * 1024 * 1024;

    fn habits(removes: bool) -> Habits {
        Habits { removes, writes_meeting_file: true, chunk_size: CHUNK }
    }

    fn tally(recordings: u64, files: u64, bytes: u64) -> Tally {
        Tally { recordings, files, bytes }
    }

    #[test]
    fn calls_grow_with_recordings_files_and_bytes() {
        let number = |tally, habits| DriveCalls::of(tally, habits).number();
        assert_eq!(number(Tally::default(), habits(true)), 0);
        assert_eq!(number(tally(1, 1, 1_000), habits(false)), 1 + 2 + 1 + 2 + 3 + 1 + 1);
        assert_eq!(number(tally(1, 1, 1_000), habits(true)), 12);
        assert_eq!(number(tally(1, 4, 1_000), habits(true)), 12 + 3 * 5);
        assert_eq!(number(tally(1, 1, 10 * CHUNK), habits(true)), 12 + 10);
        let without = Habits { writes_meeting_file: false, ..habits(true) };
        assert_eq!(number(tally(1, 1, 1_000), without), 10);
        assert_eq!((of_zoom(tally(3, 9, 0), habits(true)), of_zoom(tally(3, 9, 0), habits(false))), (12, 6));
    }

    #[test]
    fn the_stricter_limit_decides() {
        // 10,000 recordings of two files: 3,565,000 units and some 180,000 calls.
        let small = DriveCalls::of(tally(10_000, 20_000, 0), habits(true));
        let units = 5 * small.reads + 100 * small.lists + 50 * small.edits;
        assert_eq!(small.time(), minutes(units, UNITS_A_MINUTE).max(minutes(small.number(), CALLS_A_MINUTE)));
        // One huge file: the requests with its bytes.
        let large = DriveCalls::of(tally(1, 1, 12_000 * CHUNK), habits(true));
        assert_eq!(large.time().as_secs(), 60);
        let most = DriveCalls::of(tally(1, 1, u64::MAX), Habits { chunk_size: 0, ..habits(true) });
        assert_eq!(most.number(), u64::MAX);
    }
}
