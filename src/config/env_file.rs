//! The file `.env` of the current folder: checks who can write it, and parses it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::{SettingError, text, trust};

/// Largest `.env` that is read, in bytes. One with every setting has about 10,000.
const BYTES_MAX: u64 = 1024 * 1024;

/// The content of a `.env`, and its faults.
#[derive(Debug, Default)]
pub(super) struct EnvFile {
    /// Names and values, in their order.
    pub(super) given: Vec<(String, String)>,
    /// Invalid lines, or the reason why the file is not read at all.
    pub(super) faults: Vec<SettingError>,
    /// True if other users can read it.
    pub(super) is_open: bool,
}

/// Reads it; empty if there is none.
pub(super) fn read(path: &Path) -> EnvFile {
    let unusable = |what: String| EnvFile { faults: vec![fault(what)], ..EnvFile::default() };
    let (text, is_open) = match text_of(path) {
        // A missing .env is normal.
        Err(trust::UntrustedFile::Unreadable(error)) if error.kind() == io::ErrorKind::NotFound => {
            return EnvFile::default();
        }
        Err(trust::UntrustedFile::Unreadable(error)) => return unusable(format!("cannot be read: {error}")),
        Err(distrust) => return unusable(format!("is not trusted: {distrust}")),
        Ok(read) => read,
    };
    let mut file = EnvFile { is_open, ..EnvFile::default() };
    for (index, line) in dotenvy::from_read_iter(text.as_bytes()).enumerate() {
        match line {
            Ok(pair) => file.given.push(pair),
            // The parser's error would quote the line, which may contain a secret.
            Err(_) => {
                file.faults.push(fault(format!("is not valid at entry {}: expected NAME=value", index + 1)))
            }
        }
    }
    file
}

fn fault(what: String) -> SettingError {
    SettingError { name: ".env".to_owned(), what }
}

fn text_of(path: &Path) -> Result<(String, bool), trust::UntrustedFile> {
    let refused = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let believed = trust::check_found(path)?;
    let file = File::open(path)?;
    // The folders on the path are ours, so no other user can have replaced the file. The check costs nothing.
    if trust::identity(&file.metadata()?) != believed.identity {
        return Err(refused("it was replaced while it was read".to_owned()).into());
    }
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > BYTES_MAX {
        return Err(refused(format!("it has more than {BYTES_MAX} bytes")).into());
    }
    let text = text::decode(&bytes).map_err(|error| refused(error.to_string()))?;
    Ok((lines(&text), believed.is_open))
}

/// Normalizes line ends for `dotenvy`, including the last line's; without that a trailing blank breaks the value. A
/// byte order mark may also be in the middle, where files were concatenated.
fn lines(text: &str) -> String {
    let mut text = text.replace("\r\n", "\n").replace('\r', "\n").replace("\n\u{feff}", "\n");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::path::PathBuf;

    use super::*;

    struct TestFolder(tempfile::TempDir);

    impl TestFolder {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn path(&self, name: &str) -> PathBuf {
            self.0.path().join(name)
        }

        fn write(&self, name: &str, bytes: &[u8], mode: u32) -> PathBuf {
            fs::write(self.path(name), bytes).unwrap();
            fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
            self.path(name)
        }

        fn folder(&self, name: &str, mode: u32) {
            fs::create_dir(self.path(name)).unwrap();
            fs::set_permissions(self.path(name), fs::Permissions::from_mode(mode)).unwrap();
        }
    }

    fn said(path: &Path) -> String {
        let read = read(path);
        assert!(read.given.is_empty(), "{read:?}");
        read.faults.into_iter().map(|fault| format!("{} {}", fault.name, fault.what)).collect()
    }

    #[test]
    fn marks_line_ends_and_blanks_change_nothing() {
        let place = TestFolder::new();
        let expected = [("A", "1"), ("B", "2 3"), ("C", "")].map(|(name, value)| (name.into(), value.into()));
        for text in [
            "A=1\nB=\"2 3\"\nC=\n",
            "\u{feff}A=1\r\nB='2 3'\r\nC=\r\n",
            "A=1\rB='2 3'\rC=",
            "A=1\n\u{feff}B='2 3'\nC=  ",
            "\u{feff}# a comment\n\nexport A=1 \nB='2 3' # another\nC=\u{a0}",
        ] {
            let read = read(&place.write(".env", text.as_bytes(), 0o600));
            assert_eq!((read.given, read.faults), (expected.to_vec(), vec![]), "{text:?}");
        }
        assert!(read(&place.path("none")).faults.is_empty());
    }

    #[test]
    fn what_is_no_text_is_named_and_not_quoted() {
        let place = TestFolder::new();
        let wide: Vec<u8> = "A=hunter2\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let marked = [b"\xFF\xFE".to_vec(), wide.clone()].concat();
        for bytes in [wide, marked] {
            let said = said(&place.write(".env", &bytes, 0o600));
            assert_eq!(said, ".env cannot be read: it is written in UTF-16: save it as UTF-8");
        }
        let file = read(&place.write(".env", b"A=1\nhunter2\n", 0o600));
        assert_eq!(file.faults, [fault("is not valid at entry 2: expected NAME=value".into())]);
    }

    #[test]
    fn a_file_that_others_can_write_or_exchange_is_not_believed() {
        let place = TestFolder::new();
        let file = |mode| read(&place.write(".env", b"A=1", mode));
        for (mode, is_open) in [(0o600, false), (0o400, false), (0o644, true), (0o640, true)] {
            let file = file(mode);
            assert_eq!((file.given.len(), file.is_open), (1, is_open), "{mode:o}");
        }
        for mode in [0o620, 0o602, 0o666] {
            assert!(said(&place.write(".env", b"A=1", mode)).contains("others may write"), "{mode:o}");
        }
        // The file's folder, one above it, and one on a link's path.
        place.folder("open", 0o777);
        place.write("open/.env", b"A=1", 0o600);
        place.folder("group", 0o775);
        place.folder("group/below", 0o700);
        place.write("group/below/.env", b"A=1", 0o600);
        place.folder("links", 0o700);
        symlink("../open/.env", place.path("links/.env")).unwrap();
        for name in ["open/.env", "group/below/.env", "links/.env"] {
            assert!(said(&place.path(name)).contains("others may write"), "{name}");
        }
        // As in /tmp: no other user can replace our files there.
        place.folder("sticky", 0o1777);
        place.write("sticky/.env", b"A=1", 0o600);
        symlink("sticky/.env", place.path("good")).unwrap();
        assert_eq!(
            (read(&place.path("sticky/.env")).given.len(), read(&place.path("good")).given.len()),
            (1, 1)
        );
        symlink("loop", place.path("loop")).unwrap();
        assert!(said(&place.path("loop")).contains("too many links"));
    }

    /// Only root can give files away. `.ci/run` runs as root; for other users this test is skipped, with a message.
    #[test]
    fn a_file_of_somebody_else_is_not_believed() {
        let place = TestFolder::new();
        let theirs = place.write(".env", b"A=1", 0o600);
        if std::os::unix::fs::chown(&theirs, Some(12345), None).is_err() {
            eprintln!("not root: files cannot be given away here");
            return;
        }
        assert!(said(&theirs).contains("belongs to user 12345"));
        // Another user's link to our file, and our link through their folder.
        place.write("ours", b"A=1", 0o600);
        symlink("ours", place.path("link")).unwrap();
        std::os::unix::fs::lchown(place.path("link"), Some(12345), None).unwrap();
        place.folder("theirs", 0o755);
        place.write("theirs/.env", b"A=1", 0o600);
        std::os::unix::fs::chown(place.path("theirs"), Some(12345), None).unwrap();
        symlink("theirs/.env", place.path("through")).unwrap();
        for name in ["link", "theirs/.env", "through"] {
            assert!(said(&place.path(name)).contains("belongs to user 12345"), "{name}");
        }
    }
}
