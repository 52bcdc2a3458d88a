//! Writes a login to disk: completely or not at all, and readable only by its owner from the first byte on.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use crate::secret::Secret;

/// Writes the file. Without `replace` an existing file is kept.
///
/// # Errors
/// `AlreadyExists`, or the system's error; then nothing was changed.
pub(super) fn save(path: &Path, text: &Secret, replace: bool) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = beside(path);
    let saved = write(&beside, text).and_then(|()| put(&beside, path, replace));
    if saved.is_err() {
        // The first error is the one to report.
        let _ = fs::remove_file(&beside);
    }
    saved?;
    // The file's name is on disk only after the folder is synced.
    File::open(folder)?.sync_all()
}

/// An unused name in the same folder: `.google-user.json.0123456789abcdef`.
fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{:016x}", rand::random::<u64>()))
}

fn write(path: &Path, text: &Secret) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.expose().as_bytes())?;
    file.sync_all()
}

/// Gives the file its name. A link fails if the name exists, which a rename does not.
fn put(from: &Path, to: &Path, replace: bool) -> io::Result<()> {
    if replace {
        return fs::rename(from, to);
    }
    match fs::hard_link(from, to) {
        Ok(()) => fs::remove_file(from),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(error),
        // Some file systems have no links; there the check before the login must do.
        Err(_) if to.symlink_metadata().is_err() => fs::rename(from, to),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_login_is_written_whole_for_its_owner_and_over_nothing_by_accident() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("login.json");
        save(&path, &Secret::new("one"), false).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let error = save(&path, &Secret::new("two"), false).unwrap_err();
        assert_eq!(
            (error.kind(), fs::read_to_string(&path).unwrap()),
            (io::ErrorKind::AlreadyExists, "one".into())
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        save(&path, &Secret::new("two"), true).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::read_to_string(&path).unwrap(), "two");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "something was left behind");
    }
}
