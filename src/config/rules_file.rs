//! The file of rules, read at the start and by whoever wants to know what it says now.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Fault, Reader};
use crate::rules::{self, Rules};

/// Largest file that is taken for rules, in bytes: a path to a video should not fill the memory.
const RULES_BYTES_MAX: u64 = 1024 * 1024;

/// The rules that `RULES_FILE` names, and its path.
pub(super) fn rules(reader: &mut Reader) -> (Rules, Option<PathBuf>) {
    let Some(path) = reader.text("RULES_FILE").map(PathBuf::from) else { return (Rules::default(), None) };
    (rules_of(reader, &path), Some(path))
}

/// The rules in this file; its faults are noted.
pub(super) fn rules_of(reader: &mut Reader, path: &Path) -> Rules {
    read_rules_file(path).unwrap_or_else(|faults| {
        reader.add(faults);
        Rules::default()
    })
}

/// Reads rules from a file.
///
/// # Errors
/// Every fault, each with the file and the line.
pub fn read_rules_file(path: &Path) -> Result<Rules, Vec<Fault>> {
    let unreadable = |what: String| vec![Fault { name: format!("RULES_FILE {}", path.display()), what }];
    let mut text = String::new();
    let read = std::fs::File::open(path)
        .and_then(|file| file.take(RULES_BYTES_MAX + 1).read_to_string(&mut text))
        .map_err(|error| unreadable(format!("cannot be read: {error}; expected the path of a TOML file")))?;
    if u64::try_from(read).unwrap_or(u64::MAX) > RULES_BYTES_MAX {
        return Err(unreadable(format!("has more than {RULES_BYTES_MAX} bytes: expected rules in TOML")));
    }
    let fault = |fault: rules::Fault| Fault {
        name: format!("{}, line {}:", path.display(), fault.line),
        what: fault.what,
    };
    rules::read(&text).map_err(|faults| faults.into_iter().map(fault).collect())
}
