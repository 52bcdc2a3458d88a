//! Reads the file of rules.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::{Reader, SettingError, text};
use crate::attendance::{ROSTER_BYTES_MAX, Roster};
use crate::rules::{self, Rules};

/// Largest file of rules, in bytes: a wrong path, such as one to a video, must not fill the memory.
const RULES_BYTES_MAX: u64 = 1024 * 1024;

const NAME: &str = "RULES_FILE";

/// The rules in `RULES_FILE`, and its path.
pub(super) fn rules(reader: &mut Reader) -> (Rules, Option<PathBuf>) {
    let Some(path) = reader.text(NAME).map(PathBuf::from) else { return (Rules::default(), None) };
    reader.note_file(NAME, &path);
    let (rules, rosters) = read_with_rosters(&path);
    // Noted also when one of them is not valid: a mended one is then read again.
    rosters.iter().for_each(|roster| reader.note_file(NAME, roster));
    let rules = rules.unwrap_or_else(|faults| {
        reader.add(faults);
        Rules::default()
    });
    (rules, Some(path))
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
    read_with_rosters(path).0
}

/// Reads rules and the rosters that they name, relative to the rules' folder. The paths of the rosters are known even
/// if one of them is not valid.
fn read_with_rosters(path: &Path) -> (Result<Rules, Vec<SettingError>>, Vec<PathBuf>) {
    let fault = |fault: rules::RuleError| SettingError {
        name: format!("{}, line {}:", path.display(), fault.line),
        what: fault.what,
    };
    let faults = |faults: Vec<rules::RuleError>| faults.into_iter().map(fault).collect::<Vec<_>>();
    let unreadable = |what: String| vec![SettingError { name: format!("{NAME} {}", path.display()), what }];
    let read = text::read(path, RULES_BYTES_MAX)
        .map_err(|error| unreadable(format!("cannot be read: {error}; expected the path of a TOML file")))
        .and_then(|text| rules::read(&text).map_err(faults));
    let rules = match read {
        Ok(rules) => rules,
        Err(faults) => return (Err(faults), Vec::new()),
    };
    let folder = path.parent().unwrap_or_else(|| Path::new(""));
    let rosters = rules.rosters().map(|roster| folder.join(roster)).collect();
    (rules.with_rosters(|roster| read_roster(&folder.join(roster))).map_err(faults), rosters)
}

/// Reads a roster.
///
/// # Errors
/// What is wrong, with the file and the line.
pub fn read_roster(path: &Path) -> Result<Roster, String> {
    let wrong = |what: &dyn std::fmt::Display| format!("{}: {what}", path.display());
    let mut bytes = Vec::new();
    // One more than allowed: then the roster itself says that the file is too long.
    let most = u64::try_from(ROSTER_BYTES_MAX + 1).unwrap_or(u64::MAX);
    File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(|error| wrong(&format!("cannot be read: {error}")))?;
    Roster::read(&bytes).map_err(|error| wrong(&error))
}
