//! Finds changed files: first by their metadata, then by their contents.
//!
//! A change counts when two reads in a row are equal, so a file that is being written is not read half. Links are
//! followed, so replacing a link is a change too.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

/// Most bytes of a file that are read: those of the largest roster. Keys have a few thousand.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;

/// Metadata that changes when the file is replaced or written.
type FileFingerprint = (u64, u64, u64, Option<SystemTime>);

/// Digest of a file's contents; `None` when the file cannot be read.
type Content = Option<[u8; 32]>;

/// State of one file.
#[derive(Debug, Default)]
struct LastRead {
    stamp: Option<FileFingerprint>,
    /// The last content that was reported; the outer `None` before the first report.
    settled: Option<Content>,
    /// A content that was read once, and must be read again.
    pending: Option<Content>,
}

/// Kind of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReadMode {
    /// Routine: by metadata first.
    Glance,
    /// On SIGHUP: all files are read, and their contents count at once.
    Sure,
}

/// State of all files.
#[derive(Debug, Default)]
pub(super) struct FileWatch(BTreeMap<PathBuf, LastRead>);

impl FileWatch {
    /// Checks these files, each with its variable. Returns the variables whose files have changed since the last
    /// report, or were never read.
    pub(super) fn look<'a>(
        &mut self,
        files: impl Iterator<Item = (&'static str, &'a Path)>,
        look: ReadMode,
    ) -> BTreeSet<&'static str> {
        let changed =
            files.filter(|(_, path)| self.0.entry(path.to_path_buf()).or_default().look(path, look));
        changed.map(|(variable, _)| variable).collect()
    }

    /// True if a file may have changed; the next check decides.
    pub(super) fn is_waiting(&self) -> bool {
        self.0.values().any(|seen| seen.pending.is_some())
    }
}

impl LastRead {
    fn look(&mut self, path: &Path, look: ReadMode) -> bool {
        // Read before the contents: a write in between then changes the next fingerprint.
        let stamp = stamp(path);
        if look == ReadMode::Glance && self.stamp == stamp && self.settled.is_some() && self.pending.is_none()
        {
            return false;
        }
        self.stamp = stamp;
        self.notice(content(path).ok(), look)
    }

    fn notice(&mut self, now: Content, look: ReadMode) -> bool {
        let is_known = self.settled == Some(now);
        let is_sure = look == ReadMode::Sure || self.settled.is_none() || self.pending == Some(now);
        self.pending = Some(now).filter(|_| !is_known && !is_sure);
        if is_sure {
            self.settled = Some(now);
        }
        is_sure && !is_known
    }
}

fn stamp(path: &Path) -> Option<FileFingerprint> {
    let file = fs::metadata(path).ok()?;
    Some((file.dev(), file.ino(), file.len(), file.modified().ok()))
}

fn content(path: &Path) -> io::Result<[u8; 32]> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX).read_to_end(&mut bytes)?;
    Ok(Sha256::digest(&bytes).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_counts_when_it_was_found_twice() {
        let (a, b, c) = (Some([1; 32]), Some([2; 32]), Some([3; 32]));
        let mut seen = LastRead::default();
        let mut glance = |content| seen.notice(content, ReadMode::Glance);
        assert!(glance(a), "the first look is the first word");
        assert_eq!([a, b, b, b].map(&mut glance), [false, false, true, false]);
        assert_eq!(
            [a, b, a, c, c].map(&mut glance),
            [false, false, false, false, true],
            "a passing change is none"
        );
        assert_eq!(
            [None, None, None].map(&mut glance),
            [false, true, false],
            "a file that went away is told once"
        );
        assert!(
            seen.notice(a, ReadMode::Sure)
                && !seen.notice(a, ReadMode::Sure)
                && !seen.notice(a, ReadMode::Glance)
        );
    }

    #[test]
    fn files_links_and_what_is_missing_are_told_apart() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let link = path("link");
        let mut watch = FileWatch::default();
        let mut look = || watch.look([("NAME", link.as_path())].into_iter(), ReadMode::Sure).len();
        assert_eq!((look(), look()), (1, 0));
        fs::write(path("one"), "1").unwrap();
        fs::write(path("two"), "2").unwrap();
        std::os::unix::fs::symlink("one", &link).unwrap();
        assert_eq!((look(), look()), (1, 0));
        std::os::unix::fs::symlink("two", path("next")).unwrap();
        fs::rename(path("next"), &link).unwrap();
        assert_eq!((look(), look()), (1, 0));
        fs::write(path("two"), "3").unwrap();
        assert_eq!((look(), look()), (1, 0));
        fs::remove_file(path("two")).unwrap();
        assert_eq!((look(), look()), (1, 0));
    }
}
