//! Figures of the process and of the disk that the database is on.

use std::path::Path;

/// What is known. Only Linux tells the figures of a process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Machine {
    /// Size of the SQLite database with its log; `None` for PostgreSQL.
    pub database_bytes: Option<u64>,
    /// Free space on its disk; `None` for PostgreSQL.
    pub disk_free: Option<u64>,
    /// Resident memory of the process, in bytes.
    pub memory: Option<u64>,
    /// Its open files.
    pub open_files: Option<usize>,
}

impl Machine {
    /// Looks now. `database` is the file of the SQLite database.
    pub fn look(database: Option<&Path>) -> Self {
        let memory = std::fs::read_to_string("/proc/self/status").ok().as_deref().and_then(resident_kib);
        Self {
            database_bytes: database.map(database_bytes),
            disk_free: database.and_then(disk_free),
            memory: memory.map(|kib| kib.saturating_mul(1024)),
            open_files: std::fs::read_dir("/proc/self/fd").ok().map(Iterator::count),
        }
    }
}

fn database_bytes(database: &Path) -> u64 {
    let size = |path: &Path| std::fs::metadata(path).map_or(0, |file| file.len());
    let mut log = database.as_os_str().to_owned();
    log.push("-wal");
    size(database).saturating_add(size(Path::new(&log)))
}

/// Free bytes on the disk of this file, for us.
pub fn disk_free(database: &Path) -> Option<u64> {
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
    let disk = rustix::fs::statvfs(folder.unwrap_or(Path::new("."))).ok()?;
    Some(disk.f_bavail.saturating_mul(disk.f_frsize))
}

fn resident_kib(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_as_linux_writes_it() {
        assert_eq!(resident_kib("Name:\tx\nVmRSS:\t   16532 kB\n"), Some(16532));
        assert_eq!(resident_kib("Name:\tx\n"), None);
    }

    #[test]
    fn a_file_and_its_log_are_counted_together() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        std::fs::write(&path, [0; 10]).unwrap();
        std::fs::write(folder.path().join("a.db-wal"), [0; 5]).unwrap();
        let machine = Machine::look(Some(&path));
        assert_eq!(machine.database_bytes, Some(15));
        assert!(machine.disk_free.is_some());
        assert_eq!(Machine::look(None).disk_free, None);
    }
}
