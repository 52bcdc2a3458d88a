//! Reads the file of rules.

use std::path::{Path, PathBuf};

use super::{Reader, SettingError, text};
use crate::rules::{self, Rules};

/// Largest file of rules, in bytes: a wrong path, such as one to a video, must not fill the memory.
const RULES_BYTES_MAX: u64 = 1024 * 1024;

const NAME: &str = "RULES_FILE";

/// The rules in `RULES_FILE`, and its path.
pub(super) fn rules(reader: &mut Reader) -> (Rules, Option<PathBuf>) {
    let Some(path) = reader.text(NAME).map(PathBuf::from) else { return (Rules::default(), None) };
    reader.note_file(NAME, &path);
    (rules_of(reader, &path), Some(path))
}

/// The rules in this file; its faults are recorded.
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
pub fn read_rules_file(path: &Path) -> Result<Rules, Vec<SettingError>> {
    let unreadable = |what: String| vec![SettingError { name: format!("{NAME} {}", path.display()), what }];
    let text = text::read(path, RULES_BYTES_MAX)
        .map_err(|error| unreadable(format!("cannot be read: {error}; expected the path of a TOML file")))?;
    let fault = |fault: rules::RuleError| SettingError {
        name: format!("{}, line {}:", path.display(), fault.line),
        what: fault.what,
    };
    rules::read(&text).map_err(|faults| faults.into_iter().map(fault).collect())
}
