//! Measures the demo: memory, and bytes on disk.

use std::io;
use std::path::Path;

/// Files that belong in the demo's folder. Any other file would be a recording on disk.
const KNOWN: [&str; 8] = [
    super::class::FILES[0],
    super::class::FILES[1],
    "google-key.json",
    "zoom2drive.db",
    "zoom2drive.db-wal",
    "zoom2drive.db-shm",
    "zoom2drive.db.lock",
    super::LOG_FILE,
];

/// Files on disk.
#[derive(Debug, Clone, Default)]
pub(super) struct Disk {
    /// Bytes of the database and its companion files.
    pub database: u64,
    /// Bytes of everything in the folder.
    pub all: u64,
    /// Files that should not be there.
    pub strangers: Vec<String>,
}

impl Disk {
    /// Measures the demo's folder.
    pub(super) fn style(folder: &Path) -> io::Result<Self> {
        let mut disk = Self::default();
        for entry in std::fs::read_dir(folder)? {
            let entry = entry?;
            let (name, size) = (entry.file_name().to_string_lossy().into_owned(), entry.metadata()?.len());
            disk.all += size;
            if name.starts_with("zoom2drive.db") {
                disk.database += size;
            }
            if !KNOWN.contains(&name.as_str()) {
                disk.strangers.push(name);
            }
        }
        Ok(disk)
    }
}

/// Peak memory of this process, in bytes. Only Linux reports it.
pub(super) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let kib: u64 = field(&status, "VmHWM:")?;
    Some(kib * 1024)
}

/// Bytes that this process has written to disk. Only Linux reports it.
pub(super) fn bytes_written() -> Option<u64> {
    field(&std::fs::read_to_string("/proc/self/io").ok()?, "write_bytes:")
}

fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_should_not_be_there_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        for (name, size) in [("zoom2drive.db", 10), ("zoom2drive.db-wal", 5), ("part-0001.mp4", 7)] {
            std::fs::write(folder.path().join(name), vec![0; size]).unwrap();
        }
        let disk = Disk::style(folder.path()).unwrap();
        assert_eq!((disk.database, disk.all, disk.strangers), (15, 22, vec!["part-0001.mp4".to_owned()]));
    }

    #[test]
    fn the_systems_word_is_read() {
        assert_eq!(field("a: 1\nVmHWM:\t  2048 kB\n", "VmHWM:"), Some(2048));
    }
}
