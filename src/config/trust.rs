//! Checks who can write a file. Settings decide where recordings and tokens go, so a file that other users can
//! write is not trusted. The rules are those of `ssh` for its own files.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

/// Most links on the path to a file: the system's own limit.
const LINKS_MAX: usize = 40;

/// Mode bits: the group, or all others, may write.
const GROUP_WRITES: u32 = 0o020;
const OTHERS_WRITE: u32 = 0o002;

/// Mode bits: the group and all others may read.
const OTHERS_READ: u32 = 0o044;

/// In a folder with this bit no user removes or renames other users' files.
const STICKY: u32 = 0o1000;

const ROOT: u32 = 0;

/// Folders that a container engine or systemd fills, with owners and modes of its own. No other user writes there.
const MANAGED: [&str; 3] = ["/run/secrets", "/var/run/secrets", "/run/credentials"];

/// Why a file is not trusted.
#[derive(Debug, Error)]
pub(super) enum UntrustedFile {
    /// Its owner can change it at any time.
    #[error("{} belongs to user {owner}: expected the user who runs this, or root", path.display())]
    Owner {
        /// The file, or a folder or link on its path.
        path: PathBuf,
        /// The owner's user id.
        owner: u32,
    },
    /// Other users can change or replace it.
    #[error("others may write to {}: chmod go-w it", path.display())]
    Writable {
        /// The file, or a folder on its path.
        path: PathBuf,
    },
    /// Its metadata cannot be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
}

/// Facts about a trusted file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TrustedFile {
    /// True if other users can read it.
    pub(super) is_open: bool,
    /// Device and inode number: to check that the file that is opened later is the checked one.
    pub(super) identity: (u64, u64),
}

/// Device and inode number.
pub(super) fn identity(file: &Metadata) -> (u64, u64) {
    (file.dev(), file.ino())
}

/// Checks a file that is found by its path alone: it, and every folder and link on its path, must belong to this
/// user or to root, and no other user may write to them.
pub(super) fn check_found(path: &Path) -> Result<TrustedFile, UntrustedFile> {
    let me = rustix::process::geteuid().as_raw();
    let is_ours = |owner: u32| owner == me || owner == ROOT;
    let (mut at, mut rest) = (PathBuf::new(), steps(&std::path::absolute(path)?));
    let mut links = 0;
    while let Some(step) = rest.pop() {
        if step == Path::new("..") {
            at.pop();
            continue;
        }
        let place = at.join(&step);
        let found = fs::symlink_metadata(&place)?;
        if !is_ours(found.uid()) {
            return Err(UntrustedFile::Owner { path: place, owner: found.uid() });
        }
        if found.is_symlink() {
            links += 1;
            if links > LINKS_MAX {
                return Err(io::Error::other("too many links").into());
            }
            rest.extend(steps(&fs::read_link(&place)?));
            continue;
        }
        if is_writable_by_others(&found) {
            return Err(UntrustedFile::Writable { path: place });
        }
        at = place;
        if rest.is_empty() {
            let is_open = found.mode() & OTHERS_READ != 0;
            return Ok(TrustedFile { is_open, identity: identity(&found) });
        }
    }
    Err(io::Error::from(io::ErrorKind::IsADirectory).into())
}

/// Checks a file that a setting names, with weaker rules: its owner may be any user, because a container's files
/// belong to users outside. But not every user may write to it or replace it.
pub(super) fn check_named(path: &Path) -> Result<(), UntrustedFile> {
    let Ok(real) = fs::canonicalize(path) else {
        // There is no such file, or it is not a regular one, such as a pipe: opening it shows the error.
        return Ok(());
    };
    if MANAGED.iter().any(|folder| path.starts_with(folder) || real.starts_with(folder)) {
        return Ok(());
    }
    let file = fs::metadata(&real)?;
    let folder = real.parent().filter(|_| file.is_file());
    let is_exposed = |found: &Metadata| {
        let is_safe = found.is_dir() && found.mode() & STICKY != 0;
        found.mode() & OTHERS_WRITE != 0 && !is_safe
    };
    if file.is_file() && is_exposed(&file) {
        return Err(UntrustedFile::Writable { path: real });
    }
    match folder {
        Some(folder) if is_exposed(&fs::metadata(folder)?) => {
            Err(UntrustedFile::Writable { path: folder.to_owned() })
        }
        _ => Ok(()),
    }
}

/// The parts of a path, the last one first.
fn steps(path: &Path) -> Vec<PathBuf> {
    let parts = path.components().filter(|part| *part != Component::CurDir);
    parts.rev().map(|part| PathBuf::from(part.as_os_str())).collect()
}

fn is_writable_by_others(found: &Metadata) -> bool {
    let is_safe = found.is_dir() && found.mode() & STICKY != 0;
    found.mode() & (GROUP_WRITES | OTHERS_WRITE) != 0 && !is_safe
}
