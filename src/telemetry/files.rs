//! Log files: one or more per day, with a total size limit, readable only by their owner.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tracing_subscriber::fmt::MakeWriter;

use crate::config::LogFiles;

/// Beginning and end of the names of log files. Between them is the day in UTC, and a number from the second file
/// of a day on.
const FILE_PREFIX: &str = "zoom2drive.";
const FILE_SUFFIX: &str = ".log";

/// Only the owner may read log files: they contain names and addresses of people.
const FILE_MODE: u32 = 0o600;
const FOLDER_MODE: u32 = 0o700;

/// A file is full at this part of the total limit, so that only a part of the lines is deleted at a time.
const PARTS: u64 = 8;

/// A log file's position in the sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct LogFilePosition {
    day: Date,
    part: u32,
}

impl LogFilePosition {
    /// Accepts only names that this module gives.
    fn of(name: &str) -> Option<Self> {
        let middle = name.strip_prefix(FILE_PREFIX)?.strip_suffix(FILE_SUFFIX)?;
        let (day, part) = middle.split_once('.').unwrap_or((middle, "0"));
        let place = Self { day: day.parse().ok()?, part: part.parse().ok()? };
        (place.name() == name).then_some(place)
    }

    fn name(self) -> String {
        let Self { day, part } = self;
        let number = if part == 0 { String::new() } else { format!(".{part}") };
        format!("{FILE_PREFIX}{day}{number}{FILE_SUFFIX}")
    }

    /// The position of the next line, on this day.
    fn after(self, today: Date, is_full: bool) -> Self {
        if self.day != today {
            Self { day: today, part: 0 }
        } else if is_full {
            Self { day: today, part: self.part.saturating_add(1) }
        } else {
            self
        }
    }
}

/// The files to delete: those that are older than the last `days` days (including today), and the oldest beyond the
/// total size.
fn too_old(
    files: &[(LogFilePosition, u64)],
    today: Date,
    days: usize,
    bytes_max: u64,
) -> Vec<LogFilePosition> {
    let mut newest_first = files.to_vec();
    newest_first.sort_unstable_by(|a, b| b.cmp(a));
    let (mut days_kept, mut bytes) = (BTreeSet::from([today]), 0_u64);
    let mut is_kept = |(place, size): &(LogFilePosition, u64)| {
        days_kept.insert(place.day);
        bytes = bytes.saturating_add(*size);
        days_kept.len() <= days && bytes <= bytes_max
    };
    let kept = newest_first.iter().take_while(|file| is_kept(file)).count();
    newest_first.iter().skip(kept).map(|(place, _)| *place).collect()
}

/// A folder of log files, one of them open.
pub(super) struct LogFolder {
    config: LogFiles,
    current: Mutex<Current>,
}

struct Current {
    place: LogFilePosition,
    file: File,
}

impl LogFolder {
    /// Continues the last process's file. Each line is written at once, without a buffer that a crash would lose.
    pub(super) fn open(config: &LogFiles) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(&config.folder)?;
        let found = files(&config.folder)?;
        let newest = found.iter().map(|(place, _)| *place).filter(|place| place.day == today()).max();
        let place = newest.unwrap_or(LogFilePosition { day: today(), part: 0 });
        let current = Mutex::new(begin(config, place)?);
        shut(&config.folder, &current.lock().unwrap_or_else(PoisonError::into_inner).file)?;
        Ok(Self { config: config.clone(), current })
    }

    fn current(&self) -> MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn part_bytes(&self) -> u64 {
        self.config.bytes_max / PARTS
    }
}

impl Write for &LogFolder {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut current = self.current();
        // The size is read, not counted: another process may write to the same file.
        let written = current.file.metadata()?.len();
        let is_full = written > 0 && written.saturating_add(line.len() as u64) > self.part_bytes();
        let place = current.place.after(today(), is_full);
        if place != current.place {
            *current = begin(&self.config, place)?;
        }
        current.file.write_all(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.current().file.flush()
    }
}

impl<'w> MakeWriter<'w> for LogFolder {
    type Writer = &'w LogFolder;

    fn make_writer(&'w self) -> Self::Writer {
        self
    }
}

fn today() -> Date {
    let now = Timestamp::try_from(SystemTime::now()).unwrap_or_default();
    now.to_zoned(TimeZone::UTC).date()
}

/// Our files in a folder, and their sizes.
fn files(folder: &Path) -> io::Result<Vec<(LogFilePosition, u64)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Some(place) = entry.file_name().to_str().and_then(LogFilePosition::of)
            // Another process may just have removed the file.
            && let Ok(metadata) = entry.metadata()
        {
            files.push((place, metadata.len()));
        }
    }
    Ok(files)
}

/// Deletes old files, and opens a new one.
fn begin(config: &LogFiles, place: LogFilePosition) -> io::Result<Current> {
    let others: Vec<_> = files(&config.folder)?.into_iter().filter(|(other, _)| *other != place).collect();
    let room = config.bytes_max - config.bytes_max / PARTS;
    for old in too_old(&others, place.day, config.days, room) {
        // A file that cannot be removed now is tried again with the next one.
        let _removed_or_not = fs::remove_file(config.folder.join(old.name()));
    }
    let path = config.folder.join(place.name());
    let file = OpenOptions::new().append(true).create(true).mode(FILE_MODE).open(path)?;
    Ok(Current { place, file })
}

/// Removes permissions of other users: from our files, and from the folder if it is ours and has no other content.
fn shut(folder: &Path, ours: &File) -> io::Result<()> {
    let owner = ours.metadata()?.uid();
    let (mut is_ours_alone, mut paths) = (fs::metadata(folder)?.uid() == owner, Vec::new());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        match entry.file_name().to_str().and_then(LogFilePosition::of) {
            Some(_) => paths.push(entry.path()),
            None => is_ours_alone = false,
        }
    }
    for path in paths {
        if fs::symlink_metadata(&path).is_ok_and(|found| found.is_file() && found.uid() == owner) {
            fs::set_permissions(&path, Permissions::from_mode(FILE_MODE))?;
        }
    }
    if is_ours_alone {
        fs::set_permissions(folder, Permissions::from_mode(FOLDER_MODE))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn place(day: &str, part: u32) -> LogFilePosition {
        LogFilePosition { day: day.parse().unwrap(), part }
    }

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn names_are_read_back_and_others_are_left_alone() {
        for (place, name) in [
            (place("2026-11-28", 0), "zoom2drive.2026-11-28.log"),
            (place("2026-11-28", 12), "zoom2drive.2026-11-28.12.log"),
        ] {
            assert_eq!((place.name().as_str(), LogFilePosition::of(name)), (name, Some(place)));
        }
        for name in [
            "zoom2drive.log",
            "zoom2drive.2026-11-28.log.gz",
            "zoom2drive.2026-11-28.0.log",
            "zoom2drive.2026-11-28.01.log",
            "zoom2drive.2026-11-28.x.log",
            "zoom2drive.2026-13-28.log",
            "notes.txt",
            "",
        ] {
            assert_eq!(LogFilePosition::of(name), None, "{name}");
        }
    }

    #[test]
    fn the_oldest_go_by_days_and_by_size() {
        let today = place("2026-11-28", 0).day;
        let files = [
            (place("2026-11-26", 0), 10),
            (place("2026-11-27", 0), 10),
            (place("2026-11-27", 1), 10),
            (place("2026-11-27", 10), 10),
            (place("2026-11-20", 0), 10),
        ];
        let gone = |days, bytes_max| too_old(&files, today, days, bytes_max);
        assert_eq!(gone(4, 50), []);
        assert_eq!(gone(3, 50), [files[4].0]);
        assert_eq!(gone(1, 50).len(), 5);
        assert_eq!(gone(9, 25), [files[1].0, files[0].0, files[4].0], "10 is after 1");
        assert_eq!(gone(9, 0).len(), 5);
    }

    #[test]
    fn all_files_together_stay_below_their_size_and_for_their_owner() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("made/by/us");
        let config = LogFiles { folder: folder.clone(), days: 3, bytes_max: 80_000 };
        let logs = LogFolder::open(&config).unwrap();
        let line = [b'x'; 999];
        for number in 0..1000 {
            (&logs).write_all(&line).unwrap();
            let all: u64 = files(&folder).unwrap().iter().map(|(_, size)| size).sum();
            assert!(all <= config.bytes_max, "{all} after {number} lines");
        }
        let left = files(&folder).unwrap();
        assert!(left.len() > 4, "{left:?}");
        let kept: u64 = left.iter().map(|(_, size)| size).sum();
        assert!(kept > config.bytes_max / 2, "{kept}");
        assert_eq!(mode(&folder), 0o700);
        assert!(left.iter().all(|(place, _)| mode(&folder.join(place.name())) == 0o600));
        // The next process continues the newest file of today.
        let newest = left.iter().map(|(place, _)| *place).max().unwrap();
        assert_eq!(LogFolder::open(&config).unwrap().current().place, newest);
    }

    #[test]
    fn what_was_open_to_others_is_shut_and_what_is_not_ours_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let config = LogFiles { folder: folder.path().to_owned(), days: 3, bytes_max: 80_000 };
        fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
        let old = folder.path().join(LogFilePosition { day: today(), part: 0 }.name());
        let notes = folder.path().join("notes.txt");
        for path in [&old, &notes] {
            fs::write(path, "x").unwrap();
            fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
        }
        drop(LogFolder::open(&config).unwrap());
        assert_eq!((mode(&old), mode(&notes), mode(folder.path())), (0o600, 0o644, 0o755));
        fs::remove_file(&notes).unwrap();
        drop(LogFolder::open(&config).unwrap());
        assert_eq!(mode(folder.path()), 0o700);
    }

    proptest! {
        #[test]
        fn the_newest_are_kept_and_fit(
            sizes in proptest::collection::vec((0..9_i8, 0..4_u32, 0..100_u64), 0..30), days in 1..9_usize, bytes_max in 0..900_u64
        ) {
            let today = place("2026-11-28", 0).day;
            let files: Vec<_> = sizes.into_iter()
                .map(|(back, part, size)| (place(&format!("2026-11-{:02}", 28 - back), part), size)).collect();
            let gone = too_old(&files, today, days, bytes_max);
            let kept: Vec<_> = files.iter().filter(|(place, _)| !gone.contains(place)).collect();
            prop_assert!(kept.iter().map(|(_, size)| size).sum::<u64>() <= bytes_max);
            prop_assert!(kept.iter().all(|(place, _)| gone.iter().all(|other| other < place)));
        }
    }
}
